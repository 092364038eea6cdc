"""Sub-queries that read what stands left of them, as joins.

Before: `FROM users AS u CROSS JOIN LATERAL (SELECT amount FROM orders AS o WHERE o.customer_id = u.id
ORDER BY amount DESC LIMIT 1) AS l`. After: the sub-query numbers the rows of each `customer_id` in its
order, keeps those of a turn up to 1 and is joined on `customer_id = u.id`. One that aggregates all its rows becomes a scalar
sub-query for each of its columns that is read; one of VALUES becomes a join to their numbers and a CASE a column.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Derived, Joined, Output, Query, Select, Values
from kpictl.ir.scalars import Call, Case, Col, Scalar, ScalarQuery
from kpictl.kinds.build import TRUE, conjunction, lit
from kpictl.model.types import BOOLEAN, INTEGER
from kpictl.passes.targets.nest import Names, each_query, equal, row_number
from kpictl.passes.targets.subqueries import correlation, is_correlated
from kpictl.sql.walk import has_aggregate, has_window, substitute


def lateral_as_join(query: Query) -> Query:
    """`query` without LATERAL where the correlation is by equality."""
    return each_query(query, _rewritten)


def _rewritten(query: Query, names: Names) -> Query:
    select = query.body
    if not isinstance(select, Select) or not any(_is_lateral(j) for j in select.joins):
        return query
    joins: list[Joined] = []
    columns: dict[tuple[str | None, str], Scalar] = {}
    for join in select.joins:
        if not _is_lateral(join):
            joins.append(join)
            continue
        assert isinstance(join.relation, Derived)
        scalars = _scalars(join, join.relation)
        if scalars is not None:
            columns.update({name: substitute(value, columns=columns) for name, value in scalars.items()})
        elif isinstance(join.relation.query.body, Values):
            joins.append(_numbered(join, join.relation, columns, names))
        else:
            joins.append(_joined(join, names))
    changed = replace(query, body=replace(select, joins=tuple(joins)))
    return substitute(changed, columns=columns) if columns else changed


def _scalars(join: Joined, relation: Derived) -> dict[tuple[str | None, str], Scalar] | None:
    """The columns of a sub-query that always has one row, each as a sub-query of its own (as itself where the sub-query
    only computes); None for others."""
    inner = relation.query
    body = inner.body
    if not isinstance(body, Select) or inner.ctes or inner.offset or inner.limit == 0 or join.on not in (None, TRUE):
        return None
    if body == Select(body.outputs) and not any(has_aggregate(o.value) or has_window(o.value) for o in body.outputs):
        return {(relation.alias, o.name): o.value for o in body.outputs}
    grouped = body.group_by is not None or body.having is not None or body.qualify is not None
    if grouped or not all(has_aggregate(o.value) for o in body.outputs):
        return None
    return {
        (relation.alias, o.name): ScalarQuery(Query(replace(body, outputs=(o,)), place=inner.place), o.type)
        for o in body.outputs
    }


def _numbered(join: Joined, relation: Derived, columns: dict[tuple[str | None, str], Scalar], names: Names) -> Joined:
    """VALUES that read what stands left of them: their numbers as rows, their columns by number."""
    values = relation.query.body
    assert isinstance(values, Values)
    name = names.fresh("n")
    number = Col(name, relation.alias, INTEGER)
    for i, column in enumerate(values.names):
        whens = tuple((equal(number, lit(n)), row[i]) for n, row in enumerate(values.rows))
        columns[relation.alias, column] = Case(whens, None, values.rows[0][i].type)
    rows = Values((name,), tuple((lit(n),) for n in range(len(values.rows))))
    return replace(join, relation=Derived(Query(rows), relation.alias))


def _is_lateral(join: Joined) -> bool:
    return isinstance(join.relation, Derived) and join.relation.lateral


def _joined(join: Joined, names: Names) -> Joined:
    relation = join.relation
    assert isinstance(relation, Derived)
    if not is_correlated(relation.query):
        return replace(join, relation=replace(relation, lateral=False))
    inner, kind = relation.query, "inner" if join.kind == "cross" else join.kind
    found = correlation(inner)
    if found is None or kind not in ("inner", "left"):
        return join
    select, pairs = found
    outputs, on = [*select.outputs], [join.on]
    for mine, theirs in pairs:
        name = names.fresh("key")
        outputs.append(Output(name, mine))
        on.append(equal(Col(name, relation.alias, mine.type), theirs))
    if inner.limit is not None:
        if select.distinct or select.distinct_on:
            return join
        values = {o.name: o.value for o in select.outputs}
        order = [replace(k, by=_value(k.by, values)) for k in inner.order_by]
        turn = names.fresh("turn")
        outputs.append(Output(turn, row_number([mine for mine, _ in pairs], order)))
        at_most = Call("le", (Col(turn, relation.alias, INTEGER), lit(inner.limit)), BOOLEAN)
        below = Query(replace(select, outputs=tuple(outputs)))
        return Joined(kind, Derived(_kept(below, at_most, names, relation.alias), relation.alias), conjunction(on))
    return Joined(kind, Derived(Query(replace(select, outputs=tuple(outputs))), relation.alias), conjunction(on))


def _kept(query: Query, condition: Scalar, names: Names, alias: str) -> Query:
    """The rows that are within the limit; decided before the join, so that an outer one keeps what has no row."""
    outputs = tuple(Output(name, Col(name, alias, kind)) for name, kind in query.outputs)
    return Query(Select(outputs, Derived(query, alias), where=condition))


def _value(by: Scalar, values: dict[str, Scalar]) -> Scalar:
    return values.get(by.name, by) if isinstance(by, Col) and by.table is None else by
