"""The last buckets under the new definition beside what is stored of them: what a change does to reported numbers.

Nothing is written: the run's answers go into a store that only keeps them until they are compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime

from kpictl.diagnostics import Diagnostic
from kpictl.model.calendar import calendar
from kpictl.model.project import Project
from kpictl.plan.changes import Change, change_of
from kpictl.plan.compiled import Compiled
from kpictl.plan.due import Asked
from kpictl.plan.schedule import last_tick
from kpictl.plan.state import Range, StoreState
from kpictl.records import dataclass
from kpictl.runner.overview import Delta
from kpictl.runner.run import run
from kpictl.stores import Batch, Recorded, RunRecord, Store, StoredValue, Wish, Written

_TOTAL = "{}"


@dataclass(frozen=True, slots=True)
class Recomputed:
    """Each bucket's total stored and anew, by KPI and time, and what could not be computed."""

    deltas: tuple[Delta, ...]
    failures: tuple[Diagnostic, ...]


def recompute(
    project: Project, compiled: Sequence[Compiled], store: Store, asked: Asked, last: int, *, always: bool = False
) -> Recomputed:
    """The last closed buckets of the KPIs whose definition changes their value; with `always` of all at the same grain."""
    state = store.state()
    used = state.used()
    groups: dict[Range, list[Compiled]] = {}
    for each in compiled:
        kpi = project.kpis.get(each.name)
        if kpi is None or each.lowered is None:
            continue
        change = change_of(kpi, each.lowered, state, used).change
        if change is Change.VALUE or (always and change not in (Change.NEW, Change.GRAIN)):
            groups.setdefault(_span(project, each, asked.now, last), []).append(each)
    deltas: list[Delta] = []
    failures: list[Diagnostic] = []
    for span, nodes in groups.items():
        kept = _Kept()
        report = run(project, nodes, kept, Asked(now=asked.now, back_dated=asked.back_dated, backfill=span))
        failures += [found for result in report.results for found in result.diagnostics if found.is_error]
        failed = {result.unique_id for result in report.results if result.status in ("error", "skipped")}
        grains = {each.name: each.lowered.grain.unit for each in nodes if each.lowered and each.unique_id not in failed}
        stored = store.values(Wish(kpis=dict(grains), start=span[0], stop=span[1]))
        deltas += _beside(stored, kept.batches, grains)
    return Recomputed(tuple(deltas), tuple(failures))


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


def _beside(stored: Sequence[StoredValue], batches: Sequence[Batch], grains: Mapping[str, str]) -> list[Delta]:
    old = {(value.kpi, value.time): (value.bucket, value.value, value.status) for value in stored}
    new: dict[tuple[str, datetime], tuple[str, float | None, str]] = {}
    for batch in batches:
        values = batch.values
        rows = zip(values.times, values.buckets, values.values, values.statuses, values.dimensions, strict=True)
        for time, bucket, value, status, dimensions in rows:
            if dimensions == _TOTAL and batch.kpi in grains:
                new[batch.kpi, time] = (bucket, value, status)
    keys = sorted({*old, *new}, key=lambda key: (list(grains).index(key[0]), key[1]))
    return [_delta(key, old.get(key), new.get(key)) for key in keys]


def _delta(
    key: tuple[str, datetime], old: tuple[str, float | None, str] | None, new: tuple[str, float | None, str] | None
) -> Delta:
    bucket = (new or old or ("", None, ""))[0]
    return Delta(
        kpi=key[0],
        time=key[1],
        bucket=bucket,
        stored=old[1] if old else None,
        stored_status=old[2] if old else None,
        new=new[1] if new else None,
        new_status=new[2] if new else None,
    )


@dataclass(slots=True)
class _Kept:
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

    def runs(self, last: int) -> list[RunRecord]:
        return []

    def values(self, wish: Wish) -> list[StoredValue]:
        return []

    def close(self) -> None:
        return
