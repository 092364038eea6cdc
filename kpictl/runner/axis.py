"""Buckets as a run needs them, each looked up in the calendar once: where a time falls, where a bucket ends, its name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from kpictl.diagnostics import Refused
from kpictl.ir.relations import Grain
from kpictl.kinds.findings import NoNumber
from kpictl.model.calendar import calendar
from kpictl.plan.plan import Step
from kpictl.plan.state import Range
from kpictl.records import dataclass


class State(Enum):
    """What is known of a bucket whatever its rows say."""

    WHOLE = "whole"
    PARTIAL = "partial"
    """Open, or its window begins before the first bucket."""
    BEHIND = "behind"
    """It ends after the watermark of its sources: what is there is counted, and none is no zero yet."""
    STALE = "stale"
    """It ends after what its sources are known for."""
    STALE_OPEN = "stale and open"


@dataclass(frozen=True, slots=True)
class Frame:
    """The due buckets of a step side by side: starts, names, states."""

    starts: tuple[datetime, ...]
    labels: tuple[str, ...]
    states: tuple[State, ...]


class Axis:
    """The buckets of one grain. Everything is remembered, so KPIs of a grain and range share one reading."""

    def __init__(self, grain: Grain) -> None:
        self.unit = grain.unit
        self._of = calendar(grain.zone, grain.week_start, grain.fiscal_start)
        self._floors: dict[Any, datetime] = {}
        self._ends: dict[datetime, datetime] = {}
        self._labels: dict[datetime, str] = {}
        self._spines: dict[Range, tuple[datetime, ...]] = {}
        self._frames: dict[tuple[Any, ...], Frame] = {}

    def floors(self, times: Sequence[Any]) -> list[datetime | None]:
        """The bucket of each time, an instant, a naive local time or a date; None for None."""
        known = self._floors
        for time in set(times) - known.keys():
            if time is not None:
                known[time] = self._floor(time)
        return [known.get(time) for time in times]

    def end(self, at: datetime) -> datetime:
        """The end of the bucket that starts at an instant."""
        found = self._ends.get(at)
        if found is None:
            found = self._ends[at] = self._of.next(at, self.unit)
        return found

    def label(self, at: datetime) -> str:
        """What people call the bucket."""
        found = self._labels.get(at)
        if found is None:
            found = self._labels[at] = self._of.label(at, self.unit)
        return found

    def frame(self, step: Step) -> Frame:
        """The buckets of a step's due ranges."""
        key = (step.due, step.final_until, step.complete_until, step.open_from, step.partial)
        found = self._frames.get(key)
        if found is None:
            starts = tuple(at for due in step.due for at in self._spine(due))
            labels = tuple(self.label(at) for at in starts)
            found = self._frames[key] = Frame(starts, labels, tuple(self.state(at, step) for at in starts))
        return found

    def state(self, at: datetime, step: Step) -> State:
        """What a step knows of a bucket."""
        end = self.end(at)
        opened = step.open_from is not None and at >= step.open_from
        behind = step.complete_until is not None and end > step.complete_until
        if end > step.final_until:
            return State.STALE_OPEN if opened or behind else State.STALE
        if behind:
            return State.BEHIND
        partial = opened or any(start <= at < stop for start, stop in step.partial)
        return State.PARTIAL if partial else State.WHOLE

    def _spine(self, due: Range) -> tuple[datetime, ...]:
        found = self._spines.get(due)
        if found is None:
            found = self._spines[due] = tuple(self._of.spine(*due, self.unit))
        return found

    def _floor(self, time: Any) -> datetime:
        if isinstance(time, datetime):
            instant = time.astimezone(UTC) if time.tzinfo is not None else self._of.instant(time)
        elif isinstance(time, date):
            instant = self._of.day_start(time)
        else:
            raise Refused(
                [NoNumber.at(None, f"the time of a row is {str(time)[:40]!r}, which is no date or timestamp")]
            )
        return self._of.floor(instant, self.unit)
