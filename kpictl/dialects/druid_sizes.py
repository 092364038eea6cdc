"""How large a number may be and how many digits it has, which decides whether Druid computes it as BIGINT or double.

It has no decimals: they are doubles, and what is exact in decimals is rounded to the scale that its type states. Whole
numbers are BIGINT, which wraps beyond 2^63: sums, products and whatever may reach that are computed as doubles. Source:
Druid 33 manual, "SQL data types" ("DECIMAL uses floating point"); answers of Druid 33 itself.
"""

from __future__ import annotations

from decimal import Decimal

from kpictl.dialects.printer import Printer
from kpictl.dialects.standard import literal_int
from kpictl.dialects.templates import PRODUCT, SUM, Piece
from kpictl.ir.query import Derived, Select, TableRef
from kpictl.ir.scalars import Agg, Call, Case, Cast, Col, Lit, Over, Scalar
from kpictl.model.types import Kind

WIDE = 1 << 62
EXACT = 1 << 53
SCALES = 12
"""Digits after the point to which a double can be rounded and still have some before it."""


def reach(printer: Printer, scalar: Scalar) -> int | None:
    """A bound of a whole number's size when it is a BIGINT; None when it is carried as a double."""
    match scalar:
        case Lit(value=value):
            return abs(value) if isinstance(value, int) and abs(value) < WIDE else None
        case Col():
            return _column_reach(printer, scalar)
        case Over(call=call):
            return None if isinstance(call, Agg) and call.fn == "sum" else reach(printer, call)
        case Agg(fn="sum" | "first_by" | "last_by"):
            return None
        case Agg(fn="min" | "max", args=args):
            return reach(printer, args[0])
        case Agg() | Cast():
            return 1 << 63
        case Case(whens=whens, otherwise=otherwise):
            values = [v for _, v in whens] + ([otherwise] if otherwise is not None else [])
            return _largest(printer, values)
        case Call(fn="coalesce" | "greatest" | "least" | "nullif" | "lag" | "lead" | "abs" | "neg", args=args):
            return _largest(printer, args[:1] if scalar.fn in ("lag", "lead") else args)
        case Call(fn="add" | "sub", args=(a, b)):
            x, y = reach(printer, a), reach(printer, b)
            return None if x is None or y is None or x + y >= WIDE else x + y
        case Call(fn="mul", args=(a, b)):
            x, y = reach(printer, a), reach(printer, b)
            return None if x is None or y is None or x * y >= WIDE else x * y
        case Call(fn="part" | "length" | "strpos" | "date_diff" | "months_between" | "sign" | "array_length"):
            return 1 << 31
        case Call(fn="mod", args=(_, Lit(value=int() as value))):
            return abs(value)
        case Call(fn="int_divide", args=args) if not are_small(printer, args):
            return 1 << 63 if isinstance(args[1], Lit) and args[1].value not in (None, 0, -1) else None
        case Call(fn="int_divide" | "mod"):
            return 1 << 53 if are_small(printer, scalar.args) else 1 << 63
        case Call(fn="row_number" | "rank" | "dense_rank" | "ntile"):
            return EXACT
    return 1 << 63 if isinstance(scalar, Call) and scalar.fn in ("round", "trunc", "ceil", "floor") else None


def are_small(printer: Printer, args: tuple[Scalar, ...]) -> bool:
    return all((reach(printer, a) or WIDE) < WIDE for a in args)


def _largest(printer: Printer, values: list[Scalar] | tuple[Scalar, ...]) -> int | None:
    """NULL has no size."""
    found = [reach(printer, v) for v in values if not (isinstance(v, Lit) and v.value is None)]
    sizes = [size for size in found if size is not None]
    return None if len(sizes) < len(found) else max(sizes, default=0)


def _column_reach(printer: Printer, col: Col) -> int | None:
    """A column of a source is a BIGINT of any size; one of a sub-query is what stands there."""
    relation = printer.tables.get(col.table or "")
    if isinstance(relation, TableRef):
        return 1 << 63
    if isinstance(relation, Derived) and isinstance(relation.query.body, Select):
        for output in relation.query.body.outputs:
            if output.name == col.name and not isinstance(output.value, Col):
                counted = isinstance(output.value, Agg | Over) and output.value.type.kind is Kind.INTEGER
                fn = output.value.call.fn if isinstance(output.value, Over) else getattr(output.value, "fn", "")
                return EXACT if counted and fn in ("count", "count_rows", "row_number", "rank", "dense_rank") else None
    return None


def whole(printer: Printer, scalar: Scalar) -> Piece:
    """A whole number as BIGINT."""
    piece = printer.scalar(scalar)
    return piece if reach(printer, scalar) is not None else Piece(f"CAST({piece.text} AS BIGINT)")


def double(printer: Printer, scalar: Scalar) -> str:
    piece = unrounded(printer, scalar)
    return piece.text if scalar.type.kind is Kind.DOUBLE and piece.binds >= PRODUCT else f"CAST({piece.text} AS DOUBLE)"


def scale(scalar: Scalar) -> int | None:
    """Digits after the point that an exact number has at most; None when nothing says."""
    kind = scalar.type.kind
    if isinstance(scalar, Lit):
        if isinstance(scalar.value, Decimal):
            exponent = scalar.value.normalize().as_tuple().exponent
            return max(-exponent, 0) if isinstance(exponent, int) else None
        return 0 if isinstance(scalar.value, int) or scalar.value is None else None
    if kind is Kind.INTEGER:
        return 0
    if kind is not Kind.DECIMAL:
        return None
    if isinstance(scalar, Call) and scalar.fn in (
        "add",
        "sub",
        "greatest",
        "least",
        "coalesce",
        "nullif",
        "neg",
        "abs",
    ):
        return most_digits(scalar.args)
    if isinstance(scalar, Call) and scalar.fn == "mul":
        a, b = (scale(x) for x in scalar.args)
        return None if a is None or b is None else a + b
    if isinstance(scalar, Call) and scalar.fn in ("round", "trunc") and len(scalar.args) > 1:
        return max(literal_int(scalar.args[1]), 0)
    if isinstance(scalar, Case):
        return most_digits([v for _, v in scalar.whens] + ([scalar.otherwise] if scalar.otherwise is not None else []))
    if isinstance(scalar, Agg) and scalar.fn in ("sum", "min", "max"):
        return scale(scalar.args[0])
    if isinstance(scalar, Over):
        return scale(scalar.call)
    return scalar.type.scale or 0 if scalar.type.precision is not None else None


def most_digits(args: list[Scalar] | tuple[Scalar, ...]) -> int | None:
    scales = [scale(a) for a in args]
    known = [s for s in scales if s is not None]
    return max(known, default=0) if len(known) == len(scales) else None


def rounded(piece: Piece, digits: int | None) -> Piece:
    return piece if digits is None or digits > SCALES else Piece(f"ROUND({piece.text}, {digits})")


def scaled(printer: Printer, scalar: Scalar, digits: int) -> str:
    """An exact number times a power of ten, as a whole one."""
    return f"CAST(ROUND({unrounded(printer, scalar).within(PRODUCT)} * {10**digits}) AS BIGINT)"


SIGNS = {"add": ("+", SUM), "sub": ("-", SUM), "mul": ("*", PRODUCT)}


def unrounded(printer: Printer, scalar: Scalar) -> Piece:
    """Arithmetic without the rounding that its decimals would get where they are looked at."""
    if isinstance(scalar, Call) and scalar.fn in SIGNS and scalar.type.kind is Kind.DECIMAL:
        return operated(printer, scalar)
    return printer.scalar(scalar)


def _is_bigint(scalar: Scalar) -> bool:
    """Whether a whole number is a BIGINT for sure; what is made of constants alone is an INTEGER of 32 bits."""
    if isinstance(scalar, Case):
        return any(_is_bigint(v) for _, v in scalar.whens) or (
            scalar.otherwise is not None and _is_bigint(scalar.otherwise)
        )
    if isinstance(scalar, Call) and scalar.fn in ("add", "sub", "mul", "coalesce", "greatest", "least", "nullif"):
        return any(_is_bigint(a) for a in scalar.args)
    return not isinstance(scalar, Lit)


def operated(printer: Printer, call: Call) -> Piece:
    symbol, binds = SIGNS[call.fn]
    left, right = (unrounded(printer, a) for a in call.args)
    if all(a.type.kind is Kind.INTEGER for a in call.args):
        size = reach(printer, call)
        if size is None:
            left = Piece(f"CAST({left.text} AS DOUBLE)")
        elif size >= 1 << 31 and not any(_is_bigint(a) for a in call.args):
            left = Piece(f"CAST({left.text} AS BIGINT)")
    return Piece(f"{left.within(binds)} {symbol} {right.within(binds + 1)}", binds)
