"""How Druid compares and computes numbers.

Outside of a function's domain it answers NaN or an infinity, and -0.0 is less than 0: both are kept from being seen.
Source: Druid 33 manual, "SQL scalar functions", numeric functions; answers of Druid 33 itself.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from kpictl.dialects.dialect import Refusal
from kpictl.dialects.druid_orders import texts_compared
from kpictl.dialects.druid_sizes import (
    EXACT,
    SCALES,
    SIGNS,
    WIDE,
    are_small,
    double,
    most_digits,
    operated,
    reach,
    rounded,
    scale,
    scaled,
    unrounded,
    whole,
)
from kpictl.dialects.printer import Printer
from kpictl.dialects.standard import literal_int
from kpictl.dialects.templates import AND, ATOM, COMPARISON, OR, PRODUCT, SUM, Piece
from kpictl.ir.scalars import Agg, Call, Lit, Scalar
from kpictl.model.types import Kind

_LEAST = "-4.9E-324"
"""The greatest double below zero."""
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def comparison(symbol: str) -> Callable[[Printer, Call | Agg], Piece]:
    """A comparison; of doubles with zero in a form in which -0.0 is no other and no lesser number, as it is to Druid."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        a, b = call.args
        if Kind.JSON in (a.type.kind, b.type.kind):
            return printer.refuse_function(call, Refusal("it compares no JSON", "compare the text at a path (`->>`)"))
        if symbol in _FLIPPED and Kind.TEXT in (a.type.kind, b.type.kind):
            return Piece(texts_compared(printer, a, symbol, b), COMPARISON)
        sign = symbol
        if _is_zero(a) and not _is_zero(b):
            a, b, sign = b, a, _FLIPPED.get(symbol, symbol)
        left_ = printer.scalar(a)
        if a.type.kind is Kind.DOUBLE and _is_zero(b):
            if sign in ("=", "<>"):
                return Piece(f"ABS({left_.text}) {sign} 0", COMPARISON)
            if sign in ("<", ">="):
                return Piece(f"{left_.within(SUM)} {'<=' if sign == '<' else '>'} {_LEAST}", COMPARISON)
        right_ = printer.scalar(b).within(SUM)
        plain = f"{left_.within(SUM)} {sign} {right_}"
        if (
            sign in ("<", ">=", ">", "<=")
            and all(_may_be_zero(x) for x in (a, b))
            and not (a.type.kind is b.type.kind is Kind.INTEGER)
        ):
            joined = "AND" if sign in ("<", ">") else "OR"
            rest = f"{left_.within(SUM)} {'<>' if joined == 'AND' else '='} {right_}"
            return Piece(f"{plain} {joined} {rest}", AND if joined == "AND" else OR)
        return Piece(plain, COMPARISON)

    return rendering


def _may_be_zero(scalar: Scalar) -> bool:
    return scalar.type.is_numeric and not isinstance(scalar, Lit)


def _is_zero(scalar: Scalar) -> bool:
    value = scalar.value if isinstance(scalar, Lit) else None
    return not isinstance(value, bool) and isinstance(value, int | float | Decimal) and value == 0


def arithmetic(printer: Printer, call: Call | Agg) -> Piece:
    assert isinstance(call, Call)
    a, b = call.args
    piece = operated(printer, call)
    if call.type.kind is Kind.DECIMAL:
        return rounded(piece, scale(call))
    both = not isinstance(a, Lit) and not isinstance(b, Lit)
    if both and call.fn != "mul" and call.type.kind is Kind.INTEGER and reach(printer, call) is None:
        if reach(printer, a) is None or reach(printer, b) is None:
            return piece
        # As doubles two large numbers may differ by nothing; as BIGINT they may wrap.
        symbol, binds = SIGNS[call.fn]
        exact = f"{printer.scalar(a).within(binds)} {symbol} {printer.scalar(b).within(binds + 1)}"
        return Piece(f"CASE WHEN ABS({piece.text}) < {EXACT} THEN {exact} ELSE {piece.text} END")
    return piece


def neg(printer: Printer, call: Call | Agg) -> Piece:
    (x,) = call.args
    text = f"CAST({printer.text(x)} AS DOUBLE)" if x.type.kind is Kind.INTEGER else printer.scalar(x).within(ATOM)
    return Piece(f"-{text}", PRODUCT)


def absolute(printer: Printer, call: Call | Agg) -> Piece:
    (x,) = call.args
    text = printer.text(x)
    small = (reach(printer, x) or WIDE) < WIDE
    return Piece(f"ABS(CAST({text} AS DOUBLE))" if x.type.kind is Kind.INTEGER and not small else f"ABS({text})")


def real_divide(printer: Printer, call: Call | Agg) -> Piece:
    a, b = call.args
    if isinstance(b, Lit) and b.value not in (None, 0):
        return Piece(f"{double(printer, a)} / {printer.scalar(b).within(ATOM)}", PRODUCT)
    divided = Piece(f"{double(printer, a)} / NULLIF({unrounded(printer, b).text}, 0)", PRODUCT)
    return finite(divided) if Kind.DOUBLE in (a.type.kind, b.type.kind) else divided


def finite(piece: Piece) -> Piece:
    """NULL instead of the infinities and NaN; only where a double divides by a tiny one or is out of range."""
    return Piece(f"CASE WHEN ABS({piece.text}) <= 1.7976931348623157E308 THEN {piece.text} END")


_OF_DOUBLES = Refusal("remainders of doubles are not those of their decimals", "cast both sides to numeric(p, s)")


def int_divide(printer: Printer, call: Call | Agg) -> Piece:
    a, b = call.args
    digits = most_digits(call.args)
    if all(x.type.kind is Kind.INTEGER for x in call.args):
        left, right = whole(printer, a), whole(printer, b)
        if isinstance(b, Lit) and b.value not in (None, 0, -1):
            return Piece(f"{left.within(PRODUCT)} / {right.within(ATOM)}", PRODUCT)
        quotient = f"{left.within(PRODUCT)} / NULLIF({right.text}, 0)"
        if are_small(printer, call.args):
            return Piece(quotient, PRODUCT)
        # The least BIGINT has no opposite.
        return Piece(f"CASE WHEN {right.within(SUM)} = -1 THEN -CAST({left.text} AS DOUBLE) ELSE {quotient} END")
    if digits is not None and digits <= SCALES:
        return Piece(f"{scaled(printer, a, digits)} / NULLIF({scaled(printer, b, digits)}, 0)", PRODUCT)
    return printer.refuse_function(call, _OF_DOUBLES)


def mod(printer: Printer, call: Call | Agg) -> Piece:
    a, b = call.args
    digits = most_digits(call.args)
    if call.type.kind is Kind.INTEGER:
        divisor = whole(printer, b).text
        is_safe = isinstance(b, Lit) and b.value not in (None, 0)
        return Piece(f"MOD({whole(printer, a).text}, {divisor if is_safe else f'NULLIF({divisor}, 0)'})")
    if digits is not None and digits <= SCALES:
        rest = f"MOD({scaled(printer, a, digits)}, NULLIF({scaled(printer, b, digits)}, 0))"
        return Piece(f"CAST({rest} AS DOUBLE) / {10**digits}", PRODUCT)
    return printer.refuse_function(call, _OF_DOUBLES)


def whole_number(name: str) -> Callable[[Printer, Call | Agg], Piece]:
    """CEIL and FLOOR go through doubles, so whole numbers stay away from them."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        (x,) = call.args
        return printer.scalar(x) if x.type.kind is Kind.INTEGER else Piece(f"{name}({printer.text(x)})")

    return rendering


_FINITE = ("real_divide", "power", "round", "trunc", "avg")


def _finite_text(printer: Printer, x: Scalar) -> str:
    """A number; of a double that may be NaN or infinite NULL, which Druid would round to a number."""
    text = printer.text(x)
    known = x.type.kind is not Kind.DOUBLE or getattr(x, "fn", "") in _FINITE
    return text if known else finite(printer.scalar(x)).text


def rounding(printer: Printer, call: Call | Agg) -> Piece:
    """ROUND goes half away from zero on the decimal digits, of doubles too."""
    x, digits = call.args[0], literal_int(call.args[1]) if len(call.args) > 1 else 0
    if x.type.kind is Kind.INTEGER and digits >= 0:
        return printer.scalar(x)
    text = f"CAST({printer.text(x)} AS DOUBLE)" if x.type.kind is Kind.INTEGER else _finite_text(printer, x)
    return Piece(f"ROUND({text}, {digits})" if digits else f"ROUND({text})")


def trunc(printer: Printer, call: Call | Agg) -> Piece:
    """TRUNCATE cuts 0.29 to 0.28 and ends at 2^63: a number that was rounded up goes back by one unit."""
    x, digits = call.args[0], literal_int(call.args[1]) if len(call.args) > 1 else 0
    if x.type.kind is Kind.INTEGER and digits >= 0:
        return printer.scalar(x)
    text = f"CAST({printer.text(x)} AS DOUBLE)" if x.type.kind is Kind.INTEGER else _finite_text(printer, x)
    if not digits:
        return Piece(f"CASE WHEN {text} > 0 THEN FLOOR({text}) ELSE CEIL({text}) END")
    cut, unit = f"ROUND({text}, {digits})", f"{Decimal(1).scaleb(-digits):f}"
    back = f"ROUND({cut} - CASE WHEN {text} > 0 THEN {unit} ELSE -{unit} END, {digits})"
    return Piece(f"CASE WHEN ABS({cut}) > ABS({text}) THEN {back} ELSE {cut} END")


def guarded(name: str, condition: str) -> Callable[[Printer, Call | Agg], Piece]:
    """Druid answers NaN or an infinity outside of a function's domain; the contract says NULL."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x = double(printer, call.args[0])
        return Piece(f"{name}(CASE WHEN {condition.format(x)} THEN {x} END)")

    return rendering


def power(printer: Printer, call: Call | Agg) -> Piece:
    a, b = (double(printer, x) for x in call.args)
    return finite(Piece(f"POWER({a}, {b})"))


def log(printer: Printer, call: Call | Agg) -> Piece:
    base, x = (double(printer, a) for a in call.args)
    over = f"LN(CASE WHEN {x} > 0 THEN {x} END)"
    return Piece(f"{over} / NULLIF(LN(CASE WHEN {base} > 0 THEN {base} END), 0)", PRODUCT)


def make_interval(printer: Printer, call: Call | Agg) -> Piece:
    months, days, micros = call.args
    if not isinstance(months, Lit) or months.value:
        return printer.refuse_function(call, Refusal("it keeps elapsed times in seconds", "use days"))
    terms = []
    for part, size in ((days, " * 86400"), (micros, " / 1000000E0")):
        if not isinstance(part, Lit) or part.value:
            terms.append(f"{printer.scalar(part).within(PRODUCT)}{size}")
    return Piece(" + ".join(terms) or "0E0", SUM if len(terms) > 1 else AND if not terms else PRODUCT)
