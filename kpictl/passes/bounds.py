"""The range of buckets that a relation is asked for, as scalars: instants, and the local dates between them."""

from __future__ import annotations

from kpictl.ir.relations import Grain, Span
from kpictl.ir.scalars import Scalar
from kpictl.kinds import buckets
from kpictl.kinds.build import FROM, TO, add, call
from kpictl.records import dataclass

_HOUR = 3_600_000_000
"""Microseconds of the longest bucket of an hour."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """`start` and `stop` are the half-open range of instants, `first` the first date in it and `last` the last one."""

    start: Scalar
    stop: Scalar
    first: Scalar
    last: Scalar

    def holds(self, time: Scalar, zone: str) -> tuple[Scalar, ...]:
        """The conditions under which an event time lies in the range."""
        if _is_date(time):
            return call("ge", time, self.first), call("le", time, self.last)
        return call("ge", time, self.start), call("lt", time, self.stop)

    def from_date(self, first: Scalar, grain: Grain) -> Bounds:
        """The same end, but from the first instant of an earlier date on."""
        return Bounds(buckets.date_start(first, grain.zone), self.stop, first, self.last)

    def from_instant(self, start: Scalar, grain: Grain) -> Bounds:
        """The same end, but from an earlier instant on."""
        return Bounds(start, self.stop, buckets.local_date(start, grain.zone), self.last)

    def shifted(self, grain: Grain, span: Span) -> Bounds:
        """The buckets that these read when each looks a span back."""
        if not buckets.is_dated(grain):
            return self._hours_shifted(grain, span)
        first = buckets.floor_date(buckets.back(self.first, span), grain)
        last = buckets.back(buckets.floor_date(self.last, grain), span)
        after = buckets.next_key(buckets.floor_date(last, grain), grain)
        return Bounds(buckets.start(first, grain), buckets.start(after, grain), first, add(after, days=-1))

    def _hours_shifted(self, grain: Grain, span: Span) -> Bounds:
        """Hours are looked up by elapsed time, or by the wall clock: then within the whole days that they lie in."""
        if span.unit == "hour":
            start = buckets.earlier(self.start, span, grain)
            stop = add(buckets.earlier(add(self.stop, micros=-1), span, grain), micros=_HOUR)
            return Bounds(
                start, stop, buckets.local_date(start, grain.zone), buckets.last_visible_date(stop, grain.zone)
            )
        first, last = buckets.back(self.first, span), buckets.back(self.last, span)
        after = buckets.date_start(add(last, days=1), grain.zone)
        return Bounds(buckets.date_start(first, grain.zone), after, first, last)


def asked(grain: Grain) -> Bounds:
    """The range that the parameters `from` and `to` give."""
    return Bounds(FROM, TO, buckets.local_date(FROM, grain.zone), buckets.last_visible_date(TO, grain.zone))


def _is_date(time: Scalar) -> bool:
    return time.type.kind.value == "date"
