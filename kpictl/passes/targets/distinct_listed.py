"""string_agg of distinct texts, for engines whose own takes no DISTINCT.

Before: `string_agg(DISTINCT x, ',' ORDER BY x)` by group. After: each row has its `turn` among the rows of its group that have
the same x, and only the first of them is listed.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Query, Select
from kpictl.ir.scalars import Agg, Case, Col, Scalar, SortKey
from kpictl.kinds.build import lit
from kpictl.model.types import INTEGER
from kpictl.passes.targets.nest import (
    Names,
    aggregates,
    each_query,
    equal,
    filtered,
    keys_of,
    nest,
    replaced,
    row_number,
)


def distinct_listed(query: Query) -> Query:
    """`query` without DISTINCT in string_agg, where it has one grouping set."""
    return each_query(query, _rewritten, ("string_agg",))


def _wanted(agg: Agg) -> bool:
    return agg.fn == "string_agg" and agg.distinct


def _rewritten(query: Query, names: Names) -> Query:
    if not isinstance(query.body, Select):
        return query
    found, keys = aggregates(query, _wanted), keys_of(query.body)
    if not found or keys is None:
        return query
    columns = {agg: (names.fresh("listed"), names.fresh("turn")) for agg in found}
    wanted: list[tuple[str, Scalar]] = []
    for agg, (value, turn) in columns.items():
        x = filtered(agg, agg.args[0])
        wanted += [(value, x), (turn, row_number((*keys, x), (SortKey(x),)))]
    nested = nest(query, names, wanted, wish="told_apart")
    new: dict[Agg, Scalar] = {}
    for agg, same in zip(found, aggregates(nested.query, _wanted), strict=True):
        value, turn = columns[agg]
        x = Col(value, nested.alias, agg.args[0].type)
        first = Case(((equal(Col(turn, nested.alias, INTEGER), lit(1)), x),), None, x.type)
        descending = bool(agg.order_by) and agg.order_by[0].descending
        new[same] = replace(
            same, args=(first, *same.args[1:]), distinct=False, where=None, order_by=(SortKey(x, descending),)
        )
    return replaced(nested.query, new)
