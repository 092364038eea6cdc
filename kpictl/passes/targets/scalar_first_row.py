"""Says a correlated scalar sub-query of a first row by an aggregate, where a LIMIT there is not run.

Before: `(SELECT rate FROM fx WHERE fx.currency = i.currency ORDER BY day DESC LIMIT 1)`. After: `(SELECT first_by(rate ORDER BY
day DESC) FROM fx WHERE fx.currency = i.currency)`. Without an order any row will do, and the least value is taken.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Output, Query, Select
from kpictl.ir.scalars import Agg, Col, Scalar, ScalarQuery, SortKey
from kpictl.passes.targets.subqueries import is_correlated
from kpictl.sql.walk import Node, has_aggregate, has_window, transform


def scalar_first_row(query: Query) -> Query:
    """`query` without LIMIT 1 in correlated scalar sub-queries."""
    return transform(query, _change, ScalarQuery)


def _change(node: Node) -> Node:
    if not isinstance(node, ScalarQuery) or node.query.limit != 1 or node.query.offset or node.query.ctes:
        return node
    inner, body = node.query, node.query.body
    if not isinstance(body, Select) or body.group_by is not None or body.distinct or body.distinct_on or body.qualify:
        return node
    (output,) = body.outputs
    if has_aggregate(output.value) or has_window(output.value) or not is_correlated(inner):
        return node
    keys = tuple(replace(k, by=_value(k, output)) for k in inner.order_by) or (SortKey(output.value),)
    first = Agg("first_by", (output.value,), order_by=keys, type=output.type)
    return replace(node, query=Query(replace(body, outputs=(Output(output.name, first),)), place=inner.place))


def _value(key: SortKey, output: Output) -> Scalar:
    by = key.by
    return output.value if isinstance(by, Col) and by.table is None and by.name == output.name else by
