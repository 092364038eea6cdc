"""kpictl as a Python library: load, check, compile, run, values. Nothing here prints; the command line draws.

Users' mistakes come back as diagnostics in the results. `Refused` is raised only where nothing can be returned at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kpictl.diagnostics import Diagnostic, Place, Refused, Span

if TYPE_CHECKING:
    from kpictl.graph import Before
    from kpictl.kinds.lowered import Lowered
    from kpictl.model.project import Project
    from kpictl.plan.compiled import Compiled
    from kpictl.project import Loaded
    from kpictl.stores import Store, StoredValue
    from kpictl.syntax import Positions


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A diagnostic whose places are resolved to lines and columns, as far as their files can be read."""

    diagnostic: Diagnostic
    span: Span | None
    others: tuple[Span | None, ...] = ()

    @property
    def sort_key(self) -> tuple[bool, str, int, int, str, str]:
        """By file, line, column, code; what has no place stands first."""
        span = self.span
        if span is None:
            return (False, "", 0, 0, self.diagnostic.code, self.diagnostic.message)
        return (True, span.path, span.line, span.column, self.diagnostic.code, self.diagnostic.message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What is known about a project without touching data."""

    project: Project | None
    diagnostics: tuple[Diagnostic, ...]
    lowered: Mapping[str, Lowered] = field(default_factory=dict)
    portability: tuple[Compiled, ...] = ()
    """Every KPI in every dialect that was asked for."""

    @property
    def failed(self) -> bool:
        return any(each.is_error for each in self.diagnostics)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What a run did with one KPI."""

    unique_id: str
    status: str
    """success, nothing_to_do, error, skipped (something that it reads has failed)."""
    buckets: int = 0
    values: int = 0
    seconds: float = 0.0
    message: str | None = None
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What a run did."""

    run_id: str
    as_of: datetime
    started_at: datetime
    finished_at: datetime
    results: tuple[RunResult, ...]


def load(
    root: Path | str,
    *,
    profiles_dir: Path | str | None = None,
    target: str | None = None,
    variables: Mapping[str, object] | None = None,
    profile: bool = True,
) -> Loaded:
    """Reads a project. `profile=False` reads no profiles.yml, for what needs neither data nor a store."""
    from kpictl.project import load as read

    folder = None if profiles_dir is None else Path(profiles_dir)
    return read(Path(root), profiles_dir=folder, target=target, variables=variables, profile=profile)


def check(loaded: Loaded, *, dialects: Sequence[str] = ()) -> Check:
    """Reading, lowering, all rules, and whether each KPI can be said in the dialects named."""
    from kpictl.rules.catalogue import found
    from kpictl.rules.rule import Checked

    if loaded.project is None:
        return Check(project=None, diagnostics=tuple(loaded.diagnostics))
    project = loaded.project
    checked = Checked(project, lambda: _lowering(project))
    diagnostics = [*loaded.diagnostics, *found(checked)]
    for failures in checked.failures.values():
        diagnostics += failures
    for lowered in checked.lowered.values():
        diagnostics += lowered.hints
    portability = tuple(compile(loaded, dialects=dialects)) if dialects else ()
    for compiled in portability:
        diagnostics += compiled.diagnostics
    return Check(project=project, diagnostics=tuple(diagnostics), lowered=checked.lowered, portability=portability)


def blocking(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """What stops compile and run before they write anything: the errors KPI0xx to KPI4xx.

    Errors from KPI500 on are about a target, data or an engine: they fail their KPI alone.
    """
    return tuple(each for each in diagnostics if each.is_error and each.code < "KPI500")


def compile(  # noqa: A001 (read as api.compile)
    loaded: Loaded,
    *,
    dialects: Sequence[str],
    selection: Iterable[str] | None = None,
    as_of: datetime | None = None,
) -> list[Compiled]:
    """The selected nodes (unique ids; None: all) in each dialect, in the order given."""
    from kpictl.plan.compile import compile_project

    project = _whole(loaded)
    chosen = None if selection is None else tuple(selection)
    return compile_project(project, tuple(dialects), chosen, as_of=as_of)


def dialects() -> tuple[str, ...]:
    """The dialects that kpictl compiles to, by name."""
    from kpictl.dialects import NAMES

    return tuple(NAMES)


def select(
    project: Project, selectors: Sequence[str] = (), exclude: Sequence[str] = (), *, before: Before | None = None
) -> tuple[str, ...]:
    """Unique ids that the selectors mean, each after what it reads. Raises `graph.UnknownSelector`."""
    from kpictl.graph import select as choose
    from kpictl.graph.manifest import checksums

    return choose(project, selectors, exclude, before=before, now=checksums(project) if before else None)


def locate(diagnostics: Iterable[Diagnostic], root: Path | str) -> list[Located]:
    """The diagnostics with lines and columns, sorted by file and line, each once."""
    finder = _Finder(Path(root))
    unique: dict[tuple[object, ...], Located] = {}
    for diagnostic in diagnostics:
        span = finder.span(diagnostic.place)
        others = tuple(finder.span(label.place) for label in diagnostic.others)
        key = (diagnostic.code, span, diagnostic.message)
        unique.setdefault(key, Located(diagnostic=diagnostic, span=span, others=others))
    return sorted(unique.values(), key=lambda each: each.sort_key)


class _Finder:
    """Resolves places file by file, each file read once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: dict[str, Positions | None] = {}

    def span(self, place: Place | Span | None) -> Span | None:
        if place is None or isinstance(place, Span):
            return place
        if place.path not in self._files:
            self._files[place.path] = self._positions(place.path)
        positions = self._files[place.path]
        return positions.span(place) if positions else Span(path=place.path, line=1, column=1, end_line=1, end_column=1)

    def _positions(self, path: str) -> Positions | None:
        from kpictl.syntax import Positions

        try:
            return Positions(path, (self._root / path).read_bytes())
        except (OSError, ValueError):
            return None


def redactor(loaded: Loaded) -> Callable[[str], str]:
    """Takes the secrets of the profile out of a text."""
    from kpictl.project import redact

    return lambda text: redact(text, loaded.secrets)


def _whole(loaded: Loaded) -> Project:
    """The project, when it was read without errors."""
    if loaded.project is None or any(each.is_error for each in loaded.diagnostics):
        raise Refused(loaded.diagnostics)
    return loaded.project


def _lowering(project: Project) -> Mapping[str, Lowered | tuple[Diagnostic, ...]]:
    from kpictl.plan.lowering import lowering

    return lowering(project)


def values(
    loaded: Loaded,
    *,
    kpis: Iterable[str],
    start: datetime | None = None,
    stop: datetime | None = None,
    last: int | None = None,
    by: tuple[str, ...] = (),
) -> list[StoredValue]:
    """Stored values by KPI, time and dimensions: of the total, or of the members of the dimensions `by`."""
    from kpictl.stores import Wish

    store = _store(_whole(loaded))
    try:
        return store.values(Wish(kpis=dict.fromkeys(kpis), start=start, stop=stop, last=last, dimensions=by))
    finally:
        store.close()


def _store(project: Project) -> Store:
    from kpictl.stores import open_store

    return open_store(project)


def kpi_schema() -> Mapping[str, object]:
    """The JSON Schema of files below kpis/."""
    return schema("kpi")


def schema(name: str) -> Mapping[str, object]:
    """A published JSON Schema: kpi, project, profiles (made from the keys), or one of `kpictl/schemas/`."""
    if name in ("kpi", "project", "profiles"):
        from kpictl.project.json_schema import json_schemas

        return json_schemas()[name]
    import json
    from importlib.resources import files

    read: Mapping[str, object] = json.loads((files("kpictl") / "schemas" / f"{name}.schema.json").read_text("utf-8"))
    return read
