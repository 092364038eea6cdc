"""The extended corpus: PostgreSQL's answers are recorded right, derivations give the rows, and neither depends on luck."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest
import sqlglot

from tests.corpus import corpus
from tests.corpus.compare import difference
from tests.corpus.corpus import Query
from tests.corpus.extended import derive, extended
from tests.corpus.test_corpus import at_as_of
from tests.oracles import Rejected, Row, Table
from tests.oracles.plugin import Counted

_NO_ROWS = ("e02_empty_groups", "g33_total_of_nothing", "b13_limit_zero", "b14_offset_beyond")
_BY_ID = {query.id: query for query in extended.queries()}
_DERIVED = {name: fn for name, fn in vars(derive).items() if name in _BY_ID and inspect.isfunction(fn)}


@pytest.mark.parametrize("query", extended.queries(), ids=lambda query: query.id)
def test_plain_postgres_answers(judge: Callable[[str], Counted], query: Query) -> None:
    postgres = judge("postgres")
    postgres.load(extended.tables())
    if isinstance(query.postgres_rows, str):
        with pytest.raises(Rejected, match=query.postgres_rows.removeprefix("error: ")):
            postgres.execute(at_as_of(query.sql))
        return
    answer = postgres.execute(at_as_of(query.sql))
    assert answer.columns == query.columns
    assert difference(query.postgres_rows, answer.rows, query.ordered) is None


@pytest.mark.parametrize("query", extended.queries(), ids=lambda query: query.id)
def test_the_order_of_rows_in_the_tables_changes_nothing(judge: Callable[[str], Counted], query: Query) -> None:
    if isinstance(query.postgres_rows, str):
        return
    postgres = judge("postgres")
    postgres.load({n: Table(t.columns, list(reversed(t.rows)), t.time) for n, t in extended.tables().items()})
    assert difference(query.postgres_rows, postgres.execute(at_as_of(query.sql)).rows, query.ordered) is None


@pytest.mark.parametrize("query", [*corpus.queries(), *extended.queries()], ids=lambda query: query.id)
def test_rows_that_an_order_leaves_tied_are_the_same(query: Query) -> None:
    tree = sqlglot.parse_one(query.sql, dialect="postgres")
    answered = {each.unalias().sql(): at for at, each in enumerate(tree.selects)}
    answered |= {name: at for at, name in enumerate(query.columns)}
    keys = [each.this.sql() for each in tree.args["order"].expressions] if query.ordered else []
    if not keys or not answered.keys() >= set(keys):
        return  # by a value that is not answered
    by_key: dict[str, Row] = {}
    for row in query.rows:
        assert by_key.setdefault(repr([row[answered[key]] for key in keys]), row) == row


@pytest.mark.parametrize("name", _DERIVED)
def test_derivations_give_the_rows(name: str) -> None:
    query = _BY_ID[name]
    derived = [tuple(row) for row in _DERIVED[name](derive.rows_of(extended.tables()))]
    assert difference(query.rows, derived, query.ordered) is None


def test_each_answer_that_is_not_postgres_own_is_derived() -> None:
    differing = {query.id for query in extended.queries() if query.rows != query.postgres_rows}
    assert differing <= _DERIVED.keys()
    assert len(differing) >= 40


def test_the_corpus_is_told_once_and_whole() -> None:
    assert len(_BY_ID) == len(extended.queries()) >= 150
    for query in extended.queries():
        assert set(query.tables) <= extended.tables().keys()
        assert all(len(row) == len(query.columns) for row in query.rows)
        assert query.rows or query.id in _NO_ROWS
    assert {name for query in extended.queries() for name in query.tables} == extended.tables().keys()


def test_times_have_no_null() -> None:
    for name, table in extended.tables().items():
        at = list(table.columns).index(table.time) if table.time else None
        assert at is None or all(row[at] is not None for row in table.rows), name
