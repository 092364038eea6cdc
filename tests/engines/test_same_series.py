"""The shipped example, its tables loaded into PostgreSQL and Druid: each KPI's stored series is the one of DuckDB."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from psycopg import sql as compose

from kpictl import api
from kpictl.diagnostics import Place
from kpictl.engines.duckdb import DuckdbEngine, open_duckdb
from kpictl.model.project import Connection
from kpictl.plan.compiled import Statement
from tests.example import rows
from tests.oracles.judge import Table
from tests.oracles.plugin import Counted

_NATIVE = {"HUGEINT": "numeric", "DOUBLE": "double precision", "FLOAT": "real", "UBIGINT": "numeric", "VARCHAR": "text"}
_SMALL = {"TINYINT": "smallint", "UTINYINT": "smallint", "USMALLINT": "integer", "UINTEGER": "bigint"}


def load(uri: str, data: Path) -> None:
    """Copies every table and view of a folder of files."""
    bound = Connection(name="app", type="duckdb", options={"files": "."}, place=Place("profiles.yml"))
    engine = open_duckdb(bound, data)
    try:
        with psycopg.connect(uri) as there:
            for name in engine.relations():
                table = compose.Identifier(name)
                kinds = [(each.name, (_NATIVE | _SMALL).get(each.native, each.native)) for each in engine.columns(name)]
                columns = compose.SQL(", ").join(
                    compose.SQL("{} {}").format(compose.Identifier(column), compose.SQL(kind)) for column, kind in kinds
                )
                there.execute(compose.SQL("CREATE TABLE {} ({})").format(table, columns))
                with there.cursor() as cursor, cursor.copy(compose.SQL("COPY {} FROM STDIN").format(table)) as copy:
                    for row in engine.query(Statement(sql=f'SELECT * FROM "{name}"'), {}).rows:
                        copy.write_row(row)
    finally:
        engine.close()


def series(root: Path, target: str, kpis: list[str]) -> dict[Any, Any]:
    """Every stored value by KPI, time and dimensions after a run."""
    loaded = api.load(root, target=target)
    report = api.run(loaded, kpis=kpis)
    assert {r.unique_id: r.message for r in report.results if r.status != "success"} == {}
    found = {}
    for kpi in kpis:
        dimensions = loaded.project.kpis[kpi].dimensions if loaded.project is not None else ()
        for by in {(), tuple(dimensions)}:
            for value in api.values(loaded, kpis=[kpi], by=by):
                found[kpi, value.time, json.dumps(value.dimensions, sort_keys=True)] = (value.value, value.status)
    return found


_HELD = {
    "HUGEINT": "numeric", "UBIGINT": "numeric", "DOUBLE": "double", "FLOAT": "double", "VARCHAR": "text",
    "BIGINT": "bigint", "INTEGER": "bigint", "SMALLINT": "bigint", "TINYINT": "bigint", "BOOLEAN": "boolean",
    "DATE": "date", "TIMESTAMP": "timestamp", "TIMESTAMP WITH TIME ZONE": "timestamptz",
}  # fmt: skip


def tables(data: Path, times: dict[str, str | None]) -> dict[str, Table]:
    """Every table and view of a folder of files; a relation's event time is kept as a column, too."""
    bound = Connection(name="app", type="duckdb", options={"files": "."}, place=Place("profiles.yml"))
    engine = open_duckdb(bound, data)
    try:
        return {name: _table(engine, name, time) for name, time in times.items()}
    finally:
        engine.close()


def _table(engine: DuckdbEngine, name: str, time: str | None) -> Table:
    kinds = {each.name: _HELD.get(each.native, "numeric") for each in engine.columns(name)}
    if time is None:
        return Table(columns=kinds, rows=engine.query(Statement(sql=f'SELECT * FROM "{name}"'), {}).rows)
    found = engine.query(Statement(sql=f'SELECT "{time}", * FROM "{name}"'), {}).rows
    return Table(columns={"time of kpictl": kinds[time], **kinds}, rows=found, time="time of kpictl")


def project(root: Path, server: dict[str, Any]) -> None:
    """The example with two outputs: `files`, and `server` with that connection."""
    for name in ("kpis", "kpi_project.yml"):
        source = rows.ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, root / name)
    outputs = {
        name: {
            "store": {"type": "duckdb", "path": f"target/{name}.duckdb"},
            "as_of": "2025-01-01T06:00",
            "connections": {"app": connection},
        }
        for name, connection in {"files": {"type": "duckdb", "files": str(rows.DATA)}, "server": server}.items()
    }
    profile = {"nexpo": {"target": "files", "outputs": outputs}}
    (root / "profiles.yml").write_text(yaml.safe_dump(profile), encoding="utf-8")


def assert_same(root: Path, kpis: list[str]) -> None:
    files, server = series(root, "files", kpis), series(root, "server", kpis)
    assert len(files) > 1000
    assert files.keys() == server.keys()
    far = {
        key: (files[key], server[key])
        for key in files
        if files[key][1] != server[key][1] or not _close(files[key][0], server[key][0])
    }
    assert far == {}


def test_the_example_says_the_same_on_postgres(judge: Callable[[str], Counted], tmp_path: Path) -> None:
    uri = judge("postgres").database("nexpo")
    load(uri, rows.DATA)
    project(tmp_path, {"type": "postgres", "uri": uri})
    assert_same(tmp_path, list(api.check(api.load(tmp_path)).lowered))


def test_the_example_says_the_same_on_druid(judge: Callable[[str], Counted], tmp_path: Path) -> None:
    druid = judge("druid")
    project(tmp_path, {"type": "druid", "url": druid.services.broker})
    loaded = api.load(tmp_path)
    assert loaded.project is not None
    sources = sorted(loaded.project.sources.values(), key=lambda each: each.time or "")
    druid.load(tables(rows.DATA, {each.relation: each.time for each in sources}))
    compiled = api.compile(loaded, dialects=("druid",))
    said = {each.name for each in compiled if each.status == "compiled"}
    kpis = [name for name in api.check(loaded).lowered if name in said]
    assert len(kpis) > 20
    assert_same(tmp_path, kpis)


def _close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return one == pytest.approx(other, rel=1e-9, abs=1e-9)
