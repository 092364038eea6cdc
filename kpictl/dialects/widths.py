"""How wide a printed line counts for layout: its constants count the same however long they are.

So statements that differ in their constants alone break their lines at the same places, whether each is printed by itself
or one is made from the other (`kpictl.plan.shapes`).
"""

from __future__ import annotations

import re
from collections.abc import Callable

_TEXT, _NUMBER = 14, 1
"""What a text in its quotes and a number count; so two quotes in a line make it at most twelve wider than it is long."""


def fits_reader(quote: Callable[[str], str], *, backslashes: bool) -> Callable[[str, int], bool]:
    """Whether a line in a target's syntax is no wider than a limit.

    `quote` quotes the target's names, `backslashes` says that a quote inside of a text has one before it and is not doubled.
    """
    name = quote("A b")
    opened, closed = re.escape(name[0]), re.escape(name[-1])
    text = r"'(?:[^'\\]|\\.)*'" if backslashes else r"'[^']*'(?:'[^']*')*"
    inside = rf"(?:[^{closed}\\]|\\.)*" if backslashes else rf"[^{closed}]*"
    constants = re.compile(rf"({text})|{opened}{inside}{closed}|((?<!\w)\d[\w.]*)", re.DOTALL)

    def fits(line: str, limit: int) -> bool:
        length = len(line)
        if length + (_TEXT - 2) // 2 * line.count("'") <= limit:
            return True
        for found, number in constants.findall(line):
            if found:
                length += _TEXT - len(found)
            elif number:
                length += _NUMBER - len(number)
        return length <= limit

    return fits
