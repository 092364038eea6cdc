"""DuckDB: arithmetic that neither overflows, nor loses digits, nor raises where the contract says NULL."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from kpictl.dialects import duckdb_literals as literals
from kpictl.dialects import widening
from kpictl.dialects.buckets import by_bounds
from kpictl.dialects.dialect import Refusal
from kpictl.dialects.printer import Printer
from kpictl.dialects.standard import literal_int
from kpictl.dialects.templates import PRODUCT, Piece
from kpictl.ir.scalars import Agg, Call, Lit, Scalar
from kpictl.model.types import DOUBLE, Kind


def _exact_operands(printer: Printer, call: Call | Agg) -> tuple[Piece, Piece]:
    """Two operands; integers are widened to 128 bits, since DuckDB's own products and sums of 32 bits overflow."""
    a, b = call.args
    kinds = (a.type.kind, b.type.kind)
    left, right = widening.operands(printer, call, _widened)
    if kinds == (Kind.DECIMAL, Kind.DECIMAL):
        left, right = _wide_decimals(call, left, right)
    elif kinds == (Kind.INTEGER, Kind.DECIMAL) and not isinstance(a, Lit):
        left = Piece(f"CAST({left.text} AS BIGINT)")
    elif kinds == (Kind.DECIMAL, Kind.INTEGER) and not isinstance(b, Lit):
        right = Piece(f"CAST({right.text} AS BIGINT)")
    return left, right


def _widened(scalar: Scalar, piece: Piece) -> Piece:
    return piece if _is_wide(scalar) else Piece(f"CAST({piece.text} AS HUGEINT)")


def _is_wide(scalar: Scalar) -> bool:
    """Whether DuckDB computes it in more bits than a column's: its counts have 64, its sums 128; `max` those of its column."""
    if isinstance(scalar, Agg):
        return scalar.fn in ("sum", "count", "count_rows")
    return widening.is_computed(scalar)


def _wide_decimals(call: Call | Agg, left: Piece, right: Piece) -> tuple[Piece, Piece]:
    """DuckDB computes two decimals of 64 bits in 64 bits and overflows; one of them is widened where that may happen."""
    a, b = (_digits(x) for x in call.args)
    if a is None or b is None or max(a[0], b[0]) > 18:
        return left, right
    whole = max(a[0] - a[1], b[0] - b[1]) + max(a[1], b[1]) + 1
    if (a[0] + b[0] if call.fn == "mul" else whole) <= 18:
        return left, right
    return Piece(f"CAST({left.text} AS DECIMAL(38, {a[1]}))"), right


def _digits(scalar: Scalar) -> tuple[int, int] | None:
    """Precision and scale, where they are known."""
    if isinstance(scalar, Lit) and isinstance(scalar.value, Decimal):
        _, digits, exponent = scalar.value.as_tuple()
        scale = max(-int(exponent), 0)
        return max(len(digits), scale), scale
    kind = scalar.type
    return None if kind.precision is None else (kind.precision, kind.scale or 0)


def arithmetic(symbol: str, binds: int) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        left, right = _exact_operands(printer, call)
        return Piece(f"{left.within(binds)} {symbol} {right.within(binds + 1)}", binds)

    return rendering


def as_double(printer: Printer, scalar: Scalar) -> str:
    piece = printer.scalar(scalar)
    if isinstance(scalar, Lit) and scalar.value is not None:
        return literals.literal(printer, Lit(float(scalar.value), DOUBLE)).text  # type: ignore[arg-type]
    return piece.within(PRODUCT) if scalar.type.kind is Kind.DOUBLE else f"CAST({piece.text} AS DOUBLE)"


def real_divide(printer: Printer, call: Call | Agg) -> Piece:
    a, b = call.args
    if isinstance(b, Lit) and b.value not in (None, 0):
        return Piece(f"{as_double(printer, a)} / {as_double(printer, b)}", PRODUCT)
    return Piece(f"{as_double(printer, a)} / nullif({as_double(printer, b)}, 0)", PRODUCT)


def int_divide(printer: Printer, call: Call | Agg) -> Piece:
    a, b = (printer.scalar(x) for x in call.args)
    if all(x.type.kind is Kind.INTEGER for x in call.args):
        # The least integer divided by -1 has no place in its own width.
        a = a if widening.is_small(call.args[0]) else _widened(call.args[0], a)
        return Piece(f"{a.within(PRODUCT)} // nullif({b.text}, 0)", PRODUCT)
    a, b = (Piece(exact(printer, x)) for x in call.args)
    # The quotient of two decimals would be a double.
    return Piece(f"CAST(({a.text} - {a.text} % nullif({b.text}, 0)) / nullif({b.text}, 0) AS HUGEINT)")


def exact(printer: Printer, scalar: Scalar) -> str:
    """A number as decimal: a double in its shortest form."""
    piece = printer.scalar(scalar)
    if scalar.type.kind is Kind.DOUBLE:
        return f"CAST(CAST({piece.text} AS VARCHAR) AS DECIMAL(38, 18))"
    return piece.within(PRODUCT)


def modulo(printer: Printer, call: Call | Agg) -> Piece:
    a, b = call.args
    if Kind.DOUBLE in (a.type.kind, b.type.kind):
        return Piece(f"CAST({exact(printer, a)} % nullif({exact(printer, b)}, 0) AS DOUBLE)")
    return Piece(f"{printer.scalar(a).within(PRODUCT)} % nullif({printer.text(b)}, 0)", PRODUCT)


def rounded(printer: Printer, call: Call | Agg) -> Piece:
    x, digits = call.args[0], literal_int(call.args[1]) if len(call.args) > 1 else 0
    piece = printer.scalar(x)
    if x.type.kind is Kind.INTEGER and digits >= 0:
        return piece
    if x.type.kind is Kind.INTEGER:
        return Piece(f"round({_widened(x, piece).text}, {digits})")
    if x.type.kind is Kind.DECIMAL:
        return Piece(f"round({piece.text}, {digits})" if digits else f"round({piece.text})")
    # The shortest decimal form decides which side of a half a double is on: round(1.005, 2) is 1.01.
    exact = f"CAST(CAST({piece.text} AS VARCHAR) AS DECIMAL(38, 18))"
    return Piece(
        f"CASE WHEN abs({piece.text}) < 1e19 THEN CAST(round({exact}, {digits}) AS DOUBLE) ELSE {piece.text} END"
    )


def whole(name: str) -> Callable[[Printer, Call | Agg], Piece]:
    """Of an integer it would be a double, which holds 53 bits of it."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        piece = printer.scalar(call.args[0])
        return piece if call.args[0].type.kind is Kind.INTEGER else Piece(f"{name}({piece.text})")

    return rendering


def truncated(printer: Printer, call: Call | Agg) -> Piece:
    x, digits = call.args[0], literal_int(call.args[1]) if len(call.args) > 1 else 0
    piece = printer.scalar(x)
    if x.type.kind is Kind.DOUBLE and digits:
        exact = f"CAST(CAST({piece.text} AS VARCHAR) AS DECIMAL(38, 18))"
        return Piece(
            f"CASE WHEN abs({piece.text}) < 1e19 THEN CAST(trunc({exact}, {digits}) AS DOUBLE) ELSE {piece.text} END"
        )
    return Piece(f"trunc({piece.text}, {digits})" if digits else f"trunc({piece.text})")


def width_bucket(printer: Printer, call: Call | Agg) -> Piece:
    """By the bounds where they are constants; whole numbers else, which are divided exactly."""
    if known := by_bounds(printer, call):
        return known
    if any(a.type.kind is not Kind.INTEGER for a in call.args):
        return printer.refuse_function(call, Refusal("quotients of decimals are doubles", "give constant bounds"))
    x, low, high, n = (f"CAST({printer.text(a)} AS HUGEINT)" for a in call.args)

    def bucket(less: str, over: str, distance: str, width: str) -> str:
        inside = f"({distance}) * {n} // ({width}) + 1"
        return f"CASE WHEN {x} {less} {low} THEN 0 WHEN {x} {over} {high} THEN {n} + 1 ELSE {inside} END"

    up = bucket("<", ">=", f"{x} - {low}", f"{high} - {low}")
    down = bucket(">", "<=", f"{low} - {x}", f"{low} - {high}")
    wrong = "CAST(error('width_bucket needs buckets and different bounds') AS BIGINT)"
    return Piece(
        f"CASE WHEN {n} <= 0 OR {low} = {high} THEN {wrong} WHEN {low} < {high} THEN {up}"
        f" WHEN {low} > {high} THEN {down} END"
    )


def negated(word: str) -> Callable[[Printer, Call | Agg], Piece]:
    return widening.negated(word, _widened)
