"""What T-SQL does not run though it can be said, each by a rule of its manual."""

from __future__ import annotations

from collections.abc import Iterator

from kpictl.diagnostics import Place
from kpictl.dialects.dialect import Refusal
from kpictl.dialects.series_limits import no_uneven_series
from kpictl.ir.query import Query, Select
from kpictl.ir.scalars import Agg, Call, Col, InQuery, Over
from kpictl.sql.walk import children, find, holds

Limit = tuple[Place | None, str, Refusal]
_ORDERED = frozenset("row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value".split())


def limits(query: Query) -> Iterator[Limit]:
    """Every construct of the query that the engine refuses."""
    yield from no_uneven_series(query)
    for over in find(query, Over):
        yield from _window(over)
    for inner in find(query, InQuery):
        if len(inner.args) > 1:
            yield inner.place, "rows in IN", Refusal("IN takes one value there", "use EXISTS with both equalities")
    for agg in find(query, Agg):
        yield from _aggregate(agg)
    for select in find(query, Select):
        yield from _select(select)


def _window(over: Over) -> Iterator[Limit]:
    call = over.call
    if isinstance(call, Agg) and call.distinct:
        yield (
            over.place,
            "DISTINCT in a window",
            Refusal("its windows take no DISTINCT", "count in a sub-query, and join"),
        )
    if isinstance(call, Agg) and call.fn == "string_agg":
        yield (
            over.place,
            "string_agg in a window",
            Refusal("STRING_AGG takes no OVER", "aggregate in a sub-query, and join"),
        )
    if over.order_by:
        return
    if isinstance(call, Call) and call.fn in _ORDERED:
        yield (
            over.place,
            f"{call.fn} without an order",
            Refusal("it must have ORDER BY there", "give the window an ORDER BY"),
        )
    elif over.frame is not None:
        yield (
            over.place,
            "a frame without an order",
            Refusal("frames are of ordered windows", "give the window an ORDER BY"),
        )


def _aggregate(agg: Agg) -> Iterator[Limit]:
    if any(holds(arg, Query) for arg in agg.args):
        why = Refusal("aggregates take no sub-query", "compute it in a sub-query of FROM first")
        yield agg.place, "an aggregate of a sub-query", why


def _select(select: Select) -> Iterator[Limit]:
    for key in (key for keys in select.group_by or () for key in keys):
        if not any(find(key, Col)):
            yield (
                getattr(key, "place", None),
                "GROUP BY a constant",
                Refusal("a key must read a column", "leave the key out"),
            )
    orders = {agg.order_by for agg in _lists(select)}
    if len(orders) > 1:
        why = Refusal("all STRING_AGG of one SELECT must have one order", "aggregate in two sub-queries, and join")
        yield None, "string_agg in two orders", why


def _lists(select: Select) -> Iterator[Agg]:
    todo: list[object] = [o.value for o in select.outputs]
    while todo:
        node = todo.pop()
        if isinstance(node, Agg) and node.fn == "string_agg":
            yield node
        elif not isinstance(node, Query):
            todo.extend(children(node))
