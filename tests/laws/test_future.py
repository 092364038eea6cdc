"""Law 3: no value knows its future, and a row changes only the buckets that read it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import duckdb
import pytest

from kpictl.ir.relations import Aggregate, Grain, OverTime, PerBucket, Relation, Shift, Standing, Window
from kpictl.ir.verify import aggregate_of, grain_of, inputs
from tests.interpreter.relations import Bucket, earlier, of_grain
from tests.laws.engine import Answer, answer, differences, fill
from tests.laws.reproduce import Broken, hold
from tests.laws.world import (
    BY_ROWS,
    MICROSECOND,
    TIMED,
    ZONES,
    Range,
    Rows,
    calendar_of,
    known_before,
    lowered,
    time_of,
    trees,
    worlds,
)

Answers = dict[tuple[str, ...], Answer]


@pytest.mark.parametrize("zone", ZONES)
def test_no_value_knows_its_future(engine: duckdb.DuckDBPyConnection, zone: str) -> None:
    """Rows at or after a bucket's end change nothing in it. No series of the laws looks ahead."""
    for world in worlds("future", zone):
        over = {name: world.range(lowered(zone)[name]) for name in TIMED}
        cut = world.instant()
        fill(engine, world.rows)
        whole = {name: _answers(engine, zone, name, over[name]) for name in TIMED}
        fill(engine, known_before(world.rows, cut, zone))

        def law(name: str, rows: Rows, given: Any = (world.rows, cut, over, whole)) -> Broken | None:
            all_rows, cut, over, whole = given
            full = whole[name]
            if rows is not all_rows:
                fill(engine, rows)
                full = _answers(engine, zone, name, over[name])
                fill(engine, known_before(rows, cut, zone))
            kpi, told = lowered(zone)[name], []
            end = calendar_of(kpi).floor(cut, kpi.grain.unit)
            for dims, found in _answers(engine, zone, name, over[name]).items():
                told += differences(_before(end, full[dims]), _before(end, found))
            return (
                ([f"(with rows from {cut.isoformat()} on, against without)", *told], over[name], None) if told else None
            )

        hold(world, TIMED, law)


def _answers(engine: duckdb.DuckDBPyConnection, zone: str, name: str, over: Range) -> Answers:
    return {dims: answer(engine, tree, over, dims) for tree, dims in trees(lowered(zone)[name])}


def _before(end: datetime, found: Answer) -> Answer:
    return {key: values for key, values in found.items() if key[0] < end}


@pytest.mark.parametrize("zone", ZONES)
def test_a_row_changes_only_what_reads_it(engine: duckdb.DuckDBPyConnection, zone: str) -> None:
    for world in worlds("locality", zone):
        for table in ("events", "days", "walls"):
            # Not the first row: from it on a count's past is known, which every later lag may hang on.
            row = sorted(world.rows[table], key=lambda each: time_of(table, each, zone))[world.random.randrange(2, 10)]
            names = [name for name in BY_ROWS if table in lowered(zone)[name].sources]
            over = {name: world.range(lowered(zone)[name]) for name in names}

            def both(rows: Rows, asked: list[str], given: Any = (table, row, over)) -> dict[str, tuple[Answer, Answer]]:
                table, row, over = given
                found = []
                for kept in (rows, {**rows, table: [each for each in rows[table] if each is not row]}):
                    fill(engine, kept)
                    kpis = [lowered(zone)[name] for name in asked]
                    found.append({kpi.name: answer(engine, kpi.finest, over[kpi.name], kpi.dimensions) for kpi in kpis})
                return {name: (found[0][name], found[1][name]) for name in asked}

            first = both(world.rows, names)

            def law(name: str, rows: Rows, given: Any = (world, table, row, over, first, both)) -> Broken | None:
                world, table, row, over, first, both = given
                if row not in rows[table]:
                    return None
                one, other = first[name] if rows is world.rows else both(rows, [name])[name]
                at = time_of(table, row, zone)
                far = {key for key in one.keys() | other.keys() if not _reads(lowered(zone)[name].finest, key[0], at)}
                told = differences({k: one[k] for k in far & one.keys()}, {k: other[k] for k in far & other.keys()})
                return (
                    ([f"(with the row {row['id']} of {table}, against without)", *told], over[name], None)
                    if told
                    else None
                )

            hold(world, names, law)


def _reads(tree: Relation, start: datetime, at: datetime) -> bool:
    """Whether the value of the bucket that begins at `start` may hang on a row of the instant `at`."""
    match tree:
        case Shift():
            return _reads(tree.input, earlier(tree.grain, Bucket(start, start, start), tree.span).start, at)
        case Window():
            return _in_window(tree, start, at)
        case OverTime(choose="last"):
            fine = grain_of(tree.input)
            assert fine is not None
            end = of_grain(tree.grain).next(start, tree.grain.unit)
            return _reads(tree.input, of_grain(fine).floor(end - MICROSECOND, fine.unit), at)
        case OverTime():
            return at < of_grain(tree.grain).next(start, tree.grain.unit)
        case Aggregate(grain=Grain() as grain, input=PerBucket() | Standing()):
            return at < of_grain(grain).next(start, grain.unit)
        case Aggregate(grain=Grain() as grain):
            return start <= at < of_grain(grain).next(start, grain.unit)
        case _:
            return any(_reads(below, start, at) for below in inputs(tree))


def _in_window(tree: Window, start: datetime, at: datetime) -> bool:
    grain = tree.grain
    known = of_grain(grain)
    assert aggregate_of(tree) is not None
    theirs = known.floor(at, grain.unit)
    if tree.to_date is not None:
        return known.floor(start, tree.to_date) <= theirs <= start
    assert tree.length is not None
    return known.shift(start, -tree.length.n, tree.length.unit) <= theirs <= start
