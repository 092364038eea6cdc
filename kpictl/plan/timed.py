"""Which sources say how far a KPI is complete, and by which columns."""

from __future__ import annotations

from kpictl.kinds.lowered import Lowered, Reading
from kpictl.model.kpis import CumulativeSpec, Kpi, MeasureSpec, RatioSpec
from kpictl.model.project import Project
from kpictl.model.sources import HistoryKind, Source


def timed_sources(project: Project, lowered: Lowered, kpi: Kpi) -> tuple[Source, ...]:
    """The sources whose last rows say how far the KPI is complete: a measure's own, a query's all that have a time."""
    names = (kpi.spec.source,) if isinstance(kpi.spec, MeasureSpec) else lowered.sources
    if lowered.reading is Reading.DERIVED:
        names = tuple(dict.fromkeys(name for up in lowered.upstream for name in measured_sources(project, up, lowered)))
    found = (project.sources[name] for name in names if name in project.sources)
    return tuple(source for source in found if source_times(source))


def source_times(source: Source) -> tuple[str, ...]:
    """The columns that say when a row came to be: its time, or both ends of its validity."""
    if source.history.kind is HistoryKind.VALID:
        return (str(source.history.valid_from), str(source.history.valid_to))
    return (source.time,) if source.time is not None and source.history.kind is HistoryKind.APPEND else ()


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
