"""Roll-ups: what measures of a source add, count and sketch, kept by `ingest: {rollup: hour}` instead of row by row.

A roll-up is a data source of its own, `NAME_by_hour`; KPIs keep reading the rows. The queries of `queries/rollup/` give the
same numbers from it: sums and counts exactly, `approx_count_distinct` and `approx_percentile` from sketches, within their
error. https://druid.apache.org/docs/latest/ingestion/rollup
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from kpictl.diagnostics import Refused
from kpictl.dialects import named
from kpictl.emit.druid_conditions import Condition, condition
from kpictl.emit.druid_sources import DataSource, Object, Stored
from kpictl.emit.emitter import Emission
from kpictl.ir.relations import Aggregate, Filter, Finalize, Relation, Scan, State
from kpictl.ir.scalars import Call, Col, Lit, Scalar
from kpictl.kinds.lowered import Lowered
from kpictl.model.project import Project
from kpictl.model.sources import Column, Source
from kpictl.model.types import INTEGER, Kind, Type
from kpictl.plan.compile import compile_tree
from kpictl.plan.compiled import Statement
from kpictl.plan.extensions import loaded, missing, whose
from kpictl.records import dataclass

PERIODS = {"minute": "PT1M", "hour": "PT1H", "day": "P1D"}
_KEYS = {Kind.TEXT, Kind.INTEGER, Kind.BOOLEAN, Kind.DATE}
_NATIVE = {"sum": "Sum", "min": "Min", "max": "Max"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rolled:
    """One roll-up."""

    name: str
    unit: str
    dimensions: tuple[Stored, ...]
    metrics: tuple[Object, ...]
    """Of native ingestion."""
    outputs: tuple[str, ...]
    """The same in SQL."""
    queries: Mapping[str, tuple[Statement, Statement | None]] = field(repr=False)
    """By KPI: by its dimensions, and of the total."""

    @property
    def period(self) -> str:
        return PERIODS[self.unit]


class _No(Exception):
    """Why a KPI cannot read a roll-up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Metric:
    """A stored aggregate: its native form and its SQL, both without its name."""

    native: Object
    sql: str
    where: Condition | None
    type: Type
    read: str = ""
    """The function that reads a sketch, `{0}` the column; empty: the column is summed, or its extreme taken."""


def roll_up(emission: Emission, source: DataSource) -> tuple[Rolled | None, Sequence[str]]:
    """The roll-up that a source asks for, and which of its KPIs cannot read it; None where none is asked for."""
    asking = [each for each in source.sources if each.ingest is not None and each.ingest.rollup is not None]
    if not asking:
        return None, ()
    asked = asking[0]
    assert asked.ingest is not None
    unit = asked.ingest.rollup or "hour"
    making = _Making(emission.project, asked, f"{source.name}_by_{unit}", unit)
    compiled = emission.compiled("druid")
    druid = named("druid")
    left = []
    for kpi in emission.kpis:
        lowered = compiled[kpi.name].lowered
        if lowered is None or asked.name not in lowered.sources or lowered.upstream:
            continue
        try:
            connection = compiled[kpi.name].connection
            making.take(kpi.name, lowered, loaded(emission.project, connection, druid), connection)
        except _No as why:
            left.append(f"{kpi.name} reads no roll-up of {asked.name}: {why}")
    by_name = {each.name: each for each in source.columns}
    if not making.queries:
        return None, left
    return Rolled(
        name=making.name,
        unit=unit,
        dimensions=tuple(by_name[name] for name in sorted(making.keys)),
        metrics=tuple(making.native()),
        outputs=tuple(making.sql()),
        queries=making.queries,
    ), left


class _Making:
    """Collects what KPIs need of one roll-up."""

    def __init__(self, project: Project, source: Source, name: str, unit: str) -> None:
        self._project = project
        self._source = source
        self._metrics: dict[str, _Metric] = {}
        self._known: dict[str, str] = {}
        self.name = name
        self.unit = unit
        self.keys: set[str] = set()
        self.queries: dict[str, tuple[Statement, Statement | None]] = {}

    def take(self, kpi: str, lowered: Lowered, extensions: tuple[str, ...], connection: str | None) -> None:
        """Adds a KPI, or raises why it cannot be added; then nothing of it is kept."""
        before = dict(self._metrics), dict(self._known)
        try:
            finest, total = lowered.bare
            trees = [(tree, self._tree(kpi, tree)) for tree in (finest, total) if tree is not None]
            made = [self._statement(tree, sketches) for _, (tree, sketches) in trees]
            for each in made:
                if lacking := missing(each.sql, named("druid"), extensions):
                    function, extension = lacking
                    raise _No(
                        f"{function} is of the extension {extension}, which {whose(connection)} does not load (KPI507)"
                    )
        except _No:
            self._metrics, self._known = before
            raise
        except Refused as refused:
            self._metrics, self._known = before
            raise _No(refused.diagnostics[0].message) from None
        assert isinstance(finest, Finalize)
        assert isinstance(finest.input, Aggregate)
        self.keys |= {key.name for _, key in finest.input.keys if isinstance(key, Col)}
        self.queries[kpi] = made[0], (made[1] if len(made) > 1 else None)

    def native(self) -> list[Object]:
        """`metricsSpec`."""
        return [
            {**each.native, "name": name}
            if each.where is None
            else {"type": "filtered", "filter": each.where.native, "aggregator": {**each.native, "name": name}}
            for name, each in self._metrics.items()
        ]

    def sql(self) -> list[str]:
        """Outputs of the SELECT that makes the roll-up."""
        return [
            f'{each.sql}{"" if each.where is None else f" FILTER (WHERE {each.where.sql})"} AS "{name}"'
            for name, each in self._metrics.items()
        ]

    def _tree(self, kpi: str, tree: Relation) -> tuple[Relation, Mapping[str, str]]:
        """The tree over the roll-up, and the columns of it that are sketches with what reads them."""
        if not isinstance(tree, Finalize) or not isinstance(tree.input, Aggregate):
            raise _No("it is no aggregate of rows of one bucket")
        rows = tree.input
        self._check(rows)
        scan, where = _base(rows.input)
        sketches: dict[str, str] = {}
        states = []
        for name, state in rows.states:
            column, metric = self._metric(kpi, name, state, where)
            if metric.read:
                sketches[column] = metric.read + self._empty(kpi, name, state, where)
            fn = state.fn if state.fn in ("min", "max") else "sum"
            states.append((name, State(fn, (Col(column, None, metric.type),))))
        count = None if where is None else self._metric(kpi, "rows", State("count_rows", ()), where)[0]
        columns = tuple((name, each.type) for name, each in self._metrics.items())
        base: Relation = Scan(self.name, (*scan.columns, *columns), scan.time, zone=scan.zone)
        if count is not None:
            some = Call("gt", (Col(count, None, INTEGER), Lit(0, INTEGER)), Type(Kind.BOOLEAN))
            base = Filter(base, some)
        return replace(tree, input=replace(rows, input=base, states=tuple(states))), sketches

    def _empty(self, kpi: str, name: str, state: State, where: Condition | None) -> str:
        """What is added to a distinct count of texts: the sketch counts no empty one."""
        of = state.args[0]
        if state.fn != "approx_count_distinct" or of.type.kind is not Kind.TEXT:
            return ""
        empty = Call("eq", (of, Lit("", of.type)), Type(Kind.BOOLEAN))
        if state.where is not None:
            empty = Call("and", (state.where, empty), Type(Kind.BOOLEAN))
        column, _ = self._metric(kpi, f"{name}_empty", State("count_rows", (), empty), where)
        return f' + CASE WHEN SUM("{column}") > 0 THEN 1 ELSE 0 END'

    def _check(self, rows: Aggregate) -> None:
        if rows.time is None or rows.grain is None:
            raise _No("it has no buckets")
        for name, key in rows.keys:
            if not isinstance(key, Col) or key.type.kind not in _KEYS or key.name == self._source.time:
                raise _No(f"its dimension {name} is no column")
        if self.unit == "day" and rows.grain.unit == "hour":
            raise _No("its buckets are hours")
        column = self._source.column(self._source.time or "")
        if column is not None and column.type.kind is Kind.DATE:
            return
        zones = {rows.grain.zone, self._source.timezone or rows.grain.zone}
        if not all(_whole(zone, self.unit) for zone in zones):
            raise _No(f"days of {', '.join(sorted(zones))} begin within {self.unit}s of UTC")

    def _metric(self, kpi: str, name: str, state: State, rows: Condition | None) -> tuple[str, _Metric]:
        """The column of a state, new or shared with another KPI."""
        metric = _stored(state, rows)
        key = json.dumps([metric.native, metric.where.native if metric.where is not None else None], default=str)
        if key not in self._known:
            self._known[key] = f"{kpi}__{name}"
            self._metrics[f"{kpi}__{name}"] = metric
        return self._known[key], metric

    def _statement(self, tree: Relation, sketches: Mapping[str, str]) -> Statement:
        statement = compile_tree(self._with_source(), tree, "druid")
        sql = statement.sql
        for column, read in sketches.items():
            plain = re.compile(rf'SUM\((?:CAST\()?"{column}"(?: AS DOUBLE\))?\)')
            parts = plain.split(sql)
            if len(parts) == 1:
                raise _No("its sketch is no value of its own")
            found = read.format(f'"{column}"')
            sql = f"({found})".join(parts)
        return replace(statement, sql=sql)

    def _with_source(self) -> Project:
        """The project with the roll-up as one more source."""
        place = self._source.place
        declared = {column.name: column for column in self._source.columns}
        metrics = [Column(name=name, type=each.type, place=place) for name, each in self._metrics.items()]
        source = replace(
            self._source,
            name=self.name,
            relation=self.name,
            columns=(*declared.values(), *metrics),
            key=(),
            joins=(),
            dimensions=(),
            ingest=None,
        )
        return replace(self._project, sources={**self._project.sources, self.name: source})


def _base(tree: Relation) -> tuple[Scan, Condition | None]:
    """The scan below filters, and their conditions as one."""
    found: list[Scalar] = []
    while isinstance(tree, Filter):
        found.append(tree.predicate)
        tree = tree.input
    if not isinstance(tree, Scan) or tree.valid is not None:
        raise _No("it reads more than the rows of one source")
    if not found:
        return tree, None
    return tree, _said(found[0] if len(found) == 1 else Call("and", tuple(found), Type(Kind.BOOLEAN)))


def _said(predicate: Scalar) -> Condition:
    made = condition(predicate)
    if made is None:
        raise _No("its condition is more than comparisons of columns with constants")
    return made


def _stored(state: State, rows: Condition | None) -> _Metric:
    """https://druid.apache.org/docs/latest/querying/aggregations"""
    where = rows
    if state.where is not None:
        own = _said(state.where)
        where = own if rows is None else rows.and_also(own)
    if state.keyed_by or state.order_by:
        raise _No("a distinct count and a last value need the rows")
    if state.fn == "count_rows":
        return _Metric(native={"type": "count"}, sql="COUNT(*)", where=where, type=INTEGER)
    column = state.args[0]
    if not isinstance(column, Col):
        raise _No(f"{state.fn} is of an expression")
    quoted = f'"{column.name}"'
    if state.fn == "count":
        there = _said(Call("not", (Call("is_null", (column,), Type(Kind.BOOLEAN)),), Type(Kind.BOOLEAN)))
        where = there if where is None else where.and_also(there)
        return _Metric(native={"type": "count"}, sql="COUNT(*)", where=where, type=INTEGER)
    if state.fn in _NATIVE and column.type.is_numeric:
        whole = column.type.kind is Kind.INTEGER
        kind = ("long" if whole else "double") + _NATIVE[state.fn]
        return _Metric(
            native={"type": kind, "fieldName": column.name},
            sql=f"{state.fn.upper()}({quoted})",
            where=where,
            type=column.type,
        )
    if state.fn == "approx_count_distinct" and column.type.kind in (Kind.TEXT, Kind.INTEGER):
        return _Metric(
            native={"type": "HLLSketchBuild", "fieldName": column.name, "lgK": 14},
            sql=f"DS_HLL({quoted}, 14)",
            where=where,
            type=INTEGER,
            read="APPROX_COUNT_DISTINCT_DS_HLL({0}, 14)",
        )
    if state.fn == "approx_percentile" and column.type.is_numeric and isinstance(state.args[1], Lit):
        return _Metric(
            native={"type": "quantilesDoublesSketch", "fieldName": column.name, "k": 256},
            sql=f"DS_QUANTILES_SKETCH({quoted}, 256)",
            where=where,
            type=INTEGER,
            read=f"APPROX_QUANTILE_DS({{0}}, {state.args[1].value}, 256)",
        )
    raise _No(f"{state.fn} needs the rows")


def _whole(zone: str, unit: str) -> bool:
    """Whether the zone's days begin at whole units of UTC, since 1970."""
    seconds = {"minute": 60, "hour": 3600, "day": 86400}[unit]
    found = ZoneInfo(zone)
    instants = (datetime(year, month, 1, tzinfo=UTC) for year in range(1972, 2041) for month in (1, 4, 7, 10))
    offsets = (each.astimezone(found).utcoffset() for each in instants)
    return all(offset is not None and offset.total_seconds() % seconds == 0 for offset in offsets)
