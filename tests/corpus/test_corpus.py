"""The corpus itself: read right, its plain answers are PostgreSQL's, and the comparer tells answers apart."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from tests.corpus import corpus
from tests.corpus.compare import difference, same, same_value
from tests.oracles import Rejected
from tests.oracles.plugin import Counted

_INSTANT = f"timestamptz '{corpus.AS_OF:%Y-%m-%d %H:%M:%S}+00'"
_CLOCKS = {
    "now()": _INSTANT,
    "current_timestamp": _INSTANT,
    "current_date": f"date '{corpus.AS_OF:%Y-%m-%d}'",
    "localtimestamp": f"timestamp '{corpus.AS_OF:%Y-%m-%d %H:%M:%S}'",
}
_CLOCK = re.compile(r"\b(now\(\)|current_timestamp\b|current_date\b|localtimestamp\b)", re.IGNORECASE)


def at_as_of(sql: str) -> str:
    """The text with its clock stopped at `AS_OF`; only good enough for the texts of the corpus."""
    return _CLOCK.sub(lambda found: _CLOCKS[found[1].lower()], sql)


@pytest.mark.parametrize("query", corpus.queries(), ids=lambda query: query.id)
def test_plain_postgres_answers(judge: Callable[[str], Counted], query: corpus.Query) -> None:
    postgres = judge("postgres")
    postgres.load(corpus.tables())
    if isinstance(query.postgres_rows, str):
        with pytest.raises(Rejected, match=query.postgres_rows.removeprefix("error: ")):
            postgres.execute(at_as_of(query.sql))
        return
    answer = postgres.execute(at_as_of(query.sql))
    assert answer.columns == query.columns
    assert difference(query.postgres_rows, answer.rows, query.ordered) is None


SAME = [
    (81.81818181818181, Decimal("81.8181818181818182")),
    ("18000000000000000003", Decimal(18000000000000000003)),
    (4000000005, 4000000005.0),
    (0, -0.0),
    ("2025-10-01", date(2025, 10, 1)),
    ("2025-10-01", datetime(2025, 10, 1, tzinfo=UTC)),
    ("2026-03-30 01:53:00", datetime(2026, 3, 30, 1, 53)),
    ("interval 21600s", timedelta(hours=6)),
    ("interval 3.81024e+07s", timedelta(days=441)),
    ("interval 21600s", 21600),
    ({"users": 40, "a": [1, None]}, '{"a": [1.0, null], "users": 40}'),
    ([33, 94], (33, 94)),
    (None, None),
    (True, True),
]
DIFFERENT = [
    (81.81818181818181, 81.818181),
    (1, "1"),
    (0, None),
    (None, ""),
    (None, 0),
    (True, 1),
    (1, True),
    ("2025-10-01", datetime(2025, 10, 1, 0, 0, 1)),
    ("Active", "active"),
    ("a", "a "),
    ("interval 21600s", "06:00:00"),
    ({"users": 40}, {"users": 40, "x": None}),
    ([1, 2], [2, 1]),
    ("pro", 1),
]


@pytest.mark.parametrize(("expected", "got"), SAME)
def test_same(expected: object, got: object) -> None:
    assert same_value(expected, got)


@pytest.mark.parametrize(("expected", "got"), DIFFERENT)
def test_different(expected: object, got: object) -> None:
    assert not same_value(expected, got)


def test_booleans_are_numbers_only_without_a_boolean_type() -> None:
    assert same([(True, False)], [(1, 0)], True, booleans=False)
    assert not same([(True,)], [(0,)], True, booleans=False)
    assert not same([(1,)], [(True,)], True, booleans=False)


def test_order_counts_only_where_the_query_orders() -> None:
    assert same([(1,), (2,), (2,)], [(2,), (1,), (2,)], False)
    assert not same([(1,), (2,), (2,)], [(2,), (1,), (2,)], True)
    assert not same([(1,), (2,), (2,)], [(1,), (1,), (2,)], False)
    assert not same([(1,)], [(1,), (1,)], False)
    assert not same([(1, 2)], [(1,)], False)
