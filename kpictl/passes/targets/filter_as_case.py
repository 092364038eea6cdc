"""Says the FILTER of an aggregate as a CASE around its argument, for targets without FILTER.

Before: `sum(x) FILTER (WHERE c)`, `count(*) FILTER (WHERE c)`. After: `sum(CASE WHEN c THEN x END)`,
`count(CASE WHEN c THEN 1 END)`. Only for aggregates that skip NULLs; of several arguments the first is enough.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Query
from kpictl.ir.scalars import Agg, Case, Lit
from kpictl.model.types import INTEGER
from kpictl.sql.walk import Node, transform

KEEPS_NULLS = frozenset({"array_agg", "first_by", "last_by", "grouping"})
"""Aggregates in which a NULL counts: their FILTER stays."""


def filter_as_case(query: Query) -> Query:
    """`query` without FILTER, except on aggregates that do not skip NULLs."""
    return transform(query, _change, Agg)


def _change(node: Node) -> Node:
    if not isinstance(node, Agg) or node.where is None or node.fn in KEEPS_NULLS:
        return node
    if node.fn == "count_rows":
        one = Case(((node.where, Lit(1, INTEGER)),), None, INTEGER)
        return replace(node, fn="count", args=(one,), where=None)
    first = Case(((node.where, node.args[0]),), None, node.args[0].type)
    return replace(node, args=(first, *node.args[1:]), where=None)
