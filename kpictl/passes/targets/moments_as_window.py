"""Variances, covariances and what follows from them, from deviations from the mean.

Before: `stddev_samp(x)`. After: each row has the mean of its group, and `sqrt(sum((x - mean) * (x - mean)) / (count(x) - 1))`.
The sum of squares less the square of the sum would be one pass less, but loses all digits where values are large and
close together.
"""

from __future__ import annotations

from kpictl.ir.query import Query, Select
from kpictl.ir.scalars import Agg, Case, Col, Over, Scalar
from kpictl.kinds.build import as_double, call, lit
from kpictl.model.types import DOUBLE, INTEGER
from kpictl.passes.targets.nest import Names, aggregates, both, each_query, keys_of, nest, replaced

_ONE = ("stddev_samp", "stddev_pop", "var_samp", "var_pop")
_TWO = ("corr", "covar_samp", "covar_pop", "regr_slope", "regr_intercept")


def moments_as_window(query: Query) -> Query:
    """`query` without the aggregates of statistics."""
    return each_query(query, _rewritten)


def _is_moment(agg: Agg) -> bool:
    return agg.fn in (*_ONE, *_TWO) and not agg.distinct


def _rewritten(query: Query, names: Names) -> Query:
    if not isinstance(query.body, Select):
        return query
    found, keys = aggregates(query, _is_moment), keys_of(query.body)
    if not found or keys is None:
        return query
    wanted: list[tuple[str, Scalar]] = []
    known: dict[Scalar, tuple[str, str]] = {}
    used: dict[Agg, list[tuple[str, str]]] = {}
    for agg in found:
        used[agg] = []
        for x in _values(agg):
            if x not in known:
                known[x] = (names.fresh("measured"), names.fresh("mean"))
                mean = Over(Agg("avg", (x,), type=DOUBLE), keys, (), None, DOUBLE)
                wanted += [(known[x][0], x), (known[x][1], mean)]
            used[agg].append(known[x])
    nested = nest(query, names, wanted, wish="centred")
    new: dict[Agg, Scalar] = {}
    for agg, same in zip(found, aggregates(nested.query, _is_moment), strict=True):
        pairs = [(Col(x, nested.alias, DOUBLE), Col(m, nested.alias, DOUBLE)) for x, m in used[agg]]
        new[same] = _one(agg.fn, *pairs[0]) if agg.fn in _ONE else _two(agg.fn, pairs[0], pairs[1])
    return replaced(nested.query, new)


def _values(agg: Agg) -> list[Scalar]:
    """The arguments as doubles, NULL where a row does not count: filtered out, or one of the pair is missing."""
    missing = [call("not", call("is_null", a)) for a in agg.args] if len(agg.args) > 1 else []
    conditions = [c for c in (agg.where, *missing) if c is not None]
    values = [as_double(a) for a in agg.args]
    return [Case(((both(*conditions), v),), None, DOUBLE) for v in values] if conditions else values


def _sum(x: Scalar) -> Agg:
    return Agg("sum", (x,), type=DOUBLE)


def _product(a: tuple[Scalar, Scalar], b: tuple[Scalar, Scalar]) -> Agg:
    return _sum(call("mul", call("sub", *a), call("sub", *b)))


def _freedom(x: Scalar, *, sample: bool) -> Scalar:
    count = Agg("count", (x,), type=INTEGER)
    return call("sub", count, lit(1)) if sample else count


def _one(fn: str, x: Scalar, mean: Scalar) -> Scalar:
    variance = call("real_divide", _product((x, mean), (x, mean)), _freedom(x, sample=fn.endswith("samp")))
    return call("sqrt", variance) if fn.startswith("stddev") else variance


def _two(fn: str, y: tuple[Scalar, Scalar], x: tuple[Scalar, Scalar]) -> Scalar:
    together = _product(y, x)
    if fn.startswith("covar"):
        return call("real_divide", together, _freedom(x[0], sample=fn.endswith("samp")))
    if fn == "corr":
        return call("real_divide", together, call("sqrt", call("mul", _product(y, y), _product(x, x))))
    slope = call("real_divide", together, _product(x, x))
    if fn == "regr_slope":
        return slope
    means = (Agg("avg", (v,), type=DOUBLE) for v in (y[0], x[0]))
    mean_y, mean_x = means
    return call("sub", mean_y, call("mul", slope, mean_x))
