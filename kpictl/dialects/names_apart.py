"""WITH queries that are called as a table they would hide: an engine reads the nearest name, so they get another one.

A source `tx` may stand in the table `orders` while an author, or kpictl itself, calls a WITH query `orders`. Printed as it
is, every later `FROM orders` would read the WITH query instead of the table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kpictl.ir.query import Cte, CteRef, Query, TableRef
from kpictl.sql.walk import Node, find, transform


def names_apart(query: Query, relations: Callable[[str], tuple[str, ...]]) -> Query:
    """The query with each WITH query renamed whose name is that of a table without a schema; aliases stay."""
    named = {cte.name for cte in find(query, Cte)}
    if not named:
        return query
    tables = {parts[0].lower() for ref in find(query, TableRef) if len(parts := relations(ref.source)) == 1}
    hiding = sorted(name for name in named if name.lower() in tables)
    if not hiding:
        return query
    taken = tables | {name.lower() for name in named}
    new = {}
    for name in hiding:
        new[name] = next(f"{name}_{n}" for n in range(2, 10_000) if f"{name}_{n}".lower() not in taken)
        taken.add(new[name].lower())

    def change(node: Node) -> Node:
        return replace(node, name=new[node.name]) if isinstance(node, Cte | CteRef) and node.name in new else node

    return transform(query, change, (Cte, CteRef))
