"""The judges themselves: each answers its cases, and keeps nothing of a statement."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.corpus import corpus
from tests.oracles import NAMES, CannotHold, EngineLost, Rejected, Table, cases
from tests.oracles.plugin import Bench, Counted, _group, required
from tests.oracles.postgres_engine import PostgresJudge
from tests.oracles.processes import Worker
from tests.oracles.workers import wire


@pytest.mark.parametrize("name", [name for name in NAMES if name in cases.CASES])
def test_answers_its_cases(judge: Callable[[str], Counted], name: str) -> None:
    assert cases.faults(judge(name)) == []


@pytest.mark.parametrize("name", ["duckdb", "postgres", "timescale"])
def test_keeps_nothing(judge: Callable[[str], Counted], name: str) -> None:
    one = judge(name)
    one.load({"t": Table({"a": "int"}, [(1,)])})
    one.execute("INSERT INTO t VALUES (2)", settings={"TimeZone": "Asia/Tokyo"})
    assert one.execute("SELECT count(*), current_setting('TimeZone') FROM t").rows == [(1, "UTC")]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("default_null_order", "NULLS_FIRST"),
        ("default_order", "DESC"),
        ("default_collation", "NOCASE"),
        ("integer_division", True),
        ("TimeZone", "Asia/Tokyo"),
    ],
)
def test_duckdb_forgets_settings(judge: Callable[[str], Counted], setting: str, value: object) -> None:
    duckdb = judge("duckdb")
    duckdb.load({"t": Table({"a": "int", "b": "text"}, [(None, "x"), (1, "X"), (2, "y")])})
    ask = "SELECT a, 1 / 2, b = 'x', current_setting('TimeZone') FROM t ORDER BY a"
    plain = [(1, 0.5, False, "UTC"), (2, 0.5, False, "UTC"), (None, 0.5, True, "UTC")]
    assert duckdb.execute(ask).rows == plain
    assert duckdb.execute(ask, settings={setting: value}).rows != plain
    assert duckdb.execute(ask).rows == plain
    with pytest.raises(Rejected):
        duckdb.execute("SELECT nope", settings={setting: value})
    assert duckdb.execute(ask).rows == plain
    with pytest.raises(Rejected, match="no_such"):
        duckdb.execute(ask, settings={"no_such": 1})


@pytest.mark.parametrize("name", ["duckdb", "postgres", "timescale"])
def test_loads_what_it_is_told_last(judge: Callable[[str], Counted], name: str) -> None:
    one = judge(name)
    one.load({"t": Table({"a": "int"}, [(1,)])})
    one.load({"Week": Table({"Select": "int", "group": "text"}, [])})
    assert one.execute('SELECT count("Select"), max("group") FROM "Week"').rows == [(0, None)]
    with pytest.raises(Rejected):
        one.execute("SELECT a FROM t")
    one.load({"t": Table({"a": "int"}, [(1,)])})
    assert one.execute("SELECT a FROM t").rows == [(1,)]


@pytest.mark.parametrize("name", ["duckdb", "postgres", "timescale"])
def test_holds_the_corpus(judge: Callable[[str], Counted], name: str) -> None:
    one = judge(name)
    one.load(corpus.tables())
    counted = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in corpus.tables())
    assert one.execute(counted).rows == [(name, len(table.rows)) for name, table in corpus.tables().items()]
    assert sum(len(table.rows) for table in corpus.tables().values()) == 1405


@pytest.mark.parametrize("name", ["duckdb", "postgres", "timescale", "bigquery", "druid"])
def test_says_what_the_engine_says(judge: Callable[[str], Counted], name: str) -> None:
    one = judge(name)
    one.load({"t": Table({"a": "int"}, [(1,)])})
    with pytest.raises(Rejected, match="nope"):
        one.execute("SELECT nope FROM t")
    assert one.execute("SELECT a FROM t").rows == [(1,)]  # and lives on


def test_druid_stops_its_clock(judge: Callable[[str], Counted]) -> None:
    druid = judge("druid")
    druid.load({"t": Table({"a": "int"}, [(1,)])})
    answer = druid.execute(
        "SELECT CURRENT_TIMESTAMP, CURRENT_DATE FROM t",
        settings={"sqlTimeZone": "Asia/Tokyo"},
        as_of=datetime(2026, 3, 31, 20, tzinfo=UTC),
    )
    assert answer.rows == [(datetime(2026, 3, 31, 20, tzinfo=UTC), date(2026, 4, 1))]


@pytest.mark.parametrize(
    "table",
    [Table({"a": "int"}, []), Table({"at": "timestamptz"}, [(None,)], time="at")],
    ids=["no rows", "no time"],
)
def test_druid_says_what_it_cannot_hold(judge: Callable[[str], Counted], table: Table) -> None:
    with pytest.raises(CannotHold):
        judge("druid").load({"t": table})


@pytest.mark.parametrize(
    ("name", "sql", "params"),
    [
        ("duckdb", "SELECT a FROM t WHERE a > ? AND b = ?", [1, "y"]),
        ("postgres", "SELECT a FROM t WHERE a > %s AND b = %s", [1, "y"]),
        ("postgres", "SELECT a FROM t WHERE a > %(least)s AND b = %(b)s", {"least": 1, "b": "y"}),
        ("bigquery", "SELECT a FROM t WHERE a > @least AND b = @b", {"least": 1, "b": "y"}),
        ("druid", "SELECT a FROM t WHERE a > ? AND b = ?", [1, "y"]),
    ],
)
def test_binds_parameters(judge: Callable[[str], Counted], name: str, sql: str, params: list[object]) -> None:
    one = judge(name)
    one.load({"t": Table({"a": "int", "b": "text"}, [(1, "y"), (2, "y"), (3, "z")])})
    assert one.execute(sql, params).rows == [(2,)]


def test_postgres_of_another_collation() -> None:
    hostile = PostgresJudge(icu="en-US")
    if reason := hostile.missing():
        pytest.skip(reason)
    try:
        hostile.start()
        assert hostile.execute("SELECT 'a' < 'B', 'a' COLLATE \"C\" < 'B'").rows == [(True, False)]
    finally:
        hostile.stop()


def test_synapse_lists_functions(judge: Callable[[str], Counted]) -> None:
    sql = "SELECT DATE_TRUNC('month', ts) AS m, sum(x) AS s, COALESCE(a, b) AS c, CAST(a AS INT) AS d FROM t"
    assert judge("synapse").functions(sql) == ["DATE_TRUNC", "SUM"]


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_missing_engine_fails_in_ci_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ci: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv("KPICTL_ENGINES", str(tmp_path))
    bench = Bench()
    with pytest.raises(outcome, match=r"synapse cannot judge: .*--install synapse"):
        required(bench, "synapse")


def test_a_worker_that_ends_is_no_verdict() -> None:
    with pytest.raises(EngineLost, match="out of order"):
        Worker([sys.executable, "-c", "raise SystemExit('out of order')"])


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, 1, 0.1, "x", Decimal("1.10"), {"a": [1, None]}, [Decimal(1), None]),
        *(date(2024, 2, 29), datetime(2024, 2, 29, 1, tzinfo=UTC), timedelta(microseconds=-1)),
    ],
    ids=repr,
)
def test_wire_keeps_values(value: object) -> None:
    assert repr(wire.decode(json.loads(json.dumps(wire.encode(value))))) == repr(value)


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("false", 0)])
def test_status_names_what_would_bring_an_engine(tmp_path: Path, ci: str, code: int) -> None:
    environment = {**os.environ, "CI": ci, "KPICTL_ENGINES": str(tmp_path)}
    command = [sys.executable, "-m", "tests.oracles", "--status", "synapse"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert (done.returncode, "--install synapse" in done.stdout, done.stderr) == (code, True, "")


def test_whoever_asks_at_once_gets_the_same_one() -> None:
    bench, names = Bench(), ["duckdb", "redshift", "snowflake"]
    try:
        with ThreadPoolExecutor(6) as pool:
            found = list(pool.map(bench.ask, [*names, *names]))
        assert [one and one.name for one in found] == [*names, *names]
        assert all(one is other for one, other in zip(found[:3], found[3:], strict=True))
    finally:
        bench.close()


def test_one_that_is_released_is_started_again_and_told_twice() -> None:
    bench = Bench()
    try:
        first = required(bench, "duckdb")
        bench.release("duckdb")
        second = required(bench, "duckdb")
        second.load({"t": Table({"a": "int"}, [(1,)])})
        assert second is not first
        assert second.execute("SELECT a FROM t").rows == [(1,)]
        assert [line.split()[0] for line in bench.told()] == ["engine", "duckdb", "duckdb"]
    finally:
        bench.close()


def test_a_group_is_of_one_engine() -> None:
    """A test that asks for a costly engine by name is in its group, so that the engine is started once."""
    tests, asks = Path(__file__).parents[1], ""
    words = re.compile(r"^def (\w+)|judge\(\"(druid|synapse|timescale|bigquery)\"\)", re.MULTILINE)
    for path in sorted(tests.rglob("test_*.py")):
        whole = path.relative_to(tests.parent).as_posix()
        for found in words.finditer(path.read_text(encoding="utf-8")):
            asks = found[1] or asks
            is_right = found[2] in (None, _group(f"{whole}::{asks}"))
            assert is_right, f"{whole}::{asks} asks for {found[2]}: name it in tests/oracles/plugin.py"
