"""Amazon Redshift's ways with time. It has DATEADD, DATEDIFF and DATE_TRUNC, and no intervals that mix months and days.

Sources, below docs.aws.amazon.com/redshift/latest/dg/: r_DATE_TRUNC.html (weeks begin on Monday), r_DATEADD_function.html,
r_DATEDIFF_function.html, r_TIMEZONE.html, r_DATE_PART_function.html (week: ISO 8601), r_LAST_DAY.html, r_TO_CHAR.html.
"""

from __future__ import annotations

from kpictl.dialects.dialect import Refusal, Rendering
from kpictl.dialects.printer import Printer
from kpictl.dialects.standard import literal_int, literal_text
from kpictl.dialects.templates import ATOM, PRODUCT, SUM, Piece
from kpictl.dialects.time_patterns import translate
from kpictl.dialects.zones import zone_shape
from kpictl.ir.scalars import Agg, Call, Lit, Scalar
from kpictl.model.types import Kind

_PARTS = ("year", "quarter", "month", "week", "day", "doy", "hour", "minute")
_WORDS = {
    word: word
    for word in (
        "HH24 HH12 MI SS MS US YYYY YY IYYY IW DDD DD MM AM PM FMMonth FMMONTH FMmonth FMDay FMDAY FMday Mon MON mon Q"
    ).split()
}


def _local(instant: str, zone: str) -> str:
    return f"TIMEZONE('{zone}', {instant})"


def _trunc(local: str, unit: str, week_start: int) -> str:
    """The floor of a naive timestamp or date; the result is a timestamp."""
    if unit == "week" and week_start:
        return f"DATEADD(day, {week_start}, DATE_TRUNC('week', DATEADD(day, -{week_start}, {local})))"
    return f"DATE_TRUNC('{unit}', {local})"


def _first_instant(local: str, zone: str) -> str:
    """The first instant of a local day; TIMEZONE takes the later of two."""
    plain = f"TIMEZONE('{zone}', {local})"
    if not zone_shape(zone).midnight_changes:
        return plain
    before = f"TIMEZONE('UTC', DATEADD(hour, -1, TIMEZONE('UTC', {plain})))"
    return (
        f"CASE WHEN CAST(TIMEZONE('{zone}', {before}) AS DATE) = CAST({local} AS DATE) THEN {before} ELSE {plain} END"
    )


def _floor_instant(printer: Printer, call: Call, piece: Piece, unit: str, zone: str, week_start: int) -> Piece:
    if unit not in ("hour", "minute", "second"):
        return Piece(_first_instant(_trunc(_local(piece.text, zone), unit, week_start), zone))
    shift = 0
    if unit == "hour":
        offset = zone_shape(zone).hour_offset
        if offset is None:
            refusal = Refusal(f"the hours of {zone} move by less than an hour", "choose the grain day")
            return printer.refuse_function(call, refusal)
        shift = offset // 60
    utc = _local(piece.text, "UTC")
    moved = f"DATEADD(minute, {shift}, {utc})" if shift else utc
    floor = f"DATE_TRUNC('{unit}', {moved})"
    back = f"DATEADD(minute, -{shift}, {floor})" if shift else floor
    return Piece(f"TIMEZONE('UTC', {back})")


def _time_floor(printer: Printer, call: Call | Agg) -> Piece:
    assert isinstance(call, Call)
    t, unit = call.args[0], literal_text(call.args[1])
    zone, week_start = literal_text(call.args[2]), literal_int(call.args[3])
    piece = printer.scalar(t)
    if t.type.kind is Kind.TIMESTAMPTZ:
        return _floor_instant(printer, call, piece, unit, zone, week_start)
    text = _trunc(piece.text, unit, week_start)
    return Piece(f"CAST({text} AS DATE)" if t.type.kind is Kind.DATE else text)


def _bucket_start(printer: Printer, call: Call | Agg) -> Piece:
    assert isinstance(call, Call)
    t, unit = call.args[0], literal_text(call.args[1])
    zone, week_start = literal_text(call.args[2]), literal_int(call.args[3])
    piece = printer.scalar(t)
    if t.type.kind is Kind.TIMESTAMPTZ:
        return _floor_instant(printer, call, piece, unit, zone, week_start)
    local = f"CAST({piece.text} AS TIMESTAMP)"
    return Piece(_first_instant(local if unit == "day" else _trunc(local, unit, week_start), zone))


def _added(printer: Printer, text: str, months: Scalar, days: Scalar, micros: Scalar) -> str:
    """DATEADD of months, then days, then time; nothing where a part is zero."""
    for part, word in ((months, "month"), (days, "day"), (micros, "microsecond")):
        if isinstance(part, Lit) and literal_int(part) == 0:
            continue
        number = printer.text(part) if isinstance(part, Lit) else f"CAST({printer.text(part)} AS BIGINT)"
        text = f"DATEADD({word}, {number}, {text})"
    return text


def _add_interval(printer: Printer, call: Call | Agg) -> Piece:
    t, *parts = call.args
    piece = printer.scalar(t)
    if t.type.kind is Kind.TIMESTAMPTZ:
        return Piece(f"TIMEZONE('UTC', {_added(printer, _local(piece.text, 'UTC'), *parts)})")
    text = _added(printer, piece.text, *parts)
    if text == piece.text:
        return piece
    return Piece(f"CAST({text} AS DATE)" if t.type.kind is Kind.DATE else text)


def _add_interval_in(printer: Printer, call: Call | Agg) -> Piece:
    t, months, days, micros, zone = call.args
    none = Lit(0)
    local = _added(printer, f"TIMEZONE({printer.text(zone)}, {printer.text(t)})", months, days, none)
    instant = f"TIMEZONE({printer.text(zone)}, {local})"
    if isinstance(micros, Lit) and literal_int(micros) == 0:
        return Piece(instant)
    # DATEADD takes no TIMESTAMPTZ.
    return Piece(f"TIMEZONE('UTC', {_added(printer, _local(instant, 'UTC'), none, none, micros)})")


def _as_timestamp(printer: Printer, scalar: Scalar) -> str:
    text = printer.text(scalar)
    if scalar.type.kind is Kind.TIMESTAMPTZ:
        return f"TIMEZONE('UTC', {text})"
    return f"CAST({text} AS TIMESTAMP)" if scalar.type.kind is Kind.DATE else text


def _micros(b: str, a: str) -> Piece:
    return Piece(f"DATEDIFF(microsecond, {b}, {a}) / CAST(1000000 AS DOUBLE PRECISION)", PRODUCT)


def _seconds_between(printer: Printer, call: Call | Agg) -> Piece:
    a, b = (_as_timestamp(printer, x) for x in call.args)
    return _micros(b, a)


def _interval_seconds(printer: Printer, call: Call | Agg) -> Piece:
    (x,) = call.args
    if isinstance(x, Call) and x.fn == "interval_between":
        return _seconds_between(printer, x)
    return printer.refuse_function(call, NO_INTERVAL)


def _epoch(printer: Printer, call: Call | Agg) -> Piece:
    return _micros("TIMESTAMP '1970-01-01 00:00:00'", _as_timestamp(printer, call.args[0]))


def _part(printer: Printer, call: Call | Agg) -> Piece:
    t, unit = printer.text(call.args[0]), literal_text(call.args[1])
    if unit in _PARTS:
        return Piece(f"CAST(DATE_PART({unit}, {t}) AS INTEGER)")
    if unit == "dow":
        return Piece(f"CAST(DATE_PART(dow, {t}) AS INTEGER)")
    if unit == "isodow":
        return Piece(f"MOD(CAST(DATE_PART(dow, {t}) AS INTEGER) + 6, 7) + 1", SUM)
    # The ISO year of a day is the year of its week's Thursday.
    return Piece(f"CAST(DATE_PART(year, DATEADD(day, 3, DATE_TRUNC('week', {t}))) AS INTEGER)")


def _second(printer: Printer, call: Call | Agg) -> Piece:
    text = printer.text(call.args[0])
    return _micros(f"DATE_TRUNC('minute', {text})", text)


def _format_time(printer: Printer, call: Call | Agg) -> Piece:
    template = translate(literal_text(call.args[1]), _WORDS, {})
    if template is None:
        return printer.refuse_function(call, Refusal("TO_CHAR has no such pattern", "put texts beside it with ||"))
    t = call.args[0]
    text = f"CAST({printer.text(t)} AS TIMESTAMP)" if t.type.kind is Kind.DATE else printer.text(t)
    return Piece(f"TO_CHAR({text}, '{template}')")


def _months_between(printer: Printer, call: Call | Agg) -> Piece:
    """DATEDIFF counts the firsts of months between; one less where the last month is not complete."""
    a, b = (_as_timestamp(printer, x) for x in call.args)
    months = f"DATEDIFF(month, {b}, {a})"
    over, under = f"DATEADD(month, {months}, {b}) > {a}", f"DATEADD(month, {months}, {b}) < {a}"
    return Piece(
        f"CASE WHEN {a} >= {b} AND {over} THEN {months} - 1 WHEN {a} < {b} AND {under} THEN {months} + 1 ELSE {months} END"
    )


def _last_day(printer: Printer, call: Call | Agg) -> Piece:
    return Piece(f"LAST_DAY({printer.text(call.args[0])})")


NO_INTERVAL = Refusal(
    "its intervals do not mix months, days and seconds", "take EXTRACT(EPOCH FROM a - b), seconds, instead"
)
_OUT_OF_RANGE = Refusal(
    "parts out of range would roll over instead of failing", "parse the date from text, or store it"
)
_BY_TEMPLATE = Refusal("what TO_DATE does with a text that does not fit is not documented", "CAST a text in ISO form")

TIMES: dict[str, Rendering] = {
    "format_time": _format_time,
    "parse_date": _BY_TEMPLATE,
    "parse_timestamp": _BY_TEMPLATE,
    "time_floor": _time_floor,
    "bucket_start": _bucket_start,
    "to_local": "TIMEZONE({1}, {0})",
    "to_instant": "TIMEZONE({1}, {0})",
    "local_date": "CAST(TIMEZONE({1}, {0}) AS DATE)",
    "date_of": "CAST({0} AS DATE)",
    "add_interval": _add_interval,
    "add_interval_in": _add_interval_in,
    "date_diff": lambda p, c: Piece(f"DATEDIFF(day, {p.text(c.args[1])}, {p.text(c.args[0])})", ATOM),
    "seconds_between": _seconds_between,
    "interval_between": NO_INTERVAL,
    "age": NO_INTERVAL,
    "make_interval": NO_INTERVAL,
    "interval_add": NO_INTERVAL,
    "interval_scale": NO_INTERVAL,
    "interval_seconds": _interval_seconds,
    "interval_part": NO_INTERVAL,
    "part": _part,
    "second": _second,
    "epoch": _epoch,
    "from_epoch": (
        "TIMEZONE('UTC', DATEADD(microsecond, CAST(ROUND({0} * 1000000) AS BIGINT), TIMESTAMP '1970-01-01 00:00:00'))"
    ),
    "make_date": _OUT_OF_RANGE,
    "make_timestamp": _OUT_OF_RANGE,
    "last_day": _last_day,
    "months_between": _months_between,
}
