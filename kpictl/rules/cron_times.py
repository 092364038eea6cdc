"""What a readable cron expression says: its values by field, whether it ever fires, how far apart its ticks are."""

from __future__ import annotations

from functools import lru_cache

from kpictl.records import dataclass

_WORDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_MONTHS = dict(jan=1, feb=2, mar=3, apr=4, may=5, jun=6, jul=7, aug=8, sep=9, oct=10, nov=11, dec=12)  # noqa: C408
_DAYS = dict(sun=0, mon=1, tue=2, wed=3, thu=4, fri=5, sat=6)  # noqa: C408
_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class CronTimes:
    """The values of each field. `any_day` and `any_weekday` tell a `*`: only then does the other field alone decide."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    any_day: bool
    any_weekday: bool

    @property
    def fires(self) -> bool:
        """Whether there is any such day in four years."""
        if self.any_day or not self.any_weekday:
            return True
        return any(self.days[0] <= _LENGTHS[month - 1] for month in self.months)

    @property
    def shortest_gap(self) -> int:
        """Minutes between the two nearest ticks, at least: within an hour, a day, or a day when there is one a day."""
        if len(self.minutes) > 1:
            return min(b - a for a, b in zip(self.minutes, (*self.minutes[1:], self.minutes[0] + 60), strict=True))
        if len(self.hours) > 1:
            return 60 * min(b - a for a, b in zip(self.hours, (*self.hours[1:], self.hours[0] + 24), strict=True))
        return 24 * 60


@lru_cache(maxsize=4096)
def cron_times(text: str) -> CronTimes:
    """The values of an expression that `kpictl.model.cron` has found right."""
    fields = _WORDS.get(text, text).split()
    values = [_values(field, *_RANGES[n]) for n, field in enumerate(fields)]
    weekdays = tuple(sorted({day % 7 for day in values[4]}))
    return CronTimes(
        minutes=values[0],
        hours=values[1],
        days=values[2],
        months=values[3],
        weekdays=weekdays,
        any_day=fields[2].startswith("*"),
        any_weekday=fields[4].startswith("*"),
    )


def _values(field: str, low: int, high: int) -> tuple[int, ...]:
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        start = low if first == "*" else _number(first)
        stop = high if first == "*" or (step and not last) else _number(last or first)
        found.update(range(start, stop + 1, int(step or 1)))
    return tuple(sorted(found))


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else {**_MONTHS, **_DAYS}[text.lower()]
