"""What DuckDB tells without computing: columns and their types, and where a statement is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from kpictl.diagnostics import Place, Refused
from kpictl.engines import Reach, Rejected
from kpictl.engines.duckdb import DuckdbEngine, open_duckdb
from kpictl.model.project import Connection
from kpictl.model.sources import Column, History, HistoryKind, Source
from kpictl.model.types import DATE, TIMESTAMPTZ
from kpictl.plan.compiled import Parameter, Statement

SOME = datetime(2024, 3, 1, tzinfo=UTC)
LONG = " + ".join(["o.id"] * 60)
WRONG = {
    "a column": ("SELECT\n  o.id,\n  o.amont\nFROM orders AS o", "o.amont"),
    "a table": ("SELECT 1 FROM nothere", "nothere"),
    "types": ("SELECT 1, sum(o.d) FROM orders AS o", "sum(o.d)"),
    "cut left and right": (f"SELECT {LONG}, nope, {LONG} FROM orders AS o", "nope"),
    "behind letters of several bytes": ("SELECT 'äö€𝄞', nope FROM orders AS o", "nope"),
    "grammar": ("SELECT 1 FRM orders", "orders"),
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckdbEngine]:
    folder: Path = tmp_path_factory.mktemp("data")
    (folder / "orders.csv").write_text("id,d,at,t,n\n1,2024-01-01,2024-01-01 10:00:00+01,a,1.5\n")
    (folder / "wide.sql").write_text(
        "SELECT 1::decimal(12,2) AS exact, [1, 2] AS many, {'a': 1} AS document, 'x'::json AS j FROM orders WHERE false"
    )
    connection = Connection(name="app", type="duckdb", options={"files": "."}, place=Place("profiles.yml"))
    opened = open_duckdb(connection, folder)
    yield opened
    opened.close()


def test_columns_have_our_types_and_the_engines_words(engine: DuckdbEngine) -> None:
    found = {
        each.name: (None if each.type is None else str(each.type), each.native) for each in engine.columns("orders")
    }
    assert found == {
        "id": ("integer", "BIGINT"),
        "d": ("date", "DATE"),
        "at": ("timestamptz", "TIMESTAMP WITH TIME ZONE"),
        "t": ("text", "VARCHAR"),
        "n": ("double", "DOUBLE"),
    }
    wide = [None if each.type is None else str(each.type) for each in engine.columns("wide")]
    assert wide == ["numeric(12,2)", "integer[]", None, "json"]


def test_an_unknown_table_has_no_columns(engine: DuckdbEngine) -> None:
    with pytest.raises(Rejected, match="nothere does not exist"):
        engine.columns("nothere")


def test_a_plan_takes_the_parameters(engine: DuckdbEngine) -> None:
    sql = "SELECT count(*) FROM orders AS o WHERE o.at >= $from"
    engine.explain(Statement(sql=sql, parameters=(Parameter(name="from", type=TIMESTAMPTZ),)), {"from": SOME})


def test_nothing_runs(engine: DuckdbEngine) -> None:
    engine.explain(Statement(sql="SELECT error('it ran') FROM orders"), {})
    with pytest.raises(Refused, match="only a single SELECT"):
        engine.explain(Statement(sql="SELECT 1; SELECT 2"), {})
    with pytest.raises(Refused, match="syntax error"):
        engine.explain(Statement(sql="ANALYZE SELECT error('it ran')"), {})


@pytest.mark.parametrize("what", WRONG)
def test_the_engine_tells_the_place(engine: DuckdbEngine, what: str) -> None:
    sql, there = WRONG[what]
    with pytest.raises(Rejected) as caught:
        engine.explain(Statement(sql=sql), {})
    fault = caught.value.fault
    assert fault.offset == sql.index(there)
    assert "LINE" not in fault.message
    assert "Candidate functions" not in fault.message


FORMS = {
    "text %d.%m.%Y": ("VARCHAR", ["01.02.2024", "31.12.2023", "01.01.1800", None]),
    "text": ("VARCHAR", ["2024-02-01", "2023-12-31", "1800-01-01", None]),
    "seconds": ("BIGINT", [1706745600, 1703980800, -5364662400, None]),
}


@pytest.mark.parametrize("words", FORMS)
def test_how_far_a_stored_date_reaches(tmp_path: Path, words: str) -> None:
    kind, values = FORMS[words]
    with duckdb.connect(str(tmp_path / "data.duckdb")) as made:
        made.execute(f"CREATE TABLE stays (day {kind})")
        made.executemany("INSERT INTO stays VALUES (?)", [[value] for value in values])
    place = Place("a.yml")
    day = Column(name="day", type=DATE, physical=(("duckdb", words),), place=place)
    source = Source(
        name="stays",
        relation="stays",
        connection=None,
        history=History(kind=HistoryKind.CURRENT),
        columns=(day,),
        place=place,
    )
    connection = Connection(name="app", type="duckdb", options={"path": "data.duckdb"}, place=Place("profiles.yml"))
    opened = open_duckdb(connection, tmp_path, sources=[source])
    try:
        found = opened.reach("stays", "day", datetime(2024, 2, 2, tzinfo=UTC), "UTC")
    finally:
        opened.close()
    assert found == Reach(first=date(2023, 12, 31), last=date(2024, 2, 1), without_time=1, absurd=1)
