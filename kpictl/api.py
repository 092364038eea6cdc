"""kpictl as a Python library: load, check, compile, run, values. Nothing here prints; the command line draws.

Users' mistakes come back as diagnostics in the results. `Refused` is raised only where nothing can be returned at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kpictl.diagnostics import Diagnostic, Refused
from kpictl.records import dataclass

if TYPE_CHECKING:
    from kpictl.emit.making import Made
    from kpictl.graph import Before, Graph
    from kpictl.kinds.lower import Outcome
    from kpictl.kinds.lowered import Lowered
    from kpictl.model.project import Project
    from kpictl.plan.compiled import Compiled
    from kpictl.plan.inputs import Asked
    from kpictl.plan.plan import Plan
    from kpictl.project import Contents, Loaded
    from kpictl.project.locating import Located
    from kpictl.rules.facts import Fact
    from kpictl.runner.catalog import Looked
    from kpictl.runner.overview import Overview
    from kpictl.runner.probe import Probe
    from kpictl.runner.question import Answer, Question
    from kpictl.runner.results import How, RunReport
    from kpictl.stores import RunRecord, Store, StoredValue

if TYPE_CHECKING:
    Emit = Callable[[str, str], Made]

CATALOG_FILE = "catalog.lock.json"
_NAMED = re.compile(r"`([^`]*)`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What is known about a project without touching data."""

    project: Project | None
    diagnostics: tuple[Diagnostic, ...]
    lowered: Mapping[str, Lowered] = field(default_factory=dict)
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    """What every KPI became, or why it became nothing; `compile` and `run` take it, so that it is found out once."""
    portability: tuple[Compiled, ...] = ()
    """Every KPI in every dialect that was asked for."""
    facts: tuple[Fact, ...] = ()
    """What rules over whole projects know of each definition."""

    @property
    def failed(self) -> bool:
        return any(each.is_error for each in self.diagnostics)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """Files of a project by path, the variables of the environment that its profile reads, and what was left out."""

    files: Mapping[str, str]
    variables: tuple[str, ...]
    left_out: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """Something that can be emitted."""

    name: str
    summary: str
    folder: str
    """Default of `--out`, below the project."""
    options: tuple[str, ...] = ()
    """Which of dialect and cloud it takes."""


def load(
    root: Path | str,
    *,
    profiles_dir: Path | str | None = None,
    target: str | None = None,
    variables: Mapping[str, object] | None = None,
    profile: bool = True,
    outlined: bool = False,
    contents: Contents | None = None,
    only: Collection[str] | None = None,
    hide: Callable[[tuple[str, ...]], None] = lambda _secrets: None,
) -> Loaded:
    """Reads a project. `profile=False` reads no profiles.yml, for what needs neither data nor a store; `outlined` takes
    of it only which types there are and which variables it reads, for `emit`.

    `contents` are its files where they were read already; `only` leaves out what other paths define. `hide` is told
    what is secret as soon as it is read.
    """
    from kpictl.project import load as read

    return read(
        Path(root),
        profiles_dir=None if profiles_dir is None else Path(profiles_dir),
        target=target,
        variables=variables,
        profile=profile,
        outlined=outlined,
        contents=contents,
        only=only,
        hide=hide,
    )


def check(
    loaded: Loaded,
    *,
    dialects: Sequence[str] = (),
    graph: Graph | None = None,
    part: Collection[str] | None = None,
    analyses: bool = False,
) -> Check:
    """Reading, lowering, all rules, and whether each KPI can be said in the dialects named.

    `graph` is the project's, where the caller has it already. `part` names KPIs of a project that is not whole: only
    these are lowered, and nothing is said that needs all others (`compare` does). With `analyses` those are read, too;
    what is wrong with them stops no KPI.
    """
    from kpictl.rules.catalogue import compared, found
    from kpictl.rules.rule import Checked

    project = loaded.readable
    if project is None:
        return Check(project=None, diagnostics=tuple(loaded.diagnostics))
    outcomes = _lowering(project, part)
    checked = Checked(project, lambda: outcomes, graph)
    diagnostics = [*loaded.diagnostics, *found(checked)]
    if part is None:
        diagnostics += compared(checked.facts)
    for failures in checked.failures.values():
        diagnostics += failures
    for lowered in checked.lowered.values():
        diagnostics += lowered.hints
    if loaded.unread:
        diagnostics = [each for each in diagnostics if not _follows(each, loaded.unread)]
    readable = dialects and loaded.project is not None
    portability = tuple(compile(loaded, dialects=dialects, outcomes=outcomes)) if readable else ()
    for compiled in portability:
        diagnostics += compiled.diagnostics
    if analyses and loaded.project is not None:
        diagnostics += _of_analyses(loaded, portability)
    return Check(
        project=loaded.project,
        diagnostics=tuple(diagnostics),
        lowered=checked.lowered,
        outcomes=outcomes,
        portability=portability,
        facts=checked.facts,
    )


def live(loaded: Loaded, checked: Check, *, as_of: datetime | None = None) -> tuple[Diagnostic, ...]:
    """What the engines of the output say of every KPI and analysis: they plan each query, and run none."""
    from kpictl.plan.compile import compile_project
    from kpictl.runner.live import look

    project = _whole(loaded)
    compiled = compile_project(project, lowered=checked.outcomes, run=True)
    return look(project, compiled, logical_now(project, as_of))


def import_sources(loaded: Loaded, connection: str, tables: Sequence[str] = ()) -> Looked:
    """The tables of a connection (all, or those named) in the catalogue, and blocks for those that no source reads.

    Nothing is written. Raises `Refused` where the connection cannot be asked.
    """
    from kpictl.runner.catalog import imported

    return imported(_readable(loaded), connection, tables, loaded.catalogue)


def refresh_sources(loaded: Loaded) -> Looked:
    """The catalogue asked again, with what changed and the KPIs that it reaches; nothing is written."""
    from kpictl.kinds.lowered import Lowered
    from kpictl.runner.catalog import refreshed

    project = _readable(loaded)
    lowered = {name: each for name, each in _lowering(project).items() if isinstance(each, Lowered)}
    return refreshed(project, loaded.catalogue, lowered)


def _readable(loaded: Loaded) -> Project:
    """The project, in spite of errors: a damaged catalogue must not stop what mends it."""
    if loaded.readable is None or loaded.readable.output is None:
        raise Refused(loaded.diagnostics)
    return loaded.readable


def compare(facts: Sequence[Fact]) -> tuple[Diagnostic, ...]:
    """What the rules find that compare all definitions of a project."""
    from kpictl.rules.catalogue import compared

    return tuple(compared(facts))


def _of_analyses(loaded: Loaded, compiled: Sequence[Compiled]) -> list[Diagnostic]:
    """What is wrong with analyses, where they were not compiled anyway."""
    project = _whole(loaded)
    done = {each.unique_id for each in compiled}
    ids = [each.unique_id for each in project.analyses.values() if each.unique_id not in done]
    read = compile(loaded, dialects=default_dialects(project)[:1], selection=ids) if ids else []
    return [each for node in read for each in node.diagnostics]


def _follows(diagnostic: Diagnostic, unread: Collection[str]) -> bool:
    """Whether a finding only repeats that a definition could not be read, which is reported where it stands."""
    return diagnostic.code >= "KPI100" and any(name in unread for name in _NAMED.findall(diagnostic.message))


def blocking(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """What stops compile and run before they write anything: the errors KPI0xx to KPI4xx.

    Errors from KPI500 on are about a target, data or an engine: they fail their KPI alone.
    """
    return tuple(each for each in diagnostics if each.is_error and each.code < "KPI500")


def compile(
    loaded: Loaded,
    *,
    dialects: Sequence[str],
    selection: Iterable[str] | None = None,
    as_of: datetime | None = None,
    outcomes: Mapping[str, Outcome] | None = None,
) -> list[Compiled]:
    """The selected nodes (unique ids; None: all) in each dialect, in the order given; `outcomes` as of `check`."""
    from kpictl.plan.compile import compile_project

    project = _whole(loaded)
    chosen = None if selection is None else tuple(selection)
    return compile_project(project, tuple(dialects), chosen, as_of=as_of, lowered=outcomes)


def compiler(
    loaded: Loaded,
    *,
    dialects: Sequence[str],
    as_of: datetime | None = None,
    outcomes: Mapping[str, Outcome] | None = None,
) -> Callable[[str], list[Compiled]]:
    """Compiles one node by its unique id, in each dialect; `compile` for those who write one after the other."""
    from kpictl.plan.compile import project_compiler

    return project_compiler(_whole(loaded), tuple(dialects), as_of=as_of, lowered=outcomes)


def compile_inline(project: Project, sql: str, dialect: str, *, as_of: datetime | None = None) -> Compiled:
    """One SELECT that stands in no file, in a dialect."""
    from kpictl.plan.compile import compile_inline as inline

    return inline(project, sql, dialect, as_of=as_of)


def after_pass(project: Project, selection: Iterable[str], name: str) -> list[tuple[str, str]]:
    """(title, ir as text) of each selected KPI after the pass of that name, `all`: after each.

    Raises LookupError for a pass that there is not.
    """
    from kpictl.plan.compile import after_pass as traced

    return traced(project, selection, name)


def run(
    loaded: Loaded,
    *,
    kpis: Sequence[str],
    as_of: datetime | None = None,
    backfill: tuple[datetime, datetime] | None = None,
    full_refresh: bool = False,
    forward_only: bool = False,
    outcomes: Mapping[str, Outcome] | None = None,
    planned: Plan | None = None,
    who: str | None = None,
    how: How | None = None,
    on_step: Callable[[str, int, int], None] = lambda _name, _done, _all: None,
) -> RunReport:
    """Brings the KPIs up to date, as of a logical time (default: the output's `as_of`, else the clock).

    `planned` is a plan that was made before: exactly that is done. `who` is noted as the one who asked, `how` says how many
    connections are asked at once and whether the first failure ends the run. Operands that
    are not asked for are read, not stored. Raises `Refused` where the store cannot be used, where the plan reads more
    than the project's limits allow, or where `planned` is no longer what would be done.
    """
    from kpictl import __version__
    from kpictl.project import redact
    from kpictl.runner.run import run as brought
    from kpictl.stores import Asker

    project = _whole(loaded)
    asked = _asked(project, planned.as_of if planned is not None else as_of, backfill, full_refresh, forward_only)
    options: dict[str, object] = {"kpis": len(kpis)}
    if backfill is not None:
        options["backfill"] = list(backfill)
    if full_refresh:
        options["full_refresh"] = True
    if forward_only:
        options["forward_only"] = True
    if planned is not None:
        options["plan"] = True
    with closing(_store(project)) as store:
        return brought(
            project,
            _to_run(project, kpis, outcomes),
            store,
            asked,
            on_step=on_step,
            hide=lambda text: redact(text, loaded.secrets),
            planned=planned,
            how=how,
            asker=Asker(who=redact(who or _user(), loaded.secrets), version=__version__, options=options),
        )


def late(
    loaded: Loaded, *, kpis: Sequence[str], as_of: datetime | None = None, outcomes: Mapping[str, Outcome] | None = None
) -> tuple[Diagnostic, ...]:
    """Done buckets that would have another value now, as rows came later than `lateness`; nothing is written."""
    from kpictl.runner.late import late as compared

    project = _whole(loaded)
    with closing(_store(project)) as store:
        asked = _asked(project, as_of, None, full_refresh=False, forward_only=False)
        return compared(project, _to_run(project, kpis, outcomes), store, asked)


@contextmanager
def alone(loaded: Loaded, what: str) -> Iterator[Callable[[], None]]:
    """Holds `what` of the project's store, which one process has at a time; raises `Refused` where another has it.

    The function that it gives raises `Refused` once that is no longer so.
    """
    from kpictl.stores import open_keeper

    with closing(open_keeper(_whole(loaded))) as store, store.alone(what) as still:
        yield still


def plan(
    loaded: Loaded,
    *,
    kpis: Sequence[str],
    as_of: datetime | None = None,
    backfill: tuple[datetime, datetime] | None = None,
    full_refresh: bool = False,
    forward_only: bool = False,
    values: int | None = None,
    every: bool = False,
    outcomes: Mapping[str, Outcome] | None = None,
) -> Overview:
    """What `run` would do with the KPIs, why, and what it would read. Nothing is written.

    Nothing is computed either, unless `values` asks for the last so many buckets of what has another definition (with
    `every`: of all), stored and by the old and the new definition. What fails then stands in `over`.
    """
    from dataclasses import replace

    from kpictl.runner.planning import overview
    from kpictl.runner.recompute import recompute

    project = _whole(loaded)
    with closing(_store(project)) as store:
        asked = _asked(project, as_of, backfill, full_refresh, forward_only)
        compiled = _to_run(project, kpis, outcomes)
        found = overview(project, compiled, store, asked)
        if values is None or any(each.is_error for each in found.over):
            return found
        again = recompute(project, compiled, store, asked, values, always=every)
        return replace(found, values=again.deltas, over=(*found.over, *again.failures))


def runs(loaded: Loaded, last: int) -> list[RunRecord]:
    """What the last so many runs did, newest first, by KPI; who asked for them, where that was noted."""
    with closing(_store(_whole(loaded))) as store:
        return store.runs(last)


def failing(loaded: Loaded, last: int = 5) -> frozenset[str]:
    """The KPIs that their last run, of the last so many, could not compute: what the store holds of them is from before."""
    from kpictl.runner.results import FAILED

    latest: dict[str, str] = {}
    for record in runs(loaded, last):
        latest.setdefault(record.kpi, record.status)
    return frozenset(kpi for kpi, status in latest.items() if status in FAILED)


def _to_run(project: Project, kpis: Sequence[str], outcomes: Mapping[str, Outcome] | None) -> Sequence[Compiled]:
    from kpictl.plan.compile import compile_project

    return compile_project(project, (), [f"kpi.{name}" for name in kpis], lowered=outcomes, run=True)


def _asked(
    project: Project,
    as_of: datetime | None,
    backfill: tuple[datetime, datetime] | None,
    full_refresh: bool,
    forward_only: bool,
) -> Asked:
    from kpictl.plan.inputs import Asked

    return Asked(
        now=logical_now(project, as_of),
        back_dated=as_of is not None and as_of < logical_now(project),
        backfill=backfill,
        full_refresh=full_refresh,
        forward_only=forward_only,
    )


def _user() -> str:
    """The name of the user of this process, or what stands in KPICTL_USER."""
    from getpass import getuser
    from os import environ

    try:
        return environ.get("KPICTL_USER") or getuser()
    except (OSError, KeyError):
        return "unknown"


def artifacts() -> tuple[Artifact, ...]:
    """What can be emitted: name, one line of what it is, and where it goes by default."""
    from kpictl.emit import NAMES, named

    return tuple(
        Artifact(name=each.name, summary=each.summary, folder=each.out, options=each.options)
        for each in map(named, NAMES)
    )


def import_hcl(path: str, data: bytes) -> Imported:
    """The values of the service's Terraform variables as files of a project; raises Refused where they cannot be read."""
    from kpictl.emit.yaml_text import yaml_documents
    from kpictl.imports.hcl_values import read_values
    from kpictl.imports.tfvars import carry

    carried = carry(read_values(path, data))
    files = {name: yaml_documents(document) for name, document in carried.documents.items()}
    return Imported(files=files, variables=carried.variables, left_out=carried.left_out)


def emitter(loaded: Loaded, checked: Check, *, dialect: str | None = None, cloud: str | None = None) -> Emit:
    """Makes the files of artifacts of a project that was loaded with `outlined`; KPIs are compiled once for all.

    The function takes an artifact's name and the command that its headers name. It raises KeyError for an unknown name,
    `Refused` where a file can not be made, and writes nothing.
    """
    from kpictl.emit.emitter import Options
    from kpictl.emit.making import Statements, make

    project = _whole(loaded)
    order = [node.removeprefix("kpi.") for node in select(project) if node.startswith("kpi.")]
    statements = Statements(project, checked.outcomes)
    options = Options(dialect=dialect, cloud=cloud)
    return lambda artifact, command: make(
        artifact,
        project,
        order=order,
        outcomes=checked.outcomes,
        options=options,
        variables=loaded.variables,
        command=command,
        compiled=statements,
    )


def logical_now(project: Project, as_of: datetime | None = None) -> datetime:
    """What now is for a run: the time that is asked for, else the output's `as_of`, else the clock."""
    from datetime import UTC

    present = project.output.as_of if project.output is not None else None
    return as_of or present or datetime.now(UTC)


def probe(loaded: Loaded) -> Iterator[Probe]:
    """Tries each connection and the store of the output, one after the other."""
    from kpictl.runner.probe import tried

    return tried(_whole(loaded))


def default_dialects(project: Project) -> tuple[str, ...]:
    """The dialects of the output's connections, each once; the project's own where no profile was read."""
    if project.output is None:
        return (project.settings.dialect,)
    known = dialects()
    spoken = (each.type for each in project.output.connections)
    return tuple(dict.fromkeys(each for each in spoken if each in known)) or (project.settings.dialect,)


def dialects() -> tuple[str, ...]:
    """The dialects that kpictl compiles to, by name."""
    from kpictl.dialects import NAMES

    return tuple(NAMES)


def select(
    project: Project,
    selectors: Sequence[str] = (),
    exclude: Sequence[str] = (),
    *,
    before: Before | None = None,
    graph: Graph | None = None,
) -> tuple[str, ...]:
    """Unique ids that the selectors mean, each after what it reads. Raises `graph.UnknownSelector`."""
    from kpictl.graph import select as choose
    from kpictl.graph.manifest import checksums

    return choose(project, selectors, exclude, before=before, now=checksums(project) if before else None, graph=graph)


def locate(
    diagnostics: Iterable[Diagnostic], root: Path | str, texts: Mapping[str, str] | None = None
) -> list[Located]:
    """The diagnostics with lines and columns, sorted by file and line, each once; `texts` stand in no file."""
    from kpictl.project.locating import locate as found

    return found(diagnostics, Path(root), texts or {})


def _whole(loaded: Loaded) -> Project:
    """The project, when it was read without errors."""
    if loaded.project is None or any(each.is_error for each in loaded.diagnostics):
        raise Refused(loaded.diagnostics)
    return loaded.project


def _lowering(project: Project, names: Iterable[str] | None = None) -> Mapping[str, Outcome]:
    from kpictl.plan.lowering import lowering

    return lowering(project, names)


def values(
    loaded: Loaded,
    *,
    kpis: Iterable[str],
    start: datetime | None = None,
    stop: datetime | None = None,
    last: int | None = None,
    known_at: datetime | None = None,
    by: tuple[str, ...] | None = (),
) -> list[StoredValue]:
    """Stored values by KPI, time and dimensions: of the total, of the members of the dimensions `by`, or (None) of all.

    Each KPI's are of one grain: where it had another one before, of that which it has now, as far as it was computed.
    `known_at` asks for what the store said at that instant, before later corrections.
    """
    from kpictl.stores import Wish

    project = _whole(loaded)
    with closing(_store(project)) as store:
        wish = Wish(kpis=dict.fromkeys(kpis), start=start, stop=stop, last=last, known_at=known_at, dimensions=by)
        return _of_one_grain(project, store.values(wish))


def _of_one_grain(project: Project, values: list[StoredValue]) -> list[StoredValue]:
    """Without the values that a KPI had at other grains; only where there are some is its definition looked at."""
    grains: dict[str, dict[str, datetime]] = {}
    for value in values:
        known = grains.setdefault(value.kpi, {})
        known[value.grain] = max(known.get(value.grain, value.known_at), value.known_at)
    several = {kpi: known for kpi, known in grains.items() if len(known) > 1}
    if not several:
        return values
    from kpictl.kinds.lowered import Lowered
    from kpictl.plan.lowering import lowering

    lowered, chosen = lowering(project, several), dict[str, str]()
    for kpi, known in several.items():
        found = lowered.get(kpi)
        unit = found.grain.unit if isinstance(found, Lowered) else ""
        chosen[kpi] = unit if unit in known else max(known, key=lambda each: known[each])
    return [value for value in values if chosen.get(value.kpi, value.grain) == value.grain]


def stored_dimensions(loaded: Loaded, kpis: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """By KPI the names of the dimensions of its last stored bucket, also those that its definition does not list."""
    found: dict[str, dict[str, None]] = {}
    for value in values(loaded, kpis=kpis, last=1, by=None):
        found.setdefault(value.kpi, {}).update(dict.fromkeys(value.dimensions))
    return {kpi: tuple(names) for kpi, names in found.items()}


def query(loaded: Loaded, question: Question, *, as_of: datetime | None = None, only_sql: bool = False) -> Answer:
    """Ad hoc numbers, through the same ir and rules as what is stored; nothing is written. Raises `Refused`."""
    from kpictl.runner.question import ask

    project = _whole(loaded)
    return ask(project, question, logical_now(project, as_of), only_sql=only_sql)


def _store(project: Project) -> Store:
    from kpictl.stores import open_store

    return open_store(project)


def kpi_schema() -> Mapping[str, object]:
    """The JSON Schema of files below kpis/."""
    return schema("kpi")


def schema(name: str) -> Mapping[str, object]:
    """A published JSON Schema: kpi, project, profiles, catalog (made from the keys), or one of `kpictl/schemas/`."""
    if name in ("kpi", "project", "profiles", "catalog"):
        from kpictl.project import schemas

        return schemas()[name]
    import json
    from importlib.resources import files

    read: Mapping[str, object] = json.loads((files("kpictl") / "schemas" / f"{name}.schema.json").read_text("utf-8"))
    return read
