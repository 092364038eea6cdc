"""Selectors in dbt's grammar: names, globs, `+` for the graph, methods (`tag:board`), unions and intersections."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from kpictl.diagnostics import did_you_mean
from kpictl.graph.dependencies import Graph, dependency_graph
from kpictl.model.project import Project
from kpictl.records import dataclass

METHODS = ("category", "kind", "name", "owner", "path", "result", "source", "state", "tag")
_TERM = re.compile(r"(?:(?P<up>\d*)\+)?(?P<core>[^+]+)(?:\+(?P<down>\d*))?")
_STATES = ("modified", "new", "unmodified", "old")


class UnknownSelector(Exception):
    """A selector that means nothing here; `help` says what was probably meant."""

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """An earlier state to compare with: checksums of its manifest and statuses of its last run, by unique id."""

    checksums: Mapping[str, str]
    results: Mapping[str, str]


def select(
    project: Project,
    selectors: Sequence[str] = (),
    exclude: Sequence[str] = (),
    *,
    before: Before | None = None,
    now: Mapping[str, str] | None = None,
    graph: Graph | None = None,
) -> tuple[str, ...]:
    """Unique ids of the KPIs and analyses selected, each after what it reads; nothing given selects all.

    `now` holds the project's own checksums, for `state:`. A word that fits nothing raises `UnknownSelector`; a pattern
    (`owner:*@x`) that fits nothing selects nothing.
    """
    chooser = _Chooser(project, graph or dependency_graph(project), before, now or {})
    everything = [node for node in chooser.graph.ordered() if not node.startswith("source.")]
    chosen = chooser.union(selectors) if selectors else set(everything)
    chosen -= chooser.union(exclude)
    return tuple(node for node in everything if node in chosen)


@dataclass(frozen=True, slots=True)
class _Chooser:
    project: Project
    graph: Graph
    before: Before | None
    now: Mapping[str, str]

    def union(self, selectors: Iterable[str]) -> set[str]:
        chosen: set[str] = set()
        for group in (word for text in selectors for word in text.split()):
            terms = group.split(",")
            if not all(terms):
                raise UnknownSelector(f"an empty part in the selector {group!r}", "intersections are written a,b")
            chosen |= set.intersection(*(self.term(term) for term in terms))
        return chosen

    def term(self, text: str) -> set[str]:
        form = _TERM.fullmatch(text)
        if form is None:
            raise UnknownSelector(f"cannot read the selector {text!r}", "write name, +name, name+, 2+name or tag:name")
        chosen = self.core(form["core"])
        found = set(chosen)
        if form["up"] is not None:
            found |= self.graph.ancestors(chosen, int(form["up"]) if form["up"] else None)
        if form["down"] is not None:
            found |= self.graph.descendants(chosen, int(form["down"]) if form["down"] else None)
        return found

    def core(self, text: str) -> set[str]:
        method, colon, value = text.partition(":")
        if not colon:
            return self.by_path(text) if "/" in text or text.lower().endswith((".yml", ".yaml")) else self.by_name(text)
        choose = self.methods().get(method)
        if choose is None:
            near = did_you_mean(method, METHODS)
            raise UnknownSelector(
                f"unknown selector method `{method}:`",
                f"did you mean `{near[0]}:{value}`?" if near else f"there are {', '.join(METHODS)}",
            )
        return choose(value)

    def methods(self) -> Mapping[str, Callable[[str], set[str]]]:
        return {
            "tag": lambda value: self.by_key("tag", value, lambda kpi: kpi.tags),
            "category": lambda value: self.by_key("category", value, lambda kpi: (kpi.category,)),
            "owner": lambda value: self.by_key("owner", value, lambda kpi: (kpi.owner,)),
            "kind": lambda value: self.by_key("kind", value, lambda kpi: (kpi.kind,)),
            "name": self.by_name,
            "path": self.by_path,
            "source": self.by_source,
            "state": self.by_state,
            "result": self.by_result,
        }

    def by_name(self, name: str) -> set[str]:
        known = {kpi.name: kpi.unique_id for kpi in self.project.kpis.values()}
        known |= {analysis.name: analysis.unique_id for analysis in self.project.analyses.values()}
        known |= {node: node for node in self.graph.parents}
        return _matching(name, known, f"no KPI is called `{name}`")

    def by_key(self, method: str, value: str, read: Callable[..., Iterable[str | None]]) -> set[str]:
        known: dict[str, set[str]] = {}
        for kpi in self.project.kpis.values():
            for word in read(kpi):
                if word is not None:
                    known.setdefault(word, set()).add(kpi.unique_id)
        words = _matching(value, {word: word for word in known}, f"no KPI has {method} `{value}`", f"{method}:")
        return set().union(*(known[word] for word in words))

    def by_path(self, value: str) -> set[str]:
        wanted = value.rstrip("/").removeprefix("./")
        paths = {kpi.unique_id: kpi.place.path for kpi in self.project.kpis.values()}
        paths |= {analysis.unique_id: analysis.place.path for analysis in self.project.analyses.values()}
        found = {
            node
            for node, path in paths.items()
            if path == wanted or path.startswith(wanted + "/") or fnmatchcase(path, wanted)
        }
        if not found and not _is_pattern(wanted):
            folders = {path.rsplit("/", 1)[0] for path in paths.values()}
            near = did_you_mean(wanted, sorted(folders.union(paths.values())))
            raise UnknownSelector(f"no KPI stands under `{value}`", f"did you mean `path:{near[0]}`?" if near else "")
        return found

    def by_source(self, value: str) -> set[str]:
        """KPIs that read the source themselves; `source:orders+` adds those that read them."""
        known = {name: f"source.{name}" for name in self.project.sources}
        nodes = _matching(value, known, f"no source is called `{value}`", "source:")
        return nodes | {child for node in nodes for child in self.graph.children[node]}

    def by_state(self, value: str) -> set[str]:
        if value not in _STATES:
            raise UnknownSelector(f"unknown state `{value}`", f"there are {', '.join(_STATES)}")
        if self.before is None:
            raise UnknownSelector(
                f"`state:{value}` needs something to compare with", "name an earlier target/: --state DIR"
            )
        old = self.before.checksums
        new = {node for node in self.now if node not in old}
        modified = {node for node, checksum in self.now.items() if old.get(node) != checksum}
        return {"new": new, "modified": modified, "unmodified": set(self.now) - modified, "old": set(self.now) - new}[
            value
        ]

    def by_result(self, value: str) -> set[str]:
        if self.before is None:
            raise UnknownSelector(
                f"`result:{value}` needs the results of a run", "name a target/ with run_results.json: --state DIR"
            )
        wanted = {"error", "failed"} if value in ("error", "failed") else {value}
        return {node for node, status in self.before.results.items() if status in wanted and node in self.graph.parents}


def _is_pattern(text: str) -> bool:
    return any(sign in text for sign in "*?[")


def _matching(wanted: str, known: Mapping[str, str], message: str, prefix: str = "") -> set[str]:
    """What a name or glob picks out of the known; a plain word that is unknown is an error with the nearest one."""
    if wanted in known:
        return {known[wanted]}
    if _is_pattern(wanted):
        return {node for name, node in known.items() if fnmatchcase(name, wanted)}
    near = did_you_mean(wanted, known)
    raise UnknownSelector(message, f"did you mean `{prefix}{near[0]}`?" if near else "`kpictl ls` lists what there is")
