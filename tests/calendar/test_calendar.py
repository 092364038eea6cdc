"""Buckets: they tile time without gap or overlap in every zone, and they are called what people call them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpictl.model.calendar import UNITS, calendar

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Havana",
    "Africa/Cairo",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "America/St_Johns",
)
INSTANTS = st.datetimes(datetime(2006, 1, 1), datetime(2031, 1, 1), timezones=st.just(UTC))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@given(INSTANTS, st.sampled_from(ZONES), st.sampled_from(UNITS), st.integers(0, 6), st.integers(1, 12))
@settings(max_examples=400, deadline=None)
def test_each_instant_is_in_one_bucket(
    instant: datetime, zone: str, unit: str, week_start: int, fiscal_start: int
) -> None:
    of = calendar(zone, week_start, fiscal_start)
    start, end = of.floor(instant, unit), of.next(instant, unit)
    assert start <= instant < end
    assert of.floor(start, unit) == start
    assert of.floor(end - timedelta(microseconds=1), unit) == start
    assert of.floor(end, unit) == end
    assert of.next(start, unit) == end
    assert of.previous(end, unit) == start
    assert of.label(start, unit) != of.label(end, unit)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2024, 3, 31), 23),
        ("Europe/Berlin", date(2024, 10, 27), 25),
        ("America/New_York", date(2024, 3, 10), 23),
        ("Australia/Lord_Howe", date(2024, 10, 6), 24),
        ("Australia/Lord_Howe", date(2024, 4, 7), 25),
        ("Asia/Kathmandu", date(2024, 4, 7), 24),
        ("America/Havana", date(2024, 11, 3), 25),
        ("Africa/Cairo", date(2024, 4, 26), 23),
        ("Africa/Cairo", date(2024, 10, 31), 25),
    ],
)
def test_hours_of_a_day(zone: str, day: date, hours: int) -> None:
    of = calendar(zone)
    found = list(of.spine(of.day_start(day), of.day_start(day + timedelta(days=1)), "hour"))
    assert len(found) == hours
    assert len({of.label(each, "hour") for each in found}) == hours


@pytest.mark.parametrize(
    ("zone", "day", "start"),
    [
        ("America/Havana", date(2024, 11, 3), "2024-11-03T04:00Z"),
        ("Africa/Cairo", date(2024, 4, 26), "2024-04-25T22:00Z"),
        ("Europe/Berlin", date(2024, 7, 1), "2024-06-30T22:00Z"),
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-30T10:00Z"),
        ("Pacific/Apia", date(2011, 12, 31), "2011-12-30T10:00Z"),
        ("America/Toronto", date(1919, 3, 31), "1919-03-31T04:30Z"),
    ],
)
def test_first_instant_of_a_day(zone: str, day: date, start: str) -> None:
    assert calendar(zone).day_start(day) == at(start)


def test_a_skipped_day_has_no_bucket() -> None:
    of = calendar("Pacific/Apia")
    days = [of.label(each, "day") for each in of.spine(at("2011-12-28T12:00Z"), at("2012-01-01T12:00Z"), "day")]
    assert days == ["2011-12-28", "2011-12-29", "2011-12-31", "2012-01-01", "2012-01-02"]


@pytest.mark.parametrize(
    ("instant", "unit", "label"),
    [
        ("2024-06-30T10:00Z", "day", "2024-06-30"),
        ("2024-06-30T23:00Z", "day", "2024-07-01"),
        ("2024-06-30T10:00Z", "week", "2024-W26"),
        ("2021-01-03T10:00Z", "week", "2020-W53"),
        ("2024-06-30T10:00Z", "month", "2024-06"),
        ("2024-06-30T10:00Z", "quarter", "2024-Q2"),
        ("2024-06-30T10:00Z", "year", "2024"),
        ("2024-06-30T12:10Z", "hour", "2024-06-30T14:00+02:00"),
        ("2024-10-27T01:10Z", "hour", "2024-10-27T02:00+01:00"),
        ("2024-06-30T10:00Z", "fiscal_quarter", "FY2025-Q1"),
        ("2024-03-30T10:00Z", "fiscal_year", "FY2024"),
    ],
)
def test_labels(instant: str, unit: str, label: str) -> None:
    of = calendar("Europe/Berlin", 0, 4)
    assert of.label(of.floor(at(instant), unit), unit) == label


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2024-06-30", "2024-06-29T22:00Z"),
        ("2024-06-30T06:00", "2024-06-30T04:00Z"),
        ("2024-06-30 06:00:00Z", "2024-06-30T06:00Z"),
        ("2024-06-30T06:00+05:30", "2024-06-30T00:30Z"),
        ("2024-10-27T02:30", "2024-10-27T01:30Z"),
        ("2024-03-31T02:30", "2024-03-31T01:30Z"),
    ],
)
def test_texts_of_instants(text: str, instant: str) -> None:
    assert calendar("Europe/Berlin").parse(text) == at(instant)


@pytest.mark.parametrize("text", ["", "yesterday", "2024-02-30", "2024-06", "2024-06-30T25:00", "20240630"])
def test_other_texts(text: str) -> None:
    assert calendar("Europe/Berlin").parse(text) is None


def test_months_clamp() -> None:
    of = calendar("Europe/Berlin")
    assert of.shift(of.day_start(date(2024, 3, 31)), -1, "month") == of.day_start(date(2024, 2, 29))
    assert of.shift(of.day_start(date(2024, 4, 1)), -1, "day") == of.day_start(date(2024, 3, 31))
