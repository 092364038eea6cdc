"""Every KPI of a project to the ir, and what its values hang on as a fingerprint."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace

from kpictl.diagnostics import Diagnostic, Refused
from kpictl.ir.relations import Relation, Scan
from kpictl.ir.serialize import canonical
from kpictl.kinds import cumulative_lowering, derived, measure_lowering, query_lowering
from kpictl.kinds.assemble import Narrow
from kpictl.kinds.findings import NoNumber, NotYet, UnknownOperand
from kpictl.kinds.lowered import Lowered
from kpictl.model.kpis import Kpi
from kpictl.model.project import Project, Settings
from kpictl.model.sources import Source
from kpictl.model.types import Kind
from kpictl.sql.walk import Node, rebuild

SEMANTICS_VERSION = 1
"""Raised when a change of kpictl changes values; every fingerprint changes with it."""

Outcome = Lowered | tuple[Diagnostic, ...]


def lower_project(project: Project, names: Iterable[str] | None = None) -> Mapping[str, Outcome]:
    """By KPI name (None: all): what it became, or why it became nothing."""
    lowering = ProjectLowering(project)
    return {name: lowering.outcome(name) for name in (project.kpis if names is None else names)}


class ProjectLowering:
    """Lowers KPIs of one project on demand; an operand is lowered once, whoever asks."""

    def __init__(self, project: Project, narrow: Narrow = lambda parts: parts) -> None:
        self.project = project
        self.narrow = narrow
        self._known: dict[tuple[str, str | None, tuple[str, ...] | None], Lowered | Refused] = {}
        self._open: list[str] = []
        self._settings = _settings_text(project.settings)
        self._sources: dict[str, str] = {}

    def outcome(self, name: str) -> Outcome:
        """A KPI with its fingerprint, or the diagnostics that say why it has none."""
        try:
            found = self.at(name, None, None)
        except Refused as refused:
            return refused.diagnostics
        return replace(found, fingerprint=self.fingerprint(found))

    def alone(self, kpi: Kpi) -> Lowered:
        """A KPI that need not stand in the project, at its own grain; raises Refused. Nothing is remembered."""
        return self._of_kind(kpi, None, None)

    def at(self, name: str, unit: str | None, dimensions: tuple[str, ...] | None) -> Lowered:
        """A KPI at a grain and with dimensions (None: its own); raises Refused."""
        key = (name, unit, dimensions)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._lower(self.project.kpis[name], unit, dimensions)
        if isinstance(found, Refused):
            raise found
        return found

    def _lower(self, kpi: Kpi, unit: str | None, dimensions: tuple[str, ...] | None) -> Lowered | Refused:
        if kpi.name in self._open:
            ring = " -> ".join([*self._open[self._open.index(kpi.name) :], kpi.name])
            return Refused([UnknownOperand.at(kpi.place, f"`{kpi.name}` is made of itself: {ring}", node=kpi.name)])
        self._open.append(kpi.name)
        try:
            return _of_numbers(self._of_kind(kpi, unit, dimensions), kpi)
        except Refused as refused:
            return Refused(replace(d, node=d.node or kpi.name) for d in refused.diagnostics)
        finally:
            self._open.pop()

    def _of_kind(self, kpi: Kpi, unit: str | None, dimensions: tuple[str, ...] | None) -> Lowered:
        match kpi.kind:
            case "measure":
                return measure_lowering.lower(kpi, self.project, unit=unit, dimensions=dimensions, narrow=self.narrow)
            case "query":
                return query_lowering.lower(kpi, self.project, unit=unit, dimensions=dimensions, narrow=self.narrow)
            case "ratio":
                return derived.lower_ratio(kpi, self, unit=unit, dimensions=dimensions)
            case "expr":
                return derived.lower_expr(kpi, self, unit=unit, dimensions=dimensions)
            case "cumulative":
                return cumulative_lowering.lower(kpi, self, unit=unit, dimensions=dimensions)
        raise Refused([NotYet.at(kpi.place.child(kpi.kind).key(), f"`{kpi.kind}` is not computed yet")])

    def fingerprint(self, found: Lowered) -> str:
        """Changes exactly when a value may: the ir, sources, zone, weeks, fiscal year, the semantics' version."""
        return digest(self.meaning(found))

    def meaning(self, found: Lowered) -> str:
        """The text that the fingerprint is the hash of."""
        parts = [
            str(SEMANTICS_VERSION),
            self._settings,
            canonical(_bare(found.finest)),
            "" if found.total is None else canonical(_bare(found.total)),
            found.reading.value,
            canonical(found.empty),
            canonical(found.grain),
            *(self._source(name) for name in found.sources),
        ]
        return "\n".join(parts)

    def _source(self, name: str) -> str:
        known = self._sources.get(name)
        if known is None:
            source = self.project.sources.get(name)
            known = self._sources[name] = name if source is None else source_text(source)
        return known


def digest(meaning: str) -> str:
    """The fingerprint of a meaning."""
    return hashlib.blake2b(meaning.encode(), digest_size=16).hexdigest()


def _settings_text(settings: Settings) -> str:
    return f"{settings.timezone} {settings.week_start} {settings.fiscal_year_start}"


def _bare(tree: Relation) -> Relation:
    """The tree without the lists of columns that scans have: what is read of them stands in it, with its type."""

    def visit(node: Node) -> Node:
        if isinstance(node, Scan):
            return replace(node, columns=())
        return rebuild(node, visit) if isinstance(node, Relation) else node

    found: Relation = visit(tree)
    return found


def source_text(source: Source) -> str:
    """What of a source values hang on beside the tree: where its rows are, their times, history, key and stored forms.

    Types of columns and conditions of joins stand in the trees of those who read them, in whatever order they are declared.
    """
    history = source.history
    return canonical(
        (
            source.name,
            source.connection,
            source.relation,
            source.time,
            (history.kind, history.valid_from, history.valid_to),
            source.timezone,
            source.key,
            tuple(sorted((c.name, c.physical) for c in source.columns if c.physical)),
        )
    )


_NO_NUMBERS = {
    Kind.TEXT: "count what it tells, as in `count(*) filter (where status = 'done')`, or make it a dimension",
    Kind.DATE: "write a number of days: `current_date - max(day)`",
    Kind.TIMESTAMP: "write a number of seconds: `extract(epoch from ...)`",
    Kind.TIMESTAMPTZ: "write a number of seconds: `extract(epoch from ...)`",
    Kind.INTERVAL: "write a number of seconds: `extract(epoch from ...)`",
}


def _of_numbers(found: Lowered, kpi: Kpi) -> Lowered:
    """The KPI, whose value is a number as far as its type says; raises Refused."""
    type = derived.value_type(found.finest)
    if type.kind not in _NO_NUMBERS:
        return found
    message = f"the value is a {type.kind.value}, and no number"
    raise Refused([NoNumber.at(kpi.place.child(kpi.kind), message, help=[_NO_NUMBERS[type.kind]], node=kpi.name)])
