"""Synapse by Microsoft's own parser (ScriptDom, TSql150) and name binding (DacFx). Nothing executes.

It rejects what is not T-SQL grammar, unknown tables and columns. It does not know functions, types, or the rules of
GROUP BY: hold `functions(sql)` against an allow-list. The grammar is SQL Server 2019's: CREATE TABLE AS SELECT and
CREATE MATERIALIZED VIEW do not parse, only their SELECT alone; `DATETRUNC(month, x)` binds as a column named month.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.oracles import pins, places, processes
from tests.oracles.judge import Answer, EngineLost, Evidence, Params, Table, Tables, base, precision

_WORKER = Path(__file__).parent / "workers" / "scriptdom.py"
_TYPES = {
    "int": "INT",
    "bigint": "BIGINT",
    "text": "NVARCHAR(4000)",
    "boolean": "BIT",
    "double": "FLOAT",
    "date": "DATE",
    "timestamp": "DATETIME2(6)",
    "timestamptz": "DATETIME2(6)",
    "jsonb": "NVARCHAR(MAX)",
    "text[]": "NVARCHAR(MAX)",
}


def stored_type(declared: str) -> str:
    """Synapse's type of a declared one; an instant is DATETIME2 in UTC."""
    if base(declared) == "numeric":
        return "DECIMAL({}, {})".format(*(precision(declared) or (38, 9)))
    return _TYPES[base(declared)]


def _icu() -> str | None:
    """The version of the system's ICU."""
    found = sorted(Path("/usr/lib").glob("*/libicuuc.so.*.*")) + sorted(Path("/usr/lib64").glob("libicuuc.so.*.*"))
    return found[-1].name.split(".so.")[1] if found else None


def _openssl() -> Path:
    """A folder with libssl.so.1.1 and libcrypto.so.1.1."""
    folder = places.wheel(pins.OPENSSL_11)
    for name in ("libssl", "libcrypto"):
        link, found = folder / f"{name}.so.1.1", next(folder.glob(f"{name}-*.so.1.1"))
        if not link.exists():
            link.symlink_to(found.name)
    return folder


def install() -> None:
    if not _icu():
        places.apt_install([pins.ICU])
    places.venv("synapse")
    places.wheel(pins.MSSQL_CLI)
    _openssl()


class ScriptdomJudge:
    """`functions(sql)` lists what a statement calls."""

    name = "synapse"
    evidence: Evidence = "parsed"
    has_boolean = False

    def __init__(self) -> None:
        self._worker: processes.Worker | None = None
        self._loaded: list[str] | None = None

    def missing(self) -> str | None:
        if not _icu():
            return f"{pins.ICU}: {places.apt_command([pins.ICU])}"
        folders = [places.venv_folder("synapse"), *map(places.wheel_folder, (pins.MSSQL_CLI, pins.OPENSSL_11))]
        return places.tell_missing(self.name, folders)

    def start(self) -> None:
        python = places.venv_folder("synapse") / "bin" / "python"
        env = {"CLR_ICU_VERSION_OVERRIDE": _icu() or "", "LD_LIBRARY_PATH": str(_openssl())}
        self._worker = processes.Worker([python, _WORKER, places.wheel(pins.MSSQL_CLI)], env=env)

    def stop(self) -> None:
        if self._worker:
            self._worker.stop()

    def load(self, tables: Tables) -> None:
        statements = [_create(name, table) for name, table in tables.items()]
        if statements != self._loaded:
            self._loaded = None
            self._running().ask("load", tables=statements)
            self._loaded = statements

    def execute(
        self,
        sql: str,
        params: Params = None,
        settings: Mapping[str, object] | None = None,
        as_of: datetime | None = None,
    ) -> Answer:
        raise NotImplementedError("a parser executes nothing")

    def analyse(self, sql: str) -> list[tuple[str, str]]:
        self._running().ask("analyse", sql=sql)
        return []

    def parse(self, sql: str) -> None:
        """Check the grammar alone: what has variables and temporary tables binds to nothing."""
        self._running().ask("analyse", sql=sql, bind=False)

    def functions(self, sql: str) -> list[str]:
        """Names of the functions called, in upper case; CAST, COALESCE and their like are grammar, not calls."""
        return list(self._running().ask("functions", sql=sql))

    def read(self, sql: str) -> dict[str, Any]:
        """Like `analyse`; and the statement as Microsoft's parser reads it: of each node its class is `kind`."""
        found: dict[str, Any] = json.loads(self._running().ask("read", sql=sql), object_pairs_hook=_node)
        return found

    def _running(self) -> processes.Worker:
        if self._worker is None:
            raise EngineLost("not started")
        return self._worker


def _node(held: list[tuple[str, Any]]) -> dict[str, Any]:
    """A fragment without what is empty; its class without the names that all have."""
    found = {key: value for key, value in held if value != []}
    if told := found.pop("$type", None):
        return {"kind": told.partition(",")[0].rpartition(".")[2], **found}
    return found


def _create(name: str, table: Table) -> str:
    columns = ", ".join(f"{_quoted(column)} {stored_type(declared)}" for column, declared in table.columns.items())
    target = ".".join(_quoted(part) for part in (name if "." in name else f"dbo.{name}").split("."))
    return f"CREATE TABLE {target} ({columns})"


def _quoted(name: str) -> str:
    return "[" + name.replace("]", "]]") + "]"
