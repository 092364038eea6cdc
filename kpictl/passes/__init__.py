"""Passes over the ir: pure functions from tree to tree, in the order in which they run.

`PASSES` is the whole list. Each changes how numbers are computed and never which: results with and without them are equal,
and a test says so. `to_query` then makes the canonical query.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kpictl.ir.relations import Relation
from kpictl.passes.fold_filters import fold_filters
from kpictl.passes.fuse_operands import fuse_operands
from kpictl.passes.prune_columns import prune_columns
from kpictl.passes.push_filters import push_filters

Pass = Callable[[Relation], Relation]

PASSES: tuple[Pass, ...] = (
    fold_filters,
    push_filters,
    fuse_operands,
    prune_columns,
)
"""Constants first, so that filters that are always true are gone; columns last, when it is known which are read."""


def optimized(tree: Relation) -> Relation:
    """The tree after all passes."""
    for apply in PASSES:
        tree = apply(tree)
    return tree


def names() -> tuple[str, ...]:
    """The names of the passes, in order."""
    return ("lower", *(each.__name__ for each in PASSES))


def traced(tree: Relation) -> Iterator[tuple[str, str]]:
    """(pass, tree as text) after lowering and after each pass."""
    from kpictl.passes.show import show

    yield "lower", show(tree)
    for apply in PASSES:
        tree = apply(tree)
        yield apply.__name__, show(tree)
