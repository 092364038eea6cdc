"""Answers of statements that several KPIs share: asked once, when the first of them needs it, and kept for the last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any

from kpictl.diagnostics import Refused
from kpictl.engines import Engine, Rows
from kpictl.plan.fusion import Fusion, Reader, Shared, Task
from kpictl.records import dataclass
from kpictl.runner.axis import Axis
from kpictl.runner.values import ValueMaker


@dataclass(slots=True)
class _Answer:
    """Rows as columns, apart by part."""

    columns: list[dict[str, Sequence[Any]]]
    waiting: int
    """Readers that have not taken theirs yet."""
    starts: dict[tuple[int, int], list[datetime | None]] = field(default_factory=dict)


class SharedAnswers:
    """Hands each task its own numbers. What fails for one fails here for all, and each then asks for itself."""

    def __init__(self, fusion: Fusion, engine: Callable[[str | None, str], Engine]) -> None:
        self._engine = engine
        self._of = {reader.task: (shared, reader) for shared in fusion.shared for reader in shared.readers}
        self._answers: dict[int, _Answer | None] = {}

    def take(self, task: Task, maker: ValueMaker, axis: Axis) -> bool:
        """Gives the numbers of a task to the maker; False when the task must ask for itself."""
        found = self._of.get(task)
        if found is None:
            return False
        shared, reader = found
        key = id(shared)
        if key not in self._answers:
            self._answers[key] = self._asked(shared, reader)
        answer = self._answers[key]
        if answer is None:
            return False
        answer.waiting -= 1
        if not answer.waiting:
            self._answers[key] = None  # the last one has come
        _hand_over(answer, reader, maker, axis)
        return True

    def _asked(self, shared: Shared, reader: Reader) -> _Answer | None:
        engine = self._engine(shared.connection, reader.task.kpi)
        try:
            rows = engine.query(shared.statement, shared.values)
        except Refused:
            return None
        return _Answer(_by_part(rows, shared.parts), len(shared.readers))


def _by_part(answer: Rows, parts: int) -> list[dict[str, Sequence[Any]]]:
    names = [name.lower() for name in answer.columns]
    if parts == 1:
        return [_columns(names, answer.rows)]
    at = names.index("part")
    apart: list[list[tuple[Any, ...]]] = [[] for _ in range(parts)]
    for row in answer.rows:
        apart[row[at]].append(row)
    return [_columns(names, rows) for rows in apart]


def _columns(names: list[str], rows: list[tuple[Any, ...]]) -> dict[str, Sequence[Any]]:
    if not rows:
        return dict.fromkeys(names, ())
    return dict(zip(names, zip(*rows, strict=True), strict=True))


def _hand_over(answer: _Answer, reader: Reader, maker: ValueMaker, axis: Axis) -> None:
    column = reader.column
    columns = answer.columns[column.part]
    key = (column.part, id(axis))
    starts = answer.starts.get(key)
    if starts is None:
        starts = answer.starts[key] = axis.floors(columns["time"])
    values = columns[column.value]
    divisors = None if column.denominator is None else columns[column.denominator]
    members = [columns[name] for name in column.members]
    counted = columns[column.rows] if column.rows is not None else None
    start, stop = reader.start, reader.stop
    kept = [
        i for i, at in enumerate(starts) if at is not None and start <= at < stop and (counted is None or counted[i])
    ]
    if len(kept) < len(starts):
        starts = [starts[i] for i in kept]
        values = [values[i] for i in kept]
        divisors = None if divisors is None else [divisors[i] for i in kept]
        members = [[each[i] for i in kept] for each in members]
    maker.take(starts, values, divisors, reader.dimensions, members)
