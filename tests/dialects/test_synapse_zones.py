"""Zones of Synapse: each place has had the rule of its Windows zone's own place since 2008, at every noon until 2037."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from kpictl.dialects.synapse_zones import ONE_RULE_FROM, WINDOWS
from kpictl.dialects.zones import zone_shape
from tests.meaning.tsql import ZONES

_FIRST, _DAYS = datetime(2008, 1, 1, 12, tzinfo=UTC), 30 * 365 + 7


@cache
def _offsets(zone: str) -> tuple[timedelta | None, ...]:
    place = ZoneInfo(zone)
    return tuple((_FIRST + timedelta(days=n)).astimezone(place).utcoffset() for n in range(_DAYS))


@pytest.mark.parametrize("place", sorted(WINDOWS))
def test_has_the_rule_of_its_windows_zone(place: str) -> None:
    assert _offsets(place) == _offsets(ZONES[WINDOWS[place]])


@pytest.mark.parametrize("place", sorted(WINDOWS))
def test_hours_are_whole_or_always_the_same(place: str) -> None:
    assert zone_shape(place, ONE_RULE_FROM).hour_offset is not None


@pytest.mark.parametrize("place", sorted(WINDOWS))
def test_no_clock_changes_at_midnight(place: str) -> None:
    zone = ZoneInfo(place)
    nights = (datetime(2008, 1, 1, tzinfo=zone) + timedelta(days=n) for n in range(_DAYS))
    assert all(night.utcoffset() == night.replace(fold=1).utcoffset() for night in nights)


def test_every_windows_zone_is_known_to_the_judge() -> None:
    assert set(WINDOWS.values()) <= ZONES.keys()
