"""Variances, covariances and what follows from them, from deviations from the mean.

Before: `stddev_samp(x)`. After: each row has the mean of its group, and `sqrt(sum((x - mean) * (x - mean)) / (count(x) - 1))`.
The sum of squares less the square of the sum would be one pass less, but loses all digits where values are large and
close together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kpictl.ir.query import Query, Select
from kpictl.ir.scalars import Agg, Case, Col, Over, Scalar
from kpictl.kinds.build import as_double, call, lit
from kpictl.model.types import DOUBLE, INTEGER
from kpictl.passes.targets.nest import Names, aggregates, both, each_query, keys_of, nest, replaced
from kpictl.sql.walk import Node, rebuild, transform

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


def _over_partitions(query: Query, names: Names) -> Query:
    """The same for windows: their means are those of the partition, and what follows is added over it."""
    body = query.body
    if not isinstance(body, Select) or body.group_by is not None or aggregates(query, lambda _: True):
        return query
    found = _windows(query)
    if not found:
        return query
    wanted: list[tuple[str, Scalar]] = []
    known: dict[tuple[Scalar, tuple[Scalar, ...]], tuple[str, str]] = {}
    used: list[list[tuple[str, str]]] = []
    for over in found:
        assert isinstance(over.call, Agg)
        used.append([])
        for x in _values(over.call):
            key = (x, over.partition_by)
            if key not in known:
                known[key] = (names.fresh("measured"), names.fresh("mean"))
                mean = Over(Agg("avg", (x,), type=DOUBLE), over.partition_by, (), None, DOUBLE)
                wanted += [(known[key][0], x), (known[key][1], mean)]
            used[-1].append(known[key])
    nested = nest(query, names, wanted, wish="centred")
    new: dict[Over, Scalar] = {}
    for same, pairs in zip(_windows(nested.query), used, strict=True):
        assert isinstance(same.call, Agg)
        columns = [(Col(x, nested.alias, DOUBLE), Col(m, nested.alias, DOUBLE)) for x, m in pairs]
        fn = same.call.fn
        made = _one(fn, *columns[0]) if fn in _ONE else _two(fn, columns[0], columns[1])
        new[same] = transform(made, _each_over(same.partition_by))
    return _with_windows(nested.query, new)


def _each_over(partition_by: tuple[Scalar, ...]) -> Callable[[Node], Node]:
    return lambda node: Over(node, partition_by, (), None, node.type) if isinstance(node, Agg) else node


def _is_whole(node: Node) -> bool:
    if not isinstance(node, Over) or node.order_by or node.frame is not None:
        return False
    return isinstance(node.call, Agg) and _is_moment(node.call)


def _windows(query: Query) -> list[Over]:
    """The windows of a SELECT and its order that are statistics of whole partitions, each once."""
    found: dict[Over, None] = {}

    def visit(node: Node) -> Node:
        if isinstance(node, Over) and _is_whole(node):
            found[node] = None
        return node if isinstance(node, Query) else rebuild(node, visit)

    for part in _parts(query):
        visit(part)
    return list(found)


def _parts(query: Query) -> list[Scalar]:
    assert isinstance(query.body, Select)
    outputs = [o.value for o in query.body.outputs]
    return outputs + [p for p in (query.body.qualify, *(k.by for k in query.order_by)) if p is not None]


def _with_windows(query: Query, new: dict[Over, Scalar]) -> Query:
    def visit(node: Node) -> Node:
        if isinstance(node, Over) and node in new:
            return new[node]
        return node if isinstance(node, Query) else rebuild(node, visit)

    select = query.body
    assert isinstance(select, Select)
    outputs = tuple(replace(o, value=visit(o.value)) for o in select.outputs)
    qualify = None if select.qualify is None else visit(select.qualify)
    order_by = tuple(replace(k, by=visit(k.by)) for k in query.order_by)
    return replace(query, body=replace(select, outputs=outputs, qualify=qualify), order_by=order_by)


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
