"""Steps whose answers would not fit in memory, cut into ranges of buckets that are computed and written one by one.

A range is a whole batch: its values, history and ledger are written together, so that an interrupted run goes on where it
ended. One statement a range is no statement a bucket: a range holds as many buckets as fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from kpictl.ir.relations import Aggregate, Finalize, Join, Relation, Scan, Window
from kpictl.ir.scalars import Col
from kpictl.kinds.lowered import Lowered
from kpictl.model.calendar import MICROSECOND, calendar
from kpictl.plan import cost_model
from kpictl.plan.fusion import Statistics
from kpictl.plan.plan import Evaluation, Mode, Step
from kpictl.plan.state import Range, merged
from kpictl.sql.walk import find


def rounds(
    steps: Sequence[Step], lowered: dict[str, Lowered], statistics: Statistics, rows: int = cost_model.ROWS_AT_ONCE
) -> list[list[Step]]:
    """The steps in rounds, the first pieces of all first; one round of the steps as they are where all answers fit."""
    found: list[list[Step]] = []
    for step in steps:
        for n, piece in enumerate(_pieces(step, lowered[step.kpi], statistics, rows)):
            if n == len(found):
                found.append([])
            found[n].append(piece)
    return found


def _pieces(step: Step, lowered: Lowered, statistics: Statistics, rows: int) -> list[Step]:
    if not lowered.dimensions or not any(each.mode is Mode.CLOSED for each in step.evaluations):
        return [step]
    of = calendar(step.grain.zone, step.grain.week_start, step.grain.fiscal_start)
    spines = {
        id(each): list(of.spine(each.start, each.stop, step.grain.unit))
        for each in step.evaluations
        if each.mode is Mode.CLOSED
    }
    buckets = sum(map(len, spines.values()))
    expected = _expected(lowered.bare[0], buckets, statistics)
    if expected is None or expected <= rows or buckets < 2:
        return [step]
    size = max(1, int(rows / (expected / buckets)))
    pieces: list[Step] = []
    done: list[Range] = []
    for each in step.evaluations:
        for start, stop in _cut(spines.get(id(each), []), each.stop, size):
            piece = Evaluation(mode=Mode.CLOSED, start=start, stop=stop, visible=stop, as_of=stop - MICROSECOND)
            pieces.append(replace(step, due=((start, stop),), evaluations=(piece,), open_from=None))
            done.append((start, stop))
    rest = tuple(_without(step.due, merged(done)))
    if rest:
        others = tuple(each for each in step.evaluations if each.mode is not Mode.CLOSED)
        pieces.append(replace(step, due=rest, evaluations=others))
    # What was seen of the source is true of the whole: it is noted with the last piece.
    return [*(replace(each, evidence=None) for each in pieces[:-1]), *pieces[-1:]]


def _cut(spine: list[datetime], stop: datetime, size: int) -> Iterator[Range]:
    for at in range(0, len(spine), size):
        yield spine[at], spine[at + size] if at + size < len(spine) else stop


def _without(ranges: Iterable[Range], done: Sequence[Range]) -> Iterator[Range]:
    """What of the ranges is not done."""
    for start, stop in ranges:
        at = start
        for first, last in done:
            if last <= at or first >= stop:
                continue
            if first > at:
                yield at, first
            at = max(at, last)
        if at < stop:
            yield at, stop


def _expected(tree: Relation, buckets: int, statistics: Statistics) -> float | None:
    """How many rows the finest set has; None where that cannot be told before."""
    if not isinstance(tree, Finalize):
        return None
    windowed = isinstance(tree.input, Window)
    of = tree.input.input if isinstance(tree.input, Window) else tree.input
    if not isinstance(of, Aggregate):
        return None
    scans = dict(_scans(of.input, None))
    main = scans.get(None)
    if main is None:
        return None
    columns = [column for _, scalar in of.keys for column in find(scalar, Col)]
    read = tuple(sorted({column.name for column in columns if column.table is None}))
    told = statistics(main, read)
    if told is None:
        return None
    rows, distinct = told
    combinations = 1.0
    for column in dict.fromkeys(columns):
        # Members of a joined source are at most as many as its rows, which are few beside those of the main one.
        number = distinct.get(column.name) if column.table is None else cost_model.UNKNOWN_DISTINCT
        combinations *= rows if number is None else max(1, number)
    combinations = min(combinations, float(rows))
    return combinations * buckets if windowed else min(combinations * buckets, float(rows))


def _scans(tree: Relation, alias: str | None) -> Iterator[tuple[str | None, str]]:
    if isinstance(tree, Scan):
        yield alias, tree.source
    elif isinstance(tree, Join):
        yield from _scans(tree.left, alias)
        yield from _scans(tree.right, tree.alias)
    elif hasattr(tree, "input"):
        yield from _scans(tree.input, alias)
