"""The project as data: `target/manifest.json`. Equal projects give equal bytes; reformatting changes no checksum."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from enum import Enum
from functools import cache
from hashlib import blake2b
from operator import attrgetter
from pathlib import Path
from typing import Any

from kpictl import __version__
from kpictl.graph.dependencies import Graph, dependency_graph
from kpictl.graph.selection import Before
from kpictl.model.kpis import Analysis, Kpi
from kpictl.model.project import Project
from kpictl.model.sources import Source

SCHEMA_VERSION = 1


def manifest(project: Project, graph: Graph | None = None) -> dict[str, Any]:
    """Every node with its properties, checksum and file, and who reads whom."""
    graph = graph or dependency_graph(project)
    nodes = {unique_id: node(unique_id, value, graph) for unique_id, value in definitions(project).items()}
    children = {unique_id: list(graph.children[unique_id]) for unique_id in graph.parents}
    return {**head(project), "nodes": nodes, "children": children}


def head(project: Project) -> dict[str, Any]:
    """What stands before the nodes."""
    settings = {name: value for name, value in plain(project.settings).items() if name != "vars"}
    return {"schema_version": SCHEMA_VERSION, "kpictl_version": __version__, "project": settings}


def definitions(project: Project) -> dict[str, Kpi | Source | Analysis]:
    """What has a node, by unique id: sources, KPIs, analyses, each in file order."""
    found: dict[str, Kpi | Source | Analysis] = {f"source.{name}": each for name, each in project.sources.items()}
    found.update((kpi.unique_id, kpi) for kpi in project.kpis.values())
    found.update((analysis.unique_id, analysis) for analysis in project.analyses.values())
    return found


def node(unique_id: str, value: Kpi | Source | Analysis, graph: Graph) -> dict[str, Any]:
    """One node; its `checksum` changes when the definition does."""
    body = plain(value)
    return {
        "unique_id": unique_id,
        "resource_type": unique_id.partition(".")[0],
        "path": value.place.path,
        "checksum": _checksum(body),
        "depends_on": list(graph.parents.get(unique_id, ())),
        **body,
    }


def checksums(project: Project) -> dict[str, str]:
    """By unique id, what changes when the definition does: comments and order of keys do not count."""
    return {unique_id: checksum(value) for unique_id, value in definitions(project).items()}


def checksum(value: object) -> str:
    """A short hash of kpictl's own canonical JSON of a definition."""
    return _checksum(plain(value))


def _checksum(body: object) -> str:
    from msgspec import json

    return blake2b(json.encode(body, order="sorted"), digest_size=10).hexdigest()


def plain(value: object) -> Any:
    """A definition as JSON knows values; places are left out."""
    kind: Any = value.__class__
    if kind in _PLAIN:
        return value
    if hasattr(kind, "__dataclass_fields__"):
        names, read = _fields(kind)
        values = [each if each.__class__ in _PLAIN else plain(each) for each in read(value)]
        return dict(zip(names, values, strict=True))
    match value:
        case Enum():
            return value.value
        case Mapping():
            return {str(key): plain(each) for key, each in value.items()}
        case tuple() | list():
            return [plain(each) for each in value]
        case None | bool() | int() | float() | str():
            return value
    return str(value)


_PLAIN = frozenset((str, int, float, bool, type(None)))


@cache
def _fields(kind: Any) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    """The names of a class's fields as they are shown, and what reads all of them at once."""
    names = [each.name for each in fields(kind) if each.name != "place"]
    shown = tuple(name.rstrip("_") for name in names)
    if len(names) > 1:
        return shown, attrgetter(*names)
    return shown, lambda value: tuple(getattr(value, name) for name in names)


def read_before(folder: Path) -> Before:
    """The earlier state in a target folder. Raises ValueError, with the file, when it is no state of kpictl's."""
    checksums: dict[str, str] = {}
    results: dict[str, str] = {}
    nodes = _read(folder / "manifest.json").get("nodes", {})
    checksums = {str(name): str(node["checksum"]) for name, node in nodes.items()}
    if (folder / "run_results.json").exists():
        for result in _read(folder / "run_results.json").get("results", ()):
            results[str(result["unique_id"])] = str(result["status"])
    return Before(checksums=checksums, results=results)


def _read(path: Path) -> dict[str, Any]:
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"{path} does not exist") from None
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None
    if not isinstance(body, dict) or not isinstance(body.get("schema_version"), int):
        raise ValueError(f"{path} is no file of kpictl's")
    if body["schema_version"] > SCHEMA_VERSION:
        raise ValueError(f"{path} was written by a newer kpictl ({body.get('kpictl_version')})")
    return body
