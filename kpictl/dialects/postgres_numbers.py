"""PostgreSQL: arithmetic that neither overflows, nor cuts quotients, nor raises where the contract says NULL."""

from __future__ import annotations

from collections.abc import Callable

from kpictl.dialects import widening
from kpictl.dialects.printer import Printer
from kpictl.dialects.standard import double, literal_int
from kpictl.dialects.templates import PRODUCT, Piece
from kpictl.ir.scalars import Agg, Call, Lit, Scalar
from kpictl.model.types import Kind


def arithmetic(symbol: str, binds: int) -> Callable[[Printer, Call | Agg], Piece]:
    """Integers are computed as numeric, which never overflows."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        left, right = widening.operands(printer, call, _widened)
        return Piece(f"{left.within(binds)} {symbol} {right.within(binds + 1)}", binds)

    return rendering


def _widened(scalar: Scalar, piece: Piece) -> Piece:
    return piece if widening.is_computed(scalar) else Piece(f"CAST({piece.text} AS numeric)")


def negated(word: str) -> Callable[[Printer, Call | Agg], Piece]:
    return widening.negated(word, _widened)


def real_divide(printer: Printer, call: Call | Agg) -> Piece:
    a, b = call.args
    if isinstance(b, Lit) and b.value not in (None, 0):
        return Piece(f"{double(printer, a)} / {double(printer, b)}", PRODUCT)
    return Piece(f"{double(printer, a)} / nullif({double(printer, b)}, 0)", PRODUCT)


def int_divide(printer: Printer, call: Call | Agg) -> Piece:
    a, b = (_exact(printer, x) for x in call.args)
    return Piece(f"div({a}, nullif({b}, 0))")


def _exact(printer: Printer, scalar: Scalar) -> str:
    """A number as numeric: a double in its shortest form."""
    text = printer.text(scalar)
    return f"CAST({f'CAST({text} AS text)' if scalar.type.kind is Kind.DOUBLE else text} AS numeric)"


def modulo(printer: Printer, call: Call | Agg) -> Piece:
    a, b = (printer.text(x) for x in call.args)
    if any(x.type.kind is Kind.DOUBLE for x in call.args):
        exact = f"mod(CAST(CAST({a} AS text) AS numeric), nullif(CAST(CAST({b} AS text) AS numeric), 0))"
        return Piece(f"CAST({exact} AS double precision)")
    return Piece(f"mod({a}, nullif({b}, 0))")


def rounding(name: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x, digits = call.args[0], literal_int(call.args[1]) if len(call.args) > 1 else 0
        text = printer.text(x)
        if x.type.kind is Kind.INTEGER:
            return Piece(f"{name}(CAST({text} AS numeric), {digits})") if digits < 0 else printer.scalar(x)
        rest = f", {digits}" if digits else ""
        if x.type.kind is Kind.DOUBLE:
            # The text of a double is its shortest form; round(double) itself goes half to even.
            return Piece(f"CAST({name}(CAST(CAST({text} AS text) AS numeric){rest}) AS double precision)")
        return Piece(f"{name}({text}{rest})")

    return rendering


def whole(name: str) -> Callable[[Printer, Call | Agg], Piece]:
    """Of an integer it would be a double, which holds 53 bits of it."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        piece = printer.scalar(call.args[0])
        return piece if call.args[0].type.kind is Kind.INTEGER else Piece(f"{name}({piece.text})")

    return rendering


def guarded(name: str, condition: str) -> Callable[[Printer, Call | Agg], Piece]:
    """PostgreSQL raises outside a function's domain; the contract says NULL."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x = double(printer, call.args[0])
        return Piece(f"{name}(CASE WHEN {condition.format(x)} THEN {x} END)")

    return rendering


def exp(printer: Printer, call: Call | Agg) -> Piece:
    """PostgreSQL raises where the result is too large, and where it is too small, too."""
    x = double(printer, call.args[0])
    return Piece(f"CASE WHEN {x} < -745 THEN 0 WHEN {x} <= 709.782712893384 THEN exp({x}) END")


def integers(name: str, first: int) -> Callable[[Printer, Call | Agg], Piece]:
    """A function whose counts are `integer`; wider ones find no function of that name."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        args = [printer.text(a) for a in call.args]
        for at in range(first, len(args)):
            arg = call.args[at]
            if arg.type.kind is not Kind.TEXT and not (isinstance(arg, Lit) and arg.value is not None):
                args[at] = f"CAST({args[at]} AS integer)"
        return Piece(f"{name}({', '.join(args)})")

    return rendering


def power(printer: Printer, call: Call | Agg) -> Piece:
    a, b = (double(printer, x) for x in call.args)
    defined = f"({a} > 0 OR {a} = 0 AND {b} >= 0 OR {a} < 0 AND {b} = floor({b}))"
    size = f"{b} * ln(nullif(abs({a}), 0))"
    return Piece(
        f"CASE WHEN NOT {defined} OR {size} > 709.78 THEN NULL WHEN {size} < -745 THEN 0 ELSE power({a}, {b}) END"
    )


def log(printer: Printer, call: Call | Agg) -> Piece:
    base, x = (double(printer, a) for a in call.args)
    lower = f"nullif(ln(CASE WHEN {base} > 0 THEN {base} END), 0)"
    return Piece(f"ln(CASE WHEN {x} > 0 THEN {x} END) / {lower}", PRODUCT)
