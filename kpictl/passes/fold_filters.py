"""Constants in conditions, folded; a filter that is always true disappears.

Filter(Filter(Scan orders, 1 = 1), true and paid)   ->   Filter(Scan orders, paid)
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.relations import Filter, Relation
from kpictl.ir.scalars import Call, Lit, Scalar
from kpictl.kinds.build import conjunction
from kpictl.model.types import BOOLEAN
from kpictl.passes.rewrite import bottom_up


def fold_filters(tree: Relation) -> Relation:
    """Conditions without constant parts; nested filters as one."""
    return bottom_up(tree, _fold)


def _fold(node: Relation) -> Relation:
    if not isinstance(node, Filter):
        return node
    predicate = conjunction([_folded(node.predicate)])
    if predicate is None:
        return node.input
    if isinstance(node.input, Filter):
        both = conjunction([node.input.predicate, predicate])
        return Filter(node.input.input, both or predicate)
    return node if predicate == node.predicate else Filter(node.input, predicate)


def _folded(scalar: Scalar) -> Scalar:
    if not isinstance(scalar, Call):
        return scalar
    if scalar.fn in ("and", "or"):
        return _chain(scalar)
    if scalar.fn in ("eq", "ne", "lt", "le", "gt", "ge"):
        return _comparison(scalar)
    return scalar


def _chain(call: Call) -> Scalar:
    neutral = call.fn == "and"
    args = tuple(_folded(arg) for arg in call.args)
    decided = Lit(not neutral, BOOLEAN)
    if any(isinstance(arg, Lit) and arg.value is (not neutral) for arg in args):
        return decided
    left = tuple(arg for arg in args if not (isinstance(arg, Lit) and arg.value is neutral))
    if not left:
        return Lit(neutral, BOOLEAN)
    if len(left) == 1:
        return left[0]
    return call if left == call.args else replace(call, args=left)


def _comparison(call: Call) -> Scalar:
    """Whole numbers only: other types compare by rules of their own."""
    a, b = call.args
    if not (isinstance(a, Lit) and isinstance(b, Lit)):
        return call
    x, y = a.value, b.value
    if type(x) is not int or type(y) is not int:
        return call
    found = {"eq": x == y, "ne": x != y, "lt": x < y, "le": x <= y, "gt": x > y, "ge": x >= y}[call.fn]
    return Lit(found, BOOLEAN)
