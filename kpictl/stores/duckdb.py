"""The store as one DuckDB file. It is opened for moments: to read the state, and to write a batch in one transaction."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kpictl.diagnostics import Place, Refused
from kpictl.model.store_schema import LEAST_RETENTION, TABLES, VALUE_COLUMNS
from kpictl.plan.state import StoreState
from kpictl.stores import parquet
from kpictl.stores.canonical import dimensions_key
from kpictl.stores.file_lock import Held, locked
from kpictl.stores.findings import StoreLocked, StoreUnreadable, StoreWriteFailed, ValuesRefused
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
from kpictl.stores.store import Batch, Recorded, RunRecord, StoredValue, Wish, Written

if TYPE_CHECKING:
    import duckdb

_TOTAL_KEY = dimensions_key("{}")
_NAMES = ", ".join(column.name for column in VALUE_COLUMNS)
_ROWS = "kpi_name, grain, time, dimensions_key"
_OPEN_AGAIN = 10.0
"""Seconds to wait for a process that holds the file without kpictl's lock."""

_PARTS = (
    ("new_rows", "batch INTEGER, slot INTEGER, member INTEGER, status INTEGER, note INTEGER, kpi_value DOUBLE"),
    ("new_batches", "batch INTEGER, kpi_name VARCHAR, grain VARCHAR, definition VARCHAR"),
    ("new_buckets", "slot INTEGER, time TIMESTAMPTZ, bucket VARCHAR"),
    ("new_members", "member INTEGER, dimensions JSON, dimensions_key VARCHAR"),
    ("new_notes", "note INTEGER, metadata JSON"),
    ("new_statuses", "number INTEGER, status VARCHAR"),
    ("ranges", "kpi_name VARCHAR, grain VARCHAR, start_time TIMESTAMPTZ, end_time TIMESTAMPTZ"),
)
_STAGED = """
CREATE OR REPLACE TEMP VIEW staged AS
SELECT kpi_name, grain, time, dimensions_key, kpi_value, dimensions, metadata, bucket, s.status, definition
FROM new_rows JOIN new_batches USING (batch) JOIN new_buckets USING (slot) JOIN new_members USING (member)
JOIN new_notes USING (note) JOIN new_statuses AS s ON s.number = new_rows.status
"""
# A value is restated when it was final and differs by more than 1e-9 of its size.
_DIFF = f"""
CREATE OR REPLACE TEMP TABLE difference AS
SELECT s.*, m.time IS NOT NULL AS existed, m.definition AS old_definition, m.known_at AS old_known_at,
    coalesce(m.status NOT IN ('partial') AND json_extract(m.metadata, '$.stale') IS NULL, false) AS was_final,
    m.time IS NOT NULL AND m.kpi_value IS NOT DISTINCT FROM s.kpi_value
        OR coalesce(abs(m.kpi_value - s.kpi_value) <= 1e-9 * greatest(abs(m.kpi_value), abs(s.kpi_value)), false)
        AS same_value,
    coalesce(m.status = s.status AND m.definition = s.definition AND CAST(json_merge_patch(m.metadata,
        '{{"restated":null,"late":null}}') AS VARCHAR) = CAST(json_merge_patch(s.metadata, '{{}}') AS VARCHAR), false)
        AS same_rest
FROM staged AS s LEFT JOIN kpi_metrics AS m USING ({_ROWS})
"""
_GONE = """
FROM kpi_metrics AS m WHERE EXISTS (
    SELECT 1 FROM ranges AS r
    WHERE r.kpi_name = m.kpi_name AND r.grain = m.grain AND m.time >= r.start_time AND m.time < r.end_time
) AND NOT EXISTS (
    SELECT 1 FROM difference AS d
    WHERE d.kpi_name = m.kpi_name AND d.grain = m.grain AND d.time = m.time
        AND d.dimensions_key = m.dimensions_key AND d.same_value AND d.same_rest
)
"""
_AS_KNOWN = f"""(
    SELECT {_NAMES} FROM kpi_metrics WHERE known_at <= $known
    UNION ALL
    SELECT {_NAMES} FROM kpi_metrics_history WHERE known_at <= $known AND superseded_at > $known
)"""
_OVERLAP = """
SELECT EXISTS (SELECT 1 FROM kpi_metrics AS m JOIN ranges AS r
    ON r.kpi_name = m.kpi_name AND r.grain = m.grain AND m.time >= r.start_time AND m.time < r.end_time)
OR EXISTS (SELECT 1 FROM kpi_metrics AS m JOIN staged AS s USING (kpi_name, grain, time, dimensions_key))
"""
_ALL_NEW = f"""
INSERT INTO kpi_metrics ({_NAMES})
SELECT time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition,
    $run_id, $known_at
FROM staged
"""
_RESTATED = "existed AND was_final AND NOT same_value"
_INSERT = f"""
INSERT INTO kpi_metrics ({_NAMES})
SELECT time, kpi_name, kpi_value, dimensions,
    CASE WHEN {_RESTATED} THEN json_merge_patch(metadata,
        CASE WHEN old_definition = definition THEN '{{"late":true,"restated":true}}' ELSE '{{"restated":true}}' END)
    ELSE metadata END,
    grain, bucket, dimensions_key, status, definition, $run_id, greatest($known_at, coalesce(old_known_at, $known_at))
FROM difference WHERE NOT (same_value AND same_rest)
"""


class DuckdbStore:
    """A store in a file, which is made by the first write."""

    dialect = "duckdb"
    keep = LEAST_RETENTION

    def __init__(self, path: Path, project: str, place: Place | None = None, *, patience: float = 60.0) -> None:
        self.path = path
        self.name = path.name
        self._project = project
        self._place = place
        self._patience = patience

    def state(self) -> StoreState:
        """The ledger, by KPI, grain and definition."""
        if not self.path.exists():
            return StoreState()
        with self._open(write=False) as session:
            first = session.execute(
                "SELECT kpi_name, grain, definition, first_bucket, body, known_at FROM kpi_definitions"
            ).fetchall()
            rows = session.execute(
                "SELECT kpi_name, grain, definition, start_time, end_time FROM kpi_intervals"
            ).fetchall()
            looked = seen(partial(ask, self, session))
        return state_of(first, rows, looked)

    def write(
        self, batches: Sequence[Batch], run_id: str, known_at: datetime, records: Recorded | None = None
    ) -> Mapping[str, Written]:
        """Replaces what the batches cover, keeps what did not change, and notes what is done: all or nothing."""
        found = dict.fromkeys((batch.kpi for batch in batches), Written())
        with self._open(write=True) as session, _transaction(session):
            _stage(session, batches)
            counts = _merge(session, run_id, known_at)
            asking = partial(ask, self, session)
            note_done(asking, partial(_append, session), batches, run_id, known_at)
            drop_expired(asking, batches)
            found.update({kpi: Written(number, restated) for kpi, number, restated in counts})
            if records is not None:
                _note_runs(session, records(found))
        return found

    def record(self, records: Sequence[RunRecord]) -> None:
        """Notes what a run did with each KPI."""
        if not records:
            return
        with self._open(write=True) as session, _transaction(session):
            _note_runs(session, records)

    def rename(self, names: Mapping[str, str]) -> None:
        """Puts all that is kept of KPIs under their new names, by old one, in one transaction."""
        with self._open(write=True) as session, _transaction(session):
            rename(partial(ask, self, session), names)

    def runs(self, last: int) -> list[RunRecord]:
        """What the last so many runs did, newest first, by KPI."""
        if not self.path.exists():
            return []
        with self._open(write=False) as session:
            rows = session.execute(LAST_RUNS.format(last="?"), [last]).fetchall()
            since = [min(row[4] for row in rows)] if rows else []
            audited = session.execute(AUDITED.format(since="?"), since).fetchall() if rows else []
        return runs_of(rows, audited)

    def values(self, wish: Wish) -> list[StoredValue]:
        """Stored values by KPI, time and dimensions."""
        if not self.path.exists() or not wish.kpis:
            return []
        conditions = ["kpi_name IN (SELECT unnest($names))"]
        values: dict[str, object] = {"names": list(wish.kpis)}
        for name, operator, bound in (("start", ">=", wish.start), ("stop", "<", wish.stop)):
            if bound is not None:
                conditions.append(f"time {operator} ${name}")
                values[name] = bound
        if wish.dimensions == ():
            conditions.append("dimensions_key = $total")
            values["total"] = _TOTAL_KEY
        elif wish.dimensions is not None:
            conditions.append("list_sort(json_keys(dimensions)) = list_sort(CAST($members AS VARCHAR[]))")
            values["members"] = list(wish.dimensions)
        source = "kpi_metrics"
        if wish.known_at is not None:
            source, values["known"] = _AS_KNOWN, wish.known_at
        sql = f"SELECT {_NAMES} FROM {source} WHERE {' AND '.join(conditions)}"
        if wish.last is not None:
            sql += " QUALIFY dense_rank() OVER (PARTITION BY kpi_name, grain ORDER BY time DESC) <= $last"
            values["last"] = wish.last
        sql += " ORDER BY kpi_name, grain, time, CAST(dimensions AS VARCHAR)"
        with self._open(write=False) as session:
            rows = session.execute(sql, values).fetchall()
        found = [stored_value(row) for row in rows if wish.kpis[row[1]] in (None, row[5])]
        return found if wish.last is None else last_buckets(found, wish.last)

    @contextmanager
    def alone(self, what: str) -> Iterator[Callable[[], None]]:
        """By a lock on a file of its own beside the store."""
        lock = self.path.with_name(f"{self.path.name}.{what}.lock")
        try:
            with locked(lock, shared=False, seconds=0.0):
                yield lambda: None
        except Held as held:
            raise Refused([one_only(what, self.path.name, str(held), self._place)]) from None
        except OSError as error:
            message = f"{lock} cannot be made: {error.strerror or error}"
            raise Refused([StoreWriteFailed.at(self._place, message)]) from None

    def close(self) -> None:
        """Nothing is held between two calls."""

    # -- what `Keeper` asks

    @contextmanager
    def looking(self) -> Iterator[duckdb.DuckDBPyConnection | None]:
        """A session that reads; None where there is no file."""
        if not self.path.exists():
            yield None
            return
        with self._open(write=False) as session:
            yield session

    @contextmanager
    def changing(self, *, older: bool = False, damaged: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """A session in a transaction. A damaged file is not opened: a new one takes its place when all went well."""
        if damaged and self.path.exists() and not self._sound():
            with self._in_its_place() as session:
                yield session
            return
        with self._open(write=True, older=older) as session, _transaction(session):
            yield session

    def save(self, session: duckdb.DuckDBPyConnection, table: str, file: Path) -> int:
        """Writes a table into a Parquet file."""
        parquet.copy(session, f"(SELECT {parquet.as_texts(table)} FROM {table})", file)
        found = session.execute(f"SELECT count(*) FROM {table}").fetchone()
        return int(found[0]) if found else 0

    def load(self, file: Path, table: str, session: duckdb.DuckDBPyConnection) -> int:
        """Appends the rows of a Parquet file."""
        names = ", ".join(parquet.columns(table))
        chosen = parquet.selected(session, table, file)
        session.execute(f"INSERT INTO {table} ({names}) SELECT {chosen} FROM read_parquet('{parquet.quoted(file)}')")
        found = session.execute(f"SELECT count(*) FROM {table}").fetchone()
        return int(found[0]) if found else 0

    def _sound(self) -> bool:
        """Whether every value of the file can be read."""
        try:
            with self._open(write=False) as session:
                there = {name for (name,) in session.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
                for table in (each.name for each in TABLES if each.name in there):
                    session.execute(f"SELECT count(DISTINCT t) FROM {table} AS t").fetchone()
        except Refused as refused:
            if all(each.code == StoreUnreadable.code for each in refused.diagnostics):
                return False
            raise
        return True

    @contextmanager
    def _in_its_place(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A new file that takes the place of the damaged one, which is kept beside it."""
        made = self.path.with_name(f"{self.path.name}.new-{os.getpid()}")
        other = DuckdbStore(made, self._project, self._place, patience=self._patience)
        lock = self.path.with_name(self.path.name + ".lock")
        try:
            with locked(lock, shared=False, seconds=self._patience):
                with other.changing(older=True) as session:
                    yield session
                kept = _free_name(self.path.with_name(self.path.name + ".damaged"))
                self.path.rename(kept)
                self.path.with_name(self.path.name + ".wal").unlink(missing_ok=True)
                made.rename(self.path)
        except Held as held:
            raise self._held(held) from None
        finally:
            for left in (made, made.with_name(made.name + ".wal"), made.with_name(made.name + ".lock")):
                left.unlink(missing_ok=True)

    def _held(self, held: Held) -> Refused:
        message = f"the store {self.path.name} is held by {held} for more than {self._patience:g} s"
        return Refused([StoreLocked.at(self._place, message, help=["wait for it, or end that process"])])

    # -- the file

    @contextmanager
    def _open(self, *, write: bool, older: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        import duckdb

        lock = self.path.with_name(self.path.name + ".lock")
        try:
            with locked(lock, shared=not write, seconds=self._patience):
                if write and not older and not self.path.exists():
                    self._make_file()
                session = self._connect(write)
                try:
                    session.execute("SET TimeZone = 'UTC'")
                    self._check(session, write, older)
                    yield session
                except duckdb.Error as error:
                    raise self._explained(error, write) from None
                except RuntimeError as error:
                    if str(error) != "Query interrupted":
                        raise
                    raise KeyboardInterrupt from None  # what DuckDB makes of it
                finally:
                    _close(session)
        except Held as held:
            raise self._held(held) from None
        except OSError as error:
            message = f"the store {self.path} cannot be used: {error.strerror or error}"
            raise Refused([StoreWriteFailed.at(self._place, message)]) from None

    def _make_file(self) -> None:
        """A new file with its tables, moved to its place when it is whole: a crash in between leaves no half-made store."""
        import duckdb

        for left in self.path.parent.glob(f"{escape(self.path.name)}.making-*"):
            left.unlink(missing_ok=True)
        made = self.path.with_name(f"{self.path.name}.making-{os.getpid()}")
        try:
            with duckdb.connect(str(made)) as session:
                session.execute("SET TimeZone = 'UTC'")
                _make(session, self._project)
            made.rename(self.path)
        except duckdb.Error as error:
            raise self._explained(error, True) from None
        finally:
            for left in (made, made.with_name(made.name + ".wal")):
                left.unlink(missing_ok=True)

    def _connect(self, write: bool) -> duckdb.DuckDBPyConnection:
        import duckdb

        exists = self.path.exists()
        if exists and self.path.stat().st_size == 0:
            raise self._unreadable("the file is empty")
        deadline = time.monotonic() + min(_OPEN_AGAIN, self._patience)
        while True:
            try:
                return duckdb.connect(str(self.path), read_only=not write and exists)
            except duckdb.Error as error:
                if "could not set lock" not in str(error).lower():
                    raise self._explained(error, write) from None
                if time.monotonic() >= deadline:
                    message = f"the store {self.path.name} is open elsewhere: {_short(error)}"
                    help = ["end that process, or open a copy of the file in it"]
                    raise Refused([StoreLocked.at(self._place, message, help=help)]) from None
                time.sleep(0.05)

    def _check(self, session: duckdb.DuckDBPyConnection, write: bool, older: bool) -> None:
        """That these are tables of ours, of this version (or `older`) and project; a new file gets them."""
        tables = {row[0] for row in session.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        if not tables and write:
            if not older:
                _make(session, self._project)
            return
        if not tables:
            raise self._unreadable("it holds no tables")
        asking, name = partial(ask, self, session), self.path.name
        check_tables(asking, tables, self._project, name, self._place, self._unreadable, write=write and not older)

    def _explained(self, error: Exception, write: bool) -> Refused:
        import duckdb

        text = _short(error)
        kinds = duckdb.IOException | duckdb.FatalException | duckdb.InternalException | duckdb.SerializationException
        broken = isinstance(error, kinds) or "corrupt" in text.lower()
        full = "no space left" in text.lower() or "disk full" in text.lower()
        if write and isinstance(error, duckdb.DataError | duckdb.ConstraintException):
            return Refused([ValuesRefused.at(self._place, f"the store {self.path.name}: {text}")])
        if full or (write and not broken):
            help = ["make room and run again: what is missing is still due"] if full else []
            return Refused([StoreWriteFailed.at(self._place, f"the store {self.path.name}: {text}", help=help)])
        return self._unreadable(text)

    def _unreadable(self, why: str) -> Refused:
        return Refused(
            [
                StoreUnreadable.at(
                    self._place,
                    f"the store {self.path} cannot be read: {why}",
                    help=[
                        "`kpictl store restore FOLDER` puts a backup in its place",
                        "or move it away, and `kpictl run` computes again what the sources still hold",
                    ],
                )
            ]
        )


@contextmanager
def _transaction(session: duckdb.DuckDBPyConnection) -> Iterator[None]:
    session.execute("BEGIN")
    try:
        yield
    except BaseException:
        _rollback(session)
        raise
    session.execute("COMMIT")


def _rollback(session: duckdb.DuckDBPyConnection) -> None:
    import duckdb

    try:
        session.execute("ROLLBACK")
    except duckdb.Error:
        return  # the transaction is gone already; the first error is the one to show


def _close(session: duckdb.DuckDBPyConnection) -> None:
    import duckdb

    try:
        session.close()
    except duckdb.Error:
        return  # a damaged file may refuse its checkpoint; what is wrong has been said


def _free_name(path: Path) -> Path:
    """The path, or it with the first number that no file has."""
    names = (path if n == 0 else path.with_name(f"{path.name}-{n}") for n in range(10_000))
    return next(each for each in names if not each.exists())


def _make(session: duckdb.DuckDBPyConnection, project: str) -> None:
    with _transaction(session):
        for each in pending(0):
            for statement in each.statements("duckdb", LEAST_RETENTION):
                session.execute(statement)
        for statement in stamped(project):
            session.execute(statement)


def _merge(session: duckdb.DuckDBPyConnection, run_id: str, known_at: datetime) -> list[tuple[str, int, int]]:
    """Replaces what is staged; how many values of each KPI are new or different, and how many of them restated."""
    both = {"run_id": run_id, "known_at": known_at}
    if session.execute(_OVERLAP).fetchone() == (False,):
        session.execute(_ALL_NEW, both)
        return session.execute("SELECT kpi_name, count(*), 0 FROM staged GROUP BY kpi_name").fetchall()
    session.execute(_DIFF)
    session.execute(
        f"INSERT INTO kpi_metrics_history ({_NAMES}, superseded_at) SELECT {_NAMES}, greatest($known_at, known_at) {_GONE}",
        {"known_at": known_at},
    )
    session.execute(f"DELETE {_GONE}")
    session.execute(_INSERT, both)
    return session.execute(
        f"SELECT kpi_name, count(*), count(*) FILTER (WHERE {_RESTATED}) FROM difference "
        "WHERE NOT (same_value AND same_rest) GROUP BY kpi_name"
    ).fetchall()


def _stage(session: duckdb.DuckDBPyConnection, batches: Sequence[Batch]) -> None:
    """Puts the new values into `staged` and what they replace into `ranges`."""
    staging = Staging(batches)
    for table, columns in _PARTS:
        session.execute(f"CREATE OR REPLACE TEMP TABLE {table} ({columns})")
    with session.appender("new_rows") as appended:
        for rows in staging.rows():
            appended.append_rows(list(rows))
    for table, part in staging.parts().items():
        _append(session, table, part)
    session.execute(_STAGED)


def _append(session: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[Any, ...]]) -> None:
    if rows:
        with session.appender(table) as appended:
            appended.append_rows(rows)


def _note_runs(session: duckdb.DuckDBPyConnection, records: Sequence[RunRecord]) -> None:
    _append(session, "kpi_runs", run_rows(records))
    _append(session, "kpi_audit", audit_rows(records))


def _short(error: Exception) -> str:
    return " ".join(str(error).split("\n\nLINE ", 1)[0].split())[:300]
