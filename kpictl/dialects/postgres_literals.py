"""PostgreSQL: constants and casts."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

from kpictl.dialects.marks import NEWLINE_MARK
from kpictl.dialects.printer import Printer
from kpictl.dialects.standard import frame_interval, plain_number, seconds_text
from kpictl.dialects.templates import COMPARISON, SUM, Piece
from kpictl.ir.scalars import Call, Cast, Interval, Lit
from kpictl.model.types import Kind, Type


def percent(text: str) -> str:
    # psycopg reads % as the mark of a parameter.
    return text.replace("%", "%%")


def literal(printer: Printer, lit: Lit) -> Piece:
    value = lit.value
    match value:
        case None:
            known = lit.type.kind not in (Kind.NULL, Kind.UNKNOWN)
            return Piece(f"CAST(NULL AS {printer.type_name(lit.type)})" if known else "NULL")
        case bool():
            return Piece("TRUE" if value else "FALSE")
        case int():
            return plain_number(str(value))
        case Decimal():
            return plain_number(f"{value:f}")
        case float():
            return Piece(f"CAST({value!r} AS double precision)")
        case str():
            return Piece(quoted(value))
        case datetime():
            word = "timestamp" if value.tzinfo is None else "timestamptz"
            return Piece(f"{word} '{seconds_text(value)}'", COMPARISON)
        case date():
            return Piece(f"date '{value.isoformat()}'", COMPARISON)
        case time():
            return Piece(f"time '{value.isoformat()}'", COMPARISON)
        case Interval():
            return frame_interval(value)


def quoted(value: str) -> str:
    # E'' strings mean the same whatever standard_conforming_strings says.
    quoted = percent(value).replace("'", "''").replace("\n", NEWLINE_MARK)
    return "E'" + quoted.replace("\\", "\\\\") + "'" if "\\" in value else f"'{quoted}'"


def cast(printer: Printer, cast: Cast) -> Piece:
    source, goal = cast.arg.type.kind, cast.type.kind
    text = printer.text(cast.arg)
    if source is Kind.DOUBLE and goal is Kind.INTEGER:
        return Piece(f"CAST(round(CAST(CAST({text} AS text) AS numeric)) AS bigint)")
    if source is Kind.DOUBLE and goal is Kind.DECIMAL:
        return Piece(f"CAST(CAST({text} AS text) AS {printer.type_name(cast.type, cast.place)})")
    if source is Kind.TIMESTAMPTZ and goal is Kind.TEXT:
        from kpictl.dialects.dialect import Refusal

        return printer.refuse_function(
            Call("cast", (cast.arg,), place=cast.place),
            Refusal("the text of an instant depends on the session", "use to_char(t AT TIME ZONE '...', '...')"),
        )
    if source is Kind.DATE and goal is Kind.TEXT:
        return Piece(f"to_char({text}, 'YYYY-MM-DD')")
    if source is Kind.TIMESTAMP and goal is Kind.TEXT:
        return Piece(f"rtrim(rtrim(to_char({text}, 'YYYY-MM-DD HH24:MI:SS.US'), '0'), '.')")
    if source is Kind.INTEGER and goal is Kind.BOOLEAN:
        return Piece(f"{printer.scalar(cast.arg).within(SUM)} <> 0", COMPARISON)
    if source is Kind.BOOLEAN and goal is Kind.INTEGER:
        return Piece(f"CAST({text} AS integer)")
    if cast.safe:
        from kpictl.dialects.dialect import Refusal

        return printer.refuse_function(
            Call("try_cast", (cast.arg,), place=cast.place),
            Refusal("it has no cast that answers NULL", "test the text with a regular expression first"),
        )
    return Piece(f"CAST({text} AS {printer.type_name(cast.type, cast.place)})")


def numeric(type: Type) -> str:
    return f"numeric({type.precision}, {type.scale or 0})" if type.precision is not None else "numeric"
