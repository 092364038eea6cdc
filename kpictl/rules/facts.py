"""What is kept of each definition: enough to tell what depends on what, and for the rules over whole projects."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from msgspec import Struct

from kpictl.diagnostics import Place
from kpictl.graph import Graph
from kpictl.kinds.lowered import Lowered
from kpictl.model.kpis import Analysis, Kpi, KpiTest, MeasureSpec
from kpictl.model.project import Project
from kpictl.model.sources import Source

_KEYS = {"source": "sources", "kpi": "kpis", "test": "tests"}
_NAME = re.compile(r"[a-z_][a-z0-9_]*")


class Fact(Struct, frozen=True, array_like=True, kw_only=True):
    """One source, KPI, analysis or test."""

    id: str
    """`kpi.revenue`, `source.orders`, `analysis.x`, `test.y`."""
    path: str
    """The file that it stands in."""
    reads: tuple[str, ...] = ()
    """Ids of all that it looks up: where one of them changes, what is said of this one may change."""
    fingerprint: str = ""
    """Of what a KPI computes at any grain; equal for equal numbers."""
    renamed_from: str | None = None

    @property
    def kind(self) -> str:
        return self.id.partition(".")[0]

    @property
    def name(self) -> str:
        return self.id.partition(".")[2]

    @property
    def place(self) -> Place:
        """Of the definition."""
        key = _KEYS.get(self.kind)
        return Place(self.path) if key is None else Place(self.path, (key, self.name))


def facts(project: Project, graph: Graph, lowered: Mapping[str, Lowered]) -> tuple[Fact, ...]:
    """Of every definition: sources, KPIs, analyses and tests, each in file order."""
    found = [_of_source(source, project) for source in project.sources.values()]
    found += [_of_kpi(kpi, project, graph, lowered.get(kpi.name)) for kpi in project.kpis.values()]
    found += [_of_analysis(analysis, project) for analysis in project.analyses.values()]
    found += [_of_test(test) for test in project.tests.values()]
    return tuple(found)


def _of_source(source: Source, project: Project) -> Fact:
    """Every word of its watermark's query may be a table."""
    reads = dict.fromkeys(f"source.{join.source}" for join in source.joins)
    if source.watermark is not None:
        words = [word for word in _NAME.findall(source.watermark.lower()) if word != source.name]
        reads.update(dict.fromkeys(_known("source", words, project.sources)))
    return Fact(id=f"source.{source.name}", path=source.place.path, reads=tuple(reads))


def _of_kpi(kpi: Kpi, project: Project, graph: Graph, lowered: Lowered | None) -> Fact:
    """The graph knows the names in the text, the ir what was really read; both count."""
    reads = graph.parents.get(kpi.unique_id, ())
    if lowered is not None:
        read = _known("source", lowered.sources, project.sources) + _known("kpi", lowered.upstream, project.kpis)
        reads = tuple(dict.fromkeys((*reads, *read)))
    if kpi.checks or kpi.renamed_from is not None:
        named = [name for text in kpi.checks for name in _NAME.findall(text)] + [kpi.renamed_from or ""]
        reads = tuple(dict.fromkeys((*reads, *_known("kpi", named, project.kpis))))
    # At its own grain a closing and an average value are the same tree; a coarser bucket tells them apart.
    chosen = kpi.spec.over_time or "" if isinstance(kpi.spec, MeasureSpec) else ""
    return Fact(
        id=kpi.unique_id,
        path=kpi.place.path,
        reads=reads,
        fingerprint="" if lowered is None else lowered.fingerprint + chosen,
        renamed_from=kpi.renamed_from,
    )


def _of_analysis(analysis: Analysis, project: Project) -> Fact:
    """Every word of its text may be a table; the KPI of its own name is compared with it."""
    words = dict.fromkeys(_NAME.findall(analysis.sql.lower()))
    namesake = _known("kpi", [analysis.name], project.kpis)
    reads = (*_known("source", words, project.sources), *_known("kpi", words, project.kpis), *namesake)
    return Fact(id=analysis.unique_id, path=analysis.place.path, reads=reads)


def _of_test(test: KpiTest) -> Fact:
    reads = (f"kpi.{test.kpi}", *(f"source.{name}" for name, _ in test.given))
    return Fact(id=f"test.{test.name}", path=test.place.path, reads=reads)


def _known(kind: str, names: Collection[str], known: Collection[str]) -> list[str]:
    return [f"{kind}.{name}" for name in names if name in known]
