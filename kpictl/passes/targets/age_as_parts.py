"""What is asked of AGE, by parts of its dates, for engines that have no intervals of months.

Before: `EXTRACT(MONTH FROM AGE(a, b))`. After: the months between the firsts of their months, one less where the day of the later
one has not come, without the whole years. As PostgreSQL counts it: fields are taken from each other, and days are borrowed from
the month of the earlier one; where a is before b all parts are those of AGE(b, a), negated.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from kpictl.ir.query import Query
from kpictl.ir.scalars import Call, Case, Cast, Lit, Scalar
from kpictl.kinds.build import as_double, call, lit
from kpictl.model.types import DATE, INTEGER, Kind, Type
from kpictl.sql.walk import transform

_DAY = 86400
_TIMES = (Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMPTZ)


def age_as_parts(query: Query) -> Query:
    """`query` without parts and seconds of AGE."""
    return transform(query, _said, Call)


def _said(node: Call) -> Scalar:
    if node.fn not in ("interval_part", "interval_seconds"):
        return node
    age = node.args[0]
    if not isinstance(age, Call) or age.fn != "age" or any(each.type.kind not in _TIMES for each in age.args):
        return node
    a, b = map(_date, age.args)
    if Kind.TIMESTAMP in (a.type.kind, b.type.kind) or Kind.TIMESTAMPTZ in (a.type.kind, b.type.kind):
        a, b = map(_naive, age.args)
    unit = node.args[1].value if node.fn == "interval_part" and isinstance(node.args[1], Lit) else None
    of = _seconds if unit is None else _PARTS[str(unit)]
    forth, back = of(a, b), call("neg", of(b, a))
    return Case(((call("ge", a, b), forth), (call("lt", a, b), back)), None, node.type, node.place)


def _date(t: Scalar) -> Scalar:
    """A date that was made a time is a date again."""
    if isinstance(t, Cast) and t.arg.type.kind is Kind.DATE and t.type.kind is Kind.TIMESTAMP:
        return t.arg
    if isinstance(t, Lit) and isinstance(t.value, datetime) and t.value == datetime(*t.value.timetuple()[:3]):
        return Lit(t.value.date(), DATE)
    return t


def _naive(t: Scalar) -> Scalar:
    """The time without a zone."""
    return call("to_local", t, lit("UTC")) if t.type.kind is Kind.TIMESTAMPTZ else t


def _part(t: Scalar, unit: str) -> Scalar:
    return call("part", t, lit(unit))


def _clock(t: Scalar) -> Scalar:
    """Seconds since midnight."""
    return call("seconds_between", t, call("time_floor", t, lit("day"), lit("UTC"), lit(0), type=t.type))


def _times(x: Scalar, n: float) -> Scalar:
    return call("mul", x, lit(n))


def _if(condition: Scalar, value: Scalar) -> Scalar:
    return Case(((condition, value),), lit(0), value.type)


def _has_clock(last: Scalar, first: Scalar) -> bool:
    return any(t.type.kind is not Kind.DATE for t in (last, first))


def _behind(last: Scalar, first: Scalar) -> Scalar:
    """Whether the later one's clock stands before the earlier one's."""
    return call("lt", _clock_of(last), _clock_of(first))


def _clock_of(t: Scalar) -> Scalar:
    return lit(0.0) if t.type.kind is Kind.DATE else _clock(t)


def _days_apart(last: Scalar, first: Scalar) -> Scalar:
    """Days of the month apart, before any is borrowed."""
    days = call("sub", _part(last, "day"), _part(first, "day"))
    return call("sub", days, _if(_behind(last, first), lit(1))) if _has_clock(last, first) else days


def _days(last: Scalar, first: Scalar) -> Scalar:
    apart = _days_apart(last, first)
    month_end = call("last_day", first if first.type.kind is Kind.DATE else call("date_of", first, type=DATE))
    return call("add", apart, _if(call("lt", apart, lit(0)), _part(month_end, "day")))


def _all_months(last: Scalar, first: Scalar) -> Scalar:
    firsts = [call("add", _times(_part(t, "year"), 12), _part(t, "month")) for t in (last, first)]
    return call("sub", call("sub", *firsts), _if(call("lt", _days_apart(last, first), lit(0)), lit(1)))


def _years(last: Scalar, first: Scalar) -> Scalar:
    return call("int_divide", _all_months(last, first), lit(12))


def _months(last: Scalar, first: Scalar) -> Scalar:
    return call("mod", _all_months(last, first), lit(12), type=INTEGER)


def _clock_apart(last: Scalar, first: Scalar) -> Scalar:
    if not _has_clock(last, first):
        return lit(0.0)
    apart = call("sub", _clock_of(last), _clock_of(first))
    return call("add", apart, _if(_behind(last, first), lit(float(_DAY))))


def _minutes_apart(last: Scalar, first: Scalar) -> Scalar:
    """Whole minutes of the clock; a hair more, since seconds with fractions are doubles."""
    minutes = call("real_divide", call("add", _clock_apart(last, first), lit(1e-7)), lit(60.0))
    return Call("floor", (minutes,), minutes.type)


def _hours(last: Scalar, first: Scalar) -> Scalar:
    return _whole(Call("floor", (call("real_divide", _minutes_apart(last, first), lit(60.0)),), Type(Kind.DOUBLE)))


def _minutes(last: Scalar, first: Scalar) -> Scalar:
    return call("mod", _whole(_minutes_apart(last, first)), lit(60), type=INTEGER)


def _whole(x: Scalar) -> Scalar:
    return Cast(x, INTEGER)


def _seconds(last: Scalar, first: Scalar) -> Scalar:
    """A month is 30 days, a year 365.25: as EPOCH tells them."""
    days = call("add", _times(_months(last, first), 30), _days(last, first))
    whole = call("add", _times(as_double(_years(last, first)), 365.25), as_double(days))
    return call("add", _times(whole, float(_DAY)), _clock_apart(last, first))


_PARTS: dict[str, Callable[[Scalar, Scalar], Scalar]] = {
    "years": _years,
    "months": _months,
    "days": _days,
    "hours": _hours,
    "minutes": _minutes,
}
