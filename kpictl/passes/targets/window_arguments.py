"""What windows of many engines cannot be given, said inside of their arguments.

- `sum(x) FILTER (WHERE c) OVER w` becomes `sum(CASE WHEN c THEN x END) OVER w`;
- `lag(x, n, default) OVER w` becomes `CASE WHEN row_number() OVER w > n THEN lag(x, n) OVER w ELSE default END`, and `lead` the
  same with the rows that follow. (`coalesce` would be wrong where x itself is NULL.)
- `max(x) OVER (PARTITION BY k)` of a text becomes `first_value(x) OVER (PARTITION BY k ORDER BY x DESC ..)` of all its rows.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Query
from kpictl.ir.scalars import Agg, Call, Case, Frame, FrameBound, Lit, Over, Scalar, SortKey
from kpictl.kinds.build import call, lit
from kpictl.model.types import BOOLEAN, INTEGER, Kind
from kpictl.passes.targets.nest import filtered
from kpictl.sql.walk import Node, transform

_WHOLE = Frame("rows", FrameBound(None), FrameBound(None, following=True))


def window_filter_as_case(query: Query) -> Query:
    """`query` with the filters of window aggregates inside of their arguments."""

    def change(node: Node) -> Node:
        if not isinstance(node, Over) or not isinstance(node.call, Agg) or node.call.where is None:
            return node
        return replace(node, call=_unfiltered(node.call))

    return transform(query, change, Over)


def _unfiltered(agg: Agg) -> Agg:
    if agg.fn == "count_rows":
        return replace(agg, fn="count", args=(filtered(agg, lit(1)),), where=None)
    return replace(agg, args=(filtered(agg, agg.args[0]), *agg.args[1:]), where=None)


def window_default_as_case(query: Query) -> Query:
    """`query` with the defaults of lag and lead outside of their arguments."""
    return transform(query, _defaulted, Over)


def _defaulted(over: Over) -> Scalar:
    call_ = over.call
    if not isinstance(call_, Call) or call_.fn not in ("lag", "lead") or len(call_.args) < 3:
        return over
    x, n, default = call_.args
    plain = replace(over, call=replace(call_, args=(x, n)))
    if isinstance(default, Lit) and default.value is None:
        return plain
    place = Over(Call("row_number", (), INTEGER), over.partition_by, over.order_by, None, INTEGER)
    if call_.fn == "lag":
        there: Scalar = Call("gt", (place, n), BOOLEAN)
    else:
        size = Over(Agg("count_rows", (), type=INTEGER), over.partition_by, (), None, INTEGER)
        there = Call("le", (call("add", place, n), size), BOOLEAN)
    return Case(((there, plain),), default, over.type)


def window_texts_as_first(query: Query) -> Query:
    """`query` with the least and greatest texts of whole partitions as the first ones, for targets that aggregate no text."""

    def change(over: Over) -> Over:
        agg = over.call
        if not isinstance(agg, Agg) or agg.fn not in ("min", "max") or agg.where is not None:
            return over
        (x,) = agg.args
        if x.type.kind is not Kind.TEXT or over.order_by or over.frame is not None:
            return over
        first = Call("first_value", (x,), over.type, agg.place)
        return replace(over, call=first, order_by=(SortKey(x, agg.fn == "max", True),), frame=_WHOLE)

    return transform(query, change, Over)
