"""How far sources reach and how large they are, each asked once a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import UTC, date, datetime, timedelta

from kpictl.diagnostics import Diagnostic, Place, Refused
from kpictl.engines import Engine, Reach
from kpictl.model.calendar import calendar
from kpictl.model.kpis import Kpi
from kpictl.model.project import Project
from kpictl.model.sources import HistoryKind, Source
from kpictl.plan.compiled import Compiled
from kpictl.plan.due import looked_from
from kpictl.plan.evidence import Axis, Looks, axes
from kpictl.plan.inputs import Asked, Extent
from kpictl.plan.state import StoreState
from kpictl.plan.timed import event_times, source_times, timed_sources, watched_sources
from kpictl.records import dataclass
from kpictl.runner.changed_rows import look
from kpictl.runner.connections import Connections
from kpictl.runner.findings import NotFinite, RowsWithoutTime, SourceAging, SourceStale
from kpictl.runner.watermarks import watermark


@dataclass(slots=True)
class Reaches:
    """What was asked of sources before something is computed, and what was wrong with their rows."""

    project: Project
    connections: Connections
    now: datetime
    sizes: dict[str, int | None] = field(default_factory=dict)
    """Bytes by source, where the engine tells."""
    broken: dict[str, tuple[Diagnostic, ...]] = field(default_factory=dict)
    """KPIs whose sources could not be asked."""
    warnings: dict[str, list[Diagnostic]] = field(default_factory=dict)
    _statistics: dict[str, tuple[int, dict[str, int | None]]] = field(default_factory=dict)

    def statistics(self, name: str, columns: tuple[str, ...]) -> tuple[int, Mapping[str, int | None]] | None:
        """What the engine estimates of a source; each column is asked for once."""
        source = self.project.sources.get(name)
        if source is None:
            return None
        rows, known = self._statistics.get(name) or (0, {})
        asked = [column for column in columns if column not in known]
        if name not in self._statistics or asked:
            try:
                counts = self.connections.engine(source.connection, name).counts(source.relation, asked)
            except Refused:
                return None
            rows, known = counts.rows, {**known, **counts.distinct}
            self._statistics[name] = (rows, known)
            self.sizes[name] = counts.bytes
        return rows, known

    def size(self, name: str) -> tuple[int | None, int | None]:
        """Rows and bytes of a source, as far as they are known."""
        told = self.statistics(name, ())
        return (None, None) if told is None else (told[0], self.sizes.get(name))

    def extents(self, nodes: Sequence[Compiled]) -> dict[str, Extent]:
        """How far the sources of KPIs reach."""
        readers: dict[str, dict[str | None, list[str]]] = {}
        for each in nodes:
            if each.lowered is not None:
                for source, column in event_times(self.project, each.lowered, self.project.kpis[each.name]):
                    readers.setdefault(source.name, {}).setdefault(column, []).append(each.name)
        marked: dict[str, list[str]] = {}
        for each in nodes:
            if each.lowered is not None:
                for source in watched_sources(self.project, each.lowered, self.project.kpis[each.name]):
                    marked.setdefault(source.name, []).append(each.name)
        found: dict[str, Extent] = {}
        for name, by_time in readers.items():
            kpis = [kpi for each in by_time.values() for kpi in each]
            try:
                found[name] = self._extent(self.project.sources[name], kpis, by_time)
            except Refused as refused:
                for kpi in kpis:
                    self.broken[kpi] = refused.diagnostics
        for name, kpis in marked.items():
            try:
                mark = self._watermark(self.project.sources[name], kpis[0])
                found[name] = replace(found.get(name, Extent(first=None, last=None)), watermark=mark)
            except Refused as refused:
                for kpi in kpis:
                    self.broken.setdefault(kpi, refused.diagnostics)
        return found

    def _watermark(self, source: Source, kpi: str) -> date | datetime | None:
        return watermark(self.project, source, self.connections.engine(source.connection, kpi), self.now)

    def looks(self, nodes: Sequence[Compiled], state: StoreState, asked: Asked) -> Looks:
        """What is seen of the rows within `lateness`, where an `updated_at` proves something of their KPIs."""
        since: dict[Axis, tuple[datetime, str]] = {}
        for each in nodes:
            begin = looked_from(self.project, each, state, asked)
            if begin is None or each.lowered is None:
                continue
            for axis in axes(self.project, self.project.kpis[each.name], each.lowered):
                since[axis] = min(since.get(axis, (begin, each.name)), (begin, each.name))
        found: dict[Axis, Mapping[str, str]] = {}
        for axis, (begin, kpi) in since.items():
            try:
                engine = self.connections.engine(self.project.sources[axis.source].connection, kpi)
            except Refused:
                continue  # said where the KPI is computed
            seen = look(axis, self.project, engine, begin, self.now)
            if seen is not None:
                found[axis] = seen
        return found

    def old(self, nodes: Sequence[Compiled], extents: Mapping[str, Extent]) -> dict[str, Diagnostic]:
        """KPIs that a source stops whose last row is too old; those that are only warned of are noted."""
        found: dict[str, Diagnostic] = {}
        for each in nodes:
            if each.lowered is None:
                continue
            for source in timed_sources(self.project, each.lowered, self.project.kpis[each.name]):
                if source.freshness is None or source.name not in extents:
                    continue
                told = self._age(source, extents[source.name])
                if told is not None and told.is_error:
                    found[each.name] = told
                elif told is not None:
                    self.warnings.setdefault(each.name, []).append(told)
        return found

    def _age(self, source: Source, extent: Extent) -> Diagnostic | None:
        """What `freshness:` says of a source's last row."""
        zone = self.project.settings.timezone
        of, fresh = calendar(zone), source.freshness
        assert fresh is not None
        last = extent.last
        at: datetime | None
        if isinstance(last, datetime):
            at = last.astimezone(UTC) if last.tzinfo else calendar(source.timezone or zone).instant(last)
        else:
            at = None if last is None else of.day_start(last + timedelta(days=1))
        for limit, finding in ((fresh.error_after, SourceStale), (fresh.warn_after, SourceAging)):
            if limit is None or (at is not None and at >= of.shift(self.now, -limit.n, limit.unit)):
                continue
            what = "has no row" if at is None else f"has its last row at {at.astimezone(of.tzinfo):%Y-%m-%d %H:%M %Z}"
            message = f"`{source.name}` {what}, and {limit} is the oldest that `freshness:` allows"
            help = ["see why nothing arrives; `kpictl retry` computes what was left out"]
            return finding.at(source.place.child("freshness"), message, help=help)
        return None

    def warn(self, kpi: str, message: str) -> None:
        """Notes rows of a KPI that are in no bucket."""
        self.warnings.setdefault(kpi, []).append(RowsWithoutTime.at(None, message))

    def not_finite(self, kpi: str, number: int) -> None:
        """Notes values that are NaN or infinite, and stored as none."""
        self.warnings.setdefault(kpi, []).append(not_finite(self.project.kpis[kpi], number, "stored"))

    def _extent(self, source: Source, kpis: Sequence[str], by_time: Mapping[str | None, Sequence[str]]) -> Extent:
        engine = self.connections.engine(source.connection, kpis[0])
        zone = source.timezone or self.project.settings.timezone
        reaches = [engine.reach(source.relation, column, self.now, zone) for column in source_times(source)]
        lost = in_no_bucket(source, reaches)
        if lost is not None:
            for kpi in by_time.get(None, ()):
                self.warnings.setdefault(kpi, []).append(lost)
        lasts = [r.last for r in reaches if r.last is not None]
        firsts = {
            column: self._first(source, column, engine, readers)
            for column, readers in by_time.items()
            if column is not None
        }
        return Extent(first=reaches[0].first, last=max(lasts, default=None), firsts=firsts)

    def _first(self, source: Source, column: str, engine: Engine, kpis: Sequence[str]) -> date | datetime | None:
        """The first of a time that measures name by `time:`. NULL there is no fault: it has not happened yet."""
        zone = source.timezone or self.project.settings.timezone
        reach = engine.reach(source.relation, column, self.now, zone)
        for kpi in kpis:
            absurd = own_time_absurd(source, column, reach, self.project.kpis[kpi].place)
            if absurd is not None:
                self.warnings.setdefault(kpi, []).append(absurd)
        return reach.first


def not_finite(kpi: Kpi, number: int, done: str) -> Diagnostic:
    """What is told of values that are NaN or infinite, and `stored` or `shown` as none."""
    told = "a value that is" if number == 1 else f"{number:,} values that are"
    message = f"`{kpi.name}` has {told} NaN or infinite: {done} without a number"
    return NotFinite.at(kpi.place, message, node=kpi.name)


def in_no_bucket(source: Source, reaches: Sequence[Reach]) -> Diagnostic | None:
    """What is told of rows without a sane time, by the reaches of a source's times; an open end of a `valid:` row is none."""
    if source.history.kind is HistoryKind.VALID:
        reaches = reaches[:1]
    missing, absurd = sum(r.without_time for r in reaches), sum(r.absurd for r in reaches)
    parts = []
    if missing:
        parts.append(f"{_rows(missing)} without a time")
    if absurd:
        parts.append(f"{_rows(absurd)} with an absurd time")
    if not parts:
        return None
    return RowsWithoutTime.at(source.place, f"in no bucket of `{source.name}`: {' and '.join(parts)}")


def own_time_absurd(source: Source, column: str, reach: Reach, place: Place) -> Diagnostic | None:
    """What is told of rows whose time of a measure's own (`time:`, at `place`) cannot be."""
    if not reach.absurd:
        return None
    return RowsWithoutTime.at(
        place, f"in no bucket of `{source.name}`: {_rows(reach.absurd)} with an absurd `{column}`"
    )


def _rows(number: int) -> str:
    return f"{number:,} {'row' if number == 1 else 'rows'}"
