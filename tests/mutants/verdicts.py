"""What became of each mutant, and the survivors that are known, each with its reason."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

FILE = Path(__file__).parent / "survivors.yml"


@cache
def known() -> dict[str, str]:
    """Mutants that change no number, or none that the contract tells apart, and why."""
    told: dict[str, list[str]] = yaml.safe_load(FILE.read_text()) or {}
    return {name: reason for reason, names in told.items() for name in names}


class Verdicts:
    """Dead and living, in the order of the trials."""

    def __init__(self) -> None:
        self.dead: list[str] = []
        self.living: list[str] = []

    def note(self, name: str, caught: bool) -> None:
        (self.dead if caught else self.living).append(name)

    def surprises(self, names: set[str]) -> list[str]:
        """Of these mutants: who lives without a reason, and who was said to live and does not."""
        living = names & set(self.living)
        return sorted([n for n in living if n not in known()] + [f"{n} dies" for n in names - living if n in known()])
