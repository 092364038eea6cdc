"""NTH_VALUE as the value of the row of that number, for engines that have none.

Before: `nth_value(x, 2) OVER (PARTITION BY p ORDER BY t)`. After: the rows have a number each, and `max(CASE WHEN number = 2 THEN
x END) OVER (PARTITION BY p ORDER BY t)`: one row of the frame has it, or none has yet. So of frames that begin with the first
row; others stay.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Query, Select
from kpictl.ir.scalars import Agg, Case, Col, Over, Scalar, SortKey
from kpictl.model.types import INTEGER
from kpictl.passes.targets.groups_below import groups_below, windows, windows_replaced
from kpictl.passes.targets.nest import Names, each_query, equal, nest, row_number
from kpictl.sql.walk import holds


def nth_by_number(query: Query) -> Query:
    """`query` without NTH_VALUE over frames that begin with the first row."""
    return each_query(query, _rewritten) if holds(query, Over) else query


def _is_wanted(over: Over) -> bool:
    if isinstance(over.call, Agg) or over.call.fn != "nth_value":
        return False
    frame = over.frame
    return frame is None or (frame.start.offset is None and not frame.start.following and not frame.exclude)


def _rewritten(query: Query, names: Names) -> Query:
    if not isinstance(query.body, Select) or not any(map(_is_wanted, windows(query))):
        return query
    below = groups_below(query, names)
    if below is None:
        return query
    found = [over for over in windows(below) if _is_wanted(over)]
    orders = dict.fromkeys((over.partition_by, over.order_by) for over in found)
    numbers = {order: names.fresh("number") for order in orders}
    nested = nest(below, names, [(n, row_number(*order)) for order, n in numbers.items()], wish="numbered")
    new: dict[Over, Scalar] = {}
    for over, now in zip(found, [each for each in windows(nested.query) if _is_wanted(each)], strict=True):
        number = Col(numbers[over.partition_by, over.order_by], nested.alias, INTEGER)
        new[now] = _said(now, number)
    return windows_replaced(nested.query, new)


def _said(over: Over, number: Scalar) -> Over:
    x, n = over.call.args
    largest = Agg("max", (Case(((equal(number, n), x),), None, x.type),), type=x.type, place=over.call.place)
    frame = over.frame
    if frame is not None and frame.end.offset is None:
        return replace(over, call=largest, order_by=(), frame=None)
    by_rows = frame is not None and frame.mode == "rows"
    return replace(over, call=largest, order_by=(SortKey(number),) if by_rows else over.order_by)
