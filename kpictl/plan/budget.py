"""What a plan reads, as far as the engines tell it before: statements, rows, bytes; and whether the project allows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime

from kpictl.diagnostics import Diagnostic, Place
from kpictl.model.calendar import calendar
from kpictl.model.project import Project
from kpictl.plan.compiled import Compiled
from kpictl.plan.findings import OverBudget, UnknownSize
from kpictl.plan.fusion import Fusion, Task
from kpictl.plan.inputs import Extent
from kpictl.plan.plan import Mode, Step
from kpictl.plan.reads import reads_all_before
from kpictl.plan.state import Range
from kpictl.records import dataclass

Sizes = Callable[[str], tuple[int | None, int | None]]
"""Rows and bytes of a source, as its engine estimates them; None for what it does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """One statement: for which KPIs, over which buckets, of which sources, and about how much of them."""

    connection: str | None
    kpis: tuple[str, ...]
    sources: tuple[str, ...]
    start: datetime
    stop: datetime
    rows: int | None
    bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """All statements of a plan. `scans` are their numbers one by one, and as KPIs share them."""

    scans: tuple[int, int] = (0, 0)
    statements: tuple[Reads, ...] = ()

    @property
    def rows(self) -> int | None:
        """None where no engine tells; what is not told is not counted."""
        return _sum(each.rows for each in self.statements)

    @property
    def bytes(self) -> int | None:
        return _sum(each.bytes for each in self.statements)


def cost(
    project: Project,
    turns: Iterable[tuple[Sequence[Step], Fusion]],
    nodes: Mapping[str, Compiled],
    extents: Mapping[str, Extent],
    sizes: Sizes,
) -> Cost:
    """What the steps read, turn by turn as they run."""
    before = after = 0
    found: list[Reads] = []
    reading = _Reading(project, nodes, extents, sizes)
    for steps, fusion in turns:
        before, after = before + fusion.before, after + fusion.after
        shared: set[Task] = set()
        for each in fusion.shared:
            shared.update(reader.task for reader in each.readers)
            kpis = tuple(dict.fromkeys(reader.task.kpi for reader in each.readers))
            starts = min(reader.start for reader in each.readers)
            stops = max(reader.stop for reader in each.readers)
            found.append(reading.of(each.connection, kpis, (starts, stops), whole=False))
        for step in steps:
            found += reading.alone(step, shared)
    return Cost(scans=(before, after), statements=tuple(found))


def over(project: Project, found: Cost) -> Iterator[Diagnostic]:
    """What the project's `limits:` say of a plan that reads so much."""
    limits = project.settings.limits
    for name, most, reads in (("rows", limits.rows, found.rows), ("bytes", limits.bytes, found.bytes)):
        if most is None or not found.statements:
            continue
        place = Place("kpi_project.yml").child("limits").child(name)
        if reads is not None and reads > most:
            largest = max(found.statements, key=lambda each: (each.rows or 0, each.bytes or 0))
            message = f"the plan reads about {reads:,} {name}, and the limit is {most:,}"
            note = f"most for {_few(largest.kpis)}: {_few(largest.sources)} from {largest.start:%Y-%m-%d}"
            help = ["select fewer KPIs, backfill a shorter range, or raise the limit"]
            yield OverBudget.at(place, message, notes=[note], help=help)
        unknown = {source for each in found.statements if getattr(each, name) is None for source in each.sources}
        if unknown:
            message = f"the limit of {name} is not kept for {_few(sorted(unknown))}: the engine does not tell its size"
            yield UnknownSize.at(place, message)


@dataclass(slots=True)
class _Reading:
    project: Project
    nodes: Mapping[str, Compiled]
    extents: Mapping[str, Extent]
    sizes: Sizes

    def alone(self, step: Step, shared: set[Task]) -> Iterator[Reads]:
        """The statements that the step asks for itself."""
        node = self.nodes[step.kpi]
        lowered = node.lowered
        assert lowered is not None
        sets = (False, True) if node.total is not None and lowered.dimensions else (False,)
        for number, each in enumerate(step.evaluations):
            for total in sets:
                if Task(kpi=step.kpi, evaluation=number, total=total) not in shared:
                    whole = each.mode in (Mode.SERIES, Mode.SNAPSHOT)
                    yield self.of(step.connection, (step.kpi,), (each.start, each.stop), whole=whole)

    def of(self, connection: str | None, kpis: tuple[str, ...], buckets: Range, *, whole: bool) -> Reads:
        lowered = [found for kpi in kpis if (found := self.nodes[kpi].lowered) is not None]
        sources = tuple(dict.fromkeys(name for each in lowered for name in each.sources))
        start, stop = buckets
        if any(map(reads_all_before, lowered)):
            firsts = [self.extents[name].first for name in sources if name in self.extents]
            start = min([start, *(_instant(first) for first in firsts if first is not None)])
        for each in lowered:
            if each.lookback is not None:
                zone = calendar(each.grain.zone, each.grain.week_start, each.grain.fiscal_start)
                start = min(start, zone.shift(buckets[0], -each.lookback.n, each.lookback.unit))
        rows, size = [], []
        for name in sources:
            part = 1.0 if whole else _part(self.extents.get(name), start, stop)
            told = self.sizes(name)
            rows.append(None if told[0] is None else round(told[0] * part))
            size.append(None if told[1] is None else round(told[1] * part))
        return Reads(
            connection=connection, kpis=kpis, sources=sources, start=start, stop=stop, rows=_sum(rows), bytes=_sum(size)
        )


def _part(extent: Extent | None, start: datetime, stop: datetime) -> float:
    """Which part of a source's rows stands in a range of time, if they stand evenly; all where its times are not known."""
    if extent is None or extent.first is None or extent.last is None:
        return 1.0
    first, last = _instant(extent.first), _instant(extent.last)
    length = (last - first).total_seconds()
    inside = (min(stop, last) - max(start, first)).total_seconds()
    return 1.0 if length <= 0 else min(1.0, max(0.0, inside / length))


def _instant(at: date | datetime) -> datetime:
    if not isinstance(at, datetime):
        return datetime(at.year, at.month, at.day, tzinfo=UTC)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _sum(numbers: Iterable[int | None]) -> int | None:
    known = [each for each in numbers if each is not None]
    return sum(known) if known else None


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
    return ", ".join(f"`{name}`" for name in names[:3]) + more
