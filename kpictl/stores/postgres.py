"""The store in a PostgreSQL schema. A batch is one transaction under an advisory lock, which the server lets go of with it.

Reading takes no lock: a reader sees the batches that were committed before it asked, each whole. The lock is one of the
transaction, so it is gone with its holder, however that ends, and works behind a pooler of transactions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kpictl.diagnostics import Place, Refused
from kpictl.model.durations import Duration
from kpictl.model.store_schema import LEAST_RETENTION, TABLES
from kpictl.plan.state import StoreState
from kpictl.stores import postgres_sql as sql
from kpictl.stores.canonical import canonical, dimensions_key, loads
from kpictl.stores.findings import StoreLocked, StoreUnreachable, StoreUnreadable, StoreWriteFailed, ValuesRefused
from kpictl.stores.in_place import IDENTITY, Answer, Placed, compute, stage
from kpictl.stores.keeper import ask
from kpictl.stores.ledger import (
    AUDITED,
    LAST_RUNS,
    audit_rows,
    last_buckets,
    run_rows,
    runs_of,
    state_of,
    stored_value,
)
from kpictl.stores.migrations import pending, stamped
from kpictl.stores.noting import drop_expired, note_done, rename, seen
from kpictl.stores.numbered import Staging
from kpictl.stores.owned import check_tables, one_only
from kpictl.stores.postgres_bulk import (
    ROW_COLUMNS,
    WORTH_INDEXES,
    copy_numbers,
    copy_rows,
    insert_rows,
    without_indexes,
)
from kpictl.stores.store import Batch, Recorded, RunRecord, StoredValue, Wish, Written

if TYPE_CHECKING:
    import psycopg

_AT_ONCE = 10_000
_TOTAL_KEY = dimensions_key("{}")
_UNDEFINED = ("42P01", "42703", "42883", "42804")
_NO_RIGHT = ("42501", "25006", "3F000")
_OF_VALUES = ("22", "23")
"""Classes of errors that are in what is written: data exceptions, and constraints."""
_FULL, _LOCKED, _CANCELED = "53100", "55P03", "57014"
_DDL = "`kpictl emit ddl --dialect {}` prints the tables, for who may create them"

Opened = tuple["psycopg.Connection[Any]", str]
"""A connection whose search path begins with the store's schema, and the schema."""


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
        self._connect = connect
        self._project = project
        self._place = place
        self._patience = patience
        self.keep = keep
        self._hide = hide
        self._copy = copy
        self._now: Opened | None = None

    def state(self) -> StoreState:
        """The ledger, by KPI, grain and definition."""
        with self.reading() as session:
            if session is None:
                return StoreState()
            first = session.execute(
                "SELECT kpi_name, grain, definition, first_bucket, body::text, known_at FROM kpi_definitions"
            ).fetchall()
            rows = session.execute(
                "SELECT kpi_name, grain, definition, start_time, end_time FROM kpi_intervals"
            ).fetchall()
            looked = seen(partial(ask, self, session))
        # jsonb tells an object in an order and with spaces of its own
        return state_of([(*row[:4], canonical(loads(row[4])), row[5]) for row in first], rows, looked)

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
            many = self._bulk and written.total() >= WORTH_INDEXES
            counts = _merge(session, written, run_id, known_at, many)
            asking = partial(ask, self, session)
            note_done(asking, partial(self._append, session), batches, run_id, known_at)
            drop_expired(asking, batches)
            found.update({kpi: Written(number, restated) for kpi, number, restated in counts})
            if records is not None:
                self._note_runs(session, records(found))
        return found

    def identity(self) -> str | None:
        """By which a connection knows that it leads to the same place, whether or not there is a store yet."""
        with self._transaction("BEGIN READ ONLY") as (session, _):
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
            stage(session, placed, answers, self._copy)
            self._finish_staging(session)
            rows = session.execute(sql.COUNT_NEW.encode()).fetchall()
            many = self._bulk and sum(number for _, number in rows) >= WORTH_INDEXES
            counts = _merge(session, dict(rows), run_id, known_at, many)
            asking = partial(ask, self, session)
            note_done(asking, partial(self._append, session), batches, run_id, known_at)
            drop_expired(asking, batches)
            found.update({kpi: Written(number, restated) for kpi, number, restated in counts})
        return found

    def record(self, records: Sequence[RunRecord]) -> None:
        """Notes what a run did with each KPI."""
        if records:
            with self.writing() as session:
                self._note_runs(session, records)

    def rename(self, names: Mapping[str, str]) -> None:
        """Puts all that is kept of KPIs under their new names, by old one, in one transaction."""
        with self.writing() as session:
            rename(partial(ask, self, session), names)

    def _note_runs(self, session: psycopg.Connection[Any], records: Sequence[RunRecord]) -> None:
        self._append(session, "kpi_runs", run_rows(records))
        self._append(session, "kpi_audit", audit_rows(records))

    def runs(self, last: int) -> list[RunRecord]:
        """What the last so many runs did, newest first, by KPI."""
        with self.reading() as session:
            if session is None:
                return []
            rows = session.execute(LAST_RUNS.format(last="%s").encode(), (last,)).fetchall()
            since = min((row[4] for row in rows), default=None)
            audited = session.execute(AUDITED.format(since="%s").encode(), (since,)).fetchall() if rows else []
        return runs_of(rows, audited)

    def values(self, wish: Wish) -> list[StoredValue]:
        """Stored values by KPI, time and dimensions."""
        if not wish.kpis:
            return []
        text, given = _selection(wish)
        with self.reading() as session:
            rows = session.execute(text.encode(), given).fetchall() if session is not None else []
        found = [stored_value(row) for row in rows if wish.kpis[row[1]] in (None, row[5])]
        if wish.dimensions != ():
            found.sort(key=lambda v: (v.kpi, v.grain, v.time, canonical(v.dimensions)))
        return found if wish.last is None else last_buckets(found, wish.last)

    @contextmanager
    def alone(self, what: str) -> Iterator[Callable[[], None]]:
        """By an advisory lock of a session of its own; behind a pooler it takes one of sessions."""
        import psycopg

        held: list[psycopg.Connection[Any]] = []

        def hold() -> None:
            """Takes the lock, or what was lost with a connection again."""
            try:
                if held:
                    with suppress(psycopg.Error):
                        held[0].execute("SELECT 1")
                        return
                    held.pop().close()
                session, schema = self._connect()
                held.append(session)
                key = _lock_key(f"{schema} {what}")
                taken = session.execute("SELECT pg_catalog.pg_try_advisory_lock(%s)", (key,)).fetchone()
                if taken != (True,):
                    raise Refused([one_only(what, self.name, _holder(session, key), self._place)])
            except psycopg.Error as error:
                message = f"the store {self.name} cannot be reached: {self._said(error)}"
                raise Refused([StoreUnreachable.at(self._place, message, help=["`kpictl debug` tries it"])]) from None

        try:
            hold()
            yield hold
        finally:
            for session in held:
                session.close()

    def close(self) -> None:
        if self._now is not None:
            with suppress(Exception):
                self._now[0].close()
            self._now = None

    # -- transactions

    @contextmanager
    def reading(self) -> Iterator[psycopg.Connection[Any] | None]:
        """A read-only transaction that sees one state; None where the store has not been made."""
        with self._transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") as (session, schema):
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
        with self._transaction("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE") as (session, schema):
            if before is not None:
                before(session)
            self._lock(session, schema)
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

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Opened]:
        import psycopg

        opened = self._begun(begin)
        committing = False
        try:
            yield opened
            committing = True
            opened[0].execute("COMMIT")
        except psycopg.Error as error:
            raise self._explained(error, opened[0], committing) from None
        finally:
            self._end(opened[0])

    def _begun(self, begin: str) -> Opened:
        """A connection in a new transaction; one that was lost since it was last used is made anew, once."""
        import psycopg

        for fresh in (False, True):
            try:
                if self._now is None or self._now[0].closed:
                    fresh = True
                    self._now = self._connect()
                self._now[0].execute(begin.encode())
            except psycopg.Error as error:
                self.close()
                if fresh:
                    message = f"the store {self.name} cannot be reached: {self._said(error)}"
                    help = ["`kpictl debug` tries it; nothing is lost: what was not written is still due"]
                    raise Refused([StoreUnreachable.at(self._place, message, help=help)]) from None
            else:
                return self._now
        raise AssertionError

    def _end(self, session: psycopg.Connection[Any]) -> None:
        """Takes back what was not committed, whatever came in between."""
        import psycopg

        if session.closed:
            self._now = None
        elif session.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            try:
                if session.info.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
                    self.close()  # an interrupt within a statement: the server takes it back with the connection
                else:
                    session.execute("ROLLBACK")
            except psycopg.Error:
                self.close()

    def _lock(self, session: psycopg.Connection[Any], schema: str) -> None:
        import psycopg

        key = _lock_key(schema)
        session.execute("SELECT set_config('lock_timeout', %s, true)", (f"{max(1, round(self._patience * 1000))}",))
        try:
            session.execute("SELECT pg_catalog.pg_advisory_xact_lock(%s)", (key,))
        except psycopg.errors.LockNotAvailable:
            session.execute("ROLLBACK")
            held = _holder(session, key)
            message = f"the store {self.name} is held by {held} for more than {self._patience:g} s"
            help = ["wait for it, or end that process; a session that hangs ends by pg_terminate_backend(pid)"]
            raise Refused([StoreLocked.at(self._place, message, help=help)]) from None

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
        check_tables(asking, there, self._project, self.name, self._place, self._unreadable, write=write)
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
        for table in ("new_rows", *sql.PARTS):
            session.execute(f"ANALYZE {table}".encode())
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

    # -- what went wrong

    def _explained(self, error: psycopg.Error, session: psycopg.Connection[Any], committing: bool) -> Refused:
        text, code = self._said(error), error.sqlstate or ""
        if session.broken or session.closed or code.startswith(("57P", "08")):
            fate = "whether the last batch was kept is not known" if committing else "nothing of the batch was kept"
            message = f"the store {self.name} was lost: {text}; {fate}"
            help = ["`kpictl run` again: it looks what is there, and computes what is still due"]
            return Refused([StoreUnreachable.at(self._place, message, help=help)])
        if code in _UNDEFINED:
            return self._unreadable(text)
        if code.startswith(_OF_VALUES):
            return Refused([ValuesRefused.at(self._place, f"the store {self.name}: {text}")])
        help = []
        if code in _NO_RIGHT:
            help = [_DDL.format(self.dialect), "the user of the store needs SELECT, INSERT, UPDATE and DELETE on them"]
        elif code == _FULL:
            help = ["make room and run again: what is missing is still due"]
        elif code in (_CANCELED, _LOCKED):
            help = ["raise `statement_timeout:` or `lock_timeout:` of the store"]
        return Refused([StoreWriteFailed.at(self._place, f"the store {self.name}: {text}", help=help)])

    def _said(self, error: psycopg.Error) -> str:
        diagnosis = error.diag
        parts = (diagnosis.message_primary, diagnosis.message_detail)
        text = " ".join(part for part in parts if part) or str(error) or type(error).__name__
        return self._hide(" ".join(text.split()))[:300]

    def _unreadable(self, why: str) -> Refused:
        message = f"the store {self.name} cannot be used: {why}"
        help = [
            "`kpictl store restore FOLDER --replace` puts a backup in its place",
            "or name another schema under `store:`, and `kpictl run` computes again what the sources still hold",
        ]
        return Refused([StoreUnreadable.at(self._place, message, help=help)])


def _columns(table: str) -> tuple[tuple[str, str], ...]:
    forms = {"text": "text", "instant": "timestamptz", "double": "float8", "integer": "int8", "json": "jsonb"}
    (found,) = (each for each in TABLES if each.name == table)
    return tuple((column.name, forms[column.form.value]) for column in found.columns)


def _selection(wish: Wish) -> tuple[str, dict[str, object]]:
    conditions = ["kpi_name = ANY(%(names)s)"]
    given: dict[str, object] = {"names": list(wish.kpis)}
    for name, operator, bound in (("start", ">=", wish.start), ("stop", "<", wish.stop)):
        if bound is not None:
            conditions.append(f"time {operator} %({name})s")
            given[name] = bound
    if wish.dimensions == ():
        conditions.append("dimensions_key = %(total)s")
        given["total"] = _TOTAL_KEY
    elif wish.dimensions is not None:
        conditions.append(sql.MEMBERS)
        given["members"] = sorted(wish.dimensions)
    source = "kpi_metrics"
    if wish.known_at is not None:
        source, given["known"] = sql.AS_KNOWN, wish.known_at
    text = f"SELECT {sql.NAMES} FROM {source} WHERE {' AND '.join(conditions)}"
    if wish.last is not None:
        ranked = text.replace(
            "SELECT ", "SELECT dense_rank() OVER (PARTITION BY kpi_name, grain ORDER BY time DESC) AS age, ", 1
        )
        text = f"SELECT {sql.NAMES} FROM ({ranked}) AS ranked WHERE age <= %(last)s"
        given["last"] = wish.last
    order = 'ORDER BY kpi_name COLLATE "C", grain COLLATE "C", time'
    return f"SELECT {sql.READ} FROM ({text}) AS found {order}", given


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


def _lock_key(schema: str) -> int:
    """The advisory lock of a store: one for each schema, within its database."""
    return int.from_bytes(blake2b(f"kpictl store {schema}".encode(), digest_size=8).digest(), "big", signed=True)


def _holder(session: psycopg.Connection[Any], key: int) -> str:
    found = session.execute(sql.HOLDER.encode(), {"key": key}).fetchone()
    if found is None:
        return "another session"
    pid, application, user, address, since = found
    who = application or "a session"
    seconds = f" for {(datetime.now(UTC) - since).total_seconds():.0f} s" if since is not None else ""
    return f"{who} (user {user}, {address or 'a local socket'}, backend {pid}{seconds})"
