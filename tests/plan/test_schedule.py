"""Ticks: the next one is the first after an instant, and the last before it is never after it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpictl.model.calendar import calendar
from kpictl.plan.schedule import last_tick, next_tick

ZONES = ["UTC", "Europe/Berlin", "America/Havana", "Australia/Lord_Howe", "Asia/Kathmandu"]
SCHEDULES = [None, "@daily", "30 2 * * *", "0 0 * * *", "*/15 * * * *", "0 6 * * 1", "30 1 1 * *"]
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
