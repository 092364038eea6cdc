"""How Druid aggregates.

Sums are doubles, for a BIGINT sum wraps; texts and truth values have no MIN and MAX. Source: Druid 33 manual, "SQL
aggregation functions"; answers of Druid 33 itself.
"""

from __future__ import annotations

from collections.abc import Callable

from kpictl.dialects.dialect import Refusal
from kpictl.dialects.druid_casts import as_text
from kpictl.dialects.druid_sizes import SCALES, double, scale, unrounded
from kpictl.dialects.marks import FILTER_MARK, OVER_MARK
from kpictl.dialects.printer import Printer
from kpictl.dialects.templates import COMPARISON, SUM, Piece
from kpictl.ir.scalars import Agg, Call
from kpictl.model.types import Kind


def total(printer: Printer, call: Call | Agg) -> Piece:
    """As doubles: a BIGINT sum wraps, and one of `CASE .. ELSE 0` is NULL or 0 by accident."""
    assert isinstance(call, Agg)
    x = call.args[0]
    raw = unrounded(printer, x).text
    distinct = "DISTINCT " if call.distinct else ""
    summed = f"SUM({distinct}{raw if x.type.kind in (Kind.DOUBLE, Kind.INTERVAL) else f'CAST({raw} AS DOUBLE)'})"
    if x.type.kind is Kind.DECIMAL and (digits := scale(x)) is not None and digits <= SCALES:
        return Piece(f"ROUND({summed}{FILTER_MARK}{OVER_MARK}, {digits})")
    return Piece(summed)


def average(printer: Printer, call: Call | Agg) -> Piece:
    assert isinstance(call, Agg)
    return Piece(f"AVG({'DISTINCT ' if call.distinct else ''}{double(printer, call.args[0])})")


def extreme(name: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        assert isinstance(call, Agg)
        kind = call.args[0].type.kind
        if kind in (Kind.TEXT, Kind.BOOLEAN, Kind.JSON, Kind.ARRAY):
            what = Refusal(f"it compares no {call.args[0].type} in an aggregate", "use bool_or, or a window without it")
            return printer.refuse_function(call, what)
        return Piece(f"{name}({printer.text(call.args[0])})")

    return rendering


def count(printer: Printer, call: Call | Agg) -> Piece:
    assert isinstance(call, Agg)
    distinct = "DISTINCT " if call.distinct else ""
    if len(call.args) == 1:
        return Piece(f"COUNT({distinct}{printer.text(call.args[0])})")
    given = " AND ".join(f"{printer.scalar(a).within(SUM)} IS NOT NULL" for a in call.args)
    texts = [as_text(printer, a) for a in call.args]
    key = ", ".join(part for t in texts for part in (f"CAST(CHAR_LENGTH({t}) AS VARCHAR)", "':'", t))
    return Piece(f"COUNT({distinct}CASE WHEN {given} THEN CONCAT({key}) END)")


def any_value(printer: Printer, call: Call | Agg) -> Piece:
    """Of the one row that a pass has chosen; of an order of its own Druid knows nothing."""
    assert isinstance(call, Agg)
    if call.order_by:
        return printer.refuse_function(call, Refusal("it orders no rows in an aggregate", "use max or a window"))
    return Piece(f"ANY_VALUE({printer.text(call.args[0])}, 1048576)")


def truth(name: str, word: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x = printer.text(call.args[0])
        value = f"{name}(CASE WHEN {x} THEN 1 WHEN NOT ({x}) THEN 0 END){FILTER_MARK}{OVER_MARK}"
        return Piece(f"{value} = 1", COMPARISON)

    return rendering
