"""A project: its settings, sources, KPIs, and the outputs of its profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from kpictl.diagnostics import Place
from kpictl.model.durations import Duration
from kpictl.model.kpis import Analysis, Kpi, KpiTest
from kpictl.model.sources import Source
from kpictl.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    rows: int | None = None
    bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`kpi_project.yml`; every field has the documented default when the file or key is absent."""

    name: str
    timezone: str = "UTC"
    week_start: int = 0
    """0 Monday .. 6 Sunday."""
    fiscal_year_start: int = 1
    """Month, 1 January."""
    dialect: str = "postgres"
    start: str | None = None
    limits: Limits = Limits()
    owner: str | None = None
    retention: Duration | None = None
    vars: Mapping[str, object] = field(default_factory=dict)
    """Values of `vars:` and `--vars`, typed as YAML 1.2 core reads them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A logical connection bound by an output: its type and its other keys as read (may be secret: never print)."""

    name: str
    type: str
    options: Mapping[str, object] = field(repr=False)
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One output (environment) of the profile: a store and the connections."""

    name: str
    store: Connection
    connections: tuple[Connection, ...]
    as_of: datetime | None = None
    """Aware, in UTC: what "now" is for data that has ended; None: the clock."""
    place: Place = field(compare=False)

    def connection(self, name: str) -> Connection | None:
        return next((c for c in self.connections if c.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Everything that was defined, by name in file order. Equal projects compile to equal bytes."""

    root: str
    """Absolute path of the project's directory."""
    settings: Settings
    sources: Mapping[str, Source]
    kpis: Mapping[str, Kpi]
    analyses: Mapping[str, Analysis] = field(default_factory=dict)
    tests: Mapping[str, KpiTest] = field(default_factory=dict)
    macros: tuple[tuple[str, str], ...] = ()
    """Path and text of each macros/*.sql."""
    output: Output | None = None
    """The selected output of the profile; None where a command needs none."""
