"""When a KPI is computed: the ticks of its schedule, in the reporting zone."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from kpictl.model.calendar import Calendar

DEFAULT = "0 0 * * *"
_DAILY = re.compile(r"(\d{1,2})\s+(\d{1,2})\s+\*\s+\*\s+\*")


def last_tick(schedule: str | None, now: datetime, of: Calendar) -> datetime:
    """The last tick at or before an instant. A skipped wall time ticks when the clocks have jumped over it."""
    text = _text(schedule)
    wall = now.astimezone(of.tzinfo).replace(tzinfo=None, fold=0)
    daily = _DAILY.fullmatch(text)
    if daily is not None:
        return _last_daily(int(daily[2]), int(daily[1]), now, wall, of)
    from croniter import croniter

    # A day ahead: after the clocks went back a later tick may read an earlier wall time.
    ticks = croniter(text, wall + timedelta(hours=3))
    while True:
        found = of.instant(ticks.get_prev(datetime))
        if found <= now:
            return found


def next_tick(schedule: str | None, now: datetime, of: Calendar) -> datetime:
    """The first tick after an instant."""
    text = _text(schedule)
    daily = _DAILY.fullmatch(text)
    if daily is not None:
        wall = now.astimezone(of.tzinfo).replace(tzinfo=None, fold=0)
        return _next_daily(int(daily[2]), int(daily[1]), now, wall, of)
    from croniter import croniter

    # Some hours back: before the clocks went back a later tick may read an earlier wall time.
    start = (now - timedelta(hours=3)).astimezone(of.tzinfo).replace(tzinfo=None, fold=0)
    ticks = croniter(text, start)
    while True:
        found = of.instant(ticks.get_next(datetime))
        if found > now:
            return found


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
    """The common case without loading a cron library."""
    at = wall.replace(hour=hour, minute=minute, second=0, microsecond=0) + timedelta(days=1)
    while True:
        found = of.day_start(at.date()) if (hour, minute) == (0, 0) else of.instant(at)
        if found <= now:
            return found
        at -= timedelta(days=1)
