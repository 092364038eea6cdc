"""Any chunking is the whole at once: the same values, ledger and statuses, however few rows are held in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpictl.diagnostics import Refused
from kpictl.engines.duckdb import DuckdbEngine
from kpictl.engines.findings import QueryFailed
from kpictl.plan import cost_model
from tests.runner.script import World, comparable, read

SCRIPT = """\
define
    sources:
      orders:
        connection: app
        relation: orders
        time: at
        columns: {id: bigint, country: text, city: text, amount: "numeric(12,2)", at: timestamptz}
    kpis:
      revenue: {measure: sum(amount), source: orders, grain: day, dimensions: [country, city], start: 2024-01-01}
      by_month: {measure: count(*), source: orders, grain: month, dimensions: [country], start: 2024-01-01}
      trailing: {measure: count(*), source: orders, window: 7d, grain: day, dimensions: [city], start: 2024-01-01}
      total: {measure: sum(amount), source: orders, grain: day, start: 2024-01-01}
now 2024-03-15T06:00
sql
    CREATE TABLE orders AS SELECT i AS id, ['DE', 'FR', NULL][1 + i % 3] AS country, 'c' || (i * 7 % 5) AS city,
      (i * 13 % 1000)::DECIMAL(12, 2) / 8 AS amount, TIMESTAMPTZ '2024-01-03 00:00Z' + INTERVAL (i * 37) MINUTE AS at
    FROM range(2000) AS r(i)
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Fifty days of orders."""
    world = World(tmp_path)
    world.play(read("case x\n" + SCRIPT)[0])
    return world


def _stored(world: World) -> dict[str, list[str]]:
    rows = world._store_rows("SELECT kpi_name, grain, start_time, end_time FROM kpi_intervals ORDER BY ALL", [])
    found = {name: [comparable(row) for row in world.stored(name)] for name in world.names}
    return {**found, "done": [str(row) for row in rows]}


@pytest.mark.parametrize("rows", [1, 40, 350])
def test_any_chunking_is_the_whole(world: World, monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    whole = world.run([])
    expected, written = _stored(world), {each.unique_id: (each.values, each.buckets) for each in whole.results}
    world.store = "target/chunked.duckdb"
    monkeypatch.setattr(cost_model, "ROWS_AT_ONCE", rows)
    chunked = world.run([])
    assert _stored(world) == expected
    assert {each.unique_id: (each.values, each.buckets) for each in chunked.results} == written
    assert chunked.scans[0] > whole.scans[0]
    assert {each.status for each in world.run([]).results} == {"nothing_to_do"} or whole.quiet_until is None


def test_what_is_written_before_a_failure_is_done(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost_model, "ROWS_AT_ONCE", 200)
    monkeypatch.setattr(cost_model, "in_one_stage", lambda *_: 1e9)
    monkeypatch.setattr(cost_model, "in_two_stages", lambda *_: 1e9)
    real, asked = DuckdbEngine.query, []

    def query(self: DuckdbEngine, statement: object, values: object) -> object:
        asked.append(statement)
        if len(asked) == 12:
            raise Refused([QueryFailed.at(None, "the connection was lost")])
        return real(self, statement, values)  # type: ignore[arg-type]

    monkeypatch.setattr(DuckdbEngine, "query", query)
    results = world.run([]).results
    assert "error" in {each.status for each in results}
    told = {each.unique_id.removeprefix("kpi."): each.values for each in results if each.values}
    rows = world._store_rows("SELECT kpi_name, count(*) FROM kpi_metrics GROUP BY ALL", [])
    assert told == dict(rows), "a KPI that fails later says what it has written"
    assert any(each.status == "error" and each.values and each.buckets for each in results)
    noted = world._store_rows("SELECT kpi_name, written FROM kpi_runs WHERE written > 0", [])
    assert told == dict(noted)
    monkeypatch.setattr(DuckdbEngine, "query", real)
    assert {each.status for each in world.run([]).results} <= {"success", "nothing_to_do"}
    grown = _stored(world)
    world.store = "target/whole.duckdb"
    monkeypatch.undo()
    world.run([])
    assert _stored(world) == grown
