"""Rows of constants as a UNION ALL of SELECTs, for engines that take VALUES in INSERT only."""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Output, Query, Select, SetOperation, Values
from kpictl.sql.walk import holds, transform


def values_as_union(query: Query) -> Query:
    """`query` with `SELECT a UNION ALL SELECT b` where it has `VALUES (a), (b)`."""

    if not holds(query, Values):
        return query

    def change(query: Query) -> Query:
        return replace(query, body=_union(query.body)) if isinstance(query.body, Values) else query

    return transform(query, change, Query)


def _union(values: Values) -> Select | SetOperation:
    selects = [
        Select(tuple(Output(name, value) for name, value in zip(values.names, row, strict=True))) for row in values.rows
    ]
    found: Select | SetOperation = selects[0]
    for each in selects[1:]:
        found = SetOperation("union", Query(found), Query(each), all=True)
    return found
