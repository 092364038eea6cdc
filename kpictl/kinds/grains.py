"""Which bucket size a KPI has: its own, its text's, or the smallest that its schedule can fill."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

from kpictl.ir.relations import Grain, Span
from kpictl.kinds.buckets import MONTHS
from kpictl.model.durations import Duration
from kpictl.model.project import Settings

UNITS = ("hour", "day", "week", "month", "quarter", "year")
_WORDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_NAMES = {
    name: n
    for names, first in (("jan feb mar apr may jun jul aug sep oct nov dec", 1), ("sun mon tue wed thu fri sat", 0))
    for n, name in enumerate(names.split(), first)
}
_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


def grain(unit: str, settings: Settings) -> Grain:
    """A bucket size in the project's reporting zone."""
    return Grain(unit, settings.timezone, settings.week_start, settings.fiscal_year_start)


def unit_of(
    declared: str | None, schedule: str | None, *, truncated: tuple[str, ...] = (), uses_current_date: bool = False
) -> str:
    """The unit of a KPI's buckets: declared, else what its text truncates to, else day, else the schedule's."""
    if declared is not None:
        return declared
    known = [unit for unit in UNITS if unit in truncated]
    if known:
        return known[0]
    return "day" if uses_current_date else of_schedule(schedule or "0 0 * * *")


@lru_cache(maxsize=256)
def of_schedule(schedule: str) -> str:
    """The smallest unit that is not shorter than the shortest gap between two ticks; gaps over a year: year."""
    gap = _shortest_gap(schedule)
    limits = (("hour", 60), ("day", 1440), ("week", 7 * 1440), ("month", 31 * 1440), ("quarter", 92 * 1440))
    return next((unit for unit, minutes in limits if gap <= minutes), "year")


def _shortest_gap(schedule: str) -> int:
    """In minutes, over the ticks of five years."""
    fields = _WORDS.get(schedule.strip().lower(), schedule).lower().split()
    minutes, hours, days, months, weekdays = (
        _expand(field, low, high) for field, (low, high) in zip(fields, _RANGES, strict=False)
    )
    ticks = sorted(hour * 60 + minute for hour in hours for minute in minutes)
    gaps = [b - a for a, b in pairwise(ticks)]
    either = not fields[2].startswith("*") and not fields[4].startswith("*")
    chosen = [d for d in _five_years() if d.month in months and _on(d, days, weekdays, either)]
    over_night = [(b - a).days * 1440 - ticks[-1] + ticks[0] for a, b in pairwise(chosen)]
    return min(gaps + over_night, default=366 * 1440)


def _five_years() -> list[date]:
    first = date(2023, 1, 1)
    return [first + timedelta(days=n) for n in range(5 * 366)]


def _on(day: date, days: set[int], weekdays: set[int], either: bool) -> bool:
    """cron's rule: with both fields restricted one of them is enough."""
    weekday = day.isoweekday() % 7 in {w % 7 for w in weekdays}
    return (day.day in days or weekday) if either else (day.day in days and weekday)


def _expand(field: str, low: int, high: int) -> set[int]:
    found: set[int] = set()
    for part in field.split(","):
        body, _, step = part.partition("/")
        first, _, last = body.partition("-")
        if body == "*":
            start, stop = low, high
        else:
            start = _number(first)
            stop = _number(last) if last else (high if step else start)
        found.update(range(start, stop + 1, int(step or 1)))
    return found


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else _NAMES[text[:3]]


def whole_span(length: Duration, unit: str) -> Span | None:
    """A window's length for buckets of a unit; None when it is no whole number of them."""
    if unit == "hour":
        return _whole_hours(length)
    if length.seconds is not None:
        days, rest = divmod(length.seconds, 86400)
        if length.unit not in ("day", "week") or rest:
            return None
        if unit == "day":
            return Span(days, "day")
        return Span(days // 7, "week") if unit == "week" and days % 7 == 0 else None
    months = length.months or 0
    if unit == "day":
        return Span(months, "month")
    each = MONTHS.get(unit)
    return Span(months, "month") if each is not None and months % each == 0 else None


def _whole_hours(length: Duration) -> Span | None:
    if length.unit in ("second", "minute"):
        hours, rest = divmod(length.seconds or 0, 3600)
        return None if rest else Span(hours, "hour")
    return Span(length.n, length.unit)


def nests(fine: str, coarse: str) -> bool:
    """Whether each bucket of the fine unit lies in one bucket of the coarse one."""
    if fine == coarse:
        return True
    if coarse == "week":
        return fine in ("hour", "day")
    order = ("hour", "day", "month", "quarter", "year")
    fiscal = {"fiscal_quarter": "quarter", "fiscal_year": "year"}
    if fine in fiscal:
        return coarse == "fiscal_year"
    if fine == "week":
        return False
    if coarse in fiscal:
        return fine in ("hour", "day", "month")
    return fine in order and coarse in order and order.index(fine) < order.index(coarse)


def common_unit(units: tuple[str, ...]) -> str | None:
    """The finest unit into which all of these nest; None when there is none."""
    for unit in (*UNITS, "fiscal_quarter", "fiscal_year"):
        if all(nests(each, unit) for each in units):
            return unit
    return None
