"""Arithmetic and comparisons: what an operator means hangs on the types of its operands."""

from __future__ import annotations

from decimal import Decimal

from sqlglot import exp

from kpictl.diagnostics import Place
from kpictl.ir.scalars import Call, Lit, Scalar
from kpictl.model.types import (
    BOOLEAN,
    DATE,
    DOUBLE,
    INTERVAL,
    Kind,
    Type,
)
from kpictl.sql import coercion, intervals, values
from kpictl.sql.findings import WrongType
from kpictl.sql.reader import BAD, Reader


def add(r: Reader, node: exp.Expr, a: Scalar, b: Scalar) -> Scalar:
    return _additive(r, node, a, b, 1)


def subtract(r: Reader, node: exp.Expr, a: Scalar, b: Scalar) -> Scalar:
    return _additive(r, node, a, b, -1)


def _additive(r: Reader, node: exp.Expr, a: Scalar, b: Scalar, sign: int) -> Scalar:
    a, b = _constants_beside(r, node, a, b, sign)
    if a is BAD or b is BAD:
        return BAD
    ka, kb = a.type.kind, b.type.kind
    if kb is Kind.INTERVAL and (ka in values.TEMPORAL or ka is Kind.UNKNOWN):
        return intervals.shift(r, node, a, b, sign)
    if sign == 1 and ka is Kind.INTERVAL and (kb in values.TEMPORAL or kb is Kind.UNKNOWN):
        return intervals.shift(r, node, b, a, sign)
    if ka is Kind.INTERVAL and kb is Kind.INTERVAL:
        return intervals.interval_sum(a, b, sign, r.between(a, b))
    if ka is Kind.DATE and kb is Kind.INTEGER:
        return intervals.days(r, a, b, sign)
    if sign == 1 and ka is Kind.INTEGER and kb is Kind.DATE:
        return intervals.days(r, b, a, sign)
    if sign == -1 and ka in values.TEMPORAL and kb in values.TEMPORAL:
        return intervals.elapsed(r, node, a, b)
    if ka is Kind.DATE and kb is Kind.TIME and sign == 1:
        return r.fail(WrongType, node, "a date plus a time of day", help=("write `make_timestamp(y, m, d, h, mi, s)`",))
    fn = "add" if sign == 1 else "sub"
    if _all_numeric(a, b):
        return values.call(fn, a, b, place=r.between(a, b))
    verb = "added to" if sign == 1 else "subtracted from"
    ways = ("join texts with `||`",) if Kind.TEXT in (ka, kb) and sign == 1 else ()
    if Kind.DATE in (ka, kb) and {ka, kb} & {Kind.DECIMAL, Kind.DOUBLE}:
        ways = ("make it a whole number of days: `div(a, b)`, or `x::int`",)
    if {ka, kb} == {Kind.TIMESTAMP, Kind.INTEGER} or {ka, kb} == {Kind.TIMESTAMPTZ, Kind.INTEGER}:
        ways = ("write `INTERVAL '1 day'` times the number",)
    return r.fail(WrongType, node, f"{values.kind_name(b)} cannot be {verb} {values.kind_name(a)}", help=ways)


def _all_numeric(*args: Scalar) -> bool:
    return all(x.type.is_numeric or x.type.kind in values.OPEN for x in args)


def _constants_beside(r: Reader, node: exp.Expr, a: Scalar, b: Scalar, sign: int) -> tuple[Scalar, Scalar]:
    """A quoted constant beside an operator takes the type that the other side calls for."""
    if values.is_text_constant(a) and not values.is_text_constant(b):
        a = coercion.coerce(r, node, a, _beside(b.type, sign, left=True))
    elif values.is_text_constant(b) and not values.is_text_constant(a):
        b = coercion.coerce(r, node, b, _beside(a.type, sign, left=False))
    return a, b


def _beside(other: Type, sign: int, *, left: bool) -> Type:
    if other.kind in (Kind.TIMESTAMP, Kind.TIMESTAMPTZ):
        return other if sign == -1 else INTERVAL
    if other.kind is Kind.DATE:
        return DATE if sign == -1 else INTERVAL
    return other


def multiply(r: Reader, node: exp.Expr, a: Scalar, b: Scalar) -> Scalar:
    a, b = _constants_beside(r, node, a, b, 1)
    if a is BAD or b is BAD:
        return BAD
    for interval, n in ((a, b), (b, a)):
        if interval.type.kind is Kind.INTERVAL and (n.type.is_numeric or n.type.kind is Kind.UNKNOWN):
            return intervals.times(r, node, interval, n)
    if _all_numeric(a, b):
        return values.call("mul", a, b, place=r.between(a, b))
    return r.fail(WrongType, node, f"{values.kind_name(a)} cannot be multiplied by {values.kind_name(b)}")


def divide(r: Reader, node: exp.Expr, a: Scalar, b: Scalar) -> Scalar:
    """Real division, whatever the types."""
    a, b = _constants_beside(r, node, a, b, 1)
    if a is BAD or b is BAD:
        return BAD
    if a.type.kind is Kind.INTERVAL and b.type.is_numeric:
        return intervals.interval_of(Call("real_divide", (intervals.seconds_of(a), b), DOUBLE), r.between(a, b))
    if not _all_numeric(a, b):
        return r.fail(WrongType, node, f"{values.kind_name(a)} cannot be divided by {values.kind_name(b)}")
    place = r.between(a, b)
    if a.type.kind is Kind.INTEGER and b.type.kind is Kind.INTEGER:
        r.facts.integer_divisions.append(place or r.locate(node))
    return Call("real_divide", (a, b), DOUBLE, place)


def negative(r: Reader, node: exp.Expr, x: Scalar) -> Scalar:
    if isinstance(x, Lit) and isinstance(x.value, int | float | Decimal) and not isinstance(x.value, bool):
        return Lit(-x.value, x.type, x.place)
    if x.type.kind is Kind.INTERVAL:
        return intervals.scale(x, values.lit(-1))
    if not _all_numeric(x):
        return r.fail(WrongType, node, f"{values.kind_name(x)} has no negative")
    return Call("neg", (x,), x.type, x.place)


def compare(r: Reader, node: exp.Expr, fn: str, a: Scalar, b: Scalar) -> Scalar:
    """A comparison; intervals are compared by their length."""
    place = r.between(a, b)
    if Kind.INTERVAL in (a.type.kind, b.type.kind):
        a, b = coercion.coerce(r, node, a, INTERVAL), coercion.coerce(r, node, b, INTERVAL)
        if a.type.kind is b.type.kind:
            return Call(fn, (intervals.seconds_of(a), intervals.seconds_of(b)), BOOLEAN, place)
    if fn in ("eq", "ne", "lt", "le", "gt", "ge") and Kind.JSON in (a.type.kind, b.type.kind):
        return r.fail(WrongType, node, "JSON values cannot be compared", help=("take a field as text with `->>`",))
    x, y = coercion.unify(r, node, (a, b))
    if fn == "ge" and isinstance(y, Call) and y.fn == "add_interval" and y.type.kind is Kind.DATE:
        _note_date_window(r, y, r.locate(node))
    return Call(fn, (x, y), BOOLEAN, place)


def _note_date_window(r: Reader, y: Call, place: Place) -> None:
    day, _, days, _ = y.args
    today = isinstance(day, Call) and day.fn == "local_date"
    if today and isinstance(days, Lit) and isinstance(days.value, int) and days.value < 0:
        r.facts.date_windows.append(place)
