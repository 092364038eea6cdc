"""The store as one DuckDB file. It is opened for moments: to read the state, and to write a batch in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kpictl.diagnostics import Place, Refused
from kpictl.model.store_schema import LEAST_RETENTION
from kpictl.plan.state import StoreState
from kpictl.stores import duckdb_sql as sql
from kpictl.stores import parquet
from kpictl.stores.duckdb_file import StoreFile, transaction
from kpictl.stores.file_lock import Held, locked
from kpictl.stores.findings import StoreWriteFailed
from kpictl.stores.keeper import ask
from kpictl.stores.ledger import last_buckets, stored_value
from kpictl.stores.noting import drop_expired, note_done, note_runs, read_runs, read_state, rename
from kpictl.stores.numbered import Staging
from kpictl.stores.owned import one_only
from kpictl.stores.store import Batch, Recorded, RunRecord, StoredValue, Wish, Written

if TYPE_CHECKING:
    import duckdb


class DuckdbStore:
    """A store in a file, which is made by the first write."""

    dialect = "duckdb"
    keep = LEAST_RETENTION

    def __init__(self, path: Path, project: str, place: Place | None = None, *, patience: float = 60.0) -> None:
        self.path = path
        self.name = path.name
        self._place = place
        self._file = StoreFile(path, project, place, patience=patience)

    def state(self) -> StoreState:
        """The ledger, by KPI, grain and definition."""
        if not self.path.exists():
            return StoreState()
        with self._file.open(write=False) as session:
            return read_state(partial(ask, self, session))

    def write(
        self, batches: Sequence[Batch], run_id: str, known_at: datetime, records: Recorded | None = None
    ) -> Mapping[str, Written]:
        """Replaces what the batches cover, keeps what did not change, and notes what is done: all or nothing."""
        found = dict.fromkeys((batch.kpi for batch in batches), Written())
        with self._file.open(write=True) as session, transaction(session):
            _stage(session, batches)
            counts = _merge(session, run_id, known_at)
            asking = partial(ask, self, session)
            note_done(asking, partial(_append, session), batches, run_id, known_at)
            drop_expired(asking, batches)
            found.update({kpi: Written(number, restated) for kpi, number, restated in counts})
            if records is not None:
                note_runs(partial(_append, session), records(found))
        return found

    def record(self, records: Sequence[RunRecord]) -> None:
        """Notes what a run did with each KPI."""
        if not records:
            return
        with self._file.open(write=True) as session, transaction(session):
            note_runs(partial(_append, session), records)

    def rename(self, names: Mapping[str, str]) -> None:
        """Puts all that is kept of KPIs under their new names, by old one, in one transaction."""
        with self._file.open(write=True) as session, transaction(session):
            rename(partial(ask, self, session), names)

    def runs(self, last: int) -> list[RunRecord]:
        """What the last so many runs did, newest first, by KPI."""
        if not self.path.exists():
            return []
        with self._file.open(write=False) as session:
            return read_runs(partial(ask, self, session), last)

    def values(self, wish: Wish) -> list[StoredValue]:
        """Stored values by KPI, time and dimensions."""
        if not self.path.exists() or not wish.kpis:
            return []
        with self._file.open(write=False) as session:
            rows = session.execute(*sql.selection(wish)).fetchall()
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
        with self._file.open(write=False) as session:
            yield session

    @contextmanager
    def changing(self, *, older: bool = False, damaged: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """A session in a transaction. A damaged file is not opened: a new one takes its place when all went well."""
        with self._file.changing(older=older, damaged=damaged) as session:
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


def _merge(session: duckdb.DuckDBPyConnection, run_id: str, known_at: datetime) -> list[tuple[str, int, int]]:
    """Replaces what is staged; how many values of each KPI are new or different, and how many of them restated."""
    both = {"run_id": run_id, "known_at": known_at}
    if session.execute(sql.OVERLAP).fetchone() == (False,):
        session.execute(sql.ALL_NEW, both)
        return session.execute(sql.COUNT_NEW).fetchall()
    session.execute(sql.DIFFERENCE)
    session.execute(sql.MOVE_OLD, {"known_at": known_at})
    session.execute(sql.DELETE_OLD)
    session.execute(sql.INSERT, both)
    return session.execute(sql.COUNT_CHANGED).fetchall()


def _stage(session: duckdb.DuckDBPyConnection, batches: Sequence[Batch]) -> None:
    """Puts the new values into `staged` and what they replace into `ranges`."""
    staging = Staging(batches)
    for table, columns in sql.PARTS:
        session.execute(f"CREATE OR REPLACE TEMP TABLE {table} ({columns})")
    with session.appender("new_rows") as appended:
        for rows in staging.rows():
            appended.append_rows(list(rows))
    for table, part in staging.parts().items():
        _append(session, table, part)
    session.execute(sql.STAGED)


def _append(session: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[Any, ...]]) -> None:
    if rows:
        with session.appender(table) as appended:
            appended.append_rows(rows)
