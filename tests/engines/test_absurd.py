"""NaN, infinity, times that cannot be, and runs that are stopped: values that JSON can say, and no traceback."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.faults.cases import HERE
from tests.faults.forks import Forks

_PROFILE = """
shop:
  target: dev
  outputs:
    dev:
      store: {type: duckdb, path: target/kpis.duckdb}
      as_of: 2024-01-06
      connections: {app: {type: duckdb, path: w.duckdb%s}}
"""
_SOURCE = """
sources:
  rows_: {connection: app, relation: t, time: seen, start: 2024-01-01, columns: {seen: timestamptz, v: double, w: double}}
"""


def _project(folder: Path, rows: str, kpis: str, options: str = "") -> Path:
    folder.mkdir()
    (folder / "kpi_project.yml").write_text("name: shop\n")
    (folder / "profiles.yml").write_text(_PROFILE % options)
    (folder / "kpis").mkdir()
    (folder / "kpis/a.yml").write_text(_SOURCE + "kpis:\n" + kpis)
    with duckdb.connect(str(folder / "w.duckdb")) as session:
        session.execute("SET TimeZone = 'UTC'")
        session.execute("CREATE TABLE t (seen TIMESTAMPTZ, v DOUBLE, w DOUBLE)")
        session.execute(f"INSERT INTO t VALUES {rows}")
    return folder


def _history(forks: Forks, folder: Path, kpi: str) -> list[dict[str, Any]]:
    ended = forks.run(folder, "history", kpi, "--format", "json", "--quiet")
    assert ended.code == 0, ended.said

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    found: list[dict[str, Any]] = json.loads(ended.said, parse_constant=refuse)
    return found


def test_what_is_no_number_is_null_and_says_so(forks: Forks, tmp_path: Path) -> None:
    folder = _project(
        tmp_path / "p",
        "('2024-01-01', 'NaN', 1), ('2024-01-02', 'Infinity', 1), ('2024-01-03', '-Infinity', 0), ('2024-01-04', 1, 0),"
        " ('2024-01-05', 1e308, 1), ('2024-01-05', 1e308, 1)",
        "  total: {measure: sum(v), source: rows_, grain: day}\n"
        "  divided: {measure: sum(w) / sum(w - 1), source: rows_, grain: day}\n"
        "  weight: {measure: sum(w), source: rows_, grain: day}\n"
        "  share: {ratio: {numerator: total, denominator: weight}}\n",
    )
    ended = forks.run(folder, "run", "--no-table")
    assert "internal error" not in ended.said
    for kpi in ("total", "weight", "share", "divided"):
        rows = _history(forks, folder, kpi) if ended.code == 0 or kpi != "divided" else []
        for row in rows:
            assert row["value"] is None or abs(row["value"]) < 1e308 * 2
            assert row["value"] is not None or row["status"] != "ok", row
    total = {row["bucket"]: row for row in _history(forks, folder, "total")}
    assert [total[f"2024-01-0{n}"]["value"] for n in (1, 2, 3, 4)] == [None, None, None, 1]
    share = {row["bucket"]: row for row in _history(forks, folder, "share")}
    assert share["2024-01-04"]["status"] == "no_denominator"
    for form in ("table", "csv", "jsonl", "json"):
        shown = forks.run(folder, "show", "--format", form)
        assert shown.code == 0
        assert "nan" not in shown.said.lower().replace("finance", "")
        assert "inf" not in shown.said.lower()
    results = json.loads((folder / "target/run_results.json").read_text())
    assert "Infinity" not in json.dumps(results)


def test_times_that_cannot_be_are_counted_and_in_no_bucket(forks: Forks, tmp_path: Path) -> None:
    folder = _project(
        tmp_path / "p",
        "('infinity', 1, 1), ('-infinity', 1, 1), (NULL, 1, 1), ('0044-03-15 (BC)', 1, 1), ('1899-12-30', 1, 1),"
        " ('9999-12-31 23:59:59', 1, 1), ('20000-01-01', 1, 1), ('2024-01-03', 1, 1)",
        "  total: {measure: sum(v), source: rows_, grain: day}\n"
        '  series: {query: "select seen as time, sum(v) as value from rows_ group by 1", grain: day}\n',
    )
    ended = forks.run(folder, "run", "--no-table")
    assert "internal error" not in ended.said, ended.said
    assert "KPI872" in ended.said
    rows = {row["bucket"]: row["value"] for row in _history(forks, folder, "total")}
    assert rows["2024-01-03"] == 1
    assert sum(value or 0 for value in rows.values()) == 1
    assert len(rows) <= 6
    (told,) = (line for line in ended.said.splitlines() if "KPI872" in line and "`rows_`" in line)
    asked = forks.run(folder, "query", "--kpis", "total", "--format", "json", "--quiet")
    assert json.loads(asked.said) == [{"total": 1}]
    asked = forks.run(folder, "query", "--kpis", "total", "--format", "json")
    assert told in asked.said.splitlines()


def test_a_query_that_runs_too_long_fails_alone(forks: Forks, tmp_path: Path) -> None:
    folder = _project(
        tmp_path / "p",
        "('2024-01-03', 1, 1)",
        "  total: {measure: sum(v), source: rows_, grain: day}\n"
        '  endless: {query: "select count(*) from generate_series(1, 1000000) a, generate_series(1, 1000000) b"}\n'
        "  after: {expr: endless + 1}\n",
        ", timeout: 1s",
    )
    began = time.monotonic()
    ended = forks.run(folder, "run", "--no-table")
    assert ended.code == 1
    assert "KPI903" in ended.said
    assert "stopped after 1 s" in ended.said
    assert time.monotonic() - began < 30
    statuses = {
        row["unique_id"]: row["status"]
        for row in json.loads((folder / "target/run_results.json").read_text())["results"]
    }
    assert statuses == {"kpi.total": "success", "kpi.endless": "error", "kpi.after": "skipped"}
    assert [row["value"] for row in _history(forks, folder, "total") if row["value"]] == [1]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_is_stopped_in_a_query_ends_soon(
    forks: Forks, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    folder = _project(
        tmp_path / "p",
        "('2024-01-03', 1, 1)",
        "  total: {measure: sum(v), source: rows_, grain: day}\n"
        '  endless: {query: "select count(*) from generate_series(1, 1000000) a, generate_series(1, 1000000) b"}\n',
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "kpictl", "run"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
        # A shell's background jobs ignore SIGINT, and their children would, too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    deadline = time.monotonic() + 30
    while _used(process.pid) < 3 and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.1)
    began = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert time.monotonic() - began < 10
    assert process.returncode == code, err
    assert "Traceback" not in err
    assert "internal error" not in err
    assert "rolled back" in err
    assert out == ""
    (folder / "kpis/a.yml").write_text(_SOURCE + "kpis:\n  total: {measure: sum(v), source: rows_, grain: day}\n")
    assert forks.run(folder, "run").code == 0


def _used(pid: int) -> float:
    """Seconds of processor time of a process, as /proc tells; by the clock where there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        time.sleep(1)
        return 3
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_the_example_of_bad_input_has_known_values(forks: Forks, tmp_path: Path) -> None:
    shutil.copytree(HERE / "project", tmp_path / "p")
    assert forks.run(tmp_path / "p", "run").code == 0
    rows = {row["bucket"]: row["value"] for row in _history(forks, tmp_path / "p", "revenue")}
    assert rows == {"2024-12-30": 10.0, "2024-12-31": 12.75}
