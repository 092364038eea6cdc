"""Renderings in standard SQL: operators, comparisons, AND and OR, lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kpictl.dialects.dialect import Refusal
from kpictl.dialects.templates import AND, COMPARISON, NOT, OR, PRODUCT, SUM, Piece
from kpictl.ir.scalars import Agg, Call, Lit

if TYPE_CHECKING:
    from kpictl.dialects.printer import Printer

COMPARISONS = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


def infix(symbol: str, binds: int) -> Callable[[Printer, Call | Agg], Piece]:
    """A rendering as a left-associative operator."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        first, *rest = (printer.scalar(a) for a in call.args)
        text = first.within(binds) + "".join(f" {symbol} {p.within(binds + 1)}" for p in rest)
        return Piece(text, binds)

    return rendering


def comparison(symbol: str) -> Callable[[Printer, Call | Agg], Piece]:
    """A rendering as a comparison; `a = b = c` is none in any engine, so both sides bind tighter."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        left, right = (printer.scalar(a).within(COMPARISON + 1) for a in call.args)
        return Piece(f"{left} {symbol} {right}", COMPARISON)

    return rendering


def chain(symbol: str, binds: int) -> Callable[[Printer, Call | Agg], Piece]:
    """A rendering of AND and OR over any number of arguments."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        pieces = [printer.scalar(a).within(binds + 1) for a in call.args]
        return Piece(f" {symbol} ".join(pieces), binds) if len(pieces) > 1 else Piece(pieces[0], binds)

    return rendering


def negation(printer: Printer, call: Call | Agg) -> Piece:
    """NOT, in the form that people read: IS NOT NULL, NOT LIKE, NOT IN, <>."""
    (inner,) = call.args
    match inner:
        case Call(fn="is_null", args=(x,)):
            return Piece(f"{printer.scalar(x).within(SUM)} IS NOT NULL", COMPARISON)
        case Call(fn="is_true", args=(x,)):
            return Piece(f"{printer.scalar(x).within(SUM)} IS NOT TRUE", COMPARISON)
        case Call(fn="is_false", args=(x,)):
            return Piece(f"{printer.scalar(x).within(SUM)} IS NOT FALSE", COMPARISON)
        case Call(fn="same", args=(a, b)):
            text = f"{printer.scalar(a).within(SUM)} IS DISTINCT FROM {printer.scalar(b).within(SUM)}"
            return Piece(text, COMPARISON)
    return Piece(f"NOT {printer.scalar(inner).within(COMPARISON)}", NOT)


def listed(printer: Printer, call: Call | Agg) -> Piece:
    """`x IN (a, b, c)`."""
    first, *rest = call.args
    return Piece(f"{printer.scalar(first).within(SUM)} IN ({', '.join(printer.text(r) for r in rest)})", COMPARISON)


def rows_listed(printer: Printer, call: Call | Agg) -> Piece:
    """`(a, b) IN ((1, 2), ..)` as equalities, so that NULLs follow the three-valued rule on every engine."""
    arity = call.args[0]
    assert isinstance(arity, Lit)
    assert isinstance(arity.value, int)
    n, values = arity.value, call.args[1:]
    left = values[:n]
    rows = [values[i : i + n] for i in range(n, len(values), n)]
    either = Call("or", tuple(Call("and", tuple(Call("eq", p) for p in zip(left, r, strict=True))) for r in rows))
    return printer.scalar(either)


COMMON: dict[str, str | Callable[[Printer, Call | Agg], Piece] | Refusal] = {
    **{name: comparison(symbol) for name, symbol in COMPARISONS.items()},
    "and": chain("AND", AND),
    "or": chain("OR", OR),
    "not": negation,
    "same": "{0} IS NOT DISTINCT FROM {1}",
    "is_null": "{0} IS NULL",
    "is_true": "{0} IS TRUE",
    "is_false": "{0} IS FALSE",
    "in_list": listed,
    "in_rows": rows_listed,
    "concat_op": infix("||", SUM),
    "sub": infix("-", SUM),
    "add": infix("+", SUM),
    "mul": infix("*", PRODUCT),
    "neg": "-{0}",
}
"""Renderings in standard SQL, for every target that keeps to it."""
