"""VALUES that are grouped or read by windows, with a limit, for an engine that plans neither over constant rows.

Druid 33 takes what is grouped by a key that tells the rows apart for the rows themselves, which it cannot order, and plans no
window over two columns of them. Before: `SELECT k, sum(v) FROM (VALUES ..) AS t GROUP BY k`. After: `FROM (VALUES .. LIMIT n)`.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Cte, Derived, Query, Select, Values
from kpictl.passes.targets.druid_shapes import EVERY_ROW, is_grouped
from kpictl.sql.walk import Node, has_window, holds, transform


def values_apart(query: Query) -> Query:
    """`query` with a limit on VALUES in WITH, and on those that a grouped SELECT or one with windows reads."""

    def change(node: Node) -> Node:
        if isinstance(node, Cte):
            return replace(node, query=_limited(node.query))
        if isinstance(node.source, Derived) and not node.joins and _is_over_rows(node):
            inner = _limited(node.source.query)
            return node if inner is node.source.query else replace(node, source=replace(node.source, query=inner))
        return node

    return transform(query, change, (Cte, Select)) if holds(query, Values) else query


def _limited(query: Query) -> Query:
    return replace(query, limit=EVERY_ROW) if isinstance(query.body, Values) and query.limit is None else query


def _is_over_rows(select: Select) -> bool:
    return is_grouped(select) or any(has_window(o.value) for o in select.outputs)
