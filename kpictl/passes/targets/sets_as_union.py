"""Grouping sets as one SELECT a set, for engines that group by one set of keys only.

Before: `SELECT k, j, sum(x) .. GROUP BY GROUPING SETS ((k, j), (k), ())`. After: `SELECT k, j, sum(x) .. GROUP BY k, j UNION ALL
SELECT k, NULL, sum(x) .. GROUP BY k UNION ALL SELECT NULL, NULL, sum(x) ..`, with `grouping(..)` a constant in each. The rows
are read once a set.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Derived, Output, Query, Select, SetOperation
from kpictl.ir.scalars import Agg, Col, Lit, Scalar, SortKey
from kpictl.kinds.build import lit
from kpictl.model.types import INTEGER
from kpictl.passes.targets.nest import Names, each_query, order_over
from kpictl.sql.walk import Node, find, has_window, rebuild


def sets_as_union(query: Query) -> Query:
    """`query` with one grouping set a SELECT, unless windows run over the groups."""
    return each_query(query, _rewritten)


def _rewritten(query: Query, names: Names) -> Query:
    select = query.body
    if not isinstance(select, Select) or select.group_by is None or len(select.group_by) < 2:
        return query
    if any(has_window(s) for s in (*(o.value for o in select.outputs), *(k.by for k in query.order_by))):
        return query
    alias = names.fresh("grouped")
    outputs = list(select.outputs)
    order_by = tuple(_of_alias(key, alias) for key in order_over(query, outputs, alias, names))
    if not any(_counts(o.value) for o in outputs):
        # Without an aggregate the total would not be one row.
        outputs.append(Output(names.fresh("counted"), Agg("count_rows", (), type=INTEGER)))
    every = {key for each in select.group_by for key in each}
    whole = replace(select, outputs=tuple(outputs), distinct=False)
    parts = [_of_set(whole, keys, every) for keys in select.group_by]
    union = Query(parts[0])
    for part in parts[1:]:
        union = Query(SetOperation("union", union, Query(part), all=True))
    above = tuple(Output(o.name, Col(o.name, alias, o.type)) for o in select.outputs)
    body = Select(above, Derived(union, alias), distinct=select.distinct)
    return replace(query, body=body, order_by=order_by)


def _of_alias(key: SortKey, alias: str) -> SortKey:
    assert isinstance(key.by, Col)
    return replace(key, by=replace(key.by, table=alias))


def _of_set(select: Select, keys: tuple[Scalar, ...], every: set[Scalar]) -> Select:
    rolled_up = every - set(keys)

    def visit(node: Node) -> Node:
        if isinstance(node, Agg):
            return lit(_mask([arg not in keys for arg in node.args])) if node.fn == "grouping" else node
        if node in rolled_up:
            return Lit(None, node.type)
        return node if isinstance(node, Query) or node in keys else rebuild(node, visit)

    outputs = tuple(Output(o.name, visit(o.value)) for o in select.outputs)
    having = None if select.having is None else visit(select.having)
    return replace(select, outputs=outputs, having=having, group_by=(keys,))


def _counts(scalar: Scalar) -> bool:
    return any(agg.fn != "grouping" for agg in find(scalar, Agg, queries=False))


def _mask(flags: list[bool]) -> int:
    return sum(flag << n for n, flag in enumerate(reversed(flags)))
