"""Ad hoc numbers: KPIs by dimensions and a grain, over a range, with conditions; through the same ir as what is stored.

Each KPI is one statement on the engine that holds its rows. Answers are aligned here, NULL-safely, on bucket and members:
nothing is joined row by row, so no row is lost or counted twice. Where one KPI has no row for what another one has, it
shows what it is without rows: a count 0, everything else nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime
from typing import Any

from kpictl.diagnostics import Diagnostic, Place, Refused, did_you_mean
from kpictl.engines import Engine
from kpictl.graph.references import references
from kpictl.ir.reference import evaluate
from kpictl.ir.relations import Relation
from kpictl.ir.scalars import Col, Scalar
from kpictl.kinds import grains, measure_lowering, roles
from kpictl.kinds.assemble import Parts
from kpictl.kinds.build import conjuncts
from kpictl.kinds.lowered import Lowered, Reading
from kpictl.kinds.whole_range import counts_days, whole_range
from kpictl.model.calendar import MICROSECOND, Calendar, calendar
from kpictl.model.project import Project
from kpictl.model.sources import Source
from kpictl.model.types import DOUBLE, TEXT, Type
from kpictl.plan.compile import compile_tree
from kpictl.plan.compiled import Statement
from kpictl.plan.lowering import narrowed
from kpictl.plan.timed import event_times, source_times, watched_sources
from kpictl.records import dataclass
from kpictl.runner.axis import Axis
from kpictl.runner.findings import NotAsked, NotComplete, PersonalColumn
from kpictl.runner.join_keys import check, join_keys
from kpictl.runner.reaches import in_no_bucket, not_finite, own_time_absurd
from kpictl.runner.values import number
from kpictl.runner.watermarks import instant, watermark
from kpictl.sql.walk import find
from kpictl.targets import open_engine

UNITS = (*grains.UNITS, "fiscal_quarter", "fiscal_year")
_WHERE = Place("--where")
_HAVING = Place("--having")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked. `unit` None: one number for the whole range; `start` None: from the first row, `stop`: until now."""

    kpis: tuple[str, ...]
    dimensions: tuple[str, ...] = ()
    """Dimensions or columns of the sources, or `role.column`."""
    unit: str | None = None
    where: str | None = None
    start: datetime | None = None
    stop: datetime | None = None
    having: str | None = None
    order_by: tuple[tuple[str, bool], ...] = ()
    """Columns of the answer, each with whether it descends."""
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One KPI of a question: its statement and where it runs."""

    kpi: str
    connection: str | None
    statement: Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Rows by bucket and members: `time` and `bucket` where a grain was asked for, dimensions, KPIs by name."""

    dimensions: tuple[str, ...]
    kpis: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]
    asked: tuple[Asked, ...]
    partial_from: datetime | None = None
    """Start of the first bucket that has not ended, or ends after the watermark of a KPI's source."""
    diagnostics: tuple[Diagnostic, ...] = ()
    """Rows without a sane time, values that are NaN or infinite, and what is not complete."""

    def partial(self, row: Mapping[str, Any]) -> bool:
        """Whether a row is of a bucket that is not final yet."""
        return self.partial_from is not None and row["time"] >= self.partial_from


def ask(project: Project, question: Question, now: datetime, *, only_sql: bool = False) -> Answer:
    """The numbers (`only_sql`: just the statements). Raises `Refused`."""
    asking = _Asking(project, question, now)
    try:
        return asking.answer(only_sql)
    finally:
        asking.close()


@dataclass(slots=True)
class _Asking:
    project: Project
    question: Question
    now: datetime
    engines: dict[str, Engine] = field(default_factory=dict)
    told: dict[tuple[str, str | None], Diagnostic | None] = field(default_factory=dict)
    """What is wrong with the times of a source, or with those of a column that measures name."""
    infinite: dict[str, int] = field(default_factory=dict)
    """By KPI how many of its numbers are NaN or infinite."""
    behind: dict[str, tuple[datetime, Source]] = field(default_factory=dict)
    """By KPI the watermark before the end of the range, and whose it is."""

    @property
    def outputs(self) -> tuple[str, ...]:
        return tuple(map(roles.output_name, self.question.dimensions))

    def answer(self, only_sql: bool) -> Answer:
        question = self.question
        self._refuse_one_name()
        having, order = self._having(), self._order()
        parts = [self._lowered(name) for name in question.kpis]
        trees = [self._tree(each) for each in parts]
        asked = tuple(self._asked(each, tree) for each, tree in zip(parts, trees, strict=True))
        answer = Answer(dimensions=self.outputs, kpis=question.kpis, rows=(), asked=asked)
        if only_sql:
            return answer
        start, stop = self._range(parts)
        visible = min(stop, self.now)
        self._watch(parts, visible)
        values = {"from": start, "to": visible, "as_of": visible - MICROSECOND}
        rows = self._aligned(parts, trees, asked, values, stop)
        if having is not None:
            rows = [row for row in rows if evaluate(having, row) is True]
        for name, descending in reversed(order):
            # Ascending: nothing comes last; descending: first.
            rows.sort(key=lambda row: _rank(row[name]), reverse=descending)
        return Answer(
            dimensions=self.outputs,
            kpis=question.kpis,
            rows=tuple(rows[: question.limit]),
            asked=asked,
            partial_from=self._partial_from(stop),
            diagnostics=(*self._lost(), *self._unfinished()),
        )

    def close(self) -> None:
        for engine in self.engines.values():
            engine.close()

    # -- what is asked

    def _refuse_one_name(self) -> None:
        """What has the name of another column of the answer: one of the two would stand for both."""
        of_buckets = ("time", "bucket", "partial") if self.question.unit is not None else ()
        for name in (*self.question.kpis, *self.outputs):
            kpi = name in self.question.kpis
            if name in of_buckets:
                both = f"{'a KPI' if kpi else 'a dimension'} and what tells of its buckets"
            elif kpi and name in self.outputs:
                both = "a KPI and a dimension of this question"
            else:
                continue
            message = f"`{name}` is {both}: the answer has one column of a name"
            way = "ask for the dimension under another name, which `dimensions:` of the source can give"
            if kpi and name in of_buckets:
                way = "give the KPI another name"
            raise Refused([NotAsked.at(Place("--kpis" if kpi else "--by"), message, help=[way], node=name)])

    def _lowered(self, name: str) -> Lowered:
        kpi = self.project.kpis[name]
        if kpi.access is not None and (kpi.access.rows is not None or kpi.access.min_group_size is not None):
            message = f"`{name}` hides rows or small groups by its `access:`, which is kept for stored values"
            raise Refused([PersonalColumn.at(kpi.place.child("access"), message, help=[f"`kpictl show {name}`"])])
        lowering = narrowed(self.project, self._narrow)
        found = lowering.at(name, self.question.unit, self.question.dimensions)
        opaque = found.reading in (Reading.SERIES, Reading.ROW_SERIES, Reading.SNAPSHOT)
        if self.question.where is not None and opaque and kpi.kind == "query":
            raise Refused([self._opaque(name)])
        return found

    def _opaque(self, name: str) -> Diagnostic:
        message = f"`{name}` is a {self._reading(name)}, a finished number: no condition is put into its text"
        return NotAsked.at(_WHERE, message, help=["write it as a measure, or leave `--where` out"], node=name)

    def _reading(self, name: str) -> str:
        return "query" if self.project.kpis[name].kind == "query" else self.project.kpis[name].kind

    def _narrow(self, parts: Parts) -> Parts:
        """The measure with the condition; refuses what reads personal columns."""
        if self.question.where is not None:
            before = conjuncts(parts.where)
            parts = measure_lowering.narrowed(parts, self.question.where, self.project, _WHERE)
            for part in conjuncts(parts.where):
                if part not in before:
                    self._refuse_personal(part, parts, "--where")
        for name, scalar in parts.dimensions:
            if name in self.outputs and name not in self.project.kpis[parts.name].dimensions:
                self._refuse_personal(scalar, parts, "--by")
        return parts

    def _refuse_personal(self, scalar: Scalar, parts: Parts, flag: str) -> None:
        for column in find(scalar, Col):
            paths = parts.view.paths.get(column.table or "", ())
            source = paths[0][-1].source if paths else parts.view.source
            declared = source.column(column.name)
            if declared is not None and declared.pii:
                message = f"{flag}: `{source.name}.{column.name}` is personal ({declared.pii}): it never leaves"
                raise Refused([PersonalColumn.at(Place(flag), message, node=parts.name)])

    def _tree(self, found: Lowered) -> Relation:
        unit = self.question.unit
        if found.reading is Reading.SNAPSHOT:
            if unit is not None or self.question.start is not None or self.question.stop is not None:
                message = f"`{found.name}` is a snapshot, the value as things stand: it has no value of another time"
                way = "leave the grain, `--from` and `--to` out, or write it as a measure"
                raise Refused([NotAsked.at(Place("--kpis"), message, help=[way], node=found.name)])
            return found.finest
        if unit is not None:
            return found.finest
        tree = None if self._sampled(found.name) else whole_range(found.finest)
        if tree is None:
            message = f"`{found.name}` has a value for each {found.grain.unit}, and none for a whole range"
            way = f"ask for a grain: `--by {found.grain.unit}`"
            raise Refused([NotAsked.at(Place("--by"), message, help=[way], node=found.name)])
        return tree

    def _sampled(self, name: str) -> bool:
        """Whether a KPI is, or reads, a query, whose numbers are read as of a bucket's end and never rolled up."""
        kpi = self.project.kpis[name]
        read = (each.name for each in references(kpi) if each.kind == "kpi" and each.name in self.project.kpis)
        return kpi.kind == "query" or any(map(self._sampled, dict.fromkeys(read)))

    def _asked(self, found: Lowered, tree: Relation) -> Asked:
        connection = self._connection(found)
        output = self.project.output
        bound = None if output is None or connection is None else output.connection(connection)
        if bound is None and output is not None and connection is not None:
            raise Refused([self._unknown(found, connection)])
        dialect = self.project.settings.dialect if bound is None else bound.type
        return Asked(kpi=found.name, connection=connection, statement=compile_tree(self.project, tree, dialect))

    def _unknown(self, found: Lowered, connection: str) -> Diagnostic:
        sources = [self.project.sources[name] for name in found.sources if name in self.project.sources]
        at = next((s.place.child("connection") for s in sources if s.connection == connection), None)
        return NotAsked.at(at, f"the output has no connection `{connection}`", node=found.name)

    def _connection(self, found: Lowered) -> str | None:
        named = {self.project.sources[s].connection for s in found.sources if s in self.project.sources} - {None}
        output = self.project.output
        if len(named) == 1:
            return named.pop()
        return output.connections[0].name if output is not None and len(output.connections) == 1 else None

    def _having(self) -> Scalar | None:
        from kpictl.sql.frontdoor import expression
        from kpictl.sql.scope import Scope, Table

        if self.question.having is None:
            return None
        names: dict[str, Type] = {**dict.fromkeys(self.outputs, TEXT), **dict.fromkeys(self.question.kpis, DOUBLE)}
        settings = self.project.settings
        scope = Scope(
            tables={"answer": Table("answer", names)}, zone=settings.timezone, dialect=settings.dialect, main="answer"
        )
        return expression(self.question.having, scope, _HAVING, aggregate=False)

    def _order(self) -> list[tuple[str, bool]]:
        known = [*(["time", "bucket"] if self.question.unit else []), *self.outputs, *self.question.kpis]
        found = []
        for wish, descending in self.question.order_by:
            name = "time" if wish in ("bucket", self.question.unit) else roles.output_name(wish)
            if name not in known:
                near = did_you_mean(wish, known)
                way = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(known)}"
                message = f"--order-by: the answer has no column `{wish}`"
                raise Refused([NotAsked.at(Place("--order-by"), message, help=[way])])
            found.append((name, descending))
        return found or [(name, False) for name in known if name in ("time", *self.outputs)]

    # -- the range

    def _calendar(self) -> Calendar:
        settings = self.project.settings
        return calendar(settings.timezone, settings.week_start, settings.fiscal_year_start)

    def _range(self, parts: Sequence[Lowered]) -> tuple[datetime, datetime]:
        """The range asked for; whole buckets where there are any, whole days where rows stand at dates."""
        question, of = self.question, self._calendar()
        first = self._first(parts)
        start = question.start or first or self.now
        stop = question.stop or self.now
        unit = question.unit
        if unit is None:
            if stop <= start or not any(counts_days(each.finest) for each in parts):
                return start, max(stop, start)
            unit = "day"
        start, end = of.floor(start, unit), of.floor(stop, unit)
        return start, end if end == stop else of.next(end, unit)

    def _first(self, parts: Sequence[Lowered]) -> datetime | None:
        """When the first row of any source came to be; rows without a sane time are noted."""
        found = []
        for each in parts:
            if each.reading is Reading.SNAPSHOT:
                continue
            for source, own in event_times(self.project, each, self.project.kpis[each.name]):
                zone = source.timezone or self.project.settings.timezone
                column = own or source_times(source)[0]
                reach = self._engine(source.connection).reach(source.relation, column, self.now, zone)
                place = self.project.kpis[each.name].place
                self.told[source.name, own] = (
                    in_no_bucket(source, [reach]) if own is None else own_time_absurd(source, own, reach, place)
                )
                first = reach.first
                if isinstance(first, datetime):
                    found.append(first.astimezone(UTC) if first.tzinfo is not None else calendar(zone).instant(first))
                elif first is not None:
                    found.append(self._calendar().day_start(first))
        return min(found, default=None)

    # -- what is not complete

    def _watch(self, parts: Sequence[Lowered], visible: datetime) -> None:
        """Asks each source with a watermark for it, once; of each KPI the first of them counts where it is in the range."""
        marks: dict[str, datetime] = {}
        for each in parts:
            for source in watched_sources(self.project, each, self.project.kpis[each.name]):
                if source.name not in marks:
                    said = watermark(self.project, source, self._engine(source.connection), self.now)
                    at = instant(self.project, source, said, self._calendar())
                    marks[source.name] = at or datetime(1900, 1, 1, tzinfo=UTC)
                if marks[source.name] < visible:
                    known = self.behind.get(each.name)
                    if known is None or marks[source.name] < known[0]:
                        self.behind[each.name] = (marks[source.name], source)

    def _partial_from(self, stop: datetime) -> datetime | None:
        if self.question.unit is None:
            return None
        bounds = [self._bucket(at) for at, _ in self.behind.values()]
        if stop > self.now:
            bounds.append(self._bucket(self.now))
        return min(bounds, default=None)

    def _bucket(self, at: datetime) -> datetime:
        return self._calendar().floor(at, str(self.question.unit))

    def _lost(self) -> Iterator[Diagnostic]:
        """Says of rows that are in no bucket, and of numbers that are none."""
        yield from (each for each in self.told.values() if each is not None)
        for kpi, times in self.infinite.items():
            yield not_finite(self.project.kpis[kpi], times, "shown")

    def _unfinished(self) -> Iterator[Diagnostic]:
        """Says of numbers for a whole range that they are not final; buckets are marked one by one."""
        if self.question.unit is not None:
            return
        for kpi, (at, source) in self.behind.items():
            until = at.astimezone(self._calendar().tzinfo)
            told = (
                f"`{source.name}` is complete up to {until:%Y-%m-%d %H:%M %Z}"
                if at.year > 1900
                else "nothing is complete"
            )
            yield NotComplete.at(
                source.place.child("complete"), f"`{kpi}` is not final: {told}, and the range ends later", node=kpi
            )

    # -- the rows

    def _engine(self, connection: str | None) -> Engine:
        output = self.project.output
        bound = None if output is None else output.connection(connection or "")
        if bound is None and connection is None and output is not None and len(output.connections) == 1:
            bound = output.connections[0]
        if bound is None:
            raise Refused([NotAsked.at(None, f"the output has no connection `{connection}`")])
        if bound.name not in self.engines:
            self.engines[bound.name] = open_engine(self.project, bound)
        return self.engines[bound.name]

    def _aligned(
        self,
        parts: Sequence[Lowered],
        trees: Sequence[Relation],
        asked: Sequence[Asked],
        values: Mapping[str, datetime],
        stop: datetime,
    ) -> list[dict[str, Any]]:
        unit, rows = self.question.unit, dict[tuple[Any, ...], dict[str, Any]]()
        axis = None if unit is None else Axis(grains.grain(unit, self.project.settings))
        if axis is not None and not self.outputs:
            for at in self._calendar().spine(values["from"], min(stop, values["to"]), str(unit)):
                rows[(at,)] = {"time": at}
        for each, tree, one in zip(parts, trees, asked, strict=True):
            engine = self._engine(one.connection)
            for key in join_keys(tree):
                twice = check(key, self.project, engine, self.now)
                if twice is not None:
                    raise twice
            found = engine.query(one.statement, values)
            column = {name.lower(): n for n, name in enumerate(found.columns)}
            times = [] if axis is None else axis.floors([row[column["time"]] for row in found.rows])
            for n, row in enumerate(found.rows):
                members = tuple(row[column[name]] for name in self.outputs)
                key_of = (times[n], *members) if axis is not None else members
                line = rows.setdefault(key_of, {})
                if axis is not None:
                    line["time"] = times[n]
                line.update(zip(self.outputs, members, strict=True))
                line[each.name], exact = number(row[column["value"]])
                if line[each.name] is None and exact is None and row[column["value"]] is not None:
                    self.infinite[each.name] = self.infinite.get(each.name, 0) + 1
        return [self._filled(line, parts, axis) for line in rows.values()]

    def _filled(self, line: dict[str, Any], parts: Sequence[Lowered], axis: Axis | None) -> dict[str, Any]:
        """A row in the order of the answer, with what each KPI is without rows where it has none."""
        found: dict[str, Any] = {}
        if axis is not None:
            found = {"time": line["time"], "bucket": axis.label(line["time"])}
        found |= {name: line.get(name) for name in self.outputs}
        for each in parts:
            empty = None if each.empty is None else float(each.empty)
            value = line.get(each.name, empty)
            mark = self.behind.get(each.name)
            behind = axis is not None and mark is not None and line["time"] >= self._bucket(mark[0])
            found[each.name] = None if behind and value == empty else value  # beyond a watermark none is no zero yet
        return found


def _rank(value: Any) -> tuple[bool, Any]:
    return value is None, 0 if value is None else value
