"""Which buckets are partial because a window that they read, now or some lags back, begins before the first bucket."""

from __future__ import annotations

from datetime import datetime

from kpictl.ir.relations import Span
from kpictl.kinds.lowered import WindowRead
from kpictl.model.calendar import Calendar
from kpictl.plan.state import Range


def partial(of: Calendar, unit: str, first: datetime, read: WindowRead) -> Range:
    """The starts of the buckets of a unit, as a half-open range that may be empty; `first` is the window's first bucket.

    At a coarser grain than its own a number is the closing one, so a bucket is partial where its last one is.
    """
    start, stop = first, max(first, _whole_from(of, first, read))
    if unit != read.unit:
        start, stop = of.floor(start, unit), of.floor(stop, unit)
    for lag in read.lags:
        start, stop = _reading(of, unit, start, lag), _reading(of, unit, stop, lag)
    return start, stop


def _whole_from(of: Calendar, first: datetime, read: WindowRead) -> datetime:
    """The first bucket whose window, or whose period to date, lies wholly after the first bucket."""
    if read.to_date is not None:
        begin = of.floor(first, read.to_date)
        return first if begin == first else of.next(begin, read.to_date)
    if read.window is None:
        return first
    # The window of the bucket [s, e) is (e - n, e]: it is whole once e - n is not before the first bucket.
    whole = of.shift(first, read.window.n, read.window.unit)
    found = of.floor(whole, read.unit)
    return of.previous(found, read.unit) if found == whole else found


def _reading(of: Calendar, unit: str, start: datetime, lag: Span) -> datetime:
    """The first bucket that reads, a lag back, the bucket at `start` or a later one: month ends clamp, several read one."""

    def back(bucket: datetime) -> datetime:
        return of.floor(of.shift(bucket, -lag.n, lag.unit), unit)

    found = of.floor(of.shift(start, lag.n, lag.unit), unit)
    while back(found) < start:
        found = of.next(found, unit)
    while back(before := of.previous(found, unit)) >= start:
        found = before
    return found
