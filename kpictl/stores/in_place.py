"""Values that the server of the store computes itself, as it holds the data, too: only what is counted comes over.

An answer stays in a temporary table; its rows become rows of `new_rows`, as a batch's values do that are copied in, and from
there everything is the same. Buckets, members' texts and keys are made here: they are few.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from kpictl.engines.postgres_text import sent
from kpictl.model.calendar import calendar
from kpictl.plan.compiled import Statement
from kpictl.records import dataclass
from kpictl.stores.canonical import canonical, dimensions_key
from kpictl.stores.numbered import Numbered
from kpictl.stores.postgres_bulk import analyze, copy_rows, insert_rows
from kpictl.stores.store import Batch

if TYPE_CHECKING:
    import psycopg

STATES = ("whole", "partial", "behind", "stale", "stale and open")
_STATUSES = ("ok", "no_data", "partial", "no_denominator")
_COMBINATIONS = 1_000_000
_ODD = "('NaN', 'Infinity', '-Infinity')"
_WHOLE = ("int2", "int4", "int8", "numeric")
_TIMES = {"timestamptz": "start", "date": "day", "timestamp": "day"}
"""How a bucket is told from the times of an answer, by their type."""
_FRAMES = (("frame", "int4"), ("slot", "int4"), ("state", "int4"), ("start", "timestamptz"), ("day", "date"))
_IDENTITY = """
SELECT concat_ws(' ', extract(epoch FROM pg_catalog.pg_postmaster_start_time()), pg_catalog.inet_server_port(),
    d.oid, current_user)
FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()
"""
IDENTITY = " ".join(_IDENTITY.split())
"""What two sessions share only where they are of one user in one database of one server."""


class NotInPlace(Exception):
    """Why values must come over: what they are cannot be told where they are. Nothing was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """Rows of an answer that are values of a batch: its total's, or (with members) its finest set's."""

    batch: int
    value: str
    denominator: str | None
    """None: the column `denominator` where there is one."""
    rows: str | None
    part: int | None
    members: tuple[tuple[str, str], ...]
    """Dimensions, each with its column."""
    start: datetime
    stop: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A statement that is computed where it is, under the search path of its connection."""

    statement: Statement
    values: Mapping[str, datetime]
    path: str
    takes: tuple[Take, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A batch without values, and what is known of its buckets without its rows."""

    batch: Batch
    starts: tuple[datetime, ...]
    labels: tuple[str, ...]
    states: tuple[int, ...]
    """Numbers of `STATES`."""
    empty: float | None
    has_denominator: bool
    note: str
    stale_note: str


def compute(session: psycopg.Connection[Any], answers: Sequence[Answer]) -> None:
    """Runs the statements into temporary tables `answer_0` and so on; raises psycopg.Error."""
    from psycopg import RawCursor

    for number, answer in enumerate(answers):
        text = sent(answer.statement, answer.values)
        wanted = {**answer.statement.settings, "search_path": answer.path}
        names = list(wanted)
        before = session.execute(
            "SELECT pg_catalog.current_setting(name) FROM unnest(%s::text[]) WITH ORDINALITY AS t(name, n) ORDER BY n",
            (names,),
        ).fetchall()
        _set(session, wanted)
        with RawCursor(session) as cursor:
            cursor.execute(f"CREATE TEMP TABLE answer_{number} ON COMMIT DROP AS {text.sql}".encode(), text.values)
        _set(session, dict(zip(names, (row[0] for row in before), strict=True)))


def _set(session: psycopg.Connection[Any], settings: Mapping[str, str]) -> None:
    for name, value in settings.items():
        session.execute("SELECT pg_catalog.set_config(%s, %s, true)", (name, value))


def stage(
    session: psycopg.Connection[Any], placed: Sequence[Placed], answers: Sequence[Answer], copy: bool
) -> Counter[str]:
    """Fills the temporary tables of a batch from the answers; raises NotInPlace.

    What it gives is how many values of each KPI are NaN or infinite: they are stored without a number.
    """
    staging = _Staging(session, placed, copy)
    for number, answer in enumerate(answers):
        staging.take(number, answer)
    staging.finish()
    return staging.not_finite


class _Staging:
    def __init__(self, session: psycopg.Connection[Any], placed: Sequence[Placed], copy: bool) -> None:
        self._session = session
        self._placed = placed
        self._copy = copy
        self.not_finite = Counter[str]()
        self._notes, self._members, frames = Numbered(), Numbered(), Numbered()
        self._members.of(["{}"])
        self._frame = frames.of((each.batch.zone, each.starts, each.labels, each.states) for each in placed)
        buckets = Numbered()
        rows = []
        for (zone, starts, labels, states), frame in frames.known.items():
            slots = buckets.of(zip(starts, labels, strict=True))
            days = map(calendar(zone).local_date, starts)
            rows += [(frame, *each) for each in zip(slots, states, starts, days, strict=True)]
        columns = ", ".join(" ".join(each) for each in _FRAMES)
        session.execute(f"CREATE TEMP TABLE new_frames ({columns}) ON COMMIT DROP".encode())
        self._append("new_frames", _FRAMES, rows)
        self._put("new_buckets", [(n, at, label) for (at, label), n in buckets.known.items()])
        analyze(session, "new_frames", "new_buckets")

    def take(self, number: int, answer: Answer) -> None:
        """The rows of one answer, for all its readers."""
        columns = dict(
            self._session.execute(
                "SELECT lower(attname), typname::text FROM pg_catalog.pg_attribute JOIN pg_catalog.pg_type AS t ON t.oid = "
                "atttypid WHERE attrelid = %s::regclass AND attnum > 0",
                (f"pg_temp.answer_{number}",),
            ).fetchall()
        )
        if columns.get("time") not in _TIMES:
            raise NotInPlace("an answer without instants or dates")
        by = _TIMES[columns["time"]]
        seen: set[tuple[object, ...]] = set()
        if by == "day" and any(self._placed[take.batch].batch.grain == "hour" for take in answer.takes):
            raise NotInPlace("hours without a zone")
        for batch, start, stop, part in {(t.batch, t.start, t.stop, t.part) for t in answer.takes}:
            if (self._frame[batch], start, stop, part) not in seen:
                seen.add((self._frame[batch], start, stop, part))
                self._check_times(number, batch, start, stop, by, part)
        self._check_numbers(number, columns, {take.value for take in answer.takes})
        for names in dict.fromkeys(take.members for take in answer.takes if take.members):
            self._name_members(number, names)
        odd = self._with_odd_numbers(number, columns, {take.value for take in answer.takes})
        for take in answer.takes:
            self._rows(number, take, columns, odd=take.value in odd)

    def finish(self) -> None:
        """What the batches have in common, and the buckets of their totals that no row was of."""
        batches = [(n, each.batch.kpi, each.batch.grain, each.batch.definition) for n, each in enumerate(self._placed)]
        self._put("new_batches", batches)
        empty = [
            (n, self._frame[n], each.empty, *self._notes.of((each.note, each.stale_note)))
            for n, each in enumerate(self._placed)
        ]
        columns = (("batch", "int4"), ("frame", "int4"), ("empty", "float8"), ("note", "int4"), ("stale_note", "int4"))
        self._session.execute(
            f"CREATE TEMP TABLE new_totals ({', '.join(' '.join(each) for each in columns)}) ON COMMIT DROP".encode()
        )
        self._append("new_totals", columns, empty)
        analyze(self._session, "new_rows")
        self._session.execute(
            b"INSERT INTO new_rows (batch, slot, member, status, note, kpi_value) "
            b"SELECT t.batch, f.slot, 0, CASE WHEN f.state IN (1, 2, 4) THEN 2 WHEN f.state = 3 OR t.empty IS NULL THEN 1 ELSE 0 "
            b"END, CASE WHEN f.state >= 3 THEN t.stale_note ELSE t.note END, CASE WHEN f.state < 2 THEN t.empty END "
            b"FROM new_totals AS t JOIN new_frames AS f USING (frame) LEFT JOIN new_rows AS r "
            b"ON r.batch = t.batch AND r.slot = f.slot AND r.member = 0 WHERE r.batch IS NULL"
        )
        twice = "SELECT 1 FROM new_rows GROUP BY batch, slot, member HAVING count(*) > 1 LIMIT 1"
        if self._session.execute(twice.encode()).fetchone() is not None:
            raise NotInPlace("two rows for one value")
        self._put("new_members", [(n, text, dimensions_key(text)) for text, n in self._members.known.items()])
        self._put("new_notes", [(n, text) for text, n in self._notes.known.items()])
        self._put("new_statuses", list(enumerate(_STATUSES)))
        ranges = [(b.kpi, b.grain, start, stop) for b in (p.batch for p in self._placed) for start, stop in b.ranges]
        self._put("ranges", ranges)

    # -- one answer

    def _check_times(self, number: int, batch: int, start: datetime, stop: datetime, by: str, part: int | None) -> None:
        """That every row of the range stands at the start of a bucket."""
        bounds: tuple[date, date] = (start, stop)
        if by == "day":
            of = calendar(self._placed[batch].batch.zone)
            bounds = (of.local_date(start), of.local_date(stop))
        mine = "" if part is None else f"a.part = {part} AND "
        found = self._session.execute(
            f"SELECT 1 FROM answer_{number} AS a WHERE {mine}(a.time IS NULL OR a.time >= %(start)s AND a.time < %(stop)s "
            f"AND NOT EXISTS (SELECT 1 FROM new_frames AS f WHERE f.frame = {self._frame[batch]} AND f.{by} = a.time)) "
            "LIMIT 1".encode(),
            {"start": bounds[0], "stop": bounds[1]},
        ).fetchone()
        if found is not None:
            raise NotInPlace("a time inside a bucket")

    def _check_numbers(self, number: int, columns: Mapping[str, str], values: set[str]) -> None:
        """That every value is a number, and that none has more digits than a double: those are kept as a text, too."""
        if any(columns.get(name) not in (*_WHOLE, "float8") for name in values):
            raise NotInPlace("a value that is no number")
        exact = [_name(name) for name in values if columns[name] in ("int8", "numeric")]
        if exact:
            lost = " OR ".join(f"({name}::float8)::text::numeric <> {name}" for name in exact)
            if self._session.execute(f"SELECT 1 FROM answer_{number} WHERE {lost} LIMIT 1".encode()).fetchone():
                raise NotInPlace("a number of many digits")

    def _with_odd_numbers(self, number: int, columns: Mapping[str, str], values: set[str]) -> set[str]:
        """The columns with a value that is NaN or infinite."""
        names = [name for name in values if columns[name] in ("float8", "numeric")]
        if not names:
            return set()
        asked = ", ".join(f"bool_or({_name(name)}::float8 IN {_ODD})" for name in names)
        found = self._session.execute(f"SELECT {asked} FROM answer_{number}".encode()).fetchone() or ()
        return {name for name, odd in zip(names, found, strict=True) if odd}

    def _name_members(self, number: int, members: tuple[tuple[str, str], ...]) -> None:
        """A table of an answer's combinations, with their numbers."""
        names = ", ".join(_name(column) for _, column in members)
        table = _members(number, members)
        found = self._session.execute(
            f"SELECT ROW({names})::text, {names} FROM answer_{number} GROUP BY {names} LIMIT {_COMBINATIONS + 1}".encode()
        ).fetchall()
        if len(found) > _COMBINATIONS:
            raise NotInPlace("too many combinations")
        dimensions = [name for name, _ in members]
        texts = [canonical(dict(zip(dimensions, row[1:], strict=True))) for row in found]
        numbers = self._members.of(texts)
        self._session.execute(f"CREATE TEMP TABLE {table} (said text, member int4) ON COMMIT DROP".encode())
        rows = [(row[0], n) for row, n in zip(found, numbers, strict=True)]
        self._append(table, (("said", "text"), ("member", "int4")), rows)
        analyze(self._session, table)

    def _rows(self, number: int, take: Take, columns: Mapping[str, str], *, odd: bool) -> None:
        """Makes rows of a reader's part of an answer. `odd`: the column has values that are NaN or infinite."""
        placed = self._placed[take.batch]
        note, stale = self._notes.of((placed.note, placed.stale_note))
        value = f"a.{_name(take.value)}::float8"
        number_of = f"CASE WHEN {value} IN {_ODD} THEN NULL ELSE {value} END"
        below = take.denominator or ("denominator" if "denominator" in columns else None)
        undivided = "1"
        if placed.has_denominator and below is not None:
            undivided = f"CASE WHEN coalesce(a.{_name(below)}, 0) = 0 THEN 3 ELSE 1 END"
        joins, member, where = "", "0", ["f.start >= %(start)s", "f.start < %(stop)s"]
        if take.members:
            said = ", ".join(f"a.{_name(column)}" for _, column in take.members)
            joins = f"JOIN {_members(number, take.members)} AS m ON m.said = ROW({said})::text"
            member = "m.member"
            where.append("f.state < 3")
        if take.part is not None:
            where.append(f"a.part = {take.part}")
        if take.rows is not None:
            where.append(f"coalesce(a.{_name(take.rows)}, 0) <> 0")
        tables = (
            f"answer_{number} AS a JOIN new_frames AS f ON f.{_TIMES[columns['time']]} = a.time "
            f"AND f.frame = {self._frame[take.batch]} {joins}"
        )
        bounds = {"start": take.start, "stop": take.stop}
        if odd:
            count = f"SELECT count(*) FROM {tables} WHERE {' AND '.join([*where, 'f.state < 3', f'{value} IN {_ODD}'])}"
            told = self._session.execute(count.encode(), bounds).fetchone()
            self.not_finite[placed.batch.kpi] += told[0] if told is not None else 0
        behind = "v.value" if placed.empty is None else f"nullif(v.value, {placed.empty!r}::float8)"
        text = (
            "INSERT INTO new_rows (batch, slot, member, status, note, kpi_value) "
            f"SELECT {take.batch}, f.slot, {member}, CASE WHEN f.state IN (1, 2, 4) THEN 2 WHEN f.state = 3 THEN 1 "
            f"WHEN v.value IS NULL THEN {undivided} ELSE 0 END, CASE WHEN f.state >= 3 THEN {stale} ELSE {note} END, "
            f"CASE WHEN f.state < 2 THEN v.value WHEN f.state = 2 THEN {behind} END FROM {tables} "
            f"CROSS JOIN LATERAL (SELECT {number_of} AS value) AS v WHERE {' AND '.join(where)}"
        )
        self._session.execute(text.encode(), bounds)

    # -- tables

    def _put(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        from kpictl.stores.postgres_sql import PARTS

        self._append(table, PARTS[table], rows)

    def _append(self, table: str, columns: Sequence[tuple[str, str]], rows: Sequence[tuple[Any, ...]]) -> None:
        if not rows:
            return
        if self._copy:
            copy_rows(self._session, table, [name for name, _ in columns], rows)
        else:
            insert_rows(self._session, table, columns, rows)


def _members(number: int, members: tuple[tuple[str, str], ...]) -> str:
    names = "_".join(column for _, column in members)
    return f"members_{number}_{dimensions_key(names)[:12]}"


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'
