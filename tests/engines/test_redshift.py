"""Redshift is asked over PostgreSQL's protocol, so a PostgreSQL stands in for it, with the view of Redshift's catalogue.

What it proves: the text is sent without parameters, the session is set by what Redshift knows, places come back, and the
columns are read from SVV_COLUMNS. What Redshift's own planner says, nothing here can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from kpictl.diagnostics import Place
from kpictl.dialects import named
from kpictl.engines import Rejected
from kpictl.engines.redshift import RedshiftCatalogue, open_redshift
from kpictl.model.project import Connection
from kpictl.model.types import TIMESTAMPTZ
from kpictl.plan.compiled import Parameter, Statement
from tests.oracles.plugin import Counted
from tests.runner.test_live import FILES, project, said

TABLES = """
CREATE TABLE orders (id bigint, at timestamptz, amount numeric(12, 2), note varchar(20));
CREATE SCHEMA apart CREATE TABLE late (x int);
CREATE VIEW pg_catalog.svv_columns AS SELECT * FROM information_schema.columns
  WHERE table_schema NOT IN ('information_schema', 'pg_catalog');
"""
FROM = (Parameter(name="from", type=TIMESTAMPTZ),)
NOW = {"from": datetime(2024, 3, 1, 12, tzinfo=UTC)}
SELECT = "SELECT sum(amount)\nFROM orders WHERE note LIKE 'a%%' AND at >= CAST(%(from)s AS TIMESTAMPTZ)"


@pytest.fixture(scope="module")
def uri(judge: Callable[[str], Counted]) -> str:
    found: str = judge("postgres").database("redshift")
    with psycopg.connect(found, autocommit=True, options="-c allow_system_table_mods=on") as admin:
        admin.execute(TABLES)
    return found


@pytest.fixture(scope="module")
def engine(uri: str) -> Iterator[RedshiftCatalogue]:
    found = open_redshift(Connection(name="rs", type="redshift", options={"uri": uri}, place=Place("p.yml")), Path())
    yield found
    found.close()


def test_a_statement_is_planned_with_its_times_in_the_text(engine: RedshiftCatalogue) -> None:
    engine.explain(Statement(sql=SELECT, parameters=FROM, settings={"timezone": "UTC"}), NOW)


@pytest.mark.parametrize("name", ["amount", "note", "at"])
def test_what_it_refuses_has_a_place(engine: RedshiftCatalogue, name: str) -> None:
    sql = SELECT.replace(name, "gone")
    with pytest.raises(Rejected) as caught:
        engine.explain(Statement(sql=sql, parameters=FROM), NOW)
    assert sql[caught.value.fault.offset or 0 :].startswith("gone")
    assert caught.value.diagnostics[0].message.startswith("Redshift (rs): ")


def test_a_place_behind_the_time(engine: RedshiftCatalogue) -> None:
    sql = SELECT + " AND gone > 1"
    with pytest.raises(Rejected) as caught:
        engine.explain(Statement(sql=sql, parameters=FROM), NOW)
    assert sql[caught.value.fault.offset or 0 :] == "gone > 1"


def test_what_it_has(engine: RedshiftCatalogue) -> None:
    assert [(each.name, str(each.type)) for each in engine.columns("orders")] == [
        ("id", "integer"),
        ("at", "timestamptz"),
        ("amount", "numeric(12,2)"),
        ("note", "text"),
    ]
    assert [each.name for each in engine.columns("apart.late")] == ["x"]
    assert engine.relations() == ("apart.late", "orders")
    with pytest.raises(Rejected):
        engine.columns("late")


@pytest.fixture
def settings_of_postgres() -> Iterator[None]:
    """Redshift's settings without those that PostgreSQL does not know; later tests find them in their order again."""
    settings: Any = named("redshift").settings
    before = dict(settings)
    for setting in before.keys() - {"timezone", "datestyle"}:
        del settings[setting]
    yield
    settings.clear()
    settings.update(before)


@pytest.mark.usefixtures("settings_of_postgres")
def test_check_live_tells_the_column_that_is_not_there(uri: str, tmp_path: Path) -> None:
    kpis = "fees: {measure: sum(fee), source: orders, grain: day}\n"
    ((found, there),) = said(project(tmp_path, kpis, {"app": {"type": "redshift", "uri": uri}, "other": FILES}))
    assert (found.diagnostic.code, there) == ("KPI908", "fee")
