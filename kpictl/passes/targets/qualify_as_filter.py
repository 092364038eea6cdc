"""QUALIFY as a condition on a sub-query.

Before: `SELECT id FROM orders QUALIFY row_number() OVER (PARTITION BY customer ORDER BY created) = 1`. After: the
condition is one more column of the query, and the query around it keeps the rows for which it is true.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Derived, Output, Query, Select
from kpictl.ir.scalars import Col, Scalar, SortKey
from kpictl.model.types import BOOLEAN
from kpictl.passes.targets.nest import Names, each_query


def qualify_as_filter(query: Query) -> Query:
    """`query` without QUALIFY."""
    return each_query(query, _rewritten)


def _rewritten(query: Query, names: Names) -> Query:
    select = query.body
    if not isinstance(select, Select) or select.qualify is None:
        return query
    alias, kept = names.fresh("rows"), names.fresh("kept")
    values = {o.name: o.value for o in select.outputs}
    below = [*select.outputs]

    def above(value: Scalar, wish: str) -> Col:
        known = next((o.name for o in below if o.value == value), None)
        if known is None:
            known = names.fresh(wish)
            below.append(Output(known, value))
        return Col(known, alias, value.type)

    def key(told: SortKey) -> SortKey:
        by = told.by
        return replace(told, by=above(values.get(by.name, by) if _is_output(by) else by, "sorted"))  # type: ignore[union-attr]

    order = tuple(key(k) for k in query.order_by)
    on = tuple(above(value, "told_apart") for value in select.distinct_on)
    below.append(Output(kept, select.qualify))
    inner = Query(
        replace(select, outputs=tuple(below), qualify=None, distinct=False, distinct_on=()), place=query.place
    )
    outputs = tuple(Output(o.name, Col(o.name, alias, o.type)) for o in select.outputs)
    body = Select(
        outputs, Derived(inner, alias), where=Col(kept, alias, BOOLEAN), distinct=select.distinct, distinct_on=on
    )
    return replace(query, body=body, order_by=order)


def _is_output(by: Scalar) -> bool:
    return isinstance(by, Col) and by.table is None
