"""A compiled statement as PostgreSQL's protocol takes it, and the way back from the server's place in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from kpictl.plan.compiled import Statement
from kpictl.records import dataclass

_MARK = re.compile(r"%%|%\((\w+)\)s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The text with `$1` for the first parameter and so on, and the parameters' values."""

    sql: str
    values: tuple[datetime, ...]
    cuts: tuple[tuple[int, int], ...]
    """Where the sent text and the compiled one are in step again: (characters of the sent text, of the compiled one)."""

    def compiled_offset(self, offset: int) -> int:
        """Characters before a place of the sent text, in the compiled text."""
        sent, compiled = max((cut for cut in self.cuts if cut[0] <= offset), default=(0, 0))
        return compiled + offset - sent


def sent(statement: Statement, values: Mapping[str, datetime], *, inline: bool = False) -> Sent:
    """Compiled text has the driver's own marks, `%(from)s`, and doubles every other percent sign.

    `inline`: the times stand in the text, for what takes no parameters.
    """
    numbers: dict[str, int] = {}
    parts: list[str] = []
    cuts: list[tuple[int, int]] = []
    end = length = 0
    for mark in _MARK.finditer(statement.sql):
        name = mark[1]
        if name is None:
            new = "%"
        elif inline:
            new = f"'{values[name].isoformat(sep=' ')}'"
        else:
            new = f"${numbers.setdefault(name, len(numbers) + 1)}"
        parts += [statement.sql[end : mark.start()], new]
        length += mark.start() - end
        cuts.append((length, mark.start()))
        length, end = length + len(new), mark.end()
        cuts.append((length, end))
    parts.append(statement.sql[end:])
    return Sent(sql="".join(parts), values=tuple(values[name] for name in numbers), cuts=tuple(cuts))
