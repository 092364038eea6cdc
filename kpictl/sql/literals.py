"""Constants as people write them: dates, timestamps, intervals, numbers. None means that the text spells none."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation

from kpictl.ir.scalars import Interval

_DATE = re.compile(r"\s*(\d{4})-(\d{1,2})-(\d{1,2})\s*")
_STAMP = re.compile(
    r"\s*(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?"
    r"\s*(Z|z|UTC|[+-]\d{1,2}(?::?\d{2})?(?::?\d{2})?)?\s*"
)
_TIME = re.compile(r"\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?\s*")
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?\s*")
_TERM = re.compile(r"\s*([+-]?\s*(?:\d+\.?\d*|\.\d+))\s*([a-zA-Z]+)\s*,?")
_CLOCK = re.compile(r"\s*([+-]?)(\d+):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,6}))?)?\s*")
_YEARS = re.compile(r"\s*([+-]?)(\d+)-(\d{1,2})\s*")
_ISO = re.compile(
    r"\s*P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,6})?)S)?)?\s*"
)
DAY = 86_400_000_000
_UNITS: dict[str, tuple[int, int, int]] = {
    name: parts
    for names, parts in (
        ("microsecond microseconds us usec usecs", (0, 0, 1)),
        ("millisecond milliseconds ms msec msecs", (0, 0, 1_000)),
        ("second seconds sec secs s", (0, 0, 1_000_000)),
        ("minute minutes min mins m", (0, 0, 60_000_000)),
        ("hour hours hr hrs h", (0, 0, 3_600_000_000)),
        ("day days d", (0, 1, 0)),
        ("week weeks w", (0, 7, 0)),
        ("month months mon mons", (1, 0, 0)),
        ("quarter quarters", (3, 0, 0)),
        ("year years yr yrs y", (12, 0, 0)),
        ("decade decades", (120, 0, 0)),
        ("century centuries", (1200, 0, 0)),
    )
    for name in names.split()
}


def parse_date(text: str) -> date | None:
    """`2026-03-31`."""
    match = _DATE.fullmatch(text)
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None


def parse_stamp(text: str) -> datetime | None:
    """`2026-03-31 12:00[:00[.000]][Z|+02:00]`; aware (UTC) when it has an offset."""
    match = _STAMP.fullmatch(text)
    if match is None:
        return None
    try:
        fraction = (match[7] or "").ljust(6, "0")[:6]
        hour = int(match[4] or 0)
        day = datetime(int(match[1]), int(match[2]), int(match[3]))
        stamp = day + timedelta(days=1) if hour == 24 else day.replace(hour=hour)
        if hour == 24 and (int(match[5] or 0) or int(match[6] or 0)):
            return None
        stamp = stamp.replace(minute=int(match[5] or 0), second=int(match[6] or 0), microsecond=int(fraction or 0))
    except (ValueError, OverflowError):
        return None
    return stamp if match[8] is None else (stamp - _offset(match[8])).replace(tzinfo=UTC)


def _offset(text: str) -> timedelta:
    if text in ("Z", "z", "UTC"):
        return timedelta(0)
    digits = text[1:].replace(":", "").ljust(6, "0") if len(text.replace(":", "")) > 2 else text[1:].zfill(2) + "0000"
    if len(text[1:].replace(":", "")) % 2:
        digits = ("0" + text[1:].replace(":", "")).ljust(6, "0")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]), seconds=int(digits[4:6]))
    return -size if text[0] == "-" else size


def parse_time(text: str) -> time | None:
    """`12:00[:00[.000]]`."""
    match = _TIME.fullmatch(text)
    try:
        return (
            time(int(match[1]), int(match[2]), int(match[3] or 0), int((match[4] or "0").ljust(6, "0")))
            if match
            else None
        )
    except ValueError:
        return None


def parse_number(text: str) -> int | Decimal | None:
    """An integer when it is written as one, else a decimal; never a float, so no digit is lost."""
    if _NUMBER.fullmatch(text) is None:
        return None
    try:
        return int(text) if re.fullmatch(r"\s*[+-]?\d+\s*", text) else Decimal(text.strip())
    except (InvalidOperation, ValueError):
        return None


def parse_interval(text: str, unit: str | None = None) -> Interval | None:
    """`7 days`, `1 day 6 hours`, `1-2` (years-months), `04:05:06`, `P1DT2H`; a bare number takes `unit`."""
    if unit is not None:
        number = parse_number(text)
        return None if number is None else scaled(unit, Decimal(number))
    if (iso := _ISO.fullmatch(text)) and any(iso.groups()):
        return _iso(iso)
    backwards = text.rstrip().lower().endswith(" ago")
    if backwards:
        text = text.rstrip()[:-4]
    total, position = Interval(), 0
    while position < len(text.rstrip()):
        found = _term(text, position)
        if found is None:
            return None
        part, position = found
        total = plus(total, part)
    if not text.strip():
        return None
    return times(total, Decimal(-1)) if backwards else total


def _term(text: str, position: int) -> tuple[Interval, int] | None:
    if clock := _CLOCK.match(text, position):
        seconds = int(clock[2]) * 3600 + int(clock[3]) * 60 + int(clock[4] or 0)
        micros = seconds * 1_000_000 + int((clock[5] or "0").ljust(6, "0"))
        return Interval(micros=-micros if clock[1] == "-" else micros), clock.end()
    if years := _YEARS.match(text, position):
        months = int(years[2]) * 12 + int(years[3])
        return Interval(months=-months if years[1] == "-" else months), years.end()
    if (term := _TERM.match(text, position)) and (part := scaled(term[2], Decimal(term[1].replace(" ", "")))):
        return part, term.end()
    return None


def _iso(match: re.Match[str]) -> Interval:
    years, months, weeks, days, hours, minutes, seconds = (Decimal(g or 0) for g in match.groups())
    micros = (hours * 3600 + minutes * 60 + seconds) * 1_000_000
    return Interval(int(years * 12 + months), int(weeks * 7 + days), int(micros))


def scaled(unit: str, n: Decimal) -> Interval | None:
    """n of a unit, as Postgres spreads fractions: of a month into 30 days, of a day into 24 hours."""
    parts = _UNITS.get(unit.lower())
    return None if parts is None or abs(n) > 10**9 else times(Interval(*parts), n)


def times(interval: Interval, n: Decimal) -> Interval:
    """An interval n times, fractions spread as Postgres does."""
    months = interval.months * n
    whole_months = int(months)
    days = interval.days * n + (months - whole_months) * 30
    whole_days = int(days)
    micros = interval.micros * n + (days - whole_days) * DAY
    return Interval(whole_months, whole_days, int(micros.to_integral_value()))


def plus(a: Interval, b: Interval) -> Interval:
    """Sum, part by part."""
    return Interval(a.months + b.months, a.days + b.days, a.micros + b.micros)


def micros_of(interval: Interval) -> int:
    """Its length as comparisons take it: a month is 30 days, a day 24 hours."""
    return (interval.months * 30 + interval.days) * DAY + interval.micros
