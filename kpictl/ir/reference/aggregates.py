"""Aggregates over the rows of a group. NULLs are skipped; nothing is NULL, except that a count of nothing is 0."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from kpictl.ir.reference.evaluate import Row, evaluate
from kpictl.ir.reference.numbers import Number, decimal_of, exact, finite
from kpictl.ir.reference.ordering import sorted_rows
from kpictl.ir.reference.values import Value, comparable, hashable
from kpictl.ir.scalars import Agg

Args = Sequence[tuple[Value, ...]]
"""The arguments of each row, in the order of the aggregate."""


def _present(rows: Args) -> list[Value]:
    return [row[0] for row in rows if row[0] is not None]


def _sum(rows: Args) -> Number | None:
    values = _present(rows)
    if not values:
        return None
    if any(isinstance(v, float) for v in values):
        return finite(math.fsum(values))
    with localcontext(prec=100):
        total = sum(values, Decimal(0) if any(isinstance(v, Decimal) for v in values) else 0)
    return exact(total)


def _avg(rows: Args) -> float | None:
    values = _present(rows)
    if not values:
        return None
    if any(isinstance(v, float) for v in values):
        return finite(math.fsum(values) / len(values))
    return float(sum(map(Fraction, values)) / len(values))


def _extreme(choose: Callable[..., Value]) -> Callable[[Args], Value]:
    def apply(rows: Args) -> Value:
        return choose(_present(rows), key=comparable, default=None)

    return apply


def _truth(choose: Callable[[list[bool]], bool]) -> Callable[[Args], bool | None]:
    def apply(rows: Args) -> bool | None:
        values = _present(rows)
        return choose(values) if values else None

    return apply


def _fractions(values: Sequence[Number]) -> list[Fraction]:
    return [Fraction(decimal_of(v)) for v in values]


def _moment(rows: Args, less: int) -> Fraction | None:
    """Squares around the mean, by n or n - 1, exactly."""
    values = _fractions(_present(rows))
    if len(values) <= less:
        return None
    mean = sum(values, Fraction(0)) / len(values)
    return sum(((v - mean) ** 2 for v in values), Fraction(0)) / (len(values) - less)


def _variance(less: int) -> Callable[[Args], float | None]:
    def apply(rows: Args) -> float | None:
        found = _moment(rows, less)
        return None if found is None else float(found)

    return apply


def _deviation(less: int) -> Callable[[Args], float | None]:
    def apply(rows: Args) -> float | None:
        found = _moment(rows, less)
        return None if found is None else math.sqrt(found)

    return apply


def _pairs(rows: Args) -> tuple[list[Fraction], list[Fraction]]:
    both = [row for row in rows if row[0] is not None and row[1] is not None]
    return _fractions([y for y, _ in both]), _fractions([x for _, x in both])


def _products(rows: Args) -> tuple[int, Fraction, Fraction, Fraction, Fraction, Fraction]:
    """n, means of y and x, and the sums of squares and products around them."""
    ys, xs = _pairs(rows)
    n = len(ys)
    if not n:
        zero = Fraction(0)
        return 0, zero, zero, zero, zero, zero
    my, mx = sum(ys, Fraction(0)) / n, sum(xs, Fraction(0)) / n
    yy = sum(((y - my) ** 2 for y in ys), Fraction(0))
    xx = sum(((x - mx) ** 2 for x in xs), Fraction(0))
    xy = sum(((y - my) * (x - mx) for y, x in zip(ys, xs, strict=True)), Fraction(0))
    return n, my, mx, yy, xx, xy


def _corr(rows: Args) -> float | None:
    _, _, _, yy, xx, xy = _products(rows)
    return None if not yy or not xx else float(xy) / math.sqrt(yy * xx)


def _covariance(less: int) -> Callable[[Args], float | None]:
    def apply(rows: Args) -> float | None:
        n, _, _, _, _, xy = _products(rows)
        return float(xy / (n - less)) if n > less else None

    return apply


def _slope(rows: Args) -> float | None:
    _, _, _, _, xx, xy = _products(rows)
    return float(xy / xx) if xx else None


def _intercept(rows: Args) -> float | None:
    _, my, mx, _, xx, xy = _products(rows)
    return float(my - mx * xy / xx) if xx else None


def _percentile_cont(rows: Args) -> float | None:
    """Linear between neighbours, on doubles."""
    values = sorted(float(v) for v in _present(rows))
    if not values:
        return None
    position = Fraction(rows[0][1]) * (len(values) - 1)
    low = math.floor(position)
    high = math.ceil(position)
    return values[low] + (values[high] - values[low]) * float(position - low)


def _percentile_disc(rows: Args) -> Value:
    values = sorted(_present(rows), key=comparable)
    if not values:
        return None
    return values[max(math.ceil(Fraction(rows[0][1]) * len(values)) - 1, 0)]


def _mode(rows: Args) -> Value:
    counts = Counter(hashable(v) for v in _present(rows))
    most = max(counts.values(), default=0)
    return min((v for v in _present(rows) if counts[hashable(v)] == most), key=comparable, default=None)


def _string_agg(rows: Args) -> str | None:
    values = _present(rows)
    return str(rows[0][1]).join(values) if values else None


def _grouping(rows: Args) -> int:
    """Of flags: whether each column is rolled up in this row."""
    mask = 0
    for flag in rows[0]:
        mask = mask * 2 + bool(flag)
    return mask


AGGREGATES: dict[str, Callable[[Args], Value]] = {
    "count_rows": len,
    "count": lambda rows: sum(all(v is not None for v in row) for row in rows),
    "sum": _sum,
    "avg": _avg,
    "min": _extreme(min),
    "max": _extreme(max),
    "bool_and": _truth(all),
    "bool_or": _truth(any),
    "stddev_samp": _deviation(1),
    "stddev_pop": _deviation(0),
    "var_samp": _variance(1),
    "var_pop": _variance(0),
    "corr": _corr,
    "covar_samp": _covariance(1),
    "covar_pop": _covariance(0),
    "regr_slope": _slope,
    "regr_intercept": _intercept,
    "percentile_cont": _percentile_cont,
    "percentile_disc": _percentile_disc,
    "mode": _mode,
    "string_agg": _string_agg,
    "array_agg": lambda rows: tuple(row[0] for row in rows) or None,
    "first_by": lambda rows: rows[0][0] if rows else None,
    "last_by": lambda rows: rows[-1][0] if rows else None,
    "approx_count_distinct": lambda rows: len({hashable(v) for v in _present(rows)}),
    "approx_percentile": _percentile_cont,
    "grouping": _grouping,
}
"""Every canonical aggregate, on the arguments of each row. The approximate ones are exact here."""


def fold(agg: Agg, rows: Sequence[Row], params: Mapping[str, Any] | None = None) -> Value:
    """An aggregate over rows: filtered, ordered, made distinct, folded."""
    kept = [r for r in rows if agg.where is None or evaluate(agg.where, r, params) is True]
    if agg.order_by:
        kept = sorted_rows(kept, agg.order_by, lambda key, row: evaluate(key.by, row, params))
    args = [tuple(evaluate(a, row, params) for a in agg.args) for row in kept]
    if agg.distinct:
        first: dict[Value, tuple[Value, ...]] = {}
        for row_args in args:
            first.setdefault(tuple(hashable(v) for v in row_args), row_args)
        args = list(first.values())
    return AGGREGATES[agg.fn](args)
