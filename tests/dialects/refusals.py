"""`refused.yml`: by dialect, the functions that it refuses as a whole and the single cases."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from tests.dialects.cases import cases

FILE = Path(__file__).parent / "refused.yml"


def listed(dialect: str) -> set[str]:
    """The labels of the cases that a dialect refuses."""
    told = (yaml.safe_load(FILE.read_text()) or {}).get(dialect, [])
    return {case.label for case in cases() if case.fn in told or case.label in told}


def write(dialect: str, found: Mapping[str, bool]) -> None:
    """Replaces a dialect's list: a function where all its cases are refused, else the cases."""
    text = FILE.read_text()
    head = "".join(line for line in text.splitlines(True) if line.startswith("#"))
    known = yaml.safe_load(text) or {}
    labels: list[str] = []
    for fn in dict.fromkeys(case.fn for case in cases()):
        own = [case.label for case in cases() if case.fn == fn]
        refused = [label for label in own if found[label]]
        labels += [fn] if len(refused) == len(own) else refused
    known[dialect] = labels
    FILE.write_text(head + yaml.safe_dump({name: known[name] for name in sorted(known) if known[name]}, width=100))


def held_otherwise(dialect: str) -> set[str]:
    """The labels of cases whose values the engine cannot hold."""
    told = yaml.safe_load(FILE.with_name("beyond.yml").read_text()) or {}
    return set(told.get(dialect, ()))
