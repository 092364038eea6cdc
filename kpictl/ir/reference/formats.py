"""Postgres' template patterns for dates, timestamps and numbers, with English names."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from kpictl.ir.reference.numbers import Number, decimal_of

_MONTHS = "January February March April May June July August September October November December".split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_WORDS = [
    "HH24",
    "HH12",
    "IYYY",
    "MONTH",
    "Month",
    "month",
    "IDDD",
    "YYYY",
    "DDD",
    "DAY",
    "Day",
    "day",
    "MON",
    "Mon",
    "mon",
    "A.M.",
    "P.M.",
    "a.m.",
    "p.m.",
    "IYY",
    "YYY",
    "HH",
    "MI",
    "SS",
    "MS",
    "US",
    "IW",
    "WW",
    "DD",
    "Dy",
    "DY",
    "dy",
    "MM",
    "YY",
    "IY",
    "CC",
    "AM",
    "PM",
    "am",
    "pm",
    "ID",
    "Q",
    "W",
    "D",
    "J",
    "Y",
    "I",
    "FM",
    "fm",
]
_TOKEN = re.compile(
    '"([^"]*)"|(' + "|".join(map(re.escape, sorted(_WORDS, key=len, reverse=True))) + ")|(.)", re.DOTALL
)


def format_time(t: date | datetime, pattern: str) -> str:
    """`to_char` of a date or wall clock."""
    stamp = t if isinstance(t, datetime) else datetime(t.year, t.month, t.day)
    parts: list[str] = []
    filled = True
    for match in _TOKEN.finditer(pattern):
        quoted, word, other = match.groups()
        if quoted is not None:
            parts.append(quoted)
        elif other is not None:
            parts.append(other)
        elif word in ("FM", "fm"):
            filled = False
        else:
            parts.append(_field(stamp, word, filled=filled))
            filled = True
    return "".join(parts)


def _field(t: datetime, word: str, *, filled: bool) -> str:
    lower = word.lower()
    if lower in ("month", "day"):
        name = _MONTHS[t.month - 1] if lower == "month" else _DAYS[t.weekday()]
        return _cased(name, word).ljust(9) if filled else _cased(name, word)
    if lower in ("mon", "dy"):
        return _cased((_MONTHS[t.month - 1] if lower == "mon" else _DAYS[t.weekday()])[:3], word)
    if lower in ("am", "pm", "a.m.", "p.m."):
        half = "am" if t.hour < 12 else "pm"
        half = f"{half[0]}.{half[1]}." if "." in word else half
        return half.upper() if word.isupper() else half
    number, width = _number(t, word)
    return str(number).zfill(width) if filled else str(number)


def _cased(name: str, word: str) -> str:
    return name.upper() if word.isupper() else name.lower() if word.islower() else name


def _number(t: datetime, word: str) -> tuple[int, int]:
    iso_year, iso_week, iso_day = t.isocalendar()
    day_of_year = t.timetuple().tm_yday
    hour12 = t.hour % 12 or 12
    return {
        "YYYY": (t.year, 4),
        "YYY": (t.year % 1000, 3),
        "YY": (t.year % 100, 2),
        "Y": (t.year % 10, 1),
        "IYYY": (iso_year, 4),
        "IYY": (iso_year % 1000, 3),
        "IY": (iso_year % 100, 2),
        "I": (iso_year % 10, 1),
        "MM": (t.month, 2),
        "DDD": (day_of_year, 3),
        "IDDD": ((iso_week - 1) * 7 + iso_day, 3),
        "DD": (t.day, 2),
        "D": (iso_day % 7 + 1, 1),
        "ID": (iso_day, 1),
        "W": ((t.day - 1) // 7 + 1, 1),
        "WW": ((day_of_year - 1) // 7 + 1, 2),
        "IW": (iso_week, 2),
        "CC": ((t.year - 1) // 100 + 1, 2),
        "Q": ((t.month - 1) // 3 + 1, 1),
        "J": (t.toordinal() + 1721425, 1),
        "HH24": (t.hour, 2),
        "HH12": (hour12, 2),
        "HH": (hour12, 2),
        "MI": (t.minute, 2),
        "SS": (t.second, 2),
        "MS": (t.microsecond // 1000, 3),
        "US": (t.microsecond, 6),
    }[word]


# -- reading
_READERS = {
    "YYYY": ("year", r"\d{1,4}"),
    "MM": ("month", r"\d{1,2}"),
    "DD": ("day", r"\d{1,2}"),
    "DDD": ("doy", r"\d{1,3}"),
    "HH24": ("hour", r"\d{1,2}"),
    "HH12": ("hour12", r"\d{1,2}"),
    "HH": ("hour12", r"\d{1,2}"),
    "MI": ("minute", r"\d{1,2}"),
    "SS": ("second", r"\d{1,2}"),
    "MS": ("millis", r"\d{1,3}"),
    "US": ("micros", r"\d{1,6}"),
    "MON": ("mon", r"[A-Za-z]{3}"),
    "MONTH": ("name", r"[A-Za-z]+"),
    "AM": ("half", r"[AaPp][Mm]"),
    "PM": ("half", r"[AaPp][Mm]"),
}


def parse_timestamp(text: str, pattern: str) -> datetime:
    """`to_timestamp(text, pattern)` as a wall clock; patterns beyond the usual ones are an error."""
    expression, names = "", []
    for match in _TOKEN.finditer(pattern):
        quoted, word, other = match.groups()
        if word in ("FM", "fm"):
            continue
        if word is None:
            expression += re.escape(quoted or "") if other is None else r"\s*" if other.isspace() else r"[^\w\s]?"
            continue
        name, digits = _READERS[word.upper()]
        names.append(name)
        expression += rf"\s*({digits})"
    found = re.match(expression, text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not of the form {pattern!r}")
    return _assembled(dict(zip(names, found.groups(), strict=True)))


def _assembled(fields: dict[str, str]) -> datetime:
    month = int(fields.get("month", 1))
    if word := fields.get("mon") or fields.get("name"):
        month = next(i for i, m in enumerate(_MONTHS, 1) if m[:3].lower() == word[:3].lower())
    hour = int(fields.get("hour", 0))
    if "hour12" in fields:
        hour = int(fields["hour12"]) % 12 + (12 if fields.get("half", "am").lower() == "pm" else 0)
    micros = int(fields.get("micros", "0").ljust(6, "0")) + int(fields.get("millis", "0").ljust(3, "0")) * 1000
    day = datetime(int(fields.get("year", 1)), month, int(fields.get("day", 1)))
    if "doy" in fields:
        day = day.replace(month=1, day=1) + timedelta(days=int(fields["doy"]) - 1)
    return day.replace(hour=hour, minute=int(fields.get("minute", 0)), second=int(fields.get("second", 0))) + timedelta(
        microseconds=micros
    )


def parse_date(text: str, pattern: str) -> date:
    return parse_timestamp(text, pattern).date()


# -- numbers
_NUMERIC = re.compile(r"FM|MI|PL|SG|PR|[90.,DGS]", re.IGNORECASE)


def format_number(x: Number, pattern: str) -> str:
    """`to_char` of a number, with `9 0 . , D G FM S MI PL SG PR`."""
    tokens = _NUMERIC.findall(pattern)
    if "".join(tokens) != pattern:
        raise ValueError(f"the pattern {pattern!r} is not supported")
    words = [t.upper() for t in tokens]
    body = [w for w in words if w in ("9", "0", ".", ",", "D", "G")]
    point = next((i for i, w in enumerate(body) if w in (".", "D")), len(body))
    before, after = body[:point], [w for w in body[point + 1 :] if w in ("9", "0")]
    value = decimal_of(x).quantize(Decimal(1).scaleb(-len(after)), ROUND_HALF_UP)
    whole, _, decimals = format(abs(value), "f").partition(".")
    compact = "FM" in words
    digits = _integer_part(whole, before, compact=compact, whole_only=not after)
    tail = _decimals(decimals, after, compact=compact)
    text = digits + (("." + tail) if point < len(body) else "")
    return _signed(text, words, negative=value < 0, compact=compact)


def _integer_part(whole: str, before: list[str], *, compact: bool, whole_only: bool) -> str:
    """Digits into their places: `9` blank when leading, `0` and what follows it always shown."""
    places = [w for w in before if w in ("9", "0")]
    if len(whole.lstrip("0")) > len(places):
        return "".join("#" if w in ("9", "0") else "," for w in before)
    padded = whole.lstrip("0").rjust(len(places))
    if whole_only and places and not padded.strip():
        padded = padded[:-1] + "0"
    shown: list[str] = []
    started, index = False, 0
    for word in before:
        if word in (",", "G"):
            shown.append("," if started else " ")
            continue
        digit = padded[index]
        started = started or word == "0" or digit != " "
        shown.append("0" if digit == " " and started else digit)
        index += 1
    text = "".join(shown)
    return text.lstrip() if compact else text


def _decimals(decimals: str, after: list[str], *, compact: bool) -> str:
    if not compact:
        return decimals
    kept = max((i + 1 for i, w in enumerate(after) if w == "0"), default=0)
    return decimals[:kept] + decimals[kept:].rstrip("0")


def _signed(text: str, words: list[str], *, negative: bool, compact: bool) -> str:
    body = text.lstrip()
    pad = text[: len(text) - len(body)]
    if "PR" in words:
        return pad + (f"<{body}>" if negative else body if compact else f" {body} ")
    if "MI" in words:
        sign = "-" if negative else "" if compact else " "
        return sign + text if words.index("MI") == 0 else text + sign
    if "S" in words or "SG" in words:
        sign = "-" if negative else "+"
        last = words[-1] in ("S", "SG")
        return text + sign if last else pad + sign + body
    if "PL" in words:
        return ("-" if negative else "+") + text
    return pad + ("-" if negative else "" if compact else " ") + body
