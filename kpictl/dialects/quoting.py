"""Identifiers: left bare only where every reader, human or engine, takes them as they are."""

from __future__ import annotations

import re
from collections.abc import Callable

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")


def quoter(mark: str, reserved: frozenset[str], close: str | None = None) -> Callable[[str], str]:
    """A function that quotes what is not a plain lower-case word, or is reserved."""
    end = close or mark

    def quote(name: str) -> str:
        if _PLAIN.fullmatch(name) and name not in reserved:
            return name
        return f"{mark}{name.replace(end, end + end)}{end}"

    return quote
