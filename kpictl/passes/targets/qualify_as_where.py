"""QUALIFY as a condition outside of the query whose windows it reads.

Before: `SELECT id FROM t QUALIFY row_number() OVER (..) = 1`. After: `SELECT id FROM (SELECT id,
row_number() OVER (..) = 1 AS kept FROM t) AS qualified WHERE kept`.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Derived, Output, Query, Select
from kpictl.ir.scalars import Case, Col, SortKey
from kpictl.kinds.build import lit
from kpictl.model.types import INTEGER
from kpictl.passes.targets.nest import Names, each_query, equal


def qualify_as_where(query: Query) -> Query:
    """`query` without QUALIFY."""
    return each_query(query, _rewritten)


def _rewritten(query: Query, names: Names) -> Query:
    select = query.body
    if not isinstance(select, Select) or select.qualify is None:
        return query
    alias, kept = names.fresh("qualified"), names.fresh("kept")
    below = [*select.outputs, Output(kept, Case(((select.qualify, lit(1)),), lit(0), INTEGER))]
    keys: list[SortKey] = []
    for key in query.order_by:
        known = key.by.name if isinstance(key.by, Col) and key.by.table is None else None
        if known is None:
            known = names.fresh("sorted")
            below.append(Output(known, key.by))
        keys.append(replace(key, by=Col(known, alias, key.by.type)))
    inner = Query(replace(select, outputs=tuple(below), qualify=None, distinct=False), place=query.place)
    outputs = tuple(Output(o.name, Col(o.name, alias, o.type)) for o in select.outputs)
    where = equal(Col(kept, alias, INTEGER), lit(1))
    body = Select(outputs, Derived(inner, alias), where=where, distinct=select.distinct)
    if select.distinct:
        keys = list(query.order_by)
    return replace(query, body=body, order_by=tuple(keys))
