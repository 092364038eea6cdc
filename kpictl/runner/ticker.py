"""Waiting for the ticks of many schedules: what ticked together, or while nobody looked, comes as one turn."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta

from kpictl.model.calendar import Calendar
from kpictl.plan.schedule import last_tick, next_tick
from kpictl.records import dataclass

_LOOK = 20.0
"""Seconds between two looks at the clock, which may have been set, or may have slept."""
_JUMP = timedelta(minutes=5)
_PAUSES = (60, 300, 900)
"""Seconds after which what has failed is tried again, before its next tick; then it waits for that."""

Schedules = Mapping[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What is to be run now."""

    tick: datetime
    """The last tick that is served; for a second try the moment of it."""
    kpis: tuple[str, ...]
    again: bool = False
    """Whether it is a further try of what has failed."""


class Ticker:
    """Turns of schedules in one zone. `clock` tells the time, `wait` sleeps so many seconds at most, `jitter` says how
    many seconds to wait after a tick, so that many projects do not begin at once.
    """

    def __init__(
        self, of: Calendar, clock: Callable[[], datetime], wait: Callable[[float], None], jitter: Callable[[], float]
    ) -> None:
        self._of, self._clock, self._wait, self._jitter = of, clock, wait, jitter
        self._tries: dict[str, int] = {}
        self._again: dict[str, datetime] = {}

    def turns(self, schedules: Callable[[], Schedules]) -> Iterator[Turn]:
        """At once all KPIs, which catches up what was missed; then for ever those whose schedule has ticked.

        `schedules` is asked before each wait. Ticks that fell into a long run, or while the machine slept, are one turn.
        What a clock passes again that was set back by more than minutes is served again: then nothing is due.
        """
        known, seen = schedules(), self._clock()
        ticks = [last_tick(each, seen, self._of) for each in known.values()]
        yield Turn(tick=max(ticks, default=seen), kpis=tuple(known))
        while True:
            known, now = schedules(), self._clock()
            if seen - now > _JUMP:  # the clock was set back
                seen = now
                self._again = {name: min(at, now + timedelta(seconds=_PAUSES[-1])) for name, at in self._again.items()}
            due = self._due(known, seen)
            until = min((due, *(at for name, at in self._again.items() if name in known)))
            self._sleep_until(until + timedelta(seconds=self._jitter() if until == due else 0))
            now = self._clock()
            if now < until:
                continue
            found = {name: last_tick(each, now, self._of) for name, each in known.items()}
            ticked = tuple(name for name, at in found.items() if at > seen)
            again = tuple(
                name for name, at in self._again.items() if at <= now and name in known and name not in ticked
            )
            for name in ticked:
                self._tries.pop(name, None)
                self._again.pop(name, None)
            if ticked:
                seen = now
                yield Turn(tick=max(found[name] for name in ticked), kpis=ticked)
            if again:
                for name in again:
                    del self._again[name]
                yield Turn(tick=now, kpis=again, again=True)

    def told(self, failed: Collection[str], done: Collection[str]) -> None:
        """What came of a turn: what has failed is tried again soon, a few times."""
        for name in done:
            self._tries.pop(name, None)
        for name in failed:
            number = self._tries.get(name, 0)
            if number < len(_PAUSES):
                self._tries[name] = number + 1
                self._again[name] = self._clock() + timedelta(seconds=_PAUSES[number])

    def _due(self, known: Schedules, seen: datetime) -> datetime:
        texts = set(known.values())
        return min((next_tick(text, seen, self._of) for text in texts), default=seen + timedelta(hours=1))

    def _sleep_until(self, until: datetime) -> None:
        """Waits as long as the clock says so; ends early when the clock was set back."""
        last = self._clock()
        while last < until:
            self._wait(min((until - last).total_seconds(), _LOOK))
            now = self._clock()
            if last - now > _JUMP:
                return
            last = now
