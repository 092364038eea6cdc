"""Progress of a run: a bar on a terminal that can redraw, nothing anywhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from kpictl.cli.terminal import Terminal

Step = Callable[[str, int, int], None]
"""What is being computed, how many are done, of how many."""

_NOT_BEFORE = 0.4
"""Seconds that a run may take before a bar appears; most runs are over by then."""


@contextmanager
def progress(terminal: Terminal) -> Iterator[Step]:
    """Gives a function to tell progress to."""
    if not terminal.interactive or terminal.quiet:
        yield lambda _name, _done, _all: None
        return
    bar = _Bar(terminal)
    try:
        yield bar.step
    finally:
        bar.end()


class _Bar:
    """One line that is redrawn in place and wiped at the end."""

    def __init__(self, terminal: Terminal) -> None:
        from time import monotonic

        self._terminal = terminal
        self._clock = monotonic
        self._since = monotonic()
        self._last = 0.0
        self._drawn = False

    def step(self, name: str, done: int, total: int) -> None:
        now = self._clock()
        if now - self._since < _NOT_BEFORE or now - self._last < 0.05:
            return
        self._last, self._drawn = now, True
        width = 24
        full = done * width // max(total, 1)
        from kpictl.cli.terminal import fitted, visible

        line = f"  {'━' * full}{'╌' * (width - full)} {done}/{total}  {visible(name)}"
        self._terminal.err.write("\r\x1b[2K" + fitted(line, self._terminal.width - 1))
        self._terminal.err.flush()

    def end(self) -> None:
        if self._drawn:
            self._terminal.err.write("\r\x1b[2K")
            self._terminal.err.flush()
