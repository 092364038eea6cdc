"""Words of time templates that an engine lacks, made of the numbers and names that they stand for.

Source: PostgreSQL 15 manual, table 9.27 "Template Patterns for Date/Time Formatting".
"""

from __future__ import annotations

from collections.abc import Callable

_MONTHS = "January February March April May June July August September October November December".split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_WIDTH_OF_NAMES = 9

Part = Callable[[str], str]
"""From `year`, `quarter`, `month`, `week`, `isoyear`, `day`, `doy`, `isodow`, `hour` to that whole number of a time."""


def names(word: str) -> tuple[str, tuple[str, ...]] | None:
    """For `Dy`, `FMMonth`, `MON`, ...: the part that is named, counted from 1, and its names; None for other words.

    Without FM whole names are padded with blanks to the longest.
    """
    bare = word.removeprefix("FM")
    parts = {"day": ("isodow", _DAYS, False), "month": ("month", _MONTHS, False)}
    parts |= {"dy": ("isodow", _DAYS, True), "mon": ("month", _MONTHS, True)}
    if bare.lower() not in parts:
        return None
    unit, whole, short = parts[bare.lower()]
    cased = str.upper if bare.isupper() else str.lower if bare.islower() else str.title
    width = 0 if short or bare != word else _WIDTH_OF_NAMES
    return unit, tuple(cased(name[:3] if short else name).ljust(width) for name in whole)


def number(word: str, part: Part) -> tuple[str, int] | None:
    """For `IW`, `Q`, `FMDD`, ...: the number as SQL, and how many digits it is filled to; None for other words."""
    plain = {"IYYY": ("isoyear", 4), "IW": ("week", 2), "ID": ("isodow", 1), "DDD": ("doy", 3), "Q": ("quarter", 1)}
    plain |= {"FMMM": ("month", 1), "FMDD": ("day", 1), "FMHH24": ("hour", 1)}
    if word in plain:
        unit, digits = plain[word]
        return part(unit), digits
    match word:
        case "D":  # Sunday is 1
            return f"CASE {part('isodow')} WHEN 7 THEN 1 ELSE {part('isodow')} + 1 END", 1
        case "W":
            return f"CAST(FLOOR(({part('day')} + 6) / 7e0) AS INT)", 1
        case "WW":
            return f"CAST(FLOOR(({part('doy')} + 6) / 7e0) AS INT)", 2
        case "HH12" | "HH" | "FMHH12":
            hour = part("hour")
            whens = f"WHEN {hour} IN (0, 12) THEN 12 WHEN {hour} > 12 THEN {hour} - 12"
            return f"CASE {whens} ELSE {hour} END", 1 if word == "FMHH12" else 2
    return None


def half_day(word: str, part: Part) -> str | None:
    """The condition that it is before noon, for `AM` and `PM`, which mean the same."""
    return f"{part('hour')} < 12" if word in ("AM", "PM") else None


def made(word: str, part: Part, quoted: Callable[[str], str], filled: Callable[[str, int], str]) -> str | None:
    """The text of a word as SQL, None where it is not known. `quoted` makes a constant, `filled` so many digits of a number."""
    if named := names(word):
        unit, texts = named
        whens = " ".join(f"WHEN {at} THEN {quoted(text)}" for at, text in enumerate(texts, 1))
        return f"CASE {part(unit)} {whens} END"
    if numbered := number(word, part):
        return filled(*numbered)
    half = half_day(word, part)
    return half and f"CASE WHEN {half} THEN {quoted('AM')} WHEN NOT {half} THEN {quoted('PM')} END"
