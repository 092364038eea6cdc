"""Law 2: the bucket of a lifted query is the query itself, with the clock at the bucket's as-of, on data cut at its end."""

from __future__ import annotations

from functools import cache
from typing import Any

import duckdb
import pytest

from kpictl.diagnostics import Place
from kpictl.kinds.lowered import Reading
from kpictl.kinds.query_lowering import scope
from kpictl.model.kpis import QuerySpec
from kpictl.sql.frontdoor import query
from tests.laws.engine import Answer, answer, asked, differences, fill, printed
from tests.laws.reproduce import Broken, hold
from tests.laws.world import MICROSECOND, NAMES, ZONES, Range, Rows, calendar_of, known_before, lowered, project, worlds

LIFTED = tuple(name for name in NAMES if lowered("Asia/Kolkata")[name].reading is Reading.AS_OF)


@cache
def original(zone: str, name: str) -> tuple[str, tuple[str, ...]]:
    """The author's text as it is read anywhere else: nothing is lifted and nothing cut."""
    spec = project(zone).kpis[name].spec
    assert isinstance(spec, QuerySpec)
    return printed(query(spec.query, scope(project(zone)), Place("laws.sql")))


@pytest.mark.parametrize("zone", ZONES)
def test_a_lifted_bucket_is_the_query_then(engine: duckdb.DuckDBPyConnection, zone: str) -> None:
    for world in worlds("lift", zone):
        over = {name: world.range(lowered(zone)[name]) for name in LIFTED}
        fill(engine, world.rows)
        lifted = {
            name: answer(engine, lowered(zone)[name].finest, over[name], lowered(zone)[name].dimensions)
            for name in LIFTED
        }
        ends = sorted({end for name in LIFTED for _, end in _buckets(zone, name, over[name])})
        then: dict[str, Answer] = {name: {} for name in LIFTED}
        for end in ends:
            fill(engine, known_before(world.rows, end, zone))
            for name in LIFTED:
                for start, stop in _buckets(zone, name, over[name]):
                    if stop == end:
                        then[name] |= _then(engine, zone, name, start, stop)

        def law(name: str, rows: Rows, given: Any = (world.rows, over, lifted, then)) -> Broken | None:
            whole, over, lifted, then = given
            kpi = lowered(zone)[name]
            one, other = lifted[name], then[name]
            if rows is not whole:
                fill(engine, rows)
                one, other = answer(engine, kpi.finest, over[name], kpi.dimensions), {}
                for start, stop in _buckets(zone, name, over[name]):
                    fill(engine, known_before(rows, stop, zone))
                    other |= _then(engine, zone, name, start, stop)
            told = differences(_valued(other, kpi.empty), _valued(one, kpi.empty))
            return (["(the query then, against the bucket)", *told], over[name], other) if told else None

        hold(world, LIFTED, law)


def _buckets(zone: str, name: str, over: Range) -> list[tuple[Any, Any]]:
    kpi = lowered(zone)[name]
    known = calendar_of(kpi)
    return [(at, known.next(at, kpi.grain.unit)) for at in known.spine(over.start, over.stop, kpi.grain.unit)]


def _then(engine: duckdb.DuckDBPyConnection, zone: str, name: str, start: Any, stop: Any) -> Answer:
    dims = lowered(zone)[name].dimensions
    found = asked(engine, original(zone, name), Range(start=start, stop=stop, as_of=stop - MICROSECOND))
    # One output is the value, whatever it is called.
    rows = [{**row, "value": row["value"] if "value" in row else next(iter(row.values()))} for row in found]
    return {(start, *(row[d] for d in dims)): {"value": row["value"]} for row in rows}


def _valued(found: Answer, empty: Any) -> Answer:
    """Without the buckets that hold what a bucket without rows holds, and without divisors, which a text does not have."""
    only = {key: {"value": row["value"]} for key, row in found.items()}
    return {key: row for key, row in only.items() if row["value"] is not None and row["value"] != empty}
