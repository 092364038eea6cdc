"""Batches as rows of numbers and the few things that many rows name: a text or instant a row would cost ten times as much."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any

from kpictl.stores.store import Batch


class Numbered:
    """A number for each different thing, counted from 0."""

    def __init__(self) -> None:
        self.known: dict[Any, int] = {}

    def of(self, things: Iterable[Any]) -> list[int]:
        known = self.known
        return [known.setdefault(thing, len(known)) for thing in things]


class _Columns(Numbered):
    """Numbers of things that stand in lists. KPIs that are computed together have the same buckets, and often the same members:
    lists that are as the ones before cost a fifth."""

    def __init__(self) -> None:
        super().__init__()
        self._before: tuple[list[Any], ...] = ()
        self._numbers: list[int] = []

    def at(self, *columns: list[Any]) -> list[int]:
        """By place, a number for what stands there: a thing, or a tuple of them where there are several columns."""
        if self._before != columns:
            self._numbers = self.of(columns[0] if len(columns) == 1 else zip(*columns, strict=True))
            self._before = columns
        return self._numbers


class Staging:
    """What a store puts into its temporary tables: first `rows`, then the `parts` that they name."""

    def __init__(self, batches: Sequence[Batch]) -> None:
        self._batches = batches
        self._buckets, self._members, self._notes, self._statuses = _Columns(), _Columns(), _Columns(), _Columns()

    def rows(self) -> Iterator[Iterator[tuple[int, int, int, int, int, float | None]]]:
        """By batch: the numbers of batch, slot, member, status and note, and the value."""
        for number, batch in enumerate(self._batches):
            new = batch.values
            yield zip(
                repeat(number),
                self._buckets.at(new.times, new.buckets),
                self._members.at(new.dimensions, new.keys),
                self._statuses.at(new.statuses),
                self._notes.at(new.metadata),
                new.values,
                strict=False,
            )

    def parts(self) -> Mapping[str, list[tuple[Any, ...]]]:
        """Rows by temporary table, in the order of its columns, once all `rows` are taken."""
        return {
            "new_batches": [(n, b.kpi, b.grain, b.definition) for n, b in enumerate(self._batches)],
            "new_buckets": [(n, at, label) for (at, label), n in self._buckets.known.items()],
            "new_members": [(n, text, key) for (text, key), n in self._members.known.items()],
            "new_notes": [(n, text) for text, n in self._notes.known.items()],
            "new_statuses": [(n, text) for text, n in self._statuses.known.items()],
            "ranges": [(b.kpi, b.grain, start, stop) for b in self._batches for start, stop in b.ranges],
        }
