"""Law 1: DuckDB says what the reference says, with passes and without; any chunking is the whole."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

import duckdb
import pytest

from tests.laws.engine import Answer, answer, differences, fill, interpreted
from tests.laws.reproduce import Broken, hold
from tests.laws.world import (
    BY_ROWS,
    MICROSECOND,
    NAMES,
    ZONES,
    Range,
    Rows,
    calendar_of,
    lowered,
    trees,
    worlds,
)


@pytest.mark.parametrize("zone", ZONES)
def test_the_engine_is_the_reference(engine: duckdb.DuckDBPyConnection, zone: str) -> None:
    for world in worlds("engine", zone):
        fill(engine, world.rows)
        opened = {name: world.random.random() < 0.3 for name in NAMES}
        over = {name: world.range(lowered(zone)[name], opened=opened[name]) for name in NAMES}

        def law(name: str, rows: Rows, over: dict[str, Range] = over, whole: Rows = world.rows) -> Broken | None:
            if rows is not whole:
                fill(engine, rows)
            for tree, dims in trees(lowered(zone)[name]):
                expected = interpreted(tree, rows, over[name], dims)
                for passes in (True, False):
                    told = differences(expected, answer(engine, tree, over[name], dims, passes=passes))
                    if told:
                        said = f"by {', '.join(dims)}" if dims else "total"
                        header = f"({said}, passes {'on' if passes else 'off'}; the reference against DuckDB)"
                        return [header, *told], over[name], expected if not dims else None
            return None

        hold(world, NAMES, law)


@pytest.mark.parametrize("zone", ZONES)
def test_any_chunks_are_the_whole(engine: duckdb.DuckDBPyConnection, zone: str) -> None:
    for world in worlds("chunks", zone):
        fill(engine, world.rows)
        over = {name: world.range(lowered(zone)[name]) for name in BY_ROWS}
        all_cuts = [world.instant() for _ in range(3)]

        def law(
            name: str,
            rows: Rows,
            over: dict[str, Range] = over,
            whole: Rows = world.rows,
            cuts: list[datetime] = all_cuts,
        ) -> Broken | None:
            if rows is not whole:
                fill(engine, rows)
            kpi = lowered(zone)[name]
            known, asked = calendar_of(kpi), over[name]
            inside = sorted({known.floor(cut, kpi.grain.unit) for cut in cuts})
            bounds = [asked.start, *(c for c in inside if asked.start < c < asked.stop), asked.stop]
            for tree, dims in trees(kpi):
                at_once = answer(engine, tree, asked, dims)
                parts: Answer = {}
                for start, stop in pairwise(bounds):
                    found = answer(engine, tree, Range(start=start, stop=stop, as_of=stop - MICROSECOND), dims)
                    assert not parts.keys() & found.keys(), f"{name}: a bucket in two chunks"
                    parts |= found
                told = differences(at_once, parts)
                if told:
                    return ["(at once against in chunks)", *told], asked, None
            return None

        hold(world, BY_ROWS, law)
