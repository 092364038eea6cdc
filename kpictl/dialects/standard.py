"""Pieces of renderings that several targets share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from kpictl.dialects.dialect import Rendering
from kpictl.dialects.printer import Printer
from kpictl.dialects.templates import ATOM, COMPARISON, PRODUCT, SUM, Piece
from kpictl.dialects.zones import zone_shape
from kpictl.ir.scalars import Agg, Call, Interval, Lit, Scalar
from kpictl.model.types import DOUBLE, Kind

TruncLocal = Callable[[Piece, str, int], Piece]
HourBucket = Callable[[Piece, str, int], Piece]
BELOW_A_DAY = frozenset({"hour", "minute", "second", "millisecond", "microsecond"})
"""Units whose buckets begin at no midnight."""
UPPER = "replace(upper(replace({0}, 'ß', chr(64976))), chr(64976), 'ß')"
"""Capitals letter by letter: no engine may look for one of ß. U+FDD0, 64976, is a character of no text."""


def name_function(name: str) -> Callable[[Printer, Call | Agg], Piece]:
    """A rendering as an engine function of any number of arguments."""
    return lambda printer, call: Piece(f"{name}({', '.join(printer.text(a) for a in call.args)})")


def aggregate(name: str) -> Callable[[Printer, Call | Agg], Piece]:
    """An aggregate by its engine's name."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        assert isinstance(call, Agg)
        return Piece(f"{name}({', '.join(p.text for p in printer.aggregate_arguments(call))})")

    return rendering


def counted(row: str) -> Callable[[Printer, Call | Agg], Piece]:
    """COUNT of a value, or of the rows in which several are given; `row` makes a value of them."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        assert isinstance(call, Agg)
        if len(call.args) == 1:
            return Piece(f"count({printer.aggregate_arguments(call)[0].text})")
        given = " AND ".join(f"{printer.scalar(a).within(SUM)} IS NOT NULL" for a in call.args)
        values = ", ".join(printer.text(a) for a in call.args)
        return Piece(f"count({'DISTINCT ' if call.distinct else ''}CASE WHEN {given} THEN {row}({values}) END)")

    return rendering


def double(printer: Printer, scalar: Scalar) -> str:
    """A number as a double."""
    piece = printer.scalar(scalar)
    if scalar.type.kind is Kind.DOUBLE:
        return piece.within(PRODUCT)
    return f"CAST({piece.text} AS {printer.type_name(DOUBLE)})"


WINDOW_FUNCTIONS: dict[str, Rendering] = {
    "row_number": "ROW_NUMBER()",
    "rank": "RANK()",
    "dense_rank": "DENSE_RANK()",
    "percent_rank": "PERCENT_RANK()",
    "cume_dist": "CUME_DIST()",
    "ntile": "NTILE({0})",
    "lag": name_function("LAG"),
    "lead": name_function("LEAD"),
    "first_value": "FIRST_VALUE({0})",
    "last_value": "LAST_VALUE({0})",
    "nth_value": "NTH_VALUE({0}, {1})",
}
"""Window functions as the standard spells them."""


def plain_number(text: str) -> Piece:
    """A number; a negative one binds like a sum, so that `a - -1` gets its parentheses."""
    return Piece(text, ATOM if not text.startswith("-") else SUM)


def literal_text(scalar: Scalar) -> str:
    """The text of an argument that the canonical function wants constant."""
    assert isinstance(scalar, Lit)
    return "" if scalar.value is None else str(scalar.value)


def literal_int(scalar: Scalar) -> int:
    """The whole number of an argument that the canonical function wants constant."""
    assert isinstance(scalar, Lit)
    assert isinstance(scalar.value, int)
    return scalar.value


def seconds_text(value: datetime) -> str:
    """`2024-03-31 12:00:00[.ffffff][+00]`; instants in UTC."""
    moved = value if value.tzinfo is None else value.astimezone(UTC)
    text = moved.replace(tzinfo=None).isoformat(sep=" ")
    return text if value.tzinfo is None else text + "+00"


def frame_interval(value: Interval) -> Piece:
    """An interval constant: `INTERVAL 7 DAY`, or a sum where parts of different units meet."""
    words = ((value.months, "MONTH"), (value.days, "DAY"), (value.micros, "MICROSECOND"))
    terms = [_interval_text(n, unit) for n, unit in words if n]
    if not terms:
        return Piece("INTERVAL '0 DAY'", COMPARISON)
    return Piece(" + ".join(terms), SUM if len(terms) > 1 else ATOM)


def _interval_text(n: int, unit: str) -> str:
    if unit == "MICROSECOND":
        for size, word in ((3_600_000_000, "HOUR"), (60_000_000, "MINUTE"), (1_000_000, "SECOND")):
            if n % size == 0:
                return f"INTERVAL '{n // size} {word}'"
    return f"INTERVAL '{n} {unit}'"


def interval_terms(printer: Printer, part: Scalar, word: str, function: str, *, sign: bool = True) -> str:
    """One part of a calendar addition, ` + INTERVAL '7 DAY'` or ` + to_days(n)`; empty when the part is zero."""
    if isinstance(part, Lit) and part.value is not None:
        n = literal_int(part)
        if n == 0:
            return ""
        if sign:
            return f" {'-' if n < 0 else '+'} {_interval_text(abs(n), word)}"
        return _interval_text(n, word)
    size = "BIGINT" if word == "MICROSECOND" else "INTEGER"
    return f"{' + ' if sign else ''}{function}(CAST({printer.text(part)} AS {size}))"


def stays(months: Scalar, days: Scalar) -> bool:
    """Whether a calendar addition moves by no month and no day for certain, so that no wall clock is asked."""
    return all(isinstance(part, Lit) and part.value == 0 for part in (months, days))


def finite(piece: Piece, double: str) -> Piece:
    """NULL instead of NaN and the infinities."""
    text = piece.text
    for value in ("NaN", "Infinity", "-Infinity"):
        text = f"nullif({text}, CAST('{value}' AS {double}))"
    return Piece(text)


def first_instant(local: Piece, zone: str) -> Piece:
    """The first instant of a local day that a naive midnight names (`timezone` takes the later of two)."""
    plain = f"timezone('{zone}', {local.text})"
    if not zone_shape(zone).midnight_changes:
        return Piece(plain)
    # Where clocks go back over midnight it comes twice; the day begins with the first. One hour is the only such step.
    hour_before = f"{plain} - INTERVAL '1 HOUR'"
    same_day = f"CAST(timezone('{zone}', {hour_before}) AS DATE) = CAST({local.text} AS DATE)"
    return Piece(f"CASE WHEN {same_day} THEN {hour_before} ELSE {plain} END")


def floor_instant(
    instant: Piece, unit: str, zone: str, week_start: int, trunc: TruncLocal, bucket: HourBucket
) -> Piece:
    """The start of the unit that holds an instant, in a zone (semantics: Time)."""
    shape = zone_shape(zone)
    if unit == "microsecond":
        return instant
    if unit in ("minute", "second", "millisecond"):
        return bucket(instant, unit, 0)
    if unit == "hour":
        if shape.hour_offset is not None:
            return bucket(instant, unit, (3600 - shape.hour_offset) % 3600)
        return _cut_hour(instant, zone)
    local = Piece(f"timezone('{zone}', {instant.text})")
    return first_instant(trunc(local, unit, week_start), zone)


def _cut_hour(instant: Piece, zone: str) -> Piece:
    """Hours floored on UTC plus offset and cut at a change of offset (Lord_Howe moves its clocks by half an hour)."""
    offset = _offset(instant.text, zone)
    floor = f"to_timestamp(floor((extract(epoch FROM {instant.text}) + {offset}) / 3600) * 3600 - {offset})"
    whens = []
    for minutes in (0, 15, 30, 45):
        start = floor if not minutes else f"{floor} + INTERVAL '{minutes} MINUTE'"
        whens.append(f"WHEN {_offset(start, zone)} = {offset} THEN {start}")
    return Piece(f"CASE {' '.join(whens)} END")


def _offset(instant: str, zone: str) -> str:
    return f"(extract(epoch FROM timezone('{zone}', {instant})) - extract(epoch FROM {instant}))"
