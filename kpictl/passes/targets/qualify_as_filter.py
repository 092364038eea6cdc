"""QUALIFY as a condition on a sub-query.

Before: `SELECT id FROM orders QUALIFY row_number() OVER (PARTITION BY customer ORDER BY created) = 1`. After: the
condition is one more column of the query, and the query around it keeps the rows for which it is true. For engines whose
columns hold no condition it is a number.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from kpictl.ir.query import Derived, Output, Query, Select
from kpictl.ir.scalars import Case, Col, Scalar, SortKey
from kpictl.kinds.build import lit
from kpictl.model.types import INTEGER
from kpictl.passes.targets.nest import Names, each_query, equal


def qualify_as_filter(query: Query) -> Query:
    """`query` without QUALIFY."""
    return each_query(query, partial(_rewritten, as_number=False))


def qualify_as_number(query: Query) -> Query:
    """`query` without QUALIFY; the column that keeps a row is 1."""
    return each_query(query, partial(_rewritten, as_number=True))


def _rewritten(query: Query, names: Names, as_number: bool) -> Query:
    select = query.body
    if not isinstance(select, Select) or select.qualify is None:
        return query
    alias, kept = names.fresh("qualified"), names.fresh("kept")
    keeps: Scalar = Case(((select.qualify, lit(1)),), lit(0), INTEGER) if as_number else select.qualify
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
    below.append(Output(kept, keeps))
    inner = Query(
        replace(select, outputs=tuple(below), qualify=None, distinct=False, distinct_on=()), place=query.place
    )
    outputs = tuple(Output(o.name, Col(o.name, alias, o.type)) for o in select.outputs)
    told = Col(kept, alias, keeps.type)
    where = equal(told, lit(1)) if as_number else told
    body = Select(outputs, Derived(inner, alias), where=where, distinct=select.distinct, distinct_on=on)
    return replace(query, body=body, order_by=order)


def _is_output(by: Scalar) -> bool:
    return isinstance(by, Col) and by.table is None
