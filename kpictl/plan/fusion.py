"""Which steps of a plan read the same rows, and the statements that read them once for all of them.

A shared statement is only another way to the same numbers: each step keeps its own statements, and where a shared one
fails the runner takes those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from kpictl.diagnostics import Refused
from kpictl.ir.relations import Grain, Join, Relation, Scan
from kpictl.ir.scalars import Call, Col, Scalar
from kpictl.kinds.buckets import is_dated
from kpictl.model.project import Project
from kpictl.model.types import TIMESTAMPTZ
from kpictl.passes.by_calendar import UTC, by_calendar
from kpictl.passes.fuse_scans import fuse_scans, width
from kpictl.passes.fusing.readings import Column, Form, Reading, common_conditions, reading, rows_key
from kpictl.passes.fusing.two_stages import base_grain, by_value, grouped_by
from kpictl.plan import cost_model
from kpictl.plan.compile import statement_of
from kpictl.plan.compiled import Compiled, Statement
from kpictl.plan.cost_model import Costs, Size
from kpictl.plan.plan import Evaluation, Mode, Step
from kpictl.records import dataclass
from kpictl.sql.walk import find

_LENGTH = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
    "quarter": timedelta(days=91),
    "year": timedelta(days=365),
}


Statistics = Callable[[str, tuple[str, ...]], tuple[int, Mapping[str, int | None]] | None]
"""A source's rows, and of each column how many values it has (None: many); None where the engine cannot tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One statement of one by one: a KPI's finest set or its total, over one of the step's evaluations."""

    kpi: str
    evaluation: int
    total: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A task and where its numbers stand in the answer of the shared statement."""

    task: Task
    column: Column
    dimensions: tuple[str, ...]
    start: datetime
    stop: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """One statement for several tasks."""

    connection: str | None
    statement: Statement
    values: Mapping[str, datetime]
    readers: tuple[Reader, ...]
    parts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fusion:
    """The shared statements, and the number of statements before and after."""

    shared: tuple[Shared, ...] = ()
    before: int = 0
    after: int = 0


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A task that can share its rows."""

    task: Task
    reading: Reading
    evaluation: Evaluation
    connection: str | None
    dialect: str
    dimensions: tuple[str, ...]


def fuse(
    project: Project, steps: Sequence[Step], compiled: Mapping[str, Compiled], statistics: Statistics | None = None
) -> Fusion:
    """The shared statements of a plan's steps; `statistics` is asked only where it decides something."""
    before = 0
    groups: dict[object, list[_Wanted]] = {}
    for step in steps:
        node = compiled[step.kpi]
        before += len(step.evaluations) * (2 if node.total is not None else 1)
        if node.dialect not in cost_model.COSTS or all(
            e.mode in (Mode.SERIES, Mode.SNAPSHOT) for e in step.evaluations
        ):
            continue
        for each in _wanted(step, node):
            e = each.evaluation
            span = (e.start, e.stop, e.visible) if e.mode is Mode.OPEN else None
            groups.setdefault((each.connection, each.dialect, e.mode, span, rows_key(each.reading)), []).append(each)
    made: list[Shared] = []
    for group in groups.values():
        for alike in _by_range(group):
            made += _Group(project, statistics, alike).shared()
    saved = sum(len(each.readers) - 1 for each in made)
    return Fusion(shared=tuple(made), before=before, after=before - saved)


def _wanted(step: Step, node: Compiled) -> Iterable[_Wanted]:
    lowered = node.lowered
    assert lowered is not None
    finest, total = lowered.bare
    trees = [(False, finest, lowered.dimensions)]
    if total is not None and node.total is not None:
        trees.append((True, total, ()))
    for is_total, tree, dimensions in trees:
        read = reading(tree)
        if read is None or tuple(name for name, _ in read.of.keys) != dimensions:
            continue
        for n, evaluation in enumerate(step.evaluations):
            task = Task(kpi=step.kpi, evaluation=n, total=is_total)
            yield _Wanted(task, read, evaluation, step.connection, node.dialect, dimensions)


def _by_range(group: list[_Wanted]) -> Iterable[list[_Wanted]]:
    """Tasks whose ranges lie so that one range over all of them is not much longer than theirs."""
    ordered = sorted(group, key=lambda w: (w.evaluation.start, w.evaluation.start - w.evaluation.stop))
    found: list[_Wanted] = []
    stop, longest = datetime.min, timedelta(0)
    for each in ordered:
        start, end = each.evaluation.start, each.evaluation.stop
        if found:
            whole = max(stop, end) - found[0].evaluation.start
            if whole > cost_model.OVERLAP * max(longest, end - start):
                yield found
                found = []
        if not found:
            stop, longest = end, end - start
        found.append(each)
        stop, longest = max(stop, end), max(longest, end - start)
    if found:
        yield found


class _Group:
    """Tasks over the same rows and about the same range."""

    def __init__(self, project: Project, statistics: Statistics | None, wanted: list[_Wanted]) -> None:
        self.project = project
        self.wanted = wanted
        self.costs: Costs = cost_model.COSTS[wanted[0].dialect]
        self.start = min(each.evaluation.start for each in wanted)
        self.stop = max(each.evaluation.stop for each in wanted)
        self.visible = max(each.evaluation.visible for each in wanted)
        self.sources = dict(_sources(wanted[0].reading.rows, None))
        self._statistics = statistics
        self._counts: dict[str, tuple[int, Mapping[str, int | None]]] = {}
        grain = wanted[0].reading.grain
        time = wanted[0].reading.of.time
        assert time is not None
        self.zoned = time.type == TIMESTAMPTZ and is_dated(grain) and grain.zone not in UTC

    def shared(self) -> list[Shared]:
        """The statements; tasks that are better off alone are in none."""
        light = [each for each in self.wanted if each.reading.mergeable]
        heavy = [each for each in self.wanted if not each.reading.mergeable]
        found = self._light(light)
        for alike in _sorted_by(heavy, self._alike):
            found += self._heavy(alike)
        if self.zoned and self.stop - self.start >= cost_model.LONG:
            served = {reader.task for each in found for reader in each.readers}
            found += [one for each in self.wanted if each.task not in served for one in self._alone(each)]
        return found

    def _alone(self, wanted: _Wanted) -> list[Shared]:
        """A number that shares its rows with none, by a statement that looks dates up where its own rows are many."""
        if self._looked_up(wanted.reading.where) is None:
            return []
        return self._statements([wanted], Form.STATES if wanted.reading.window is not None else self.costs.conditional)

    def _alike(self, wanted: _Wanted) -> object:
        """What distinct counts and percentiles of one statement have in common."""
        return wanted.reading.grain if self.costs.grouping_sets else (wanted.reading.grain, wanted.reading.of.keys)

    def _heavy(self, alike: list[_Wanted]) -> list[Shared]:
        """Distinct counts and percentiles, of one grain, and of the same dimensions where there are no grouping sets."""
        if not self.costs.heavy_apart:
            return self._made(alike, self.costs.conditional)
        same = _sorted_by(alike, lambda w: frozenset(w.reading.where))
        return [each for group in same for each in self._made(group, self.costs.conditional)]

    def _light(self, light: list[_Wanted]) -> list[Shared]:
        """Sums and counts: in two stages all together, or in one stage by grain and dimensions, or not at all.

        Windows take part in two stages only: a 28 day window, a month and a ratio read the same states by day.
        """
        if len(light) < 2:
            return []
        readings = [each.reading for each in light]
        rows = self._rows()
        date = self.costs.zoned if self.zoned else 0.0
        shared_date = self._looked_up() or date
        few = self._few(readings)
        size = Size(
            rows=rows,
            statements=len(light),
            aggregates=width(readings),
            groups=self._groups(readings, few),
            framed=sum(self._framed(each) for each in readings),
            date=date,
            shared_date=shared_date,
        )
        plain = [each for each in light if each.reading.window is None]
        alike = _sorted_by(plain, lambda w: (w.reading.grain, w.reading.of.keys))
        single = sum(
            cost_model.in_one_stage(
                self.costs,
                replace(size, statements=len(g), aggregates=_conditional([w.reading for w in g]), groups=0, framed=0),
            )
            for g in alike
        )
        apart = replace(size, statements=len(light) - len(plain))
        single += cost_model.one_by_one(self.costs, apart) if apart.statements else 0
        alone = cost_model.one_by_one(self.costs, size)
        double = cost_model.in_two_stages(self.costs, size)
        if double < min(single, alone):
            return self._made(light, Form.STATES, few)
        if single < alone:
            return [each for group in alike for each in self._made(group, self.costs.conditional)]
        return []

    def _made(self, wanted: list[_Wanted], form: Form, few: frozenset[Col] = frozenset()) -> list[Shared]:
        """One statement, or several where one would return too much."""
        return self._statements(wanted, form, few) if len(wanted) > 1 else []

    def _statements(self, wanted: list[_Wanted], form: Form, few: frozenset[Col] = frozenset()) -> list[Shared]:
        readings = [each.reading for each in wanted]
        columns = width(readings)
        rows = max(self._rows_out(each) for each in readings)
        most = min(cost_model.COLUMNS, max(2, cost_model.CELLS / max(rows, 1)))
        if columns > most and len(wanted) > 2:
            half = len(wanted) // 2
            return [*self._made(wanted[:half], form, few), *self._made(wanted[half:], form, few)]
        try:
            fused = fuse_scans(readings, form, few)
            query = by_calendar(fused.query) if self._looked_up() is not None else fused.query
            statement = statement_of(self.project, query, wanted[0].dialect)
        except Refused:
            return []  # whatever cannot be said is said of each KPI's own statement
        readers = tuple(
            Reader(
                task=each.task,
                column=column,
                dimensions=each.dimensions,
                start=each.evaluation.start,
                stop=each.evaluation.stop,
            )
            for each, column in zip(wanted, fused.columns, strict=True)
        )
        last = self.visible if wanted[0].evaluation.mode is Mode.OPEN else self.stop
        values = {"from": self.start, "to": last, "as_of": wanted[0].evaluation.as_of}
        connection = wanted[0].connection
        return [Shared(connection=connection, statement=statement, values=values, readers=readers, parts=fused.parts)]

    # -- estimates

    def _looked_up(self, where: Sequence[Scalar] = ()) -> float | None:
        """Seconds of a row's date in a calendar; None where there is none to be looked up, or computing it is as good.

        `where` are conditions on the rows: each that a column has one value leaves its part of them.
        """
        if not self.zoned or self.costs.looked_up is None:
            return None
        rows = self._rows()
        for each in where:
            if isinstance(each, Call) and each.fn == "eq" and isinstance(each.args[0], Col):
                rows /= max(1.0, self._values(each.args[0]))
        return cost_model.by_calendar(self.costs, rows, (self.stop - self.start) / timedelta(hours=1))

    def _rows(self) -> float:
        return float(self._known(self.sources[None])[0])

    def _few(self, readings: Sequence[Reading]) -> frozenset[Col]:
        """The columns that filters look at and that have few values."""
        common = common_conditions(readings)
        columns = dict.fromkeys(
            column
            for each in readings
            for condition in each.conditions()
            if condition not in common
            for column in by_value(condition) or ()
        )
        found = {column: self._distinct(column) for column in columns}
        return frozenset(column for column, number in found.items() if number is not None and number <= cost_model.FEW)

    def _groups(self, readings: Sequence[Reading], few: frozenset[Col]) -> float:
        dimensions, columns, flags = grouped_by(readings, few)
        number = self._buckets(base_grain([each.grain for each in readings])) * 2.0 ** len(flags)
        for scalar in dict.fromkeys((*dimensions, *columns)):
            number *= self._values(scalar)
        return float(min(number, 1e15))

    def _framed(self, each: Reading) -> float:
        """The rows that a window merges: each of its buckets and members once for each bucket that reads it."""
        if each.window is None:
            return 0.0
        unit = _LENGTH[each.grain.unit.removeprefix("fiscal_")]
        length = each.window.length
        back = (
            _LENGTH[(each.window.to_date or "day").removeprefix("fiscal_")]
            if length is None
            else (length.n * _LENGTH.get(length.unit, timedelta(hours=1)))
        )
        return self._rows_out(each) * max(1.0, back / unit)

    def _rows_out(self, each: Reading) -> float:
        number = float(self._buckets(each.grain))
        for _, scalar in each.of.keys:
            number *= self._values(scalar)
        return min(number, self._rows())

    def _buckets(self, grain: Grain) -> int:
        return max(1, (self.stop - self.start) // _LENGTH[grain.unit.removeprefix("fiscal_")])

    def _values(self, scalar: Scalar) -> float:
        """How many values a dimension has, at most as many as its columns together."""
        number = 1.0
        for column in dict.fromkeys(find(scalar, Col)):
            distinct = self._distinct(column)
            number *= self._rows() if distinct is None else distinct
        return max(1.0, number)

    def _distinct(self, column: Col) -> int | None:
        source = self.sources.get(column.table)
        if source is None:
            return cost_model.UNKNOWN_DISTINCT
        return self._known(source)[1].get(column.name, cost_model.UNKNOWN_DISTINCT)

    def _known(self, source: str) -> tuple[int, Mapping[str, int | None]]:
        """Asked once a source, for all columns that could be grouped by."""
        found = self._counts.get(source)
        if found is None:
            told = None if self._statistics is None else self._statistics(source, self._columns(source))
            found = self._counts[source] = told or (cost_model.UNKNOWN_ROWS, {})
        return found

    def _columns(self, source: str) -> tuple[str, ...]:
        readings = [each.reading for each in self.wanted]
        scalars = [scalar for each in readings for _, scalar in each.of.keys]
        read = [column for scalar in scalars for column in find(scalar, Col)]
        read += [c for each in readings for condition in each.conditions() for c in by_value(condition) or ()]
        return tuple(sorted({column.name for column in read if self.sources.get(column.table) == source}))


def _conditional(readings: Sequence[Reading]) -> int:
    """Aggregates of one stage that have a condition of their own."""
    common = common_conditions(readings)
    return sum(
        len(each.of.states) + 1
        for each in readings
        if any(c not in common for c in each.where) or any(s.where is not None for _, s in each.of.states)
    )


def _sources(tree: Relation, alias: str | None) -> Iterable[tuple[str | None, str]]:
    """The source behind each name by which columns are read."""
    if isinstance(tree, Scan):
        yield alias, tree.source
    elif isinstance(tree, Join):
        yield from _sources(tree.left, alias)
        yield from _sources(tree.right, tree.alias)


def _sorted_by(wanted: list[_Wanted], key: Callable[[_Wanted], object]) -> list[list[_Wanted]]:
    found: dict[object, list[_Wanted]] = {}
    for each in wanted:
        found.setdefault(key(each), []).append(each)
    return list(found.values())
