"""DuckDB, embedded: files of a folder as tables, or a database file, read-only and locked down.

A session sees the declared files one by one and nothing else: external access is off, the configuration is locked, memory,
time and temporary space are limited. The store is never attached here. Relations are created when a query first names them,
so that a folder of many files costs nothing to those that read one.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kpictl.diagnostics import Diagnostic, Refused
from kpictl.dialects import named
from kpictl.dialects.stored_column import named_form, stored_column
from kpictl.engines.duckdb_messages import fault_of, first_line
from kpictl.engines.engine import Counts, EngineColumn, Reach, Rejected, Rows
from kpictl.engines.findings import CannotConnect, QueryFailed, TookTooLong, UnfitView, ViewsInACircle
from kpictl.engines.watched import Overdue, watched
from kpictl.model.calendar import calendar
from kpictl.model.project import Connection
from kpictl.model.sources import Source
from kpictl.model.types import TEXT, Kind, Type
from kpictl.plan.compiled import Statement
from kpictl.project.column_types import parse_type
from kpictl.records import dataclass

if TYPE_CHECKING:
    import duckdb

_READERS = {
    ".csv": "read_csv",
    ".tsv": "read_csv",
    ".parquet": "read_parquet",
    ".json": "read_json",
    ".jsonl": "read_json",
    ".ndjson": "read_json",
}
_TEXT_KEPT = 64 * 1024 * 1024
"""Text files up to this size are parsed once a session instead of once a query."""
_SAMPLE = 100_000
_ALWAYS_FEW = 100
_TIMEOUT = 300.0
_LONGEST_TIMEOUT = 1e6
_PATIENCE = 5.0
"""Seconds that a query has to end once it was interrupted."""
_LONGEST_VIEW = 1_000_000
_EXPLAIN = "EXPLAIN "
_WORD = re.compile(r"\w+")
_FIRST_SANE = date(1900, 1, 1)
# Set although the compiled SQL does not depend on them: a session must not be able to matter.
_SETTINGS = (
    "SET TimeZone = 'UTC'",
    "SET integer_division = false",
    "SET default_null_order = 'nulls_last'",
    "SET default_order = 'asc'",
    "SET default_collation = ''",
    "SET ieee_floating_point_ops = true",
    "SET Calendar = 'gregorian'",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    # A name in SQL must never find a variable of this program.
    "SET python_enable_replacements = false",
)


@dataclass(frozen=True, slots=True)
class _File:
    """A file of the folder: its relation's name, and for `.sql` the text of the view."""

    name: str
    path: Path
    view: str | None = None


_KINDS = {Kind.DATE: "DATE", Kind.TIMESTAMPTZ: "TIMESTAMP WITH TIME ZONE"}


class DuckdbEngine:
    """An open session; use `open_duckdb`."""

    dialect = "duckdb"

    def __init__(
        self, connection: Connection, root: Path, *, store: Path | None = None, sources: Sequence[Source] = ()
    ) -> None:
        self.name = connection.name
        self._sources = sources
        self._place = connection.place
        options = connection.options
        self._timeout = min(float(str(options.get("timeout", _TIMEOUT))), _LONGEST_TIMEOUT)
        self._files = self._read_folder(options, root)
        database = self._database(options, root, store)
        self._made: set[str] = set()
        self._temporary = Path(tempfile.mkdtemp(prefix="kpictl-"))
        try:
            self._session = self._open(options, database)
        except BaseException:
            self.close()
            raise

    def query(self, statement: Statement, values: Mapping[str, datetime]) -> Rows:
        """The rows of a compiled statement, within the session's limits."""
        import duckdb

        asked = {parameter.name: values[parameter.name] for parameter in statement.parameters}
        self._make_relations(statement.sql)
        self._only_select(statement.sql)
        # A SELECT may hold a DELETE in a WITH; what is kept in memory of a file must not change for the next query.
        self._session.execute("BEGIN TRANSACTION READ ONLY")
        try:
            return self._rows(statement.sql, asked)
        finally:
            with suppress(duckdb.Error):  # what is still running after an interrupt ends with the session
                self._session.execute("ROLLBACK")

    def reach(self, relation: str, column: str, now: datetime, zone: str) -> Reach:
        """The first and last sane time before `now`, in one pass over the column."""
        table, name = ".".join(_quoted(part) for part in relation.split(".")), _quoted(column)
        self._make_relations(table)
        form = named_form(self._sources, relation, column, self.dialect)
        kind = self._type_of(table, name) if form is None else _KINDS.get(form[0].type.kind, "")
        if form is not None:
            name = f"({stored_column(named(self.dialect), *form)})"
        of = calendar(zone)
        bounds: tuple[object, ...]
        if kind == "DATE":
            late = of.local_date(now - timedelta(microseconds=1))
            bounds = (_FIRST_SANE, late + timedelta(days=1), late + timedelta(days=366))
        elif kind == "TIMESTAMP WITH TIME ZONE":
            bounds = (of.day_start(_FIRST_SANE), now, now + timedelta(days=366))
        else:
            local = now.astimezone(of.tzinfo).replace(tzinfo=None)
            bounds = (datetime(1900, 1, 1), local, local + timedelta(days=366))
        values = dict(zip(("low", "now", "high"), bounds, strict=True))
        sane = f"CASE WHEN {name} >= $low AND {name} < $now THEN {name} END"
        found = self._rows(
            f"SELECT min({sane}), max({sane}), count(*) - count({name}), "
            f"count(CASE WHEN {name} < $low OR {name} > $high THEN 1 END) FROM {table}",
            values,
        ).rows[0]
        return Reach(first=found[0], last=found[1], without_time=found[2], absurd=found[3])

    def counts(self, relation: str, columns: Sequence[str]) -> Counts:
        """Rows from the files' metadata, distinct values of the first 100,000 rows."""
        table = ".".join(_quoted(part) for part in relation.split("."))
        self._make_relations(table)
        (rows,) = self._rows(f"SELECT count(*) FROM {table}", {}).rows[0]
        if not columns:
            return Counts(rows=rows, distinct={}, bytes=self._size(relation))
        names = [_quoted(column) for column in columns]
        counted = ", ".join(f"approx_count_distinct({name})" for name in names)
        sample = f"SELECT {', '.join(names)} FROM {table} LIMIT {_SAMPLE}"
        found = self._rows(f"SELECT {counted} FROM ({sample})", {}).rows[0]
        seen = min(rows, _SAMPLE)
        return Counts(
            rows=rows,
            bytes=self._size(relation),
            distinct={
                name: number if number <= max(_ALWAYS_FEW, seen // 10) else None
                for name, number in zip(columns, found, strict=True)
            },
        )

    def _size(self, relation: str) -> int | None:
        """Bytes of a file that is read as a table; DuckDB does not tell how large its own tables are."""
        file = next((each for each in self._files.values() if each.name == relation and each.view is None), None)
        return None if file is None else file.path.stat().st_size

    def explain(self, statement: Statement, values: Mapping[str, datetime]) -> None:
        """Plans the statement as `query` would run it."""
        asked = {parameter.name: values[parameter.name] for parameter in statement.parameters}
        self._make_relations(statement.sql)
        self._only_select(statement.sql)
        self._rows(f"{_EXPLAIN}{statement.sql}", asked, before=len(_EXPLAIN))

    def columns(self, relation: str) -> tuple[EngineColumn, ...]:
        """The columns of a table, view or file."""
        table = ".".join(_quoted(part) for part in relation.split("."))
        self._make_relations(table)
        found = self._rows(f"DESCRIBE SELECT * FROM {table}", {}).rows
        return tuple(EngineColumn(name=row[0], type=_type(row[1]), native=row[1]) for row in found)

    def relations(self) -> tuple[str, ...]:
        """Tables and views that a query may read, by name."""
        found = self._rows(
            "SELECT table_name FROM duckdb_tables() UNION SELECT view_name FROM duckdb_views() WHERE NOT internal", {}
        )
        return tuple(sorted({str(row[0]) for row in found.rows} | {each.name for each in self._files.values()}))

    def version(self) -> str:
        return f"DuckDB {self._rows('SELECT version()', {}).rows[0][0]}"

    def stop(self) -> None:
        self._session.interrupt()

    def close(self) -> None:
        session: duckdb.DuckDBPyConnection | None = getattr(self, "_session", None)
        if session is not None:
            session.close()
        shutil.rmtree(self._temporary, ignore_errors=True)

    def _read_folder(self, options: Mapping[str, object], root: Path) -> dict[str, _File]:
        folder = options.get("files")
        if folder is None:
            return {}
        place = (root / str(folder)).resolve()
        if not place.is_dir():
            raise self._refused(f"connection `{self.name}`: the folder `{folder}` does not exist")
        found: dict[str, _File] = {}
        for path in sorted(place.iterdir()):
            if (path.suffix.lower() != ".sql" and path.suffix.lower() not in _READERS) or not path.is_file():
                continue
            name = path.stem.lower()
            if name in found:
                both = f"`{found[name].path.name}` and `{path.name}`"
                raise self._refused(f"connection `{self.name}`: {both} would both be the table `{path.stem}`")
            view = self._view(path) if path.suffix.lower() == ".sql" else None
            found[name] = _File(path.stem, path, view)
        return found

    def _view(self, path: Path) -> str:
        if path.stat().st_size > _LONGEST_VIEW:
            raise Refused([UnfitView.at(self._place, f"`{path.name}` has more than {_LONGEST_VIEW:,} bytes")])
        try:
            return path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            message = f"`{path.name}` is no UTF-8 text (byte {error.start + 1:,})"
            raise Refused([UnfitView.at(self._place, message, help=["save the file as UTF-8"])]) from None

    def _database(self, options: Mapping[str, object], root: Path, store: Path | None) -> Path | None:
        named = options.get("path")
        if named is None:
            return None
        place = (root / str(named)).resolve()
        if store is not None and place == store.resolve():
            raise self._refused(f"connection `{self.name}` names the store itself; queries never read the store's file")
        if not place.is_file():
            raise self._refused(f"connection `{self.name}`: the file `{named}` does not exist")
        return place

    def _open(self, options: Mapping[str, object], database: Path | None) -> duckdb.DuckDBPyConnection:
        import duckdb

        config: dict[str, Any] = {
            "memory_limit": str(options.get("memory_limit", _half_of_memory())),
            "temp_directory": str(self._temporary),
            "max_temp_directory_size": str(options.get("temp_limit", "20GB")),
        }
        if "threads" in options:
            config["threads"] = int(str(options["threads"]))
        try:
            session = duckdb.connect(":memory:", config=config)
            if database is not None:
                session.execute(f"ATTACH {_literal(str(database))} AS source (READ_ONLY)")
                session.execute("SET search_path = 'memory.main,source.main'")
            for setting in _SETTINGS:
                session.execute(setting)
            paths = [str(each.path) for each in self._files.values() if each.view is None]
            session.execute(f"SET allowed_paths = [{', '.join(map(_literal, paths))}]")
            session.execute("SET enable_external_access = false")
            session.execute("SET lock_configuration = true")
        except duckdb.Error as error:
            raise self._refused(f"connection `{self.name}` cannot be opened: {first_line(error)}") from None
        return session

    def _make_relations(self, sql: str, path: tuple[str, ...] = ()) -> None:
        """Creates the tables and views of files that a text names, and what those read, each once."""
        if len(self._made) == len(self._files):
            return
        words = {word.lower() for word in _WORD.findall(sql)}
        folded = sql.lower()
        for name, file in self._files.items():
            odd = _WORD.fullmatch(name) is None
            if name in self._made or not (f'"{name}"' in folded if odd else name in words):
                continue
            if file.view is not None:
                # A text may hold a view's name as a column or in a comment: only what cannot be bound is a circle.
                inner = tuple(each for each in path if each != name)
                if name in path:
                    continue
                self._make_relations(file.view, (*inner, name))
            self._make(file)

    def _make(self, file: _File) -> None:
        name = _quoted(file.name)
        if file.view is not None:
            text = self._one_select(file)
            sql = f"CREATE OR REPLACE VIEW {name} AS {text}"
        else:
            reader = _READERS[file.path.suffix.lower()]
            kept = reader != "read_parquet" and file.path.stat().st_size <= _TEXT_KEPT
            sql = f"CREATE OR REPLACE {'TABLE' if kept else 'VIEW'} {name} AS SELECT * FROM {reader}({_literal(str(file.path))})"
        try:
            self._rows(sql, {})
        except Refused as refused:
            raise self._explained(file, refused) from None
        self._made.add(file.name.lower())

    def _explained(self, file: _File, refused: Refused) -> Refused:
        quoted = refused.diagnostics[0].message
        reads = {word.lower() for word in _WORD.findall(file.view or "")}
        for other in self._files.values():
            known = {word.lower() for word in _WORD.findall(other.view or "")}
            if other.view and other.name.lower() in reads and file.name.lower() in known and "does not exist" in quoted:
                message = f"`{file.path.name}` and `{other.path.name}` read each other"
                return Refused([ViewsInACircle.at(self._place, message, help=["read the file's table in one of them"])])
        return Refused([QueryFailed.at(self._place, f"`{file.path.name}` of connection `{self.name}`: {quoted}")])

    def _one_select(self, file: _File) -> str:
        import duckdb

        try:
            statements = self._session.extract_statements(file.view or "")
        except duckdb.Error as error:
            raise Refused([UnfitView.at(self._place, f"`{file.path.name}`: {first_line(error)}")]) from None
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise Refused(
                [UnfitView.at(self._place, f"`{file.path.name}` is no single SELECT", help=["one SELECT a file"])]
            )
        return str(statements[0].query).rstrip().rstrip(";")

    def _only_select(self, sql: str) -> None:
        """The compiler makes nothing else; that the engine is asked nothing else does not depend on it.

        The declared files may be read, and DuckDB's `allowed_paths` would let a COPY write them, too.
        """
        import duckdb

        try:
            kinds = [each.type for each in self._session.extract_statements(sql)]
        except duckdb.Error as error:
            raise self._rejected(error, sql) from None
        if kinds != [duckdb.StatementType.SELECT]:
            raise Refused([QueryFailed.at(None, f"DuckDB ({self.name}): only a single SELECT is run")])

    def _type_of(self, table: str, column: str) -> str:
        found = self._rows(
            f"SELECT typeof({column}) FROM (SELECT {column} FROM {table} LIMIT 0) RIGHT JOIN (SELECT 1) ON true", {}
        )
        return str(found.rows[0][0])

    def _rows(self, sql: str, values: Mapping[str, object], *, before: int = 0) -> Rows:
        """Runs a text of which the first `before` characters are ours."""
        import duckdb

        def work() -> Rows:
            answer = self._session.execute(sql, dict(values)) if values else self._session.execute(sql)
            columns = tuple(str(each[0]) for each in answer.description or ())
            return Rows(columns=columns, rows=answer.fetchall())

        try:
            return watched(work, seconds=self._timeout, stop=self._session.interrupt, patience=_PATIENCE)
        except Overdue:
            raise Refused([self._too_long(f"stopped after {self._timeout:g} s")]) from None
        except duckdb.InterruptException:
            raise Refused([self._too_long(f"stopped after {self._timeout:g} s")]) from None
        except duckdb.OutOfMemoryException as error:
            raise Refused([self._too_long(f"stopped: {first_line(error)}")]) from None
        except duckdb.Error as error:
            raise self._rejected(error, sql, before) from None

    def _rejected(self, error: duckdb.Error, sql: str, before: int = 0) -> Rejected:
        found = QueryFailed.at(None, f"DuckDB ({self.name}): {first_line(error)}")
        return Rejected(found, fault_of(error, sql, before))

    def _too_long(self, what: str) -> Diagnostic:
        help = ["narrow the query, or raise `timeout:` or `memory_limit:` of the connection"]
        return TookTooLong.at(None, f"DuckDB ({self.name}): {what}", help=help)

    def _refused(self, message: str) -> Refused:
        return Refused([CannotConnect.at(self._place, message)])


def open_duckdb(
    connection: Connection, root: Path, *, store: Path | None = None, sources: Sequence[Source] = ()
) -> DuckdbEngine:
    """Opens a `type: duckdb` connection; `store` is the store's own file, which it may not name.

    `sources` say in which form times are stored.
    """
    try:
        return DuckdbEngine(connection, root, store=store, sources=sources)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        message = f"connection `{connection.name}` cannot be opened: {error.strerror or error}{where}"
        raise Refused([CannotConnect.at(connection.place, message)]) from None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _type(native: str) -> Type | None:
    """What a type of DuckDB is to a definition; texts of a list of words are texts."""
    return TEXT if native.startswith("ENUM(") else parse_type(native)


def _half_of_memory() -> str:
    import os

    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return "2GB"
    return f"{min(max(size // 2, 256 << 20), 4096 << 20) >> 20}MB"
