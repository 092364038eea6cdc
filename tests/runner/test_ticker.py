"""The scheduler's clock: nothing is forgotten, nothing is doubled, whatever the clock does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from kpictl.model.calendar import calendar
from kpictl.runner.ticker import Ticker, Turn


class Clock:
    """A clock that moves when somebody waits."""

    def __init__(self, now: str) -> None:
        self.now = datetime.fromisoformat(now + "+00:00")
        self.waits: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += timedelta(seconds=seconds)


def ticker(clock: Clock, zone: str = "UTC", jitter: float = 0.0) -> Ticker:
    return Ticker(calendar(zone), clock, clock.wait, lambda: jitter)


def following(turns: Iterator[Turn], number: int) -> list[str]:
    return [
        f"{turn.tick:%d %H:%M} {'again ' if turn.again else ''}{' '.join(turn.kpis)}"
        for _, turn in zip(range(number), turns, strict=False)
    ]


def test_what_was_missed_comes_first_and_once() -> None:
    clock = Clock("2024-05-10T12:34")
    turns = ticker(clock).turns(lambda: {"a": "0 5 * * *", "b": "*/30 * * * *"})
    assert following(turns, 3) == ["10 12:30 a b", "10 13:00 b", "10 13:30 b"]


def test_ticks_during_a_run_are_one_turn() -> None:
    clock = Clock("2024-05-10T12:00")
    turns = ticker(clock).turns(lambda: {"a": "0 * * * *", "b": None})
    next(turns)
    clock.now += timedelta(hours=13, minutes=20)
    turn = next(turns)
    assert (turn.kpis, turn.tick) == (("a", "b"), datetime(2024, 5, 11, 1, tzinfo=UTC))
    assert following(turns, 1) == ["11 02:00 a"]


def test_both_changes_of_the_clocks() -> None:
    clock = Clock("2024-10-26T22:30")
    assert following(ticker(clock, "Europe/Berlin").turns(lambda: {"a": "30 2 * * *"}), 3) == [
        "26 00:30 a",
        "27 01:30 a",
        "28 01:30 a",
    ]
    clock = Clock("2024-03-30T22:30")
    assert following(ticker(clock, "Europe/Berlin").turns(lambda: {"a": "30 2 * * *"}), 3) == [
        "30 01:30 a",
        "31 01:30 a",
        "01 00:30 a",
    ]


def test_jitter_comes_after_the_tick() -> None:
    clock = Clock("2024-05-10T12:00")
    turns = ticker(clock, jitter=7.5).turns(lambda: {"a": "0 * * * *"})
    next(turns)
    turn = next(turns)
    assert turn.tick == datetime(2024, 5, 10, 13, tzinfo=UTC)
    assert clock.now == turn.tick + timedelta(seconds=7.5)
    assert max(clock.waits) <= 20


def test_what_failed_is_tried_again_a_few_times() -> None:
    clock = Clock("2024-05-10T00:00")
    made = ticker(clock)
    turns = made.turns(lambda: {"a": "0 0 * * *", "b": "0 0 * * *"})
    seen = []
    for _, turn in zip(range(6), turns, strict=False):
        seen.append(f"{turn.tick:%d %H:%M} {'again ' if turn.again else ''}{' '.join(turn.kpis)}")
        made.told([name for name in turn.kpis if name == "a"], [name for name in turn.kpis if name == "b"])
    assert seen == [
        "10 00:00 a b",
        "10 00:01 again a",
        "10 00:06 again a",
        "10 00:21 again a",
        "11 00:00 a b",
        "11 00:01 again a",
    ]


def test_a_clock_that_is_set_back_holds_nothing_up() -> None:
    clock = Clock("2024-05-10T12:00")
    turns = ticker(clock).turns(lambda: {"a": "0 * * * *"})
    next(turns)
    clock.now -= timedelta(days=400)
    assert following(turns, 2) == ["06 13:00 a", "06 14:00 a"]


def test_a_clock_that_is_set_back_a_little_ticks_once() -> None:
    clock = Clock("2024-05-10T12:59:50")
    turns = ticker(clock).turns(lambda: {"a": "0 * * * *"})
    assert following(turns, 2) == ["10 12:00 a", "10 13:00 a"]
    clock.now -= timedelta(seconds=30)
    assert following(turns, 1) == ["10 14:00 a"]


def test_definitions_may_change_meanwhile() -> None:
    clock = Clock("2024-05-10T12:00")
    known: dict[str, str | None] = {"a": "0 * * * *"}

    def schedules() -> Mapping[str, str | None]:
        return dict(known)

    turns = ticker(clock).turns(schedules)
    next(turns)
    known["b"] = "30 * * * *"
    assert following(turns, 1) == ["10 12:30 b"]
    del known["a"]
    assert following(turns, 1) == ["10 13:30 b"]
    known.clear()
    clock.now -= timedelta(minutes=1)
    known["c"] = "@daily"
    assert following(turns, 1) == ["11 00:00 c"]
