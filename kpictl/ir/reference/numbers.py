"""Numbers: exact for integers and decimals, doubles elsewhere; what is undefined is NULL."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

Number = int | Decimal | float
_EXACT = Context(prec=800)
"""Enough for any double, whose digits reach from 1e308 to 5e-324."""
_LARGEST = 10**38


def decimal_of(x: Number) -> Decimal:
    """The number in its shortest decimal form, which for a double is what it prints as."""
    return Decimal(repr(x)) if isinstance(x, float) else Decimal(x)


def like(x: Decimal, model: Number) -> Number:
    """A decimal in the type of another number."""
    if isinstance(model, float):
        return float(x)
    return int(x) if isinstance(model, int) else x


def finite(x: float) -> float | None:
    """The double, or NULL for NaN and Infinity."""
    return x if math.isfinite(x) else None


def neg(x: Number) -> Number:
    """The opposite; Decimal's own minus would round to the precision of its context."""
    return x.copy_negate() if isinstance(x, Decimal) else -x


def exact(x: Number) -> Number:
    """The number itself, or an overflow: 38 digits are the most."""
    if not isinstance(x, float) and Decimal(x).copy_abs() >= _LARGEST:
        raise OverflowError("more than 38 digits")
    return x


def _arithmetic(
    on_decimals: Callable[[Decimal, Decimal], Decimal], on_floats: Callable[[float, float], float]
) -> Callable[[Number, Number], Number | None]:
    def apply(a: Number, b: Number) -> Number | None:
        if isinstance(a, float) or isinstance(b, float):
            try:
                return finite(on_floats(float(a), float(b)))
            except OverflowError:
                return None
        result = on_decimals(Decimal(a), Decimal(b))
        return exact(int(result) if isinstance(a, int) and isinstance(b, int) else result)

    return apply


add = _arithmetic(_EXACT.add, lambda a, b: a + b)
sub = _arithmetic(_EXACT.subtract, lambda a, b: a - b)
mul = _arithmetic(_EXACT.multiply, lambda a, b: a * b)


def real_divide(a: Number, b: Number) -> float | None:
    return None if b == 0 else finite(float(a) / float(b))


def int_divide(a: Number, b: Number) -> int | None:
    if b == 0:
        return None
    return math.trunc(Fraction(decimal_of(a)) / Fraction(decimal_of(b)))


def mod(a: Number, b: Number) -> Number | None:
    """Doubles in their shortest decimal form, as where they are rounded: 0.3 is three times 0.1."""
    if b == 0:
        return None
    if isinstance(a, float) or isinstance(b, float):
        return float(_EXACT.remainder(decimal_of(a), decimal_of(b)))
    if isinstance(a, int) and isinstance(b, int):
        return abs(a) % abs(b) * (-1 if a < 0 else 1)
    return _EXACT.remainder(Decimal(a), Decimal(b))


def sign(x: Number) -> int:
    return (x > 0) - (x < 0)


def _whole(rounding: str) -> Callable[[Number], Number]:
    def apply(x: Number) -> Number:
        return like(decimal_of(x).to_integral_value(rounding), x)

    return apply


ceil = _whole(ROUND_CEILING)
floor = _whole(ROUND_FLOOR)


def _cut(x: Number, digits: int, rounding: str) -> Number | None:
    if isinstance(x, float) and not math.isfinite(x):
        return None
    step = Decimal(1).scaleb(-digits)
    return like(decimal_of(x).quantize(step, rounding, _EXACT) if digits >= 0 else _tens(x, digits, rounding), x)


def _tens(x: Number, digits: int, rounding: str) -> Decimal:
    return decimal_of(x).scaleb(digits, _EXACT).to_integral_value(rounding).scaleb(-digits, _EXACT)


def round_(x: Number, digits: int = 0) -> Number | None:
    return _cut(x, digits, ROUND_HALF_UP)


def trunc(x: Number, digits: int = 0) -> Number | None:
    return _cut(x, digits, ROUND_DOWN)


def _real(fn: Callable[..., float]) -> Callable[..., float | None]:
    def apply(*args: Number) -> float | None:
        try:
            result = fn(*(float(a) for a in args))
        except (ValueError, OverflowError, ZeroDivisionError):
            return None
        return None if isinstance(result, complex) else finite(result)

    return apply


power = _real(lambda a, b: a**b)
sqrt = _real(math.sqrt)
exp = _real(math.exp)
ln = _real(math.log)
log10 = _real(math.log10)
log = _real(lambda base, x: math.log(x) / math.log(base))


def width_bucket(x: Number, low: Number, high: Number, n: int) -> int:
    """Which of n equal buckets holds x; with low above high the buckets run downwards."""
    if n <= 0 or low == high:
        raise ValueError("width_bucket needs buckets and different bounds")
    if low > high:
        x, low, high = -x, -low, -high
    if x < low:
        return 0
    if x >= high:
        return n + 1
    share = (Fraction(decimal_of(x)) - Fraction(decimal_of(low))) / (
        Fraction(decimal_of(high)) - Fraction(decimal_of(low))
    )
    return math.floor(share * n) + 1
