"""Which bucket size a KPI has: its own, its text's, or the smallest that its schedule can fill."""

from __future__ import annotations

from functools import lru_cache

from kpictl.ir.relations import Grain, Span
from kpictl.kinds.buckets import MONTHS
from kpictl.model.cron import cron_times
from kpictl.model.durations import Duration
from kpictl.model.project import Settings

UNITS = ("hour", "day", "week", "month", "quarter", "year")


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
    gap = cron_times(schedule).shortest_gap
    limits = (("hour", 60), ("day", 1440), ("week", 7 * 1440), ("month", 31 * 1440), ("quarter", 92 * 1440))
    return next((unit for unit, minutes in limits if gap <= minutes), "year")


_LEAST = {"hour": 60, "day": 1440, "week": 7 * 1440, "month": 28 * 1440, "quarter": 90 * 1440, "year": 365 * 1440}
"""Minutes of the shortest bucket of a unit, on the wall clock."""


def ticks_within(schedule: str, unit: str) -> bool:
    """Whether a schedule ticks inside buckets of a unit, not only between them: then the open one is looked at, too."""
    return cron_times(schedule).shortest_gap < _LEAST[unit.removeprefix("fiscal_")]


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


def not_whole(what: str, length: Duration, unit: str) -> tuple[str, list[str]]:
    """What is wrong with a length of time (`a window`, `a lag`) for buckets of a unit, and what to write instead."""
    message = f"{what} of {length} is no whole number of {plural(unit)}"
    return message, [f"write such as {_EXAMPLES[unit]}, or use a finer grain" if unit in _EXAMPLES else "write `3h`"]


def plural(unit: str) -> str:
    """Buckets of a unit, in words."""
    return f"{unit.replace('_', ' ')}s"


_EXAMPLES = {
    "day": "`7d` or `1 month`",
    "week": "`2w`",
    "month": "`3 months`",
    "quarter": "`2 quarters`",
    "fiscal_quarter": "`2 quarters`",
    "year": "`1 year`",
    "fiscal_year": "`1 year`",
}


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
