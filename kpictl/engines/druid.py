"""Apache Druid, by its SQL over HTTP: the compiled statement with typed parameters, under the query context that it needs.

Nothing is written there. Druid stops a query after `timeout`; where it does not answer at all, the client gives up soon
after, asks it to cancel the query, and closes the connection. After a loss the next statement tries once more; where that
fails, too, the connection stays refused for the rest of the command. Sources: Druid 33 manual, "Druid SQL API", "SQL query
context", "SQL metadata tables".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from kpictl.diagnostics import Diagnostic, Refused
from kpictl.dialects import too_old
from kpictl.dialects.druid import DRUID
from kpictl.dialects.physical import choose
from kpictl.dialects.stored_column import named_form, stored_column
from kpictl.dialects.templates import Piece
from kpictl.engines import druid_answers as answers
from kpictl.engines.druid_http import LARGEST_ANSWER, Address, Call, NoAddress, Reply, TooLarge, Unanswered, address
from kpictl.engines.engine import Counts, EngineColumn, Fault, Reach, Rejected, Rows, offset_of
from kpictl.engines.findings import CannotConnect, EngineLost, QueryFailed, TookTooLong
from kpictl.engines.watched import Overdue, watched
from kpictl.model import types
from kpictl.model.calendar import calendar
from kpictl.model.project import Connection
from kpictl.model.sources import Source
from kpictl.model.types import Kind, Type
from kpictl.plan.compiled import Statement
from kpictl.project.secrets import redact, secrets_of, spellings

_TIMEOUT = 300.0
_CONNECT = 10.0
_LONGEST_TIMEOUT = 1e6
_GRACE = 2.0
"""Seconds that Druid has to say that it stopped a query by itself."""
_CANCEL = 2.0
_PATIENCE = 2.0
_SAMPLE = 100_000
_ALWAYS_FEW = 100
"""Since Druid 32 NULL is SQL's and no other mode is left ("Upgrade notes", SQL-compatible NULL handling)."""
_EXPLAIN = "EXPLAIN PLAN FOR "
_FIRST_SANE = date(1900, 1, 1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SQL = "/druid/v2/sql"
_HOW = frozenset(
    "priority lane brokerService useCache populateCache useResultLevelCache populateResultLevelCache maxSubqueryRows "
    "maxSubqueryBytes maxScatterGatherBytes maxQueuedBytes vectorize vectorSize vectorizeVirtualColumns "
    "enableParallelMerge parallelMergeParallelism parallelMergeInitialYieldRows parallelMergeSmallBatchRows "
    "maxOnDiskStorage maxMergingDictionarySize maxSelectorDictionarySize maxResults numParallelCombineThreads "
    "bufferGrouperInitialBuckets bufferGrouperMaxLoadFactor forceHashAggregation inSubQueryThreshold "
    "secondaryPartitionPruning joinFilterRewriteMaxSize cloneQueryMode".split()
)
"""Keys of the query context that say how a query is run; all others may say what it means, and are ours to set."""
ALWAYS: Mapping[str, object] = {"sqlStringifyArrays": False, "plannerStrategy": "COUPLED", "grandTotal": False}
"""Sent with every statement, beside its settings, against a cluster's own defaults (`druid.query.default.context.*`)."""
_NEVER = ("sqlOuterLimit", "skipEmptyBuckets")
"""Defaults that no statement can take out: one cuts rows off, the other has no row for a total over no rows."""
_TYPES: Mapping[str, Type] = {
    "BOOLEAN": types.BOOLEAN,
    "BIGINT": types.INTEGER,
    "INTEGER": types.INTEGER,
    "DOUBLE": types.DOUBLE,
    "FLOAT": types.DOUBLE,
    "VARCHAR": types.TEXT,
    "TIMESTAMP": types.TIMESTAMPTZ,
    "COMPLEX<json>": types.JSON,
}
_LOST = ("look after the server, then `kpictl debug`; `kpictl run` computes what is still due",)


class DruidEngine:
    """A server that has answered; use `open_druid`."""

    dialect = "druid"

    def __init__(self, connection: Connection, root: Path, sources: Sequence[Source]) -> None:
        self.name = connection.name
        self._bound = connection
        self._sources = sources
        options = connection.options
        self._secrets = spellings(secrets_of(options))
        self._timeout = _seconds(options.get("timeout", options.get("statement_timeout")), _TIMEOUT)
        self._connect = _seconds(options.get("connect_timeout"), min(_CONNECT, self._timeout))
        self._refused: Refused | None = None
        self._lost = False
        self._checked = False
        self._end: Callable[[], None] = lambda: None
        """Ends the last statement that was sent."""
        try:
            self._there: Address = address(connection, root)
            self._how = _context(options.get("context"))
        except NoAddress as error:
            raise self._cannot(str(error)) from None
        self._version = self._opened()

    # -- what a run asks

    def query(self, statement: Statement, values: Mapping[str, datetime]) -> Rows:
        """The rows of a compiled statement, under its settings."""
        if not self._checked:
            self._check_defaults()
            self._checked = True
        return self._ask(statement.sql, _parameters(statement, values), {**DRUID.settings, **statement.settings})

    def reach(self, relation: str, column: str, now: datetime, zone: str) -> Reach:
        """The first and last sane time before `now`, read from the form in which the column is stored."""
        source = self._source(relation, column)
        declared = None if source is None else source.column(column)
        kind = declared.type.kind if declared is not None else Kind.TIMESTAMPTZ
        read = f"TIMESTAMP_TO_MILLIS({self._time(relation, column)})"
        of = calendar(zone)
        if kind is Kind.DATE:
            late = of.local_date(now - timedelta(microseconds=1))
            low, end, high = (_midnight(d) for d in (_FIRST_SANE, late + timedelta(1), late + timedelta(366)))
        elif kind is Kind.TIMESTAMP:
            local = now.astimezone(of.tzinfo).replace(tzinfo=UTC)
            low, end, high = _midnight(_FIRST_SANE), local, local + timedelta(366)
        else:
            low, end, high = of.day_start(_FIRST_SANE), now, now + timedelta(366)
        bounds = [_millis(each) for each in (low, end, high)]
        sane = f"m >= {bounds[0]} AND m < {bounds[1]}"
        first, last, without, absurd = self._small(
            f"SELECT MIN(m) FILTER (WHERE {sane}), MAX(m) FILTER (WHERE {sane}), COUNT(*) FILTER (WHERE m IS NULL), "
            f"COUNT(*) FILTER (WHERE m < {bounds[0]} OR m > {bounds[2]}) "
            f"FROM (SELECT {read} AS m FROM {_relation(relation)})"
        ).rows[0]
        return Reach(first=_shown(first, kind), last=_shown(last, kind), without_time=without, absurd=absurd)

    def counts(self, relation: str, columns: Sequence[str]) -> Counts:
        """Rows exactly, distinct values of the first 100,000 rows by a sketch."""
        table = _relation(relation)
        (rows,) = self._small(f"SELECT COUNT(*) FROM {table}").rows[0]
        distinct: dict[str, int | None] = {}
        few = max(_ALWAYS_FEW, min(rows, _SAMPLE) // 10)
        for column in columns:
            sample = f"SELECT {self._stored(relation, column)} AS x FROM {table} LIMIT {_SAMPLE}"
            try:
                (found,) = self._small(f"SELECT APPROX_COUNT_DISTINCT_BUILTIN(x) FROM ({sample})").rows[0]
            except Rejected:  # JSON and arrays are not counted
                found = None
            distinct[column] = found if found is not None and found <= few else None
        return Counts(rows=rows, distinct=distinct)

    # -- what it has

    def explain(self, statement: Statement, values: Mapping[str, datetime]) -> None:
        """Has Druid plan the statement under its settings."""
        sent = _parameters(statement, values)
        self._ask(_EXPLAIN + statement.sql, sent, statement.settings, before=len(_EXPLAIN), compiled=statement.sql)

    def columns(self, relation: str) -> tuple[EngineColumn, ...]:
        """The columns of a data source, lookup or view; `__time` is an instant, all else as it is stored."""
        schema, _, table = relation.rpartition(".")
        found = self._small(
            "SELECT COLUMN_NAME, DATA_TYPE FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? "
            "ORDER BY ORDINAL_POSITION",
            [schema or "druid", table],
        ).rows
        if not found:
            message = f"there is no table `{relation}`"
            raise Rejected(QueryFailed.at(None, self._said(message)), Fault(message=message))
        return tuple(EngineColumn(name=name, type=_TYPES.get(native), native=native) for name, native in found)

    def relations(self) -> tuple[str, ...]:
        """Data sources by name; lookups and views with their schema."""
        found = self._small(
            "SELECT TABLE_SCHEMA, TABLE_NAME FROM INFORMATION_SCHEMA.TABLES "
            "WHERE TABLE_SCHEMA NOT IN ('INFORMATION_SCHEMA', 'sys')"
        ).rows
        return tuple(sorted(name if schema == "druid" else f"{schema}.{name}" for schema, name in found))

    def version(self) -> str:
        return f"Druid {self._version}"

    def stop(self) -> None:
        self._end()

    def close(self) -> None:
        """Nothing is open between two requests."""

    # -- one request

    def _small(self, sql: str, values: Sequence[str] = ()) -> Rows:
        """The rows of a statement of ours."""
        return self._ask(sql, [{"type": "VARCHAR", "value": value} for value in values], DRUID.settings)

    def _ask(
        self,
        sql: str,
        parameters: Sequence[Mapping[str, object]],
        settings: Mapping[str, str],
        *,
        before: int = 0,
        compiled: str | None = None,
    ) -> Rows:
        if self._refused is not None:
            raise self._refused
        if self._lost:
            self._opened()
            self._lost = False
        named = f"kpictl-{uuid4()}"
        context = {
            **self._how,
            **settings,
            "sqlQueryId": named,
            "timeout": int(self._timeout * 1000),
            **ALWAYS,
        }
        body = {
            "query": sql,
            "context": context,
            "parameters": list(parameters),
            "resultFormat": "arrayLines",
            "header": True,
            "typesHeader": True,
            "sqlTypesHeader": True,
        }
        reply = self._sent(body, named)
        try:
            if reply.status == 200:
                return answers.rows(reply)
            told = answers.failure(reply)
        except answers.NoAnswer as error:
            raise self._away(str(error)) from None
        raise self._failure(told, reply.status, compiled or sql, sql, before)

    def _check_defaults(self) -> None:
        """Refuses a cluster whose own defaults would change answers: a plan shows the context that it would be run in."""
        shown = answers.planned_context(self._small("EXPLAIN PLAN FOR SELECT 1 AS x"))
        for key in _NEVER:
            if key in shown:
                why = f"its brokers set `druid.query.default.context.{key}`, with which numbers would be wrong; leave it out"
                raise self._cannot(why, keep=True)

    def _sent(self, body: Mapping[str, object], named: str) -> Reply:
        call = Call(self._there, self._connect)
        limit = self._timeout + _GRACE

        def stop() -> None:
            call.stop()
            with suppress(Unanswered, TooLarge):
                Call(self._there, _CANCEL).send("DELETE", f"{_SQL}/{named}")

        self._end = stop
        try:
            return watched(
                lambda: call.send("POST", _SQL, body, answer_within=limit), seconds=limit, stop=stop, patience=_PATIENCE
            )
        except (Overdue, TimeoutError):
            raise self._away(f"no answer within {limit:g} s") from None
        except TooLarge:
            what = f"stopped: an answer of more than {LARGEST_ANSWER >> 20} MB"
            raise Refused([self._too_long(what, "narrow the query")]) from None
        except Unanswered as error:
            raise self._away(str(error)) from None

    def _opened(self) -> str:
        """Asks for the version, which proves address, login and certificate; the version that it is or is said to be."""
        call = Call(self._there, self._connect)
        limit = self._connect + 1.0
        try:
            reply = watched(
                lambda: call.send("GET", "/status", answer_within=limit), seconds=limit, stop=call.stop, patience=0
            )
        except (Overdue, TooLarge):
            raise self._cannot("no answer", keep=True) from None
        except Unanswered as error:
            raise self._cannot(str(error), keep=True) from None
        return self._fit(self._told_version(reply))

    def _told_version(self, reply: Reply) -> str:
        said = self._bound.options.get("version")
        if reply.status == 401:
            raise self._cannot("it knows no such user, password or token", keep=True)
        if reply.status == 403:
            if said is None:
                raise self._cannot("the user may not ask for the version (STATE read); say it in `version:`", keep=True)
            return str(said)
        if 300 <= reply.status < 400:
            raise self._cannot("it sends elsewhere, which is not followed; name the address itself", keep=True)
        try:
            told = json.loads(reply.body) if reply.status == 200 else None
        except ValueError:
            told = None
        if not isinstance(told, dict) or "version" not in told:
            raise self._cannot(f"what answers there is no Druid (status {reply.status} {reply.reason})", keep=True)
        return str(told["version"] or said)

    def _fit(self, version: str) -> str:
        found = too_old(DRUID, version)
        if found is not None:
            oldest, wrong = found
            raise self._cannot(f"it is Druid {version}; before {oldest} {wrong}, so numbers may be wrong", keep=True)
        return version

    # -- what went wrong

    def _failure(self, told: answers.Failure, status: int, compiled: str, sent: str, before: int) -> Refused:
        if status == 401:
            return self._cannot("it knows no such user, password or token", keep=True)
        if "timeout" in told.kind or status in (408, 504):
            return Refused(
                [self._too_long(f"stopped after {self._timeout:g} s", "narrow the query, or raise `timeout:`")]
            )
        if told.kind in ("resource limit exceeded", "capacity_exceeded") and status != 429:
            return Refused([self._too_long(told.message, "narrow the query, or raise the limit in `context:`")])
        if told.kind in ("query capacity exceeded", "capacity_exceeded"):
            return self._away(told.message, still=True)
        offset = None
        if told.line is not None and told.column is not None:
            found = offset_of(sent, told.line, told.column)
            offset = None if found is None or found < before or found - before > len(compiled) else found - before
        shown = redact(told.message, self._secrets)
        return Rejected(QueryFailed.at(None, self._said(told.message)), Fault(message=shown, offset=offset))

    def _away(self, why: str, *, still: bool = False) -> Refused:
        self._lost = not still
        return Refused([EngineLost.at(None, self._said(why), help=_LOST)])

    def _cannot(self, why: str, *, keep: bool = False) -> Refused:
        message = f"connection `{self.name}` cannot be opened: {redact(why, self._secrets)}"
        found = Refused([CannotConnect.at(self._bound.place, message, help=["`kpictl debug` tries every connection"])])
        self._refused = found if keep else None
        return found

    def _too_long(self, what: str, help: str) -> Diagnostic:
        return TookTooLong.at(None, self._said(what), help=[help])

    def _said(self, what: str) -> str:
        return f"Druid ({self.name}): {redact(what, self._secrets)}"

    # -- stored forms

    def _source(self, relation: str, column: str) -> Source | None:
        """The source of a relation that says something of a column; its first one where none does."""
        of = [each for each in self._sources if each.relation == relation]
        return next((each for each in of if column == each.time or each.column(column)), of[0] if of else None)

    def _time(self, relation: str, column: str) -> str:
        """A time column as a TIMESTAMP, from the form that the source's declaration names; a date's day is not cut out.

        (TIME_FLOOR of `__time` below a comparison with a number is not planned: "Expected literal".)
        """
        source = self._source(relation, column)
        words = self._words(source, column)
        found = choose(DRUID.stored, Kind.TIMESTAMPTZ, words)
        if found is None and (told := named_form(self._sources, relation, column, self.dialect)) is not None:
            return stored_column(DRUID, *told)
        if found is None or (words is None and source is None):
            return _quoted(column)
        form, argument = found
        text = _literal(argument)
        return form.template.fill([Piece(self._stored(relation, column)), Piece(text)]).text

    def _words(self, source: Source | None, column: str) -> str | None:
        declared = None if source is None else source.column(column)
        words = dict(declared.physical).get(self.dialect) if declared is not None else None
        is_time = source is not None and column == source.time
        return DRUID.time_form if words is None and is_time else words

    def _stored(self, relation: str, column: str) -> str:
        """The column's own name: a source's time is `__time`, unless its form is named."""
        source = self._source(relation, column)
        declared = None if source is None else source.column(column)
        named = declared is not None and self.dialect in dict(declared.physical)
        is_time = source is not None and column == source.time and not named
        return _quoted(DRUID.time_column or column) if is_time else _quoted(column)


def open_druid(connection: Connection, root: Path, sources: Sequence[Source] = ()) -> DruidEngine:
    """Opens a `type: druid` connection; `sources` say in which form times are stored. Raises `Refused` (KPI901)."""
    return DruidEngine(connection, root, sources)


def _parameters(statement: Statement, values: Mapping[str, datetime]) -> list[Mapping[str, object]]:
    return [{"type": "TIMESTAMP", "value": _millis(values[each.name])} for each in statement.parameters]


def _context(given: object) -> dict[str, object]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise NoAddress("its `context:` is no mapping")
    strange = sorted(str(key) for key in given if str(key) not in _HOW)
    if strange:
        raise NoAddress(
            f"`{strange[0]}` in its `context:` may change what a query means, which is not the profile's to say"
        )
    return {str(key): value for key, value in given.items()}


def _seconds(value: object, default: float) -> float:
    return min(float(str(value)), _LONGEST_TIMEOUT) if value is not None else default


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _millis(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)


def _shown(millis: int | None, kind: Kind) -> date | datetime | None:
    if millis is None:
        return None
    at = _EPOCH + timedelta(milliseconds=millis)
    if kind is Kind.DATE:
        return at.date()
    return at.replace(tzinfo=None) if kind is Kind.TIMESTAMP else at


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _relation(name: str) -> str:
    return ".".join(map(_quoted, name.split(".")))
