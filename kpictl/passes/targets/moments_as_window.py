"""Variances, covariances and what follows from them, from deviations from the mean.

Before: `stddev_samp(x)`. After: each row has the mean of its group, and `sqrt(sum((x - mean) * (x - mean)) / (count(x) - 1))`.
The sum of squares less the square of the sum would be one pass less, but loses all digits where values are large and
close together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kpictl.ir.query import Query, Select
from kpictl.ir.scalars import Agg, Case, Col, Over, Scalar
from kpictl.kinds.build import as_double, call, lit
from kpictl.model.types import DOUBLE, INTEGER
from kpictl.passes.targets.groups_below import windows, windows_replaced
from kpictl.passes.targets.nest import Names, aggregates, both, each_query, keys_of, nest, replaced
from kpictl.sql.walk import Node, transform

_ONE = ("stddev_samp", "stddev_pop", "var_samp", "var_pop")
_TWO = ("corr", "covar_samp", "covar_pop", "regr_slope", "regr_intercept")


def moments_as_window(query: Query) -> Query:
    """`query` without the aggregates of statistics; over windows, those of a whole partition of ungrouped rows."""
    return each_query(query, lambda each, names: _over_partitions(_rewritten(each, names), names), (*_ONE, *_TWO))


def _is_moment(agg: Agg) -> bool:
    return agg.fn in (*_ONE, *_TWO) and not agg.distinct


def _rewritten(query: Query, names: Names) -> Query:
    if not isinstance(query.body, Select):
        return query
    found, keys = aggregates(query, _is_moment), keys_of(query.body)
    if not found or keys is None:
        return query
    wanted, used = _means(((agg, keys) for agg in found), names)
    nested = nest(query, names, wanted, wish="centred")
    same = zip(aggregates(nested.query, _is_moment), used, strict=True)
    return replaced(nested.query, {agg: _made(agg, each, nested.alias) for agg, each in same})


def _over_partitions(query: Query, names: Names) -> Query:
    """The same for windows: their means are those of the partition, and what follows is added over it."""
    body = query.body
    if not isinstance(body, Select) or body.group_by is not None or aggregates(query, lambda _: True):
        return query
    found = [over for over in windows(query) if _is_whole(over)]
    if not found:
        return query
    wanted, used = _means(((_moment(over), over.partition_by) for over in found), names)
    nested = nest(query, names, wanted, wish="centred")
    same = zip((over for over in windows(nested.query) if _is_whole(over)), used, strict=True)
    new = {
        over: transform(_made(_moment(over), each, nested.alias), _each_over(over.partition_by), Agg)
        for over, each in same
    }
    return windows_replaced(nested.query, new)


def _each_over(partition_by: tuple[Scalar, ...]) -> Callable[[Node], Node]:
    return lambda node: Over(node, partition_by, (), None, node.type) if isinstance(node, Agg) else node


def _is_whole(over: Over) -> bool:
    unordered = not over.order_by and over.frame is None
    return unordered and isinstance(over.call, Agg) and _is_moment(over.call)


def _moment(over: Over) -> Agg:
    assert isinstance(over.call, Agg)
    return over.call


_Centred = tuple[str, str]
"""The names of a value and of its mean, in the sub-query."""


def _means(
    found: Iterable[tuple[Agg, tuple[Scalar, ...]]], names: Names
) -> tuple[list[tuple[str, Scalar]], list[list[_Centred]]]:
    """What the sub-query computes for aggregates of these groups, each value once, and where it stands by aggregate."""
    wanted: list[tuple[str, Scalar]] = []
    known: dict[tuple[Scalar, tuple[Scalar, ...]], _Centred] = {}
    used: list[list[_Centred]] = []
    for agg, keys in found:
        used.append([])
        for x in _values(agg):
            if (x, keys) not in known:
                value, mean = known[x, keys] = (names.fresh("measured"), names.fresh("mean"))
                wanted += [(value, x), (mean, Over(Agg("avg", (x,), type=DOUBLE), keys, (), None, DOUBLE))]
            used[-1].append(known[x, keys])
    return wanted, used


def _made(agg: Agg, used: list[_Centred], alias: str) -> Scalar:
    """The aggregate of deviations from the mean."""
    pairs = [(Col(x, alias, DOUBLE), Col(mean, alias, DOUBLE)) for x, mean in used]
    return _one(agg.fn, *pairs[0]) if agg.fn in _ONE else _two(agg.fn, pairs[0], pairs[1])


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
