"""DuckDB, in this process: one in-memory database for each set of tables."""

from __future__ import annotations

import contextlib
import json
import warnings
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.oracles import places
from tests.oracles.judge import Answer, Evidence, Params, Rejected, Row, Table, Tables, base, fingerprint, precision

_KEPT = 8
_ROWS_A_STATEMENT = 100
_TYPES = {
    "int": "INTEGER",
    "bigint": "BIGINT",
    "text": "VARCHAR",
    "boolean": "BOOLEAN",
    "double": "DOUBLE",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMPTZ",
    "jsonb": "JSON",
    "text[]": "VARCHAR[]",
}


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def stored_type(declared: str) -> str:
    """DuckDB's type of a declared one; a numeric without precision gets the widest that keeps nine digits."""
    if base(declared) == "numeric":
        return "DECIMAL({}, {})".format(*(precision(declared) or (38, 9)))
    return _TYPES[base(declared)]


def interval(months: int, days: int, seconds: float) -> timedelta:
    """An interval as psycopg counts it: a year has 365 days, a month 30."""
    sign = -1 if months < 0 else 1
    years, rest = divmod(abs(months), 12)
    return timedelta(days=days + sign * (years * 365 + rest * 30), seconds=seconds)


class DuckdbJudge:
    """Each statement has a connection of its own, in a transaction that is rolled back."""

    name = "duckdb"
    evidence: Evidence = "executed"
    has_boolean = True

    def __init__(self) -> None:
        self._bases: dict[str, Any] = {}
        self._now: Any = None

    def missing(self) -> str | None:
        return places.tell_missing(self.name, module="duckdb")

    def start(self) -> None:
        self.load({})

    def stop(self) -> None:
        for database in self._bases.values():
            database.close()
        self._bases.clear()
        self._now = None

    def load(self, tables: Tables) -> None:
        import duckdb

        key = fingerprint(tables)
        database = self._bases.pop(key, None)
        if database is None:
            database = duckdb.connect(":memory:", config={"threads": 2})
            for name, table in tables.items():
                _fill(database, name, table)
        self._bases[key] = self._now = database
        while len(self._bases) > _KEPT:
            self._bases.pop(next(iter(self._bases))).close()

    def execute(
        self,
        sql: str,
        params: Params = None,
        settings: Mapping[str, object] | None = None,
        as_of: datetime | None = None,
    ) -> Answer:
        import duckdb

        connection = self._now.cursor()
        try:
            for name, value in {"TimeZone": "UTC", **(settings or {})}.items():
                connection.execute(f"SET {name} = {_literal(value)}")
            connection.execute("BEGIN")
            connection.execute(sql, params)
            return _answer(connection)
        except duckdb.Error as error:
            raise Rejected(str(error)) from None
        finally:
            connection.close()
            for name in settings or ():  # some hold for the whole database
                with contextlib.suppress(duckdb.CatalogException):  # no such setting: SET has said so
                    self._now.execute(f"RESET {name}")

    def analyse(self, sql: str) -> list[tuple[str, str]]:
        answer = self.execute(f"DESCRIBE {sql}")
        return [(str(row[0]), str(row[1])) for row in answer.rows]


def _literal(value: object) -> str:
    return str(value).lower() if isinstance(value, (bool, int)) else "'" + str(value).replace("'", "''") + "'"


def _fill(database: Any, name: str, table: Table) -> None:
    columns = ", ".join(f"{quoted(column)} {stored_type(declared)}" for column, declared in table.columns.items())
    *folders, _ = parts = name.split(".")
    for folder in folders:
        database.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(folder)}")
    target = ".".join(quoted(part) for part in parts)
    database.execute(f"CREATE TABLE {target} ({columns})")
    if not table.rows:
        return
    database.execute("SET TimeZone = 'UTC'")
    json_at = [at for at, kind in enumerate(table.bases().values()) if kind == "jsonb"]
    rows = [_json_as_text(row, json_at) for row in table.rows]
    slots = "(" + ", ".join("?" * len(table.columns)) + ")"
    for start in range(0, len(rows), _ROWS_A_STATEMENT):  # executemany takes ten times as long
        part = rows[start : start + _ROWS_A_STATEMENT]
        values = ", ".join([slots] * len(part))
        database.execute(f"INSERT INTO {target} VALUES {values}", [value for row in part for value in row])


def _json_as_text(row: Row, json_at: list[int]) -> list[object]:
    values = list(row)
    for at in json_at:
        values[at] = None if values[at] is None else json.dumps(values[at])
    return values


def _answer(connection: Any) -> Answer:
    described = connection.description or []
    names = tuple(column[0] for column in described)
    kinds = [str(column[1]) for column in described]
    if "INTERVAL" in kinds:  # fetchall() counts a year as 360 days
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a cursor's answer is copied once more
            fetched = [column.to_pylist() for column in connection.to_arrow_table().columns]
        rows = list(zip(*fetched, strict=True))
    else:
        rows = connection.fetchall() if described else []
    reads = {at: read for at, kind in enumerate(kinds) if (read := {"JSON": _json, "INTERVAL": _interval}.get(kind))}
    if not reads:
        return Answer(names, rows)
    return Answer(names, [tuple(reads[at](v) if at in reads else v for at, v in enumerate(row)) for row in rows])


def _json(value: Any) -> object:
    return None if value is None else json.loads(value)


def _interval(value: Any) -> object:
    if value is None or isinstance(value, timedelta):
        return value
    return interval(value.months, value.days, value.nanoseconds / 1e9)
