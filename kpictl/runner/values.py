"""From the rows of an answer to stored values: buckets, statuses, flags; nothing is 0 because it is missing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from kpictl.diagnostics import Refused
from kpictl.engines import Rows
from kpictl.ir.functions import FUNCTIONS
from kpictl.kinds.lowered import Empty, Lowered
from kpictl.model.calendar import calendar
from kpictl.plan.plan import Evaluation, Mode, Step
from kpictl.runner.findings import NoNumber, SameRowTwice, SeveralRows, TooManyCombinations
from kpictl.stores import NewValue
from kpictl.stores.canonical import canonical, dimensions_key

_COMBINATIONS = 1_000_000
_TOTAL = "{}"
_TOTAL_KEY = dimensions_key(_TOTAL)


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of an answer in its bucket."""

    value: float | None
    exact: str | None
    denominated: bool
    """Whether the outermost division had something to divide by."""


class ValueMaker:
    """Collects the answers of a step and makes the values of its due buckets."""

    def __init__(self, step: Step, lowered: Lowered) -> None:
        self._step = step
        self._lowered = lowered
        self._unit = step.grain.unit
        self._of = calendar(step.grain.zone, step.grain.week_start, step.grain.fiscal_start)
        self._rows: dict[tuple[datetime, str], _Row] = {}
        self._keys: dict[str, str] = {_TOTAL: _TOTAL_KEY}
        self._flags = {"approximate": True} if _approximate(lowered) else {}
        self._texts: dict[tuple[Any, ...], str] = {(): _TOTAL}
        self._floors: dict[Any, datetime] = {}
        self.without_time = 0
        """Rows of a series whose time was NULL."""

    def add(self, answer: Rows, evaluation: Evaluation, dimensions: tuple[str, ...]) -> None:
        """Takes the rows of one statement: the total's (no dimensions) or the finest set's."""
        names = [name.lower() for name in answer.columns]
        value_at = names.index("value") if "value" in names else len(names) - 1
        time_at = names.index("time") if "time" in names and evaluation.mode is not Mode.SNAPSHOT else None
        divisor_at = names.index("denominator") if "denominator" in names else None
        members_at = tuple(names.index(each) for each in dimensions)
        if evaluation.mode is Mode.SNAPSHOT and not dimensions and len(answer.rows) > 1:
            raise self._several(len(answer.rows))
        if (
            len(answer.rows) > _COMBINATIONS
            and len({tuple(r[i] for i in members_at) for r in answer.rows}) > _COMBINATIONS
        ):
            message = f"{', '.join(dimensions)} have more than {_COMBINATIONS:,} combinations"
            raise Refused([TooManyCombinations.at(None, message, help=["choose dimensions of few members"])])
        for row in answer.rows:
            at = evaluation.start if time_at is None else self._bucket(row[time_at])
            if at is None:
                self.without_time += 1
                continue
            text = self._text(dimensions, tuple(row[i] for i in members_at))
            if (at, text) in self._rows:
                raise self._twice(at, text)
            value, exact = _number(row[value_at])
            self._rows[at, text] = _Row(value, exact, divisor_at is None or bool(row[divisor_at]))

    def values(self, evaluations: Sequence[Evaluation]) -> list[NewValue]:
        """The values of the due buckets: the total dense in time, combinations where they have rows."""
        series = any(each.mode is Mode.SERIES for each in evaluations)
        if series or any(each.mode is Mode.SNAPSHOT for each in evaluations):
            buckets = {at for at, _ in self._rows if self._is_due(at)}
            return [self._value(at, text, row) for (at, text), row in self._rows.items() if at in buckets]
        found = []
        for start, stop in self._step.due:
            spine = self._of.spine(start, stop, self._unit)
            found += [self._value(at, _TOTAL, self._rows.get((at, _TOTAL))) for at in spine]
        found += [
            self._value(at, text, row)
            for (at, text), row in self._rows.items()
            if text != _TOTAL and self._is_due(at) and self._of.next(at, self._unit) <= self._step.final_until
        ]
        return found

    def _is_due(self, at: datetime) -> bool:
        return any(start <= at < stop for start, stop in self._step.due)

    def _value(self, at: datetime, text: str, row: _Row | None) -> NewValue:
        end = self._of.next(at, self._unit)
        flags: dict[str, object] = dict(self._flags)
        value, exact = (None, None) if row is None else (row.value, row.exact)
        opened = self._step.open_from is not None and at >= self._step.open_from
        partial = opened or (self._step.partial_until is not None and end < self._step.partial_until)
        if end > self._step.final_until:
            value, exact = None, None
            flags["stale"] = True
            status = "partial" if opened else "no_data"
        elif row is None and self._lowered.empty is Empty.ZERO:
            value, status = 0.0, "partial" if partial else "ok"
        elif partial:
            status = "partial"
        elif value is None:
            status = "no_denominator" if row is not None and self._no_denominator(row) else "no_data"
        else:
            status = "ok"
        if exact is not None:
            flags["exact"] = exact
        metadata = canonical(flags) if flags else "{}"
        label = self._of.label(at, self._unit)
        return NewValue(at, label, value, status, text, self._key(text), metadata)

    def _no_denominator(self, row: _Row) -> bool:
        return self._lowered.has_denominator and not row.denominated

    def _bucket(self, time: Any) -> datetime | None:
        known = self._floors.get(time)
        if known is not None or time is None:
            return known
        if isinstance(time, datetime):
            instant = time.astimezone(UTC) if time.tzinfo is not None else self._of.instant(time)
        elif isinstance(time, date):
            instant = self._of.day_start(time)
        else:
            raise Refused(
                [NoNumber.at(None, f"the time of a row is {str(time)[:40]!r}, which is no date or timestamp")]
            )
        found = self._floors[time] = self._of.floor(instant, self._unit)
        return found

    def _text(self, dimensions: tuple[str, ...], members: tuple[Any, ...]) -> str:
        found = self._texts.get(members) if all(type(each) is str for each in members) else None
        if found is None:
            found = canonical(dict(zip(dimensions, members, strict=True)))
            if all(type(each) is str for each in members):
                self._texts[members] = found
        return found

    def _key(self, text: str) -> str:
        found = self._keys.get(text)
        if found is None:
            found = self._keys[text] = dimensions_key(text)
        return found

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

    def _twice(self, at: datetime, text: str) -> Refused:
        member = "" if text == _TOTAL else f" and {text}"
        message = f"two rows for the bucket {self._of.label(at, self._unit)}{member}"
        help = [f"aggregate to one row a {self._unit}, or name what tells the rows apart in `dimensions:`"]
        return Refused([SameRowTwice.at(None, message, help=help)])


def _number(value: Any) -> tuple[float | None, str | None]:
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
    names = {name for name, function in FUNCTIONS.items() if function.approximate}
    return any(name in names for name in _functions(lowered.finest))


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
