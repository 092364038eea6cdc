"""Taking the future away from a query: no scan shows a row at or after the cut, nor one that did not hold at it."""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Derived, Joined, Output, Query, Relation, Select, TableRef
from kpictl.ir.scalars import Call, Col, Scalar
from kpictl.kinds import buckets, roles
from kpictl.kinds.build import TO, call, conjunction
from kpictl.model.project import Project
from kpictl.model.sources import HistoryKind, Source
from kpictl.model.types import BOOLEAN
from kpictl.sql.walk import find, transform


def cut(query: Query, project: Project) -> Query:
    """The query over data as it stood at `to`, in every scan, sub-queries and WITH included."""

    return transform(query, lambda select: _cut_select(select, project), Select)


def sources_of(query: Query) -> tuple[str, ...]:
    """The sources that a query reads, in order of first use."""
    return tuple(dict.fromkeys(ref.source for ref in find(query, TableRef)))


def _cut_select(select: Select, project: Project) -> Select:
    relation, where = select.source, [select.where]
    outer = any(join.kind in ("right", "full") for join in select.joins)
    if relation is not None:
        relation, condition = _visible(relation, project)
        if condition is not None and outer:
            relation, condition = _wrapped(relation, condition), None
        where.append(condition)
    joins: list[Joined] = []
    for join in select.joins:
        table, condition = _visible(join.relation, project)
        on = join.on
        if condition is not None:
            if join.kind == "left":
                on, condition = conjunction([on, condition]), None
            elif outer:
                table, condition = _wrapped(table, condition), None
            where.append(condition)
        joins.append(join if table is join.relation and on is join.on else Joined(join.kind, table, on))
    new = conjunction(where)
    if relation is select.source and tuple(joins) == select.joins and new == select.where:
        return select
    return replace(select, source=relation, joins=tuple(joins), where=new)


def _visible(relation: Relation, project: Project) -> tuple[Relation, Scalar | None]:
    """The relation with the columns that the condition reads, and the condition (None: nothing is cut)."""
    if not isinstance(relation, TableRef) or relation.source not in project.sources:
        return relation, None
    condition = visible(project.sources[relation.source], project)
    if condition is None:
        return relation, None
    known = dict(relation.columns)
    known.update((c.name, c.type) for c in find(condition, Col))
    alias = relation.alias

    def named(column: Col) -> Col:
        return Col(column.name, alias, column.type)

    return replace(relation, columns=tuple(sorted(known.items()))), transform(condition, named, Col)


def visible(source: Source, project: Project) -> Scalar | None:
    """Which rows of a source are known at `to`; None when it does not say."""
    settings = project.settings
    zone = settings.timezone
    parts: list[Scalar] = []
    if source.time is not None:
        time = roles.event_time(source, source.time, settings, source.place.child("time"))
        parts.append(buckets.before(time, TO, zone))
    if source.history.kind is HistoryKind.VALID:
        at = source.place.child("history")
        start = roles.event_time(source, str(source.history.valid_from), settings, at)
        stop = roles.event_time(source, str(source.history.valid_to), settings, at)
        held = buckets.not_before(stop, TO, zone)
        parts += [buckets.before(start, TO, zone), Call("or", (call("is_null", stop), held), BOOLEAN)]
    return conjunction(parts)


def _wrapped(relation: Relation, condition: Scalar) -> Relation:
    """A table under an outer join that keeps its unmatched rows is cut before it is joined."""
    assert isinstance(relation, TableRef)
    columns = tuple(Output(name, Col(name, relation.alias, kind)) for name, kind in relation.columns)
    return Derived(Query(Select(columns, relation, (), condition)), relation.alias)
