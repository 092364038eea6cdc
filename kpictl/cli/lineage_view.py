"""A KPI's lineage as a tree for people, as dot and mermaid for pictures, as JSON for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from kpictl.cli.terminal import Terminal, visible
from kpictl.records import dataclass

FORMS = ("tree", "dot", "mermaid", "json")
_UNSAFE = re.compile(r"[^A-Za-z0-9_]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """What a KPI is made of and what is made of it: edges from what is read to its reader, by unique id."""

    root: str
    edges: tuple[tuple[str, str], ...]
    columns: Mapping[tuple[str, str], tuple[str, ...]]
    """By (reader, source) the columns that are read."""
    kinds: Mapping[str, str]

    def parents(self, node: str) -> list[str]:
        return [parent for parent, child in self.edges if child == node]

    def children(self, node: str) -> list[str]:
        return [child for parent, child in self.edges if parent == node]

    def nodes(self) -> list[str]:
        return list(dict.fromkeys([*(node for edge in self.edges for node in edge), self.root]))

    def fine_edges(self) -> list[tuple[str, str]]:
        """The edges, those from a source by its columns: `column.orders.amount` to `kpi.revenue`."""
        found: dict[tuple[str, str], None] = {}
        for parent, child in self.edges:
            read = self.columns.get((child, parent), ())
            for column in read:
                node = f"column.{parent.removeprefix('source.')}.{column}"
                found[parent, node] = None
                found[node, child] = None
            if not read:
                found[parent, child] = None
        return list(found)


def drawn(found: Lineage, form: str, terminal: Terminal) -> str:
    """The lineage in one of `FORMS`."""
    if form == "json":
        return json.dumps(_record(found), indent=2, ensure_ascii=False)
    if form == "dot":
        return "\n".join(_dot(found))
    return "\n".join(_mermaid(found) if form == "mermaid" else _tree(found, terminal))


def _tree(found: Lineage, terminal: Terminal) -> Iterator[str]:
    yield terminal.on_out(_said(found, found.root), "bold")
    yield from _branches(found, found.root, "", up=True)
    if found.children(found.root):
        yield ""
        yield terminal.on_out("read by", "bold")
        yield from _branches(found, found.root, "", up=False)


def _branches(found: Lineage, node: str, before: str, *, up: bool) -> Iterator[str]:
    nodes = found.parents(node) if up else found.children(node)
    for number, each in enumerate(nodes):
        last = number == len(nodes) - 1
        columns = found.columns.get((node, each), ()) if up else ()
        read = f": {', '.join(columns)}" if columns else ""
        yield f"{before}{'└─ ' if last else '├─ '}{visible(_said(found, each) + read)}"
        yield from _branches(found, each, before + ("   " if last else "│  "), up=up)


def _said(found: Lineage, node: str) -> str:
    kind, _, name = node.partition(".")
    return f"{name} ({found.kinds.get(node, kind)})"


def _record(found: Lineage) -> dict[str, object]:
    return {
        "kpi": found.root.removeprefix("kpi."),
        "nodes": [
            {
                "unique_id": node,
                "resource_type": node.partition(".")[0],
                "name": node.partition(".")[2],
                "kind": found.kinds.get(node),
            }
            for node in found.nodes()
        ],
        "edges": [
            {"from": parent, "to": child, "columns": list(found.columns.get((child, parent), ()))}
            for parent, child in found.edges
        ],
    }


def _dot(found: Lineage) -> Iterator[str]:
    yield "digraph lineage {"
    yield "  rankdir=LR; node [shape=box];"
    for parent, child in found.fine_edges():
        yield f"  {_quoted(parent)} -> {_quoted(child)};"
    yield f"  {_quoted(found.root)} [style=bold];"
    yield "}"


def _mermaid(found: Lineage) -> Iterator[str]:
    yield "flowchart LR"
    edges = found.fine_edges()
    for node in dict.fromkeys([*(node for edge in edges for node in edge), found.root]):
        text = node.partition(".")[2].replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
        yield f'  {_id(node)}["{text}"]'
    for parent, child in edges:
        yield f"  {_id(parent)} --> {_id(child)}"


def _id(node: str) -> str:
    """A name that mermaid takes as one word; what it does not take is written as its number."""
    return _UNSAFE.sub(lambda sign: f"_{ord(sign[0]):x}_" if sign[0] != "." else "__", node)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
