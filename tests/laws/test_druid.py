"""Law 1 on a real Druid: what is said there is what the reference says, in zones whose days have 23, 24.5 and 25 hours.

Druid keeps milliseconds, so rows and the clock are cut to them for both.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest

from kpictl.diagnostics import Refused
from kpictl.dialects import named
from kpictl.dialects.physical import Stored
from kpictl.dialects.render import render
from kpictl.ir.relations import Relation
from kpictl.passes import optimized
from kpictl.passes.to_query import to_query
from tests.laws.engine import Answer, differences, interpreted, tables, told
from tests.laws.reproduce import Broken, hold
from tests.laws.world import NAMES, Range, Rows, lowered, project, trees, worlds
from tests.oracles.judge import Tables
from tests.oracles.plugin import Counted

_REFUSED = 0.2
"""At most this share of the definitions may be refused."""


@pytest.mark.parametrize("zone", ["Europe/Berlin"])
def test_druid_is_the_reference(judge: Callable[[str], Counted], zone: str) -> None:
    druid = judge("druid")
    said = {name for name in NAMES if all(_statement(tree, zone) for tree, _ in trees(lowered(zone)[name]))}
    assert len(said) >= len(NAMES) * (1 - _REFUSED), sorted(set(NAMES) - said)
    for world in worlds("druid", zone):
        cut = _cut(world.rows)
        druid.load(_tables(zone, cut))
        opened = {name: world.random.random() < 0.3 for name in NAMES}
        over = {name: _whole(world.range(lowered(zone)[name], opened=opened[name])) for name in NAMES}

        def law(name: str, rows: Rows, over: dict[str, Range] = over, whole: Rows = world.rows) -> Broken | None:
            given = _cut(rows)
            if rows is not whole:
                if any(not found for found in given.values()):
                    return None  # Druid has no table without rows
                druid.load(_tables(zone, given))
            for tree, dims in trees(lowered(zone)[name]):
                found = differences(
                    interpreted(tree, given, over[name], dims), _answer(druid, tree, zone, over[name], dims)
                )
                if found:
                    header = f"({', '.join(dims) or 'total'}; the reference against Druid)"
                    return [header, *found], over[name], None
            return None

        hold(world, tuple(name for name in NAMES if name in said), law)


@cache
def _statement(tree: Relation, zone: str) -> tuple[str, tuple[str, ...]] | None:
    """The SQL of a tree and what its marks stand for; None where it is refused."""

    def stored(source: str) -> Stored:
        return Stored(time=project(zone).sources[source].time)

    query = to_query(optimized(tree), with_denominator=True)
    try:
        done = render(query, named("druid"), relations=lambda name: (name,), stored=stored)
    except Refused:
        return None
    return done.sql, done.parameters


def _answer(druid: Counted, tree: Relation, zone: str, over: Range, dimensions: tuple[str, ...]) -> Answer:
    text = _statement(tree, zone)
    assert text is not None
    values = {"from": over.start, "to": over.stop, "as_of": over.as_of}
    done = druid.execute(text[0], [values[name] for name in text[1]], named("druid").settings)
    return told([dict(zip(done.columns, row, strict=True)) for row in done.rows], dimensions)


def _tables(zone: str, given: Rows) -> Tables:
    return {name: table for name, table in tables(zone, given).items() if table.rows}


def _cut(given: Rows) -> Rows:
    return {name: [{key: _millis(value) for key, value in row.items()} for row in rows] for name, rows in given.items()}


def _whole(over: Range) -> Range:
    return Range(start=over.start, stop=over.stop, as_of=_millis(over.as_of))


def _millis(value: Any) -> Any:
    return value - timedelta(microseconds=value.microsecond % 1000) if isinstance(value, datetime) else value
