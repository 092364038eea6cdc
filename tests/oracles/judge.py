"""What a judge is: a real engine, or its own parser, that says whether SQL is right.

Tables are handed over with the *declared* types of a project (`int bigint text boolean numeric(p,s) double date
timestamp timestamptz jsonb text[]`); each judge stores them in the default physical form of its target. A test of
another physical form declares the column with the type that is stored (`text` for a date kept as text).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

Evidence = Literal["executed", "analysed", "parsed", "checked"]
Row = tuple[object, ...]
Params = Sequence[object] | Mapping[str, object] | None

BASES = frozenset(
    {"int", "bigint", "text", "boolean", "numeric", "double", "date", "timestamp", "timestamptz", "jsonb", "text[]"}
)
_SPELT_ELSEWHERE = {"integer": "int", "double precision": "double", "json": "jsonb", "bool": "boolean"}
_NUMERIC = re.compile(r"numeric\((\d+),\s*(\d+)\)")


class Rejected(Exception):
    """The engine does not accept the statement; the text is the engine's own."""


class CannotHold(Exception):
    """The engine has no such tables (Druid: no empty ones, no NULL time); nothing is wrong with the statement."""


class EngineLost(Exception):
    """The engine ended, hangs or does not talk its protocol: the fault of the fixture, never of the SQL."""


@dataclass(frozen=True, slots=True)
class Table:
    """Typed columns in order, and rows of Python values (None, bool, int, float, Decimal, str, date, datetime, JSON).

    `time` is the source's event time: Druid stores it as `__time`, others as any column.
    """

    columns: Mapping[str, str]
    rows: Sequence[Row]
    time: str | None = None
    _told: list[str] = field(default_factory=list, init=False, repr=False, compare=False)

    def bases(self) -> dict[str, str]:
        """Column to type without precision."""
        return {name: base(declared) for name, declared in self.columns.items()}

    def fingerprint(self) -> str:
        """Equal for equal tables, so that a judge loads the same rows once; found once."""
        if not self._told:
            told = repr((tuple(self.columns.items()), [tuple(row) for row in self.rows], self.time))
            self._told.append(hashlib.sha256(told.encode()).hexdigest()[:16])
        return self._told[0]


Tables = Mapping[str, Table]


class Answer(NamedTuple):
    """Names and rows of a result; the values are plain Python, JSON is decoded, intervals are timedelta."""

    columns: tuple[str, ...]
    rows: list[Row]


class Judge(Protocol):
    """One engine. `load` replaces what the engine holds; nothing a statement does outlives it.

    `settings` are those that a compiled job emits (Druid's query context, session parameters). `as_of` moves the
    engine's clock where it has a switch for that (Druid); elsewhere the statement carries its own as-of, and a
    statement that reads the clock answers by the real one.
    """

    name: str
    evidence: Evidence
    has_boolean: bool

    def missing(self) -> str | None:
        """What is absent and the command that brings it, or None."""

    def start(self) -> None:
        """Start the engine; raises EngineLost when it does not come up."""

    def stop(self) -> None:
        """End it and remove its data; harmless when it was never started."""

    def load(self, tables: Tables) -> None:
        """Hold these tables; raises CannotHold."""

    def execute(
        self,
        sql: str,
        params: Params = None,
        settings: Mapping[str, object] | None = None,
        as_of: datetime | None = None,
    ) -> Answer:
        """Run one statement; raises Rejected, or NotImplementedError where the engine only parses."""

    def analyse(self, sql: str) -> list[tuple[str, str]]:
        """Check one statement without running it: (column, type) where the engine tells; raises Rejected."""


def base(declared: str) -> str:
    """The type without precision; an unknown type is a mistake of the test."""
    plain = re.sub(r"\(.*\)", "", declared.strip().lower()).strip()
    plain = _SPELT_ELSEWHERE.get(plain, plain)
    if plain not in BASES:
        raise ValueError(f"no declared type: {declared!r}")
    return plain


def precision(declared: str) -> tuple[int, int] | None:
    """(p, s) of numeric(p,s), else None."""
    found = _NUMERIC.fullmatch(declared.strip().lower())
    return (int(found[1]), int(found[2])) if found else None


def fingerprint(tables: Tables) -> str:
    """Equal for equal tables under equal names."""
    told = repr(sorted((name, table.fingerprint()) for name, table in tables.items()))
    return hashlib.sha256(told.encode()).hexdigest()[:16]
