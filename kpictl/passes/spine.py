"""The spine: one row a bucket of the asked range, from the calendar and not from data."""

from __future__ import annotations

from kpictl.ir.query import Derived, Output, Query, Relation, Select, Series
from kpictl.ir.relations import Grain
from kpictl.ir.scalars import Call, Col, Interval, Lit, Over, Scalar, SortKey
from kpictl.kinds import buckets
from kpictl.kinds.build import AS_OF, add, call, lit
from kpictl.model.types import DATE, INTERVAL, TIMESTAMPTZ
from kpictl.passes.bounds import Bounds
from kpictl.records import dataclass
from kpictl.sql.walk import Node, rebuild

QUARTER_HOUR = 900_000_000


@dataclass(frozen=True, slots=True)
class Spine:
    """The relation to read, the column that holds a bucket's key, and what is known about each bucket."""

    relation: Relation
    key: Col
    grain: Grain
    bounds: Bounds

    @property
    def end(self) -> Scalar:
        """The instant before which rows are visible to a bucket."""
        if not buckets.is_dated(self.grain):
            return Col("ends", self.key.table, TIMESTAMPTZ)
        return call("least", buckets.start(buckets.next_key(self.key, self.grain), self.grain), self.bounds.stop)

    def last_date(self, visible: Scalar) -> Scalar:
        """The last date of a bucket, at most a given one."""
        if self.grain.unit == "day":
            return self.key
        return call("least", add(buckets.next_key(self.key, self.grain), days=-1), visible)

    def last_within(self, fine: Grain) -> Scalar:
        """The key of the last bucket of a finer grain in a bucket, as far as rows are visible."""
        if buckets.is_dated(fine):
            return buckets.floor_date(self.last, fine)
        return call("bucket_start", add(self.end, micros=-1), lit(fine.unit), lit(fine.zone), lit(0))

    @property
    def last(self) -> Scalar:
        """The last date whose rows are visible to a bucket."""
        if not buckets.is_dated(self.grain):
            return buckets.last_visible_date(self.end, self.grain.zone)
        return self.last_date(self.bounds.last)

    def before_end(self, time: Scalar) -> Scalar:
        """Whether an event time is visible to a bucket."""
        if time.type == DATE:
            return call("le", time, self.last)
        return call("lt", time, self.end)

    def as_of(self, scalar: Scalar) -> Scalar:
        """A scalar in which NOW() and CURRENT_DATE are those of the bucket."""
        today = Call("local_date", (AS_OF, lit(self.grain.zone)), DATE)
        now = call("least", add(self.end, micros=-1), AS_OF)

        dated = buckets.is_dated(self.grain)

        def visit(node: Node) -> Node:
            # Top down: the date goes as a whole, before the instant inside of it is seen.
            if dated and node == today:
                return self.last_date(today)
            return now if node == AS_OF else rebuild(node, visit)

        replaced: Scalar = visit(scalar)
        return replaced


def spine(grain: Grain, bounds: Bounds, alias: str, column: str) -> Spine:
    """The buckets of a range. Days and longer are dates of the calendar, hours are cut from quarters of an hour."""
    if buckets.is_dated(grain):
        key = Col(column, alias, DATE)
        first = buckets.floor_date(bounds.first, grain)
        return Spine(Series(first, bounds.last, Lit(_step(grain), INTERVAL), alias, column), key, grain, bounds)
    return Spine(Derived(_hours(grain, bounds, column), alias), Col(column, alias, TIMESTAMPTZ), grain, bounds)


def _step(grain: Grain) -> Interval:
    if grain.unit in buckets.MONTHS:
        return Interval(months=buckets.MONTHS[grain.unit])
    return Interval(days=7 if grain.unit == "week" else 1)


def _hours(grain: Grain, bounds: Bounds, column: str) -> Query:
    """Every hour with its end. An hour that a change of offset cuts is two; the end is the next one's start."""
    step = Lit(Interval(micros=QUARTER_HOUR), INTERVAL)
    quarters = Series(bounds.start, add(bounds.stop, micros=-1), step, "quarters", "quarter")
    start = buckets.key(Col("quarter", "quarters", TIMESTAMPTZ), grain)
    hours = Query(Select((Output(column, start),), quarters, distinct=True))
    key = Col(column, "starts", TIMESTAMPTZ)
    lead = Over(Call("lead", (key, lit(1)), TIMESTAMPTZ), (), (SortKey(key),), None, TIMESTAMPTZ)
    ends = Call("coalesce", (lead, bounds.stop), TIMESTAMPTZ)
    return Query(Select((Output(column, key), Output("ends", ends)), Derived(hours, "starts")))
