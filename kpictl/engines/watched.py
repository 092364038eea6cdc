"""Waits for an engine with an end: a limit of time, and Ctrl-C, however deep the driver sits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")


class Overdue(Exception):
    """The work did not end in its time; it was told to stop."""


def watched(work: Callable[[], _T], *, seconds: float, stop: Callable[[], None], patience: float) -> _T:
    """What `work` returns or raises. After `seconds`, or when this thread is interrupted, `stop` is called.

    Drivers notice no signal while they compute or wait in C; a thread that waits does. (It waits for an event: a `join`
    that is interrupted takes the other thread for ended.) The work has `patience` seconds more to end after `stop`.
    """
    answers: list[_T] = []
    failures: list[BaseException] = []
    ended = threading.Event()

    def worker() -> None:
        try:
            answers.append(work())
        except BaseException as error:
            failures.append(error)
        finally:
            ended.set()

    threading.Thread(target=worker, daemon=True).start()
    try:
        in_time = ended.wait(seconds)
    except BaseException:
        stop()
        ended.wait(patience)
        raise
    if not in_time:
        stop()
        ended.wait(patience)
        raise Overdue
    for failure in failures:
        raise failure
    return answers[0]
