"""Gives an OFFSET without LIMIT a limit that no table reaches, where OFFSET alone is no SQL."""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Query
from kpictl.sql.walk import Node, transform

_ENDLESS = 2**63 - 1


def limit_for_offset(query: Query) -> Query:
    """`query` whose every OFFSET has a LIMIT."""
    return transform(query, _change, Query)


def _change(node: Node) -> Node:
    if isinstance(node, Query) and node.offset and node.limit is None:
        return replace(node, limit=_ENDLESS)
    return node
