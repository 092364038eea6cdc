"""What a text may name: tables with their columns, and the settings that give its words a meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from kpictl.model.types import Type
from kpictl.records import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """A table by its logical source. `columns` None: not declared, so columns are taken on trust with type UNKNOWN."""

    source: str
    columns: Mapping[str, Type] | None = None
    ways: frozenset[str] = frozenset()
    """Expressions only: the roles on the way to it, `buyer.region`, under which its columns may be written, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Tables by the name under which a text writes them, the reporting zone, first day of the week and dialect.

    For an expression (`measure`, `where`, a dimension) the entry `main` is the source whose columns are read bare;
    every other entry is a role, read as `role.column`.
    """

    tables: Mapping[str, Table] = field(default_factory=dict)
    zone: str = "UTC"
    week_start: int = 0
    """0 Monday .. 6 Sunday."""
    dialect: str = "postgres"
    naive_zones: Mapping[str, str] = field(default_factory=dict)
    """The zone of naive timestamps, by source."""
    main: str | None = None
    """Expressions only: the table of bare columns; the only table, or the first one, when not said."""

    @property
    def main_table(self) -> str | None:
        return self.main if self.main is not None else next(iter(self.tables), None)
