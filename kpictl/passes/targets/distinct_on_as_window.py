"""DISTINCT ON as the first row of each group.

Before: `SELECT DISTINCT ON (customer) customer, id FROM orders ORDER BY customer, created DESC`. After: each row has its `turn`
in its group, in the query's order, and only those whose turn is 1 are kept. Where that order is by a window, the turn is taken
one query above it.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Derived, Output, Query, Select
from kpictl.ir.scalars import Col, Scalar, SortKey
from kpictl.kinds.build import lit
from kpictl.model.types import INTEGER
from kpictl.passes.targets.nest import Names, each_query, equal, row_number
from kpictl.sql.walk import has_window


def distinct_on_as_window(query: Query) -> Query:
    """`query` without DISTINCT ON."""
    return each_query(query, _rewritten)


def _rewritten(query: Query, names: Names) -> Query:
    select = query.body
    if not isinstance(select, Select) or not select.distinct_on:
        return query
    values = {o.name: o.value for o in select.outputs}

    def value(key: SortKey) -> Scalar:
        by = key.by
        return values.get(by.name, by) if isinstance(by, Col) and by.table is None else by

    order = tuple(replace(key, by=value(key)) for key in query.order_by)
    if any(has_window(x) for x in (*select.distinct_on, *(key.by for key in order))):
        return _rewritten(_above_windows(query, select, order, names), names)
    alias, turn = names.fresh("ranked"), names.fresh("turn")
    below = [*select.outputs]
    keys: list[SortKey] = []
    for key in order:
        known = next((o.name for o in below if o.value == key.by), None)
        if known is None:
            known = names.fresh("sorted")
            below.append(Output(known, key.by))
        keys.append(replace(key, by=Col(known, alias, key.by.type)))
    below.append(Output(turn, row_number(select.distinct_on, order)))
    inner = Query(replace(select, outputs=tuple(below), distinct_on=()), place=query.place)
    outputs = tuple(Output(o.name, Col(o.name, alias, o.type)) for o in select.outputs)
    first = equal(Col(turn, alias, INTEGER), lit(1))
    return replace(query, body=Select(outputs, Derived(inner, alias), where=first), order_by=tuple(keys))


def _above_windows(query: Query, select: Select, order: tuple[SortKey, ...], names: Names) -> Query:
    """The same DISTINCT ON over a sub-query that has whatever it is by as a column."""
    alias = names.fresh("windowed")
    below = [*select.outputs]

    def column(by: Scalar) -> Col:
        known = next((o.name for o in below if o.value == by), None)
        if known is None:
            known = names.fresh("sorted")
            below.append(Output(known, by))
        return Col(known, alias, by.type)

    on = tuple(column(x) for x in select.distinct_on)
    keys = tuple(replace(key, by=column(key.by)) for key in order)
    outputs = tuple(Output(o.name, Col(o.name, alias, o.type)) for o in select.outputs)
    inner = Query(replace(select, outputs=tuple(below), distinct_on=()), place=query.place)
    return replace(query, body=Select(outputs, Derived(inner, alias), distinct_on=on), order_by=keys)
