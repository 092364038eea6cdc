"""Aggregates that pick one row of a group, by row numbers.

Before: `first_by(x ORDER BY t)`, `last_by`, `mode(x)`, and with `text` also `min(x)` and `max(x)` of texts. After: each row has
its `turn` in its group, and the value is that of the row whose turn is 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kpictl.ir.query import Query, Select
from kpictl.ir.scalars import Agg, Case, Col, Over, Scalar, SortKey
from kpictl.kinds.build import call, lit
from kpictl.model.types import INTEGER, Kind
from kpictl.passes.targets.nest import (
    Names,
    aggregates,
    both,
    each_query,
    equal,
    filtered,
    keys_of,
    nest,
    only,
    replaced,
    row_number,
)
from kpictl.sql.walk import calls, transform

_ORDERED = ("first_by", "last_by", "mode")


def ordered_as_window(query: Query) -> Query:
    """`query` with first_by, last_by and mode as values of the row that comes first, which is the greatest of one."""
    return _picked_as_greatest(each_query(query, lambda each, names: _rewritten(each, names, _is_ordered), _ORDERED))


def ordered_and_texts_as_window(query: Query) -> Query:
    """The same, and the least and greatest texts with them, for targets that cannot aggregate text."""
    return each_query(
        query,
        lambda each, names: _rewritten(each, names, lambda a: _is_ordered(a) or _is_text(a)),
        (*_ORDERED, "min", "max"),
    )


def mode_as_first(query: Query) -> Query:
    """`query` with mode as the first_by of the value that comes most often, for targets that have first_by alone."""
    return each_query(query, lambda each, names: _rewritten(each, names, lambda agg: agg.fn == "mode"), ("mode",))


def _picked_as_greatest(query: Query) -> Query:
    """`query` with first_by of one row, which percentiles of texts come to as well, as the greatest of it."""
    if not calls(query, ("first_by",)):
        return query

    def visit(node: Agg) -> Agg:
        if not _is_picked(node):
            return node
        (x,) = node.args
        return Agg("max", (x if node.where is None else Case(((node.where, x),), None, x.type),), type=node.type)

    return transform(query, visit, Agg)


def _is_picked(agg: Agg) -> bool:
    return agg.fn == "first_by" and not agg.order_by


def _is_ordered(agg: Agg) -> bool:
    return (agg.fn in ("first_by", "last_by") and bool(agg.order_by)) or agg.fn == "mode"


def _is_text(agg: Agg) -> bool:
    return agg.fn in ("min", "max") and agg.args[0].type.kind is Kind.TEXT


def _rewritten(query: Query, names: Names, wanted: Callable[[Agg], bool]) -> Query:
    if not isinstance(query.body, Select):
        return query
    while (found := aggregates(query, wanted)) and (keys := keys_of(query.body)) is not None:
        modes = [agg for agg in found if agg.fn == "mode"]
        query = _modes(query, modes, keys, names) if modes else _ranked(query, found, keys, names, wanted)
        assert isinstance(query.body, Select)
    return query


def _ranked(
    query: Query, found: list[Agg], keys: tuple[Scalar, ...], names: Names, wanted: Callable[[Agg], bool]
) -> Query:
    turns = {agg: names.fresh("turn") for agg in found}
    nested = nest(query, names, [(turns[agg], row_number(keys, _order(agg))) for agg in found], wish="ranked")
    new: dict[Agg, Scalar] = {}
    for agg, same in zip(found, aggregates(nested.query, wanted), strict=True):
        new[same] = only(same.args[0], both(equal(Col(turns[agg], nested.alias, INTEGER), lit(1)), same.where))
    return replaced(nested.query, new)


def _order(agg: Agg) -> tuple[SortKey, ...]:
    """Rows that the filter lets through first, then in the aggregate's order."""
    if agg.fn in ("min", "max"):
        order: tuple[SortKey, ...] = (SortKey(agg.args[0], agg.fn == "max", True),)
    elif agg.fn == "last_by":
        order = tuple(SortKey(k.by, not k.descending, not k.nulls_last) for k in agg.order_by)
    else:
        order = agg.order_by
    if agg.where is None:
        return order
    return (SortKey(Case(((agg.where, lit(0)),), lit(1), INTEGER)), *order)


def _modes(query: Query, found: list[Agg], keys: tuple[Scalar, ...], names: Names) -> Query:
    """How often each value comes, then the value that comes most often, the least of equals."""
    times = {agg: names.fresh("times") for agg in found}
    wanted: list[tuple[str, Scalar]] = []
    for agg in found:
        x = filtered(agg, agg.args[0])
        counted = Agg("count", (x,), type=INTEGER)
        wanted.append((times[agg], Over(counted, (*keys, x), (), None, INTEGER)))
    nested = nest(query, names, wanted, wish="counted")
    new: dict[Agg, Scalar] = {}
    for agg, same in zip(found, aggregates(nested.query, lambda a: a.fn == "mode"), strict=True):
        often = Col(times[agg], nested.alias, INTEGER)
        x = same.args[0]
        order = (SortKey(often, True, True), SortKey(x))
        given = both(same.where, call("not", call("is_null", x)))
        new[same] = replace(same, fn="first_by", order_by=order, where=given)
    return replaced(nested.query, new)
