"""Exact buckets of time in a reporting zone: where they begin and end, what they are called, how texts name an instant.

Buckets are half-open intervals of instants in UTC, they never overlap and leave no gap. A day begins at the first instant of
its local date, which need not read 00:00; longer buckets begin with their first day. Hours are floored on UTC plus offset and
cut where the offset changes. A date that a zone skipped (Apia, 2011-12-30) has no bucket.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

UNITS = ("hour", "day", "week", "month", "quarter", "year", "fiscal_quarter", "fiscal_year")
_MONTHS = {"month": 1, "quarter": 3, "year": 12, "fiscal_quarter": 3, "fiscal_year": 12}
_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
_FORM = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?\s?(Z|[+-]\d{2}:?\d{2})?)?", re.ASCII)
_HOUR = timedelta(hours=1)
MICROSECOND = timedelta(microseconds=1)


class Calendar:
    """The buckets of one zone, week start and fiscal year; made by `calendar`, which keeps one of each."""

    def __init__(self, zone: str, week_start: int, fiscal_start: int) -> None:
        self.zone = zone
        self._info = ZoneInfo(zone)
        self._week_start = week_start
        self._fiscal_start = fiscal_start
        self._days: dict[int, datetime] = {}

    @property
    def tzinfo(self) -> ZoneInfo:
        """The zone's rules."""
        return self._info

    def floor(self, instant: datetime, unit: str) -> datetime:
        """The start, in UTC, of the bucket that holds an instant."""
        if unit == "hour":
            return self._hour(instant)[0]
        return self._start(self._floor_date(self.local_date(instant), unit))

    def next(self, start: datetime, unit: str) -> datetime:
        """The end of the bucket that holds an instant, which is the next one's start."""
        if unit == "hour":
            return self._hour(start)[1]
        begins = self._floor_date(self.local_date(start), unit)
        while True:
            begins = self._after(begins, unit)
            found = self._start(begins)
            if found > start:
                return found

    def previous(self, start: datetime, unit: str) -> datetime:
        """The start of the bucket before the one that holds an instant."""
        return self.floor(self.floor(start, unit) - MICROSECOND, unit)

    def spine(self, first: datetime, stop: datetime, unit: str) -> Iterator[datetime]:
        """The starts of the buckets from the one that holds `first`, as long as they begin before `stop`."""
        at = self.floor(first, unit)
        while at < stop:
            yield at
            at = self.next(at, unit)

    def label(self, start: datetime, unit: str) -> str:
        """What people call the bucket: `2024-06-30`, `2024-W26`, `2024-06`, `2024-Q2`, `2024`, `2024-06-30T14:00+02:00`.

        Weeks bear the ISO number that most of their days have; fiscal years are named after the year in which they end.
        """
        if unit == "hour":
            return start.astimezone(self._info).isoformat(timespec="minutes")
        day = self._floor_date(self.local_date(start), unit)
        match unit:
            case "day":
                return day.isoformat()
            case "week":
                year, number, _ = (day + timedelta(days=3)).isocalendar()
                return f"{year:04d}-W{number:02d}"
            case "month":
                return f"{day.year:04d}-{day.month:02d}"
            case "quarter":
                return f"{day.year:04d}-Q{(day.month + 2) // 3}"
            case "year":
                return f"{day.year:04d}"
        months = (day.month - self._fiscal_start) % 12
        year = (day.year if day.month >= self._fiscal_start else day.year - 1) + (self._fiscal_start > 1)
        return f"FY{year:04d}" if unit == "fiscal_year" else f"FY{year:04d}-Q{months // 3 + 1}"

    def local_date(self, instant: datetime) -> date:
        """The calendar date whose day bucket holds an instant."""
        day = instant.astimezone(self._info).date()
        # Clocks that go back over midnight (St. John's until 2011) read yesterday's date again after the day has begun.
        if self.day_start(following := day + timedelta(days=1)) <= instant:
            return following
        return day

    def day_start(self, day: date) -> datetime:
        """The first instant of a local date; of a skipped date, the first instant after it."""
        known = self._days.get(day.toordinal())
        if known is None:
            known = self._days[day.toordinal()] = self._first_instant(day)
        return known

    def shift(self, instant: datetime, n: int, unit: str) -> datetime:
        """An instant moved by a calendar length: the same local time n units away, month ends clamped."""
        if unit in _SECONDS:
            return instant + timedelta(seconds=n * _SECONDS[unit])
        local = instant.astimezone(self._info).replace(tzinfo=None, fold=0)
        if unit in _MONTHS:
            moved = datetime.combine(_add_months(local.date(), n * _MONTHS[unit]), local.time())
        else:
            moved = local + timedelta(days=n * (7 if unit == "week" else 1))
        return self.day_start(moved.date()) if local.time() == datetime.min.time() else self.instant(moved)

    def instant(self, wall: datetime) -> datetime:
        """The instant of a wall clock time: a repeated one is the later instant, a skipped one moves forward."""
        later = wall.replace(tzinfo=self._info, fold=1)
        if later.astimezone(UTC).astimezone(self._info).replace(tzinfo=None, fold=0) == wall.replace(fold=0):
            return later.astimezone(UTC)
        return wall.replace(tzinfo=self._info, fold=0).astimezone(UTC)

    def parse(self, text: str) -> datetime | None:
        """The instant that a text spells: a date is its first instant here, a time without a zone is read here."""
        form = text.strip()
        if not _FORM.fullmatch(form):
            return None
        try:
            if len(form) == 10:
                return self.day_start(date.fromisoformat(form))
            read = datetime.fromisoformat(form.replace(" +", "+").replace(" Z", "Z"))
            return self.instant(read) if read.tzinfo is None else read.astimezone(UTC)
        except (ValueError, OverflowError):
            return None

    def _start(self, day: date) -> datetime:
        return self.day_start(day)

    def _first_instant(self, day: date) -> datetime:
        midnight = datetime(day.year, day.month, day.day, tzinfo=self._info).astimezone(UTC)
        if midnight.astimezone(self._info).date() < day or not self._reads(midnight - MICROSECOND, day):
            return midnight
        # The clocks jumped over this midnight: the day begins where they did.
        return self._change(midnight - timedelta(days=1), midnight)

    def _reads(self, instant: datetime, day: date) -> bool:
        return instant.astimezone(self._info).date() >= day

    def _hour(self, instant: datetime) -> tuple[datetime, datetime]:
        offset = self._offset(instant)
        local = (instant + offset).replace(minute=0, second=0, microsecond=0)
        start, stop = local - offset, local - offset + _HOUR
        if self._offset(start) != offset:
            start = self._change(start, instant)
        if self._offset(stop - MICROSECOND) != offset:
            stop = self._change(instant, stop - MICROSECOND)
        return start, stop

    def _offset(self, instant: datetime) -> timedelta:
        found = instant.astimezone(self._info).utcoffset()
        assert found is not None
        return found

    def _change(self, low: datetime, high: datetime) -> datetime:
        """The first instant, in whole seconds, at which the offset is that of `high`; it is another one at `low`."""
        after = self._offset(high)
        first, last = int(low.timestamp()), -(-int(high.timestamp() * 1_000_000) // 1_000_000)
        while last - first > 1:
            middle = (first + last) // 2
            if self._offset(datetime.fromtimestamp(middle, UTC)) == after:
                last = middle
            else:
                first = middle
        return datetime.fromtimestamp(last, UTC)

    def _floor_date(self, day: date, unit: str) -> date:
        if unit == "day":
            return day
        if unit == "week":
            return day - timedelta(days=(day.weekday() - self._week_start) % 7)
        moved = self._fiscal_start - 1 if unit.startswith("fiscal") else 0
        months = day.year * 12 + day.month - 1 - moved
        months -= months % _MONTHS[unit]
        return date((months + moved) // 12, (months + moved) % 12 + 1, 1)

    def _after(self, day: date, unit: str) -> date:
        if unit in _MONTHS:
            return _add_months(day, _MONTHS[unit])
        return day + timedelta(days=7 if unit == "week" else 1)


@lru_cache(maxsize=64)
def calendar(zone: str = "UTC", week_start: int = 0, fiscal_start: int = 1) -> Calendar:
    """The calendar of a zone (one object each, which remembers the days it has looked up)."""
    return Calendar(zone, week_start, fiscal_start)


def _add_months(day: date, n: int) -> date:
    months = day.year * 12 + day.month - 1 + n
    year, month = months // 12, months % 12 + 1
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, min(day.day, (following - timedelta(days=1)).day))
