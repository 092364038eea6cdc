"""Several processes and one store: others wait or say who holds it, and a process that is killed leaves whole batches."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from kpictl.diagnostics import Refused
from kpictl.stores import Written
from tests.faults.forks import Forks
from tests.stores.made import LATER, batch, numbers, store, values

_RUN = [sys.executable, "-m", "kpictl", "run", "--quiet"]
_ENVIRONMENT = {**os.environ, "NO_COLOR": "1"}
_HOLD = """
import sys, time
from pathlib import Path
from kpictl.stores.file_lock import locked
with locked(Path(sys.argv[1]), shared=False, seconds=5):
    print("held", flush=True)
    time.sleep(60)
"""
_OPEN = """
import sys, time, duckdb
session = duckdb.connect(sys.argv[1])
print("held", flush=True)
time.sleep(60)
"""


def _holder(script: str, path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_who_holds_the_lock_is_said(tmp_path: Path) -> None:
    made = store(tmp_path / "k.duckdb", patience=0.3)
    made.write([batch("a", values([1]))], "r1", LATER)
    holder = _holder(_HOLD, tmp_path / "k.duckdb.lock")
    try:
        for ask in (made.state, lambda: made.write([batch("a", values([2]))], "r2", LATER)):
            with pytest.raises(Refused) as refused:
                ask()
            (diagnostic,) = refused.value.diagnostics
            assert diagnostic.code == "KPI910"
            assert f"process {holder.pid}" in diagnostic.message
    finally:
        _end(holder)
    assert made.write([batch("a", values([2]))], "r2", LATER) == {"a": Written(1, 1)}, (
        "a holder that was killed blocks nobody"
    )


def test_a_shell_that_has_the_file_open_is_named(tmp_path: Path) -> None:
    made = store(tmp_path / "k.duckdb", patience=0.3)
    made.write([batch("a", values([1]))], "r1", LATER)
    holder = _holder(_OPEN, tmp_path / "k.duckdb")
    try:
        with pytest.raises(Refused) as refused:
            made.state()
        (diagnostic,) = refused.value.diagnostics
        assert diagnostic.code == "KPI910"
        assert str(holder.pid) in diagnostic.message
    finally:
        _end(holder)
    assert numbers(made, "a") == [1]


def test_a_reader_waits_for_a_writer(tmp_path: Path) -> None:
    made = store(tmp_path / "k.duckdb", patience=20)
    made.write([batch("a", values([1]))], "r1", LATER)
    script = _HOLD.replace("time.sleep(60)", "time.sleep(0.5)")
    holder = _holder(script, tmp_path / "k.duckdb.lock")
    began = time.monotonic()
    assert numbers(made, "a") == [1]
    assert time.monotonic() - began > 0.2
    holder.communicate()


def _series(path: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as session:
        return session.execute(
            "SELECT kpi_name, grain, time, dimensions_key, kpi_value, status, definition FROM kpi_metrics ORDER BY ALL"
        ).fetchall()


@pytest.fixture
def months(shop: Path) -> Path:
    """The shop with a year of orders and six KPIs."""
    lines = ["id,user_id,amount,status,created_at"]
    lines += [f"{n},{n % 2 + 1},{n % 97}.25,paid,2024-{n % 12 + 1:02}-{n % 28 + 1:02} 10:00:00" for n in range(2000)]
    (shop / "data/orders.csv").write_text("\n".join(lines) + "\n")
    more = "".join(
        f"  k{n}: {{measure: sum(amount), source: orders, where: id % {n + 2} = 0, dimensions: [country], grain: day}}\n"
        for n in range(4)
    )
    (shop / "kpis/more.yml").write_text(f"kpis:\n{more}  share: {{ratio: {{numerator: k0, denominator: revenue}}}}\n")
    return shop


def test_eight_runs_at_once_make_the_series_of_one(months: Path, forks: Forks) -> None:
    assert forks.run(months, "run").code == 0
    path = months / "target" / "kpis.duckdb"
    one = _series(path)
    assert len(one) > 1500
    path.unlink()
    running = [
        subprocess.Popen(_RUN, cwd=months, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=_ENVIRONMENT)
        for _ in range(8)
    ]
    ends = [process.communicate(timeout=300) for process in running]
    assert [process.returncode for process in running] == [0] * 8, ends
    assert not [end for end in ends if "Traceback" in end[1] or "internal error" in end[1]]
    assert _series(path) == one
    with duckdb.connect(str(path), read_only=True) as session:
        (twice,) = session.execute(
            "SELECT count(*) FROM (SELECT 1 FROM kpi_metrics GROUP BY kpi_name, grain, time, dimensions_key HAVING count(*) > 1)"
        ).fetchall()
        (old,) = session.execute("SELECT count(*) FROM kpi_metrics_history").fetchall()
    assert (twice, old) == ((0,), (0,))


def test_a_run_that_is_killed_leaves_whole_batches(months: Path, forks: Forks) -> None:
    """kill -9 at ten moments of a run; what is in the store is always a part of the truth, and the next run mends it."""
    assert forks.run(months, "run").code == 0
    path = months / "target" / "kpis.duckdb"
    truth = _series(path)
    counts = {name: sum(1 for row in truth if row[0] == name) for name in {row[0] for row in truth}}
    path.unlink()
    began = time.monotonic()
    subprocess.run(_RUN, cwd=months, capture_output=True, env=_ENVIRONMENT, timeout=120)
    whole = time.monotonic() - began
    path.unlink()
    dice = random.Random(9)
    for _ in range(10):
        process = subprocess.Popen(
            [*_RUN, "--full-refresh"] if path.exists() and dice.random() < 0.7 else _RUN,
            cwd=months,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=_ENVIRONMENT,
        )
        time.sleep(whole * dice.uniform(0.35, 1.05))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if path.exists() and path.stat().st_size:
            found = _series(path) if _has_tables(path) else []
            assert set(found) <= set(truth)
            for name in {row[0] for row in found}:
                assert sum(1 for row in found if row[0] == name) == counts[name], f"half of {name}"
    ended = forks.run(months, "run")
    assert ended.code == 0, ended.said
    assert _series(path) == truth
    assert forks.run(months, "run").code == 0
    assert _series(path) == truth


def _has_tables(path: Path) -> bool:
    with duckdb.connect(str(path), read_only=True) as session:
        return session.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'kpi_metrics'").fetchone() is not None
