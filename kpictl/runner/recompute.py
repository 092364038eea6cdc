"""The last buckets under the old and the new definition, beside what is stored: what a change does to reported numbers.

Both are computed now, from the same rows, so that what differs is the definition's doing and not that of late rows. Nothing
is written: the answers go into a store that only keeps them until they are compared.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from datetime import datetime

from kpictl.diagnostics import Diagnostic
from kpictl.model.calendar import calendar
from kpictl.model.project import Project
from kpictl.plan.changes import Change, change_of
from kpictl.plan.compiled import Compiled
from kpictl.plan.earlier import before
from kpictl.plan.inputs import Asked
from kpictl.plan.schedule import last_tick
from kpictl.plan.state import Range, StoreState
from kpictl.records import dataclass
from kpictl.runner.overview import Delta
from kpictl.runner.run import run
from kpictl.stores import Batch, Recorded, RunRecord, Store, StoredValue, Wish, Written

_TOTAL = "{}"
_Value = tuple[str, float | None, str]
"""Bucket, value and status."""
_Buckets = dict[datetime, _Value]


@dataclass(frozen=True, slots=True)
class Recomputed:
    """Each bucket's total as stored, by the old definition and by the new one, and what could not be computed."""

    deltas: tuple[Delta, ...]
    failures: tuple[Diagnostic, ...]


def recompute(
    project: Project, compiled: Sequence[Compiled], store: Store, asked: Asked, last: int, *, always: bool = False
) -> Recomputed:
    """The last closed buckets of the KPIs whose definition changes their value; with `always` of all at the same grain.

    A definition whose sources or settings are others than when it was run cannot be made again: it has no old values.
    """
    state = store.state()
    used = state.used()
    groups: dict[Range, list[Compiled]] = {}
    changed: set[str] = set()
    for each in compiled:
        kpi = project.kpis.get(each.name)
        if kpi is None or each.lowered is None:
            continue
        change = change_of(kpi, each.lowered, state, used).change
        if change is Change.VALUE:
            changed.add(each.name)
        if change is Change.VALUE or (always and change not in (Change.NEW, Change.GRAIN)):
            groups.setdefault(_span(project, each, asked.now, last), []).append(each)
    earlier, known = before(project, state, changed) if changed else (project, [])
    deltas: list[Delta] = []
    failures: list[Diagnostic] = []
    for span, nodes in groups.items():
        over = Asked(now=asked.now, back_dated=asked.back_dated, backfill=span)
        new, found = _computed(project, nodes, over)
        failures += found
        names = {each.name for each in nodes}
        grains = {each.name: each.lowered.grain.unit for each in nodes if each.lowered and each.name in new}
        old, _ = _computed(earlier, [each for each in known if each.name in names], over)
        stored = store.values(Wish(kpis=dict(grains), start=span[0], stop=span[1]))
        deltas += _beside(stored, old, new, grains, changed)
    return Recomputed(tuple(deltas), tuple(failures))


def _computed(
    project: Project, nodes: Sequence[Compiled], asked: Asked
) -> tuple[dict[str, _Buckets], list[Diagnostic]]:
    """The totals of each KPI that could be computed, and why the others could not."""
    if not nodes:
        return {}, []
    kept = Kept()
    report = run(project, nodes, kept, asked)
    failed = {result.unique_id for result in report.results if result.failed}
    found: dict[str, _Buckets] = {each.name: {} for each in nodes if each.unique_id not in failed}
    for batch in kept.batches:
        values = batch.values
        rows = zip(values.times, values.buckets, values.values, values.statuses, values.dimensions, strict=True)
        for time, bucket, value, status, dimensions in rows:
            if dimensions == _TOTAL and batch.kpi in found:
                found[batch.kpi][time] = (bucket, value, status)
    return found, [each for result in report.results for each in result.diagnostics if each.is_error]


def _span(project: Project, node: Compiled, now: datetime, last: int) -> Range:
    """The last so many buckets that ended before the last tick."""
    assert node.lowered is not None
    grain = node.lowered.grain
    of = calendar(grain.zone, grain.week_start, grain.fiscal_start)
    tick = last_tick(project.kpis[node.name].schedule, now, calendar(project.settings.timezone))
    stop = start = of.floor(tick, grain.unit)
    for _ in range(last):
        start = of.previous(start, grain.unit)
    return start, stop


def _beside(
    stored: Sequence[StoredValue],
    old: Mapping[str, _Buckets],
    new: Mapping[str, _Buckets],
    grains: Mapping[str, str],
    changed: Collection[str],
) -> list[Delta]:
    """A line for each bucket. What has not changed is now what it was: its old definition is its new one."""
    reported: dict[str, _Buckets] = {}
    for value in stored:
        reported.setdefault(value.kpi, {})[value.time] = (value.bucket, value.value, value.status)
    found = []
    for kpi in grains:
        before = old.get(kpi, {}) if kpi in changed else new[kpi]
        then = reported.get(kpi, {})
        times = sorted({*then, *new[kpi]})
        found += [_delta(kpi, time, then.get(time), before.get(time), new[kpi].get(time)) for time in times]
    return found


def _delta(kpi: str, time: datetime, stored: _Value | None, old: _Value | None, new: _Value | None) -> Delta:
    return Delta(
        kpi=kpi,
        time=time,
        bucket=(new or stored or ("", None, ""))[0],
        stored=stored[1] if stored else None,
        stored_status=stored[2] if stored else None,
        old=old[1] if old else None,
        old_status=old[2] if old else None,
        new=new[1] if new else None,
        new_status=new[2] if new else None,
    )


@dataclass(slots=True)
class Kept:
    """A store that knows nothing and keeps what is written."""

    batches: list[Batch] = field(default_factory=list)

    def state(self) -> StoreState:
        return StoreState()

    def write(
        self, batches: Sequence[Batch], run_id: str, known_at: datetime, records: Recorded | None = None
    ) -> Mapping[str, Written]:
        self.batches += batches
        found = {batch.kpi: Written(values=len(batch.values)) for batch in batches}
        if records is not None:
            records(found)
        return found

    def record(self, records: Sequence[RunRecord]) -> None:
        return

    def rename(self, names: Mapping[str, str]) -> None:
        return

    def runs(self, last: int) -> list[RunRecord]:
        return []

    def values(self, wish: Wish) -> list[StoredValue]:
        return []

    def close(self) -> None:
        return
