"""The store in a PostgreSQL schema. A batch is one transaction under an advisory lock, which the server lets go of with it.

Reading takes no lock: a reader sees the batches that were committed before it asked, each whole. The lock is one of the
transaction, so it is gone with its holder, however that ends, and works behind a pooler of transactions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kpictl.diagnostics import Place, Refused
from kpictl.model.durations import Duration
from kpictl.model.store_schema import LEAST_RETENTION, TABLES
from kpictl.plan.state import StoreState
from kpictl.stores import postgres_sql as sql
from kpictl.stores.canonical import canonical, loads
from kpictl.stores.findings import ValuesRefused
from kpictl.stores.in_place import IDENTITY, Answer, Placed, compute, stage
from kpictl.stores.keeper import ask
from kpictl.stores.ledger import last_buckets, stored_value
from kpictl.stores.migrations import pending, stamped
from kpictl.stores.noting import drop_expired, note_done, note_runs, read_runs, read_state, rename
from kpictl.stores.numbered import Staging
from kpictl.stores.owned import check_tables
from kpictl.stores.postgres_bulk import (
    ROW_COLUMNS,
    WORTH_INDEXES,
    analyze,
    copy_numbers,
    copy_rows,
    insert_rows,
    without_indexes,
)
from kpictl.stores.postgres_server import Opened, Server
from kpictl.stores.store import Batch, Recorded, RunRecord, StoredValue, Wish, Written

if TYPE_CHECKING:
    import psycopg

_AT_ONCE = 10_000


class PostgresStore:
    """A store in a schema, whose tables are made by the first write."""

    dialect = "postgres"
    _bulk = True
    """Whether indexes may be made after the rows of an empty table."""

    def __init__(
        self,
        connect: Callable[[], Opened],
        project: str,
        place: Place | None = None,
        *,
        name: str = "postgres",
        patience: float = 60.0,
        keep: Duration = LEAST_RETENTION,
        hide: Callable[[str], str] = str,
        copy: bool = True,
    ) -> None:
        """`name` is what messages call it, `patience` the seconds to wait for another writer, `copy` whether the server
        takes COPY, `keep` how long TimescaleDB keeps values, `hide` takes secrets out of messages."""
        self.name = name
        self._server = Server(connect, place, name=name, dialect=self.dialect, patience=patience, hide=hide)
        self._project = project
        self._place = place
        self.keep = keep
        self._copy = copy

    def state(self) -> StoreState:
        """The ledger, by KPI, grain and definition."""
        with self.reading() as session:
            if session is None:
                return StoreState()
            # jsonb tells an object in an order and with spaces of its own
            return read_state(partial(ask, self, session), lambda body: canonical(loads(body)))

    def write(
        self, batches: Sequence[Batch], run_id: str, known_at: datetime, records: Recorded | None = None
    ) -> Mapping[str, Written]:
        """Replaces what the batches cover, keeps what did not change, and notes what is done: all or nothing."""
        found = dict.fromkeys((batch.kpi for batch in batches), Written())
        self._check_texts(batches)
        with self.writing() as session:
            self._stage(session, batches)
            written = Counter[str]()
            for batch in batches:
                written[batch.kpi] += len(batch.values)
            found.update(self._replace(session, batches, written, run_id, known_at))
            if records is not None:
                note_runs(partial(self._append, session), records(found))
        return found

    def identity(self) -> str | None:
        """By which a connection knows that it leads to the same place, whether or not there is a store yet."""
        with self._server.transaction("BEGIN READ ONLY") as (session, _):
            found = session.execute(IDENTITY.encode()).fetchone()
        return None if found is None else str(found[0])

    def write_in_place(
        self, placed: Sequence[Placed], answers: Sequence[Answer], run_id: str, known_at: datetime
    ) -> Mapping[str, Written]:
        """As `write`, of values that this server computes; other writers are held up only once it has. Raises NotInPlace."""
        batches = [each.batch for each in placed]
        found = dict.fromkeys((batch.kpi for batch in batches), Written())
        with self.writing(before=partial(compute, answers=answers)) as session:
            self._make_staging(session)
            not_finite = stage(session, placed, answers, self._copy)
            self._finish_staging(session)
            rows = session.execute(sql.COUNT_NEW.encode()).fetchall()
            found.update(self._replace(session, batches, dict(rows), run_id, known_at))
        return {kpi: replace(each, not_finite=not_finite[kpi]) for kpi, each in found.items()}

    def _replace(
        self,
        session: psycopg.Connection[Any],
        batches: Sequence[Batch],
        written: Mapping[str, int],
        run_id: str,
        known_at: datetime,
    ) -> dict[str, Written]:
        """Puts what is staged, so many values of each KPI, in the place of what was there, and notes that it is done."""
        many = self._bulk and sum(written.values()) >= WORTH_INDEXES
        counts = _merge(session, written, run_id, known_at, many)
        asking = partial(ask, self, session)
        note_done(asking, partial(self._append, session), batches, run_id, known_at)
        drop_expired(asking, batches)
        return {kpi: Written(number, restated) for kpi, number, restated in counts}

    def record(self, records: Sequence[RunRecord]) -> None:
        """Notes what a run did with each KPI."""
        if records:
            with self.writing() as session:
                note_runs(partial(self._append, session), records)

    def rename(self, names: Mapping[str, str]) -> None:
        """Puts all that is kept of KPIs under their new names, by old one, in one transaction."""
        with self.writing() as session:
            rename(partial(ask, self, session), names)

    def runs(self, last: int) -> list[RunRecord]:
        """What the last so many runs did, newest first, by KPI."""
        with self.reading() as session:
            if session is None:
                return []
            return read_runs(partial(ask, self, session), last)

    def values(self, wish: Wish) -> list[StoredValue]:
        """Stored values by KPI, time and dimensions."""
        if not wish.kpis:
            return []
        text, given = sql.selection(wish)
        with self.reading() as session:
            rows = session.execute(text.encode(), given).fetchall() if session is not None else []
        found = [stored_value(row) for row in rows if wish.kpis[row[1]] in (None, row[5])]
        if wish.dimensions != ():
            found.sort(key=lambda v: (v.kpi, v.grain, v.time, canonical(v.dimensions)))
        return found if wish.last is None else last_buckets(found, wish.last)

    def alone(self, what: str) -> AbstractContextManager[Callable[[], None]]:
        """By an advisory lock of a session of its own; behind a pooler it takes one of sessions."""
        return self._server.alone(what)

    def close(self) -> None:
        self._server.close()

    # -- transactions

    @contextmanager
    def reading(self) -> Iterator[psycopg.Connection[Any] | None]:
        """A read-only transaction that sees one state; None where the store has not been made."""
        with self._server.transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") as (session, schema):
            yield session if self._check(session, schema, write=False) else None

    @contextmanager
    def writing(
        self,
        *,
        older: bool = False,
        damaged: bool = False,
        before: Callable[[psycopg.Connection[Any]], None] | None = None,
    ) -> Iterator[psycopg.Connection[Any]]:
        """A transaction that no other writer is in. Every statement of it sees what was committed before the lock.

        `before` is done in the transaction before other writers are held up.
        """
        with self._server.transaction("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE") as (session, schema):
            if before is not None:
                before(session)
            self._server.lock(session, schema)
            if damaged or not self._check(session, schema, write=not older):
                self._make_schema(session, schema)
                if not older:
                    self._make_tables(session)
            yield session

    looking = reading
    changing = writing

    def save(self, session: psycopg.Connection[Any], table: str, file: Path) -> int:
        """Writes a table into a Parquet file, block by block."""
        from kpictl.stores import parquet

        with session.cursor("kpictl_backup") as cursor:
            cursor.itersize = _AT_ONCE
            cursor.execute(f"SELECT {parquet.as_texts(table)} FROM {table}".encode())
            return parquet.write(table, parquet.canonical_rows(table, cursor), file)

    def load(self, file: Path, table: str, session: psycopg.Connection[Any]) -> int:
        """Appends the rows of a Parquet file."""
        from kpictl.stores import parquet

        names, number = _columns(table), 0

        def counted() -> Iterator[tuple[Any, ...]]:
            nonlocal number
            for row in parquet.read(table, file):
                number += 1
                yield row

        if self._copy:
            copy_rows(session, table, [name for name, _ in names], counted())
        else:
            insert_rows(session, table, names, counted())
        return number

    # -- the tables

    def _check(self, session: psycopg.Connection[Any], schema: str, *, write: bool) -> bool:
        """That these are tables of ours, of this version and project; False where there are none."""
        row = session.execute(
            "SELECT array_agg(tablename::text) FROM pg_catalog.pg_tables WHERE schemaname = %s AND tablename = ANY(%s)",
            (schema, [table.name for table in TABLES]),
        ).fetchone()
        there = set((row[0] if row else None) or ())
        if not there:
            return False
        asking = partial(ask, self, session)
        check_tables(asking, there, self._project, self.name, self._place, self._server.unreadable, write=write)
        return True

    def _make_schema(self, session: psycopg.Connection[Any], schema: str) -> None:
        known = session.execute("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = %s", (schema,)).fetchone()
        if known is None:
            session.execute(b'CREATE SCHEMA "' + schema.replace('"', '""').encode() + b'"')

    def _make_tables(self, session: psycopg.Connection[Any]) -> None:
        for each in pending(0):
            for statement in each.statements(self.dialect, self.keep):
                session.execute(statement.encode())
        for statement in stamped(self._project):
            session.execute(statement.encode())

    # -- bulk

    def _stage(self, session: psycopg.Connection[Any], batches: Sequence[Batch]) -> None:
        """Puts the new values into `staged` and what they replace into `ranges`: numbers, and the few things they name."""
        for batch in batches:
            if any(status is None for status in batch.values.statuses):
                raise ValueError(f"a value of {batch.kpi} has no status")
        staging = Staging(batches)
        self._make_staging(session)
        for rows in staging.rows():
            if self._copy:
                copy_numbers(session, "new_rows", rows)
            else:
                insert_rows(session, "new_rows", ROW_COLUMNS, rows)
        for table, part in staging.parts().items():
            self._append(session, table, part)
        self._finish_staging(session)

    def _make_staging(self, session: psycopg.Connection[Any]) -> None:
        for table, columns in {"new_rows": ROW_COLUMNS, **sql.PARTS}.items():
            texts = ", ".join(f"{name} {kind}" for name, kind in columns)
            session.execute(f"CREATE TEMP TABLE {table} ({texts}) ON COMMIT DROP".encode())

    def _finish_staging(self, session: psycopg.Connection[Any]) -> None:
        analyze(session, "new_rows", *sql.PARTS)
        session.execute(sql.STAGED.encode())

    def _append(self, session: psycopg.Connection[Any], table: str, rows: Sequence[Sequence[Any]]) -> None:
        if not rows:
            return
        columns = sql.PARTS.get(table) or _columns(table)
        if self._copy:
            copy_rows(session, table, [name for name, _ in columns], rows)
        else:
            insert_rows(session, table, columns, rows)

    def _check_texts(self, batches: Sequence[Batch]) -> None:
        """PostgreSQL holds no NUL in a text; the batch is refused before anything is sent."""
        for batch in batches:
            if any("\\u0000" in text for text in {*batch.values.dimensions, *batch.values.metadata}):
                message = f"a dimension of `{batch.kpi}` holds the character NUL, which PostgreSQL cannot keep"
                raise Refused([ValuesRefused.at(self._place, message, help=["take it out where it is read"])])


def _columns(table: str) -> tuple[tuple[str, str], ...]:
    forms = {"text": "text", "instant": "timestamptz", "double": "float8", "integer": "int8", "json": "jsonb"}
    (found,) = (each for each in TABLES if each.name == table)
    return tuple((column.name, forms[column.form.value]) for column in found.columns)


def _merge(
    session: psycopg.Connection[Any], written: Mapping[str, int], run_id: str, known_at: datetime, many: bool
) -> list[tuple[Any, ...]]:
    """Replaces what is staged; how many values of each KPI are new or different.

    `written` is how many are staged of each, `many` whether they are worth making indexes anew.
    """
    both = {"run_id": run_id, "known_at": known_at}
    if session.execute(sql.UNKNOWN_SIZE.encode()).fetchone() == (True,):
        session.execute(b"ANALYZE kpi_metrics")
    if session.execute(sql.OVERLAP.encode()).fetchone() == (False,):
        with without_indexes(session, "kpi_metrics") if many else nullcontext():
            session.execute(sql.ALL_NEW.encode(), both)
        return [(kpi, number, 0) for kpi, number in written.items()]
    session.execute(sql.DIFFERENCE.encode())
    session.execute(b"ANALYZE difference")
    session.execute(sql.MOVE_OLD.encode(), both)
    session.execute(sql.INSERT.encode(), both)
    return session.execute(sql.COUNT_CHANGED.encode()).fetchall()
