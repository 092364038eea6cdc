"""`lag(kpi, 1 month)`: what a KPI was, as far back as it is known.

Before its `start:` a KPI has no value. From the bucket of its source's first row on, a bucket without rows holds what it
holds without rows: a count is 0 there, before it is NULL.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from kpictl.ir.query import Output, Query, Select, TableRef
from kpictl.ir.relations import BUCKET, Aggregate, Grain, Join, Read, Relation, Scan, Span
from kpictl.ir.scalars import Agg, Call, Case, Col, Lit, Scalar, ScalarQuery
from kpictl.ir.verify import inputs, walk
from kpictl.kinds import buckets, roles
from kpictl.kinds.build import TO, call, conjunction, lit
from kpictl.kinds.lowered import Lowered, Reading
from kpictl.model.calendar import calendar
from kpictl.model.project import Project
from kpictl.model.sources import HistoryKind, Source
from kpictl.model.types import DATE, TIMESTAMPTZ


def earlier(column: Col, of: Lowered, span: Span, project: Project) -> Scalar:
    """The number that `of` had a span before, in a row of the `Align` that holds it in `column`."""
    grain = of.grain
    looked_up = buckets.earlier(_key(grain), span, grain)
    known: list[Scalar | None] = []
    value: Scalar = column
    start = _start(of, project)
    if start is not None:
        known.append(call("ge", looked_up, start))
    if of.empty is not None:
        first = _first(of, project)
        if first is not None:
            known.append(call("ge", looked_up, first))
            value = or_empty(column, of)
    condition = conjunction(known)
    return value if condition is None else Case(((condition, value),), None, column.type)


def _key(grain: Grain) -> Col:
    return Col(BUCKET, None, DATE if buckets.is_dated(grain) else TIMESTAMPTZ)


def or_empty(column: Col, of: Lowered) -> Scalar:
    """The number of an operand, and where it has no row what it is without rows; a NULL of its own stays NULL."""
    if of.empty is None:
        return column
    number = lit(_plain(of.empty))
    if of.reading is not Reading.DERIVED:
        return call("coalesce", column, number)  # what is made of counts is never NULL where there are rows
    missing = call("is_null", replace(_key(of.grain), name=column.name.removesuffix("value") + BUCKET))
    return Case(((missing, number),), column, column.type)


def _plain(number: Decimal) -> int | Decimal:
    return int(number) if number == int(number) else number


def _start(of: Lowered, project: Project) -> Scalar | None:
    """The first bucket that a `start:` of the KPI, its sources or the project allows."""
    grain = of.grain
    known = calendar(grain.zone, grain.week_start, grain.fiscal_start)
    kpi = project.kpis.get(of.name)
    texts = [None if kpi is None else kpi.start, project.settings.start]
    texts += [project.sources[name].start for name in of.sources if name in project.sources]
    found = [at for text in texts if text is not None and (at := calendar(grain.zone).parse(text)) is not None]
    if not found:
        return None
    first = known.floor(max(found), grain.unit)
    return Lit(known.local_date(first), DATE) if buckets.is_dated(grain) else Lit(first, TIMESTAMPTZ)


def _first(of: Lowered, project: Project) -> Scalar | None:
    """The bucket of the first row of what the KPI measures; None when its sources do not say when rows came to be."""
    names = dict.fromkeys(name for tree in _measured(of.finest) if (name := _source(tree)) is not None)
    firsts = [_first_of(project.sources[name], of, project) for name in names if name in project.sources]
    told = [first for first in firsts if first is not None]
    if not told or len(told) < len(firsts):
        return None
    return told[0] if len(told) == 1 else Call("least", tuple(told), told[0].type)


def _measured(tree: Relation) -> list[Relation]:
    return [node for node in walk(tree) if isinstance(node, Aggregate | Read)]


def _source(tree: Relation) -> str | None:
    """The source whose rows are aggregated, not those that are joined to them."""
    while not isinstance(tree, Scan):
        below = (tree.left,) if isinstance(tree, Join) else inputs(tree)
        if not below:
            return None
        tree = below[0]
    return tree.source


def _first_of(source: Source, of: Lowered, project: Project) -> Scalar | None:
    name = str(source.history.valid_from) if source.history.kind is HistoryKind.VALID else source.time
    if name is None:
        return None
    time = roles.of_table(roles.event_time(source, name, project.settings, source.place.child("time")), source.name)
    if buckets.is_dated(of.grain):
        date = time if time.type == DATE else buckets.local_date(time, of.grain.zone)
        earliest = buckets.floor_date(Agg("min", (date,), type=DATE), of.grain)
    else:
        earliest = buckets.key(Agg("min", (time,), type=TIMESTAMPTZ), of.grain)
    table = TableRef(source.name, source.name, ((name, roles.column_type(source, name)),))
    where = buckets.before(time, TO, of.grain.zone)
    return ScalarQuery(Query(Select((Output("first", earliest),), table, (), where, ((),))), earliest.type)
