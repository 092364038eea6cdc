"""Constants and refused casts, said once for the warehouses, which have neither intervals nor a comparable time of day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from kpictl.dialects.dialect import Refusal
from kpictl.dialects.elapsed import NO_MONTHS
from kpictl.dialects.printer import Printer
from kpictl.dialects.standard import plain_number
from kpictl.dialects.templates import Piece
from kpictl.ir.scalars import Call, Cast, Interval, Lit
from kpictl.model.types import Kind
from kpictl.records import dataclass

_NO_TIME = Refusal("a time of day is not compared alike everywhere")


@dataclass(frozen=True, slots=True, kw_only=True)
class Constants:
    """How a target writes the constants of each kind; called as `Dialect.literal` is."""

    text: Callable[[str], Piece]
    instant: Callable[[datetime], Piece]
    day: Callable[[date], Piece]
    double: str
    """Its type of doubles."""
    booleans: tuple[str, str] = ("FALSE", "TRUE")
    decimal: Callable[[Decimal], str] = "{:f}".format

    def __call__(self, printer: Printer, lit: Lit) -> Piece:
        """The constant; NULL has its type where that is known."""
        value = lit.value
        match value:
            case None:
                known = lit.type.kind not in (Kind.NULL, Kind.UNKNOWN)
                return Piece(f"CAST(NULL AS {printer.type_name(lit.type)})" if known else "NULL")
            case bool():
                return Piece(self.booleans[value])
            case int():
                return plain_number(str(value))
            case Decimal():
                return plain_number(self.decimal(value))
            case float():
                return Piece(f"CAST({value!r} AS {self.double})")
            case str():
                return self.text(value)
            case datetime():
                return self.instant(value)
            case date():
                return self.day(value)
            case Interval(months=0, days=days, micros=micros):
                return Piece(f"CAST({days * 86400 + micros / 1e6!r} AS {self.double})")
            case Interval():
                return printer.refuse_function(Call("make_interval", (lit,)), NO_MONTHS)
            case _:
                return printer.refuse_function(Call("time", (lit,)), _NO_TIME)


def refuse_cast(printer: Printer, cast: Cast, reason: str, instead: str) -> Piece:
    """Refuses a cast at its place."""
    name = "try_cast" if cast.safe else "cast"
    return printer.refuse_function(Call(name, (cast.arg,), place=cast.place), Refusal(reason, instead))
