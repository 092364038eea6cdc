"""PostgreSQL: aggregates."""

from __future__ import annotations

from collections.abc import Callable

from kpictl.dialects import postgres_texts as texts
from kpictl.dialects.marks import FILTER_MARK, OVER_MARK
from kpictl.dialects.printer import Printer
from kpictl.dialects.standard import aggregate
from kpictl.dialects.standard import double as as_double
from kpictl.dialects.templates import Piece
from kpictl.ir.scalars import Agg, Call
from kpictl.model.types import Kind


def extreme(name: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x = call.args[0]
        text = texts.collated(printer, x) if x.type.kind is Kind.TEXT else printer.text(x)
        return Piece(f"{name}({text})")

    return rendering


def mean(printer: Printer, call: Call | Agg) -> Piece:
    assert isinstance(call, Agg)
    (x,) = printer.aggregate_arguments(call)
    if call.args[0].type.kind is Kind.DOUBLE:
        return Piece(f"avg({x.text})")
    return Piece(f"CAST(avg({x.text}){FILTER_MARK}{OVER_MARK} AS double precision)")


def doubles(name: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        distinct = "DISTINCT " if isinstance(call, Agg) and call.distinct else ""
        return Piece(f"{name}({distinct}{', '.join(as_double(printer, a) for a in call.args)})")

    return rendering


def within_group(name: str, *, double: bool) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x, *p = call.args
        by = as_double(printer, x) if double else texts.collated(printer, x)
        share = f"CAST({printer.text(p[0])} AS double precision)" if p else ""
        return Piece(f"{name}({share}) WITHIN GROUP (ORDER BY {by})")

    return rendering


def string_agg(printer: Printer, call: Call | Agg) -> Piece:
    assert isinstance(call, Agg)
    x, separator = (printer.text(a) for a in call.args)
    order = ", ".join(printer.sort_key(k) for k in call.order_by)
    if call.distinct:
        # With DISTINCT the order must be by the very expression that is aggregated.
        x = texts.collated(printer, call.args[0])
    return Piece(
        f"string_agg({'DISTINCT ' if call.distinct else ''}{x}, {separator}{' ORDER BY ' + order if order else ''})"
    )


def array_agg(printer: Printer, call: Call | Agg) -> Piece:
    assert isinstance(call, Agg)
    if not call.distinct:
        return aggregate("array_agg")(printer, call)
    # With DISTINCT the order must be by the very expression that is aggregated.
    x, order = texts.collated(printer, call.args[0]), ", ".join(printer.sort_key(k) for k in call.order_by)
    return Piece(f"array_agg(DISTINCT {x}{' ORDER BY ' + order if order else ''})")


def edge(function: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        assert isinstance(call, Agg)
        order = ", ".join(printer.sort_key(k) for k in call.order_by)
        rows = f"array_agg({printer.text(call.args[0])} ORDER BY {order}){FILTER_MARK}"
        return Piece(f"({rows})[1]" if function == "first" else f"({rows})[count(*){FILTER_MARK}]")

    return rendering
