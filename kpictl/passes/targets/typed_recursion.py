"""Both terms of a recursive WITH as plain SELECTs whose columns are cast to one type each.

Before: `WITH RECURSIVE t AS (SELECT 0 AS n, 'a' AS path UNION ALL SELECT n + 1, path || 'a' FROM t ..)`. After: `SELECT CAST(0 AS
DECIMAL(38, 0)) AS n, CAST('a' AS VARCHAR) AS path UNION ALL SELECT CAST(n + 1 AS DECIMAL(38, 0)) AS n, CAST(path || 'a' AS
VARCHAR) AS path ..`, for engines that give a column the type of the first term, or want that of both to be the same. Whole
numbers are decimals, since a sum is one there; a first term of several SELECTs becomes a sub-query.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Cte, Derived, Output, Query, Select, SetOperation
from kpictl.ir.scalars import Cast, Col, Scalar
from kpictl.model.types import Kind, Type
from kpictl.passes.targets.nest import Names, each_query
from kpictl.sql.walk import holds

_WHOLE, _EXACT = Type(Kind.DECIMAL, 38, 0), Type(Kind.DECIMAL, 38, 10)
_KEPT = frozenset((Kind.TEXT, Kind.BOOLEAN, Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMPTZ, Kind.DOUBLE))


def typed_recursion(query: Query) -> Query:
    """`query` whose recursive WITH queries have one type a column, said in both terms."""
    return each_query(query, _typed) if holds(query, Cte) else query


def _typed(query: Query, names: Names) -> Query:
    if not any(cte.recursive and isinstance(cte.query.body, SetOperation) for cte in query.ctes):
        return query
    return replace(query, ctes=tuple(_cte(cte, names) if cte.recursive else cte for cte in query.ctes))


def _cte(cte: Cte, names: Names) -> Cte:
    both = cte.query.body
    if not isinstance(both, SetOperation) or len(both.left.outputs) != len(both.right.outputs):
        return cte
    columns = [
        (name, _type(first, then))
        for (name, first), (_, then) in zip(both.left.outputs, both.right.outputs, strict=True)
    ]
    left, right = (_term(each, columns, names) for each in (both.left, both.right))
    return replace(cte, query=replace(cte.query, body=replace(both, left=left, right=right)))


def _type(first: Type, then: Type) -> Type | None:
    """What holds both; None where a type has no other form."""
    kinds = {first.kind, then.kind} - {Kind.NULL}
    if Kind.DOUBLE in kinds:
        return Type(Kind.DOUBLE)
    if Kind.DECIMAL in kinds:
        return _EXACT
    if kinds == {Kind.INTEGER}:
        return _WHOLE
    kind = next(iter(kinds), Kind.TEXT)
    return Type(kind) if kind in _KEPT else None


def _term(query: Query, columns: list[tuple[str, Type | None]], names: Names) -> Query:
    body = query.body
    if not isinstance(body, Select) or query.ctes or query.order_by or query.limit is not None or query.offset:
        alias = names.fresh("first")
        body = Select(tuple(Output(n, Col(n, alias, t)) for n, t in query.outputs), Derived(query, alias))
    values = (output.value for output in body.outputs)
    outputs = (Output(n, _cast(v, t)) for v, (n, t) in zip(values, columns, strict=True))
    return Query(replace(body, outputs=tuple(outputs)), place=query.place)


def _cast(value: Scalar, to: Type | None) -> Scalar:
    return value if to is None or (isinstance(value, Cast) and value.type == to) else Cast(value, to)
