"""Ticks: the next one is the first after an instant, and the last before it is never after it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpictl.model.calendar import calendar
from kpictl.plan.schedule import last_tick, next_tick

ZONES = ["UTC", "Europe/Berlin", "America/Havana", "Australia/Lord_Howe", "Asia/Kathmandu"]
SCHEDULES = [
    *[None, "@daily", "@Weekly", "30 2 * * *", "0 0 * * *", "*/15 * * * *", "30 */2 * * *", "0 6 * * 1", "30 1 1 * *"],
    *["0 0 13 * fri", "15,45 1-3 * mar,nov sun", "0 0 29 2 *"],
]
INSTANTS = st.datetimes(datetime(2023, 1, 1), datetime(2025, 1, 1), timezones=st.just(UTC))


@given(schedule=st.sampled_from(SCHEDULES), zone=st.sampled_from(ZONES), now=INSTANTS)
def test_no_tick_lies_between(schedule: str | None, zone: str, now: datetime) -> None:
    of = calendar(zone)
    last, following = last_tick(schedule, now, of), next_tick(schedule, now, of)
    assert last <= now < following
    assert last_tick(schedule, following, of) == following
    assert last_tick(schedule, following - timedelta(microseconds=1), of) == last


@pytest.mark.parametrize("now", ["2024-03-31T00:30", "2024-10-27T00:45"])
def test_over_both_changes_of_the_clocks(now: str) -> None:
    """02:30 in Berlin is skipped in March and moves to 03:30, and is the later one of two in October: 01:30 UTC both."""
    found = next_tick("30 2 * * *", datetime.fromisoformat(now + "+00:00"), calendar("Europe/Berlin"))
    assert found == datetime.fromisoformat(now[:11] + "01:30+00:00")


@pytest.mark.parametrize(
    ("schedule", "zone", "start", "ticks"),
    [
        ("0 * * * *", "Europe/Berlin", "2024-10-26T23:30", "00:00 01:00 02:00"),  # 02:00 comes twice, and ticks twice
        ("*/30 * * * *", "Australia/Lord_Howe", "2024-04-06T14:45", "15:00 15:30 16:00"),
        ("30 */2 * * *", "Europe/Berlin", "2024-10-27T00:15", "01:30 03:30"),  # the later of two
        ("0 * * * *", "Europe/Berlin", "2024-03-31T00:30", "01:00 02:00"),
        ("30 2 * * 7", "Europe/Berlin", "2024-03-30T00:00", "01:30"),
    ],
)
def test_ticks_around_changes_of_the_clocks(schedule: str, zone: str, start: str, ticks: str) -> None:
    at = datetime.fromisoformat(start + "+00:00")
    found = []
    for _ in ticks.split():
        at = next_tick(schedule, at, calendar(zone))
        found.append(f"{at:%H:%M}")
    assert found == ticks.split()


def test_a_leap_day_over_a_century() -> None:
    of = calendar("UTC")
    assert next_tick("0 0 29 2 *", datetime(2096, 3, 1, tzinfo=UTC), of) == datetime(2104, 2, 29, tzinfo=UTC)
    assert last_tick("0 0 29 2 *", datetime(2103, 3, 1, tzinfo=UTC), of) == datetime(2096, 2, 29, tzinfo=UTC)
