"""Cron expressions: five fields or a short word; whether a text is one, and the wall times that it names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise

from kpictl.records import dataclass

WORDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7))
_NAMES = {
    "month": {name: n for n, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)},
    "day of week": {name: n for n, name in enumerate("sun mon tue wed thu fri sat".split())},
}
_PART = re.compile(r"(?:\*|(\w{1,3})(?:-(\w{1,3}))?)(?:/(\d{1,3}))?", re.ASCII)
_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAY = timedelta(days=1)
_LONGEST = 8 * 366 + 1
"""Days between two ticks at most: February 29th over a century that is no leap year."""
_SURVEYED = (date(2023, 1, 1), 5 * 366)


def cron_problem(text: str) -> tuple[int, int, str] | None:
    """What is wrong with a cron expression: a range of characters and a sentence; None when it is right."""
    if text in WORDS:
        return None
    fields = list(re.finditer(r"\S+", text))
    if len(fields) != len(FIELDS):
        return 0, len(text), f"a cron expression has 5 fields, this one has {len(fields)}"
    for (name, low, high), match in zip(FIELDS, fields, strict=True):
        if not all(_part_is_right(part, name, low, high) for part in match[0].split(",")):
            what = f"{match[0]!r} is no {name}: it takes {low} to {high}, *, ranges, lists and steps"
            return match.start(), match.end(), what
    return None


def five_fields(text: str) -> str:
    """An expression as five fields with one space between."""
    plain = " ".join(text.split()).lower()
    return WORDS.get(plain, plain)


@dataclass(frozen=True, slots=True)
class CronTimes:
    """The values of each field. `any_day` and `any_weekday` tell a `*`: only then does the other field alone decide."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    """0 is Sunday."""
    any_day: bool
    any_weekday: bool

    @property
    def fires(self) -> bool:
        """Whether there is any such day in four years."""
        if self.any_day or not self.any_weekday:
            return True
        return any(self.days[0] <= _LENGTHS[month - 1] for month in self.months)

    @property
    def every_hour(self) -> bool:
        """Whether it ticks in each hour of its days, so that an hour which comes twice counts twice."""
        return len(self.hours) == 24

    @property
    def shortest_gap(self) -> int:
        """Minutes between the two nearest ticks of five years; of one tick, a year."""
        ticks = [hour * 60 + minute for hour in self.hours for minute in self.minutes]
        first, number = _SURVEYED
        days = [day for day in (first + timedelta(days=n) for n in range(number)) if self._on(day)]
        over_night = ((b - a).days * 1440 - ticks[-1] + ticks[0] for a, b in pairwise(days))
        return min([b - a for a, b in pairwise(ticks)] + [min(over_night, default=366 * 1440)])

    def after(self, wall: datetime) -> Iterator[datetime]:
        """The wall times at or after one, in order; nothing where it never fires."""
        return (at for day in self._days(wall.date(), _DAY) for at in self._within(day) if at >= wall)

    def before(self, wall: datetime) -> Iterator[datetime]:
        """The wall times at or before one, backwards; nothing where it never fires."""
        return (at for day in self._days(wall.date(), -_DAY) for at in reversed(self._within(day)) if at <= wall)

    def _days(self, day: date, step: timedelta) -> Iterator[date]:
        quiet = 0
        while quiet < _LONGEST:
            quiet += 1
            if self._on(day):
                yield day
                quiet = 0
            day += step

    def _within(self, day: date) -> list[datetime]:
        return [datetime.combine(day, time(hour, minute)) for hour in self.hours for minute in self.minutes]

    def _on(self, day: date) -> bool:
        """cron's rule: with both fields restricted one of them is enough."""
        if day.month not in self.months:
            return False
        on_day, on_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return (on_day and on_weekday) if self.any_day or self.any_weekday else (on_day or on_weekday)


@lru_cache(maxsize=4096)
def cron_times(text: str) -> CronTimes:
    """The values of an expression that `cron_problem` has found right."""
    fields = five_fields(text).split()
    values = [_values(field, *about) for field, about in zip(fields, FIELDS, strict=True)]
    return CronTimes(
        minutes=values[0],
        hours=values[1],
        days=values[2],
        months=values[3],
        weekdays=tuple(sorted({day % 7 for day in values[4]})),
        any_day=fields[2].startswith("*"),
        any_weekday=fields[4].startswith("*"),
    )


def _values(field: str, name: str, low: int, high: int) -> tuple[int, ...]:
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        start = low if first == "*" else _number(first, name) or 0
        stop = high if first == "*" or (step and not last) else _number(last or first, name) or 0
        found.update(range(start, stop + 1, int(step or 1)))
    return tuple(sorted(found))


def _part_is_right(part: str, name: str, low: int, high: int) -> bool:
    match = _PART.fullmatch(part)
    if match is None or (match[3] is not None and not 1 <= int(match[3]) <= max(high, 1)):
        return False
    if match[1] is None:
        return True
    first = _number(match[1], name)
    last = first if match[2] is None else _number(match[2], name)
    return first is not None and last is not None and low <= first <= last <= high


def _number(text: str, name: str) -> int | None:
    return int(text) if text.isdecimal() else _NAMES.get(name, {}).get(text.lower())
