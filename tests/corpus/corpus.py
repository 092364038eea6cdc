"""The corpus as typed tables and queries, for any judge.

`setup.sql` is the data as PostgreSQL takes it, `schema.json` the declared types, `queries.jsonl` a query a line with
its true rows under KPI semantics at `AS_OF`; `postgres_rows` stands where plain PostgreSQL itself answers otherwise.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from tests.oracles.judge import Row, Table, base

HERE = Path(__file__).parent
AS_OF = datetime(2026, 3, 31, 12, tzinfo=UTC)

# The natural event time of each table; it has no NULL.
TIMES = {
    "subscriptions": "started_at",
    "monthly_metrics": "month",
    "user_metrics": "month",
    "user_activity": "date",
    "user_sessions": "started_at",
    "orders": "created_at",
    "users": "signup_date",
    "events": "ts",
    "requests": "ts",
    "tickets": "opened_at",
    "incidents": "started_at",
    "readings": "ts",
    "account_mrr": "month",
    "nps_responses": "responded_at",
}
_INSERT = re.compile(r"INSERT INTO (\w+) \(([^)]*)\) VALUES")
_TOKEN = re.compile(r"'((?:[^']|'')*)'|(NULL|TRUE|FALSE)\b|(-?\d[\d.eE+-]*)|([(),;])|\s+")
_WORDS: dict[str, object] = {"NULL": None, "TRUE": True, "FALSE": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One query; `postgres_rows` is its answer on plain PostgreSQL, or `error: ...`."""

    id: str
    sql: str
    category: str
    tables: tuple[str, ...]
    traps: tuple[str, ...]
    ordered: bool
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    postgres_rows: tuple[Row, ...] | str


@cache
def queries() -> tuple[Query, ...]:
    """All queries, in the order of the file."""
    return tuple(_query(json.loads(line)) for line in (HERE / "queries.jsonl").read_text().splitlines() if line.strip())


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
    """All tables, with Python values of the declared types."""
    found = {}
    for name, columns, rows in _inserts((HERE / "setup.sql").read_text()):
        declared = {column: schema()[name][column] for column in columns}
        reads = [_READ.get(base(kind), _as_is) for kind in declared.values()]
        typed = [
            tuple(None if value is None else read(value) for read, value in zip(reads, row, strict=True))
            for row in rows
        ]
        found[name] = Table(declared, typed, TIMES.get(name))
    return found


def _inserts(text: str) -> Iterator[tuple[str, list[str], list[list[object]]]]:
    for match in _INSERT.finditer(text):
        yield match[1], [column.strip().strip('"') for column in match[2].split(",")], list(_rows(text, match.end()))


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


def _instant(value: str) -> datetime:
    told = datetime.fromisoformat(value)
    return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)


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
    "timestamptz": _instant,
    "jsonb": json.loads,
    "text[]": _texts,
}
