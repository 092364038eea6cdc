"""Whole numbers that an engine would compute in the bits of their columns: all but small constants are widened first."""

from __future__ import annotations

from collections.abc import Callable

from kpictl.dialects.printer import Printer
from kpictl.dialects.templates import ATOM, PRODUCT, Piece
from kpictl.ir.scalars import Agg, Call, Lit, Scalar
from kpictl.model.types import Kind

Widened = Callable[[Scalar, Piece], Piece]
"""A whole number in a type that holds what is computed of it."""


def is_computed(scalar: Scalar) -> bool:
    """Whether it is made of whole numbers of which one was widened already."""
    is_sum = isinstance(scalar, Call) and scalar.fn in ("add", "sub", "mul", "neg", "abs")
    return is_sum and not all(is_small(a) for a in scalar.args)  # type: ignore[union-attr]


def operands(printer: Printer, call: Call | Agg, widened: Widened) -> tuple[Piece, Piece]:
    """Both sides of an operator; of two whole numbers one is widened, which widens what is computed."""
    a, b = call.args
    left, right = printer.scalar(a), printer.scalar(b)
    if not a.type.kind is b.type.kind is Kind.INTEGER or (is_small(a) and is_small(b)):
        return left, right
    return (left, widened(b, right)) if isinstance(a, Lit) and not isinstance(b, Lit) else (widened(a, left), right)


def negated(word: str, widened: Widened) -> Callable[[Printer, Call | Agg], Piece]:
    """Minus or a function of a number. The least integer of a width has no opposite in it."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        (x,) = call.args
        piece = printer.scalar(x)
        if x.type.kind is Kind.INTEGER and not (is_small(x) or (isinstance(x, Lit) and word == "-")):
            piece = widened(x, piece)
        return Piece(f"-{piece.within(ATOM)}", PRODUCT) if word == "-" else Piece(f"{word}({piece.text})")

    return rendering


def is_small(scalar: Scalar) -> bool:
    """Constants whose sum or product fits into 32 bits."""
    return isinstance(scalar, Lit) and isinstance(scalar.value, int) and abs(scalar.value) < 1 << 15
