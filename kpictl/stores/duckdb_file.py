"""The file of a DuckDB store: opened for a moment under its lock, made whole or not at all, and what may be wrong with it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING

from kpictl.diagnostics import Place, Refused
from kpictl.model.store_schema import LEAST_RETENTION, TABLES
from kpictl.stores.file_lock import Held, locked
from kpictl.stores.findings import StoreLocked, StoreUnreadable, StoreWriteFailed, ValuesRefused
from kpictl.stores.keeper import ask
from kpictl.stores.migrations import pending, stamped
from kpictl.stores.owned import check_tables

if TYPE_CHECKING:
    import duckdb

_OPEN_AGAIN = 10.0
"""Seconds to wait for a process that holds the file without kpictl's lock."""


class StoreFile:
    """A file that belongs to a project."""

    dialect = "duckdb"

    def __init__(self, path: Path, project: str, place: Place | None, *, patience: float) -> None:
        self.path = path
        self._project = project
        self._place = place
        self._patience = patience

    @contextmanager
    def changing(self, *, older: bool = False, damaged: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """A session in a transaction. A damaged file is not opened: a new one takes its place when all went well."""
        if damaged and self.path.exists() and not self.sound():
            with self.in_its_place() as session:
                yield session
            return
        with self.open(write=True, older=older) as session, transaction(session):
            yield session

    def sound(self) -> bool:
        """Whether every value of the file can be read."""
        try:
            with self.open(write=False) as session:
                there = {name for (name,) in session.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
                for table in (each.name for each in TABLES if each.name in there):
                    session.execute(f"SELECT count(DISTINCT t) FROM {table} AS t").fetchone()
        except Refused as refused:
            if all(each.code == StoreUnreadable.code for each in refused.diagnostics):
                return False
            raise
        return True

    @contextmanager
    def in_its_place(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A new file that takes the place of the damaged one, which is kept beside it."""
        made = self.path.with_name(f"{self.path.name}.new-{os.getpid()}")
        other = StoreFile(made, self._project, self._place, patience=self._patience)
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

    @contextmanager
    def open(self, *, write: bool, older: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
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
def transaction(session: duckdb.DuckDBPyConnection) -> Iterator[None]:
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
    with transaction(session):
        for each in pending(0):
            for statement in each.statements("duckdb", LEAST_RETENTION):
                session.execute(statement)
        for statement in stamped(project):
            session.execute(statement)


def _short(error: Exception) -> str:
    return " ".join(str(error).split("\n\nLINE ", 1)[0].split())[:300]
