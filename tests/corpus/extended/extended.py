"""The extended corpus as typed tables and queries, told as `tests.corpus.corpus` tells the first one.

`TRUTH` of a query is either PostgreSQL's answer (`rows` alone) or a derivation in plain Python (`derive.py`) where
KPI semantics differ from PostgreSQL's, whose own answer is then `postgres_rows`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from tests.corpus.corpus import AS_OF, Query
from tests.oracles.judge import Table, base

__all__ = ["AS_OF", "TIMES", "Refusal", "queries", "refusals", "schema", "tables"]

HERE = Path(__file__).parent

# The natural event time of each table; it has no NULL.
TIMES = {
    "accounts": "created_on",
    "invoices": "issued_at",
    "clicks": "at",
    "shifts": "began",
    "days": "day",
    "empty_sales": "sold_on",
    "order": "date",
    "deals": "closedOn",
    "subs": "started_on",
    "monthly_mrr": "month",
    "pulses": "at",
    "beats": "at",
    "scores": "on_day",
    "fx": "day",
    "goals": "month",
    "logins": "day",
    "steps": "at",
    "signs": "seen_on",
}
_INSERT = re.compile(r'INSERT INTO (?:"([^"]+)"|(\w+)) \((.*)\) VALUES\n')
_TOKEN = re.compile(r"'((?:[^']|'')*)'|(NULL|TRUE|FALSE)\b|(-?\d[\d.eE+-]*)|([(),;])|\s+")
_WORDS: dict[str, object] = {"NULL": None, "TRUE": True, "FALSE": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """SQL that every target refuses, at the characters [start, end) of its text, and why."""

    id: str
    sql: str
    category: str
    start: int
    end: int
    why: str

    @property
    def text(self) -> str:
        """What the diagnostic must point at."""
        return self.sql[self.start : self.end]


@cache
def queries() -> tuple[Query, ...]:
    """All queries, in the order of the file."""
    return tuple(_query(told) for told in _lines("queries.jsonl"))


@cache
def refusals() -> tuple[Refusal, ...]:
    """All queries that must be refused, in the order of the file."""
    return tuple(Refusal(**told) for told in _lines("refused.jsonl"))


def _lines(name: str) -> Iterator[dict[str, Any]]:
    for line in (HERE / name).read_text().splitlines():
        if line.strip():
            yield json.loads(line)


def _query(told: dict[str, Any]) -> Query:
    plain = told.get("postgres_rows", told["rows"])
    return Query(
        id=told["id"],
        sql=told["sql"],
        category=told["category"],
        tables=tuple(told["tables"]),
        traps=tuple(told["traps"]),
        ordered=told["ordered"],
        columns=tuple(told["columns"]),
        rows=tuple(map(tuple, told["rows"])),
        postgres_rows=plain if isinstance(plain, str) else tuple(map(tuple, plain)),
    )


@cache
def schema() -> dict[str, dict[str, str]]:
    """Declared types: table to column to type."""
    found: dict[str, dict[str, str]] = json.loads((HERE / "schema.json").read_text())
    return found


@cache
def tables() -> dict[str, Table]:
    """All tables, with Python values of the declared types; `empty_sales` has no row."""
    text = (HERE / "setup.sql").read_text()
    rows = {match[1] or match[2]: list(_rows(text, match.end())) for match in _INSERT.finditer(text)}
    return {name: _table(name, columns, rows.get(name, [])) for name, columns in schema().items()}


def _table(name: str, columns: dict[str, str], rows: list[list[object]]) -> Table:
    reads = [_READ.get(base(kind), _as_is) for kind in columns.values()]
    typed = [
        tuple(None if value is None else read(value) for read, value in zip(reads, row, strict=True)) for row in rows
    ]
    return Table(columns, typed, TIMES.get(name))


def _rows(text: str, at: int) -> Iterator[list[object]]:
    row: list[object] = []
    while token := _TOKEN.match(text, at):
        at = token.end()
        string, word, number, mark = token.groups()
        if mark == "(":
            row = []
        elif mark == ")":
            yield row
        elif mark == ";":
            return
        elif string is not None:
            row.append(string.replace("''", "'"))
        elif word:
            row.append(_WORDS[word])
        elif number:
            row.append(number)
    raise ValueError(f"cannot read {text[at : at + 40]!r}")


def _texts(value: str) -> list[str]:
    return [item for item in value.strip("{}").split(",") if item]


def _as_is(value: Any) -> object:
    return value


_READ: dict[str, Callable[[Any], object]] = {
    "int": int,
    "bigint": int,
    "numeric": Decimal,
    "double": float,
    "date": date.fromisoformat,
    "timestamp": datetime.fromisoformat,
    "timestamptz": datetime.fromisoformat,
    "jsonb": json.loads,
    "text[]": _texts,
}
