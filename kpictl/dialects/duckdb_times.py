"""DuckDB: buckets, calendar arithmetic, intervals, and times as text."""

from __future__ import annotations

from collections.abc import Callable

from kpictl.dialects import duckdb_literals as literals
from kpictl.dialects.dialect import Refusal
from kpictl.dialects.printer import Printer
from kpictl.dialects.standard import (
    first_instant,
    floor_instant,
    interval_terms,
    literal_int,
    literal_text,
    stays,
)
from kpictl.dialects.templates import ATOM, COMPARISON, PRODUCT, SUM, Piece
from kpictl.dialects.time_patterns import tokens, translate
from kpictl.ir.scalars import Agg, Call, Lit, Scalar
from kpictl.model.types import Kind

_PATTERN_WORDS = {
    "YYYY": "%Y",
    "YY": "%y",
    "MM": "%m",
    "DD": "%d",
    "HH24": "%H",
    "HH12": "%I",
    "HH": "%I",
    "MI": "%M",
    "SS": "%S",
    "US": "%f",
    "AM": "%p",
    "PM": "%p",
    "IYYY": "%G",
    "IW": "%V",
    "DDD": "%j",
    "Mon": "%b",
    "Dy": "%a",
    "FMMonth": "%B",
    "FMDay": "%A",
    "FMMM": "%-m",
    "FMDD": "%-d",
    "FMHH24": "%-H",
    "FMHH12": "%-I",
}


def bucket_date(printer: Printer, call: Call | Agg) -> Piece:
    """UTC without the calendar: `timezone` costs 140 ns a row, eight times what all else of a scan does (DuckDB 2.0)."""
    t, zone = call.args
    if literal_text(zone) in ("UTC", "Etc/UTC"):
        return Piece(f"CAST(make_timestamp(epoch_us({printer.text(t)})) AS DATE)")
    return Piece(f"CAST(timezone({printer.text(zone)}, {printer.text(t)}) AS DATE)")


def calendar_date(printer: Printer, call: Call | Agg) -> Piece:
    """The element of the instant's hour. `//` cuts towards zero, an index below one counts from the end: `first` is first."""
    t, zone, first, dates = call.args
    hour = f"(epoch_us({printer.text(t)}) - epoch_us({printer.text(first)})) // 3600000000 + 1"
    plain = f"CAST(timezone({printer.text(zone)}, {printer.text(t)}) AS DATE)"
    return Piece(f"coalesce(list_extract({printer.text(dates)}, {hour}), {plain})")


def time_floor(printer: Printer, call: Call | Agg) -> Piece:
    t, unit = call.args[0], literal_text(call.args[1])
    zone, week_start = call.args[2], literal_int(call.args[3])
    piece = printer.scalar(t)
    if t.type.kind is Kind.TIMESTAMPTZ:
        return floor_instant(piece, unit, literal_text(zone), week_start, _trunc_local, _hour_bucket)
    if t.type.kind is Kind.DATE:
        return Piece(f"CAST({_trunc_local(piece, unit, week_start).text} AS DATE)")
    return _trunc_local(piece, unit, week_start)


def _trunc_local(local: Piece, unit: str, week_start: int) -> Piece:
    if unit == "week" and week_start:
        days = f"INTERVAL {week_start} DAY"
        return Piece(f"date_trunc('week', {local.within(SUM)} - {days}) + {days}", SUM)
    return Piece(f"date_trunc('{unit}', {local.text})")


def _hour_bucket(instant: Piece, unit: str, shift: int) -> Piece:
    moved = f", INTERVAL {shift} SECOND" if shift else ""
    return Piece(f"time_bucket(INTERVAL 1 {unit.upper()}, {instant.text}{moved})")


def bucket_start(printer: Printer, call: Call | Agg) -> Piece:
    t, unit = call.args[0], literal_text(call.args[1])
    zone, week_start = literal_text(call.args[2]), literal_int(call.args[3])
    if t.type.kind is Kind.TIMESTAMPTZ:
        return floor_instant(printer.scalar(t), unit, zone, week_start, _trunc_local, _hour_bucket)
    local = printer.scalar(t)
    local = Piece(f"CAST({local.text} AS TIMESTAMP)") if unit == "day" else _trunc_local(local, unit, week_start)
    return first_instant(local, zone)


def add_interval(printer: Printer, call: Call | Agg) -> Piece:
    t, *parts = call.args
    text = printer.scalar(t).within(SUM)
    for part, (word, function) in zip(parts, _STEPS, strict=True):
        text += interval_terms(printer, part, word, function)
    if t.type.kind is Kind.DATE:
        return Piece(f"CAST({text} AS DATE)")
    return Piece(text, SUM)


_STEPS = (("MONTH", "to_months"), ("DAY", "to_days"), ("MICROSECOND", "to_microseconds"))


def add_interval_in(printer: Printer, call: Call | Agg) -> Piece:
    t, months, days, micros, zone = call.args
    name = printer.text(zone)
    tail = interval_terms(printer, micros, *_STEPS[2])
    if stays(months, days):
        return Piece(printer.scalar(t).within(SUM) + tail, SUM)
    text = f"timezone({name}, {printer.text(t)})"
    for part, (word, function) in zip((months, days), _STEPS[:2], strict=True):
        text += interval_terms(printer, part, word, function)
    text = f"timezone({name}, {text})"
    if not any(isinstance(part, Lit) and part.value != 0 for part in (months, days)):
        # Without a step the instant stays, where a repeated wall time would be taken for the later one.
        zero = " AND ".join(f"{printer.scalar(p).within(SUM)} = 0" for p in (months, days) if not isinstance(p, Lit))
        text = f"CASE WHEN {zero} THEN {printer.text(t)} ELSE {text} END"
    return Piece(text + tail, SUM if tail else ATOM)


def make_interval(printer: Printer, call: Call | Agg) -> Piece:
    months, days, micros = call.args
    terms = [
        interval_terms(printer, part, word, function, sign=False)
        for part, (word, function) in zip((months, days, micros), _STEPS, strict=True)
    ]
    given = [t for t in terms if t]
    return Piece(" + ".join(given), SUM if len(given) > 1 else ATOM) if given else Piece("INTERVAL 0 DAY", COMPARISON)


_PATTERN_EXPRESSIONS = {
    "Q": "date_part('quarter', {})",
    "ID": "date_part('isodow', {})",
    "D": "date_part('dow', {}) + 1",
    "WW": "lpad(CAST((date_part('doy', {}) + 6) // 7 AS VARCHAR), 2, '0')",
    "W": "(date_part('day', {}) + 6) // 7",
    "MS": "lpad(CAST(date_part('millisecond', {}) % 1000 AS VARCHAR), 3, '0')",
    "Month": "rpad(strftime({}, '%B'), 9, ' ')",
    "MONTH": "rpad(upper(strftime({}, '%B')), 9, ' ')",
    "month": "rpad(lower(strftime({}, '%B')), 9, ' ')",
    "Day": "rpad(strftime({}, '%A'), 9, ' ')",
    "DAY": "rpad(upper(strftime({}, '%A')), 9, ' ')",
    "day": "rpad(lower(strftime({}, '%A')), 9, ' ')",
    "MON": "upper(strftime({}, '%b'))",
    "mon": "lower(strftime({}, '%b'))",
    "DY": "upper(strftime({}, '%a'))",
    "dy": "lower(strftime({}, '%a'))",
    "FMMONTH": "upper(strftime({}, '%B'))",
    "FMmonth": "lower(strftime({}, '%B'))",
    "FMDAY": "upper(strftime({}, '%A'))",
    "FMday": "lower(strftime({}, '%A'))",
}


def format_time(printer: Printer, call: Call | Agg) -> Piece:
    """One strftime where that says all of it, else its pieces in a row."""
    t = printer.text(call.args[0])
    parts: list[str] = []
    pattern = ""
    for text, is_word in tokens(literal_text(call.args[1])):
        if not is_word or text in _PATTERN_WORDS:
            pattern += _PATTERN_WORDS[text] if is_word else text.replace("%", "%%")
        elif text in _PATTERN_EXPRESSIONS:
            parts += [_strftime(printer, t, pattern)] if pattern else []
            parts.append(_PATTERN_EXPRESSIONS[text].format(t))
            pattern = ""
        else:
            return printer.refuse_function(call, Refusal(f"`{text}` of time templates has no equal"))
    parts += [_strftime(printer, t, pattern)] if pattern or not parts else []
    if len(parts) == 1:
        return Piece(parts[0]) if parts[0].startswith("strftime") else Piece(f"CAST({parts[0]} AS VARCHAR)")
    return Piece(" || ".join(p if p.endswith(")") and "//" not in p else f"({p})" for p in parts), SUM)


def _strftime(printer: Printer, t: str, pattern: str) -> str:
    return f"strftime({t}, {literals.literal(printer, Lit(pattern)).text})"


def parse_time(kind: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        pattern = translate(literal_text(call.args[1]), _PATTERN_WORDS, {"%": "%%"})
        if pattern is None:
            return printer.refuse_function(call, Refusal("this time template has no equal in strptime"))
        text = f"strptime({printer.text(call.args[0])}, {literals.literal(printer, Lit(pattern)).text})"
        return Piece(f"CAST({text} AS DATE)" if kind == "date" else text)

    return rendering


def part(printer: Printer, call: Call | Agg) -> Piece:
    return Piece(f"date_part('{literal_text(call.args[1])}', {printer.text(call.args[0])})")


def seconds_between(printer: Printer, call: Call | Agg) -> Piece:
    a, b = (micros(printer, x) for x in call.args)
    return Piece(f"({a} - {b}) / 1e6", PRODUCT)


def micros(printer: Printer, scalar: Scalar) -> str:
    text = printer.text(scalar)
    return f"epoch_us(CAST({text} AS TIMESTAMP))" if scalar.type.kind is Kind.DATE else f"epoch_us({text})"


def interval_between(printer: Printer, call: Call | Agg) -> Piece:
    a, b = (micros(printer, x) for x in call.args)
    return Piece(f"to_microseconds({a} - {b})")
