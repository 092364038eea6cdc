"""What all nodes of the trees have in common: a place in which the kinds of nodes in them are noted."""

from __future__ import annotations


class Node:
    """A node of a canonical tree, scalar, query or relation. It never changes, so neither does what it holds."""

    __slots__ = ("holds",)
    holds: int
    """The kinds of nodes in it, a bit each, once `kpictl.sql.walk` was asked; no field: it takes no part in equality."""
