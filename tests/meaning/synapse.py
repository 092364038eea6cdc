"""Azure Synapse by Microsoft's own parser and binder, and by its manual.

A statement is parsed and bound first; then its tree, as that parser reads it, is said in DuckDB's words, each operator, function,
cast, comparison and order by the rule that the manual has for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.meaning.checker import Manual, MeaningJudge
from tests.meaning.tsql import Translation
from tests.meaning.tsql_types import BIGINT, BIT, DATE, DATETIME2, FLOAT, INT, T, decimal
from tests.oracles.judge import Tables, base, precision
from tests.oracles.synapse_parser import ScriptdomJudge, install

__all__ = ["MANUAL", "SynapseJudge", "install"]

MANUAL = Manual(name="synapse", aggregates={}, types={}, most_rows="ROWCOUNT")
_BASES: Mapping[str, T] = {
    "int": INT,
    "bigint": BIGINT,
    "boolean": BIT,
    "double": FLOAT,
    "date": DATE,
    "timestamp": DATETIME2,
    "timestamptz": T("datetime2", zone="UTC"),
    "text": T("nvarchar"),
    "jsonb": T("nvarchar", length=None, zone="json"),
    "text[]": T("nvarchar", length=None, zone="json"),
}
"""As the parser's tables have them; `zone` tells what DuckDB's own column is."""


def _stored(declared: str) -> T:
    return decimal(*(precision(declared) or (38, 9))) if base(declared) == "numeric" else _BASES[base(declared)]


class SynapseJudge(MeaningJudge):
    """The judge as the registry makes it."""

    has_boolean = False

    def __init__(self) -> None:
        super().__init__(MANUAL)
        self._parser = ScriptdomJudge()
        self._columns: dict[str, dict[str, T]] = {}
        self._trees: dict[tuple[str, str], dict[str, Any]] = {}
        self._bound = ""

    def missing(self) -> str | None:
        return self._parser.missing() or super().missing()

    def start(self) -> None:
        super().start()
        self._parser.start()

    def stop(self) -> None:
        self._parser.stop()
        super().stop()

    def load(self, tables: Tables) -> None:
        super().load(tables)
        self._parser.load(tables)
        columns = {
            name.lower(): {column.lower(): _stored(declared) for column, declared in table.columns.items()}
            for name, table in tables.items()
        }
        if columns != self._columns:
            self._columns = columns
            self._bound = repr(columns)  # a statement is bound to the tables that are held

    def analyse(self, sql: str) -> list[tuple[str, str]]:
        """Parsing and binding alone."""
        return self._parser.analyse(sql)

    def functions(self, sql: str) -> list[str]:
        """What a statement calls."""
        return self._parser.functions(sql)

    def translated(self, sql: str) -> str:
        self._define_once()
        key = (self._bound, sql)
        if key not in self._trees:
            self._trees[key] = self._parser.read(sql)
        return Translation(self.rules.keys(), self.used, self._columns).statement(self._trees[key])
