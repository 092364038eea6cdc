"""Tells every column of a number how many digits it can have, for targets whose exact numbers are bounded.

A column of a table keeps its declared type (a whole number: 19 digits, a decimal without precision: the target's
default); one of a sub-query or CTE gets the size of the expression behind it. The size stands in the column's type:
`Type(DECIMAL, precision, scale)`, and for whole numbers `Type(INTEGER, precision)`. Nothing else changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from kpictl.ir.query import (
    Cte,
    CteRef,
    Derived,
    Query,
    Relation,
    Select,
    Series,
    SetOperation,
    TableRef,
    Unnest,
    Values,
)
from kpictl.ir.scalars import Col, Scalar
from kpictl.model.types import Kind, Type
from kpictl.sql.walk import Node, rebuild, watch

_ONLY = ""
_has_columns = watch((Col, Query))
Sizes = Mapping[str, Type]
"""Column name to its sized type."""
Measure = Callable[[Scalar], Type]
"""The sized type of an expression whose columns are sized."""


def number_sizes(query: Query, stored: Callable[[Type], Type], size: Measure, widest: Type) -> Query:
    """`query` with sized columns. `stored` sizes a table's column, `widest` is that of a recursive CTE's numbers."""
    return _Sizing(stored, size, widest).query(query, {}, {})


class _Sizing:
    def __init__(self, stored: Callable[[Type], Type], size: Measure, widest: Type) -> None:
        self.stored, self.size, self.widest = stored, size, widest

    def query(self, query: Query, aliases: Mapping[str, Sizes | None], ctes: Mapping[str, Sizes]) -> Query:
        known = dict(ctes)
        done = []
        for cte in query.ctes:
            changed = self._cte(cte, aliases, known)
            known[cte.name] = self._outputs(changed.query)
            if cte.recursive:
                known[cte.name] = self._recursive(changed.query)
            done.append(changed)
        scope = dict(aliases)
        body = query.body
        if isinstance(body, SetOperation):
            new: Select | Values | SetOperation = replace(
                body, left=self.query(body.left, scope, known), right=self.query(body.right, scope, known)
            )
        else:
            new = self._body(body, scope, known)
        # In an order a bare name is an output, whose size matters to no one.
        order = tuple(self._node(k, {**scope, _ONLY: {}}, known) for k in query.order_by)
        return replace(query, ctes=tuple(done), body=new, order_by=order)

    def _cte(self, cte: Cte, aliases: Mapping[str, Sizes | None], known: dict[str, Sizes]) -> Cte:
        if cte.recursive:
            known[cte.name] = self._recursive(cte.query)
        return replace(cte, query=self.query(cte.query, aliases, known))

    def _recursive(self, query: Query) -> Sizes:
        return {n: self.widest if t.kind in (Kind.INTEGER, Kind.DECIMAL) else t for n, t in query.outputs}

    def _body(
        self, body: Select | Values, scope: dict[str, Sizes | None], ctes: Mapping[str, Sizes]
    ) -> Select | Values:
        if isinstance(body, Values):
            return rebuild(body, lambda n: self._node(n, scope, ctes))
        source = None if body.source is None else self._relation(body.source, scope, ctes)
        joins = []
        for join in body.joins:
            relation = self._relation(join.relation, scope, ctes)
            joins.append(replace(join, relation=relation))
        # A column without a table is of the only relation that there is.
        scope[_ONLY] = scope[source.alias] if source is not None and not joins else {}
        rest = replace(body, source=None, joins=())
        sized = rebuild(rest, lambda n: self._node(n, scope, ctes))
        on = tuple(replace(j, on=None if j.on is None else self._node(j.on, scope, ctes)) for j in joins)
        return replace(sized, source=source, joins=on)

    def _relation(self, relation: Relation, scope: dict[str, Sizes | None], ctes: Mapping[str, Sizes]) -> Relation:
        match relation:
            case TableRef(alias=alias):
                scope[alias] = None
            case CteRef(name=name, alias=alias):
                scope[alias] = ctes.get(name, {})
            case Derived(query=query, alias=alias):
                inner = self.query(query, scope, ctes)
                scope[alias] = self._outputs(inner)
                return replace(relation, query=inner)
            case Series() | Unnest():
                # Whole numbers of a series or array are as wide as a table's.
                scope[relation.alias] = None
                return rebuild(relation, lambda n: self._node(n, scope, ctes))
        return relation

    def _node(self, node: Node, scope: Mapping[str, Sizes | None], ctes: Mapping[str, Sizes]) -> Node:
        if isinstance(node, Query):
            return self.query(node, scope, ctes)
        if not isinstance(node, Col):
            if not _has_columns(node):
                return node
            return rebuild(node, lambda n: self._node(n, scope, ctes))
        if node.type.kind not in (Kind.INTEGER, Kind.DECIMAL):
            return node
        sizes = scope.get(node.table or _ONLY, {})
        sized = self.stored(node.type) if sizes is None else sizes.get(node.name, node.type)
        return node if sized is node.type else replace(node, type=sized)

    def _outputs(self, query: Query) -> Sizes:
        return dict(self._columns(query))

    def _columns(self, query: Query) -> list[tuple[str, Type]]:
        """Names and sizes by position: those of a right side may share a name."""
        body = query.body
        if isinstance(body, Select):
            return [(o.name, self.size(o.value)) for o in body.outputs]
        if isinstance(body, Values):
            columns = zip(body.names, zip(*body.rows, strict=True), strict=True)
            return [(name, widest([self.size(v) for v in values])) for name, values in columns]
        sides = zip(self._columns(body.left), self._columns(body.right), strict=True)
        return [(name, widest([a, b])) for (name, a), (_, b) in sides]


def widest(types: list[Type]) -> Type:
    """The size that holds all of these; of other kinds the first decided one."""
    sized = [t for t in types if t.kind in (Kind.INTEGER, Kind.DECIMAL)]
    if not sized or len(sized) < sum(t.kind is not Kind.NULL for t in types):
        return next((t for t in types if t.kind is not Kind.NULL), types[0])
    if any(t.precision is None for t in sized):
        return next(t for t in sized if t.precision is None)
    scale = max(t.scale or 0 for t in sized)
    whole = max((t.precision or 0) - (t.scale or 0) for t in sized)
    kind = Kind.DECIMAL if any(t.kind is Kind.DECIMAL for t in sized) else Kind.INTEGER
    return Type(kind, whole + scale, scale if kind is Kind.DECIMAL else None)
