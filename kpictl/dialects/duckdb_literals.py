"""DuckDB: constants and casts."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

from kpictl.dialects.dialect import Refusal
from kpictl.dialects.marks import NEWLINE_MARK
from kpictl.dialects.printer import Printer
from kpictl.dialects.standard import (
    finite,
    frame_interval,
    plain_number,
    seconds_text,
)
from kpictl.dialects.templates import COMPARISON, Piece
from kpictl.ir.scalars import Call, Cast, Interval, Lit
from kpictl.model.types import Kind, Type


def literal(printer: Printer, lit: Lit) -> Piece:
    value = lit.value
    match value:
        case None:
            return Piece(
                "NULL" if lit.type.kind in (Kind.NULL, Kind.UNKNOWN) else f"CAST(NULL AS {printer.type_name(lit.type)})"
            )
        case bool():
            return Piece("TRUE" if value else "FALSE")
        case int():
            return plain_number(str(value))
        case Decimal():
            return plain_number(f"{value:f}")
        case float():
            return plain_number(repr(value) if "e" in repr(value) else f"{value!r}e0")
        case str():
            return Piece("'" + value.replace("'", "''").replace("\n", NEWLINE_MARK) + "'")
        case datetime():
            word = "TIMESTAMP" if value.tzinfo is None else "TIMESTAMPTZ"
            return Piece(f"{word} '{seconds_text(value)}'", COMPARISON)
        case date():
            return Piece(f"DATE '{value.isoformat()}'", COMPARISON)
        case time():
            return Piece(f"TIME '{value.isoformat()}'", COMPARISON)
        case Interval():
            return frame_interval(value)


def cast(printer: Printer, cast: Cast) -> Piece:
    source, goal = cast.arg.type.kind, cast.type.kind
    piece = printer.scalar(cast.arg)
    word = "TRY_CAST" if cast.safe else "CAST"
    if source is Kind.DOUBLE and goal is Kind.INTEGER:
        exact = f"CAST(CAST({piece.text} AS VARCHAR) AS DECIMAL(38, 18))"
        return Piece(f"{word}(round({exact}) AS BIGINT)")
    if source is Kind.DECIMAL and goal is Kind.INTEGER:
        return Piece(f"{word}(round({piece.text}) AS BIGINT)")
    if source is Kind.TEXT and goal is Kind.INTEGER:
        # DuckDB takes 1.5, 1e3, 1_000 and 0x10 for integers, too, and rounds.
        return Piece(f"{word}(translate({piece.text}, '.eE_xXbB', '????????') AS BIGINT)")
    if source is Kind.DOUBLE and goal is Kind.DECIMAL:
        exact = f"CAST({piece.text} AS VARCHAR)"
        return Piece(f"{word}({exact} AS {printer.type_name(cast.type, cast.place)})")
    if source is Kind.DOUBLE and goal is Kind.TEXT:
        # DuckDB writes whole numbers of 16 digits out; the contract has an exponent from 1e+15 on.
        plain = f"regexp_replace(CAST({piece.text} AS VARCHAR), '[.]0$', '')"
        scientific = f"regexp_replace({plain}, '^(-?[0-9])([0-9]{{15}})[.]?([0-9]*)$', '\\1.\\2\\3e+15')"
        return Piece(f"regexp_replace({scientific}, '[.]?0*e[+]15$', 'e+15')")
    if source is Kind.TEXT and goal is Kind.DOUBLE:
        return finite(Piece(f"{word}({piece.text} AS DOUBLE)"), "DOUBLE")
    if source is Kind.BOOLEAN and goal is Kind.TEXT:
        return Piece(f"CASE {piece.text} WHEN TRUE THEN 'true' WHEN FALSE THEN 'false' END")
    if source is Kind.TIMESTAMPTZ and goal is Kind.TEXT:
        return printer.refuse_function(
            Call("cast", (cast.arg,), place=cast.place),
            Refusal("the text of an instant depends on the session", "use to_char(t AT TIME ZONE '...', '...')"),
        )
    if goal is Kind.DECIMAL and cast.type.precision is None and source is Kind.DECIMAL:
        return piece
    return Piece(f"{word}({piece.text} AS {printer.type_name(cast.type, cast.place)})")


def decimal(type: Type) -> str:
    return f"DECIMAL({type.precision}, {type.scale or 0})" if type.precision is not None else "DECIMAL(38, 10)"
