"""Durations as users write them: `30d`, `12h`, `1 month`, `2 years`. `m` is minutes, a month is spelt out."""

from __future__ import annotations

import re

from kpictl.records import dataclass

UNITS = ("second", "minute", "hour", "day", "week", "month", "quarter", "year")
_LETTERS = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week"}
_FORM = re.compile(r"(\d{1,9})\s*(?:([smhdw])|(months?|quarters?|years?))")
_LONGEST = 200 * 372
"""Days; calendars end not far beyond."""
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}


@dataclass(frozen=True, slots=True)
class Duration:
    """A calendar length: `n` of one unit of `UNITS`. A day is a calendar day, a month a calendar month."""

    n: int
    unit: str

    @property
    def seconds(self) -> int | None:
        """The length in seconds when the unit has a fixed one (days and weeks count 24 hours), else None."""
        return self.n * _SECONDS[self.unit] if self.unit in _SECONDS else None

    @property
    def months(self) -> int | None:
        """The length in months for months, quarters and years, else None."""
        factor = {"month": 1, "quarter": 3, "year": 12}.get(self.unit)
        return None if factor is None else self.n * factor

    @property
    def days_at_most(self) -> int:
        """An upper bound in days, for retention and lookbacks."""
        if self.seconds is not None:
            return -(-self.seconds // 86400)
        return (self.months or 0) * 31

    def __str__(self) -> str:
        for letter, unit in _LETTERS.items():
            if unit == self.unit:
                return f"{self.n}{letter}"
        return f"{self.n} {self.unit}{'s' if self.n != 1 else ''}"


def parse_duration(text: str) -> Duration | None:
    """The duration that a text spells, or None when it spells none: zero lengths are none, nor is what passes 200 years."""
    match = _FORM.fullmatch(text.strip())
    if match is None or int(match[1]) == 0:
        return None
    unit = _LETTERS[match[2]] if match[2] else match[3].rstrip("s")
    found = Duration(int(match[1]), unit)
    return found if found.days_at_most <= _LONGEST else None
