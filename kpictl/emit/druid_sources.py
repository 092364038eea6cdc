"""Data sources of Druid: which columns they have, how each is stored, and how a row of JSON is turned into that.

A row is one object: times as ISO 8601 texts (naive ones are UTC), truth values as JSON's own, the rest as it is. What
cannot be read as its column's type stops an ingestion, so that no value is lost in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from kpictl.dialects import named
from kpictl.dialects.physical import choose
from kpictl.emit.emitter import Emission
from kpictl.model.durations import Duration
from kpictl.model.sources import Column, HistoryKind, Source
from kpictl.model.store_schema import VALUE_COLUMNS, Form, longest
from kpictl.model.types import Kind
from kpictl.records import dataclass

Object = dict[str, object]
KEPT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
"""Names that need no escape in a path, a variable of a shell or a name of a topic."""
_NUMBERS = {Kind.INTEGER: "long", Kind.DECIMAL: "double", Kind.DOUBLE: "double"}
_EXTERN = {"long": "BIGINT", "double": "DOUBLE", "string": "VARCHAR", "json": "TYPE('COMPLEX<json>')"}
_FORMS = {Form.TEXT: "string", Form.JSON: "string", Form.DOUBLE: "double", Form.INTEGER: "long", Form.INSTANT: "long"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A column of a data source."""

    name: str
    type: str
    """long, double, string, json, or auto (an array)."""
    expression: str | None = None
    """Of native ingestion, over the row's field of the same name; None: the field itself."""
    sql: str | None = None
    """The same in SQL."""
    extern: str = "VARCHAR"
    """The field's type in SQL."""

    @property
    def dimension(self) -> Object:
        """https://druid.apache.org/docs/latest/ingestion/ingestion-spec#dimension-objects"""
        return {"type": self.type, "name": self.name, **({"formatVersion": 5} if self.type == "json" else {})}


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSource:
    """A table of Druid and the sources that read it."""

    name: str
    time: str | None
    """The field that becomes `__time`; None: every row is of 1970."""
    columns: tuple[Stored, ...]
    keep: Duration | None
    appends: bool
    """Rows are added and never change: they may come by a stream."""
    sources: tuple[Source, ...] = ()


def data_sources(emission: Emission) -> tuple[Sequence[DataSource], Sequence[str]]:
    """What the KPIs read that is on Druid, the values themselves first; and why some can have no specification."""
    keep = longest(kpi.retention for kpi in emission.kpis)
    found, left = [_values(keep)], []
    for name, sources in _by_relation(emission).items():
        why = _unsayable(sources)
        if why is not None:
            left.append(f"{name}: {why}")
            continue
        found.append(_data_source(name, sources))
    return found, left


def kept(emission: Emission) -> dict[str, Duration | None]:
    """How long each data source is kept, also of those without declared columns; None: for ever."""
    found: dict[str, Duration | None] = {"kpi_metrics": longest(kpi.retention for kpi in emission.kpis)}
    return found | {name: _longest(sources) for name, sources in _by_relation(emission).items()}


def _longest(sources: Sequence[Source]) -> Duration | None:
    kept = [source.retention for source in sources]
    known = [each for each in kept if each is not None]
    return max(known, key=lambda each: each.days_at_most) if known and len(known) == len(kept) else None


def _by_relation(emission: Emission) -> dict[str, list[Source]]:
    output = emission.project.output
    on_druid = {each.name for each in output.connections if each.type == "druid"} if output is not None else set()
    found: dict[str, list[Source]] = {}
    for source in emission.project.sources.values():
        name = source.relation.rpartition(".")[2]
        if (source.connection in on_druid or (source.connection is None and on_druid)) and KEPT.fullmatch(name):
            found.setdefault(name, []).append(source)
    return found


def _unsayable(sources: Sequence[Source]) -> str | None:
    bare = [source.name for source in sources if not source.columns]
    if bare:
        return f"{', '.join(bare)} declares no columns"
    times = {source.time for source in sources if source.time is not None}
    if len(times) > 1:
        return f"it is read by the times {', '.join(sorted(times))}, and a data source has one"
    return None


def _values(keep: Duration) -> DataSource:
    """`kpi_metrics`, as the store keeps it."""
    columns = []
    for each in VALUE_COLUMNS:
        if each.name == "time":
            continue
        kind = _FORMS[each.form]
        columns.append(_instant(each.name) if each.form is Form.INSTANT else _as_it_is(each.name, kind))
    return DataSource(name="kpi_metrics", time="time", columns=tuple(columns), keep=keep, appends=True)


def _data_source(name: str, sources: Sequence[Source]) -> DataSource:
    time = next((source.time for source in sources if source.time is not None), None)
    columns: dict[str, Stored] = {}
    for source in sources:
        for column in source.columns:
            # A source that does not read the column as its time reads it under its own name.
            if column.name != source.time and KEPT.fullmatch(column.name):
                columns.setdefault(column.name, stored(column))
    return DataSource(
        name=name,
        time=time,
        columns=tuple(columns.values()),
        keep=_longest(sources),
        appends=time is not None and all(source.history.kind is HistoryKind.APPEND for source in sources),
        sources=tuple(sources),
    )


def stored(column: Column) -> Stored:
    """A declared column in the form in which compiled SQL reads it: "Stored forms" in docs/targets/druid.md."""
    kind = column.type.kind
    words = dict(column.physical).get("druid")
    chosen = choose(named("druid").stored, kind, words)
    form = chosen[0].name if chosen is not None else "native"
    if form == "text" or (words or "").split()[:1] == ["text"]:
        return _as_it_is(column.name, "string")
    if kind is Kind.BOOLEAN:
        return _truth(column.name)
    if column.type.is_temporal:
        return _instant(column.name, "seconds" if form == "seconds" else "millis")
    if kind is Kind.JSON:
        return _as_it_is(column.name, "json")
    if kind is Kind.ARRAY:
        name = _quoted(column.name)
        if form == "array":
            return Stored(name=column.name, type="auto", extern="VARCHAR ARRAY")
        return Stored(name=column.name, type="string", sql=f"ARRAY_TO_MV({name})", extern="VARCHAR ARRAY")
    return _as_it_is(column.name, _NUMBERS.get(kind, "string"))


def _as_it_is(name: str, kind: str) -> Stored:
    return Stored(name=name, type=kind, extern=_EXTERN[kind])


def _instant(name: str, unit: str = "millis") -> Stored:
    """`timestamp` fails at what is no time; `TIME_PARSE` is NULL there."""
    parsed = f"timestamp({_field(name)})"
    cut = "" if unit == "millis" else " / 1000"
    return Stored(
        name=name,
        type="long",
        expression=f"if(isnull({_field(name)}), null, {parsed}{cut})",
        sql=f"TIMESTAMP_TO_MILLIS(TIME_PARSE({_quoted(name)})){cut}",
    )


def _truth(name: str) -> Stored:
    text = f"lower(cast({_field(name)}, 'STRING'))"
    shown = f"LOWER({_quoted(name)})"
    return Stored(
        name=name,
        type="long",
        expression=f"if(isnull({_field(name)}), null, if({text} == 'true' || {text} == '1', 1, 0))",
        sql=f"CASE WHEN {_quoted(name)} IS NULL THEN NULL WHEN {shown} IN ('true', '1') THEN 1 ELSE 0 END",
    )


def _quoted(name: str) -> str:
    return named("druid").quote(name)


def _field(name: str) -> str:
    return f'"{name}"'


def schema(source: DataSource, columns: Iterable[Stored], granularity: str, *, rolled: str = "NONE") -> Object:
    """`dataSchema` without metrics: https://druid.apache.org/docs/latest/ingestion/ingestion-spec#dataschema"""
    listed = list(columns)
    missing = {} if source.time is not None else {"missingValue": "1970-01-01T00:00:00Z"}
    transforms = [
        {"type": "expression", "name": each.name, "expression": each.expression}
        for each in source.columns
        if each.expression is not None
    ]
    return {
        "dataSource": source.name,
        "timestampSpec": {"column": source.time or "__no_time", "format": "auto", **missing},
        "transformSpec": {"transforms": transforms},
        "dimensionsSpec": {"dimensions": [each.dimension for each in listed]},
        "metricsSpec": [],
        "granularitySpec": {
            "type": "uniform",
            "segmentGranularity": granularity,
            "queryGranularity": rolled,
            "rollup": rolled != "NONE",
        },
    }
