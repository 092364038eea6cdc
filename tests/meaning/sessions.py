"""What settings of a session change in a target's rules: `rules/<target>.sessions.sql`, read.

A line `-- session: NAME = VALUE, OTHER = VALUE` stands above the rules that hold in a session with all of these.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_SECTION = re.compile(r"(?m)^-- session: (.*)$")
_MACRO = re.compile(r"^CREATE MACRO (\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Held:
    """Settings, and the rules that hold under all of them, by name."""

    settings: Mapping[str, str]
    rules: Mapping[str, str]

    def holds(self, session: Mapping[str, str]) -> bool:
        return all(session.get(name, "").lower() == value.lower() for name, value in self.settings.items())


def held_in_sessions(file: Path) -> tuple[Held, ...]:
    """The sections of a file, in its order."""
    _, *rest = _SECTION.split(file.read_text(encoding="utf-8"))
    return tuple(Held(_settings(told), _rules(body)) for told, body in zip(rest[0::2], rest[1::2], strict=True))


def _settings(told: str) -> dict[str, str]:
    pairs = (each.split(" = ") for each in told.split(", "))
    return {name.strip(): value.strip() for name, value in pairs}


def _rules(body: str) -> dict[str, str]:
    parts = re.split(r"(?m)^(?=CREATE MACRO )", body)[1:]
    return {_MACRO.match(part)[1]: part.partition("\n--")[0].strip() for part in parts}  # type: ignore[index]
