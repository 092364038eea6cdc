"""From the rows of an answer to stored values: buckets, statuses, flags; nothing is 0 because it is missing.

Values are made column by column, as a long series is hundreds of thousands of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from kpictl.diagnostics import Refused
from kpictl.engines import Rows
from kpictl.ir.functions import FUNCTIONS
from kpictl.ir.relations import Aggregate, Finalize
from kpictl.kinds.findings import NoNumber
from kpictl.kinds.lowered import Lowered
from kpictl.plan.plan import Evaluation, Mode, Step
from kpictl.runner.axis import Axis, State
from kpictl.runner.findings import SameRowTwice, SeveralRows, TooManyCombinations
from kpictl.stores import NewValues
from kpictl.stores.canonical import canonical, dimensions_key

_COMBINATIONS = 1_000_000
_TOTAL = "{}"
_TOTAL_KEY = dimensions_key(_TOTAL)
_APPROXIMATE = frozenset(name for name, function in FUNCTIONS.items() if function.approximate)
_INFINITE = math.inf


class ValueMaker:
    """Collects the answers of a step and makes the values of its due buckets."""

    def __init__(self, step: Step, lowered: Lowered, axis: Axis) -> None:
        self._step = step
        self._lowered = lowered
        self._axis = axis
        self._total: dict[datetime, Any] = {}
        self._members: dict[tuple[datetime, str], Any] = {}
        self._undivided: set[tuple[datetime, str]] = set()
        """Rows whose outermost division had nothing to divide by."""
        self._keys: dict[str, str] = {_TOTAL: _TOTAL_KEY}
        self._texts: dict[tuple[Any, ...], str] = {}
        self._flags: dict[str, object] = {"approximate": True} if _approximate(lowered) else {}
        self.without_time = 0
        """Rows of a series whose time was NULL."""
        self.not_finite = 0
        """Values that were NaN or infinite."""

    def add(self, answer: Rows, evaluation: Evaluation, dimensions: tuple[str, ...]) -> None:
        """Takes the rows of one statement: the total's (no dimensions) or the finest set's."""
        if not answer.rows:
            return
        names = [name.lower() for name in answer.columns]
        timed = "time" in names and evaluation.mode is not Mode.SNAPSHOT
        if evaluation.mode is Mode.SNAPSHOT and not dimensions and len(answer.rows) > 1:
            raise self._several(len(answer.rows))
        columns = list(zip(*answer.rows, strict=True))
        values = columns[names.index("value") if "value" in names else -1]
        starts: Sequence[datetime | None] = [evaluation.start] * len(values)
        if timed:
            starts = self._axis.floors(columns[names.index("time")])
        members = [columns[names.index(each)] for each in dimensions]
        divisors = columns[names.index("denominator")] if "denominator" in names else None
        self.take(starts, values, divisors, dimensions, members)

    def take(
        self,
        starts: Sequence[datetime | None],
        values: Sequence[Any],
        divisors: Sequence[Any] | None,
        dimensions: tuple[str, ...] = (),
        members: Sequence[Sequence[Any]] = (),
    ) -> None:
        """Takes rows as columns: the bucket of each, its number, what it was divided by, its members."""
        if None in starts:
            kept = [i for i, at in enumerate(starts) if at is not None]
            self.without_time += len(starts) - len(kept)
            starts, values = [starts[i] for i in kept], [values[i] for i in kept]
            divisors = None if divisors is None else [divisors[i] for i in kept]
            members = [[column[i] for i in kept] for column in members]
        if dimensions:
            texts = self._texts_of(dimensions, members)
            keys: list[Any] = list(zip(starts, texts, strict=True))
            self._merge(self._members, keys, values)
        else:
            keys = list(starts)
            self._merge(self._total, keys, values)
        if divisors is not None and not all(divisors):
            found = zip(keys, divisors, strict=True)
            pairs = (key if dimensions else (key, _TOTAL) for key, divisor in found if not divisor)
            self._undivided.update(pairs)

    def values(self, evaluations: Sequence[Evaluation]) -> NewValues:
        """The values of the due buckets: the total dense in time, combinations where they have rows."""
        found = NewValues()
        if any(each.mode in (Mode.SERIES, Mode.SNAPSHOT) for each in evaluations):
            due = [at for at in self._total if self._is_due(at)]
            self._put(found, due, [_TOTAL] * len(due), [self._total[at] for at in due])
            self._put_members(found, self._is_due)
            return found
        self._put_total(found)
        final = self._step.final_until
        self._put_members(found, lambda at: self._is_due(at) and self._axis.end(at) <= final)
        return found

    # -- answers

    def _merge(self, known: dict[Any, Any], keys: Sequence[Any], values: Sequence[Any]) -> None:
        before = len(known)
        known.update(zip(keys, values, strict=True))
        if len(known) != before + len(keys):
            seen: set[Any] = set()
            twice = next((key for key in keys if key in seen or seen.add(key)), keys[0])  # type: ignore[func-returns-value]
            raise self._twice(twice)

    def _texts_of(self, dimensions: tuple[str, ...], members: Sequence[Sequence[Any]]) -> list[str]:
        """The canonical text of each row's combination; texts of members that are texts are remembered."""
        rows = list(zip(*members, strict=True))
        distinct = set(rows) if len(rows) > _COMBINATIONS else ()
        if len(distinct) > _COMBINATIONS:
            message = f"{', '.join(dimensions)} have more than {_COMBINATIONS:,} combinations"
            raise Refused([TooManyCombinations.at(None, message, help=["choose dimensions of few members"])])
        known = self._texts
        found = []
        for row in rows:
            # Only texts are looked up: 1, 1.0 and true are one key of a dictionary.
            plain = all(type(each) is str for each in row)
            text = known.get(row) if plain else None
            if text is None:
                text = canonical(dict(zip(dimensions, row, strict=True)))
                if plain:
                    known[row] = text
            found.append(text)
        return found

    def _is_due(self, at: datetime) -> bool:
        return any(start <= at < stop for start, stop in self._step.due)

    # -- values

    def _put_total(self, out: NewValues) -> None:
        """The total, dense over the due buckets."""
        frame = self._axis.frame(self._step)
        missing = None if self._lowered.empty is None else float(self._lowered.empty)
        raw = [self._total.get(at, missing) for at in frame.starts]
        self._extend(out, frame.starts, frame.labels, frame.states, [_TOTAL] * len(raw), raw)

    def _put_members(self, out: NewValues, is_due: Callable[[datetime], bool]) -> None:
        due = {at for at in {at for at, _ in self._members} if is_due(at)}
        keys = [key for key in self._members if key[0] in due]
        self._put(out, [at for at, _ in keys], [text for _, text in keys], [self._members[key] for key in keys])

    def _put(self, out: NewValues, starts: Sequence[datetime], texts: Sequence[str], raw: Sequence[Any]) -> None:
        labels = [self._axis.label(at) for at in starts]
        states = {at: self._axis.state(at, self._step) for at in set(starts)}
        self._extend(out, starts, labels, [states[at] for at in starts], texts, raw)

    def _extend(
        self,
        out: NewValues,
        starts: Sequence[datetime],
        labels: Sequence[str],
        states: Sequence[State],
        texts: Sequence[str],
        raw: Sequence[Any],
    ) -> None:
        metadata, stale = _json(self._flags), _json({**self._flags, "stale": True})
        missing = None if self._lowered.empty is None else float(self._lowered.empty)
        values: list[float | None] = []
        statuses: list[str] = []
        notes: list[str] = []
        for at, state, text, given in zip(starts, states, texts, raw, strict=True):
            note = metadata
            value: float | None = None
            if state is State.STALE or state is State.STALE_OPEN:
                status, note = ("partial" if state is State.STALE_OPEN else "no_data"), stale
            else:
                if type(given) is float and -_INFINITE < given < _INFINITE:
                    value = given
                elif given is not None:
                    value, exact = number(given)
                    self.not_finite += value is None and exact is None
                    if exact is not None:
                        note = _json({**self._flags, "exact": exact})
                if state is State.PARTIAL:
                    status = "partial"
                elif state is State.BEHIND:
                    status, value = "partial", None if value == missing else value
                elif value is None:
                    status = "no_denominator" if self._no_denominator(at, text) else "no_data"
                else:
                    status = "ok"
            values.append(value)
            statuses.append(status)
            notes.append(note)
        out.times += starts
        out.buckets += labels
        out.values += values
        out.statuses += statuses
        out.dimensions += texts
        out.keys += [self._key(text) for text in texts]
        out.metadata += notes

    def _no_denominator(self, at: datetime, text: str) -> bool:
        return self._lowered.has_denominator and (at, text) in self._undivided

    def _key(self, text: str) -> str:
        found = self._keys.get(text)
        if found is None:
            found = self._keys[text] = dimensions_key(text)
        return found

    # -- what is wrong with an answer

    def _several(self, number: int) -> Refused:
        return Refused(
            [
                SeveralRows.at(
                    None,
                    f"the query returned {number:,} rows and no time",
                    help=[
                        "name the time: SELECT month AS time, ... AS value, or `columns: {time: month, value: ...}`",
                        "or declare the source's `time:` and the same `key:`, so that each row is the value of its bucket",
                    ],
                )
            ]
        )

    def _twice(self, key: Any) -> Refused:
        at, text = key if isinstance(key, tuple) else (key, _TOTAL)
        member = "" if text == _TOTAL else f" and {text}"
        unit = self._axis.unit
        message = f"two rows for the bucket {self._axis.label(at)}{member}"
        help = [f"aggregate to one row a {unit}, or name what tells the rows apart in `dimensions:`"]
        return Refused([SameRowTwice.at(None, message, help=help)])


def notes(lowered: Lowered) -> tuple[str, str]:
    """The metadata of a KPI's values, and of those that its source does not reach."""
    flags: dict[str, object] = {"approximate": True} if _approximate(lowered) else {}
    return _json(flags), _json({**flags, "stale": True})


def _json(flags: Mapping[str, object]) -> str:
    return canonical(flags) if flags else "{}"


def number(value: Any) -> tuple[float | None, str | None]:
    """The nearest double, and the exact text where that loses digits."""
    if value is None:
        return None, None
    if isinstance(value, float):
        return (value, None) if math.isfinite(value) else (None, None)
    if isinstance(value, bool | int):
        try:
            near = float(value)
        except OverflowError:
            return None, str(value)
        return near, None if near == value else str(int(value))
    if isinstance(value, Decimal):
        if not value.is_finite():
            return None, None
        near = float(value)
        return near, None if Decimal(repr(near)) == value else format(value, "f")
    raise Refused([NoNumber.at(None, f"the value {str(value)[:40]!r} is no number")])


def _approximate(lowered: Lowered) -> bool:
    tree, _ = lowered.bare
    if isinstance(tree, Finalize) and isinstance(tree.input, Aggregate):
        return any(state.fn in _APPROXIMATE for _, state in tree.input.states)  # only aggregates are approximate
    return any(name in _APPROXIMATE for name in _functions(tree))


def _functions(node: object) -> Iterable[str]:
    """Names of the functions that a tree calls."""
    if isinstance(node, tuple):
        for each in node:
            yield from _functions(each)
    elif is_dataclass(node) and not isinstance(node, type):
        for field in fields(node):
            value = getattr(node, field.name)
            if field.name == "fn" and isinstance(value, str):
                yield value
            elif field.compare:
                yield from _functions(value)
