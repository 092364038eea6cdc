"""The store as one DuckDB file. It is opened for moments: to read the state, and to write a batch in one transaction."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kpictl.diagnostics import Place, Refused
from kpictl.model.store_schema import SCHEMA_VERSION, TABLES, VALUE_COLUMNS, Form
from kpictl.plan.state import Done, Range, StoreState, merged
from kpictl.stores.canonical import dimensions_key, loads
from kpictl.stores.file_lock import Held, locked
from kpictl.stores.findings import (
    StoreFromTheFuture,
    StoreLocked,
    StoreOfAnotherProject,
    StoreUnreadable,
    StoreWriteFailed,
)
from kpictl.stores.store import Batch, Recorded, RunRecord, StoredValue, Wish

if TYPE_CHECKING:
    import duckdb

_TYPES = {
    Form.TEXT: "VARCHAR",
    Form.INSTANT: "TIMESTAMPTZ",
    Form.DOUBLE: "DOUBLE",
    Form.INTEGER: "BIGINT",
    Form.JSON: "JSON",
}
_TOTAL_KEY = dimensions_key("{}")
_NAMES = ", ".join(column.name for column in VALUE_COLUMNS)
_ROWS = "kpi_name, grain, time, dimensions_key"
_OPEN_AGAIN = 10.0
"""Seconds to wait for a process that holds the file without kpictl's lock."""

_PARTS = (
    ("new_rows", "batch INTEGER, slot INTEGER, member INTEGER, kpi_value DOUBLE, status INTEGER, note INTEGER"),
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
SELECT s.*, m.time IS NOT NULL AS existed, m.definition AS old_definition,
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
_INSERT = f"""
INSERT INTO kpi_metrics ({_NAMES})
SELECT time, kpi_name, kpi_value, dimensions,
    CASE WHEN existed AND was_final AND NOT same_value THEN json_merge_patch(metadata,
        CASE WHEN old_definition = definition THEN '{{"late":true,"restated":true}}' ELSE '{{"restated":true}}' END)
    ELSE metadata END,
    grain, bucket, dimensions_key, status, definition, $run_id, $known_at
FROM difference WHERE NOT (same_value AND same_rest)
"""


class DuckdbStore:
    """A store in a file, which is made by the first write."""

    def __init__(self, path: Path, project: str, place: Place | None = None, *, patience: float = 60.0) -> None:
        self.path = path
        self._project = project
        self._place = place
        self._patience = patience

    def state(self) -> StoreState:
        """The ledger, by KPI, grain and definition."""
        if not self.path.exists():
            return StoreState()
        with self._open(write=False) as session:
            first = session.execute("SELECT kpi_name, grain, definition, first_bucket FROM kpi_definitions").fetchall()
            rows = session.execute(
                "SELECT kpi_name, grain, definition, start_time, end_time FROM kpi_intervals"
            ).fetchall()
        ranges: dict[tuple[str, str, str], list[Range]] = {(k, g, d): [] for k, g, d, _ in first}
        for kpi, grain, definition, start, stop in rows:
            ranges.setdefault((kpi, grain, definition), []).append((_utc(start), _utc(stop)))
        begins = {(k, g, d): _utc(at) for k, g, d, at in first}
        return StoreState(
            done={key: Done(ranges=merged(found), first_bucket=begins.get(key)) for key, found in ranges.items()}
        )

    def write(
        self, batches: Sequence[Batch], run_id: str, known_at: datetime, records: Recorded | None = None
    ) -> Mapping[str, int]:
        """Replaces what the batches cover, keeps what did not change, and notes what is done: all or nothing."""
        found = dict.fromkeys((batch.kpi for batch in batches), 0)
        with self._open(write=True) as session, _transaction(session):
            _stage(session, batches)
            counts = _merge(session, run_id, known_at)
            _note_done(session, batches, run_id, known_at)
            _drop_expired(session, batches)
            found.update({str(kpi): int(number) for kpi, number in counts})
            if records is not None:
                _note_runs(session, records(found))
        return found

    def record(self, records: Sequence[RunRecord]) -> None:
        """Notes what a run did with each KPI."""
        if not records:
            return
        with self._open(write=True) as session, _transaction(session):
            _note_runs(session, records)

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
        found = [_value(row) for row in rows if wish.kpis[row[1]] in (None, row[5])]
        return found if wish.last is None else _last(found, wish.last)

    def close(self) -> None:
        """Nothing is held between two calls."""

    @contextmanager
    def _open(self, *, write: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        import duckdb

        lock = self.path.with_name(self.path.name + ".lock")
        try:
            with locked(lock, shared=not write, seconds=self._patience):
                session = self._connect(write)
                try:
                    session.execute("SET TimeZone = 'UTC'")
                    self._check(session, write)
                    yield session
                except duckdb.Error as error:
                    raise self._explained(error, write) from None
                finally:
                    _close(session)
        except Held as held:
            message = f"the store {self.path.name} is held by {held} for more than {self._patience:g} s"
            raise Refused([StoreLocked.at(self._place, message, help=["wait for it, or end that process"])]) from None
        except OSError as error:
            message = f"the store {self.path} cannot be used: {error.strerror or error}"
            raise Refused([StoreWriteFailed.at(self._place, message)]) from None

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

    def _check(self, session: duckdb.DuckDBPyConnection, write: bool) -> None:
        """That these are tables of ours, of this version and project; a new file gets them."""
        tables = {row[0] for row in session.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        if not tables and write:
            _make(session, self._project)
            return
        if "kpi_store" not in tables:
            raise self._unreadable("it has no table kpi_store" if tables else "it holds no tables")
        found = session.execute("SELECT schema_version, project FROM kpi_store").fetchone()
        if found is None:
            raise self._unreadable("its table kpi_store has no row")
        if found[0] > SCHEMA_VERSION:
            message = f"the store {self.path.name} has tables of version {found[0]}, this kpictl knows {SCHEMA_VERSION}"
            raise Refused(
                [StoreFromTheFuture.at(self._place, message, help=["install the newer kpictl that wrote it"])]
            )
        if found[1] != self._project:
            message = f"the store {self.path.name} belongs to the project `{found[1]}`, this one is `{self._project}`"
            raise Refused([StoreOfAnotherProject.at(self._place, message, help=["name another path under `store:`"])])

    def _explained(self, error: Exception, write: bool) -> Refused:
        import duckdb

        text = _short(error)
        kinds = duckdb.IOException | duckdb.FatalException | duckdb.InternalException | duckdb.SerializationException
        broken = isinstance(error, kinds) or "corrupt" in text.lower()
        full = "no space left" in text.lower() or "disk full" in text.lower()
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
                        "put a backup of the file in its place",
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


def _make(session: duckdb.DuckDBPyConnection, project: str) -> None:
    session.execute("BEGIN")
    for table in TABLES:
        columns = (f"{c.name} {_TYPES[c.form]}{' NOT NULL' if c.required else ''}" for c in table.columns)
        session.execute(f"CREATE TABLE {table.name} ({', '.join(columns)})")
    session.execute("INSERT INTO kpi_store VALUES (?, ?, now())", [SCHEMA_VERSION, project])
    session.execute("COMMIT")


def _merge(session: duckdb.DuckDBPyConnection, run_id: str, known_at: datetime) -> list[tuple[str, int]]:
    """Replaces what is staged; how many values of each KPI are new or different."""
    both = {"run_id": run_id, "known_at": known_at}
    if session.execute(_OVERLAP).fetchone() == (False,):
        session.execute(_ALL_NEW, both)
        return session.execute("SELECT kpi_name, count(*) FROM staged GROUP BY kpi_name").fetchall()
    session.execute(_DIFF)
    session.execute(
        f"INSERT INTO kpi_metrics_history ({_NAMES}, superseded_at) SELECT {_NAMES}, $known_at {_GONE}",
        {"known_at": known_at},
    )
    session.execute(f"DELETE {_GONE}")
    session.execute(_INSERT, both)
    return session.execute(
        "SELECT kpi_name, count(*) FROM difference WHERE NOT (same_value AND same_rest) GROUP BY kpi_name"
    ).fetchall()


def _stage(session: duckdb.DuckDBPyConnection, batches: Sequence[Batch]) -> None:
    """Puts the new values into `staged` and what they replace into `ranges`.

    Rows are appended as numbers; the few texts and instants among them are appended once and joined in the engine: an
    appended text or instant costs ten times what a number does.
    """
    buckets, members, notes, statuses = _Numbered(), _Numbered(), _Numbered(), _Numbered()
    for table, columns in _PARTS:
        session.execute(f"CREATE OR REPLACE TEMP TABLE {table} ({columns})")
    with session.appender("new_rows") as appended:
        for number, batch in enumerate(batches):
            new = batch.values
            appended.append_rows(
                list(
                    zip(
                        repeat(number),
                        buckets.of(zip(new.times, new.buckets, strict=True)),
                        members.of(zip(new.dimensions, new.keys, strict=True)),
                        new.values,
                        statuses.of(new.statuses),
                        notes.of(new.metadata),
                        strict=False,
                    )
                )
            )
    _append(session, "new_batches", [(n, b.kpi, b.grain, b.definition) for n, b in enumerate(batches)])
    _append(session, "new_buckets", [(n, at, label) for (at, label), n in buckets.known.items()])
    _append(session, "new_members", [(n, text, key) for (text, key), n in members.known.items()])
    _append(session, "new_notes", [(n, text) for text, n in notes.known.items()])
    _append(session, "new_statuses", [(n, text) for text, n in statuses.known.items()])
    _append(session, "ranges", [(b.kpi, b.grain, start, stop) for b in batches for start, stop in b.ranges])
    session.execute(_STAGED)


class _Numbered:
    """A number for each different thing, counted from 0."""

    def __init__(self) -> None:
        self.known: dict[Any, int] = {}

    def of(self, things: Iterable[Any]) -> list[int]:
        known = self.known
        return [known.setdefault(thing, len(known)) for thing in things]


def _append(session: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[Any, ...]]) -> None:
    if rows:
        with session.appender(table) as appended:
            appended.append_rows(rows)


def _note_done(session: duckdb.DuckDBPyConnection, batches: Sequence[Batch], run_id: str, known_at: datetime) -> None:
    """Merges the ledger. Ranges of an earlier definition or grain are no longer done: their values will be replaced."""
    names = list({batch.kpi for batch in batches})
    known = session.execute(
        "SELECT kpi_name, grain, definition, start_time, end_time FROM kpi_intervals WHERE kpi_name IN (SELECT unnest($names))",
        {"names": names},
    ).fetchall()
    ranges: dict[tuple[str, str, str], list[Range]] = {}
    for batch in batches:
        ranges.setdefault((batch.kpi, batch.grain, batch.definition), []).extend(batch.done)
    for kpi, grain, definition, start, stop in known:
        if (kpi, grain, definition) in ranges:
            ranges[kpi, grain, definition].append((_utc(start), _utc(stop)))
    session.execute("DELETE FROM kpi_intervals WHERE kpi_name IN (SELECT unnest($names))", {"names": names})
    rows = [(k, g, start, stop, d, run_id) for (k, g, d), found in ranges.items() for start, stop in merged(found)]
    if rows:
        with session.appender("kpi_intervals") as appended:
            appended.append_rows(rows)
    seen = session.execute("SELECT kpi_name, grain, definition FROM kpi_definitions").fetchall()
    new = {(b.kpi, b.grain, b.definition): b for b in batches}
    fresh = [new[key] for key in new if key not in set(seen)]
    if fresh:
        with session.appender("kpi_definitions") as appended:
            appended.append_rows(
                [(b.kpi, b.definition, b.grain, b.zone, b.first_bucket, b.body, known_at) for b in fresh]
            )


def _note_runs(session: duckdb.DuckDBPyConnection, records: Sequence[RunRecord]) -> None:
    rows = [
        (r.run_id, r.kpi, r.status, r.as_of, r.started_at, r.seconds, r.buckets, r.written, r.message) for r in records
    ]
    _append(session, "kpi_runs", rows)


def _drop_expired(session: duckdb.DuckDBPyConnection, batches: Sequence[Batch]) -> None:
    for kpi, keep in {b.kpi: b.keep_from for b in batches if b.keep_from is not None}.items():
        session.execute("DELETE FROM kpi_metrics WHERE kpi_name = ? AND time < ?", [kpi, keep])
        session.execute("DELETE FROM kpi_metrics_history WHERE kpi_name = ? AND time < ?", [kpi, keep])


def _value(row: tuple[Any, ...]) -> StoredValue:
    at, kpi, value, dimensions, metadata, grain, bucket, _, status, definition, run_id, known_at = row
    return StoredValue(
        time=_utc(at),
        bucket=bucket,
        kpi=kpi,
        value=value,
        dimensions=loads(dimensions),
        grain=grain,
        status=status,
        metadata=loads(metadata),
        definition=definition,
        run_id=run_id,
        known_at=_utc(known_at),
    )


def _last(values: list[StoredValue], number: int) -> list[StoredValue]:
    times: dict[str, set[datetime]] = {}
    for value in values:
        times.setdefault(value.kpi, set()).add(value.time)
    since = {kpi: sorted(found)[-number:][0] for kpi, found in times.items()}
    return [value for value in values if value.time >= since[value.kpi]]


def _utc(time: datetime) -> datetime:
    return time.astimezone(UTC)


def _short(error: Exception) -> str:
    return " ".join(str(error).split("\n\nLINE ", 1)[0].split())[:300]
