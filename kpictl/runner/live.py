"""Asks the engines of an output whether they would run each query: they plan it, nothing runs.

What an engine refuses is led back to the author's characters. A connection that cannot be opened, hangs or goes away is
one finding; what stands on other connections is asked all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from kpictl.diagnostics import Diagnostic, Label, Place, Refused, Severity, did_you_mean
from kpictl.dialects import named
from kpictl.dialects.physical import NATIVE, choose
from kpictl.engines import EngineColumn, OpenCatalogue, Rejected
from kpictl.engines.findings import NoEngine, NotThere, QueryFailed
from kpictl.model.kpis import Analysis, Kpi
from kpictl.model.project import Connection, Project
from kpictl.model.sources import Source
from kpictl.model.types import Kind
from kpictl.plan.author_places import AuthorPlaces, Read
from kpictl.plan.compile import analysis_query
from kpictl.plan.compiled import Compiled, Statement
from kpictl.targets import open_catalogue


def look(project: Project, compiled: Sequence[Compiled], now: datetime) -> tuple[Diagnostic, ...]:
    """What the output's engines say of the compiled nodes, each on its own connection."""
    output = project.output
    if output is None:
        return ()
    only = output.connections[0].name if len(output.connections) == 1 else None
    found: list[Diagnostic] = []
    for connection in output.connections:
        nodes = [
            each for each in compiled if each.statement is not None and (each.connection or only) == connection.name
        ]
        if nodes:
            found += _on(project, connection, nodes, now)
    return tuple(found)


def _on(project: Project, connection: Connection, nodes: Sequence[Compiled], now: datetime) -> Iterator[Diagnostic]:
    try:
        engine = open_catalogue(project, connection)
    except Refused as refused:
        yield from (_of_connection(each, len(nodes)) for each in refused.diagnostics)
        return
    try:
        asking = _Asking(project, connection, engine, now)
        for number, node in enumerate(nodes):
            try:
                yield from asking.about(node)
            except Refused as refused:  # the connection itself: the next query would fare no better
                yield from (_of_connection(each, len(nodes) - number, connection) for each in refused.diagnostics)
                return
    finally:
        engine.close()


def _of_connection(found: Diagnostic, waiting: int, connection: Connection | None = None) -> Diagnostic:
    place = found.place or (connection.place if connection is not None else None)
    place = place.key() if isinstance(place, Place) and place.keys else place
    note = f"{waiting} quer{'ies' if waiting != 1 else 'y'} of this connection could not be asked about"
    severity = Severity.HINT if found.code == NoEngine.code else found.severity
    return replace(found, place=place, notes=(*found.notes, note), severity=severity)


class _Asking:
    """The questions to one engine; what it has is asked once a relation, and only where something is wrong."""

    def __init__(self, project: Project, connection: Connection, engine: OpenCatalogue, now: datetime) -> None:
        self._project = project
        self._connection = connection
        self._engine = engine
        self._values: Mapping[str, datetime] = {"from": now - timedelta(days=1), "to": now, "as_of": now}
        self._has: dict[str, tuple[EngineColumn, ...] | None] = {}

    def about(self, node: Compiled) -> Iterable[Diagnostic]:
        """What is wrong with a node; raises Refused where the connection is."""
        for statement in (node.statement, node.total):
            if statement is None:
                continue
            try:
                self._engine.explain(statement, self._values)
            except Rejected as rejected:
                return [self._said(node, statement, rejected)]
        return []

    def _said(self, node: Compiled, statement: Statement, rejected: Rejected) -> Diagnostic:
        fault = rejected.fault
        definition = self._definition(node)
        places, names = self._places(node, definition)
        read = places.at(statement.sql, fault.offset, fault.message)
        fallback = _fallback(definition)
        where = f"on connection `{self._connection.name}` ({self._connection.type})"
        source = None if read is None or read.source is None else self._project.sources.get(read.source)
        if read is not None and source is not None:
            missing = self._missing(source, read, read.place or _where_read(definition, source.name))
            if missing is not None:
                return replace(missing, node=node.name)
        place = (read.place if read is not None else None) or fallback
        notes = [where, *self._retyped(names, read)]
        said = rejected.diagnostics[0].message
        return QueryFailed.at(place, said, label="this is what it means", notes=notes, node=node.name)

    def _definition(self, node: Compiled) -> Kpi | Analysis:
        if node.unique_id.startswith("kpi."):
            return self._project.kpis[node.name]
        return next(each for each in self._project.analyses.values() if each.unique_id == node.unique_id)

    def _places(self, node: Compiled, definition: Kpi | Analysis) -> tuple[AuthorPlaces, tuple[str, ...]]:
        from kpictl.kinds.cut import sources_of

        if isinstance(definition, Analysis):
            query = analysis_query(self._project, definition)
            names = tuple(sources_of(query))
            return AuthorPlaces(self._project, [query], names), names
        assert node.lowered is not None
        trees = [tree for tree in node.lowered.trees() if tree is not None]
        return AuthorPlaces(self._project, trees, node.lowered.sources), node.lowered.sources

    def _missing(self, source: Source, read: Read, place: Place) -> Diagnostic | None:
        """That the connection lacks the relation or column that is read, if it does."""
        has = self._columns(source)
        where = f"connection `{self._connection.name}` has no"
        if has is None:
            relations = self._engine.relations()
            near = did_you_mean(source.relation, relations)
            help = [f"did you mean `{near[0]}`?"] if near else _listed("it has", relations)
            others = [Label(place=source.place.key(), text="the source")]
            return NotThere.at(place, f"{where} table `{source.relation}`", label="read here", others=others, help=help)
        names = [each.name for each in has]
        own = read.column == source.time and named(self._connection.type).time_column is not None
        if read.column is None or own or read.column.lower() in {name.lower() for name in names}:
            return None
        near = did_you_mean(read.column, names)
        help = [f"did you mean `{near[0]}`?"] if near else _listed("it has", names)
        declared = source.column(read.column)
        others = [] if declared is None else [Label(place=declared.place.key(), text="declared here")]
        message = f"{where} column `{read.column}` in `{source.relation}`"
        return NotThere.at(place, message, label="read here", others=others, help=help)

    def _columns(self, source: Source) -> tuple[EngineColumn, ...] | None:
        if source.relation not in self._has:
            try:
                self._has[source.relation] = self._engine.columns(source.relation)
            except Rejected:
                self._has[source.relation] = None
        return self._has[source.relation]

    def _retyped(self, sources: Iterable[str], read: Read | None) -> Iterator[str]:
        """Columns of another type than declared, of what was read first."""
        for name in sources:
            source = self._project.sources.get(name)
            for column in (self._columns(source) or ()) if source is not None else ():
                declared = source.column(column.name) if source is not None else None
                if declared is None or column.type is None or declared.type.kind in (column.type.kind, Kind.UNKNOWN):
                    continue
                words = dict(declared.physical).get(self._connection.type)
                if choose(named(self._connection.type).stored, declared.type.kind, words) != (NATIVE, ""):
                    continue  # the target keeps such values in a form of its own
                if read is None or read.column in (None, column.name):
                    yield f"`{column.name}` of `{name}` is {column.native} there, and {declared.type} here"


def _fallback(definition: Kpi | Analysis) -> Place:
    """Where a definition says what is computed."""
    if isinstance(definition, Analysis):
        return definition.place
    return definition.place.child(definition.kind)


def _where_read(definition: Kpi | Analysis, source: str) -> Place:
    """Where a definition names a source."""
    if isinstance(definition, Kpi) and getattr(definition.spec, "source", None) == source:
        return definition.place.child("source")
    return _fallback(definition)


def _listed(before: str, names: Sequence[str]) -> list[str]:
    shown = ", ".join(f"`{name}`" for name in names[:12])
    return [f"{before} {shown}{' and others' if len(names) > 12 else ''}" if names else f"{before} none"]
