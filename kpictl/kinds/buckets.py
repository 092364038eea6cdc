"""Bucket arithmetic as canonical scalars: the local key of a bucket, its start, and what lies before an instant.

Buckets of a day and longer are keyed by the date on which they start in the reporting zone, hours by their instant.
Keys are cheap to group by, and one function of the calendar (`bucket_start`) turns them into instants outside.
"""

from __future__ import annotations

from kpictl.ir.relations import Grain, Span
from kpictl.ir.scalars import Lit, Scalar
from kpictl.kinds.build import add, call, lit
from kpictl.model.types import DATE, TEXT, TIMESTAMPTZ, Kind

MONTHS = {"month": 1, "quarter": 3, "year": 12, "fiscal_quarter": 3, "fiscal_year": 12}
NO_ZONE = Lit(None, TEXT)
"""A date has no zone."""
_PLAIN = {"fiscal_quarter": "quarter", "fiscal_year": "year"}


def is_dated(grain: Grain) -> bool:
    """Whether buckets are keyed by a date (a day and longer) and not by an instant (an hour)."""
    return grain.unit != "hour"


def local_date(instant: Scalar, zone: str) -> Scalar:
    """The calendar date of an instant in a zone."""
    return call("local_date", instant, lit(zone))


def last_visible_date(bound: Scalar, zone: str) -> Scalar:
    """The last date whose start is before an instant."""
    return local_date(add(bound, micros=-1), zone)


def key(time: Scalar, grain: Grain) -> Scalar:
    """The key of the bucket that holds an event time of the asked range (a date of the reporting zone, or an instant)."""
    if not is_dated(grain):
        return call("bucket_start", time, lit(grain.unit), lit(grain.zone), lit(0))
    date = time if time.type.kind is Kind.DATE else call("bucket_date", time, lit(grain.zone))
    return floor_date(date, grain)


def floor_date(date: Scalar, grain: Grain) -> Scalar:
    """The first date of the unit that holds a date."""
    if grain.unit == "day":
        return date
    unit = _PLAIN.get(grain.unit)
    if unit is None:
        return call("time_floor", date, lit(grain.unit), NO_ZONE, lit(_week_start(grain, grain.unit)), type=DATE)
    moved = grain.fiscal_start - 1
    floored = call("time_floor", add(date, -moved), lit(unit), NO_ZONE, lit(0), type=DATE)
    return add(floored, moved)


def _week_start(grain: Grain, unit: str) -> int:
    return grain.week_start if unit == "week" else 0


def next_key(key: Scalar, grain: Grain, buckets: int = 1) -> Scalar:
    """The key some buckets on, for buckets keyed by a date."""
    if grain.unit in MONTHS:
        return add(key, MONTHS[grain.unit] * buckets)
    return add(key, days=(7 if grain.unit == "week" else 1) * buckets)


def start(key: Scalar, grain: Grain) -> Scalar:
    """The instant at which a bucket begins."""
    return date_start(key, grain.zone) if is_dated(grain) else key


def date_start(date: Scalar, zone: str) -> Scalar:
    """The first instant of a date."""
    return call("bucket_start", date, lit("day"), lit(zone), lit(0))


def back(key: Scalar, span: Span) -> Scalar:
    """A date, or an hour's instant, moved back by a calendar length (month ends clamp)."""
    return moved(key, span, -1)


def moved(key: Scalar, span: Span, sign: int) -> Scalar:
    """A date moved by a calendar length, forwards (1) or backwards (-1)."""
    n = span.n * sign
    if span.unit in MONTHS:
        return add(key, MONTHS[span.unit] * n)
    if span.unit in ("day", "week"):
        return add(key, days=n * (7 if span.unit == "week" else 1))
    seconds = {"second": 1, "minute": 60, "hour": 3600}[span.unit]
    return add(key, micros=n * seconds * 1_000_000)


def moved_in(instant: Scalar, span: Span, sign: int, zone: str) -> Scalar:
    """An instant moved by a calendar length: hours as elapsed time, days and longer on the wall clock of a zone."""
    if span.unit in ("hour", "minute", "second"):
        return moved(instant, span, sign)
    months = MONTHS.get(span.unit, 0) * span.n * sign
    days = {"day": 1, "week": 7}.get(span.unit, 0) * span.n * sign
    return call("add_interval_in", instant, lit(months), lit(days), lit(0), lit(zone))


def earlier(key: Scalar, span: Span, grain: Grain) -> Scalar:
    """The key of the bucket that holds, a span before, the same local time as a bucket begins with."""
    if is_dated(grain):
        return floor_date(back(key, span), grain)
    return call("bucket_start", moved_in(key, span, -1, grain.zone), lit(grain.unit), lit(grain.zone), lit(0))


def before(time: Scalar, bound: Scalar, zone: str) -> Scalar:
    """Whether an event time lies before an instant; a date does when its first instant does."""
    if time.type.kind is Kind.DATE:
        return call("le", time, last_visible_date(bound, zone))
    return call("lt", time, bound)


def not_before(time: Scalar, bound: Scalar, zone: str) -> Scalar:
    """Whether an event time lies at or after an instant."""
    if time.type.kind is Kind.DATE:
        return call("gt", time, last_visible_date(bound, zone))
    return call("ge", time, bound)


def is_event_time(time: Scalar) -> bool:
    """Whether a scalar can be an event time of the ir: an instant, or a date of the reporting zone."""
    return time.type in (DATE, TIMESTAMPTZ)
