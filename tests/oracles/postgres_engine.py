"""PostgreSQL: one throw-away server a session, one database for each set of tables.

Durability is off. The server refuses root, so as root everything runs as Debian's user `postgres`. SIGINT is the
fast shutdown; SIGTERM would wait for open clients.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.oracles import places, processes
from tests.oracles.judge import Answer, EngineLost, Evidence, Params, Tables, fingerprint

_KEPT = 12
_TIMEOUT_MS = 30_000
# The server ends with our end of its standard input, so with us, however we end.
_WATCHED = 'exec 3<&0; "$@" & server=$!; (cat <&3 >/dev/null; kill -INT $server) & wait $server'


class PostgresJudge:
    """`uri` is the server for tests that want a database of their own; `icu` makes databases of that collation."""

    name = "postgres"
    evidence: Evidence = "executed"
    has_boolean = True

    def __init__(self, *, icu: str | None = None) -> None:
        self.uri = ""
        self._icu = icu
        self._home = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._admin: Any = None
        self._bases: dict[str, Any] = {}
        self._now: Any = None

    def missing(self) -> str | None:
        return places.tell_missing(self.name, module="psycopg")

    def start(self) -> None:
        import psycopg

        (port,) = processes.free_ports(1)
        who = processes.unprivileged("postgres")
        self._home = tempfile.mkdtemp(prefix="pg-")
        if who:
            shutil.chown(self._home, "postgres", "postgres")
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/", **who}
        data = f"{self._home}/data"
        make = [places.program("initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        subprocess.run([*make, "--locale=C.UTF-8", "--no-sync"], check=True, **quiet)
        options = {
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "jit": "off",
            "timezone": "UTC",
            "unix_socket_directories": self._home,
            "listen_addresses": "127.0.0.1",
            "port": port,
        }
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        server = [places.program("postgres"), "-D", data, *flags]
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", _WATCHED, "sh", *server], stdin=subprocess.PIPE, start_new_session=True, **quiet
        )
        self.uri = f"postgresql://postgres@127.0.0.1:{port}/postgres"

        def answers() -> bool:
            try:
                self._admin = psycopg.connect(self.uri, autocommit=True)
            except psycopg.OperationalError:
                return False
            return True

        processes.wait_until(answers, self._process, 30)
        self.load({})

    def stop(self) -> None:
        for connection in (*self._bases.values(), self._admin):
            if connection is not None:
                connection.close()
        self._bases.clear()
        if self._process:
            processes.end_by_input(self._process)
        if self._home:
            shutil.rmtree(self._home, ignore_errors=True)

    def database(self, name: str) -> str:
        """The URI of a new empty database; one of that name ends, since a file's fixture may be made again."""
        self._admin.execute(f'drop database if exists "{name}" with (force)')
        icu = f" locale_provider icu icu_locale '{self._icu}'" if self._icu else ""
        self._admin.execute(f'create database "{name}" template template0{icu}')
        return f"{self.uri.rsplit('/', 1)[0]}/{name}"

    def load(self, tables: Tables) -> None:
        key = f"t_{fingerprint(tables)}"
        connection = self._bases.pop(key, None)
        if connection is None:
            connection = self._filled(key, tables)
        self._bases[key] = self._now = connection
        while len(self._bases) > _KEPT:
            old = next(iter(self._bases))
            self._bases.pop(old).close()
            self._admin.execute(f'drop database "{old}" with (force)')

    def _filled(self, key: str, tables: Tables) -> Any:
        import psycopg

        from tests.oracles import over_psycopg

        if self._admin is None:
            raise EngineLost("not started")
        self._admin.execute(f'drop database if exists "{key}" with (force)')  # a load that failed half-way
        options = f"-c statement_timeout={_TIMEOUT_MS}"
        connection = psycopg.connect(self.database(key), autocommit=True, options=options)
        try:
            with connection.transaction():
                over_psycopg.create(connection, tables, by_copy=True)
        except BaseException:
            connection.close()
            raise
        return connection

    def execute(
        self,
        sql: str,
        params: Params = None,
        settings: Mapping[str, object] | None = None,
        as_of: datetime | None = None,
    ) -> Answer:
        from tests.oracles import over_psycopg

        return over_psycopg.run(self._now, sql, params, settings)

    def analyse(self, sql: str) -> list[tuple[str, str]]:
        from tests.oracles import over_psycopg

        return over_psycopg.describe(self._now, sql)
