"""Postgres' template patterns (`YYYY-MM-DD HH24:MI`) as tokens, for engines that spell them another way.

Source: PostgreSQL 15 manual, 9.8 "Data Type Formatting Functions". Only patterns whose output is the same in every
locale are known; what is not known makes the whole template unsayable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_TOKENS = """
    HH24 HH12 HH MI SS MS US YYYY YY IYYY IW DDD DD ID MM AM PM FMMonth FMMONTH FMmonth FMDay FMDAY FMday FMMM
    FMDD FMHH24 FMHH12 Month MONTH month Mon MON mon Day DAY day Dy DY dy Q WW W D J CC TZ OF TH th
    """.split()
_PATTERN = re.compile(r'"([^"]*)"|(' + "|".join(sorted(_TOKENS, key=len, reverse=True)) + r")|(.)", re.DOTALL)


def tokens(template: str) -> list[tuple[str, bool]]:
    """The template in pieces: (pattern, True) for a known word of the language, (text, False) for a literal."""
    out: list[tuple[str, bool]] = []
    for match in _PATTERN.finditer(template):
        literal, word, other = match.groups()
        out.append((word, True) if word else (literal if literal is not None else other, False))
    return out


def translate(template: str, words: Mapping[str, str], escape: Mapping[str, str]) -> str | None:
    """The template in another engine's words; None when a word has no equal there or a letter would be ambiguous."""
    out = []
    for text, is_word in tokens(template):
        if not is_word:
            if text.isalpha():
                return None
            out.append("".join(escape.get(c, c) for c in text))
        elif text in words:
            out.append(words[text])
        else:
            return None
    return "".join(out)
