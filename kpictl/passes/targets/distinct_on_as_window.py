"""DISTINCT ON as the first row of each group.

Before: `SELECT DISTINCT ON (customer) customer, id FROM orders ORDER BY customer, created DESC`. After: each row has its `turn`
in its group, in the query's order, and only those whose turn is 1 are kept.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Derived, Output, Query, Select
from kpictl.ir.scalars import Col, Scalar, SortKey
from kpictl.kinds.build import lit
from kpictl.model.types import INTEGER
from kpictl.passes.targets.nest import Names, each_query, equal, row_number


def distinct_on_as_window(query: Query) -> Query:
    """`query` without DISTINCT ON."""
    return each_query(query, _rewritten)


def _rewritten(query: Query, names: Names) -> Query:
    select = query.body
    if not isinstance(select, Select) or not select.distinct_on:
        return query
    alias, turn = names.fresh("ranked"), names.fresh("turn")
    values = {o.name: o.value for o in select.outputs}

    def value(key: SortKey) -> Scalar:
        by = key.by
        return values.get(by.name, by) if isinstance(by, Col) and by.table is None else by

    order = tuple(replace(key, by=value(key)) for key in query.order_by)
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
