"""Conditions towards the rows they are about: a filter on the main table goes below the joins that add other tables.

    Filter(Join(Scan orders, Scan users), orders.paid and users.country = 'DE')
    ->  Filter(Join(Filter(Scan orders, paid), Scan users), users.country = 'DE')

Joins keep each row of their left side once, so a condition on that side alone means the same before and after them.
"""

from __future__ import annotations

from kpictl.ir.relations import Filter, Join, Relation
from kpictl.ir.scalars import Col, Scalar
from kpictl.kinds.build import conjunction, conjuncts
from kpictl.passes.rewrite import bottom_up
from kpictl.sql.walk import find


def push_filters(tree: Relation) -> Relation:
    """Each condition as deep as it has a meaning."""
    return bottom_up(tree, _push)


def _push(node: Relation) -> Relation:
    if not isinstance(node, Filter) or not isinstance(node.input, Join):
        return node
    join = node.input
    own = [part for part in conjuncts(node.predicate) if not _reads(part, join.alias)]
    rest = [part for part in conjuncts(node.predicate) if _reads(part, join.alias)]
    below = conjunction(own)
    if below is None:
        return node
    pushed = Join(_push(Filter(join.left, below)), join.right, join.mode, join.on, join.alias)
    above = conjunction(rest)
    return pushed if above is None else Filter(pushed, above)


def _reads(scalar: Scalar, alias: str) -> bool:
    return any(column.table == alias for column in find(scalar, Col))
