"""The query of `complete:`, which names up to when a source is loaded."""

from __future__ import annotations

from dataclasses import replace

from kpictl.diagnostics import Diagnostic, Label, Place, Refused
from kpictl.ir.query import Query, Select
from kpictl.kinds.cut import sources_of
from kpictl.kinds.findings import WatermarkShape
from kpictl.model.project import Project
from kpictl.model.sources import Source
from kpictl.model.types import Kind


def watermark_query(project: Project, source: Source) -> Query:
    """One column, a date or a time, over sources of the same connection; raises Refused, pointing at its characters.

    Nothing is cut from it: it says how things stand now. NOW() is the run's logical time.
    """
    from kpictl.kinds.query_lowering import scope
    from kpictl.sql.frontdoor import query

    assert source.watermark is not None
    place = source.place.child("complete")
    try:
        found = query(source.watermark, scope(project), place)
    except Refused as refused:
        raise Refused([replace(each, node=each.node or source.name) for each in refused.diagnostics]) from None
    wrong = _wrong(project, source, found, place)
    if wrong is not None:
        raise Refused([wrong])
    return found


def _wrong(project: Project, source: Source, query: Query, place: Place) -> Diagnostic | None:
    if len(query.outputs) != 1:
        names = ", ".join(f"`{name}`" for name, _ in query.outputs)
        message = f"the watermark of `{source.name}` is one time, and the query has the columns {names}"
        return WatermarkShape.at(_output(query, 1) or place, message, help=["select one"], node=source.name)
    ((_, type),) = query.outputs
    if not type.is_temporal and type.kind is not Kind.UNKNOWN:
        message = f"the watermark of `{source.name}` is {type}, which does not tell when"
        help = ["select a date or a timestamp, such as `max(loaded_at)`"]
        return WatermarkShape.at(_output(query, 0) or place, message, help=help, node=source.name)
    for name in sources_of(query):
        other = project.sources.get(name)
        if other is not None and _connection(project, other) != _connection(project, source):
            message = f"the watermark of `{source.name}` reads `{name}`, which is on another connection"
            return WatermarkShape.at(
                place,
                message,
                others=[Label(place=other.place.key(), text=f"on {_connection(project, other) or 'no connection'}")],
                help=[f"read a table of {_connection(project, source) or 'the connection'}"],
                node=source.name,
            )
    return None


def _connection(project: Project, source: Source) -> str | None:
    """The name of a source's connection; the output's only one where it names none."""
    output = project.output
    if source.connection is None and output is not None and len(output.connections) == 1:
        return output.connections[0].name
    return source.connection


def _output(query: Query, number: int) -> Place | None:
    """Where an output is written."""
    body = query.body
    if not isinstance(body, Select):
        return None
    return body.outputs[number].value.place if number < len(body.outputs) else None
