"""A PostgreSQL server as a store uses it: a connection made when it is needed, transactions, locks, and what may go wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from kpictl.diagnostics import Place, Refused
from kpictl.stores import postgres_sql as sql
from kpictl.stores.findings import StoreLocked, StoreUnreachable, StoreUnreadable, StoreWriteFailed, ValuesRefused
from kpictl.stores.owned import one_only

if TYPE_CHECKING:
    import psycopg

_UNDEFINED = ("42P01", "42703", "42883", "42804")
_NO_RIGHT = ("42501", "25006", "3F000")
_OF_VALUES = ("22", "23")
"""Classes of errors that are in what is written: data exceptions, and constraints."""
_FULL, _LOCKED, _CANCELED = "53100", "55P03", "57014"
_DDL = "`kpictl emit ddl --dialect {}` prints the tables, for who may create them"

Opened = tuple["psycopg.Connection[Any]", str]
"""A connection whose search path begins with the store's schema, and the schema."""


class Server:
    """One connection to it, in one schema."""

    def __init__(
        self,
        connect: Callable[[], Opened],
        place: Place | None,
        *,
        name: str,
        dialect: str,
        patience: float,
        hide: Callable[[str], str],
    ) -> None:
        """`name` is what messages call it, `patience` the seconds to wait for another writer, `hide` takes secrets out."""
        self.name = name
        self._connect = connect
        self._place = place
        self._dialect = dialect
        self._patience = patience
        self._hide = hide
        self._now: Opened | None = None

    def close(self) -> None:
        if self._now is not None:
            with suppress(Exception):
                self._now[0].close()
            self.forget()

    def forget(self) -> None:
        """Uses another connection from now on; the one that there was stays as it is."""
        self._now = None

    @contextmanager
    def transaction(self, begin: str) -> Iterator[Opened]:
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

    def lock(self, session: psycopg.Connection[Any], schema: str) -> None:
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

    # -- what went wrong

    def _explained(self, error: psycopg.Error, session: psycopg.Connection[Any], committing: bool) -> Refused:
        text, code = self._said(error), error.sqlstate or ""
        if session.broken or session.closed or code.startswith(("57P", "08")):
            fate = "whether the last batch was kept is not known" if committing else "nothing of the batch was kept"
            message = f"the store {self.name} was lost: {text}; {fate}"
            help = ["`kpictl run` again: it looks what is there, and computes what is still due"]
            return Refused([StoreUnreachable.at(self._place, message, help=help)])
        if code in _UNDEFINED:
            return self.unreadable(text)
        if code.startswith(_OF_VALUES):
            return Refused([ValuesRefused.at(self._place, f"the store {self.name}: {text}")])
        help = []
        if code in _NO_RIGHT:
            help = [_DDL.format(self._dialect), "the user of the store needs SELECT, INSERT, UPDATE and DELETE on them"]
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

    def unreadable(self, why: str) -> Refused:
        message = f"the store {self.name} cannot be used: {why}"
        help = [
            "`kpictl store restore FOLDER --replace` puts a backup in its place",
            "or name another schema under `store:`, and `kpictl run` computes again what the sources still hold",
        ]
        return Refused([StoreUnreadable.at(self._place, message, help=help)])


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
