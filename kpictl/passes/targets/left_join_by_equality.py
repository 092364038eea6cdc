"""Gives a LEFT JOIN on other conditions than equalities an equality, for engines that run no other.

Before: `FROM months AS m LEFT JOIN subs AS s ON s.started <= m.ends AND s.ended > m.ends`. After:

    FROM months AS m LEFT JOIN (SELECT k.key, s.id FROM (SELECT DISTINCT m.ends AS key FROM months AS m) AS k
    JOIN subs AS s ON s.started <= k.key AND s.ended > k.key) AS s ON s.key = m.ends

The left side is read twice; what it is joined on is made distinct first, so that no row comes twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from kpictl.ir.query import Derived, Joined, Output, Query, Relation, Select, Series, Unnest, Values
from kpictl.ir.scalars import Call, Col, Lit, Scalar
from kpictl.kinds.build import call, conjunction, conjuncts
from kpictl.model.types import Kind
from kpictl.passes.targets.nest import Names, aliases, each_query, equal
from kpictl.sql.walk import Node, find, substitute

_LENIENT = frozenset({"coalesce", "greatest", "least", "concat", "concat_ws", "is_null", "is_true", "is_false", "same"})
_COMPARISONS = frozenset({"eq", "ne", "lt", "le", "gt", "ge", "in_list", "like"})
Sayable = Callable[[Scalar | None, set[str] | frozenset[str], set[str] | frozenset[str]], bool]
"""Whether an engine runs an outer join on conditions, of the relations of its one side and of its other."""

_STAND_INS: dict[Kind, object] = {
    Kind.INTEGER: 0,
    Kind.DECIMAL: Decimal(0),
    Kind.DOUBLE: 0.0,
    Kind.TEXT: "",
    Kind.BOOLEAN: False,
    Kind.DATE: date(1970, 1, 1),
    Kind.TIMESTAMP: datetime(1970, 1, 1),
    Kind.TIMESTAMPTZ: datetime(1970, 1, 1, tzinfo=UTC),
}


def left_join_by_equality(query: Query) -> Query:
    """`query` whose left joins have an equality, where the condition reads columns of the left side."""
    return each_query(query, lambda q, names: _rewritten(q, names, meets))


def left_join_by_equalities(query: Query) -> Query:
    """`query` whose left joins ask nothing of both sides but equalities, where that reads columns of the left side."""
    return each_query(query, lambda q, names: _rewritten(q, names, meets_alone))


def _rewritten(query: Query, names: Names, is_sayable: Sayable) -> Query:
    select = query.body
    if not isinstance(select, Select):
        return query
    for at, join in enumerate(select.joins):
        if join.kind != "left" or _in_place(join.relation):
            continue
        left = replace(select, joins=select.joins[:at])
        if is_sayable(join.on, {join.relation.alias}, aliases(left)):
            continue
        changed = _changed(query, left, at, join, names)
        if changed is not None:
            query = changed
            assert isinstance(query.body, Select)
            select = query.body
    return query


def _in_place(relation: Relation) -> bool:
    lateral = isinstance(relation, Derived) and (relation.lateral or isinstance(relation.query.body, Values))
    return lateral or isinstance(relation, Unnest | Series)


def meets_alone(on: Scalar | None, one: set[str] | frozenset[str], other: set[str] | frozenset[str]) -> bool:
    """Whether equalities are all that the conditions ask of both sides; `on` may ask the rest of one side alone."""
    sides = [part for part in conjuncts(on) if {c.table for c in find(part, Col)} & one]
    both = [part for part in sides if {c.table for c in find(part, Col)} & other]
    return bool(both) and all(_is_equality(part, one, other, ("eq", "same")) for part in both)


def meets(on: Scalar | None, one: set[str] | frozenset[str], other: set[str] | frozenset[str]) -> bool:
    """Whether one of the conditions is an equality of columns of one side with columns of the other."""
    return any(_is_equality(condition, one, other, ("eq",)) for condition in conjuncts(on))


def _is_equality(
    condition: Scalar, one: set[str] | frozenset[str], other: set[str] | frozenset[str], of: tuple[str, ...]
) -> bool:
    if not isinstance(condition, Call) or condition.fn not in of:
        return False
    a, b = ({c.table for c in find(arg, Col)} for arg in condition.args)
    return bool(a and b) and ((a <= one and b <= other) or (b <= one and a <= other))


def _changed(query: Query, left: Select, at: int, join: Joined, names: Names) -> Query | None:
    select, on = query.body, join.on
    assert isinstance(select, Select)
    local = aliases(left)
    read = list(dict.fromkeys(c for c in find(on, Col) if c.table in local)) if on is not None else []
    if not read or any(c.type.kind not in _STAND_INS for c in read):
        return None
    keys_alias, alias = names.fresh("met"), join.relation.alias
    keys = {c: names.fresh("key") for c in read}
    below = Select(
        tuple(Output(name, replace(c, place=None)) for c, name in keys.items()), left.source, left.joins, distinct=True
    )
    moved = {(c.table, c.name): Col(name, keys_alias, c.type) for c, name in keys.items()}
    outputs = [Output(name, Col(name, keys_alias, c.type)) for c, name in keys.items()]
    outputs += [Output(c.name, replace(c, place=None)) for c in _read_of(query, at, alias)]
    matched = Select(
        tuple(outputs),
        Derived(Query(below), keys_alias),
        (Joined("inner", join.relation, substitute(on, columns=moved)),),
    )
    conditions = [
        part for c, name in keys.items() for part in _met(c, Col(name, alias, c.type), strict=_is_strict(on, c))
    ]
    joined = Joined("left", Derived(Query(matched), alias), conjunction(conditions))
    joins = (*select.joins[:at], joined, *select.joins[at + 1 :])
    return replace(query, body=replace(select, joins=joins))


def _met(column: Col, key: Col, *, strict: bool) -> list[Scalar]:
    """That a row has this key; a NULL finds NULL where the condition may hold for it."""
    if strict:
        return [equal(key, column)]
    stand_in = Lit(_STAND_INS[column.type.kind], column.type)  # type: ignore[arg-type]
    known = [Call("coalesce", (c, stand_in), column.type) for c in (key, column)]
    return [equal(*known), call("same", key, column)]


def _is_strict(on: Scalar | None, column: Col) -> bool:
    """Whether the condition never holds where the column is NULL: a comparison of it must hold."""
    return any(
        isinstance(part, Call) and part.fn in _COMPARISONS and any(_passes_null(arg, column) for arg in part.args[:2])
        for part in conjuncts(on)
    )


def _passes_null(scalar: Scalar, column: Col) -> bool:
    if scalar == column:
        return True
    return isinstance(scalar, Call) and scalar.fn not in _LENIENT and any(_passes_null(a, column) for a in scalar.args)


def _read_of(query: Query, at: int, alias: str) -> list[Col]:
    """The columns of the joined relation that anything else reads."""
    select = query.body
    assert isinstance(select, Select)
    rest: list[Node] = [replace(select, joins=select.joins[:at] + select.joins[at + 1 :]), *query.order_by]
    return list({c.name: c for node in rest for c in find(node, Col) if c.table == alias}.values())
