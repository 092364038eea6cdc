"""DuckDB is locked by itself, too: a statement that no compiler made gets no further than a compiled one."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from kpictl.diagnostics import Diagnostic, Place, Refused
from kpictl.engines.duckdb import DuckdbEngine, open_duckdb
from kpictl.model.project import Connection
from kpictl.plan.compiled import Statement
from tests.faults.test_cases import tree

_CANARY = "CANARY-5c1e"
_ATTEMPTS: list[str] = yaml.safe_load((Path(__file__).parent / "attempts.yml").read_text("utf-8"))
mine_of_python = [(_CANARY,)]
"""A variable that a replacement scan of DuckDB's Python client would find."""


@dataclass(frozen=True)
class Locked:
    """A folder with a canary, a store, and a project with declared data."""

    folder: Path
    engine: DuckdbEngine

    def filled(self, text: str) -> str:
        names = {
            "{canary}": "canary.csv",
            "{data}": "project/data/orders.csv",
            "{store}": "project/target/kpis.duckdb",
        }
        for mark, name in names.items():
            text = text.replace(mark, str(self.folder / name))
        return text.replace("{folder}", str(self.folder))


def _open(root: Path, **options: Any) -> DuckdbEngine:
    given = {"files": "data", **options}
    connection = Connection(name="app", type="duckdb", options=given, place=Place("profiles.yml"))
    return open_duckdb(connection, root, store=root / "target" / "kpis.duckdb")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Locked]:
    monkeypatch.setenv("CANARY", _CANARY)
    root = tmp_path / "project"
    (root / "data").mkdir(parents=True)
    (root / "target").mkdir()
    (root / "data/orders.csv").write_text("id,amount\n1,10\n2,20\n")
    (root / "data/other.parquet").write_bytes(b"PAR1")
    (tmp_path / "canary.csv").write_text(f"secret\n{_CANARY}\n")
    with duckdb.connect(str(root / "target/kpis.duckdb")) as session:
        session.execute(f"CREATE TABLE kpi_metrics AS SELECT '{_CANARY}' AS v")
    engine = _open(root)
    assert engine.query(_statement("SELECT sum(amount) FROM orders"), {}).rows == [(30,)]
    yield Locked(tmp_path, engine)
    engine.close()


def _statement(sql: str) -> Statement:
    return Statement(sql=sql, parameters=())


def _settings(engine: DuckdbEngine) -> list[tuple[Any, ...]]:
    found = engine.query(_statement("SELECT name, value FROM duckdb_settings() ORDER BY name"), {}).rows
    return [row for row in found if row[0] not in ("log_query_path",)]


def test_attempts_through_the_engine(place: Locked) -> None:
    before, settings = tree(place.folder), _settings(place.engine)
    through: list[object] = []
    said: list[Diagnostic] = []
    for attempt in _ATTEMPTS:
        try:
            through.append((attempt, place.engine.query(_statement(place.filled(attempt)), {}).rows))
        except Refused as refused:
            said += refused.diagnostics
        assert tree(place.folder) == before, attempt
    assert through == []
    assert all(each.code.startswith("KPI90") for each in said)
    assert _CANARY not in "".join(each.message for each in said)
    assert _settings(place.engine) == settings
    assert place.engine.query(_statement("SELECT count(*) FROM orders"), {}).rows == [(2,)]


def test_attempts_on_the_bare_connection(place: Locked) -> None:
    """What would still be possible if even the engine's own check of statements were passed by."""
    before = tree(place.folder)
    session = place.engine._session
    said: list[str] = []
    for attempt in _ATTEMPTS:
        if "{data}' (FORMAT" in attempt:
            continue  # the one thing that allowed_paths permits; the engine's check refuses it
        said.append(_answer(session, place.filled(attempt)))
        assert tree(place.folder) == before, attempt
    assert [each for each in said if _CANARY in each] == []
    settings = dict(session.execute("SELECT name, value FROM duckdb_settings()").fetchall())
    assert settings["enable_external_access"] == "false"
    assert settings["lock_configuration"] == "true"
    assert settings["python_enable_replacements"] == "false"
    assert "canary" not in str(settings["allowed_paths"])


def _answer(session: duckdb.DuckDBPyConnection, sql: str) -> str:
    with suppress(duckdb.Error):  # where there is no transaction
        session.rollback()
    try:
        found = session.execute(sql)
        return str(found.fetchall()) if found is not None else ""
    except duckdb.Error as error:
        return str(error)


def test_a_database_file_is_read_only(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "w.duckdb")) as session:
        session.execute("CREATE TABLE t AS SELECT 1 AS a")
    before = (tmp_path / "w.duckdb").read_bytes()
    engine = _open(tmp_path, files=None, path="w.duckdb")
    try:
        assert engine.query(_statement("SELECT a FROM t"), {}).rows == [(1,)]
        for attempt in ("INSERT INTO source.t VALUES (2)", "DROP TABLE source.t", "CREATE TABLE source.u AS SELECT 1"):
            with pytest.raises(duckdb.Error):
                engine._session.execute(attempt)
            with pytest.raises(Refused):
                engine.query(_statement(attempt), {})
    finally:
        engine.close()
    assert (tmp_path / "w.duckdb").read_bytes() == before


def test_the_store_cannot_be_named_as_a_source(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "link.duckdb").symlink_to("target/kpis.duckdb")
    duckdb.connect(str(tmp_path / "target/kpis.duckdb")).close()
    for path in ("target/kpis.duckdb", "target/../target/kpis.duckdb", "link.duckdb"):
        with pytest.raises(Refused) as refused:
            _open(tmp_path, files=None, path=path)
        assert "names the store itself" in refused.value.diagnostics[0].message


ENDLESS = {
    "rows without end": "SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE a.range + b.range = -1",
    "a recursion without end": "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t",
    "a sort of everything": "SELECT range FROM range(10000000000) ORDER BY random() LIMIT 1",
}


@pytest.mark.parametrize("name", ENDLESS)
def test_statements_without_end_are_stopped(place: Locked, name: str) -> None:
    engine = _open(place.folder / "project", timeout=1, memory_limit="300MB", temp_limit="50MB", threads=2)
    began = time.monotonic()
    try:
        with pytest.raises(Refused) as refused:
            engine.query(_statement(ENDLESS[name]), {})
        assert refused.value.diagnostics[0].code == "KPI903"
        assert engine.query(_statement("SELECT count(*) FROM orders"), {}).rows == [(2,)]
    finally:
        engine.close()
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT list(range) FROM range(2000000000)",
        "SELECT string_agg(range::VARCHAR, ',') FROM range(2000000000)",
    ],
)
def test_values_of_gigabytes_are_stopped(place: Locked, sql: str) -> None:
    engine = _open(place.folder / "project", timeout=5, memory_limit="200MB", temp_limit="50MB", threads=1)
    try:
        with pytest.raises(Refused) as refused:
            engine.query(_statement(sql), {})
        assert refused.value.diagnostics[0].code in ("KPI902", "KPI903")
    finally:
        engine.close()


def test_temporary_files_are_gone_afterwards(place: Locked) -> None:
    engine = _open(place.folder / "project")
    temporary = engine._temporary
    assert temporary.is_dir()
    engine.close()
    engine.close()
    assert not temporary.exists()
    assert threading.active_count() < 20


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"files": "nowhere"}, "does not exist"),
        ({"files": "data/orders.csv"}, "does not exist"),
        ({"files": "x" * 300}, "too long"),
        ({"files": None, "path": "nowhere.duckdb"}, "does not exist"),
        ({"files": None, "path": "data/orders.csv"}, "cannot be opened"),
        ({"memory_limit": "a lot"}, "cannot be opened"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_connection_that_cannot_be_opened_says_why(place: Locked, options: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused) as refused:
        _open(place.folder / "project", **options)
    (diagnostic,) = refused.value.diagnostics
    assert diagnostic.code == "KPI901"
    assert says in diagnostic.message
