"""A KPI as it was written: common keys, and a spec that says which kind it is. Texts of SQL are still texts here."""

from __future__ import annotations

from dataclasses import field

from kpictl.diagnostics import Place
from kpictl.model.durations import Duration
from kpictl.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class QuerySpec:
    """`query:` - plain SQL. `columns` names the roles time and value when the outputs are called otherwise."""

    query: str
    time_column: str | None = None
    value_column: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureSpec:
    """`measure:` over a source: one aggregate expression, with its filter, window, own time column or stock rule."""

    measure: str
    source: str
    where: str | None = None
    window: Duration | None = None
    time: str | None = None
    over_time: str | None = None
    """last, first, avg, max, min: a stock."""
    entity: str | None = None
    carry: Duration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioSpec:
    """`ratio:` of two KPIs."""

    numerator: str
    denominator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExprSpec:
    """`expr:` over other KPIs."""

    expr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CumulativeSpec:
    """`cumulative:` of another KPI, over a trailing window or since the start of a period."""

    of: str
    window: Duration | None = None
    to_date: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelSpec:
    source: str
    entity: str
    steps: tuple[str, ...]
    within: Duration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortSpec:
    source: str
    entity: str
    cohort: str
    returns: str
    periods: tuple[int, ...]


Spec = QuerySpec | MeasureSpec | RatioSpec | ExprSpec | CumulativeSpec | FunnelSpec | CohortSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    severity: str
    when: str | None = None
    change_pct: str | None = None
    burn_rate: str | None = None
    anomaly: str | None = None
    stale: Duration | None = None
    no_data: Duration | None = None
    for_: int = 1
    notify: tuple[str, ...] = ()
    resolve: str | None = None
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    roles: tuple[str, ...] = ()
    rows: str | None = None
    min_group_size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """One definition. Fields that a user left out hold the project's `defaults`, else None or empty."""

    name: str
    kind: str
    """query, measure, ratio, expr, cumulative, funnel, cohort_retention."""
    spec: Spec
    label: str | None = None
    description: str | None = None
    owner: str | None = None
    category: str | None = None
    tags: tuple[str, ...] = ()
    schedule: str | None = None
    start: str | None = None
    retention: Duration | None = None
    unit: str | None = None
    format: str | None = None
    direction: str | None = None
    dimensions: tuple[str, ...] = ()
    grain: str | None = None
    fill: str | None = None
    renamed_from: str | None = None
    goal: float | None = None
    thresholds: tuple[Threshold, ...] = ()
    checks: tuple[str, ...] = ()
    access: Access | None = None
    certified: bool = False
    deprecated: str | None = None
    """Why, or in favour of what; None when it is not."""
    docs: str | None = None
    place: Place = field(compare=False)
    """Of the definition; `place.child("where")` is the place of a key's value, for a query `place.child("query")`."""

    @property
    def unique_id(self) -> str:
        return f"kpi.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiTest:
    """A unit test of a KPI: rows given per source, values expected."""

    name: str
    kpi: str
    as_of: str | None
    given: tuple[tuple[str, tuple[tuple[tuple[str, object], ...], ...]], ...]
    expect: tuple[tuple[tuple[str, object], ...], ...]
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """A file of `analyses/`: any SELECT, compiled and never run as a KPI."""

    name: str
    sql: str
    place: Place = field(compare=False)

    @property
    def unique_id(self) -> str:
        return f"analysis.{self.name}"
