"""A plan for people and for later: what is different, which buckets and why, what is read, and what it all depends on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from hashlib import blake2b
from typing import Any

from kpictl import __version__
from kpictl.diagnostics import Refused
from kpictl.kinds.lowered import Lowered
from kpictl.model.calendar import calendar
from kpictl.model.kpis import Kpi
from kpictl.model.project import Project
from kpictl.plan.budget import Cost, over
from kpictl.plan.changes import Change, Changed, change_of
from kpictl.plan.compiled import Compiled
from kpictl.plan.findings import PlanMoved
from kpictl.plan.plan import Plan, Step
from kpictl.plan.reads import reads_all_before
from kpictl.plan.state import Range, StoreState
from kpictl.plan.timed import watched_sources
from kpictl.records import dataclass
from kpictl.stores import RunRecord

LAST_RUNS = 100
"""So many runs are looked through for the last one of each KPI of a saved plan."""
COUNTED = ("asked", "missing", "late", "open", "partial", "waiting", "expired")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a plan does with one KPI, and why."""

    kpi: str
    change: Change
    keys: tuple[str, ...]
    """Which words of its definition are others."""
    grain: str
    before: str | None
    """The grain of before, where it is another."""
    buckets: Mapping[str, int]
    """How many are asked for, missing, late (within `lateness`, or of a changed source), open (not over), partial (they
    end after the watermark of a source, and stay due), waiting (not reached by the source: no value, and still due),
    expired (past the retention: dropped with the next write)."""
    partial_from: str | None = None
    """The first due bucket that ends after the watermark."""
    first: str | None = None
    last: str | None = None
    """The first and last due bucket, as people call them."""
    begins: str | None = None
    """The bucket with which a changed definition begins, where none is due yet and what is stored stays."""
    reads_all_before: bool = False
    """Its buckets may read any earlier row, such as those of a stock that is carried without limit."""

    @property
    def due(self) -> int:
        return sum(number for name, number in self.buckets.items() if name != "expired")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """A bucket's total as it is stored, and as the old and the new definition make it now; a status of None: no row.

    `old` is None, too, where the old definition cannot be made again: its source or the settings are others now.
    """

    kpi: str
    time: datetime
    bucket: str
    stored: float | None
    stored_status: str | None
    old: float | None
    old_status: str | None
    new: float | None
    new_status: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A plan as it is shown."""

    plan: Plan
    lines: tuple[Line, ...]
    cost: Cost
    limits: tuple[int | None, int | None] = (None, None)
    over: tuple[Any, ...] = ()
    """What the project's limits say of it."""
    values: tuple[Delta, ...] | None = None
    """The last buckets by the old and the new definition, where that was asked for."""
    left: tuple[str, ...] = field(default=())
    """KPIs of the store that the project does not define."""

    def record(self) -> dict[str, Any]:
        """The shape of plan.json; `read_plan` takes of it what a run needs."""
        return {
            **self.plan.record(),
            "kpictl_version": __version__,
            "kpis": [_line(each) for each in self.lines],
            "cost": {
                "scans": {"one_by_one": self.cost.scans[0], "shared": self.cost.scans[1]},
                "rows": self.cost.rows,
                "bytes": self.cost.bytes,
                "limits": {"rows": self.limits[0], "bytes": self.limits[1]},
                "statements": [
                    {
                        "connection": each.connection,
                        "kpis": list(each.kpis),
                        "sources": list(each.sources),
                        "from": _iso(each.start),
                        "to": _iso(each.stop),
                        "rows": each.rows,
                        "bytes": each.bytes,
                    }
                    for each in self.cost.statements
                ],
            },
            "not_in_project": list(self.left),
            **({} if self.values is None else {"values": [_delta(each) for each in self.values]}),
        }


def look(project: Project, compiled: Sequence[Compiled], state: StoreState, plan: Plan, found: Cost) -> Overview:
    """The plan with what is different about each KPI, in the order in which they run."""
    used = state.used()
    steps = {step.kpi: step for step in plan.steps}
    lines = []
    for each in compiled:
        if each.lowered is None or each.name not in project.kpis:
            continue
        changed = change_of(project.kpis[each.name], each.lowered, state, used)
        step = steps.get(each.name)
        if step is not None or changed.change not in (Change.SAME, Change.NEW):
            line = _look(changed, each.name, each.lowered.grain.unit, step, state)
            lines.append(replace(line, reads_all_before=step is not None and reads_all_before(each.lowered)))
    limits = project.settings.limits
    return Overview(
        plan=plan,
        lines=tuple(lines),
        cost=found,
        limits=(limits.rows, limits.bytes),
        over=tuple(over(project, found)),
        left=tuple(sorted(set(used) - set(project.kpis))),
    )


def _look(changed: Changed, kpi: str, grain: str, step: Step | None, state: StoreState) -> Line:
    counts: Counter[str] = Counter()
    first = last = begins = partial_from = None
    if step is not None:
        of = calendar(step.grain.zone, step.grain.week_start, step.grain.fiscal_start)
        done = state.of(kpi, grain, step.definition).ranges
        starts = [at for start, stop in step.due for at in of.spine(start, stop, grain)]
        counts.update(_reason(step, at, of.next(at, grain), done) for at in starts)
        behind = [at for at in starts if _reason(step, at, of.next(at, grain), done) == "partial"]
        if behind:
            partial_from = of.label(behind[0], grain)
        if starts:
            first, last = of.label(starts[0], grain), of.label(starts[-1], grain)
        elif not step.evaluations:
            begins = of.label(step.first_bucket, grain)
        if step.keep_from is not None:
            gone = [(start, min(stop, step.keep_from)) for start, stop in done if start < step.keep_from]
            counts["expired"] = sum(1 for start, stop in gone for _ in of.spine(start, stop, grain))
    return Line(
        kpi=kpi,
        change=changed.change,
        keys=changed.keys,
        grain=grain,
        before=changed.grain,
        buckets={name: counts[name] for name in COUNTED},
        first=first,
        last=last,
        begins=begins,
        partial_from=partial_from,
    )


def _reason(step: Step, start: datetime, stop: datetime, done: Sequence[Range]) -> str:
    if step.open_from is not None and start >= step.open_from:
        return "open"
    if start >= step.final_until:
        return "waiting"
    if step.complete_until is not None and stop > step.complete_until:
        return "partial"
    if step.why == "asked":
        return "asked"
    return "late" if any(first <= start and stop <= last for first, last in done) else "missing"


# -- what a saved plan depends on


def world(
    project: Project, compiled: Iterable[Compiled], state: StoreState, runs: Iterable[RunRecord]
) -> dict[str, tuple[str, str]]:
    """By KPI a hash of what it means and where it runs, and one of what the store holds of it."""
    held: dict[str, list[str]] = {}
    for (kpi, grain, definition), each in sorted(state.done.items()):
        held.setdefault(kpi, []).append(repr((grain, definition, each.ranges, each.first_bucket)))
    last: dict[str, str] = {}
    for run in runs:
        if run.status == "success":
            last.setdefault(run.kpi, run.run_id)
    found = {}
    for node in compiled:
        defined = project.kpis.get(node.name)
        lowered = node.lowered
        meaning = (
            "" if lowered is None else lowered.fingerprint,
            node.connection,
            node.dialect,
            None if defined is None else (defined.schedule, str(defined.retention), defined.start),
            *(() if defined is None or lowered is None else _watermarks(project, lowered, defined)),
        )
        stored = (held.get(node.name, []), last.get(node.name))
        found[node.name] = (_digest(meaning), _digest(stored))
    return found


def _watermarks(project: Project, lowered: Lowered, kpi: Kpi) -> Iterator[tuple[str, str | None]]:
    for source in watched_sources(project, lowered, kpi):
        yield source.name, source.watermark


def made_with(project: Project) -> str:
    """The version of kpictl and the output."""
    return f"kpictl {__version__}, output {project.output.name if project.output is not None else '-'}"


def check_world(plan: Plan, now: Mapping[str, tuple[str, str]], project: Project) -> None:
    """Raises Refused where a saved plan is no longer what would be done."""
    help = ["make the plan again: `kpictl plan`"]
    if plan.project != project.settings.name:
        message = f"the plan is one of the project `{plan.project}`, and this is `{project.settings.name}`"
        raise Refused([PlanMoved.at(None, message)])
    if plan.made_with != made_with(project):
        message = f"the plan was made with {plan.made_with}; this is {made_with(project)}"
        raise Refused([PlanMoved.at(None, message, help=help)])
    found = []
    for kpi, (meaning, stored) in plan.world.items():
        known = now.get(kpi)
        if known is None:
            found.append(PlanMoved.at(None, f"`{kpi}` is no longer in the project", help=help, node=kpi))
        elif known[0] != meaning:
            found.append(
                PlanMoved.at(None, f"the definition of `{kpi}` has changed since the plan was made", help=help)
            )
        elif known[1] != stored:
            message = f"what the store holds of `{kpi}` has changed since the plan was made"
            found.append(PlanMoved.at(None, message, help=help, node=kpi))
    if found:
        raise Refused(found)


def _digest(value: object) -> str:
    return blake2b(repr(value).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _line(line: Line) -> dict[str, Any]:
    return {
        "kpi": line.kpi,
        "change": line.change.value,
        "keys": list(line.keys),
        "grain": line.grain,
        "grain_before": line.before,
        "buckets": dict(line.buckets),
        "first": line.first,
        "last": line.last,
        "begins": line.begins,
        "partial_from": line.partial_from,
        "reads_all_before": line.reads_all_before,
    }


def _delta(found: Delta) -> dict[str, Any]:
    return {
        "kpi": found.kpi,
        "time": _iso(found.time),
        "bucket": found.bucket,
        "stored": found.stored,
        "stored_status": found.stored_status,
        "old": found.old,
        "old_status": found.old_status,
        "new": found.new,
        "new_status": found.new_status,
    }


def _iso(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")
