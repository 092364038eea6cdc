"""What all nodes of the trees have in common: a place in which the kinds of nodes in them are noted."""

from __future__ import annotations


class Node:
    """A node of a canonical tree, scalar, query or relation. It never changes, so neither does what it holds."""

    __slots__ = ("holds", "queries_below")
    holds: int
    """The kinds of nodes in it, a bit each, once `kpictl.sql.walk` was asked; no field: it takes no part in equality."""
    queries_below: tuple[Node, ...]
    """Of a query: the queries in it, noted in the same way."""
