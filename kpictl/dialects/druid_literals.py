"""How Druid writes constants, and the names of its types.

Instants are TIMESTAMP literals in milliseconds, elapsed times doubles of seconds, whole numbers beyond 2^63 doubles.
Source: Druid 33 manual, "SQL data types".
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from kpictl.dialects.dialect import Refusal
from kpictl.dialects.druid_times import timestamp
from kpictl.dialects.marks import NEWLINE_MARK
from kpictl.dialects.printer import Printer
from kpictl.dialects.standard import plain_number
from kpictl.dialects.templates import COMPARISON, Piece
from kpictl.ir.scalars import Interval, Lit
from kpictl.model.types import Kind, Type


def text_literal(value: str) -> str:
    return "'" + value.replace("'", "''").replace("\n", NEWLINE_MARK) + "'"


def literal(printer: Printer, lit: Lit) -> Piece:
    from datetime import date, datetime, time

    value = lit.value
    match value:
        case None:
            known = lit.type.kind not in (Kind.NULL, Kind.UNKNOWN)
            return Piece(f"CAST(NULL AS {printer.type_name(lit.type)})" if known else "NULL")
        case bool():
            return Piece("TRUE" if value else "FALSE")
        case int():
            return plain_number(str(value) if abs(value) < 1 << 63 else _double(float(value)))
        case Decimal():
            return plain_number(f"{value:f}" if len(value.as_tuple().digits) <= 15 else _double(float(value)))
        case float():
            return plain_number(_double(value))
        case str():
            return Piece(text_literal(value))
        case datetime():
            if value.microsecond % 1000:
                printer.refuse(lit.place, "a time of microseconds", Refusal("its instants are milliseconds"))
            return Piece(timestamp(value), COMPARISON)
        case date():
            return Piece(timestamp(value), COMPARISON)
        case time():
            printer.refuse(lit.place, "a time of day", Refusal("it has no such type", "compare hours and minutes"))
            return Piece("?")
        case Interval():
            return _interval(printer, lit, value)


def _double(value: float) -> str:
    text = repr(value).upper()
    return text if "E" in text else f"{text}E0"


def _interval(printer: Printer, lit: Lit, value: Interval) -> Piece:
    """An elapsed time is its seconds; months have none."""
    if value.months:
        printer.refuse(lit.place, "an interval of months", Refusal("it keeps elapsed times in seconds", "use days"))
        return Piece("?")
    return plain_number(_double(value.days * 86400 + value.micros / 1e6))


DRUID_TYPES: dict[Kind, Callable[[Type], str] | str | Refusal] = {
    Kind.BOOLEAN: "BOOLEAN",
    Kind.INTEGER: "BIGINT",
    Kind.DECIMAL: "DOUBLE",
    Kind.DOUBLE: "DOUBLE",
    Kind.TEXT: "VARCHAR",
    Kind.DATE: "TIMESTAMP",
    Kind.TIME: Refusal("it has no time of day", "compare hours and minutes"),
    Kind.TIMESTAMP: "TIMESTAMP",
    Kind.TIMESTAMPTZ: "TIMESTAMP",
    Kind.INTERVAL: "DOUBLE",
    Kind.JSON: Refusal("it casts nothing to JSON", "read JSON columns by their paths"),
    Kind.ARRAY: Refusal("it casts nothing to an array", "test the elements one by one"),
}
