"""Dates that are looked up in a calendar are those that are computed, whatever a zone does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import _zoneinfo, available_timezones  # type: ignore[attr-defined]

import duckdb
import pytest

from kpictl.dialects import named
from kpictl.dialects.render import render
from kpictl.ir.query import Output, Query, Select, TableRef
from kpictl.ir.scalars import Col
from kpictl.kinds.build import FROM, TO, call, conjunction, lit
from kpictl.model.types import INTEGER, TIMESTAMPTZ
from kpictl.passes.by_calendar import by_calendar

# Zone, and what happens to its clocks: the days on which that is.
ODD = [
    ("Europe/Berlin", date(2024, 3, 31), date(2024, 10, 27)),
    ("America/St_Johns", date(2010, 3, 14), date(2010, 11, 7)),  # at 00:01: a date comes, goes, and comes again
    ("America/Havana", date(2024, 3, 10), date(2024, 11, 3)),  # over midnight
    ("Africa/Cairo", date(2024, 4, 26), date(2024, 11, 1)),
    ("Pacific/Apia", date(2011, 12, 30)),  # a date that is left out
    ("Pacific/Kwajalein", date(1993, 8, 21)),
    ("America/Juneau", date(1867, 10, 18)),  # a date that comes twice, and an offset to the second
    ("Africa/Monrovia", date(1972, 1, 7)),  # -0:44:30
    ("Europe/Amsterdam", date(1937, 7, 1), date(1940, 5, 16)),  # +0:19:32
    ("Asia/Kathmandu", date(1986, 1, 1)),  # from 5:30 to 5:45
    ("Australia/Lord_Howe", date(2024, 4, 7), date(2024, 10, 6)),  # by half an hour
    ("Antarctica/Troll", date(2024, 3, 31), date(2024, 10, 27)),  # by two hours
    ("Africa/Casablanca", date(2024, 3, 10), date(2024, 4, 14)),
    ("Asia/Pyongyang", date(2018, 5, 4)),  # at 23:30, by half an hour
    ("America/Caracas", date(2016, 5, 1)),
]
FAR = "[NULL, 'infinity', '-infinity', '290000-01-01', '4713-01-01 (BC)', '1700-01-01']"
"""Times of rows that no range holds."""


def test_no_zone_changes_its_clocks_twice_within_an_hour() -> None:
    for zone in sorted(available_timezones()):
        changes = _zoneinfo.ZoneInfo.no_cache(zone)._trans_utc
        assert all(later - earlier > 3600 for earlier, later in pairwise(changes)), zone


@pytest.mark.parametrize(("zone", "days"), [(zone, days) for zone, *days in ODD], ids=[zone for zone, *_ in ODD])
def test_looked_up_is_computed(zone: str, days: list[date]) -> None:
    for found, expected in _answers(zone, days):
        assert found == expected


@pytest.mark.parametrize("kept", [0, 1])
def test_an_hour_of_two_dates_or_of_a_change_must_have_none(kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kpictl.passes.by_calendar.conjunction", lambda parts: parts[kept])
    assert any(found != expected for zone, *days in ODD for found, expected in _answers(zone, days))


def test_only_rows_of_a_range_in_a_zone_are_looked_up() -> None:
    query = _dates("bucket_date", "Europe/Berlin")
    assert by_calendar(query) != query
    for other in (
        _dates("bucket_date", "UTC"),
        _dates("local_date", "Europe/Berlin"),
        _dates("bucket_date", "Europe/Berlin", to=False),
    ):
        assert by_calendar(other) == other


def test_hours_of_one_date_have_it() -> None:
    """What a calendar is for: in a zone of whole hours no row is computed but for the two hours of a change."""
    connection = duckdb.connect()
    query = by_calendar(_dates("bucket_date", "Europe/Berlin"))
    sql = render(query, named("duckdb"), relations=lambda source: (source,)).sql
    calendar = sql[sql.index("(") : sql.index("\n)\n")] + ")"
    values = {"from": datetime(2023, 12, 31, 23, tzinfo=UTC), "to": datetime(2024, 12, 31, 23, tzinfo=UTC)}
    (dates,) = connection.execute(f"SELECT dates FROM {calendar}", values).fetchall()[0]
    assert (len(dates), sum(each is None for each in dates)) == (366 * 24, 2)


def _answers(zone: str, days: Sequence[date]) -> Iterator[tuple[list[tuple[object, ...]], list[tuple[object, ...]]]]:
    """Instants with their dates around each day, looked up and computed."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("CREATE TABLE events (id BIGINT, made TIMESTAMPTZ)")
    for day in days:
        around = datetime(day.year, day.month, day.day, tzinfo=UTC)
        for start in (around - timedelta(days=2), around - timedelta(days=1, minutes=17, microseconds=3)):
            connection.execute("DELETE FROM events")
            instants = list(_instants(start, around + timedelta(days=2)))
            connection.execute("INSERT INTO events SELECT 0, unnest($1::TIMESTAMPTZ[])", [instants])
            connection.execute(f"INSERT INTO events SELECT 1, unnest({FAR}::TIMESTAMPTZ[])")
            values = {"from": start, "to": around + timedelta(days=2)}
            query, plain = _dates("bucket_date", zone), _dates("local_date", zone)
            found, expected = (_rows(connection, q, values) for q in (by_calendar(query), plain))
            assert len(found) == len([each for each in instants if start <= each < values["to"]])
            yield found, expected


def _dates(function: str, zone: str, *, to: bool = True) -> Query:
    at = Col("made", None, TIMESTAMPTZ)
    where = conjunction([call("ge", at, FROM), call("lt", at, TO) if to else None])
    outputs = (Output("made", at), Output("id", Col("id", None, INTEGER)), Output("day", call(function, at, lit(zone))))
    return Query(Select(outputs, TableRef("events", "events"), where=where))


def _rows(connection: duckdb.DuckDBPyConnection, query: Query, values: dict[str, datetime]) -> list[tuple[object, ...]]:
    sql = render(query, named("duckdb"), relations=lambda source: (source,)).sql
    return sorted(connection.execute(sql, values).fetchall())


def _instants(start: datetime, stop: datetime) -> Iterator[datetime]:
    """Every seven minutes and a half, with what is a second, or the least time, before and after; and a minute on."""
    at = start
    while at < stop:
        for near in (timedelta(microseconds=-1), timedelta(0), timedelta(microseconds=1), timedelta(seconds=61)):
            yield at + near
        yield at.replace(second=0, microsecond=0) + timedelta(minutes=1)
        at += timedelta(minutes=7, seconds=30)
