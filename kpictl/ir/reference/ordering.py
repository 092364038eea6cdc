"""Ordering of rows by several keys, with NULLs where they were asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from kpictl.ir.reference.values import comparable
from kpictl.ir.scalars import SortKey

R = TypeVar("R")


def sorted_rows(rows: Sequence[R], keys: Sequence[SortKey], read: Callable[[SortKey, R], Any]) -> list[R]:
    """The rows in order; rows that tie keep their places."""
    found = list(rows)
    for key in reversed(keys):
        found.sort(key=lambda row, key=key: _rank(key, read(key, row)), reverse=key.descending)  # type: ignore[misc]
    return found


def _rank(key: SortKey, value: Any) -> tuple[Any, ...]:
    """NULL before or after every value, also when the order is turned around."""
    last = key.nulls_last is not key.descending
    if value is None:
        return (1,) if last else (-1,)
    return (0, comparable(value))
