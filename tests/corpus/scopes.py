"""The scope in which the front door reads a corpus' texts, for tests that need no project."""

from __future__ import annotations

from functools import cache
from types import ModuleType

from kpictl.model import types
from kpictl.model.types import Kind, Type
from kpictl.sql.scope import Scope, Table
from tests.oracles.judge import base, precision

_TYPES = {
    "int": types.INTEGER,
    "bigint": types.INTEGER,
    "text": types.TEXT,
    "boolean": types.BOOLEAN,
    "double": types.DOUBLE,
    "date": types.DATE,
    "timestamp": types.TIMESTAMP,
    "timestamptz": types.TIMESTAMPTZ,
    "jsonb": types.JSON,
    "text[]": Type(Kind.ARRAY, element=types.TEXT),
}


def declared(text: str) -> Type:
    """The type that a declaration of a corpus names."""
    return Type(Kind.DECIMAL, *(precision(text) or ())) if base(text) == "numeric" else _TYPES[base(text)]


@cache
def scope(corpus: ModuleType) -> Scope:
    """Every table of a corpus under its own name."""
    found = corpus.schema().items()
    return Scope(tables={name: Table(name, {c: declared(t) for c, t in cols.items()}) for name, cols in found})
