"""WIDTH_BUCKET for engines that have none, or whose own computes with doubles: the bounds of its buckets, one by one."""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from fractions import Fraction

from kpictl.dialects.dialect import Refusal
from kpictl.dialects.printer import Printer
from kpictl.dialects.templates import Piece
from kpictl.ir.scalars import Agg, Call, Case, Lit, Scalar
from kpictl.kinds.build import call, lit
from kpictl.model.types import INTEGER, Kind

_MOST = 100
_NEEDS = Refusal("its bounds and their number, at most 100, must be constants", "write the bounds as CASE")
_DIGITS = 18


def width_bucket(printer: Printer, made: Call | Agg) -> Piece:
    """Buckets between constants; others are refused."""
    return by_bounds(printer, made) or printer.refuse_function(made, _NEEDS)


def by_bounds(printer: Printer, made: Call | Agg) -> Piece | None:
    """Compares with each bound, so that a value on one falls where its decimal digits say; None where they are not known."""
    x, *rest = made.args
    low, high, n = (_constant(a) for a in rest)
    if low is None or high is None or n is None or low == high or not 0 < n <= _MOST or n.denominator > 1:
        return None
    rises = low < high
    arms: list[tuple[Scalar, Scalar]] = [(call("lt" if rises else "gt", x, _bound(low, x, rises)), lit(0))]
    for at in range(1, int(n) + 1):
        bound = _bound(low + (high - low) * at / n, x, rises)
        arms.append((call("lt" if rises else "gt", x, bound), lit(at)))
    arms.append((call("not", call("is_null", x)), lit(int(n) + 1)))
    return printer.scalar(Case(tuple(arms), None, INTEGER))


def _constant(x: Scalar) -> Fraction | None:
    value = x.value if isinstance(x, Lit) else None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return Fraction(Decimal(repr(value)) if isinstance(value, float) else value)


def _bound(exact: Fraction, x: Scalar, rises: bool) -> Lit:
    """The nearest constant of the value's type that tells apart the same values as the exact bound does."""
    if x.type.kind is not Kind.DOUBLE:
        with localcontext() as context:
            context.prec = 60
            rounding = ROUND_CEILING if rises else ROUND_FLOOR
            quotient = Decimal(exact.numerator) / Decimal(exact.denominator)
            return lit(quotient.quantize(Decimal(1).scaleb(-_DIGITS), rounding).normalize())
    near = exact.numerator / exact.denominator
    while (Fraction(Decimal(repr(near))) < exact) if rises else (Fraction(Decimal(repr(near))) > exact):
        near = math.nextafter(near, math.inf if rises else -math.inf)
    return lit(near)
