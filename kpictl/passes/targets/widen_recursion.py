"""Gives both terms of a recursive WITH the same wide number type.

Before: `SELECT 0 AS depth UNION ALL SELECT depth + 1 FROM tree`, where PostgreSQL computes the sum as numeric
(it must not overflow) and then refuses the recursion for its types, and DuckDB cuts each sum down to the first term's
type. After: both terms are cast to the target's widest number of their kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kpictl.ir.query import Cte, Output, Query, Select, SetOperation, Values
from kpictl.ir.scalars import Cast, Scalar
from kpictl.model.types import DECIMAL, Kind, Type


def widen_recursion(query: Query, *, whole: Type = DECIMAL, exact: Type = DECIMAL) -> Query:
    """`query` with the numbers of its recursive CTEs cast: integers to `whole`, decimals to `exact`."""
    if not any(cte.recursive for cte in query.ctes):
        return query
    wide = {Kind.INTEGER: whole, Kind.DECIMAL: exact}
    return replace(query, ctes=tuple(_widened(cte, wide) if cte.recursive else cte for cte in query.ctes))


def _widened(cte: Cte, wide: Mapping[Kind, Type]) -> Cte:
    kinds = [type_.kind for _, type_ in cte.query.outputs]
    then = cte.query.body.right.outputs if isinstance(cte.query.body, SetOperation) else cte.query.outputs
    if len(then) == len(kinds):  # 1 in the first term and 1.5 in the next are decimals
        decimals = {i for i, (_, type_) in enumerate(then) if type_.kind is Kind.DECIMAL}
        kinds = [Kind.DECIMAL if i in decimals and k is Kind.INTEGER else k for i, k in enumerate(kinds)]
    to = {i: wide[kind] for i, kind in enumerate(kinds) if kind in wide}
    return replace(cte, query=_body(cte.query, to))


def _body(query: Query, to: Mapping[int, Type]) -> Query:
    match query.body:
        case Select(outputs=outputs) as select:
            cast = tuple(Output(o.name, _number(o.value, to.get(i))) for i, o in enumerate(outputs))
            return replace(query, body=replace(select, outputs=cast))
        case SetOperation(left=left, right=right) as both:
            return replace(query, body=replace(both, left=_body(left, to), right=_body(right, to)))
        case Values(rows=rows) as values:
            cast_rows = tuple(tuple(_number(v, to.get(i)) for i, v in enumerate(row)) for row in rows)
            return replace(query, body=replace(values, rows=cast_rows))


def _number(value: Scalar, to: Type | None) -> Scalar:
    return value if to is None else Cast(value, to)
