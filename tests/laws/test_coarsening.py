"""Law 5: what can be rolled up is the same rolled up as computed directly; a ratio is sum over sum at every grain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from typing import Any

import duckdb
import pytest

from tests.laws.engine import Answer, answer, fill, near
from tests.laws.world import ZONES, Range, World, at, calendar_of, lowered, worlds

ADDITIVE = ("m_rows_hour", "m_rows_day", "m_sum_day", "m_where", "m_filtered", "d_rows_day", "w_rows_hour", "m_double")
DISTINCT = ("m_distinct", "m_distinct_kinds")
EXTREMES = {"m_most": max, "m_least": min}
RATIOS = {"r_share": ("m_where", "m_rows_day"), "m_inner_ratio": ("m_sum_day", "m_filled")}
COARSER = ("day", "week", "month", "quarter", "year", "fiscal_quarter", "fiscal_year")


def _coarser(name: str) -> Iterable[str]:
    own = lowered("Asia/Kolkata")[name].grain.unit
    return COARSER[COARSER.index(own) + 1 if own in COARSER else 0 :]


def _range(world: World, unit: str) -> Range:
    known = calendar_of(at(world.zone, "m_rows_day", unit, ()))
    start, stop = (
        known.floor(datetime.fromisoformat("2023-01-01T00:00Z"), unit),
        datetime.fromisoformat("2026-01-01T00:00Z"),
    )
    return Range(start=start, stop=known.floor(stop, unit), as_of=stop)


def _values(engine: duckdb.DuckDBPyConnection, world: World, name: str, unit: str, dims: tuple[str, ...]) -> Answer:
    # The whole of all units: a bucket at the border of a range would hold a part of its rows.
    kpi = at(world.zone, name, unit, dims)
    return answer(engine, kpi.finest, _range(world, "fiscal_year"), dims)


def _merged(found: Answer, world: World, unit: str, merge: Any) -> dict[tuple[Any, ...], Any]:
    known = calendar_of(at(world.zone, "m_rows_day", unit, ()))
    groups: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for (time, *members), row in found.items():
        if row["value"] is not None:
            groups[(known.floor(time, unit), *members)].append(row["value"])
    return {key: merge(values) for key, values in groups.items()}


def _same(merged: dict[Any, Any], direct: Answer, what: str) -> None:
    keys = merged.keys() | {key for key, row in direct.items() if row["value"] is not None}
    wrong = {k: (merged.get(k), direct.get(k)) for k in keys if not near(merged.get(k), direct.get(k, {}).get("value"))}
    assert not wrong, f"{what}: {wrong}"


@pytest.mark.parametrize("zone", ZONES)
def test_parts_merge_to_the_whole(engine: duckdb.DuckDBPyConnection, zone: str) -> None:
    for world in worlds("coarsening", zone):
        fill(engine, world.rows)
        for name in (*ADDITIVE, *EXTREMES):
            kpi = lowered(zone)[name]
            fine = _values(engine, world, name, kpi.grain.unit, kpi.dimensions)
            for unit in _coarser(name):
                direct = _values(engine, world, name, unit, kpi.dimensions)
                merged = _merged(fine, world, unit, EXTREMES.get(name, sum))
                _same(merged, direct, f"{name} by {unit} in {zone} ({world.seed})")


@pytest.mark.parametrize("zone", ZONES)
def test_a_total_is_the_sum_of_its_parts(engine: duckdb.DuckDBPyConnection, zone: str) -> None:
    for world in worlds("totals", zone):
        fill(engine, world.rows)
        for name in ("m_sum_day", "m_rows_week", "m_joined"):
            kpi = lowered(zone)[name]
            parts = _values(engine, world, name, kpi.grain.unit, kpi.dimensions)
            merged = _merged(
                {(key[0], n): row for n, (key, row) in enumerate(parts.items())}, world, kpi.grain.unit, sum
            )
            sums: dict[tuple[Any, ...], Any] = defaultdict(int)
            for (time, _), value in merged.items():
                sums[(time,)] += value
            _same(sums, _values(engine, world, name, kpi.grain.unit, ()), f"{name} in {zone} ({world.seed})")


@pytest.mark.parametrize("zone", ZONES)
def test_distinct_totals_lie_between_their_parts(engine: duckdb.DuckDBPyConnection, zone: str) -> None:
    """At least the largest part and at most the sum of all, and never a merged count of counts."""
    for world in worlds("distinct", zone):
        fill(engine, world.rows)
        for name in DISTINCT:
            kpi = lowered(zone)[name]
            fine = _values(engine, world, name, kpi.grain.unit, kpi.dimensions)
            for unit in _coarser(name):
                low, high = (_merged(fine, world, unit, merge) for merge in (max, sum))
                for key, row in _values(engine, world, name, unit, kpi.dimensions).items():
                    assert low[key] <= row["value"] <= high[key], f"{name} by {unit} in {zone} ({world.seed}): {key}"


@pytest.mark.parametrize("zone", ZONES)
def test_a_ratio_is_sum_over_sum(engine: duckdb.DuckDBPyConnection, zone: str) -> None:
    for world in worlds("ratios", zone):
        fill(engine, world.rows)
        for name, (above, below) in RATIOS.items():
            for unit in ("day", "week", "month", "fiscal_quarter"):
                direct = _values(engine, world, name, unit, ())
                sums = [_merged(_values(engine, world, each, "day", ()), world, unit, sum) for each in (above, below)]
                for key, row in direct.items():
                    top, bottom = (each.get(key) for each in sums)
                    expected = None if top is None or not bottom else Fraction(top) / Fraction(bottom)
                    assert near(row["value"], expected), f"{name} by {unit} in {zone} ({world.seed}): {key}"
