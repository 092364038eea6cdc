"""PostgreSQL: buckets, calendar arithmetic, intervals, and times as text."""

from __future__ import annotations

from collections.abc import Callable

from kpictl.dialects import postgres_literals as literals
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
from kpictl.ir.scalars import Agg, Call, Lit, Scalar
from kpictl.model.types import Kind


def time_floor(printer: Printer, call: Call | Agg) -> Piece:
    t, unit = call.args[0], literal_text(call.args[1])
    week_start = literal_int(call.args[3])
    piece = printer.scalar(t)
    if t.type.kind is Kind.TIMESTAMPTZ:
        return floor_instant(piece, unit, literal_text(call.args[2]), week_start, _trunc_local, _hour_bucket)
    if t.type.kind is Kind.DATE:
        # date_trunc of a date goes through the session's zone; a naive timestamp does not.
        local = Piece(f"CAST({piece.text} AS timestamp)")
        return Piece(f"CAST({_trunc_local(local, unit, week_start).text} AS date)")
    return _trunc_local(piece, unit, week_start)


def _trunc_local(local: Piece, unit: str, week_start: int) -> Piece:
    if unit == "week" and week_start:
        days = f"INTERVAL '{week_start} DAY'"
        return Piece(f"date_trunc('week', {local.within(SUM)} - {days}) + {days}", SUM)
    return Piece(f"date_trunc('{unit}', {local.text})")


def _hour_bucket(instant: Piece, unit: str, shift: int) -> Piece:
    origin = f"2000-01-01 00:{shift // 60:02d}:00+00"
    return Piece(f"date_bin(INTERVAL '1 {unit}', {instant.text}, timestamptz '{origin}')")


def bucket_start(printer: Printer, call: Call | Agg) -> Piece:
    t, unit = call.args[0], literal_text(call.args[1])
    zone, week_start = literal_text(call.args[2]), literal_int(call.args[3])
    piece = printer.scalar(t)
    if t.type.kind is Kind.TIMESTAMPTZ:
        return floor_instant(piece, unit, zone, week_start, _trunc_local, _hour_bucket)
    local = Piece(f"CAST({piece.text} AS timestamp)")
    return first_instant(local if unit == "day" else _trunc_local(local, unit, week_start), zone)


def bucket_date(printer: Printer, call: Call | Agg) -> Piece:
    """`local_date`; a zone that is named is looked up for each row, which is a sixth of a scan and which UTC can spare."""
    t, zone = call.args
    name = "INTERVAL '0 HOUR'" if literal_text(zone) == "UTC" else printer.text(zone)
    return Piece(f"CAST(timezone({name}, {printer.text(t)}) AS date)")


_STEPS = (("MONTH", "months"), ("DAY", "days"), ("MICROSECOND", "micros"))


def _term(printer: Printer, part: Scalar, index: int, *, sign: bool = True) -> str:
    if isinstance(part, Lit) and part.value is not None:
        return interval_terms(printer, part, _STEPS[index][0], "", sign=sign)
    if isinstance(part, Lit):
        return f"{' + ' if sign else ''}CAST(NULL AS interval)"
    unit = ("1 month", "1 day", "1 microsecond")[index]
    return f"{' + ' if sign else ''}CAST({printer.text(part)} AS double precision) * INTERVAL '{unit}'"


def add_interval(printer: Printer, call: Call | Agg) -> Piece:
    t, months, days, micros = call.args
    piece = printer.scalar(t)
    kind = t.type.kind
    head = f"CAST({piece.text} AS timestamp)" if kind is Kind.DATE else piece.within(SUM)
    text = head + "".join(_term(printer, p, i) for i, p in enumerate((months, days, micros)))
    return Piece(f"CAST({text} AS date)") if kind is Kind.DATE else Piece(text, SUM)


def add_interval_in(printer: Printer, call: Call | Agg) -> Piece:
    t, months, days, micros, zone = call.args
    name = printer.text(zone)
    tail = _term(printer, micros, 2)
    if stays(months, days):
        return Piece(printer.scalar(t).within(SUM) + tail, SUM)
    steps = "".join(_term(printer, p, i) for i, p in enumerate((months, days)))
    text = f"timezone({name}, timezone({name}, {printer.text(t)}){steps})"
    if not any(isinstance(part, Lit) and part.value != 0 for part in (months, days)):
        # Without a step the instant stays, where a repeated wall time would be taken for the later one.
        zero = " AND ".join(f"{printer.scalar(p).within(SUM)} = 0" for p in (months, days) if not isinstance(p, Lit))
        text = f"CASE WHEN {zero} THEN {printer.text(t)} ELSE {text} END"
    return Piece(text + tail, SUM if tail else ATOM)


def make_interval(printer: Printer, call: Call | Agg) -> Piece:
    given = [t for t in (_term(printer, p, i, sign=False) for i, p in enumerate(call.args)) if t]
    return Piece(" + ".join(given), SUM) if given else Piece("INTERVAL '0 DAY'", COMPARISON)


def part(printer: Printer, call: Call | Agg) -> Piece:
    t, unit = call.args
    text = printer.text(t)
    return Piece(f"CAST(extract({literal_text(unit)} FROM {text}) AS integer)")


def micro_epoch(printer: Printer, scalar: Scalar) -> str:
    text = printer.text(scalar)
    text = f"CAST({text} AS timestamp)" if scalar.type.kind is Kind.DATE else text
    return f"extract(epoch FROM {text})"


def seconds_between(printer: Printer, call: Call | Agg) -> Piece:
    a, b = (micro_epoch(printer, x) for x in call.args)
    return Piece(f"CAST({a} - {b} AS double precision)")


def interval_between(printer: Printer, call: Call | Agg) -> Piece:
    return Piece(f"{seconds_between(printer, call).text} * INTERVAL '1 second'", PRODUCT)


def templated(name: str) -> Callable[[Printer, Call | Agg], Piece]:
    return lambda printer, call: Piece(
        f"{name}({printer.text(call.args[0])}, {literals.quoted(literal_text(call.args[1]))})"
    )
