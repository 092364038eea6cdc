"""Where the store is on the connection that holds the data, the server keeps what it computes: the same series and history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest

from kpictl import api
from kpictl.stores import StoredValue, Wish, open_store
from kpictl.stores.canonical import canonical
from kpictl.stores.in_place import NotInPlace
from kpictl.stores.postgres import PostgresStore
from tests.oracles.plugin import Counted

_SOURCES = """\
sources:
  events:
    connection: app
    relation: facts.events
    time: at
    lateness: 6d
    key: [id]
    columns: {id: integer, who: integer, amount: "numeric(12,2)", score: double, kind: text, at: timestamptz}
    joins: {people: {on: events.who = people.id, type: many_to_one}}
    dimensions: {country: people.country}
  loads: {connection: app, relation: facts.loads, columns: {loaded_at: timestamptz}}
  loading:
    connection: app
    relation: facts.events
    time: at
    complete: SELECT max(loaded_at) FROM loads
    columns: {id: integer, amount: "numeric(12,2)", kind: text, at: timestamptz}
  people: {connection: app, relation: facts.people, key: [id], columns: {id: integer, country: text}}
  huge: {connection: app, relation: facts.huge, time: day, complete: now, columns: {n: numeric, day: date}}
kpis:
  rows: {measure: count(*), source: events, grain: day, dimensions: [kind]}
  hours: {measure: count(*), source: events, grain: hour}
  total: {measure: sum(amount), source: events, grain: day, dimensions: [kind, country]}
  of_a: {measure: sum(amount), source: events, grain: day, where: "kind = 'a'", dimensions: [country]}
  of_b: {measure: sum(amount), source: events, grain: day, where: "kind = 'b'", dimensions: [country]}
  of_c: {measure: sum(amount), source: events, grain: day, where: "kind = 'c'", dimensions: [country]}
  scores: {measure: sum(score), source: events, grain: day, dimensions: [who]}
  weekly: {measure: avg(amount), source: events, grain: week}
  months: {measure: "sum(amount) / count(distinct kind)", source: events, grain: month}
  users_4d: {measure: count(distinct who), source: events, window: 4d, grain: day, dimensions: [kind]}
  middle: {measure: "percentile(amount, 0.5)", source: events, grain: day}
  share: {ratio: {numerator: of_a, denominator: of_b}}
  change: {expr: "rows - lag(rows, 1d)"}
  to_date: {cumulative: {of: total, to_date: month}, dimensions: [kind]}
  today: {query: "SELECT COUNT(*) FROM events WHERE at::date = CURRENT_DATE"}
  loading: {measure: count(*), source: loading, grain: day, dimensions: [kind]}
  loading_none: {measure: count(*), source: loading, grain: day, where: "kind = 'no such'"}
  loading_sum: {measure: sum(amount), source: loading, grain: hour}
  loading_share: {ratio: {numerator: loading, denominator: rows}}
  series: {query: "SELECT at::date AS time, SUM(amount) AS value FROM events GROUP BY 1"}
"""
_EXACT = "  exact: {measure: sum(n), source: huge, grain: day}\n"
_KINDS = ("a", "b", "c", None, 'q"uo\\te', "Zürich\n🙂")


@pytest.fixture
def uri(judge: Callable[[str], Counted]) -> str:
    found: str = judge("postgres").database("in_place")
    with psycopg.connect(found, autocommit=True) as admin:
        admin.execute("CREATE SCHEMA facts")
        admin.execute(
            "CREATE TABLE facts.events (id int, who int, amount numeric(12,2), score float8, kind text, at timestamptz)"
        )
        admin.execute(
            "CREATE TABLE facts.people AS SELECT n AS id, 'c' || n % 3 AS country FROM generate_series(1, 5) n"
        )
        admin.execute("CREATE TABLE facts.loads AS SELECT TIMESTAMPTZ '2024-03-04 10:00+00' AS loaded_at")
        admin.execute("CREATE TABLE facts.huge AS SELECT 12345678901234567890.5 AS n, DATE '2024-03-02' AS day")
    return found


def _load(uri: str, random: Random, first: int, stop: int, number: int) -> None:
    with psycopg.connect(uri, autocommit=True) as admin:
        for n in range(number):
            at = datetime(
                2024, 3, random.randrange(first, stop), random.randrange(24), random.randrange(60), tzinfo=UTC
            )
            amount = random.choice((None, random.randrange(-500, 5000) / 100))
            score = random.choice((random.random(), 1e300, float("nan"), float("inf"), None))
            row = (n, random.randrange(7), amount, score, random.choice(_KINDS), at)
            admin.execute("INSERT INTO facts.events VALUES (%s, %s, %s, %s, %s, %s)", row)


def _project(root: Path, uri: str, more: str = "") -> Path:
    (root / "kpis").mkdir(parents=True)
    (root / "kpis/k.yml").write_text(_SOURCES + more)
    (root / "kpi_project.yml").write_text("name: p\ntimezone: Europe/Berlin\nstart: 2024-03-01\n")
    app = f'connections: {{app: {{type: postgres, uri: "{uri}"}}}}'
    (root / "profiles.yml").write_text(
        "p:\n  target: here\n  outputs:\n"
        f'    here: {{store: {{type: postgres, uri: "{uri}", schema: kept}}, {app}}}\n'
        f"    apart: {{store: {{type: duckdb, path: apart.duckdb}}, {app}}}\n"
    )
    return root


def _run(root: Path, target: str, now: datetime, **more: Any) -> tuple[dict[str, Any], list[Any]]:
    """Of each KPI what was done and told; and its values."""
    loaded = api.load(root, target=target)
    assert loaded.project is not None
    names = list(loaded.project.kpis)
    report = api.run(loaded, kpis=names, as_of=now, **more)
    store = open_store(loaded.project)
    try:
        values = store.values(Wish(kpis=dict.fromkeys(names), dimensions=None))
    finally:
        store.close()
    told = {
        each.unique_id: (each.status, each.buckets, each.values, each.restated, [d.message for d in each.diagnostics])
        for each in report.results
    }
    return told, sorted(map(_told, values), key=str)


def _told(row: StoredValue) -> tuple[Any, ...]:
    return (row.kpi, row.time, row.bucket, row.value, row.status, canonical(row.dimensions), dict(row.metadata))


def test_in_place_is_as_apart(uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    placed: list[int] = []
    write = PostgresStore.write_in_place

    def seen(self: PostgresStore, *given: Any) -> Any:
        found = write(self, *given)
        placed.append(len(given[0]))
        return found

    monkeypatch.setattr(PostgresStore, "write_in_place", seen)
    random = Random(7)
    root = _project(tmp_path / "p", uri)
    for today, number in ((12, 200), (14, 40), (15, 3)):
        _load(uri, random, max(1, today - 6) if today > 12 else 1, today, number)
        now = datetime(2024, 3, today, 6, 30, tzinfo=UTC)
        here, apart = _run(root, "here", now), _run(root, "apart", now)
        assert here == apart
        assert any("NaN or infinite" in each for each in here[0]["kpi.scores"][4])
        assert placed.pop() >= 14
        assert not placed
    again, _ = _run(root, "here", now, full_refresh=True)
    assert all(each[0] == "success" and each[2] == 0 for each in again.values())
    with psycopg.connect(uri) as admin:
        kept = admin.execute("SELECT dimensions::text, dimensions_key FROM kept.kpi_metrics_history").fetchall()
        assert kept
        left = admin.execute("SELECT count(*) FROM pg_class WHERE relname LIKE 'answer_%'").fetchone()
        assert left == (0,)


def test_what_cannot_be_told_there_comes_over(uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number of more digits than a double holds is kept as a text, too; and what fails there is told as ever."""
    refused: list[str] = []
    write = PostgresStore.write_in_place

    def seen(self: PostgresStore, *given: Any) -> Any:
        try:
            return write(self, *given)
        except NotInPlace as why:
            refused.append(str(why))
            raise

    monkeypatch.setattr(PostgresStore, "write_in_place", seen)
    _load(uri, Random(1), 1, 5, 20)
    root = _project(tmp_path / "p", uri, _EXACT)
    now = datetime(2024, 3, 5, tzinfo=UTC)
    here, apart = _run(root, "here", now), _run(root, "apart", now)
    assert here == apart
    assert refused == ["a number of many digits"]
    assert any(row[6].get("exact") == "12345678901234567890.5" for row in here[1])
    with psycopg.connect(uri, autocommit=True) as admin:
        admin.execute("ALTER TABLE facts.people RENAME COLUMN country TO land")
        admin.execute("INSERT INTO facts.people VALUES (6, 'x')")
    told, _ = _run(root, "here", now, full_refresh=True)
    assert {told["kpi.total"][0], told["kpi.rows"][0]} == {"error", "success"}
