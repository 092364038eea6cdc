"""Windows whose rows Druid would not sort again, with an order that makes it.

Druid 33 takes the rows as sorted for a window where the columns that it partitions and orders by are among those that another
window of the same SELECT partitions by, whatever their order is: of `count(*) OVER (PARTITION BY a, b)` and `count(*) OVER
(PARTITION BY b)` both answer the first. Before: `OVER (PARTITION BY b)`. After: `OVER (PARTITION BY b ORDER BY CASE WHEN b IS
NULL THEN 1 ELSE 0 END ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)`: the same rows, in no other order, sorted.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Query, Select
from kpictl.ir.scalars import Agg, Call, Case, Frame, FrameBound, Over, Scalar, SortKey
from kpictl.kinds.build import lit
from kpictl.model.types import BOOLEAN, INTEGER
from kpictl.sql.walk import Node, find, holds, transform

_WHOLE = Frame("rows", FrameBound(None), FrameBound(None, following=True))
_FRAMED = ("first_value", "last_value", "nth_value")


def windows_sorted(query: Query) -> Query:
    """`query` with one more key in the order of each window that would be taken for sorted."""

    def change(select: Select) -> Select:
        overs = [over for output in select.outputs for over in find(output.value, Over, queries=False)]
        partitions = [frozenset(over.partition_by) for over in overs]
        if len(set(partitions)) < 2:
            return select

        def sorted_again(node: Node) -> Node:
            return _sorted(node) if isinstance(node, Over) and _is_skipped(node, partitions) else node

        outputs = tuple(replace(o, value=transform(o.value, sorted_again, Over)) for o in select.outputs)
        return replace(select, outputs=outputs)

    return transform(query, change, Select) if holds(query, Over) else query


def _is_skipped(over: Over, partitions: list[frozenset[Scalar]]) -> bool:
    own = frozenset(over.partition_by)
    keys = own | {key.by for key in over.order_by}
    return bool(own) and any(keys <= other and own != other for other in partitions)


def _sorted(over: Over) -> Over:
    """The window with a key that is the same in all of a partition, and with the frame that it had."""
    key = over.partition_by[0]
    marked = Case(((Call("is_null", (key,), BOOLEAN), lit(1)),), lit(0), INTEGER)
    is_framed = isinstance(over.call, Agg) or over.call.fn in _FRAMED
    frame = _WHOLE if is_framed and over.frame is None and not over.order_by else over.frame
    return replace(over, order_by=(*over.order_by, SortKey(marked)), frame=frame)
