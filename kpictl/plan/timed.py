"""Which sources say how far a KPI is complete, and by which columns."""

from __future__ import annotations

from collections.abc import Iterator

from kpictl.graph.references import references
from kpictl.kinds.lowered import Lowered, Reading
from kpictl.model.kpis import CumulativeSpec, Kpi, MeasureSpec, RatioSpec
from kpictl.model.project import Project
from kpictl.model.sources import HistoryKind, Source


def timed_sources(project: Project, lowered: Lowered, kpi: Kpi) -> tuple[Source, ...]:
    """The sources whose last rows say how far the KPI is complete: a measure's own, a query's all that have a time."""
    return tuple(source for source in _sources(project, lowered, kpi) if source_times(source))


def watched_sources(project: Project, lowered: Lowered, kpi: Kpi) -> tuple[Source, ...]:
    """Those whose watermark a query names: it says how far the KPI is complete, whatever their last rows say."""
    return tuple(source for source in _sources(project, lowered, kpi) if source.watermark is not None)


def _sources(project: Project, lowered: Lowered, kpi: Kpi) -> Iterator[Source]:
    names = (kpi.spec.source,) if isinstance(kpi.spec, MeasureSpec) else lowered.sources
    if lowered.reading is Reading.DERIVED:
        names = tuple(dict.fromkeys(name for up in lowered.upstream for name in measured_sources(project, up, lowered)))
    return (project.sources[name] for name in names if name in project.sources)


def source_times(source: Source) -> tuple[str, ...]:
    """The columns that say when a row came to be: its time, or both ends of its validity."""
    if source.history.kind is HistoryKind.VALID:
        return (str(source.history.valid_from), str(source.history.valid_to))
    return (source.time,) if source.time is not None and source.history.kind is HistoryKind.APPEND else ()


def event_times(project: Project, lowered: Lowered, kpi: Kpi) -> tuple[tuple[Source, str | None], ...]:
    """By which times the KPI's rows fall into buckets: its sources', or (the column) one that a measure names by `time:`."""
    named: dict[str, list[str | None]] = {}
    for spec in _measures(project, kpi):
        source = project.sources.get(spec.source)
        own = spec.time if source is not None and spec.time not in source_times(source) else None
        named.setdefault(spec.source, []).append(own)
    sources = timed_sources(project, lowered, kpi)
    return tuple((s, column) for s in sources for column in dict.fromkeys(named.get(s.name, [None])))


def _measures(project: Project, kpi: Kpi) -> Iterator[MeasureSpec]:
    """The measures that a KPI is, or is made of."""
    if isinstance(kpi.spec, MeasureSpec):
        yield kpi.spec
        return
    for each in references(kpi):
        if each.kind == "kpi" and each.name in project.kpis:
            yield from _measures(project, project.kpis[each.name])


def measured_sources(project: Project, name: str, lowered: Lowered) -> tuple[str, ...]:
    """The sources that the measures of a KPI are of, whatever it is made of; those of a query that `lowered` reads."""
    kpi = project.kpis.get(name)
    if kpi is None:
        return ()
    match kpi.spec:
        case MeasureSpec(source=source):
            return (source,)
        case RatioSpec(numerator=above, denominator=below):
            names: tuple[str, ...] = (above, below)
        case CumulativeSpec(of=of):
            names = (of,)
        case _:
            return lowered.sources
    return tuple(dict.fromkeys(source for each in names for source in measured_sources(project, each, lowered)))
