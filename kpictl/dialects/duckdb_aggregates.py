"""DuckDB: aggregates, exact sums and means among them, and window functions."""

from __future__ import annotations

from collections.abc import Callable

from kpictl.dialects import duckdb_numbers as numbers
from kpictl.dialects.marks import FILTER_MARK, OVER_MARK
from kpictl.dialects.printer import Printer
from kpictl.dialects.standard import finite
from kpictl.dialects.templates import Piece
from kpictl.ir.scalars import Agg, Call
from kpictl.model.types import Kind


def total(printer: Printer, call: Call | Agg) -> Piece:
    (x,) = printer.aggregate_arguments(call)  # type: ignore[arg-type]
    return Piece(f"fsum({x.text})" if call.args[0].type.kind is Kind.DOUBLE else f"sum({x.text})")


def mean(printer: Printer, call: Call | Agg) -> Piece:
    (x,) = printer.aggregate_arguments(call)  # type: ignore[arg-type]
    return Piece(f"favg({x.text})" if call.args[0].type.kind is Kind.DOUBLE else f"avg({x.text})")


def doubles(name: str, *, finite_only: bool = False) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        distinct = "DISTINCT " if isinstance(call, Agg) and call.distinct else ""
        text = f"{name}({distinct}{', '.join(numbers.as_double(printer, a) for a in call.args)})"
        # The mark keeps a FILTER on the aggregate inside the guard.
        return finite(Piece(text + FILTER_MARK + OVER_MARK), "DOUBLE") if finite_only else Piece(text)

    return rendering


def percentile_cont(printer: Printer, call: Call | Agg) -> Piece:
    return Piece(f"quantile_cont({numbers.as_double(printer, call.args[0])}, {printer.text(call.args[1])})")


def string_agg(printer: Printer, call: Call | Agg) -> Piece:
    assert isinstance(call, Agg)
    x, separator = (printer.text(a) for a in call.args)
    order = ", ".join(printer.sort_key(k) for k in call.order_by)
    return Piece(
        f"string_agg({'DISTINCT ' if call.distinct else ''}{x}, {separator}{' ORDER BY ' + order if order else ''})"
    )


def most_frequent(printer: Printer, call: Call | Agg) -> Piece:
    # DuckDB's own mode picks any of several most frequent values; a histogram's keys are in ascending order.
    counts = f"histogram({printer.text(call.args[0])}){FILTER_MARK}{OVER_MARK}"
    return Piece(f"map_keys({counts})[list_position(map_values({counts}), list_max(map_values({counts})))]")
