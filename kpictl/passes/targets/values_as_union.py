"""Rows of constants as a UNION ALL of SELECTs, for engines that take VALUES in INSERT only."""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Output, Query, Select, SetOperation, Values
from kpictl.sql.walk import Node, transform


def values_as_union(query: Query) -> Query:
    """`query` with `SELECT a UNION ALL SELECT b` where it has `VALUES (a), (b)`."""

    def change(node: Node) -> Node:
        return (
            replace(node, body=_union(node.body)) if isinstance(node, Query) and isinstance(node.body, Values) else node
        )

    return transform(query, change)


def _union(values: Values) -> Select | SetOperation:
    selects = [
        Select(tuple(Output(name, value) for name, value in zip(values.names, row, strict=True))) for row in values.rows
    ]
    found: Select | SetOperation = selects[0]
    for each in selects[1:]:
        found = SetOperation("union", Query(found), Query(each), all=True)
    return found
