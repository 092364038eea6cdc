"""Rules about when a KPI runs and how long its values are kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

from kpictl.diagnostics import Diagnostic, Label, Severity
from kpictl.model.cron import cron_times
from kpictl.model.durations import Duration
from kpictl.model.kpis import CumulativeSpec, Kpi, MeasureSpec, RatioSpec
from kpictl.model.project import Project
from kpictl.model.readers import parse_moment
from kpictl.model.sources import Source
from kpictl.rules.rule import Checked, Rule

_GRAIN_DAYS = {"hour": 1, "day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}


class NeverFires(Rule):
    """A schedule names a day that does not exist.

    ## What it does
    Looks for days of the month that none of the schedule's months has, where no day of the week helps out.

    ## Why it matters
    The KPI would never be computed, and nothing would ever say so.

    ## Example
    ```yaml
    schedule: "0 5 30 2 *"
    ```

    ## Use instead
    A day that comes, such as the first of the month: `"0 5 1 * *"`.
    """

    code = "KPI250"

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for kpi in project.kpis:
            if kpi.schedule is not None and not cron_times(kpi.schedule).fires:
                yield self.at(
                    kpi.place.child("schedule"),
                    f"the schedule of `{kpi.name}` never comes",
                    label="no such day in any year",
                    help=["'0 5 1 * *' is the first of each month at 05:00"],
                    node=kpi.name,
                )


class ScheduleFinerThanGrain(Rule):
    """A schedule ticks more often than the grain has buckets.

    ## What it does
    Compares the shortest gap between two ticks with the declared grain, where it is a day or more.

    ## Why it matters
    Nothing is wrong: each tick in between computes the open bucket again and stores it as `partial`. It costs a scan
    a tick, so it should be meant.

    ## Example
    ```yaml
    revenue: {measure: sum(amount), source: orders, grain: month, schedule: "*/5 * * * *"}
    ```

    ## Use instead
    A schedule by the grain, such as `"0 5 1 * *"` for months, where the open bucket is not looked at.
    """

    code = "KPI251"
    severity = Severity.HINT

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for kpi in project.kpis:
            if kpi.schedule is None or kpi.grain in (None, "hour"):
                continue
            gap = cron_times(kpi.schedule).shortest_gap
            if gap < 60:
                yield self.at(
                    kpi.place.child("schedule"),
                    f"runs every {gap} minute{'s' if gap > 1 else ''}, but its buckets are {kpi.grain}s",
                    label="each run recomputes the open bucket, as `partial`",
                    others=[Label(place=kpi.place.child("grain"), text="the grain")],
                    node=kpi.name,
                )


class RetentionBelowWindow(Rule):
    """Values are kept for less time than their window looks back.

    ## What it does
    Compares `window:`, of a measure or a `cumulative`, with the KPI's `retention:` and with its sources'.

    ## Why it matters
    The first buckets of a window are `partial` until it is full. A KPI that forgets sooner never has a full one, and a
    source that is purged sooner cannot fill it.

    ## Example
    ```yaml
    mau: {measure: "count(distinct user_id)", source: events, window: 90d, retention: 30d}
    ```

    ## Use instead
    A retention of at least the window, or a shorter window.
    """

    code = "KPI252"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for kpi in project.kpis:
            spec = kpi.spec
            if not isinstance(spec, MeasureSpec | CumulativeSpec) or spec.window is None:
                continue
            if kpi.retention is not None and _shorter(kpi.retention, spec.window):
                place = kpi.place.child("retention")
                yield self._found(
                    kpi,
                    spec.window,
                    f"the values of `{kpi.name}` are kept {kpi.retention}",
                    Label(place=place, text="kept so long"),
                )
            for source in _sources_of(kpi, project.project):
                if source.retention is None or not _shorter(source.retention, spec.window):
                    continue
                place = source.place.child("retention")
                yield self._found(
                    kpi,
                    spec.window,
                    f"`{source.name}` keeps {source.retention}",
                    Label(place=place, text="purged after this"),
                )

    def _found(self, kpi: Kpi, window: Duration, what: str, other: Label) -> Diagnostic:
        at = ("cumulative", "window") if isinstance(kpi.spec, CumulativeSpec) else ("window",)
        return self.at(
            kpi.place.child(*at),
            f"{what}, less than the window of {window}",
            label="never full: every value would be `partial`",
            others=[other],
            help=[f"keep at least {window}"],
            node=kpi.name,
        )


class RetentionBelowGrain(Rule):
    """Values are kept for less time than one bucket takes.

    ## What it does
    Compares `retention:` with the declared grain.

    ## Why it matters
    By the time a bucket is closed it would be due for deletion.

    ## Example
    ```yaml
    revenue: {measure: sum(amount), source: orders, grain: year, retention: 90d}
    ```

    ## Use instead
    A retention of several buckets, such as `5 years`.
    """

    code = "KPI253"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for kpi in project.kpis:
            if kpi.retention is None or kpi.grain is None:
                continue
            if kpi.retention.days_at_most < _GRAIN_DAYS.get(kpi.grain, 0):
                yield self.at(
                    kpi.place.child("retention"),
                    f"a value is kept {kpi.retention}, and one bucket is a {kpi.grain}",
                    label="shorter than one bucket",
                    others=[Label(place=kpi.place.child("grain"), text="the grain")],
                    node=kpi.name,
                )


class StartInFuture(Rule):
    """A start that has not come yet.

    ## What it does
    Compares `start:` of the project, of sources and of KPIs with now: the output's `as_of`, else the clock.

    ## Why it matters
    Nothing is computed before it, so every run would say that nothing is due.

    ## Example
    ```yaml
    start: 2203-01-01
    ```

    ## Use instead
    The date of the first data, or no start at all: then it is found.
    """

    code = "KPI254"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        output = project.project.output
        now = (output.as_of if output is not None else None) or datetime.now(UTC)
        items: list[Source | Kpi] = [*project.project.sources.values(), *project.kpis]
        for item in items:
            if item.start is None:
                continue
            moment = parse_moment(item.start)
            if moment is not None and _as_date(moment) > now.date():
                yield self.at(
                    item.place.child("start"),
                    f"`{item.name}` starts on {item.start}, after now ({now.date()})",
                    label="not yet",
                    notes=["now is the output's `as_of`"] if output is not None and output.as_of is not None else [],
                    node=item.name,
                )


def _sources_of(kpi: Kpi, project: Project, seen: tuple[str, ...] = ()) -> tuple[Source, ...]:
    """The sources whose rows a window merges: a measure's own, those of what is cumulated."""
    match kpi.spec:
        case MeasureSpec(source=source):
            return (project.sources[source],) if source in project.sources else ()
        case CumulativeSpec(of=of):
            names: tuple[str, ...] = (of,)
        case RatioSpec(numerator=above, denominator=below):
            names = (above, below)
        case _:
            return ()
    known = [project.kpis[name] for name in names if name in project.kpis and name not in seen]
    found = (source for each in known for source in _sources_of(each, project, (*seen, *names)))
    return tuple(dict.fromkeys(found))


def _shorter(a: Duration, b: Duration) -> bool:
    """Whether a length is surely shorter than another: months count their most, so 1 month is not below 30d."""
    return a.days_at_most < b.days_at_most


def _as_date(moment: date | datetime) -> date:
    return moment.date() if isinstance(moment, datetime) else moment
