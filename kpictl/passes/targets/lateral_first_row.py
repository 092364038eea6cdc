"""Says a lateral first row by scalar sub-queries, where its correlation is more than equalities.

Before: `FROM i LEFT JOIN LATERAL (SELECT rate FROM fx WHERE fx.currency = i.currency AND fx.day <= i.day ORDER BY fx.day
DESC LIMIT 1) AS f ON TRUE`. After: each `f.rate` is `(SELECT first_by(rate ORDER BY fx.day DESC) FROM fx WHERE ..)`; a
CROSS JOIN also asks that there is such a row.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Derived, Joined, Output, Query, Select
from kpictl.ir.scalars import Agg, Call, Col, Exists, Lit, Scalar, ScalarQuery, SortKey
from kpictl.model.types import BOOLEAN, INTEGER
from kpictl.passes.targets.nest import Names, each_query
from kpictl.sql.walk import has_aggregate, has_window, substitute


def lateral_first_row(query: Query) -> Query:
    """`query` without lateral sub-queries of one row in an order."""
    return each_query(query, _change)


def _change(query: Query, names: Names) -> Query:
    select = query.body
    if not isinstance(select, Select):
        return query
    joins, given, found = [], {}, []
    for join in select.joins:
        if not _is_first_row(join):
            joins.append(join)
            continue
        inner = join.relation.query  # type: ignore[union-attr]
        given.update(_columns(join.relation.alias, inner))
        if join.kind != "left":
            found.append(Exists(Query(replace(inner.body, outputs=(Output("one", Lit(1, INTEGER)),)))))
    if not given:
        return query
    where = found if select.where is None else [select.where, *found]
    whole = None if not where else where[0] if len(where) == 1 else Call("and", tuple(where), BOOLEAN)
    changed = replace(query, body=replace(select, joins=tuple(joins), where=whole))
    return substitute(changed, columns=given)


def _is_first_row(join: Joined) -> bool:
    relation = join.relation
    if not isinstance(relation, Derived) or not relation.lateral or join.kind not in ("left", "cross", "inner"):
        return False
    inner, body = relation.query, relation.query.body
    if join.on is not None and not (isinstance(join.on, Lit) and join.on.value is True):
        return False
    if not isinstance(body, Select) or inner.ctes or inner.offset or inner.limit != 1 or not inner.order_by:
        return False
    shaped = body.group_by is not None or body.having or body.qualify or body.distinct or body.distinct_on
    return not shaped and not any(has_aggregate(o.value) or has_window(o.value) for o in body.outputs)


def _columns(alias: str, inner: Query) -> dict[tuple[str | None, str], Scalar]:
    body = inner.body
    assert isinstance(body, Select)
    values = {o.name: o.value for o in body.outputs}
    keys = tuple(replace(key, by=_value(key, values)) for key in inner.order_by)
    return {(alias, o.name): _first(o, keys, body) for o in body.outputs}


def _value(key: SortKey, values: dict[str, Scalar]) -> Scalar:
    by = key.by
    return values.get(by.name, by) if isinstance(by, Col) and by.table is None else by


def _first(output: Output, keys: tuple[SortKey, ...], body: Select) -> Scalar:
    first = Agg("first_by", (output.value,), order_by=keys, type=output.type)
    return ScalarQuery(Query(replace(body, outputs=(Output(output.name, first),))), output.type)
