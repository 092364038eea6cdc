"""Exact percentiles by an engine's own window functions, where it has them as windows alone.

Before: `percentile_cont(x, 0.95)` by group. After: each row has `percentile_cont(x, 0.95) OVER (PARTITION BY` the group's
keys `)`, which is the same on all of them, and the group takes the least.
"""

from __future__ import annotations

from kpictl.ir.query import Query, Select
from kpictl.ir.scalars import Agg, Col, Lit, Over, Scalar
from kpictl.passes.targets.nest import Names, aggregates, each_query, filtered, keys_of, nest, replaced

_EXACT = ("percentile_cont", "percentile_disc")


def percentile_as_own_window(query: Query) -> Query:
    """`query` with the percentiles of each SELECT that has one grouping set as windows below it."""
    return each_query(query, _rewritten, _EXACT)


def _wanted(agg: Agg) -> bool:
    return agg.fn in _EXACT and isinstance(agg.args[1], Lit)


def _rewritten(query: Query, names: Names) -> Query:
    if not isinstance(query.body, Select):
        return query
    found, keys = aggregates(query, _wanted), keys_of(query.body)
    if not found or keys is None:
        return query
    columns = {agg: names.fresh("percentile") for agg in found}
    wanted: list[tuple[str, Scalar]] = []
    for agg, name in columns.items():
        whole = Agg(agg.fn, (filtered(agg, agg.args[0]), agg.args[1]), type=agg.type, place=agg.place)
        wanted.append((name, Over(whole, keys, type=agg.type)))
    nested = nest(query, names, wanted, wish="measured")
    new: dict[Agg, Scalar] = {}
    for agg, same in zip(found, aggregates(nested.query, _wanted), strict=True):
        new[same] = Agg("min", (Col(columns[agg], nested.alias, agg.type),), type=agg.type)
    return replaced(nested.query, new)
