"""Running frames that end with the last row of equal order, for engines whose frames count rows only.

Before: `sum(x) OVER (PARTITION BY p ORDER BY t)`, where rows may have one t. After: the rows have a number each, a running sum by
rows in that order, and each takes the sum of the last row that has its t:

    last_value(running) OVER (PARTITION BY p, t ORDER BY number ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)

A frame that begins with the current row and has no end is the same from the other side. Rows without a t are of equal order.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Query, Select
from kpictl.ir.scalars import Agg, Call, Col, Frame, FrameBound, Over, Scalar, SortKey
from kpictl.model.types import INTEGER
from kpictl.passes.targets.groups_below import groups_below, windows, windows_replaced
from kpictl.passes.targets.nest import Names, each_query, nest, row_number
from kpictl.sql.walk import holds

_START, _HERE, _END = FrameBound(None), FrameBound(0), FrameBound(None, following=True)
_WHOLE = Frame("rows", _START, _END)


def peers_by_rows(query: Query) -> Query:
    """`query` without frames that end or begin with the rows of equal order."""
    return each_query(query, _rewritten) if holds(query, Over) else query


def _kind(over: Over) -> str:
    """How the frame reaches over rows of equal order: `before`, `after`, `equal`, or not at all."""
    frame = over.frame
    if frame is None or frame.mode not in ("range", "groups") or frame.exclude or not over.order_by:
        return ""
    starts, ends = (bound.offset is None for bound in (frame.start, frame.end))
    here, until = frame.start.offset == 0, frame.end.offset == 0
    return "before" if starts and until else "after" if here and ends else "equal" if here and until else ""


def _rewritten(query: Query, names: Names) -> Query:
    if not isinstance(query.body, Select) or not holds(query, Over) or not any(map(_kind, windows(query))):
        return query
    equal = {over: _of_equals(over) for over in windows(query) if _kind(over) == "equal"}
    if equal:
        query = windows_replaced(query, equal)
    running = [over for over in windows(query) if _kind(over)]
    below = groups_below(query, names) if running else None
    return query if below is None else _taken_apart(below, names)


def _of_equals(over: Over) -> Scalar:
    partition = _peers(over)
    if isinstance(over.call, Agg):
        return replace(over, partition_by=partition, order_by=(), frame=None)
    return replace(over, partition_by=partition, frame=_WHOLE)


def _peers(over: Over) -> tuple[Scalar, ...]:
    return tuple(dict.fromkeys((*over.partition_by, *(key.by for key in over.order_by))))


def _taken_apart(query: Query, names: Names) -> Query:
    found = [over for over in windows(query) if _kind(over)]
    orders = dict.fromkeys((over.partition_by, over.order_by) for over in found)
    numbers = {order: names.fresh("number") for order in orders}
    numbered = nest(query, names, [(n, row_number(*order)) for order, n in numbers.items()], wish="numbered")
    name_of = [numbers[over.partition_by, over.order_by] for over in found]
    wanted: list[tuple[str, Scalar]] = [(n, Col(n, numbered.alias, INTEGER)) for n in numbers.values()]
    values = []
    for n, over in zip(name_of, _again(numbered.query), strict=True):
        frame = Frame("rows", _START, _HERE) if _kind(over) == "before" else Frame("rows", _HERE, _END)
        order = (SortKey(Col(n, numbered.alias, INTEGER)),)
        values.append(names.fresh("running"))
        wanted.append((values[-1], replace(over, order_by=order, frame=frame)))
    run = nest(numbered.query, names, wanted, wish="summed")
    new: dict[Over, Scalar] = {}
    for n, value, over in zip(name_of, values, _again(run.query), strict=True):
        take = "last_value" if _kind(over) == "before" else "first_value"
        order = (SortKey(Col(n, run.alias, INTEGER)),)
        call = Call(take, (Col(value, run.alias, over.type),), over.type)
        new[over] = Over(call, _peers(over), order, _WHOLE, over.type, over.place)
    return windows_replaced(run.query, new)


def _again(query: Query) -> list[Over]:
    """The same windows, in the same order, after their columns have moved."""
    return [over for over in windows(query) if _kind(over)]
