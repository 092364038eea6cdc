"""The dependency graph: sources and KPIs, who reads whom, in which order, and what goes round in circles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kpictl.diagnostics import Place
from kpictl.graph.references import references
from kpictl.model.project import Project
from kpictl.records import dataclass


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes are unique ids (`kpi.x`, `source.y`, `analysis.z`). `parents[a]` names what `a` reads, in text order."""

    parents: Mapping[str, tuple[str, ...]]
    children: Mapping[str, tuple[str, ...]]
    places: Mapping[tuple[str, str], Place]
    """Where a node names what it reads, by (reader, read)."""

    def ancestors(self, start: Iterable[str], levels: int | None = None) -> set[str]:
        """What the nodes read, directly or through others, at most so many steps away; without the nodes themselves."""
        return _reach(self.parents, start, levels)

    def descendants(self, start: Iterable[str], levels: int | None = None) -> set[str]:
        """What reads the nodes, directly or through others; without the nodes themselves."""
        return _reach(self.children, start, levels)

    def ordered(self) -> list[str]:
        """All nodes, each after what it reads, otherwise in file order. A circle stands where it is met."""
        done: dict[str, None] = {}
        for node, reads in self.parents.items():
            if all(read in done for read in reads):
                done[node] = None
                continue
            for step in _post_order(self.parents, node, done):
                done[step] = None
        return list(done)

    def cycles(self) -> list[tuple[str, ...]]:
        """Each circle once, beginning with the node that stands first in the files."""
        edges = _inner(_inner(self.parents))
        return [circle for circle in _circles(edges) if len(circle) > 1 or circle[0] in edges[circle[0]]]


def dependency_graph(project: Project) -> Graph:
    """The graph of everything that is defined. Names that are not defined are left out: other checks report them."""
    parents: dict[str, tuple[str, ...]] = {f"source.{name}": () for name in project.sources}
    places: dict[tuple[str, str], Place] = {}
    for kpi in project.kpis.values():
        read: dict[str, None] = {}
        for reference in references(kpi):
            known = project.kpis if reference.kind == "kpi" else project.sources
            if reference.name in known:
                node = f"{reference.kind}.{reference.name}"
                read[node] = None
                places.setdefault((kpi.unique_id, node), reference.place)
        parents[kpi.unique_id] = tuple(read)
    for analysis in project.analyses.values():
        parents[analysis.unique_id] = ()
    return Graph(parents, children_of(parents), places)


def children_of(parents: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The other direction: who reads a node, in the order of `parents`."""
    children: dict[str, list[str]] = {node: [] for node in parents}
    for node, reads in parents.items():
        for parent in reads:
            children[parent].append(node)
    return {node: tuple(each) for node, each in children.items()}


def _reach(edges: Mapping[str, tuple[str, ...]], start: Iterable[str], levels: int | None) -> set[str]:
    seen: set[str] = set()
    front = list(start)
    while front and (levels is None or levels > 0):
        front = list(dict.fromkeys(after for node in front for after in edges.get(node, ()) if after not in seen))
        seen.update(front)
        levels = None if levels is None else levels - 1
    return seen


def _post_order(edges: Mapping[str, tuple[str, ...]], start: str, done: Mapping[str, None]) -> Iterator[str]:
    """The nodes below `start` that are not done, deepest first; without recursion, so depth is no limit."""
    if start in done:
        return
    seen = {start}
    stack: list[tuple[str, Iterator[str]]] = [(start, iter(edges[start]))]
    while stack:
        node, rest = stack[-1]
        following = next((each for each in rest if each not in seen and each not in done), None)
        if following is None:
            stack.pop()
            yield node
        else:
            seen.add(following)
            stack.append((following, iter(edges[following])))


def _inner(edges: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Without the nodes that read nothing: no circle goes through them. Twice, and only KPIs over KPIs are left."""
    return {node: tuple(each for each in reads if edges[each]) for node, reads in edges.items() if reads}


def _circles(edges: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Strongly connected components (Tarjan, without recursion), each as a path that really goes round."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    held: list[str] = []
    holding: set[str] = set()
    order = {node: n for n, node in enumerate(edges)}
    for root in edges:
        if root in index:
            continue
        stack: list[tuple[str, Iterator[str]]] = [(root, iter(edges[root]))]
        index[root] = low[root] = len(index)
        held.append(root)
        holding.add(root)
        while stack:
            node, rest = stack[-1]
            for after in rest:
                if after not in index:
                    index[after] = low[after] = len(index)
                    held.append(after)
                    holding.add(after)
                    stack.append((after, iter(edges[after])))
                    break
                if after in holding:
                    low[node] = min(low[node], index[after])
            else:
                stack.pop()
                if stack:
                    low[stack[-1][0]] = min(low[stack[-1][0]], low[node])
                if low[node] == index[node]:
                    members = set()
                    while node not in members:
                        members.add(held.pop())
                    holding -= members
                    yield _round(edges, members, min(members, key=order.__getitem__))


def _round(edges: Mapping[str, tuple[str, ...]], members: set[str], first: str) -> tuple[str, ...]:
    """The shortest way from `first` back to itself inside its component."""
    came: dict[str, str] = {}
    front = [first]
    while front:
        following = []
        for node in front:
            for after in edges[node]:
                if after == first:
                    path = [node]
                    while path[-1] != first:
                        path.append(came[path[-1]])
                    return tuple(reversed(path))
                if after in members and after not in came:
                    came[after] = node
                    following.append(after)
        front = following
    return (first,)
