"""Amazon Redshift, asked by EXPLAIN over PostgreSQL's protocol: `check --live` and `sources import`; no query runs there.

It differs from PostgreSQL in its settings (Database Developer Guide, Configuration reference: `datestyle`,
`extra_float_digits`, `timezone`, `statement_timeout`; no `lock_timeout`), in its catalogue (SVV_COLUMNS holds local and
external tables and late-binding views), and in that EXPLAIN is sent without parameters: the times stand in the text.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from kpictl.engines.engine import EngineColumn, Fault, Rejected
from kpictl.engines.findings import QueryFailed
from kpictl.engines.postgres import PostgresEngine
from kpictl.engines.postgres_text import Sent, sent
from kpictl.model.project import Connection
from kpictl.plan.compiled import Statement
from kpictl.project.column_types import parse_type

_SESSION = {"timezone": "UTC", "datestyle": "ISO, MDY", "extra_float_digits": "0"}
_OURS = "('information_schema', 'pg_catalog', 'pg_internal', 'pg_automv')"
_IN_PATH = "table_schema = ANY (pg_catalog.current_schemas(false))"


class RedshiftCatalogue(PostgresEngine):
    """An open connection; use `open_redshift`."""

    def columns(self, relation: str) -> tuple[EngineColumn, ...]:
        """The columns of a table or view, where more schemas of the search path have it, of the first by name."""
        schema, _, table = relation.rpartition(".")
        where, values = (_IN_PATH, [table]) if not schema else ("table_schema = $2", [table, schema])
        found = self._small(
            "SELECT table_schema, column_name, data_type, numeric_precision, numeric_scale FROM svv_columns "
            f"WHERE table_name = $1 AND {where} ORDER BY table_schema, ordinal_position",
            values,
        )
        if not found:
            message = f"there is no table `{relation}`"
            raise Rejected(QueryFailed.at(None, self._said(message)), Fault(message=message))
        return tuple(_column(*row[1:]) for row in found if row[0] == found[0][0])

    def relations(self) -> tuple[str, ...]:
        """Tables and views; with their schema where the search path does not lead to them."""
        found = self._small(
            f"SELECT DISTINCT CASE WHEN {_IN_PATH} THEN table_name ELSE table_schema || '.' || table_name END "
            f"FROM svv_columns WHERE table_schema NOT IN {_OURS}"
        )
        return tuple(sorted(str(row[0]) for row in found))

    def version(self) -> str:
        """As `version()` tells it: `PostgreSQL 8.0.2 on .., Redshift 1.0.77467`."""
        (told,) = self._small("SELECT version()")[0]
        _, _, number = str(told).rpartition("Redshift ")
        return f"Redshift {number}"

    def _sent(self, statement: Statement, values: Mapping[str, datetime]) -> Sent:
        return sent(statement, values, inline=True)

    def _session(self) -> dict[str, str]:
        return {**_SESSION, "statement_timeout": f"{max(1, round(self._timeout * 1000))}"}


def open_redshift(connection: Connection, root: Path) -> RedshiftCatalogue:
    """Opens a `type: redshift` connection by user and password; raises `Refused` (KPI901) where that fails."""
    return RedshiftCatalogue(connection, root)


def _column(name: str, native: str, precision: int | None, scale: int | None) -> EngineColumn:
    if native in ("numeric", "decimal") and precision is not None:
        native = f"numeric({precision},{scale or 0})"
    return EngineColumn(name=name, type=parse_type(native), native=native)
