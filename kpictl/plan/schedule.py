"""When a KPI is computed: the ticks of its schedule, in the reporting zone.

A wall time that the clocks jump over ticks when they have. One that comes twice ticks the later time; a schedule of every
hour ticks both times, as its hours are two.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from kpictl.model.calendar import Calendar
from kpictl.model.cron import CronTimes, cron_times

DEFAULT = "0 0 * * *"
_DAILY = re.compile(r"(\d{1,2})\s+(\d{1,2})\s+\*\s+\*\s+\*")
_CHANGE = timedelta(hours=3)
"""More than clocks are ever changed by: of wall times so far apart the order is that of the instants."""


@lru_cache(maxsize=1024)
def last_tick(schedule: str | None, now: datetime, of: Calendar) -> datetime:
    """The last tick at or before an instant; raises ValueError for a schedule that never ticks."""
    text, wall = _text(schedule), _wall(now, of)
    daily = _DAILY.fullmatch(text)
    if daily is not None:
        return _last_daily(int(daily[2]), int(daily[1]), now, wall, of)
    times = cron_times(text)
    found: list[datetime] = []
    for at in times.before(wall + _CHANGE):
        if found and at < _wall(max(found), of) - _CHANGE:
            break
        found += [tick for tick in _instants(at, times, of) if tick <= now]
    return max(found) if found else _never(text)


@lru_cache(maxsize=1024)
def next_tick(schedule: str | None, now: datetime, of: Calendar) -> datetime:
    """The first tick after an instant; raises ValueError for a schedule that never ticks."""
    text, wall = _text(schedule), _wall(now, of)
    daily = _DAILY.fullmatch(text)
    if daily is not None:
        return _next_daily(int(daily[2]), int(daily[1]), now, wall, of)
    times = cron_times(text)
    found: list[datetime] = []
    for at in times.after(wall - _CHANGE):
        if found and at > _wall(min(found), of) + _CHANGE:
            break
        found += [tick for tick in _instants(at, times, of) if tick > now]
    return min(found) if found else _never(text)


def _instants(at: datetime, times: CronTimes, of: Calendar) -> list[datetime]:
    """The instants at which a wall time ticks."""
    if not times.every_hour:
        return [of.day_start(at.date()) if (at.hour, at.minute) == (0, 0) else of.instant(at)]
    later, earlier = of.instant(at), at.replace(tzinfo=of.tzinfo, fold=0).astimezone(UTC)
    return [later, earlier] if earlier < later and _wall(earlier, of) == at else [later]


def _wall(instant: datetime, of: Calendar) -> datetime:
    return instant.astimezone(of.tzinfo).replace(tzinfo=None, fold=0)


def _never(text: str) -> datetime:
    raise ValueError(f"the schedule {text!r} never ticks")


def _text(schedule: str | None) -> str:
    text = (schedule or DEFAULT).strip()
    return {"@daily": DEFAULT, "@midnight": DEFAULT}.get(text, text)


def _next_daily(hour: int, minute: int, now: datetime, wall: datetime, of: Calendar) -> datetime:
    at = wall.replace(hour=hour, minute=minute, second=0, microsecond=0) - timedelta(days=1)
    while True:
        found = of.day_start(at.date()) if (hour, minute) == (0, 0) else of.instant(at)
        if found > now:
            return found
        at += timedelta(days=1)


def _last_daily(hour: int, minute: int, now: datetime, wall: datetime, of: Calendar) -> datetime:
    """The common case without looking further than a day or two."""
    at = wall.replace(hour=hour, minute=minute, second=0, microsecond=0) + timedelta(days=1)
    while True:
        found = of.day_start(at.date()) if (hour, minute) == (0, 0) else of.instant(at)
        if found <= now:
            return found
        at -= timedelta(days=1)
