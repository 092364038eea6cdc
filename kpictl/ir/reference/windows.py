"""Window functions over the rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from kpictl.ir.reference.aggregates import fold
from kpictl.ir.reference.evaluate import Row, evaluate
from kpictl.ir.reference.numbers import add
from kpictl.ir.reference.ordering import sorted_rows
from kpictl.ir.reference.times import add_interval
from kpictl.ir.reference.values import Value, comparable, hashable
from kpictl.ir.scalars import Agg, Frame, FrameBound, Interval, Over
from kpictl.records import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A row in its ordered partition: its position, the first and last of its peers, and its frame."""

    position: int
    first_peer: int
    last_peer: int
    peer_group: int
    count: int
    values: tuple[tuple[Value, ...], ...]
    """The function's arguments for every row of the partition."""
    frame: Sequence[int]


def _ntile(p: Place) -> int:
    n = int(p.values[p.position][0])
    size, extra = divmod(p.count, n)
    large = extra * (size + 1)
    return p.position // (size + 1) + 1 if p.position < large else extra + (p.position - large) // max(size, 1) + 1


def _offset(direction: int) -> Callable[[Place], Value]:
    def apply(p: Place) -> Value:
        own = p.values[p.position]
        at = p.position + direction * int(own[1])
        if 0 <= at < p.count:
            return p.values[at][0]
        return own[2] if len(own) > 2 else None

    return apply


def _in_frame(index: Callable[[Place], int]) -> Callable[[Place], Value]:
    def apply(p: Place) -> Value:
        at = index(p)
        return p.values[p.frame[at]][0] if -len(p.frame) <= at < len(p.frame) else None

    return apply


WINDOWS: dict[str, Callable[[Place], Value]] = {
    "row_number": lambda p: p.position + 1,
    "rank": lambda p: p.first_peer + 1,
    "dense_rank": lambda p: p.peer_group + 1,
    "percent_rank": lambda p: p.first_peer / (p.count - 1) if p.count > 1 else 0.0,
    "cume_dist": lambda p: (p.last_peer + 1) / p.count,
    "ntile": _ntile,
    "lag": _offset(-1),
    "lead": _offset(1),
    "first_value": _in_frame(lambda p: 0),
    "last_value": _in_frame(lambda p: -1),
    "nth_value": _in_frame(lambda p: int(p.values[p.position][1]) - 1),
}
"""Every canonical window function, at a row's place."""


def over(window: Over, rows: Sequence[Row], params: Mapping[str, Any] | None = None) -> list[Value]:
    """The value of a window function for each row, in the order of the rows."""
    partitions: dict[tuple[Value, ...], list[int]] = {}
    for index, row in enumerate(rows):
        key = tuple(hashable(evaluate(s, row, params)) for s in window.partition_by)
        partitions.setdefault(key, []).append(index)
    result: list[Value] = [None] * len(rows)
    for members in partitions.values():
        ordered = sorted_rows(members, window.order_by, lambda key, i: evaluate(key.by, rows[i], params))
        for index, value in zip(ordered, _partition(window, [rows[i] for i in ordered], params), strict=True):
            result[index] = value
    return result


def _partition(window: Over, rows: list[Row], params: Mapping[str, Any] | None) -> list[Value]:
    keys = [tuple(evaluate(k.by, row, params) for k in window.order_by) for row in rows]
    groups = _peers(keys)
    call = window.call
    if isinstance(call, Agg):
        frames = [_frame(window, keys, groups, i) for i in range(len(rows))]
        return [fold(call, [rows[i] for i in frame], params) for frame in frames]
    values = tuple(tuple(evaluate(a, row, params) for a in call.args) for row in rows)
    return [WINDOWS[call.fn](_place(window, keys, groups, values, i)) for i in range(len(rows))]


def _place(
    window: Over, keys: list[tuple[Value, ...]], groups: list[int], values: tuple[tuple[Value, ...], ...], i: int
) -> Place:
    peers = [j for j, g in enumerate(groups) if g == groups[i]]
    return Place(i, peers[0], peers[-1], groups[i], len(keys), values, _frame(window, keys, groups, i))


def _peers(keys: list[tuple[Value, ...]]) -> list[int]:
    """The number of each row's group of equals; one group where nothing orders."""
    groups: list[int] = []
    for index, key in enumerate(keys):
        if index == 0:
            groups.append(0)
            continue
        before = keys[index - 1]
        equal = all(hashable(a) == hashable(b) for a, b in zip(key, before, strict=True))
        groups.append(groups[-1] + (not equal))
    return groups


_DEFAULT = Frame("range", FrameBound(None), FrameBound(0))


def _frame(window: Over, keys: list[tuple[Value, ...]], groups: list[int], i: int) -> Sequence[int]:
    frame = window.frame or _DEFAULT
    whole = _whole(window, frame, keys, groups, i)
    if not frame.exclude:
        return whole
    left_out = {j for j in whole if groups[j] == groups[i]} if frame.exclude != "current" else {i}
    return [j for j in whole if j not in left_out or (frame.exclude == "ties" and j == i)]


def _whole(window: Over, frame: Frame, keys: list[tuple[Value, ...]], groups: list[int], i: int) -> range:
    count = len(keys)
    if frame.mode == "rows":
        start = _row(frame.start, i, count, first=True)
        end = _row(frame.end, i, count, first=False)
        return range(max(start, 0), min(end, count - 1) + 1)
    inside = [j for j in range(count) if _within(window, frame, keys, groups, i, j)]
    return range(inside[0], inside[-1] + 1) if inside else range(0)


def _row(bound: FrameBound, i: int, count: int, *, first: bool) -> int:
    if bound.offset is None:
        return count - 1 if bound.following else 0
    assert isinstance(bound.offset, int)
    return i + bound.offset


def _within(window: Over, frame: Frame, keys: list[tuple[Value, ...]], groups: list[int], i: int, j: int) -> bool:
    """Whether row j is in row i's frame by groups, or by distance of the one key."""
    if frame.mode == "groups":
        low, high = frame.start.offset, frame.end.offset
        after = low is None or groups[j] >= groups[i] + int(low)  # type: ignore[arg-type]
        return after and (high is None or groups[j] <= groups[i] + int(high))  # type: ignore[arg-type]
    return _bounded(window, frame.start, keys, groups, i, j, lower=True) and _bounded(
        window, frame.end, keys, groups, i, j, lower=False
    )


def _bounded(
    window: Over, bound: FrameBound, keys: list[tuple[Value, ...]], groups: list[int], i: int, j: int, *, lower: bool
) -> bool:
    if bound.offset is None:
        return True
    if bound.offset == 0 or keys[i][0] is None:
        return groups[j] >= groups[i] if lower else groups[j] <= groups[i]
    if keys[j][0] is None:
        return (
            False if groups[j] > groups[i] and not lower else groups[j] > groups[i] if lower else groups[j] < groups[i]
        )
    sign = -1 if window.order_by[0].descending else 1
    limit = comparable(_moved(keys[i][0], bound.offset, sign))
    here = comparable(keys[j][0])
    return bool(here >= limit if lower is (sign == 1) else here <= limit)


def _moved(value: Value, offset: int | Interval, sign: int) -> Value:
    if isinstance(offset, Interval):
        assert isinstance(value, date | datetime)
        return add_interval(value, sign * offset.months, sign * offset.days, sign * offset.micros)
    if isinstance(value, date) and not isinstance(value, datetime):
        return add_interval(value, 0, sign * offset, 0)
    return add(value, sign * offset)
