"""Time: instants are aware, wall clocks naive. Day and longer units begin at the first instant of the local day."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from kpictl.ir.reference.numbers import Number, decimal_of
from kpictl.ir.scalars import Interval

Time = date | datetime
_EPOCH = datetime(1970, 1, 1)
_SMALL = {
    "microsecond": timedelta(microseconds=1),
    "millisecond": timedelta(milliseconds=1),
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
}
_TICK = timedelta(microseconds=1)


# -- zones
def to_local(t: datetime, zone: str) -> datetime:
    return t.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def to_instant(t: datetime, zone: str) -> datetime:
    """A repeated wall time is the later instant, a skipped one moves forward by the length of the gap."""
    local = t.replace(tzinfo=ZoneInfo(zone))
    later = local.replace(fold=1).astimezone(UTC)
    return later if to_local(later, zone) == t else local.replace(fold=0).astimezone(UTC)


def local_date(t: datetime, zone: str) -> date:
    return to_local(t, zone).date()


@lru_cache(maxsize=4096)
def first_instant(day: date, zone: str) -> datetime:
    """The first instant whose local date is the day (or later, where the zone skipped the day)."""
    low = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=2)
    high = low + timedelta(days=4)
    step = timedelta(minutes=15)
    t = low
    while t < high and local_date(t, zone) < day:
        t += step
    return _change(t - step, t, lambda x: local_date(x, zone) >= day)


def _change(before: datetime, after: datetime, holds) -> datetime:  # type: ignore[no-untyped-def]
    """The first instant at which something begins to hold, between two at which it does not and does."""
    while after - before > _TICK:
        middle = before + (after - before) // 2
        if holds(middle):
            after = middle
        else:
            before = middle
    return after


def _offset(t: datetime, zone: str) -> timedelta:
    return to_local(t, zone) - t.replace(tzinfo=None)


# -- floors
def floor_date(day: date, unit: str, week_start: int = 0) -> date:
    """First date of the week, month, quarter or year."""
    if unit == "week":
        return day - timedelta(days=(day.weekday() - week_start) % 7)
    if unit == "month":
        return day.replace(day=1)
    if unit == "quarter":
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(month=1, day=1) if unit == "year" else day


def _floor_wall(t: datetime, unit: str, week_start: int) -> datetime:
    if unit in _SMALL:
        return t - (t - _EPOCH) % _SMALL[unit]
    day = floor_date(t.date(), unit, week_start)
    return datetime(day.year, day.month, day.day)


def time_floor(t: Time, unit: str, zone: str | None, week_start: int) -> Time:
    if not isinstance(t, datetime):
        return floor_date(t, unit, week_start)
    if t.tzinfo is None:
        return _floor_wall(t, unit, week_start)
    t = t.astimezone(UTC)
    name = zone or "UTC"
    return _floor_small(t, unit, name) if unit in _SMALL else _floor_days(t, unit, name, week_start)


def _floor_small(t: datetime, unit: str, zone: str) -> datetime:
    """Floored on UTC plus offset, and cut where the offset changes."""
    offset = _offset(t, zone)
    start = (_floor_wall(t.replace(tzinfo=None) + offset, unit, 0) - offset).replace(tzinfo=UTC)
    if _offset(start, zone) == offset:
        return start
    return _change(start, t, lambda x: _offset(x, zone) == offset)


def _floor_days(t: datetime, unit: str, zone: str, week_start: int) -> datetime:
    day = local_date(t, zone)
    if first_instant(day + timedelta(days=1), zone) <= t:
        day += timedelta(days=1)
    return first_instant(floor_date(day, unit, week_start), zone)


def bucket_start(t: Time, unit: str, zone: str, week_start: int) -> datetime:
    if not isinstance(t, datetime):
        return first_instant(floor_date(t, unit, week_start), zone)
    floored = time_floor(t, unit, zone, week_start)
    assert isinstance(floored, datetime)
    return floored


# -- calendar arithmetic
def add_months(day: date, months: int) -> date:
    """The same day of another month, clamped to its end."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def add_interval(t: Time, months: int, days: int, micros: int) -> Time:
    if not isinstance(t, datetime):
        return add_months(t, months) + timedelta(days=days)
    day = add_months(t.date(), months) + timedelta(days=days)
    return datetime.combine(day, t.timetz()) + timedelta(microseconds=micros)


def add_interval_in(t: datetime, months: int, days: int, micros: int, zone: str) -> datetime:
    wall = add_interval(to_local(t, zone), months, days, 0)
    assert isinstance(wall, datetime)
    same = months == 0 and days == 0
    return (t if same else to_instant(wall, zone)) + timedelta(microseconds=micros)


def date_diff(a: date, b: date) -> int:
    return (a - b).days


def seconds_between(a: datetime, b: datetime) -> float:
    return (a - b) // _TICK / 1e6


def interval_between(a: datetime, b: datetime) -> Interval:
    return Interval(micros=(a - b) // _TICK)


def _stamp(t: Time) -> datetime:
    return t if isinstance(t, datetime) else datetime(t.year, t.month, t.day)


def age(a: Time, b: Time) -> Interval:
    """Field by field, borrowing days from the month of the earlier one, as Postgres does."""
    first, last = _stamp(b), _stamp(a)
    sign = 1
    if last < first:
        first, last, sign = last, first, -1
    day_micros = 86_400_000_000
    clock = (_clock(last) - _clock(first)) // _TICK
    days = last.day - first.day
    months = (last.year - first.year) * 12 + last.month - first.month
    if clock < 0:
        clock, days = clock + day_micros, days - 1
    if days < 0:
        days, months = days + calendar.monthrange(first.year, first.month)[1], months - 1
    return Interval(sign * months, sign * days, sign * clock)


def _clock(t: datetime) -> timedelta:
    return t - t.replace(hour=0, minute=0, second=0, microsecond=0)


def make_interval(months: int, days: int, micros: int) -> Interval:
    return Interval(months, days, micros)


def interval_add(a: Interval, b: Interval) -> Interval:
    return Interval(a.months + b.months, a.days + b.days, a.micros + b.micros)


def interval_scale(a: Interval, n: Number) -> Interval:
    """Fractions of a month go to its 30 days, of a day to its 24 hours."""
    factor = decimal_of(n)
    months = a.months * factor
    days = a.days * factor + (months - int(months)) * 30
    micros = a.micros * factor + (days - int(days)) * 86_400_000_000
    return Interval(int(months), int(days), int(micros.to_integral_value()))


def interval_seconds(x: Interval) -> float:
    sign = -1 if x.months < 0 else 1
    years, months = divmod(abs(x.months), 12)
    days = sign * (years * 365.25 + months * 30) + x.days
    return days * 86400 + x.micros / 1e6


def interval_part(x: Interval, unit: str) -> int:
    whole, sign = (x.months, 1) if x.months >= 0 else (-x.months, -1)
    if unit in ("years", "months"):
        return sign * (whole // 12 if unit == "years" else whole % 12)
    if unit == "days":
        return x.days
    minutes = abs(x.micros) // 60_000_000 * (-1 if x.micros < 0 else 1)
    hours = abs(minutes) // 60 * (-1 if minutes < 0 else 1)
    return hours if unit == "hours" else minutes - hours * 60


# -- parts
def part(t: Time, unit: str) -> int:
    stamp = _stamp(t)
    year, week, weekday = stamp.isocalendar()
    return {
        "year": stamp.year,
        "quarter": (stamp.month - 1) // 3 + 1,
        "month": stamp.month,
        "week": week,
        "isoyear": year,
        "day": stamp.day,
        "dow": weekday % 7,
        "isodow": weekday,
        "doy": stamp.timetuple().tm_yday,
        "hour": stamp.hour,
        "minute": stamp.minute,
    }[unit]


def second(t: Time) -> float:
    stamp = _stamp(t)
    return (stamp.second * 1_000_000 + stamp.microsecond) / 1e6


def epoch(t: Time) -> float:
    stamp = _stamp(t)
    naive = stamp.astimezone(UTC).replace(tzinfo=None) if stamp.tzinfo is not None else stamp
    return (naive - _EPOCH) // _TICK / 1e6


def from_epoch(x: Number) -> datetime:
    micros = int((decimal_of(x) * 1_000_000).to_integral_value())
    return _EPOCH.replace(tzinfo=UTC) + timedelta(microseconds=micros)


def make_timestamp(year: int, month: int, day: int, hour: int, minute: int, seconds: Number) -> datetime:
    micros = int((decimal_of(seconds) * 1_000_000).to_integral_value())
    return datetime(year, month, day, hour, minute) + timedelta(microseconds=micros)


def last_day(t: Time) -> date:
    day = t.date() if isinstance(t, datetime) else t
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def months_between(a: Time, b: Time) -> int:
    return age(a, b).months
