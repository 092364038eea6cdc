"""Times in BigQuery: TIMESTAMP is an instant, DATETIME a wall clock time, DATE a calendar date.

Every conversion between them names its zone, for a project may have another default than UTC (`default_time_zone`).
TIMESTAMP(datetime, zone) takes the earlier of two instants with the same wall time (executed; the manual does not say),
the contract the later. TIMESTAMP_ADD knows no months (timestamp functions), so calendar steps go over DATETIME. A week
of WEEK begins on Sunday; WEEK(MONDAY) is always spelt out (date functions: DATE_TRUNC).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from kpictl.dialects.bigquery_numbers import as_int64, form
from kpictl.dialects.bigquery_texts import quoted
from kpictl.dialects.dialect import Refusal
from kpictl.dialects.printer import Printer
from kpictl.dialects.standard import BELOW_A_DAY, literal_int, literal_text
from kpictl.dialects.templates import ATOM, PRODUCT, SUM, Piece
from kpictl.dialects.time_patterns import tokens, translate
from kpictl.dialects.zones import zone_shape
from kpictl.ir.reference.times import to_instant as reference_instant
from kpictl.ir.scalars import Agg, Call, Cast, Interval, Lit, Scalar
from kpictl.model.types import TIMESTAMPTZ, Kind, Type

_WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_WORDS = {Kind.DATE: "DATE", Kind.TIMESTAMP: "DATETIME", Kind.TIMESTAMPTZ: "TIMESTAMP"}
_STEPS = ((86_400_000_000, "DAY"), (3_600_000_000, "HOUR"), (60_000_000, "MINUTE"), (1_000_000, "SECOND"))
_UTC = "'UTC'"


def _unit(unit: str, week_start: int) -> str:
    return f"WEEK({_WEEKDAYS[week_start]})" if unit == "week" else unit.upper()


# -- floors and zones
def time_floor(printer: Printer, call: Call | Agg) -> Piece:
    t, unit, week_start = call.args[0], literal_text(call.args[1]), literal_int(call.args[3])
    if t.type.kind is Kind.TIMESTAMPTZ:
        return _floor_instant(printer.text(t), unit, literal_text(call.args[2]) or "UTC", week_start)
    if t.type.kind is Kind.DATE and unit in BELOW_A_DAY:
        return printer.scalar(t)
    return _floor_local(printer.text(t), _WORDS[t.type.kind], unit, week_start)


def _floor_local(text: str, word: str, unit: str, week_start: int) -> Piece:
    if unit == "microsecond" or (word == "DATE" and unit == "day"):
        return Piece(text, SUM)
    return Piece(f"{word}_TRUNC({text}, {_unit(unit, week_start)})")


def _floor_instant(t: str, unit: str, zone: str, week_start: int) -> Piece:
    shape = zone_shape(zone)
    if unit == "microsecond":
        return Piece(t, SUM)
    if unit == "hour" and shape.hour_offset is None:
        return _cut_hour(t, zone)
    if unit == "hour" and shape.hour_offset:
        minutes = shape.hour_offset // 60
        moved = f"TIMESTAMP_ADD({t}, INTERVAL {minutes} MINUTE)"
        return Piece(f"TIMESTAMP_SUB(TIMESTAMP_TRUNC({moved}, HOUR, {_UTC}), INTERVAL {minutes} MINUTE)")
    if unit in BELOW_A_DAY:
        return Piece(f"TIMESTAMP_TRUNC({t}, {unit.upper()}, {_UTC})")
    if not shape.reenters:
        return Piece(f"TIMESTAMP_TRUNC({t}, {_unit(unit, week_start)}, {quoted(zone)})")
    # A day has begun for good, though the wall clock shows the one before again.
    day = f"DATE({t}, {quoted(zone)})"
    following = f"DATE_ADD({day}, INTERVAL 1 DAY)"
    day = f"CASE WHEN {_first_instant(following, zone)} <= {t} THEN {following} ELSE {day} END"
    return Piece(_first_instant(_floor_local(day, "DATE", unit, week_start).text, zone))


def _first_instant(day: str, zone: str) -> str:
    """The first instant of a local date: the earlier of two midnights, the end of a gap over midnight."""
    return f"TIMESTAMP({day}, {quoted(zone)})"


def _cut_hour(t: str, zone: str) -> Piece:
    """Hours floored on UTC plus offset and cut at a change of offset (Lord_Howe moves its clocks by half an hour)."""
    offset = _offset(t, zone)
    seconds = f"DIV(UNIX_SECONDS({t}) + {offset}, 3600) * 3600 - {offset}"
    whens = []
    for minutes in (0, 15, 30, 45):
        start = f"TIMESTAMP_SECONDS({seconds}{f' + {minutes * 60}' if minutes else ''})"
        whens.append(f"WHEN {_offset(start, zone)} = {offset} THEN {start}")
    return Piece(f"CASE {' '.join(whens)} END")


def _offset(instant: str, zone: str) -> str:
    return f"DATETIME_DIFF(DATETIME({instant}, {quoted(zone)}), DATETIME({instant}, {_UTC}), SECOND)"


def bucket_start(printer: Printer, call: Call | Agg) -> Piece:
    t, unit = call.args[0], literal_text(call.args[1])
    zone, week_start = literal_text(call.args[2]), literal_int(call.args[3])
    text = printer.text(t)
    if t.type.kind is Kind.TIMESTAMPTZ:
        return _floor_instant(text, unit, zone, week_start)
    if t.type.kind is Kind.TIMESTAMP:
        text = f"DATE({text})"
    return Piece(_first_instant(_floor_local(text, "DATE", unit, week_start).text, zone))


def to_instant(printer: Printer, call: Call | Agg) -> Piece:
    t, zone = call.args[0], literal_text(call.args[1])
    if isinstance(t, Lit) and isinstance(t.value, datetime) and t.value.tzinfo is None:
        return printer.dialect.literal(printer, Lit(reference_instant(t.value, zone), TIMESTAMPTZ))
    return Piece(_later_instant(printer.text(t), zone))


def _later_instant(wall: str, zone: str) -> str:
    """The later of two instants with one wall time: a day on, its offset holds already."""
    plain = f"TIMESTAMP({wall}, {quoted(zone)})"
    if not zone_shape(zone).repeats:
        return plain
    later = f"TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD({wall}, INTERVAL 1 DAY), {quoted(zone)}), INTERVAL 24 HOUR)"
    return f"CASE WHEN DATETIME({later}, {quoted(zone)}) = {wall} THEN {later} ELSE {plain} END"


# -- calendar arithmetic
def _stepped(printer: Printer, word: str, text: str, part: Scalar, unit: str) -> str:
    """One part of a calendar addition; the text itself where the part is zero."""
    if _is_told(part):
        n = literal_int(part)
        if unit == "MICROSECOND":
            size, name = next(((s, u) for s, u in _STEPS[1:] if n % s == 0), (1, "MICROSECOND"))
            n, unit = n // size, name
        return text if n == 0 else f"{word}_{'SUB' if n < 0 else 'ADD'}({text}, INTERVAL {abs(n)} {unit})"
    if isinstance(part, Call) and part.fn == "neg":
        return f"{word}_SUB({text}, INTERVAL {_amount(printer, part.args[0])} {unit})"
    return f"{word}_ADD({text}, INTERVAL {_amount(printer, part)} {unit})"


def _is_told(part: Scalar) -> bool:
    return isinstance(part, Lit) and part.value is not None


def _amount(printer: Printer, part: Scalar) -> str:
    return as_int64(printer, part).within(ATOM)


def add_interval(printer: Printer, call: Call | Agg) -> Piece:
    t, months, days, micros = call.args
    text, word = printer.text(t), _WORDS[t.type.kind]
    if word == "DATE":
        text = _stepped(printer, word, text, months, "MONTH")
        return Piece(_stepped(printer, word, text, days, "DAY"), SUM)
    if word == "TIMESTAMP" and not _is_zero(months):
        wall = _stepped(printer, "DATETIME", f"DATETIME({text}, {_UTC})", months, "MONTH")
        text = f"TIMESTAMP({wall}, {_UTC})"
    elif word == "DATETIME":
        text = _stepped(printer, word, text, months, "MONTH")
    text = _stepped(printer, word, text, days, "DAY")
    return Piece(_stepped(printer, word, text, micros, "MICROSECOND"), SUM)


def _is_zero(part: Scalar) -> bool:
    return isinstance(part, Lit) and part.value == 0


def add_interval_in(printer: Printer, call: Call | Agg) -> Piece:
    t, months, days, micros, zone = call.args
    name = literal_text(zone)
    moved = text = printer.text(t)
    if not (_is_zero(months) and _is_zero(days)):
        wall = f"DATETIME({text}, {quoted(name)})"
        for part, unit in ((months, "MONTH"), (days, "DAY")):
            wall = _stepped(printer, "DATETIME", wall, part, unit)
        moved = _later_instant(wall, name)
    computed = [p for p in (months, days) if not _is_told(p)]
    if computed and zone_shape(name).repeats and all(not _is_told(p) or _is_zero(p) for p in (months, days)):
        # Nothing added to the first of two equal wall times is that instant itself.
        same = " AND ".join(f"{printer.scalar(p).within(SUM)} = 0" for p in computed)
        moved = f"CASE WHEN {same} THEN {text} ELSE {moved} END"
    return Piece(_stepped(printer, "TIMESTAMP", moved, micros, "MICROSECOND"), SUM)


def date_diff(printer: Printer, call: Call | Agg) -> Piece:
    a, b = (printer.text(x) for x in call.args)
    return Piece(f"DATE_DIFF({a}, {b}, DAY)")


def _moment(printer: Printer, scalar: Scalar) -> str:
    text = printer.text(scalar)
    return f"DATETIME({text})" if scalar.type.kind is Kind.DATE else text


def _micros_between(printer: Printer, call: Call | Agg) -> str:
    a, b = call.args
    word = "TIMESTAMP" if a.type.kind is Kind.TIMESTAMPTZ else "DATETIME"
    return f"{word}_DIFF({_moment(printer, a)}, {_moment(printer, b)}, MICROSECOND)"


def seconds_between(printer: Printer, call: Call | Agg) -> Piece:
    return Piece(f"{_micros_between(printer, call)} / 1e6", PRODUCT)


def interval_between(printer: Printer, call: Call | Agg) -> Piece:
    return Piece(f"INTERVAL {_micros_between(printer, call)} MICROSECOND", SUM)


def micros_of(text: str, kind: Kind) -> str:
    """A time as whole microseconds since 1970."""
    if kind is Kind.TIMESTAMPTZ:
        return f"UNIX_MICROS({text})"
    return f"UNIX_MICROS(TIMESTAMP({text}, {_UTC}))"


def epoch(printer: Printer, call: Call | Agg) -> Piece:
    t = call.args[0]
    return Piece(f"{micros_of(printer.text(t), t.type.kind)} / 1e6", PRODUCT)


def from_epoch(printer: Printer, call: Call | Agg) -> Piece:
    x = call.args[0]
    if form(x) == "INT64":
        return Piece(f"TIMESTAMP_SECONDS({printer.text(x)})")
    return Piece(f"TIMESTAMP_MICROS(CAST(ROUND({printer.scalar(x).within(PRODUCT)} * 1000000) AS INT64))")


def range_key(printer: Printer, scalar: Scalar, distance: Interval) -> tuple[Piece, int] | None:
    """RANGE frames order by a number (window function calls): days of a date, microseconds of a time."""
    if distance.months:
        return None
    text, kind = printer.text(scalar), scalar.type.kind
    if kind is Kind.DATE:
        days, rest = divmod(distance.days * 86_400_000_000 + distance.micros, 86_400_000_000)
        return None if rest else (Piece(f"UNIX_DATE({text})"), days)
    return Piece(micros_of(text, kind)), distance.days * 86_400_000_000 + distance.micros


# -- intervals
def interval(value: Interval) -> Piece:
    """An interval constant."""
    terms = [f"INTERVAL {n} {unit}" for n, unit in ((value.months, "MONTH"), (value.days, "DAY")) if n]
    if value.micros:
        size, unit = next(((s, u) for s, u in _STEPS[1:] if value.micros % s == 0), (1, "MICROSECOND"))
        terms.append(f"INTERVAL {value.micros // size} {unit}")
    if not terms:
        return Piece("INTERVAL 0 DAY", SUM)
    return Piece(" + ".join(terms), SUM)


def make_interval(printer: Printer, call: Call | Agg) -> Piece:
    units = ("MONTH", "DAY", "MICROSECOND")
    if all(_is_told(p) for p in call.args):
        months, days, micros = (literal_int(p) for p in call.args)
        return interval(Interval(months, days, micros))
    given = [(p, u) for p, u in zip(call.args, units, strict=True) if not _is_zero(p)]
    return Piece(" + ".join(f"INTERVAL {_amount(printer, p)} {u}" for p, u in given), SUM)


def interval_scale(printer: Printer, call: Call | Agg) -> Piece:
    x, n = call.args
    if form(n) != "INT64":
        return printer.refuse_function(call, Refusal("an interval has no fraction", "scale a number of seconds"))
    return Piece(f"{printer.scalar(x).within(PRODUCT)} * {printer.scalar(n).within(PRODUCT + 1)}", PRODUCT)


def interval_seconds(printer: Printer, call: Call | Agg) -> Piece:
    x = printer.text(call.args[0])
    days = f"EXTRACT(YEAR FROM {x}) * 365.25 + EXTRACT(MONTH FROM {x}) * 30 + EXTRACT(DAY FROM {x})"
    clock = f"EXTRACT(HOUR FROM {x}) * 3600 + EXTRACT(MINUTE FROM {x}) * 60 + EXTRACT(SECOND FROM {x})"
    return Piece(f"({days}) * 86400 + {clock} + EXTRACT(MICROSECOND FROM {x}) / 1e6", SUM)


def interval_part(printer: Printer, call: Call | Agg) -> Piece:
    unit = literal_text(call.args[1]).upper().removesuffix("S")
    return Piece(f"EXTRACT({unit} FROM {printer.text(call.args[0])})")


def age(printer: Printer, call: Call | Agg) -> Piece:
    """Field by field, with days borrowed from the month of the earlier time."""
    a, b = (_wall(printer, x) for x in call.args)
    last, first = f"GREATEST({a}, {b})", f"LEAST({a}, {b})"
    clock = _clock(last), _clock(first)
    dates_only = all(_is_date(x) for x in call.args)
    borrowed = "" if dates_only else f" - IF({clock[0]} < {clock[1]}, 1, 0)"
    days = f"EXTRACT(DAY FROM {last}) - EXTRACT(DAY FROM {first}){borrowed}"
    month_end = f"EXTRACT(DAY FROM LAST_DAY({first}, MONTH))"
    months = f"DATETIME_DIFF({last}, {first}, MONTH) - IF({days} < 0, 1, 0)"
    whole = f"MAKE_INTERVAL(month => {months}, day => {days} + IF({days} < 0, {month_end}, 0))"
    if not dates_only:
        micros = f"{clock[0]} - {clock[1]} + IF({clock[0]} < {clock[1]}, 86400000000, 0)"
        whole = f"({whole} + INTERVAL ({micros}) MICROSECOND)"
    return Piece(f"{whole} * IF({a} < {b}, -1, 1)", PRODUCT)


def _wall(printer: Printer, scalar: Scalar) -> str:
    return _moment(printer, scalar)


def _is_date(scalar: Scalar) -> bool:
    inner = scalar.arg if isinstance(scalar, Cast) else scalar
    midnight = (
        isinstance(inner, Lit) and isinstance(inner.value, datetime) and inner.value.time() == datetime.min.time()
    )
    return inner.type.kind is Kind.DATE or midnight


def _clock(wall: str) -> str:
    return f"DATETIME_DIFF({wall}, DATETIME_TRUNC({wall}, DAY), MICROSECOND)"


def months_between(printer: Printer, call: Call | Agg) -> Piece:
    a, b = (_wall(printer, x) for x in call.args)

    def rest(t: str) -> str:
        return f"DATETIME_DIFF({t}, DATETIME_TRUNC({t}, MONTH), MICROSECOND)"

    short = f"WHEN {a} >= {b} AND {rest(a)} < {rest(b)} THEN 1 WHEN {a} < {b} AND {rest(a)} > {rest(b)} THEN -1"
    return Piece(f"DATETIME_DIFF({a}, {b}, MONTH) - CASE {short} ELSE 0 END", SUM)


# -- parts
_PARTS = {"week": "ISOWEEK", "isoyear": "ISOYEAR", "doy": "DAYOFYEAR"}


def part(printer: Printer, call: Call | Agg) -> Piece:
    t, unit = call.args[0], literal_text(call.args[1])
    text = printer.text(t)
    if unit in ("hour", "minute"):
        text = _moment(printer, t)
    if unit == "dow":
        return Piece(f"EXTRACT(DAYOFWEEK FROM {text}) - 1", SUM)
    if unit == "isodow":
        return Piece(f"MOD(EXTRACT(DAYOFWEEK FROM {text}) + 5, 7) + 1", SUM)
    return Piece(f"EXTRACT({_PARTS.get(unit, unit.upper())} FROM {text})")


def second(printer: Printer, call: Call | Agg) -> Piece:
    t = _moment(printer, call.args[0])
    return Piece(f"EXTRACT(SECOND FROM {t}) + EXTRACT(MICROSECOND FROM {t}) / 1e6", SUM)


def make_timestamp(printer: Printer, call: Call | Agg) -> Piece:
    *whole, seconds = call.args
    parts = ", ".join(as_int64(printer, p).text for p in whole)
    if form(seconds) == "INT64":
        return Piece(f"DATETIME({parts}, {printer.text(seconds)})")
    micros = f"CAST(ROUND({printer.scalar(seconds).within(PRODUCT)} * 1000000) AS INT64)"
    return Piece(f"DATETIME_ADD(DATETIME({parts}, 0), INTERVAL {micros} MICROSECOND)")


def make_date(printer: Printer, call: Call | Agg) -> Piece:
    return Piece(f"DATE({', '.join(as_int64(printer, p).text for p in call.args)})")


# -- time templates
_ELEMENTS = {
    "YYYY": "%E4Y", "YY": "%y", "MM": "%m", "DD": "%d", "HH24": "%H", "HH12": "%I", "HH": "%I", "MI": "%M", "SS": "%S",
    "AM": "%p", "PM": "%p", "IYYY": "%G", "IW": "%V", "DDD": "%j", "Mon": "%b", "Dy": "%a", "FMMonth": "%B",
    "FMDay": "%A", "ID": "%u", "Q": "%Q",
}  # fmt: skip
_PARSED = {**{k: v for k, v in _ELEMENTS.items() if k not in ("Q", "ID", "IYYY", "IW", "Dy", "FMDay")}, "US": "%E6S"}
_EXPRESSIONS = {
    "D": "CAST(EXTRACT(DAYOFWEEK FROM {0}) AS STRING)",
    "WW": "LPAD(CAST(DIV(EXTRACT(DAYOFYEAR FROM {0}) + 6, 7) AS STRING), 2, '0')",
    "W": "CAST(DIV(EXTRACT(DAY FROM {0}) + 6, 7) AS STRING)",
    "MS": "LPAD(CAST(EXTRACT(MILLISECOND FROM {0}) AS STRING), 3, '0')",
    "US": "LPAD(CAST(EXTRACT(MICROSECOND FROM {0}) AS STRING), 6, '0')",
    "FMDD": "CAST(EXTRACT(DAY FROM {0}) AS STRING)",
    "FMMM": "CAST(EXTRACT(MONTH FROM {0}) AS STRING)",
    "FMHH24": "CAST(EXTRACT(HOUR FROM {0}) AS STRING)",
    "FMHH12": "CAST(MOD(EXTRACT(HOUR FROM {0}) + 11, 12) + 1 AS STRING)",
    "Month": "RPAD(FORMAT_DATETIME('%B', {0}), 9)", "MONTH": "RPAD(UPPER(FORMAT_DATETIME('%B', {0})), 9)",
    "month": "RPAD(LOWER(FORMAT_DATETIME('%B', {0})), 9)", "Day": "RPAD(FORMAT_DATETIME('%A', {0}), 9)",
    "DAY": "RPAD(UPPER(FORMAT_DATETIME('%A', {0})), 9)", "day": "RPAD(LOWER(FORMAT_DATETIME('%A', {0})), 9)",
    "MON": "UPPER(FORMAT_DATETIME('%b', {0}))", "mon": "LOWER(FORMAT_DATETIME('%b', {0}))",
    "DY": "UPPER(FORMAT_DATETIME('%a', {0}))", "dy": "LOWER(FORMAT_DATETIME('%a', {0}))",
    "FMMONTH": "UPPER(FORMAT_DATETIME('%B', {0}))", "FMmonth": "LOWER(FORMAT_DATETIME('%B', {0}))",
    "FMDAY": "UPPER(FORMAT_DATETIME('%A', {0}))", "FMday": "LOWER(FORMAT_DATETIME('%A', {0}))",
}  # fmt: skip
_CLOCK_WORDS = frozenset({"HH24", "HH12", "HH", "MI", "SS", "AM", "PM", "MS", "US", "FMHH24", "FMHH12"})


def format_time(printer: Printer, call: Call | Agg) -> Piece:
    """One FORMAT_DATE or FORMAT_DATETIME where that says all of it, else its pieces in a row."""
    t, template = call.args[0], tokens(literal_text(call.args[1]))
    is_date = t.type.kind is Kind.DATE and not any(
        w and (text in _CLOCK_WORDS or text in _EXPRESSIONS) for text, w in template
    )
    text = printer.text(t) if is_date else _moment(printer, t)
    parts: list[str] = []
    pattern = ""

    def flush() -> None:
        nonlocal pattern
        if pattern:
            parts.append(f"FORMAT_{'DATE' if is_date else 'DATETIME'}({quoted(pattern)}, {text})")
        pattern = ""

    for word, is_word in template:
        if not is_word or word in _ELEMENTS:
            pattern += _ELEMENTS[word] if is_word else word.replace("%", "%%")
        elif word in _EXPRESSIONS:
            flush()
            parts.append(_EXPRESSIONS[word].format(text))
        else:
            return printer.refuse_function(call, Refusal(f"`{word}` of time templates has no equal"))
    flush()
    return Piece(" || ".join(parts) or "''", PRODUCT if len(parts) > 1 else ATOM)


def parse_time(word: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        template = literal_text(call.args[1])
        pattern = translate(template.replace("SS.US", "US"), _PARSED, {"%": "%%"})
        if pattern is None or ("US" in template and "SS.US" not in template):
            return printer.refuse_function(call, Refusal("this time template has no equal in format elements"))
        return Piece(f"PARSE_{word}({quoted(pattern)}, {printer.text(call.args[0])})")

    return rendering


# -- series
def series(printer: Printer, bounds: tuple[Piece, Piece, Piece], type: Type, alias: str, column: str) -> str:
    """A spine of numbers or times, both ends included."""
    value = f"DATETIME({column}, {_UTC}) AS {column}" if type.kind is Kind.TIMESTAMP else column
    return f"(SELECT {value} FROM UNNEST({_generated(bounds, type)}) AS {column}) AS {alias}"


def series_of_row(printer: Printer, bounds: tuple[Piece, Piece, Piece], type: Type, alias: str, column: str) -> str:
    """A series whose ends are columns of what stands left of it: an array, which may read them."""
    value = f"DATETIME({column}, {_UTC}) AS {column}" if type.kind is Kind.TIMESTAMP else column
    return f"UNNEST(ARRAY(SELECT AS STRUCT {value} FROM UNNEST({_generated(bounds, type)}) AS {column})) AS {alias}"


def _generated(bounds: tuple[Piece, Piece, Piece], type: Type) -> str:
    start, stop, step = (p.text for p in bounds)
    if not type.is_temporal:
        return f"GENERATE_ARRAY({start}, {stop}, {step})"
    if type.kind is Kind.DATE:
        return f"GENERATE_DATE_ARRAY({start}, {stop}, {step})"
    if type.kind is Kind.TIMESTAMP:
        start, stop = f"TIMESTAMP({start}, {_UTC})", f"TIMESTAMP({stop}, {_UTC})"
    return f"GENERATE_TIMESTAMP_ARRAY({start}, {stop}, {step})"


def date_cast(printer: Printer, cast: Cast) -> Piece:
    """A date as the wall clock time of its midnight."""
    return Piece(f"DATETIME({printer.text(replace(cast, safe=False).arg)})")
