"""Gives both terms of a recursive WITH the same wide number type.

Before: `SELECT 0 AS depth UNION ALL SELECT depth + 1 FROM tree`, where PostgreSQL computes the sum as numeric
(it must not overflow) and then refuses the recursion for its types. After: both terms are cast to numeric.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Cte, Output, Query, Select, SetOperation, Values
from kpictl.ir.scalars import Cast, Scalar
from kpictl.model.types import DECIMAL, Kind


def widen_recursion(query: Query) -> Query:
    """`query` with the integer outputs of its recursive CTEs cast to an exact number without bounds."""
    if not any(cte.recursive for cte in query.ctes):
        return query
    return replace(query, ctes=tuple(_widened(cte) if cte.recursive else cte for cte in query.ctes))


def _widened(cte: Cte) -> Cte:
    whole = {i for i, (_, type_) in enumerate(cte.query.outputs) if type_.kind is Kind.INTEGER}
    return replace(cte, query=_body(cte.query, frozenset(whole)))


def _body(query: Query, whole: frozenset[int]) -> Query:
    match query.body:
        case Select(outputs=outputs) as select:
            cast = tuple(Output(o.name, _number(o.value)) if i in whole else o for i, o in enumerate(outputs))
            return replace(query, body=replace(select, outputs=cast))
        case SetOperation(left=left, right=right) as both:
            return replace(query, body=replace(both, left=_body(left, whole), right=_body(right, whole)))
        case Values(rows=rows) as values:
            cast_rows = tuple(tuple(_number(v) if i in whole else v for i, v in enumerate(row)) for row in rows)
            return replace(query, body=replace(values, rows=cast_rows))


def _number(value: Scalar) -> Scalar:
    return Cast(value, DECIMAL)
