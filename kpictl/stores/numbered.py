"""Numbers for the few things that many rows name, so that rows travel as numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class Numbered:
    """A number for each different thing, counted from 0."""

    def __init__(self) -> None:
        self.known: dict[Any, int] = {}

    def of(self, things: Iterable[Any]) -> list[int]:
        known = self.known
        return [known.setdefault(thing, len(known)) for thing in things]
