"""Which buckets of which KPIs are due: the project against the store's ledger and the clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from kpictl.diagnostics import Diagnostic
from kpictl.kinds.grains import ticks_within
from kpictl.kinds.lowered import SERIES, Lowered, Reading
from kpictl.model.calendar import MICROSECOND, Calendar, calendar
from kpictl.model.durations import Duration
from kpictl.model.kpis import Kpi, MeasureSpec
from kpictl.model.project import Project
from kpictl.model.sources import HistoryKind
from kpictl.model.store_schema import longest
from kpictl.plan.beginning import BEGINNING, Beginning
from kpictl.plan.compiled import Compiled
from kpictl.plan.evidence import Looks, axes, changed, text_of
from kpictl.plan.findings import BackDatedSnapshot
from kpictl.plan.inputs import Asked, Extent
from kpictl.plan.plan import Evaluation, Mode, Plan, Step
from kpictl.plan.schedule import last_tick
from kpictl.plan.state import Range, StoreState, merged
from kpictl.plan.timed import timed_sources, watched_sources

_CHUNK = 20_000
"""Buckets of one statement at most."""


def make_plan(
    project: Project,
    compiled: Iterable[Compiled],
    state: StoreState,
    asked: Asked,
    extents: Mapping[str, Extent] | None = None,
    looks: Looks | None = None,
) -> Plan:
    """Everything that is due. Without `extents` it is a first look, which says whether and where rows must be asked for.

    `looks` is what was seen of rows that `updated_at` may prove to be the same as before.
    """
    steps, up_to_date, refused = [], [], []
    keeps = _store_keeps(project)
    for each in compiled:
        kpi = project.kpis.get(each.name)
        if kpi is None or each.lowered is None or each.statement is None:
            continue
        found = _Planner(project, kpi, each, each.lowered, state, asked, extents, keeps, looks or {}).step()
        if isinstance(found, Step):
            steps.append(found)
        elif found is None:
            up_to_date.append(kpi.name)
        else:
            refused.append((kpi.name, (found,)))
    return Plan(
        project=project.settings.name,
        as_of=asked.now,
        steps=tuple(steps),
        up_to_date=tuple(up_to_date),
        refused=tuple(refused),
    )


def looked_from(project: Project, compiled: Compiled, state: StoreState, asked: Asked) -> datetime | None:
    """The first day whose rows may spare a KPI a computation, now or next time; None where `updated_at` proves nothing of it."""
    kpi, lowered = project.kpis.get(compiled.name), compiled.lowered
    if kpi is None or lowered is None or asked.backfill is not None or not axes(project, kpi, lowered):
        return None
    planner = _Planner(project, kpi, compiled, lowered, state, asked, None, _store_keeps(project), {})
    late = planner._late_from()
    return None if late is None else calendar(project.settings.timezone).floor(late, "day")


def _store_keeps(project: Project) -> Duration | None:
    """How long a store keeps any value; None for those that drop nothing by themselves."""
    if project.output is None or project.output.store.type != "timescale":
        return None
    return longest(kpi.retention for kpi in project.kpis.values())


class _Planner:
    """One KPI's way from its schedule to a step."""

    def __init__(
        self,
        project: Project,
        kpi: Kpi,
        compiled: Compiled,
        lowered: Lowered,
        state: StoreState,
        asked: Asked,
        extents: Mapping[str, Extent] | None,
        store_keeps: Duration | None,
        looks: Looks,
    ) -> None:
        self.project, self.kpi, self.compiled, self.lowered = project, kpi, compiled, lowered
        self.state, self.asked, self.extents = state, asked, extents
        self.unit = lowered.grain.unit
        self.of: Calendar = calendar(lowered.grain.zone, lowered.grain.week_start, lowered.grain.fiscal_start)
        self.done = state.of(kpi.name, self.unit, lowered.fingerprint)
        self.looks = looks
        self.sources = timed_sources(project, lowered, kpi)
        self.watched = watched_sources(project, lowered, kpi)
        self.begin = Beginning(
            project=project,
            kpi=kpi,
            lowered=lowered,
            state=state,
            asked=asked,
            extents=extents,
            store_keeps=store_keeps,
            of=self.of,
            done=self.done,
            sources=self.sources,
        )
        self.tick = last_tick(kpi.schedule, asked.now, calendar(project.settings.timezone))
        self.until = self.of.floor(self.tick, self.unit)

    def step(self) -> Step | Diagnostic | None:
        """The step, None when nothing is due, or why there can be none."""
        if self.lowered.reading is Reading.SNAPSHOT:
            return self._snapshot()
        first = self.begin.first()
        if first is None:
            return None if self.extents is not None else self._step((), (), self.until, self.until, "new")
        due, why = self._due(first)
        final = self._final_until()
        opened = self._open()
        if not due and opened is None:
            return self._step((), (), first, final, "new") if self._begins_later() else None
        evaluations = self._evaluations(first, due, final, opened)
        why = why if due else "open"
        if opened is None:
            return self._step(due, evaluations, first, final, why)
        due = merged([*due, (opened.start, opened.stop)])
        return replace(self._step(due, evaluations, first, final, why), open_from=opened.start)

    def _begins_later(self) -> bool:
        """Whether it is to be noted that a changed definition begins with the next bucket: no run may go back before it."""
        known = self.done.first_bucket is not None or self.done.ranges
        others = self.state.others(self.kpi.name, self.unit, self.lowered.fingerprint)
        return self.asked.forward_only and not known and bool(others)

    def _step(
        self, due: tuple[Range, ...], evaluations: tuple[Evaluation, ...], first: datetime, final: datetime, why: str
    ) -> Step:
        return Step(
            kpi=self.kpi.name,
            connection=self.compiled.connection,
            grain=self.lowered.grain,
            definition=self.lowered.fingerprint,
            why=why,
            due=due,
            evaluations=evaluations,
            first_bucket=first,
            final_until=final,
            complete_until=self._complete_until(),
            partial=self.begin.partial(first),
            keep_from=self.begin.keep_from(),
            upstream=self.lowered.upstream,
            evidence=self._evidence(),
        )

    def _snapshot(self) -> Step | Diagnostic | None:
        current = self._without_history()
        if current is not None and (self.asked.back_dated or self.asked.backfill is not None):
            what = "--backfill" if self.asked.backfill is not None else f"--as-of {self.asked.now:%Y-%m-%dT%H:%MZ}"
            return BackDatedSnapshot.at(
                self.kpi.place,
                f"`{self.kpi.name}` is a snapshot of `{current}`, whose past is not known: {what} has no answer",
                help=[
                    "give the source `time:` or `history: {valid: [from, to]}`, or let the snapshot collect its history"
                ],
                node=self.kpi.name,
            )
        buckets = [self.of.previous(self.until, self.unit)]
        if self.asked.backfill is not None:
            start, stop = self.asked.backfill
            buckets = [b for b in self.of.spine(start, min(stop, self.until), self.unit) if b >= start]
        elif not self.asked.full_refresh and _covers(self.done.ranges, buckets[0]):
            return None
        if not buckets:
            return None
        evaluations = tuple(
            Evaluation(mode=Mode.SNAPSHOT, start=b, stop=end, visible=end, as_of=end - MICROSECOND)
            for b, end in ((b, self.of.next(b, self.unit)) for b in buckets)
        )
        due = merged([(each.start, each.stop) for each in evaluations])
        return self._step(due, evaluations, buckets[0], self.until, "new" if not self.done.ranges else "missing")

    def _without_history(self) -> str | None:
        """A source of the snapshot that does not keep its past."""
        for name in self.lowered.sources:
            source = self.project.sources.get(name)
            if source is None or source.history.kind is HistoryKind.CURRENT:
                return name
        return None if self.lowered.sources else self.kpi.name

    def _due(self, first: datetime) -> tuple[tuple[Range, ...], str]:
        """Ranges of closed buckets to compute, and why."""
        first = max(first, self._frozen_until(first))
        if self.asked.backfill is not None:
            start, stop = self.asked.backfill
            asked = (max(first, self.of.floor(start, self.unit)), min(self._ceiling(stop), self.until))
            return merged([asked]), "asked"
        if first >= self.until:
            return (), "new"
        if self.asked.full_refresh or not self.done.ranges:
            return ((first, self.until),), "asked" if self.asked.full_refresh else "new"
        missing = list(_without((first, self.until), self.done.ranges))
        late = self._late_from()
        if late is not None and max(late, first) < self.until:
            return merged([*missing, *self._changed((max(late, first), self.until))]), "missing" if missing else "late"
        return merged(missing), "missing"

    def _changed(self, late: Range) -> tuple[Range, ...]:
        """What of the buckets within `lateness` must be computed again: all, where no `updated_at` says more."""
        read = axes(self.project, self.kpi, self.lowered)
        if not read or self.done.evidence is None or any(axis not in self.looks for axis in read):
            return (late,)
        found = changed(self.done.evidence, self.looks, read, late, calendar(self.project.settings.timezone))
        if found is None:
            return (late,)
        spec = self.kpi.spec
        own = isinstance(spec, MeasureSpec) and spec.over_time is None and self.lowered.lookback is None
        if found and not (own and not self.lowered.windows):
            found = ((found[0][0], late[1]),)  # a later bucket may read an earlier one
        whole = [(self.of.floor(start, self.unit), self._ceiling(stop)) for start, stop in found]
        return merged([(max(start, late[0]), min(stop, late[1])) for start, stop in whole])

    def _evidence(self) -> str | None:
        late = self._late_from()
        read = axes(self.project, self.kpi, self.lowered) if self.looks and late is not None else ()
        if not read or late is None or self.asked.backfill is not None:
            return None
        return text_of(self.looks, read, late, self.until, calendar(self.project.settings.timezone))

    def _ceiling(self, instant: datetime) -> datetime:
        floor = self.of.floor(instant, self.unit)
        return floor if floor == instant else self.of.next(floor, self.unit)

    def _late_from(self) -> datetime | None:
        """Start of the first bucket that rows within `lateness` can still change."""
        bounds = []
        for name in self.lowered.sources:
            source = self.project.sources.get(name)
            if source is not None and source.lateness is not None:
                bounds.append(self.of.shift(self.tick, -source.lateness.n, source.lateness.unit))
        return self.of.floor(min(bounds), self.unit) if bounds else None

    def _frozen_until(self, first: datetime) -> datetime:
        """Buckets that a purged source can no longer tell are never computed again."""
        bounds = [first]
        for source in self.sources:
            if source.retention is not None:
                at = self.of.shift(self.asked.now, -source.retention.n, source.retention.unit)
                bounds.append(self._ceiling(at))
        return max(bounds)

    def _final_until(self) -> datetime:
        """End of the last bucket that is complete: the one that holds the source's last row."""
        found = []
        for source in self.sources:
            if source.complete is not None or self.extents is None or source.name not in self.extents:
                continue
            last = self.begin.instant(source, self.extents[source.name].last)
            found.append(self.of.next(last, self.unit) if last is not None else self.of.day_start(BEGINNING))
        return min(found, default=datetime.max.replace(tzinfo=UTC) - timedelta(days=400))

    def _complete_until(self) -> datetime | None:
        """End of the last bucket that is over at the watermarks; None where no query names one, or none was asked yet."""
        found = []
        for source in self.watched:
            if self.extents is None or source.name not in self.extents:
                continue
            mark = self.extents[source.name].watermark
            if mark is not None and not isinstance(mark, datetime):
                mark += timedelta(days=1)  # to the end of its day
            at = self.begin.instant(source, mark) or self.of.day_start(BEGINNING)
            # What is complete beyond the next bucket of any grain makes no difference.
            found.append(self.of.floor(min(at, self.asked.now + timedelta(days=400)), self.unit))
        return min(found, default=None)

    def _open(self) -> Evaluation | None:
        """The bucket that the tick is in, where the schedule is finer than the grain."""
        if self.asked.backfill is not None or self.tick == self.until:
            return None
        if not ticks_within(self.kpi.schedule or "0 0 * * *", self.unit):
            return None
        end = self.of.next(self.until, self.unit)
        now = min(self.asked.now, end - MICROSECOND)
        return Evaluation(mode=Mode.OPEN, start=self.until, stop=end, visible=now, as_of=now)

    def _evaluations(
        self, first: datetime, due: tuple[Range, ...], final: datetime, opened: Evaluation | None
    ) -> tuple[Evaluation, ...]:
        if self.lowered.reading in SERIES:
            now = self.asked.now
            return (Evaluation(mode=Mode.SERIES, start=first, stop=max(now, first), visible=now, as_of=now),)
        found = [
            Evaluation(mode=Mode.CLOSED, start=start, stop=stop, visible=stop, as_of=stop - MICROSECOND)
            for whole in due
            for start, stop in self._chunks(whole[0], min(whole[1], final))
        ]
        if opened is not None and opened.start < final:
            found.append(opened)
        return tuple(found)

    def _chunks(self, start: datetime, stop: datetime) -> Iterable[Range]:
        if stop - start < timedelta(hours=_CHUNK):
            if start < stop:
                yield start, stop
            return
        spine = [*self.of.spine(start, stop, self.unit), stop]
        for at in range(0, len(spine) - 1, _CHUNK):
            yield spine[at], spine[min(at + _CHUNK, len(spine) - 1)]


def _covers(ranges: tuple[Range, ...], instant: datetime) -> bool:
    return any(start <= instant < stop for start, stop in ranges)


def _without(whole: Range, ranges: tuple[Range, ...]) -> Iterable[Range]:
    """What of a range is not in the others, which are in order."""
    at = whole[0]
    for start, stop in ranges:
        if start > at:
            yield at, min(start, whole[1])
        at = max(at, stop)
        if at >= whole[1]:
            return
    if at < whole[1]:
        yield at, whole[1]
