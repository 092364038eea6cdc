"""TimescaleDB with its TSL module: PGlite's WebAssembly build of it behind a socket, on PostgreSQL 17.

One connection at a time, and it is this judge's: nobody else may connect. `COPY FROM STDIN` kills the process, hence
INSERT. Background workers do not run: a policy is registered, `CALL run_job(id)` runs it. No contrib extensions and
no toolkit. Each set of tables has a schema of its own.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.oracles import places, processes
from tests.oracles.judge import Answer, EngineLost, Evidence, Params, Tables, fingerprint

_SERVER = Path(__file__).parent / "workers" / "timescale.mjs"
_KEPT = 12


def install() -> None:
    places.npm("timescale")


class TimescaleJudge:
    """`connection` is the one connection, for tests of continuous aggregates and their like."""

    name = "timescale"
    evidence: Evidence = "executed"
    has_boolean = True

    def __init__(self) -> None:
        self.connection: Any = None
        self._process: subprocess.Popen[bytes] | None = None
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop()
        self._schemas: dict[str, None] = {}

    def missing(self) -> str | None:
        return places.tell_missing(self.name, [places.npm_folder("timescale")], "psycopg")

    def start(self) -> None:
        import psycopg

        (port,) = processes.free_ports(1)
        self._process = subprocess.Popen(
            [places.program("node"), _SERVER, places.npm_folder("timescale"), str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        assert self._process.stdout
        if self._process.stdout.readline().strip() != b"LISTENING":
            self._log.seek(0)
            raise EngineLost(f"no server: {self._log.read()[-2000:].decode(errors='replace')}")
        uri = f"postgresql://postgres:x@127.0.0.1:{port}/postgres?sslmode=disable"
        self.connection = psycopg.connect(uri, autocommit=True)
        self.load({})

    def stop(self) -> None:
        if self.connection is not None:
            self.connection.close()
        if self._process:
            processes.end_by_input(self._process)
        self._log.close()

    def load(self, tables: Tables) -> None:
        from tests.oracles import over_psycopg

        schema = f"t_{fingerprint(tables)}"
        known = schema in self._schemas
        if not known:
            self.connection.execute(f"drop schema if exists {schema} cascade")
            self.connection.execute(f"create schema {schema}")
        self.connection.execute(f"set search_path to {schema}, public")
        if not known:
            over_psycopg.create(self.connection, tables, by_copy=False)
        self._schemas.pop(schema, None)
        self._schemas[schema] = None
        while len(self._schemas) > _KEPT:
            old = next(iter(self._schemas))
            del self._schemas[old]
            self.connection.execute(f"drop schema {old} cascade")

    def execute(
        self,
        sql: str,
        params: Params = None,
        settings: Mapping[str, object] | None = None,
        as_of: datetime | None = None,
    ) -> Answer:
        from tests.oracles import over_psycopg

        return over_psycopg.run(self.connection, sql, params, settings)

    def analyse(self, sql: str) -> list[tuple[str, str]]:
        from tests.oracles import over_psycopg

        return over_psycopg.describe(self.connection, sql)
