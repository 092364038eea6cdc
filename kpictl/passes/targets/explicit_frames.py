"""The default frame of a window in words, for engines whose own default is another one for some functions.

Before: `last_value(x) OVER (ORDER BY t)`. After: `.. ORDER BY t RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW`, which is what
the standard says it is.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Query
from kpictl.ir.scalars import Agg, Frame, FrameBound, Over
from kpictl.sql.walk import Node, transform

_FRAMED = ("first_value", "last_value", "nth_value")


def explicit_frames(query: Query) -> Query:
    """`query` with a frame in every ordered window whose function has one."""

    def change(node: Node) -> Node:
        if not isinstance(node, Over) or node.frame is not None or not node.order_by:
            return node
        if not isinstance(node.call, Agg) and node.call.fn not in _FRAMED:
            return node
        return replace(node, frame=Frame("range", FrameBound(None), FrameBound(0)))

    return transform(query, change, Over)
