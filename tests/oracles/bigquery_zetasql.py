"""BigQuery by Google's own ZetaSQL: its analyser, and its reference evaluator on the tables handed over.

Not BigQuery itself: no INFORMATION_SCHEMA, no jobs, and the function library is ZetaSQL's whole one. Approximate
aggregates (APPROX_COUNT_DISTINCT, APPROX_QUANTILES, APPROX_TOP_COUNT) analyse but do not execute. A DATE cast to
DATETIME, also implicitly, evaluates to 1970 in this build; DATETIME(d) is right. A table of a dataset needs an alias
to qualify its columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from tests.oracles import pins, places, processes
from tests.oracles.judge import Answer, EngineLost, Evidence, Params, Rejected, Table, Tables, base, precision
from tests.oracles.workers import wire

_WORKER = Path(__file__).parent / "workers" / "zetasql.py"
_TYPES = {
    "int": "INT64",
    "bigint": "INT64",
    "text": "STRING",
    "boolean": "BOOL",
    "double": "FLOAT64",
    "date": "DATE",
    "timestamp": "DATETIME",
    "timestamptz": "TIMESTAMP",
    "jsonb": "JSON",
    "text[]": "ARRAY<STRING>",
}
# protobuf-javalite has other classes of the same names as protobuf-java.
_UNWANTED = ("javalite", "darwin")


def stored_type(declared: str) -> str:
    """BigQuery's type of a declared one."""
    if base(declared) != "numeric":
        return _TYPES[base(declared)]
    digits, scale = precision(declared) or (38, 9)
    return "NUMERIC" if scale <= 9 and digits - scale <= 29 else "BIGNUMERIC"


def _pom() -> str:
    parts = (coordinate.split(":") for coordinate in pins.ZETASQL)
    dependencies = "".join(
        f"<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version></dependency>"
        for group, artifact, version in parts
    )
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        "<groupId>oracles</groupId><artifactId>zetasql</artifactId><version>1</version><packaging>pom</packaging>"
        f"<dependencies>{dependencies}</dependencies></project>"
    )


def install() -> None:
    places.venv("bigquery")
    places.maven("zetasql", pins.ZETASQL, _pom())


class ZetasqlJudge:
    """Settings: `time_zone`, as the system variable. Parameters have names."""

    name = "bigquery"
    evidence: Evidence = "executed"
    has_boolean = True

    def __init__(self) -> None:
        self._worker: processes.Worker | None = None

    def missing(self) -> str | None:
        folders = [places.venv_folder("bigquery"), places.maven_folder("zetasql", pins.ZETASQL)]
        return places.tell_missing(self.name, folders)

    def start(self) -> None:
        lib = places.maven_folder("zetasql", pins.ZETASQL) / "lib"
        jars = [jar for jar in sorted(lib.glob("*.jar")) if not any(word in jar.name for word in _UNWANTED)]
        self._worker = processes.Worker([places.venv_folder("bigquery") / "bin" / "python", _WORKER, *jars])
        self.load({})

    def stop(self) -> None:
        if self._worker:
            self._worker.stop()

    def load(self, tables: Tables) -> None:
        self._running().ask("load", tables={name: _told(table) for name, table in tables.items()})

    def execute(
        self,
        sql: str,
        params: Params = None,
        settings: Mapping[str, object] | None = None,
        as_of: datetime | None = None,
    ) -> Answer:
        params = params or {}
        if not isinstance(params, Mapping):
            raise NotImplementedError("only parameters with names")
        named = {name: (_kind(value), wire.encode(value)) for name, value in params.items()}
        unknown = set(settings or {}) - {"time_zone"}
        if unknown:
            raise NotImplementedError(f"no such setting: {', '.join(sorted(unknown))}")
        zone = (settings or {}).get("time_zone", "UTC")
        try:
            told = self._running().ask("execute", sql=sql, params=named, zone=zone)
        except Rejected as error:
            if not str(error).startswith("Unsupported built-in function"):
                raise
            self.analyse(sql)  # raises where the statement itself is wrong
            raise NotImplementedError(str(error)) from None
        return Answer(tuple(told["columns"]), [tuple(wire.decode(row)) for row in told["rows"]])

    def analyse(self, sql: str) -> list[tuple[str, str]]:
        return [(name, kind) for name, kind in self._running().ask("analyse", sql=sql)]

    def _running(self) -> processes.Worker:
        if self._worker is None:
            raise EngineLost("not started")
        return self._worker


def _told(table: Table) -> dict[str, object]:
    kinds = list(table.bases().values())
    rows = [[_cell(kind, value) for kind, value in zip(kinds, row, strict=True)] for row in table.rows]
    return {"columns": {name: stored_type(declared) for name, declared in table.columns.items()}, "rows": rows}


def _cell(kind: str, value: object) -> object:
    return {"$json": value} if kind == "jsonb" and value is not None else wire.encode(value)


def _kind(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return f"ARRAY<{_kind(value[0]) if value else 'STRING'}>"
    if isinstance(value, datetime):
        return "TIMESTAMP" if value.tzinfo else "DATETIME"
    kinds: dict[type, str] = {bool: "BOOL", int: "INT64", float: "FLOAT64", Decimal: "NUMERIC", date: "DATE"}
    return kinds.get(type(value), "STRING")
