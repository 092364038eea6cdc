"""Renames relations that are called like a column that the SELECT gives, for engines that look a name up there first.

Before: `SELECT n.n, count(*) FROM series AS n(n) GROUP BY n.n`, where `n` of GROUP BY is the output. After: the relation
is `n_2`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from kpictl.ir.query import Query, Relation, Select
from kpictl.ir.scalars import Col
from kpictl.passes.targets.nest import Names, aliases, each_query
from kpictl.sql.walk import Node, rebuild

N = TypeVar("N")


def aliases_apart(query: Query) -> Query:
    """`query` without relations that have the name of an output of their SELECT."""
    return each_query(query, _rewritten)


def _rewritten(query: Query, names: Names) -> Query:
    select = query.body
    if not isinstance(select, Select):
        return query
    told = {o.name.lower() for o in select.outputs}
    new = {alias: names.fresh(alias) for alias in sorted(aliases(select)) if alias.lower() in told}
    if not new:
        return query

    def visit(node: N) -> N:
        return _renamed(node, new)

    source = None if select.source is None else _relation(select.source, new)
    joins = tuple(replace(j, relation=_relation(j.relation, new), on=visit(j.on)) for j in select.joins)
    above = visit(replace(select, source=None, joins=()))
    return replace(query, body=replace(above, source=source, joins=joins), order_by=tuple(map(visit, query.order_by)))


def _relation(relation: Relation, new: dict[str, str]) -> Relation:
    inside = _renamed(relation, new)
    return replace(inside, alias=new.get(relation.alias, relation.alias))


def _renamed(node: N, new: dict[str, str]) -> N:
    """Columns under the new names, except where a sub-query has a relation of the old one."""
    if isinstance(node, Col):
        found: Node = replace(node, table=new[node.table]) if node.table in new else node
        return found  # type: ignore[no-any-return]
    if node is None:
        return node
    if isinstance(node, Query) and isinstance(node.body, Select):
        new = {old: to for old, to in new.items() if old not in aliases(node.body)}
    return rebuild(node, lambda below: _renamed(below, new))
