"""Whether a text is a cron expression: five fields in their ranges, or one of the short words."""

from __future__ import annotations

import re

WORDS = frozenset(("@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"))
FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7))
_NAMES = {
    "month": {name: n for n, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)},
    "day of week": {name: n for n, name in enumerate("sun mon tue wed thu fri sat".split())},
}
_PART = re.compile(r"(?:\*|(\w{1,3})(?:-(\w{1,3}))?)(?:/(\d{1,3}))?", re.ASCII)


def cron_problem(text: str) -> tuple[int, int, str] | None:
    """What is wrong with a cron expression: a range of characters and a sentence; None when it is right."""
    if text in WORDS:
        return None
    fields = list(re.finditer(r"\S+", text))
    if len(fields) != len(FIELDS):
        return 0, len(text), f"a cron expression has 5 fields, this one has {len(fields)}"
    for (name, low, high), match in zip(FIELDS, fields, strict=True):
        if not all(_part_is_right(part, name, low, high) for part in match[0].split(",")):
            what = f"{match[0]!r} is no {name}: it takes {low} to {high}, *, ranges, lists and steps"
            return match.start(), match.end(), what
    return None


def _part_is_right(part: str, name: str, low: int, high: int) -> bool:
    match = _PART.fullmatch(part)
    if match is None or (match[3] is not None and not 1 <= int(match[3]) <= max(high, 1)):
        return False
    if match[1] is None:
        return True
    first = _number(match[1], name)
    last = first if match[2] is None else _number(match[2], name)
    return first is not None and last is not None and low <= first <= last <= high


def _number(text: str, name: str) -> int | None:
    return int(text) if text.isdecimal() else _NAMES.get(name, {}).get(text.lower())
