"""Casts between types. What has no such form raises, and is NULL where the cast is safe."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal

from kpictl.ir.reference.documents import json_of
from kpictl.ir.reference.numbers import decimal_of, finite
from kpictl.ir.reference.values import Json, Value, as_json
from kpictl.ir.scalars import Interval
from kpictl.model.types import Kind, Type

_TRUE = ("t", "true", "y", "yes", "on", "1")
_FALSE = ("f", "false", "n", "no", "off", "0")


def cast(x: Value, target: Type) -> Value:
    """The value in another type; NULL stays NULL."""
    if x is None:
        return None
    return _RULES[target.kind](x, target) if target.kind in _RULES else x


def _integer(x: Value, target: Type) -> int:
    if isinstance(x, str):
        return int(x.strip())
    return int(decimal_of(x).to_integral_value(ROUND_HALF_UP))


def _decimal(x: Value, target: Type) -> Decimal:
    number = Decimal(x.strip()) if isinstance(x, str) else decimal_of(x)
    if target.precision is None:
        return number
    cut = number.quantize(Decimal(1).scaleb(-(target.scale or 0)), ROUND_HALF_UP)
    if cut.adjusted() + 1 > target.precision - (target.scale or 0) and cut:
        raise OverflowError(f"{x} does not fit {target}")
    return cut


def _double(x: Value, target: Type) -> float | None:
    return finite(float(x))


def _text(x: Value, target: Type) -> str:
    if isinstance(x, bool):
        return "true" if x else "false"
    if isinstance(x, Decimal):
        return format(x, "f")
    if isinstance(x, float):
        return _text_of_double(x)
    if isinstance(x, datetime):
        return x.isoformat(sep=" ").rstrip("0").rstrip(".") if x.microsecond else x.isoformat(sep=" ")
    if isinstance(x, Json):
        return json_of(x.value)
    return x.isoformat() if isinstance(x, date) and not isinstance(x, datetime) else str(x)


def _text_of_double(x: float) -> str:
    """The shortest decimal form, with an exponent from 15 on: Python's begins at 16."""
    if 1e15 <= abs(x) < 1e16:
        return f"{Decimal(repr(x)).normalize():e}"
    return repr(x).removesuffix(".0")


def _boolean(x: Value, target: Type) -> bool:
    if isinstance(x, bool):
        return x
    if isinstance(x, str):
        word = x.strip().lower()
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
        raise ValueError(f"{x!r} is no truth value")
    return bool(x != 0)


def _date(x: Value, target: Type) -> date:
    if isinstance(x, datetime):
        return x.date()
    return x if isinstance(x, date) else date.fromisoformat(x.strip()[:10])


def _timestamp(x: Value, target: Type) -> datetime:
    if isinstance(x, datetime):
        return x
    return datetime(x.year, x.month, x.day) if isinstance(x, date) else datetime.fromisoformat(x.strip())


def _time(x: Value, target: Type) -> time:
    return x if isinstance(x, time) else time.fromisoformat(x.strip())


def _interval(x: Value, target: Type) -> Interval:
    if isinstance(x, Interval):
        return x
    raise ValueError(f"{x!r} is no interval")


def _json(x: Value, target: Type) -> Json:
    return as_json(x)


_RULES = {
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _decimal,
    Kind.DOUBLE: _double,
    Kind.TEXT: _text,
    Kind.BOOLEAN: _boolean,
    Kind.DATE: _date,
    Kind.TIMESTAMP: _timestamp,
    Kind.TIMESTAMPTZ: _timestamp,
    Kind.TIME: _time,
    Kind.INTERVAL: _interval,
    Kind.JSON: _json,
}
