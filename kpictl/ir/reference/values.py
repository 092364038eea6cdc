"""Values of the reference that Python has no class for, and how values compare."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from kpictl.ir.scalars import Interval
from kpictl.records import dataclass

Value = Any
DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Json:
    """A JSON value, so that JSON null is told from NULL and a JSON string from text."""

    value: Any


def as_json(x: Value) -> Json:
    """JSON from a column's value: text is parsed, dicts and lists are taken as they are."""
    if isinstance(x, Json):
        return x
    return Json(json.loads(x, parse_float=Decimal) if isinstance(x, str) else x)


def micros(interval: Interval) -> int:
    """The length of an interval as it is compared: a month is 30 days, a day 24 hours."""
    return (interval.months * 30 + interval.days) * DAY + interval.micros


def comparable(x: Value) -> Value:
    """A value that Python orders as SQL does: text by code point, intervals by length."""
    return micros(x) if isinstance(x, Interval) else x


def alike(a: Value, b: Value) -> tuple[Value, Value]:
    """Two values as they are compared: where one number is a double, the other is, too."""
    if isinstance(a, float) and isinstance(b, Decimal):
        return a, float(b)
    if isinstance(a, Decimal) and isinstance(b, float):
        return float(a), b
    return comparable(a), comparable(b)


def equal(a: Value, b: Value) -> bool:
    """Equality of two values that are not NULL."""
    one, other = alike(a, b)
    return bool(one == other)


def hashable(x: Value) -> Value:
    """A key under which equal values meet."""
    if isinstance(x, Json):
        return json.dumps(x.value, sort_keys=True, default=str)
    if isinstance(x, Decimal | float) and not isinstance(x, bool) and x == x and x == int(x):
        return int(x)
    return (x.__class__.__name__, comparable(x)) if isinstance(x, bool | Interval) else x
