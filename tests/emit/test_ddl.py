"""Each engine, or its own parser, takes the tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
import sqlglot

from kpictl.emit.ddl import scripts
from kpictl.model.durations import Duration
from kpictl.model.store_schema import TABLES
from tests.emit.projects import emitted, shop
from tests.oracles.judge import Judge, Rejected


def test_duckdb_makes_them_twice() -> None:
    session = duckdb.connect(":memory:")
    for _ in range(2):
        for statement in scripts("duckdb")["duckdb.sql"]:
            session.execute(statement)
    found = session.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()
    assert [name for (name,) in found] == sorted(table.name for table in TABLES)


@pytest.fixture
def session(request: pytest.FixtureRequest, judge: Callable[[str], Judge]) -> Iterator[psycopg.Connection[Any]]:
    """A session of the engine, in a schema of its own."""
    engine: Any = judge(request.param)
    own = request.param == "postgres"
    found = psycopg.connect(f"{engine.uri}", autocommit=True) if own else engine.connection
    found.execute("CREATE SCHEMA emitted")
    found.execute("SET search_path = emitted, public")
    yield found
    found.execute("RESET search_path")
    found.execute("DROP SCHEMA emitted CASCADE")
    if own:
        found.close()


@pytest.mark.parametrize("session", ["postgres", "timescale"], indirect=True)
def test_postgres_and_timescale_make_them_twice(
    session: psycopg.Connection[Any], request: pytest.FixtureRequest
) -> None:
    name = request.node.callspec.params["session"]
    for _ in range(2):
        for statement in scripts(name)[f"{name}.sql"]:
            session.execute(statement)
    assert not session.execute("SELECT kpi_name, kpi_value FROM kpi_metrics").fetchall()
    if name == "timescale":
        jobs = session.execute("SELECT proc_name FROM timescaledb_information.jobs WHERE hypertable_name IS NOT NULL")
        assert {each for (each,) in jobs} >= {"policy_retention", "policy_refresh_continuous_aggregate"}


@pytest.mark.parametrize("dialect", ["bigquery", "snowflake", "redshift"])
def test_a_parser_reads_every_statement(dialect: str) -> None:
    """A second opinion only: sqlglot's parser. What it does not know it keeps as a command, which is no table."""
    statements = scripts(dialect)[f"{dialect}.sql"]
    for statement in statements:
        tree = sqlglot.parse_one(statement, dialect=dialect)
        assert tree.key in ("create", "comment"), statement
    creates = [each for each in statements if each.startswith("CREATE")]
    assert len(creates) == len(TABLES)


@pytest.mark.parametrize("file", ["synapse.sql", "synapse_serverless.sql"])
def test_microsofts_parser_reads_every_statement(file: str, judge: Callable[[str], Judge]) -> None:
    parser: Any = judge("synapse")._parser  # type: ignore[attr-defined]
    with pytest.raises(Rejected):
        parser.functions("CREATE TABLE [x] ([a] INT) WITH (DISTRIBUTION = NONSENSE([a]))")
    for statement in scripts("synapse")[file]:
        parser.functions(statement)


def test_values_are_kept_as_long_as_the_longest_retention(tmp_path: Path) -> None:
    assert any("INTERVAL '1826 days'" in each for each in scripts("timescale", Duration(1826, "day"))["timescale.sql"])
    files = emitted(shop(tmp_path / "shop"), "ddl", dialect="timescale")
    assert sorted(files) == ["README.md", "timescale.sql"]
    assert "create_hypertable" in files["timescale.sql"]
