"""The corpus' tables as a scope, and one with undeclared columns, naive zones and roles."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

from kpictl.model import types
from kpictl.model.types import Kind, Type
from kpictl.sql.scope import Scope, Table

_SCHEMA = Path(__file__).parent.parent / "corpus" / "schema.json"
_TYPES = {
    "int": types.INTEGER,
    "bigint": types.INTEGER,
    "text": types.TEXT,
    "boolean": types.BOOLEAN,
    "timestamptz": types.TIMESTAMPTZ,
    "timestamp": types.TIMESTAMP,
    "date": types.DATE,
    "jsonb": types.JSON,
    "double precision": types.DOUBLE,
    "text[]": Type(Kind.ARRAY, element=types.TEXT),
}


def column_type(text: str) -> Type:
    if text.startswith("numeric("):
        precision, scale = text[8:-1].split(",")
        return Type(Kind.DECIMAL, int(precision), int(scale))
    return _TYPES[text]


@cache
def corpus_tables() -> dict[str, Table]:
    told = json.loads(_SCHEMA.read_text())
    tables = {name: Table(name, {c: column_type(t) for c, t in columns.items()}) for name, columns in told.items()}
    return {**tables, "wild": Table("wild")}


def scope(*, dialect: str = "postgres", zone: str = "UTC", week_start: int = 0, main: str | None = None) -> Scope:
    """All tables of the corpus and `wild`, whose columns are not declared; with `main`, that one and `users`."""
    tables = corpus_tables()
    if main is not None:
        tables = {name: tables[name] for name in (main, "users")}
    found = Scope(tables=tables, zone=zone, week_start=week_start, dialect=dialect, main=main)
    return replace(found, naive_zones={"tickets": "America/New_York"})
