"""Each shipped KPI's values: the table of expected ones against plain Python, and kpictl's store against both.

The second half runs the project in a copy through the command line, as a user does.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from tests.example import reference, rows

NOW = dt.datetime(2025, 1, 1, 5, tzinfo=dt.UTC)
"""The profile's as_of, 06:00 in Berlin."""
JSON_DIMENSIONS = {"monthly_revenue_growth"}
"""Puts the month's revenue and customers beside its value; they are no part of the row's identity."""
PROJECT = ("kpis", "profiles.yml", "kpi_project.yml", "examples/nexpo/data")


@cache
def table() -> dict[str, Any]:
    text = (Path(__file__).parent / "expected.yml").read_text(encoding="utf-8")
    read: dict[str, Any] = yaml.safe_load(text)
    return read


def expected() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = table()["expected"]
    return found


@cache
def definitions() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for path in sorted((rows.ROOT / "kpis").rglob("*.yml")):
        found |= yaml.safe_load(path.read_text(encoding="utf-8")).get("kpis", {})
    return found


@cache
def series(name: str) -> reference.Series:
    return reference.SERIES[name]()


def close(found: float, wanted: reference.Number) -> bool:
    return math.isclose(found, float(wanted), rel_tol=1e-9, abs_tol=1e-12)


# -- the table against plain Python, and against SQL over the raw files


@pytest.fixture(scope="module")
def files() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for path in sorted(rows.DATA.iterdir()):
            if path.suffix in (".parquet", ".csv"):
                connection.execute(f"CREATE VIEW {path.stem} AS SELECT * FROM '{path}'")
        yield connection


def test_each_kpi_has_an_expected_value_and_a_reference() -> None:
    assert set(expected()) == set(definitions()) == set(reference.SERIES)


@pytest.mark.parametrize("name", reference.SERIES)
def test_the_table_says_what_python_says(name: str) -> None:
    row = expected()[name]
    assert close(row["value"], series(name)[row["bucket"], ()])


@pytest.mark.parametrize("name", reference.SERIES)
def test_the_table_says_what_sql_over_the_raw_files_says(name: str, files: duckdb.DuckDBPyConnection) -> None:
    row = expected()[name]
    query = row["sql"]
    found = files.execute(f"{table()['sessions']} {query}" if " FROM s " in query else query).fetchone()
    assert found is not None
    assert close(found[0], row["value"]), found[0]


def test_the_figures_that_the_manual_promises() -> None:
    assert expected()["monthly_recurring_revenue"]["value"] == 316_985.75
    assert round(expected()["churn_rate"]["value"], 4) == 26.5370
    years = {
        year: sum(v for (b, d), v in series("revenue").items() if not d and b.startswith(year))
        for year in ("2021", "2022", "2023", "2024")
    }
    assert [f"{years[year]:.2f}" for year in sorted(years)] == ["484247.50", "470532.51", "609205.60", "733215.26"]


def test_what_is_invented_says_so_in_its_label() -> None:
    readers = {"customer_acquisition_cost", "advertising_spend", "return_on_ad_spend"}
    assert {name for name, kpi in definitions().items() if kpi["label"].endswith("(invented spend)")} == readers


# -- kpictl against both


def kpictl(project: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "kpictl", *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(rows.ROOT), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"kpictl {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the shipped project after one run."""
    root = tmp_path_factory.mktemp("nexpo")
    for name in PROJECT:
        source = rows.ROOT / name
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, root / name)
        else:
            shutil.copy(source, root / name)
    kpictl(root, "run")
    return root


@pytest.fixture(scope="module")
def shown(project: Path) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in json.loads(kpictl(project, "show", "--format", "json")):
        found.setdefault(row["kpi"], []).append(row)
    return found


@pytest.fixture(scope="module")
def stored(project: Path) -> dict[str, list[dict[str, Any]]]:
    """All rows of the store by KPI, `time` in UTC."""
    found: dict[str, list[dict[str, Any]]] = {}
    with duckdb.connect(str(project / "kpis.duckdb"), read_only=True) as connection:
        cursor = connection.execute(
            "SELECT kpi_name, bucket, dimensions::text, kpi_value, status, epoch(time) FROM kpi_metrics"
        )
        for name, bucket, dimensions, value, status, seconds in cursor.fetchall():
            start = dt.datetime.fromtimestamp(seconds, tz=dt.UTC)
            row = {
                "bucket": bucket,
                "dimensions": json.loads(dimensions),
                "value": value,
                "status": status,
                "start": start,
            }
            found.setdefault(name, []).append(row)
    return found


def members(name: str, dimensions: dict[str, str]) -> tuple[str, ...]:
    """The values of a row's dimensions in the order in which the definition declares them; () for the total."""
    if name in JSON_DIMENSIONS or not dimensions:
        return ()
    return tuple(dimensions[key] for key in definitions()[name]["dimensions"])


@pytest.mark.parametrize("name", reference.SERIES)
def test_show_says_the_expected_value(name: str, shown: dict[str, list[dict[str, Any]]]) -> None:
    totals = [row for row in shown[name] if not members(name, row["dimensions"])]
    assert totals, "no total is shown"
    for row in totals:
        assert close(row["value"], series(name)[row["bucket"], ()]), row
    buckets = {row["bucket"] for row in totals if row["status"] == "ok"}
    assert expected()[name]["bucket"] in buckets or name == "session_duration"  # which may show the day that has begun


@pytest.mark.parametrize("name", reference.SERIES)
def test_no_stored_value_is_wrong(name: str, stored: dict[str, list[dict[str, Any]]]) -> None:
    valued = [row for row in stored[name] if row["value"] is not None]
    assert valued
    for row in valued:
        key = (row["bucket"], members(name, row["dimensions"]))
        assert key in series(name), f"{key} has no rows, yet {row['value']} ({row['status']}) is stored"
        assert close(row["value"], series(name)[key]), (key, row, series(name)[key])


@pytest.mark.parametrize("name", reference.SERIES)
def test_no_value_is_missing(name: str, stored: dict[str, list[dict[str, Any]]]) -> None:
    """Every value within the KPI's retention is stored, the expected one as `ok`."""
    keep = int(definitions()[name].get("retention", "1826d").rstrip("d"))
    found = {(row["bucket"], members(name, row["dimensions"])): row for row in stored[name]}
    # The day of NOW itself has begun, but its source ends the day before: nothing is claimed about it.
    due = [key for key in series(name) if NOW - dt.timedelta(days=keep) < begins(key[0]) < NOW - dt.timedelta(hours=6)]
    missing = [key for key in due if key not in found]
    assert not missing
    row = found[expected()[name]["bucket"], ()]
    assert (row["status"], close(row["value"], expected()[name]["value"])) == ("ok", True)


def begins(bucket: str) -> dt.datetime:
    """Midnight in UTC of a bucket's first day: near enough to tell what retention has passed by."""
    if "W" in bucket:
        year, number = bucket.split("-W")
        date = dt.date.fromisocalendar(int(year), int(number), 1)
    else:
        date = dt.date.fromisoformat(bucket if len(bucket) == 10 else f"{bucket}-01")
    return dt.datetime.combine(date, dt.time(), tzinfo=dt.UTC)
