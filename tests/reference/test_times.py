"""Buckets in zones with odd changes: first instants, no overlap, and the calendar of the model agrees."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpictl.ir.reference.times import (
    add_interval,
    add_months,
    bucket_start,
    first_instant,
    local_date,
    time_floor,
    to_instant,
    to_local,
)
from kpictl.model.calendar import calendar

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Africa/Cairo",
    "UTC",
)
zones = st.sampled_from(ZONES)
instants = st.datetimes(datetime(2022, 1, 1), datetime(2027, 1, 1)).map(lambda t: t.replace(tzinfo=UTC))
units = st.sampled_from(("hour", "day", "week", "month", "quarter", "year"))


@given(instants, zones, units, st.integers(0, 6))
@settings(max_examples=300, deadline=None)
def test_a_bucket_holds_its_instant_and_begins_itself(t: datetime, zone: str, unit: str, week: int) -> None:
    start = time_floor(t, unit, zone, week)
    assert start <= t
    assert time_floor(start, unit, zone, week) == start
    if unit != "hour":
        before = local_date(start - timedelta(microseconds=1), zone)
        assert before < local_date(start, zone)


@given(instants, zones, units, st.integers(0, 6))
@settings(max_examples=300, deadline=None)
def test_the_calendar_agrees(t: datetime, zone: str, unit: str, week: int) -> None:
    assert calendar(zone, week).floor(t, unit) == time_floor(t, unit, zone, week)


@given(st.datetimes(datetime(2022, 1, 1), datetime(2027, 1, 1)), zones)
@settings(max_examples=200, deadline=None)
def test_wall_clocks_agree_and_return(wall: datetime, zone: str) -> None:
    instant = to_instant(wall, zone)
    assert calendar(zone).instant(wall) == instant
    assert to_local(instant, zone) >= wall


@pytest.mark.parametrize(
    ("zone", "day", "start"),
    [
        ("America/Havana", date(2024, 11, 3), "2024-11-03T04:00"),
        ("America/Havana", date(2024, 3, 10), "2024-03-10T05:00"),
        ("Africa/Cairo", date(2024, 4, 26), "2024-04-25T22:00"),
        ("Europe/Berlin", date(2024, 3, 31), "2024-03-30T23:00"),
        ("Asia/Kathmandu", date(2024, 1, 1), "2023-12-31T18:15"),
    ],
)
def test_first_instant(zone: str, day: date, start: str) -> None:
    assert first_instant(day, zone) == datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert bucket_start(day, "day", zone, 0) == first_instant(day, zone)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2024, 3, 31), 23),
        ("Europe/Berlin", date(2024, 10, 27), 25),
        ("Australia/Lord_Howe", date(2024, 4, 7), 25),
        ("Australia/Lord_Howe", date(2024, 10, 6), 24),
    ],
)
def test_hours_of_a_long_or_short_day(zone: str, day: date, hours: int) -> None:
    t, end = first_instant(day, zone), first_instant(day + timedelta(days=1), zone)
    starts = set()
    while t < end:
        starts.add(time_floor(t, "hour", zone, 0))
        t += timedelta(minutes=15)
    assert len(starts) == hours


@given(st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.integers(-50, 50))
def test_months_clamp(day: date, months: int) -> None:
    moved = add_months(day, months)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day == day.day or (moved + timedelta(days=1)).day == 1
    assert add_interval(day, months, 0, 0) == moved
