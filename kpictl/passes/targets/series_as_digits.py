"""generate_series by counting, for engines without it: the digits 0 to 9 joined with one another.

Before: `generate_series(start, stop, 1 day) AS g(d)`. After: `(SELECT start + (10 * t.n + o.n) days AS d FROM digits AS t CROSS
JOIN digits AS o WHERE 10 * t.n <= span AND .. AND start + .. <= stop) AS g`, with as many digits as any series of that step can
have; the condition on each leading digit keeps the engine from counting further than it must.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from kpictl.ir.query import Cte, CteRef, Derived, Joined, Output, Query, Relation, Select, Series, SetOperation
from kpictl.ir.scalars import Call, Col, Interval, Lit, Scalar
from kpictl.kinds.build import call, conjunction, lit
from kpictl.model.types import DATE, INTEGER, TEXT, TIMESTAMP, Kind
from kpictl.passes.targets.nest import Names, each_query
from kpictl.passes.targets.series_by_number import uneven_series
from kpictl.sql.walk import find

_DAY, _HOUR = 86_400_000_000, 3_600_000_000
_MOST = 9


def series_as_digits(query: Query) -> Query:
    """`query` without series whose step is constant."""

    def change(each: Query, names: Names) -> Query:
        select = each.body
        if not isinstance(select, Select):
            return each

        def visit(relation: Relation) -> Relation:
            return _counted(relation, names) if isinstance(relation, Series) else relation

        source = None if select.source is None else visit(select.source)
        joins = tuple(replace(j, relation=visit(j.relation)) for j in select.joins)
        if source is select.source and all(
            new.relation is old.relation for new, old in zip(joins, select.joins, strict=True)
        ):
            return each
        return replace(each, body=replace(select, source=source, joins=joins))

    return each_query(query, change)


def _counted(series: Series, names: Names) -> Relation:
    if _unsuited(series):
        return series
    upwards, span, digits, at = _shape(series)
    tables = [(names.fresh("place"), 10**power) for power in reversed(range(digits))]
    number = names.fresh("n")
    terms = [_times(Col(number, alias, INTEGER), size) for alias, size in tables]
    n: Scalar = terms[0]
    for term in terms[1:]:
        n = call("add", n, term)
    value = at(n)
    leading = [call("le", term, span) for term in terms]
    within = [*leading, call("le" if upwards else "ge", value, series.stop)]
    listed = names.fresh("digits")
    relations = [CteRef(listed, alias) for alias, _ in tables]
    joins = tuple(Joined("cross", relation) for relation in relations[1:])
    body = Select((Output(series.column, value),), relations[0], joins, conjunction(within))
    return Derived(Query(body, (Cte(listed, _digits(number)),)), series.alias)


def _unsuited(series: Series) -> bool:
    step = series.step
    if not isinstance(step, Lit) or any(any(find(end, Col, queries=False)) for end in (series.start, series.stop)):
        return True
    value = step.value
    if isinstance(value, Interval):
        if any(uneven_series(Query(Select((), series)))):
            return True
        kinds = [bool(value.months), bool(value.days), bool(value.micros)]
        return sum(kinds) != 1 or (bool(value.micros) and value.micros % 1_000_000 != 0)
    return not isinstance(value, int) or value == 0


def _digits(name: str) -> Query:
    found: Select | SetOperation = Select((Output(name, lit(0)),))
    for value in range(1, 10):
        found = SetOperation("union", Query(found), Query(Select((Output(name, lit(value)),))), all=True)
    return Query(found)


def _times(n: Scalar, size: int) -> Scalar:
    return n if size == 1 else call("mul", lit(size), n)


def _shape(series: Series) -> tuple[bool, Scalar, int, Callable[[Scalar], Scalar]]:
    """Upwards or not, how many steps at most (a scalar), digits of it, and the value after n steps."""
    assert isinstance(series.step, Lit)
    start, stop, step = series.start, series.stop, series.step.value
    if isinstance(step, int):
        distance = call("sub", stop, start) if step > 0 else call("sub", start, stop)
        steps = distance if abs(step) == 1 else Call("int_divide", (distance, lit(abs(step))), INTEGER)
        digits = _digits_of(start, stop, abs(step))

        def number(n: Scalar) -> Scalar:
            return call("add", start, _times(n, step))

        return step > 0, steps, digits, number
    assert isinstance(step, Interval)
    size = step.months or step.days or step.micros

    def moved(n: Scalar) -> Scalar:
        zero, many = lit(0), _times(n, size)
        parts = (many if step.months else zero, many if step.days else zero, many if step.micros else zero)
        return Call("add_interval", (start, *parts), start.type)

    ends = (stop, start) if size > 0 else (start, stop)
    days = call("date_diff", *map(_date, ends))
    if step.days and isinstance(start, Lit) and isinstance(stop, Lit) and type(start.value) is type(stop.value) is date:
        count = abs((stop.value - start.value).days) // abs(size)
        return size > 0, lit(count), len(str(count)), moved
    if step.days and abs(size) == 1:
        return size > 0, call("add", days, lit(1)), 7, moved
    if step.months:
        return size > 0, call("add", Call("int_divide", (days, lit(28 * abs(size))), INTEGER), lit(1)), 5, moved
    if step.days:
        return size > 0, call("add", Call("int_divide", (days, lit(abs(size))), INTEGER), lit(1)), 7, moved
    a_day = -(-_DAY // abs(size))
    digits = 8 if abs(size) >= _HOUR else 9
    return size > 0, call("mul", call("add", days, lit(1)), lit(a_day)), digits, moved


def _digits_of(start: Scalar, stop: Scalar, step: int) -> int:
    if (
        isinstance(start, Lit)
        and isinstance(stop, Lit)
        and isinstance(start.value, int)
        and isinstance(stop.value, int)
    ):
        return max(len(str(abs(stop.value - start.value) // step)), 1)
    return _MOST


def _date(t: Scalar) -> Scalar:
    if t.type.kind is Kind.DATE:
        return t
    if t.type.kind is Kind.TIMESTAMPTZ:
        t = Call("to_local", (t, Lit("UTC", TEXT)), TIMESTAMP)
    return Call("date_of", (t,), DATE)
