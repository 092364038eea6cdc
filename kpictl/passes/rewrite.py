"""Rebuilding trees of relations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kpictl.ir.relations import Align, Join, Opaque, Relation, Scan


def with_inputs(node: Relation, change: Callable[[Relation], Relation]) -> Relation:
    """The node over changed inputs; the same object where nothing changed."""
    if isinstance(node, Scan | Opaque):
        return node
    if isinstance(node, Join):
        left, right = change(node.left), change(node.right)
        return node if left is node.left and right is node.right else replace(node, left=left, right=right)
    if isinstance(node, Align):
        inputs = tuple((name, change(each)) for name, each in node.inputs)
        same = all(new is old for (_, new), (_, old) in zip(inputs, node.inputs, strict=True))
        return node if same else replace(node, inputs=inputs)
    new = change(node.input)
    return node if new is node.input else replace(node, input=new)


def bottom_up(tree: Relation, change: Callable[[Relation], Relation]) -> Relation:
    """Inputs first, then the node itself."""
    return change(with_inputs(tree, lambda each: bottom_up(each, change)))
