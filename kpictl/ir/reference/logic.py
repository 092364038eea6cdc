"""Comparisons and three-valued logic: None is NULL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kpictl.ir.reference.values import Value, alike, comparable, equal


def comparison(holds: Callable[[Any, Any], bool]) -> Callable[[Value, Value], bool]:
    def apply(a: Value, b: Value) -> bool:
        return bool(holds(*alike(a, b)))

    return apply


def same(a: Value, b: Value) -> bool:
    if a is None or b is None:
        return a is None and b is None
    return equal(a, b)


def and_(*xs: bool | None) -> bool | None:
    return False if any(x is False for x in xs) else None if any(x is None for x in xs) else True


def or_(*xs: bool | None) -> bool | None:
    return True if any(x is True for x in xs) else None if any(x is None for x in xs) else False


def _eq(a: Value, b: Value) -> bool | None:
    return None if a is None or b is None else equal(a, b)


def in_list(x: Value, *items: Value) -> bool | None:
    return or_(*(_eq(x, i) for i in items))


def in_rows(arity: int, *xs: Value) -> bool | None:
    left, rows = xs[:arity], [xs[i : i + arity] for i in range(arity, len(xs), arity)]
    return or_(*(and_(*(_eq(a, b) for a, b in zip(left, row, strict=True))) for row in rows))


def coalesce(*xs: Value) -> Value:
    return next((x for x in xs if x is not None), None)


def nullif(a: Value, b: Value) -> Value:
    return None if a is not None and b is not None and equal(a, b) else a


def greatest(*xs: Value) -> Value:
    return max((x for x in xs if x is not None), key=comparable, default=None)


def least(*xs: Value) -> Value:
    return min((x for x in xs if x is not None), key=comparable, default=None)
