"""What Druid answers: rows in lines of JSON, or an error with its words and its place in the statement.

`arrayLines` with all three headers: names, native types, SQL types, then a row a line; an empty line ends it, so that half
an answer is known for what it is. Sources: Druid 33 manual, "Druid SQL API" (result formats, "If you detect a truncated
response"), "SQL data types".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kpictl.engines.druid_http import Reply
from kpictl.engines.engine import Rows
from kpictl.records import dataclass

_PLACE = re.compile(r"line \[?(\d+)\]?, column \[?(\d+)\]?")
_OPTIONS = re.compile(r", acceptable options: .*")
_HEADERS = 3


class NoAnswer(Exception):
    """What came back is not what Druid sends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An error that Druid told."""

    message: str
    kind: str
    """Its category or the name that older errors have, in small letters."""
    line: int | None = None
    column: int | None = None


def rows(reply: Reply) -> Rows:
    """The rows of a reply of status 200; raises `NoAnswer` for anything else than all of them."""
    lines = reply.body.split(b"\n")
    # Every line ends, the empty one at the end, too: two ends of lines are the end of the answer.
    if len(lines) < _HEADERS + 2 or lines[-1] or lines[-2]:
        raise NoAnswer("the answer ended half way" if _is_list(lines[0]) else _unlike(reply))
    try:
        names, natives, kinds, *found = [json.loads(line) for line in lines[:-2]]
    except ValueError:
        raise NoAnswer(_unlike(reply)) from None
    if not all(isinstance(each, list) and len(each) == len(names) for each in (names, natives, kinds, *found)):
        raise NoAnswer("its rows are not as wide as their header")
    reads = [_reader(native, kind) for native, kind in zip(natives, kinds, strict=True)]
    try:
        return Rows(columns=tuple(map(str, names)), rows=_read(found, reads))
    except (ValueError, TypeError):
        raise NoAnswer("its values are not of the types that its header tells") from None


def failure(reply: Reply) -> Failure:
    """The error of a reply of another status; raises `NoAnswer` where it is none of Druid's."""
    try:
        told = json.loads(reply.body)
    except ValueError:
        told = None
    if not isinstance(told, dict) or not ("errorMessage" in told or "error" in told):
        raise NoAnswer(_unlike(reply))
    words = " ".join(str(told.get("errorMessage") or told.get("error")).split())
    kind = str(told.get("category") or told.get("error") or "").lower()
    context = told.get("context")
    place = context if isinstance(context, dict) else {}
    line, column = _number(place.get("line")), _number(place.get("column"))
    if line is None and (match := _PLACE.search(words)):
        line, column = int(match[1]), int(match[2])
    words = _OPTIONS.sub("", words)  # a hundred of them
    return Failure(message=words, kind=kind, line=line, column=column)


def planned_context(plan: Rows) -> Mapping[str, object]:
    """The query context of the first native query of an EXPLAIN PLAN; empty where the answer is no such plan."""
    try:
        told = json.loads(plan.rows[0][0])
        found = told[0]["query"]["context"]
    except (ValueError, TypeError, LookupError):
        return {}
    return found if isinstance(found, dict) else {}


def _read(found: Sequence[Any], reads: Sequence[Callable[[Any], Any] | None]) -> list[tuple[Any, ...]]:
    if not any(reads):
        return [tuple(row) for row in found]
    return [
        tuple(value if read is None or value is None else read(value) for read, value in zip(reads, row, strict=True))
        for row in found
    ]


def _reader(native: object, kind: object) -> Callable[[Any], Any] | None:
    if native == "COMPLEX<json>":
        return lambda value: value if isinstance(value, str) else json.dumps(value)
    if kind == "TIMESTAMP":
        return datetime.fromisoformat
    if kind == "DATE":  # the midnight of UTC
        return lambda value: datetime.fromisoformat(value).date()
    if kind in ("DOUBLE", "FLOAT", "REAL", "DECIMAL"):  # infinities and NaN come as text
        return float
    return None


def _number(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _is_list(line: bytes) -> bool:
    return line.startswith(b"[")


def _unlike(reply: Reply) -> str:
    """An answer that is none of Druid's, by its beginning."""
    shown = " ".join(reply.body[:2000].decode(errors="replace").split())[:80]
    kind = reply.kind.partition(";")[0] or "nothing that says what it is"
    return f"status {reply.status} {reply.reason}, {kind}" + (f": {shown}" if shown else "")
