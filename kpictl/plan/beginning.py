"""Where a KPI begins and where its values are whole: its first bucket, what is kept of it, the windows that reach before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime

from kpictl.kinds.lowered import SERIES, Lowered, WindowRead
from kpictl.model.calendar import Calendar, calendar
from kpictl.model.durations import Duration
from kpictl.model.kpis import Kpi
from kpictl.model.project import Project
from kpictl.model.sources import Source
from kpictl.plan import windows
from kpictl.plan.inputs import Asked, Extent
from kpictl.plan.state import Done, Range, StoreState, merged
from kpictl.plan.timed import event_times, measured_sources
from kpictl.records import dataclass

BEGINNING = date(1900, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """Of one KPI, by what the store and its sources are known for."""

    project: Project
    kpi: Kpi
    lowered: Lowered
    state: StoreState
    asked: Asked
    extents: Mapping[str, Extent] | None
    """None: nothing was asked of the sources yet."""
    store_keeps: Duration | None
    of: Calendar
    done: Done
    sources: tuple[Source, ...]

    @property
    def unit(self) -> str:
        return self.lowered.grain.unit

    def first(self) -> datetime | None:
        """Start of the first bucket; None where no row and no `start:` says it."""
        found = self._bounds(self.kpi, self.lowered.sources)
        event = self.done.first_bucket if not self.asked.full_refresh else None
        if event is None and self.extents is not None:
            event = self._first_event(self.kpi)
            if event is None and self.sources and self.lowered.reading not in SERIES:
                return None if not found else self.of.floor(max(found), self.unit)
        if event is not None:
            found.append(event)
        elif self.lowered.reading in SERIES and self.extents is not None:
            found.append(self.of.day_start(BEGINNING))
        kept = self._kept(self.kpi)
        if kept is not None and found:
            found.append(kept)
        if found and self.asked.forward_only and self.done.first_bucket is None:
            others = self.state.others(self.kpi.name, self.unit, self.lowered.fingerprint)
            found += [stop for _, stop in others[-1:]]
        return self.of.floor(max(found), self.unit) if found else None

    def _bounds(self, kpi: Kpi, sources: Iterable[str]) -> list[datetime]:
        """What every `start:` allows."""
        blocks = [self.project.sources[name].start for name in sources if name in self.project.sources]
        texts = (text for text in (kpi.start, self.project.settings.start, *blocks) if text is not None)
        return [at for at in map(self._moment, texts) if at is not None]

    def _kept(self, kpi: Kpi) -> datetime | None:
        """The instant before which nothing is kept: by the KPI's own retention, else by what TimescaleDB's policy drops."""
        kept = kpi.retention or self.store_keeps
        return None if kept is None else self.of.shift(self.asked.now, -kept.n, kept.unit)

    def _first_event(self, kpi: Kpi) -> datetime | None:
        """The first row of this KPI, or of one that it reads, by any of its times; as far as its sources were asked."""
        extents, known = self.extents or {}, []
        for source, column in event_times(self.project, self.lowered, kpi):
            extent = extents.get(source.name)
            if extent is not None:
                own = None if column is None else extent.firsts.get(column)
                known += [self.instant(source, extent.first), self.instant(source, own)]
        return min((at for at in known if at is not None), default=None)

    def _moment(self, text: str) -> datetime | None:
        return calendar(self.project.settings.timezone).parse(text)

    def instant(self, source: Source, time: date | datetime | None) -> datetime | None:
        if time is None:
            return None
        if not isinstance(time, datetime):
            return self.of.day_start(time)
        if time.tzinfo is not None:
            return time.astimezone(UTC)
        return calendar(source.timezone or self.project.settings.timezone).instant(time)

    def partial(self, first: datetime) -> tuple[Range, ...]:
        """The closed buckets that read a window which begins before its KPI's first bucket."""
        found: list[Range] = []
        for read in self.lowered.windows:
            begin = self._reads_from(first) if read.kpi == self.kpi.name else self._first_of(read)
            if begin is not None:
                found.append(windows.partial(self.of, self.unit, begin, read))
        return merged(found)

    def _reads_from(self, first: datetime) -> datetime:
        """Where the KPI's own rows begin: before its first bucket, where that stands at a change of its definition."""
        event = self._first_event(self.kpi)
        if event is None or self.lowered.reading in SERIES:
            return first
        return min(first, self.of.floor(self._whole_from(event, self.kpi, self.lowered.sources), self.unit))

    def _first_of(self, read: WindowRead) -> datetime | None:
        """The first bucket of a KPI with a window that this one reads."""
        kpi = self.project.kpis[read.kpi]
        names = measured_sources(self.project, kpi.name, self.lowered)
        event = self.state.of(kpi.name, read.unit, read.definition).first_bucket
        if event is None:
            event = self._first_event(kpi)
        if event is None:
            return None
        return self.of.floor(self._whole_from(event, kpi, names), read.unit)

    def _whole_from(self, event: datetime, kpi: Kpi, sources: Iterable[str]) -> datetime:
        """The first row, or what cuts off rows after it: a `start:`, or what is kept."""
        kept = self._kept(kpi)
        return max([event, *self._bounds(kpi, sources), *([] if kept is None else [kept])])

    def keep_from(self) -> datetime | None:
        kept = self._kept(self.kpi)
        return None if kept is None or self.asked.back_dated else self.of.floor(kept, self.unit)
