"""A series of calendar steps as a series of numbers, for engines whose own series steps from each time to the next.

Before: `generate_series(date '2024-01-31', stop, 1 month) AS g(m)`: January 31, February 29, then March 31, each counted
from the first. After: `(SELECT start + n * 1 month AS m FROM generate_series(0, ..) AS s(n) WHERE .. <= stop) AS g`.
A first date that every month has, stepped in months alone, needs no rewrite where `from_dates` can step dates.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from kpictl.ir.query import Derived, Output, Query, Select, Series
from kpictl.ir.scalars import Call, Col, Interval, Lit, Scalar
from kpictl.kinds.build import call, lit
from kpictl.model.types import INTEGER, TEXT, TIMESTAMP, Kind
from kpictl.passes.targets.nest import Names, each_query
from kpictl.sql.walk import Node, find

_EVERY_MONTH_HAS = 28


def series_by_number(query: Query) -> Query:
    """`query` without series of months, except from a constant date that every month has."""

    def change(each: Query, names: Names) -> Query:
        def visit(node: Node) -> Node:
            return _numbered(node, names) if isinstance(node, Series) and _needs(node) else node

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


def _needs(series: Series) -> bool:
    step, start = series.step, series.start
    if not isinstance(step, Lit) or not isinstance(step.value, Interval) or not step.value.months:
        return False
    if any(any(find(end, Col)) for end in (series.start, series.stop)):
        return False
    return bool(step.value.days or step.value.micros) or not _in_every_month(start)


def _in_every_month(start: Scalar) -> bool:
    """Whether it is a date that every month has: a constant one, or the first of a month."""
    if isinstance(start, Lit) and isinstance(start.value, date) and not isinstance(start.value, datetime):
        return start.value.day <= _EVERY_MONTH_HAS
    if isinstance(start, Call) and start.fn == "time_floor" and start.type.kind is Kind.DATE:
        unit = start.args[1]
        return isinstance(unit, Lit) and unit.value in ("month", "quarter", "year")
    return False


def _numbered(series: Series, names: Names) -> Derived:
    assert isinstance(series.step, Lit)
    step = series.step.value
    assert isinstance(step, Interval)
    number, alias = names.fresh("n"), names.fresh("steps")
    n = Col(number, alias, INTEGER)
    parts = tuple(_times(n, size) for size in (step.months, step.days, step.micros))
    at = Call("add_interval", (series.start, *parts), series.start.type)
    ends = (series.stop, series.start) if step.months > 0 else (series.start, series.stop)
    months = call("sub", *map(_months, ends))
    last = call("add", Call("int_divide", (months, lit(abs(step.months))), INTEGER), lit(1))
    numbers = Series(lit(0), last, lit(1), alias, number)
    within = call("le" if step.months > 0 else "ge", at, series.stop)
    return Derived(Query(Select((Output(series.column, at),), numbers, where=within)), series.alias)


def _times(n: Scalar, size: int) -> Scalar:
    return call("mul", n, lit(size)) if size not in (0, 1) else n if size else lit(0)


def _months(t: Scalar) -> Scalar:
    wall = Call("to_local", (t, Lit("UTC", TEXT)), TIMESTAMP) if t.type.kind is Kind.TIMESTAMPTZ else t
    year, month = (Call("part", (wall, Lit(unit, TEXT)), INTEGER) for unit in ("year", "month"))
    return call("add", call("mul", year, lit(12)), month)
