"""A series of calendar steps as a series of numbers, for engines whose own series counts each time from the first.

The contract steps from each time to the next, so that a day which a month lacks is lost to all that follow: from January 31 by
months come February 28 and March 28. Before: `generate_series(date '2026-01-31', stop, 1 month) AS g(m)`. After: `(SELECT CASE
WHEN n < 1 THEN date '2026-01-31' ELSE date '2026-01-28' END + n * 1 month AS m FROM generate_series(0, ..) AS s(n) WHERE .. <=
stop) AS g`. A first date that every month has, stepped in months alone, needs no rewrite where an engine can step dates. Steps of
months and days, and those from a day that is not known, have no such form: `uneven_series` tells of them.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

from kpictl.ir.query import Derived, Output, Query, Select, Series
from kpictl.ir.scalars import Agg, Call, Case, Cast, Col, Interval, Lit, Scalar, ScalarQuery
from kpictl.kinds.build import call, lit
from kpictl.model.types import INTEGER, TEXT, TIMESTAMP, Kind
from kpictl.passes.targets.nest import Names, each_query
from kpictl.sql.walk import Node, find, holds

_EVERY_MONTH_HAS = 28
_LAST_YEAR = 9999


def series_by_number(query: Query) -> Query:
    """`query` without series of months, except from a constant date that every month has."""
    return _changed(query, _needs)


def uneven_series_by_number(query: Query) -> Query:
    """`query` without series of months from a constant day that not every month has."""
    return _changed(query, lambda series: _is_constant(series.start) and not _in_every_month(series.start))


def uneven_series(query: Query) -> Iterator[Series]:
    """The series of months that have no form by number: from a day that may be the 29th or later, or by days beside months."""
    for series in find(query, Series):
        if _months_of(series) and not (_in_months_alone(series) and _in_every_month(series.start)):
            yield series


def _changed(query: Query, needs: Callable[[Series], bool]) -> Query:
    if not holds(query, Series):
        return query

    def change(each: Query, names: Names) -> Query:
        def visit(node: Node) -> Node:
            if not isinstance(node, Series) or not _in_months_alone(node) or not needs(node):
                return node
            known = _is_constant(node.start) or _in_every_month(node.start)
            return _numbered(node, names) if known else node

        select = each.body
        if not isinstance(select, Select):
            return each
        source = None if select.source is None else visit(select.source)
        joins = tuple(replace(j, relation=visit(j.relation)) for j in select.joins)
        if source is select.source and all(
            new.relation is old.relation for new, old in zip(joins, select.joins, strict=True)
        ):
            return each
        return replace(each, body=replace(select, source=source, joins=joins))

    return each_query(query, change)


def _months_of(series: Series) -> int:
    """The months of its step."""
    step = series.step.value if isinstance(series.step, Lit) else None
    return step.months if isinstance(step, Interval) else 0


def _in_months_alone(series: Series) -> bool:
    months = _months_of(series)
    return months != 0 and isinstance(series.step, Lit) and series.step.value == Interval(months=months)


def _needs(series: Series) -> bool:
    if any(any(find(end, Col, queries=False)) for end in (series.start, series.stop)):
        return False
    return series.start.type.kind is not Kind.DATE or not _in_every_month(series.start)


def _is_constant(start: Scalar) -> bool:
    return isinstance(start, Lit) and isinstance(start.value, date)


def _in_every_month(start: Scalar) -> bool:
    """Whether it is a day that every month has, in UTC: a constant one, the first of a month, or such a one some months on."""
    match start:
        case Lit(value=datetime() as value):
            return _in_utc(value).day <= _EVERY_MONTH_HAS
        case Lit(value=date() as value):
            return value.day <= _EVERY_MONTH_HAS
        case Call(fn="time_floor", args=(_, Lit(value=unit), zone, *_)):
            local = start.type.kind is Kind.TIMESTAMPTZ and not (isinstance(zone, Lit) and zone.value == "UTC")
            return unit in ("month", "quarter", "year") and not local
        case Call(fn="add_interval", args=(moved, _, Lit(value=0), Lit(value=0))):
            return _in_every_month(moved)
        case Call(
            fn="add_interval", args=(Call(fn="time_floor") as floored, Lit(value=0), Lit(value=int() as days), _)
        ):
            return 0 <= days < _EVERY_MONTH_HAS and _in_every_month(floored)
        case Call(fn="make_date", args=(_, _, Lit(value=int() as day))):
            return day <= _EVERY_MONTH_HAS
        case Call(fn="date_of", args=(moment,)) | Cast(arg=moment):
            return moment.type.is_temporal and _in_every_month(moment)
        case Call(fn="to_local" | "to_instant" | "local_date", args=(moment, Lit(value="UTC"))):
            return _in_every_month(moment)
        case Call(fn="bucket_start", args=(moment, Lit(value="day"), Lit(value="UTC"), _)):
            return _in_every_month(moment)
        case Agg(fn="min" | "max", args=(moment,)):
            return _in_every_month(moment)
        case Call(fn="coalesce" | "least" | "greatest", args=given):
            return all(map(_in_every_month, given))
        case ScalarQuery(query=Query(body=Select(outputs=(Output(value=value),)))):
            return _in_every_month(value)
    return False


def _in_utc(value: datetime) -> datetime:
    return value if value.tzinfo is None else value.astimezone(UTC)


def _numbered(series: Series, names: Names) -> Derived:
    assert isinstance(series.step, Lit)
    step = series.step.value
    assert isinstance(step, Interval)
    number, alias = names.fresh("n"), names.fresh("steps")
    n = Col(number, alias, INTEGER)
    at = Call(
        "add_interval", (_start(series, n, step.months), _times(n, step.months), lit(0), lit(0)), series.start.type
    )
    numbers = Series(lit(0), _last(series, step.months), lit(1), alias, number)
    within = call("le" if step.months > 0 else "ge", at, series.stop)
    return Derived(Query(Select((Output(series.column, at),), numbers, where=within)), series.alias)


def _start(series: Series, n: Scalar, months: int) -> Scalar:
    """The first time, from the step on that comes to a shorter month with the day that is left."""
    start = series.start
    if not isinstance(start, Lit) or _in_every_month(start):
        return start
    assert isinstance(start.value, date)
    first = _in_utc(start.value) if isinstance(start.value, datetime) else start.value
    whens: list[tuple[Scalar, Scalar]] = []
    known: Scalar = Lit(first, start.type)
    for at, day in _shortened(first, months):
        whens.append((call("lt", n, lit(at)), known))
        known = Lit(first.replace(day=day), start.type)
    return Case(tuple(whens), known, start.type) if whens else known


def _shortened(first: date, months: int) -> Iterator[tuple[int, int]]:
    """Each number of steps that comes to a month without the day that is left, and the day from there on."""
    day, month, at = first.day, first.year * 12 + first.month - 1, 0
    while day > _EVERY_MONTH_HAS:
        month, at = month + months, at + 1
        if not 12 <= month < 12 * (_LAST_YEAR + 1):
            return
        longest = monthrange(month // 12, month % 12 + 1)[1]
        if longest < day:
            day = longest
            yield at, day


def _last(series: Series, months: int) -> Scalar:
    """How many steps there are at most."""
    ends = (series.stop, series.start) if months > 0 else (series.start, series.stop)
    constant = [_month_number(end.value) for end in ends if isinstance(end, Lit) and isinstance(end.value, date)]
    if len(constant) == len(ends):
        return lit((constant[0] - constant[1]) // abs(months) + 1)
    distance = call("sub", *map(_months, ends))
    return call("add", Call("int_divide", (distance, lit(abs(months))), INTEGER), lit(1))


def _month_number(value: date) -> int:
    utc = _in_utc(value) if isinstance(value, datetime) else value
    return utc.year * 12 + utc.month


def _times(n: Scalar, size: int) -> Scalar:
    return call("mul", n, lit(size)) if size not in (0, 1) else n if size else lit(0)


def _months(t: Scalar) -> Scalar:
    wall = Call("to_local", (t, Lit("UTC", TEXT)), TIMESTAMP) if t.type.kind is Kind.TIMESTAMPTZ else t
    year, month = (Call("part", (wall, Lit(unit, TEXT)), INTEGER) for unit in ("year", "month"))
    return call("add", call("mul", year, lit(12)), month)
