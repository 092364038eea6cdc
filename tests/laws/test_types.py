"""Law 9: how a column is declared and stored decides nothing: int or numeric, wall clock or instant, date or midnight."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from kpictl.kinds.lower import lower_project
from kpictl.kinds.lowered import Lowered
from kpictl.model.calendar import calendar
from kpictl.project import load
from tests.laws.engine import Answer, answer, differences
from tests.laws.world import ZONES, World, settings, trees, worlds

MEASURES = {
    "rows": "count(*)",
    "total": "sum(qty)",
    "mean": "avg(qty)",
    "half": "sum(qty) / count(*)",
    "halves": "sum(qty / 2)",
    "most": "max(qty) - min(qty)",
    "users": "count(distinct user_id)",
    "median": "percentile(qty, 0.5)",
    "rounded": "sum(round(qty * 1.5))",
}
TYPES = {
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "smallint": "SMALLINT",
    "numeric(12,2)": "DECIMAL(12,2)",
    "double": "DOUBLE",
}
"""Of `qty`, a whole number."""


def _project(folder: Path, zone: str, variants: Mapping[str, str]) -> Any:
    kpis = [
        f"  {table}_{name}_{grain}: {{measure: {measure!r}, source: {table}, grain: {grain}{more}}}"
        for table in variants
        for name, measure in MEASURES.items()
        for grain, more in (("day", ", dimensions: [kind]"), ("week", ""), ("day_w", ", window: 3d"))
        if not (grain == "day_w" and name in ("half", "halves", "rounded"))
    ]
    text = "sources:\n" + "\n".join(variants.values()) + "\nkpis:\n" + "\n".join(kpis) + "\n"
    (folder / "kpis").mkdir(exist_ok=True)
    (folder / "kpis" / "all.yml").write_text(text.replace("grain: day_w", "grain: day"), encoding="utf-8")
    (folder / "kpi_project.yml").write_text(settings(zone), encoding="utf-8")
    loaded = load(folder, profiles_dir=None, target=None, variables=None, profile=False)
    assert loaded.project is not None, loaded.diagnostics
    return lower_project(loaded.project)


def _source(name: str, qty: str, time: str, more: str = "") -> str:
    columns = f"{{id: integer, user_id: text, qty: {qty!r}, kind: text, at: {time}}}"
    return f"  {name}: {{connection: app, time: at, history: append{more}, columns: {columns}}}"


def _table(engine: duckdb.DuckDBPyConnection, name: str, qty: str, time: str, rows: list[tuple[Any, ...]]) -> None:
    engine.execute(
        f'CREATE OR REPLACE TABLE {name} (id INTEGER, user_id VARCHAR, qty {qty}, kind VARCHAR, "at" {time})'
    )
    marks = ", ".join(["(?, ?, ?, ?, ?)"] * len(rows))
    engine.execute(f"INSERT INTO {name} VALUES {marks}", [value for row in rows for value in row])


def _rows(world: World, times: list[Any]) -> list[tuple[Any, ...]]:
    facts = world.rows["events"]
    return [(row["id"], row["user_id"], row["qty"], row["kind"], time) for row, time in zip(facts, times, strict=True)]


def _all_say_the_same(
    engine: duckdb.DuckDBPyConnection, found: Mapping[str, Any], tables: list[str], world: World
) -> None:
    first, *others = tables
    for name, kpi in found.items():
        if not name.startswith(f"{first}_"):
            continue
        assert isinstance(kpi, Lowered), (name, kpi)
        over = world.range(kpi)
        plain = _answers(engine, kpi, over)
        for other in others:
            theirs = found[other + name.removeprefix(first)]
            assert isinstance(theirs, Lowered), (name, other, theirs)
            answers = _answers(engine, theirs, over)
            told = [line for dims in plain for line in differences(plain[dims], answers[dims])]
            assert not told, f"{name} against {other} in {world.zone} ({world.seed}):\n" + "\n".join(told)


def _answers(engine: duckdb.DuckDBPyConnection, kpi: Lowered, over: Any) -> dict[tuple[str, ...], Answer]:
    return {dims: answer(engine, tree, over, dims) for tree, dims in trees(kpi)}


@pytest.mark.parametrize("zone", ZONES[:1])
def test_any_type_of_number(zone: str, tmp_path: Path) -> None:
    names = {f"n{at}": (declared, stored) for at, (declared, stored) in enumerate(TYPES.items())}
    found = _project(tmp_path, zone, {name: _source(name, each[0], "timestamptz") for name, each in names.items()})
    for world in worlds("numbers", zone):
        with duckdb.connect(config={"threads": 1}) as engine:
            engine.execute("SET TimeZone = 'UTC'")
            rows = _rows(world, [row["at"] for row in world.rows["events"]])
            for name, (_, stored) in names.items():
                _table(engine, name, stored, "TIMESTAMPTZ", rows)
            _all_say_the_same(engine, found, list(names), world)


@pytest.mark.parametrize("zone", ZONES)
def test_a_wall_clock_with_its_zone_is_an_instant(zone: str, tmp_path: Path) -> None:
    """Also of another zone than the reporting one; a repeated hour is taken for its later one, so no row is in the first."""
    other = "America/New_York"
    variants = {
        "instants": _source("instants", "integer", "timestamptz"),
        "walls": _source("walls", "integer", "timestamp", f", timezone: {zone}"),
        "abroad": _source("abroad", "integer", "timestamp", f", timezone: {other}"),
    }
    found = _project(tmp_path, zone, variants)
    for world in worlds("walls", zone):
        times = [calendar(zone).instant(_wall(row["at"], zone)) for row in world.rows["events"]]
        times = [calendar(other).instant(_wall(time, other)) for time in times]
        times = [time for time in times if calendar(zone).instant(_wall(time, zone)) == time]
        world.rows["events"] = world.rows["events"][: len(times)]
        with duckdb.connect(config={"threads": 1}) as engine:
            engine.execute("SET TimeZone = 'UTC'")
            _table(engine, "instants", "INTEGER", "TIMESTAMPTZ", _rows(world, times))
            _table(engine, "walls", "INTEGER", "TIMESTAMP", _rows(world, [_wall(time, zone) for time in times]))
            _table(engine, "abroad", "INTEGER", "TIMESTAMP", _rows(world, [_wall(time, other) for time in times]))
            _all_say_the_same(engine, found, list(variants), world)


def _wall(instant: datetime, zone: str) -> datetime:
    return instant.astimezone(calendar(zone).tzinfo).replace(tzinfo=None, fold=0)


@pytest.mark.parametrize("zone", ZONES)
def test_a_date_is_the_first_instant_of_its_day(zone: str, tmp_path: Path) -> None:
    variants = {
        "dates": _source("dates", "integer", "date"),
        "midnights": _source("midnights", "integer", "timestamptz"),
        "walls": _source("walls", "integer", "timestamp", f", timezone: {zone}"),
    }
    found = _project(tmp_path, zone, variants)
    known = calendar(zone)
    for world in worlds("dates", zone):
        days = [row["day"] for row in world.rows["days"]]
        with duckdb.connect(config={"threads": 1}) as engine:
            engine.execute("SET TimeZone = 'UTC'")
            _table(engine, "dates", "INTEGER", "DATE", _rows(world, days))
            _table(engine, "midnights", "INTEGER", "TIMESTAMPTZ", _rows(world, [known.day_start(day) for day in days]))
            walls = [datetime.combine(day, datetime.min.time()) for day in days]
            _table(engine, "walls", "INTEGER", "TIMESTAMP", _rows(world, walls))
            _all_say_the_same(engine, found, list(variants), world)
