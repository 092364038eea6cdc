"""How a run goes about it: connections at once, an end at the first failure, one refused KPI among others, Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kpictl import api
from kpictl.diagnostics import Refused
from kpictl.runner.connections import at_once
from kpictl.runner.results import How, RunReport
from tests.oracles.plugin import Counted
from tests.stores.places import OnServer

_KPIS = """\
sources:
  one: {{connection: left, relation: orders, time: at, timezone: UTC, complete: now, columns: {columns}}}
  two: {{connection: right, relation: orders, time: at, timezone: UTC, complete: now, columns: {columns}}}
  slow_one: {{connection: left, relation: slow, time: at, timezone: UTC, complete: now, columns: {columns}}}
  slow_two: {{connection: right, relation: slow, time: at, timezone: UTC, complete: now, columns: {columns}}}
kpis:
  a: {{measure: count(*), source: one, grain: day, dimensions: [country]}}
  b: {{measure: sum(amount), source: two, grain: day}}
  c: {{measure: sum(amount), source: one, where: amount > 1, grain: day}}
{more}
"""
_COLUMNS = "{id: bigint, amount: bigint, country: text, at: timestamp}"


def _project(
    root: Path, *, store: str = "{type: duckdb, path: target/k.duckdb}", more: str = "", rows: int = 40
) -> Path:
    for side in ("left", "right"):
        (root / side).mkdir(parents=True)
        lines = [f"{n},{n % 7},{('DE', 'FR')[n % 2]},2024-01-{n % 9 + 1:02} 10:00:00" for n in range(rows)]
        (root / side / "orders.csv").write_text("\n".join(["id,amount,country,at", *lines]) + "\n")
        text = "SELECT a.id, a.amount, a.country, a.at FROM orders AS a, orders AS b, orders AS c WHERE b.id + c.id + a.id > 0"
        (root / side / "slow.sql").write_text(text)
    (root / "kpis").mkdir()
    (root / "kpis/all.yml").write_text(_KPIS.format(columns=_COLUMNS, more=more))
    (root / "kpi_project.yml").write_text("name: shop\nstart: 2024-01-01\n")
    (root / "profiles.yml").write_text(
        f"shop:\n  target: dev\n  outputs:\n    dev:\n      store: {store}\n      as_of: 2024-01-11\n"
        "      connections:\n"
        "        left: {type: duckdb, files: left}\n        right: {type: duckdb, files: right}\n"
    )
    return root


def _run(root: Path, **how: int | bool) -> RunReport:
    loaded = api.load(root)
    assert loaded.project is not None, loaded.diagnostics
    return api.run(loaded, kpis=list(loaded.project.kpis), how=How(**how))  # type: ignore[arg-type]


def _statuses(report: RunReport) -> dict[str, str]:
    return {each.unique_id.removeprefix("kpi."): each.status for each in report.results}


@pytest.mark.parametrize("threads", [1, 4])
def test_connections_at_once_or_in_turn_store_the_same(tmp_path: Path, threads: int) -> None:
    root = _project(tmp_path)
    assert _statuses(_run(root, threads=threads)) == dict.fromkeys("abc", "success")
    stored = {
        (v.kpi, v.bucket, tuple(v.dimensions.items())): v.value
        for v in api.values(api.load(root), kpis="abc", last=1, by=())
    }
    assert stored == {("a", "2024-01-10", ()): 0, ("b", "2024-01-10", ()): None, ("c", "2024-01-10", ()): None}
    assert _statuses(_run(root, threads=threads)) == dict.fromkeys("abc", "nothing_to_do")


def test_the_first_failure_ends_the_run_only_when_asked(tmp_path: Path) -> None:
    root = _project(tmp_path / "p", more="  e: {measure: sum(amount / id), source: gone, grain: day}\n")
    kpis = root / "kpis/all.yml"
    text = kpis.read_text()
    gone = "  gone: {connection: left, relation: nowhere, time: at, timezone: UTC, complete: now, columns: %s}\nkpis:\n"
    kpis.write_text(text.replace("kpis:\n", gone % _COLUMNS))
    report = _run(root)
    assert _statuses(report) == {"a": "success", "b": "success", "c": "success", "e": "error"}
    (root / "target/k.duckdb").unlink()
    report = _run(root, fail_fast=True, threads=1)
    assert _statuses(report) == {"a": "skipped", "b": "skipped", "c": "skipped", "e": "error"}
    assert "`e` has failed" in (report.results[0].message or "")
    assert [each.status for each in api.runs(api.load(root), 1)].count("skipped") == 3


@pytest.fixture
def postgres(judge: Callable[[str], Counted]) -> Iterator[OnServer]:
    """A PostgreSQL database."""
    made = OnServer(judge("postgres"))
    yield made
    made.close()


def test_one_kpi_whose_values_the_store_refuses_costs_no_other(tmp_path: Path, postgres: OnServer) -> None:
    root = _project(tmp_path, store=f'{{type: postgres, dsn: "{postgres.uri}"}}')
    data = root / "left/orders.csv"
    data.write_bytes(data.read_bytes() + b"99,1,A\x00B,2024-01-05 10:00:00\n")
    report = _run(root)
    found = _statuses(report)
    assert found == {"a": "error", "b": "success", "c": "success"}
    (diagnostic,) = report.results[0].diagnostics
    assert diagnostic.code == "KPI921"
    assert "NUL" in diagnostic.message
    statuses = {each.kpi: each.status for each in api.runs(api.load(root), 1)}
    assert statuses == found, "the run is noted, with what failed"
    assert {v.kpi for v in api.values(api.load(root), kpis="abc", last=1)} == {"b", "c"}


def test_a_dimension_with_nul_is_kept_where_the_store_can(tmp_path: Path) -> None:
    root = _project(tmp_path)
    data = root / "left/orders.csv"
    strange = ["A\x00B", "O'Brien\"", "Zoë \U0001f600", "{}", "null"]
    data.write_bytes(
        data.read_bytes()
        + b"".join(f"99,1,{each.replace(chr(34), '')},2024-01-05 10:00:00\n".encode() for each in strange)
    )
    assert _statuses(_run(root))["a"] == "success"
    values = api.values(api.load(root), kpis=["a"], by=("country",))
    seen = {value.dimensions["country"] for value in values}
    assert {each.replace('"', "") for each in strange} <= seen


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_two_connections_that_compute_end_within_seconds(tmp_path: Path, number: signal.Signals) -> None:
    slow = "  {}: {{measure: sum(amount), source: {}, grain: day}}\n"
    more = slow.format("s", "slow_one") + slow.format("t", "slow_two")
    root = _project(tmp_path, more=more, rows=4000)
    command = [sys.executable, "-m", "kpictl", "run"]
    process = subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    time.sleep(4)
    assert process.poll() is None
    began = time.monotonic()
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert time.monotonic() - began < 10
    assert process.returncode == 128 + number, err
    assert "Traceback" not in err
    assert not (root / "target/k.duckdb").exists()


def test_the_first_that_raises_ends_the_works() -> None:
    stopped = threading.Event()
    done: list[int] = []

    def long() -> None:
        assert stopped.wait(5)
        done.append(1)

    def wrong() -> None:
        raise Refused([])

    with pytest.raises(Refused):
        at_once([long, wrong, lambda: done.append(2)], 2, stopped.set)
    assert stopped.is_set()
