"""DISTINCT in windows, for engines that have none, or none beside an order.

PostgreSQL, sql-expressions.html (4.2.8): the syntax of window function calls has no DISTINCT. Redshift, r_WF_COUNT.html:
"COUNT ( * | [ ALL ] expression) OVER". Snowflake, functions/count.html: in a window DISTINCT "is prohibited with ORDER BY".
"""

from __future__ import annotations

from collections.abc import Iterator

from kpictl.diagnostics import Place
from kpictl.dialects.dialect import Refusal
from kpictl.ir.query import Query
from kpictl.ir.scalars import Agg, Over
from kpictl.sql.walk import find, holds

Limit = tuple[Place | None, str, Refusal]
_NONE = Refusal("its windows take no DISTINCT", "count in a grouped sub-query, and join it")
_ORDERED = Refusal("DISTINCT and an order exclude each other there", "count in a grouped sub-query, and join it")


def no_distinct(query: Query) -> Iterator[Limit]:
    """Every aggregate of distinct values in a window."""
    if holds(query, Over):
        yield from ((over.place or over.call.place, "DISTINCT in a window", _NONE) for over in _distinct(query))


def no_ordered_distinct(query: Query) -> Iterator[Limit]:
    """Every aggregate of distinct values in a window with an order or a frame."""
    if holds(query, Over):
        for over in _distinct(query):
            if over.order_by or over.frame is not None:
                yield over.place or over.call.place, "DISTINCT in a window with an order", _ORDERED


def _distinct(query: Query) -> Iterator[Over]:
    return (over for over in find(query, Over) if isinstance(over.call, Agg) and over.call.distinct)
