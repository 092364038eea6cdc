"""Reads what DuckDB says of a statement: its words, and the place in its picture of the statement.

A message ends with a picture: `LINE 3: ` and that line (long ones cut to some 100 characters, with `...` at the cut),
and below it spaces and `^` under the first character that is meant.
"""

from __future__ import annotations

import re

from kpictl.engines.engine import Fault, offset_of

_PICTURE = re.compile(r"\n\n?(?P<head>LINE (?P<line>\d+): )(?P<text>[^\n]*)\n(?P<blank> *)\^", re.DOTALL)
_CANDIDATES = re.compile(r"\s*\n\s*Candidate functions:.*", re.DOTALL)
_CUT = "..."


def first_line(error: Exception) -> str:
    """The engine's message without its picture of the query and its list of every function that there is."""
    return " ".join(_CANDIDATES.sub("", str(error).split("\nLINE ", 1)[0]).split())


def fault_of(error: Exception, sql: str, before: int) -> Fault:
    """The message and its place in the part of `sql` behind the first `before` characters."""
    offset = _offset(str(error), sql)
    inside = offset is not None and before <= offset
    return Fault(message=first_line(error), offset=offset - before if inside and offset is not None else None)


def _offset(message: str, sql: str) -> int | None:
    found = _PICTURE.search(message)
    if found is None:
        return None
    line, text, column = int(found["line"]), found["text"], len(found["blank"]) - len(found["head"])
    lines = sql.split("\n")
    if not 1 <= line <= len(lines) or column < 0:
        return None
    start = 0
    if text.startswith(_CUT) and not lines[line - 1].startswith(_CUT):
        column -= len(_CUT)
        shown = text.removeprefix(_CUT).removesuffix(_CUT)
        start = lines[line - 1].find(shown)
        if start < 0:
            return None
    return offset_of(sql, line, start + column + 1)
