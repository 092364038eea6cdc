"""Intervals: their parts, their length in seconds, times moved by them, times apart."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlglot import exp

from kpictl.diagnostics import Place
from kpictl.ir.scalars import Call, Case, Cast, Interval, Lit, Scalar
from kpictl.model.types import (
    DATE,
    DOUBLE,
    INTEGER,
    INTERVAL,
    TIMESTAMP,
    TIMESTAMPTZ,
    Kind,
)
from kpictl.sql import coercion, literals, values
from kpictl.sql.findings import WrongType
from kpictl.sql.reader import BAD, Reader


def seconds_of(x: Scalar, *, epoch: bool = False) -> Scalar:
    """The seconds of an interval, as a double: as it is compared (a month is 30 days, a year 360), or as EPOCH tells
    it (a year is 365.25 days)."""
    if isinstance(x, Lit):
        if isinstance(x.value, Interval):
            return Lit(epoch_of(x.value) if epoch else literals.micros_of(x.value) / 1e6, DOUBLE, x.place)
        return Lit(None, DOUBLE, x.place)
    if isinstance(x, Call) and (found := _seconds_of_call(x, epoch=epoch)) is not None:
        return found
    if isinstance(x, Case):
        whens = tuple((c, seconds_of(v, epoch=epoch)) for c, v in x.whens)
        otherwise = None if x.otherwise is None else seconds_of(x.otherwise, epoch=epoch)
        return Case(whens, otherwise, DOUBLE, x.place)
    whole = Call("interval_seconds", (x,), DOUBLE, x.place)
    if epoch:
        return whole
    years = Call("interval_part", (x, values.lit("years")), INTEGER, x.place)
    return Call("sub", (whole, Call("mul", (years, values.lit(5.25 * 86400)), DOUBLE)), DOUBLE, x.place)


def _seconds_of_call(x: Call, *, epoch: bool) -> Scalar | None:
    """Of a difference, a sum, a multiple or a choice; None of what keeps its months to itself."""
    if x.fn == "interval_between":
        return Call("seconds_between", x.args, DOUBLE, x.place)
    if x.fn == "interval_add":
        return Call("add", tuple(seconds_of(a, epoch=epoch) for a in x.args), DOUBLE, x.place)
    if x.fn == "interval_scale" and not (epoch and _has_months(x.args[0])):
        return Call("mul", (seconds_of(x.args[0], epoch=epoch), x.args[1]), DOUBLE, x.place)
    if x.fn == "make_interval":
        return _seconds_made(x)
    if x.fn in ("coalesce", "greatest", "least"):
        return Call(x.fn, tuple(seconds_of(a, epoch=epoch) for a in x.args), DOUBLE, x.place)
    return None


def _has_months(x: Scalar) -> bool:
    return not (isinstance(x, Lit) and isinstance(x.value, Interval) and x.value.months == 0)


def epoch_of(v: Interval) -> float:
    """Seconds of a constant as EXTRACT(EPOCH) tells them."""
    years, months = divmod(abs(v.months), 12)
    days = (years * 365.25 + months * 30) * (-1 if v.months < 0 else 1) + v.days
    return days * 86400 + v.micros / 1e6


def _seconds_made(x: Call) -> Scalar | None:
    """The seconds that `interval_of` was given."""
    months, days, micros = x.args
    if months != values.lit(0) or days != values.lit(0):
        return None
    if isinstance(micros, Cast) and isinstance(micros.arg, Call) and micros.arg.fn == "round":
        product = micros.arg.args[0]
        if isinstance(product, Call) and product.fn == "mul" and product.args[1] == Lit(1e6, DOUBLE):
            return product.args[0]
    return None


def interval_of(seconds: Scalar, place: Place | None = None) -> Scalar:
    """An elapsed time of so many seconds."""
    micros = Cast(
        Call("round", (Call("mul", (seconds, Lit(1e6, DOUBLE)), DOUBLE),), DOUBLE), INTEGER, False, seconds.place
    )
    return Call("make_interval", (values.lit(0), values.lit(0), micros), INTERVAL, place or seconds.place)


def interval_parts(r: Reader, node: exp.Expr, x: Scalar, sign: int) -> tuple[Scalar, Scalar, Scalar] | None:
    """Months, days and microseconds of an interval, as numbers; None (reported) where they cannot be told."""
    if isinstance(x, Lit) and isinstance(x.value, Interval):
        v = x.value
        return values.lit(sign * v.months), values.lit(sign * v.days), values.lit(sign * v.micros)
    if isinstance(x, Call):
        if x.fn == "interval_scale" and isinstance(x.args[0], Lit) and isinstance(x.args[0].value, Interval):
            v, n = x.args[0].value, x.args[1]
            parts = (v.months, v.days, v.micros)
            months, days, micros = (_scaled_part(sign * p, n) for p in parts)
            return months, days, micros
        if x.fn == "make_interval":
            months, days, micros = (_scaled_part(sign, a) for a in x.args)
            return months, days, micros
        if x.fn in ("interval_between", "interval_add"):
            return interval_parts(r, node, interval_of(seconds_of(x)), sign)
    if x.type.kind in values.OPEN:
        return values.lit(0), values.lit(0), values.lit(0)
    r.fail(
        WrongType,
        node,
        "an interval that is read from a column cannot be added",
        help=("write it as a number times `INTERVAL '1 day'`",),
    )
    return None


def _scaled_part(factor: int, n: Scalar) -> Scalar:
    if factor == 0 or n == values.lit(0):
        return values.lit(0)
    if isinstance(n, Lit) and isinstance(n.value, int):
        return values.lit(factor * n.value)
    if factor == 1:
        return n
    return Call("neg", (n,), n.type, n.place) if factor == -1 else Call("mul", (n, values.lit(factor)), n.type, n.place)


def shift(r: Reader, node: exp.Expr, t: Scalar, interval: Scalar, sign: int) -> Scalar:
    """t plus (or minus) an interval: on the wall clock of the reporting zone for an instant."""
    if isinstance(interval, Case):
        return _shift_by_case(r, node, t, interval, sign)
    parts = interval_parts(r, node, interval, sign)
    if parts is None:
        return BAD
    place = r.between(t, interval) if interval.place else t.place
    if t.type.kind is Kind.DATE and parts[2] != values.lit(0):
        t = coercion.cast(r, node, t, TIMESTAMP)
    if t.type.kind is Kind.TIMESTAMPTZ and not (parts[0] == values.lit(0) and parts[1] == values.lit(0)):
        return Call("add_interval_in", (t, *parts, values.zone(r)), TIMESTAMPTZ, place)
    if t.type.kind is Kind.UNKNOWN:
        r.facts.untyped.append(r.locate(node))
    folded = _fold_shift(t, parts)
    return folded if folded is not None else Call("add_interval", (t, *parts), t.type, place)


def _shift_by_case(r: Reader, node: exp.Expr, t: Scalar, interval: Case, sign: int) -> Scalar:
    """t moved by one of several intervals: one of several times."""
    chosen = [value for _, value in interval.whens]
    if interval.otherwise is not None:
        chosen.append(interval.otherwise)
    timed = any(isinstance(v, Lit) and isinstance(v.value, Interval) and v.value.micros for v in chosen)
    if t.type.kind is Kind.DATE and (timed or not all(isinstance(v, Lit) for v in chosen)):
        t = coercion.cast(r, node, t, TIMESTAMP)
    moved = [
        Lit(None, t.type) if isinstance(v, Lit) and v.value is None else shift(r, node, t, v, sign) for v in chosen
    ]
    if any(m is BAD for m in moved):
        return BAD
    whens = tuple((test, to) for (test, _), to in zip(interval.whens, moved, strict=False))
    otherwise = moved[-1] if interval.otherwise is not None else None
    return Case(whens, otherwise, t.type, r.between(t, interval))


def _fold_shift(t: Scalar, parts: tuple[Scalar, Scalar, Scalar]) -> Lit | None:
    """A date constant moved by constants."""
    if not (isinstance(t, Lit) and type(t.value) is date):
        return None
    numbers = [p.value for p in parts if isinstance(p, Lit) and isinstance(p.value, int)]
    if len(numbers) != 3 or numbers[0] or numbers[2]:
        return None
    try:
        return Lit(date.fromordinal(t.value.toordinal() + numbers[1]), DATE, t.place)
    except (ValueError, OverflowError):
        return None


def interval_sum(a: Scalar, b: Scalar, sign: int, place: Place | None) -> Scalar:
    if isinstance(a, Lit) and isinstance(b, Lit) and isinstance(a.value, Interval) and isinstance(b.value, Interval):
        return Lit(literals.plus(a.value, literals.times(b.value, Decimal(sign))), INTERVAL, place)
    right = b if sign == 1 else scale(b, values.lit(-1))
    return Call("interval_add", (a, right), INTERVAL, place)


def scale(interval: Scalar, n: Scalar) -> Scalar:
    """An interval n times."""
    if isinstance(interval, Lit) and isinstance(interval.value, Interval) and isinstance(n, Lit):
        if isinstance(n.value, int | Decimal):
            return Lit(literals.times(interval.value, Decimal(n.value)), INTERVAL, interval.place)
        if isinstance(n.value, float):
            return Lit(literals.times(interval.value, Decimal(repr(n.value))), INTERVAL, interval.place)
    if isinstance(interval, Lit) or (n.type.kind is Kind.INTEGER and not isinstance(interval, Call)):
        return Call("interval_scale", (interval, n), INTERVAL, interval.place)
    return interval_of(Call("mul", (seconds_of(interval), n), DOUBLE), interval.place)


def days(r: Reader, day: Scalar, n: Scalar, sign: int) -> Scalar:
    days = _scaled_part(sign, n)
    folded = _fold_shift(day, (values.lit(0), days, values.lit(0)))
    if folded is not None:
        return folded
    return Call("add_interval", (day, values.lit(0), days, values.lit(0)), DATE, r.between(day, n))


def elapsed(r: Reader, node: exp.Expr, a: Scalar, b: Scalar) -> Scalar:
    place = r.between(a, b)
    if a.type.kind is Kind.DATE and b.type.kind is Kind.DATE:
        sides = (node.this, node.args.get("expression"))
        if any(_was_stamp(x) and not _is_cast_to_date(side) for x, side in zip((a, b), sides, strict=True)):
            a, b = coercion.cast(r, node, a, TIMESTAMP), coercion.cast(r, node, b, TIMESTAMP)
        else:
            return Call("date_diff", (a, b), INTEGER, place)
    kind = TIMESTAMPTZ if Kind.TIMESTAMPTZ in (a.type.kind, b.type.kind) else TIMESTAMP
    return Call("interval_between", (coercion.cast(r, node, a, kind), coercion.cast(r, node, b, kind)), INTERVAL, place)


def _is_cast_to_date(node: exp.Expr | None) -> bool:
    written = node.unnest() if node is not None else None
    return isinstance(written, exp.Cast) and written.args["to"].this is exp.DType.DATE


def _was_stamp(x: Scalar) -> bool:
    """Whether Postgres would hold this date as a timestamp, so that a difference is an interval there."""
    return isinstance(x, Call) and (x.fn == "time_floor" or (x.fn == "add_interval" and x.args[1] != values.lit(0)))


def times(r: Reader, node: exp.Expr, interval: Scalar, n: Scalar) -> Scalar:
    if isinstance(interval, Lit) and not isinstance(n, Lit) and n.type.kind in (Kind.DECIMAL, Kind.DOUBLE):
        value = interval.value
        if isinstance(value, Interval) and (value.months or value.days):
            return r.fail(
                WrongType,
                node,
                "a calendar interval times a number that may have a fraction",
                help=("make the number whole: `n::int`", "or use seconds: `INTERVAL '1 second'`"),
            )
        return interval_of(Call("mul", (seconds_of(interval), n), DOUBLE), interval.place)
    return scale(interval, n)
