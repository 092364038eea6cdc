"""`run --audit`: done buckets that would have another value now, as rows came later than `lateness`. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from kpictl.diagnostics import Diagnostic
from kpictl.kinds.lowered import Reading
from kpictl.model.calendar import calendar
from kpictl.model.project import Project
from kpictl.plan.compiled import Compiled
from kpictl.plan.inputs import Asked
from kpictl.plan.state import Range, StoreState
from kpictl.runner.findings import LateRows
from kpictl.runner.recompute import Kept
from kpictl.runner.run import run
from kpictl.stores import Store, Wish

_NEAR = 1e-9
"""Of the larger value: what differs by less is the same."""
_Rows = dict[tuple[datetime, str], float | None]


def late(project: Project, compiled: Sequence[Compiled], store: Store, asked: Asked) -> tuple[Diagnostic, ...]:
    """Computes all that is done again, and says by KPI which buckets are others; what cannot be computed is told, too."""
    state = store.state()
    spans: dict[Range, list[Compiled]] = {}
    for each in compiled:
        done = _done(each, state)
        if done and each.lowered is not None and each.lowered.reading is not Reading.SNAPSHOT:
            spans.setdefault((done[0][0], done[-1][1]), []).append(each)
    found: list[Diagnostic] = []
    for span, nodes in spans.items():
        kept = Kept()
        report = run(project, nodes, kept, Asked(now=asked.now, back_dated=asked.back_dated, backfill=span))
        found += [each for result in report.results for each in result.diagnostics if each.is_error]
        new: dict[str, _Rows] = {}
        for batch in kept.batches:
            values = batch.values
            keys = zip(values.times, values.keys, strict=True)
            new.setdefault(batch.kpi, {}).update(zip(keys, values.values, strict=True))
        for node in nodes:
            if node.name in new:
                found += _compared(project, node, _done(node, state), new[node.name], store)
    return tuple(found)


def _done(node: Compiled, state: StoreState) -> tuple[Range, ...]:
    if node.lowered is None:
        return ()
    return state.of(node.name, node.lowered.grain.unit, node.lowered.fingerprint).ranges


def _compared(
    project: Project, node: Compiled, done: Sequence[Range], new: _Rows, store: Store
) -> Iterable[Diagnostic]:
    assert node.lowered is not None
    from kpictl.stores.canonical import canonical, dimensions_key

    grain = node.lowered.grain
    wish = Wish(kpis={node.name: grain.unit}, start=done[0][0], stop=done[-1][1], dimensions=None)
    stored = {(v.time, dimensions_key(canonical(v.dimensions))): v.value for v in store.values(wish)}
    keys = [key for key in {*stored, *new} if any(start <= key[0] < stop for start, stop in done)]
    other = sorted({at for at, key in keys if not _same(stored.get((at, key)), new.get((at, key)))})
    if not other:
        return
    of = calendar(grain.zone, grain.week_start, grain.fiscal_start)
    first, stop = other[0], of.next(other[-1], grain.unit)
    dates = [f"{at.astimezone(of.tzinfo):%Y-%m-%d{'T%H:%M' if grain.unit == 'hour' else ''}}" for at in (first, stop)]
    many = f"{len(other):,} buckets, {of.label(first, grain.unit)} to {of.label(other[-1], grain.unit)},"
    what = many if len(other) > 1 else f"the bucket {of.label(first, grain.unit)}"
    yield LateRows.at(
        project.kpis[node.name].place,
        f"{what} of `{node.name}` would have another value now: rows came or changed later than `lateness`",
        help=[f"`kpictl run {node.name} --backfill {dates[0]}..{dates[1]}` takes them in, and keeps the old values"],
        node=node.name,
    )


def _same(a: float | None, b: float | None) -> bool:
    return a == b or (a is not None and b is not None and abs(a - b) <= _NEAR * max(abs(a), abs(b)))
