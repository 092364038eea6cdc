"""The judges themselves: each answers its cases, and keeps nothing of a statement."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.corpus import corpus
from tests.oracles import NAMES, Rejected, Table, cases
from tests.oracles.plugin import Counted


@pytest.mark.parametrize("name", NAMES)
def test_answers_its_cases(judge: Callable[[str], Counted], name: str) -> None:
    assert cases.faults(judge(name)) == []


@pytest.mark.parametrize("name", ["duckdb", "postgres", "timescale"])
def test_keeps_nothing(judge: Callable[[str], Counted], name: str) -> None:
    one = judge(name)
    one.load({"t": Table({"a": "int"}, [(1,)])})
    one.execute("INSERT INTO t VALUES (2)", settings={"TimeZone": "Asia/Tokyo"})
    assert one.execute("SELECT count(*), current_setting('TimeZone') FROM t").rows == [(1, "UTC")]


@pytest.mark.parametrize("name", ["duckdb", "postgres", "timescale"])
def test_loads_what_it_is_told_last(judge: Callable[[str], Counted], name: str) -> None:
    one = judge(name)
    one.load({"t": Table({"a": "int"}, [(1,)])})
    one.load({"Week": Table({"Select": "int", "group": "text"}, [])})
    assert one.execute('SELECT count("Select"), max("group") FROM "Week"').rows == [(0, None)]
    with pytest.raises(Rejected):
        one.execute("SELECT a FROM t")
    one.load({"t": Table({"a": "int"}, [(1,)])})
    assert one.execute("SELECT a FROM t").rows == [(1,)]


@pytest.mark.parametrize("name", ["duckdb", "postgres", "timescale"])
def test_holds_the_corpus(judge: Callable[[str], Counted], name: str) -> None:
    one = judge(name)
    one.load(corpus.tables())
    counted = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in corpus.tables())
    assert one.execute(counted).rows == [(name, len(table.rows)) for name, table in corpus.tables().items()]
    assert sum(len(table.rows) for table in corpus.tables().values()) == 1405
