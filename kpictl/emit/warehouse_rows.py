"""The rows of `kpi_metrics` that a warehouse's job writes of a KPI, as statements of its engine."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from kpictl.dialects import named
from kpictl.dialects.render import expressions
from kpictl.emit.literals import Text
from kpictl.emit.warehouse_calendar import kept_since
from kpictl.emit.warehouse_words import Words, with_variables
from kpictl.ir.relations import Grain
from kpictl.ir.scalars import Cast, Col, Scalar
from kpictl.kinds.lowered import SERIES, Lowered, Reading
from kpictl.model.kpis import Kpi
from kpictl.model.types import TEXT, Kind, Type
from kpictl.plan.compiled import Compiled, Statement
from kpictl.records import dataclass

_BARE = (Kind.INTEGER, Kind.DECIMAL, Kind.DOUBLE, Kind.BOOLEAN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One KPI of a job."""

    kpi: Kpi
    mode: str
    """range: one statement for all buckets; series: the same, seen from now; buckets: one a bucket, seen from its end;
    snapshot: the one row of the last bucket."""
    rows: Text
    where: Text
    """Which stored rows are replaced."""
    expired: Text | None
    """Which stored rows are past the KPI's retention; None: it has none."""
    staged: Mapping[str, Text]
    """Statements by the name of the temporary table that they fill, where the engine wants that."""


def step_of(words: Words, grain: Grain, kpi: Kpi, node: Compiled, zone: str) -> Step:
    """What a job does for a KPI."""
    lowered, statement = node.lowered, node.statement
    if lowered is None or statement is None:
        raise ValueError(f"{node.name} has no statement")
    texts = {"total": statement} if node.total is None else {"finest": statement, "total": node.total}
    said = {kind: Text(with_variables(words, each.sql.rstrip().rstrip(";"))) for kind, each in texts.items()}
    reads_clock = any(each.name == "as_of" for one in texts.values() for each in one.parameters)
    mode = "range"
    if lowered.reading is Reading.SNAPSHOT:
        mode = "snapshot"
    elif lowered.reading in SERIES:
        mode = "series"
    elif reads_clock:
        mode = "buckets"
    time, begin, end = words.quoted("time"), words.variable.format("from"), words.variable.format("to")
    if mode == "series":
        end = words.variable.format("until")
    literal = words.literal.format
    where = f"kpi_name = {literal(kpi.name)} AND grain = {literal(grain.unit)} AND {time} >= {begin} AND {time} < {end}"
    return Step(
        kpi=kpi,
        mode=mode,
        rows=Text(_rows(words, kpi, lowered, texts, said, begin, end)),
        where=Text(where),
        expired=_expired(words, kpi, zone),
        staged={} if "{}" in words.relation else said,
    )


def _expired(words: Words, kpi: Kpi, zone: str) -> Text | None:
    if kpi.retention is None:
        return None
    name, since = words.literal.format(kpi.name), kept_since(words, kpi.retention, zone)
    return Text(f"kpi_name = {name} AND {words.quoted('time')} < {since}")


def _rows(
    words: Words,
    kpi: Kpi,
    lowered: Lowered,
    texts: Mapping[str, Statement],
    said: Mapping[str, Text],
    begin: str,
    end: str,
) -> str:
    """The rows of `kpi_metrics`: of the total one a bucket, of combinations those that there are."""
    parts = []
    for kind, sql in sorted(said.items(), reverse=True):
        outputs = dict(texts[kind].columns)
        within = f"b.start_time >= {begin} AND b.start_time < {end}"
        meets = f"n.{words.quoted('time')} = b.start_time" if "time" in outputs else within
        join = "JOIN" if kind == "finest" else "LEFT JOIN"
        relation = words.relation.format(sql) if "{}" in words.relation else words.relation.format(kind=kind)
        columns = ",\n  ".join(_row(words, kpi, lowered, outputs, kind))
        parts.append(
            f"SELECT\n  {columns}\nFROM {words.buckets} AS b\n{join} {relation} AS n ON {meets}\nWHERE {within}"
        )
    return "\nUNION ALL\n".join(parts)


def _row(words: Words, kpi: Kpi, lowered: Lowered, outputs: Mapping[str, Type], kind: str) -> tuple[str, ...]:
    by = tuple((name, outputs[name]) for name in sorted(lowered.dimensions)) if kind == "finest" else None
    empty = None if lowered.empty is None else str(lowered.empty)
    divides = lowered.has_denominator and "denominator" in outputs
    columns = _columns(words, lowered.grain.unit, by, empty, "time" in outputs, divides)
    literal = words.literal.format
    return (columns[0], literal(kpi.name), *columns[1:-2], literal(lowered.fingerprint), *columns[-2:])


@lru_cache(maxsize=1024)
def _columns(
    words: Words, unit: str, by: tuple[tuple[str, Type], ...] | None, empty: str | None, has_time: bool, divides: bool
) -> tuple[str, ...]:
    """All columns but the KPI's name, which is the second, and its fingerprint, which is the third last."""
    literal = words.literal.format
    value = words.finite.format(words.double.format(f"n.{words.quoted('value')}"))
    found = f"n.{words.quoted('time')} IS NOT NULL" if has_time else None
    status = f"CASE WHEN {value} IS NOT NULL THEN {literal('ok')}"
    if empty is not None and found and by is None:
        value = f"CASE WHEN {found} THEN {value} ELSE {empty} END"
        status = f"CASE WHEN {value} IS NOT NULL THEN {literal('ok')}"
    if divides:
        nothing = f"COALESCE(n.{words.quoted('denominator')}, 0) = 0" + (f" AND {found}" if found else "")
        status += f" WHEN {nothing} THEN {literal('no_denominator')}"
    text = literal("{}") if by is None else _combination(words, dict(by))
    return (
        "b.start_time",
        value,
        words.document.format(text),
        words.document.format(literal("{}")),
        literal(unit),
        "b.bucket",
        words.hashed.format(text),
        f"{status} ELSE {literal('no_data')} END",
        words.variable.format("run_id"),
        words.variable.format("known_at"),
    )


def _combination(words: Words, dimensions: Mapping[str, Type]) -> str:
    """The canonical JSON of a combination, as text."""
    printed = expressions(named(words.dialect))
    parts = []
    for i, (name, type) in enumerate(dimensions.items()):
        column = Col(name, "n", type)
        member: Scalar = column if type.kind is Kind.TEXT else Cast(column, TEXT)
        shown = printed(member)
        if type.kind not in _BARE:
            shown = words.text.format(shown)
        begin = ("{" if i == 0 else ",") + f'"{name}":'
        parts += [words.literal.format(begin), f"COALESCE({shown}, {words.literal.format('null')})"]
    parts.append(words.literal.format("}"))
    return "(" + f" {words.joined} ".join(parts) + ")"
