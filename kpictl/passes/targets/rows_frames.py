"""Running windows by rows, for engines whose frames count rows only.

Before: `sum(x) OVER (ORDER BY month)`, whose frame by the standard ends with the last row of the same month. After, where month
tells the rows apart (it is what they are grouped by): `sum(x) OVER (ORDER BY month ROWS BETWEEN UNBOUNDED PRECEDING AND
CURRENT ROW)`. Elsewhere the frame is written out as the RANGE that it is, for the target to refuse.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from kpictl.ir.query import Cte, CteRef, Derived, Query, Relation, Select
from kpictl.ir.scalars import Agg, Col, Frame, FrameBound, Over, Scalar
from kpictl.passes.targets.nest import Names, each_query, keys_of
from kpictl.sql.walk import find, holds, transform

_START, _HERE = FrameBound(None), FrameBound(0)
_FRAMED = ("first_value", "last_value", "nth_value")


def rows_frames(query: Query) -> Query:
    """`query` with running frames by rows where rows cannot tie."""
    if not holds(query, Over):
        return query
    ctes = {cte.name: cte.query for cte in find(query, Cte)}

    def change(inner: Query, _: Names) -> Query:
        if not isinstance(inner.body, Select) or not holds(inner, Over):
            return inner
        unique = [frozenset(keys) for keys in _unique(inner.body, ctes)]

        def visit(over: Over) -> Over:
            return _framed(over, unique)

        body = inner.body
        outputs = tuple(replace(o, value=transform(o.value, visit, Over)) for o in body.outputs)
        qualify = None if body.qualify is None else transform(body.qualify, visit, Over)
        order_by = tuple(replace(k, by=transform(k.by, visit, Over)) for k in inner.order_by)
        return replace(inner, body=replace(body, outputs=outputs, qualify=qualify), order_by=order_by)

    return each_query(query, change)


def _framed(over: Over, unique: list[frozenset[Scalar]]) -> Over:
    call = over.call
    if not over.order_by or not (isinstance(call, Agg) or call.fn in _FRAMED):
        return over
    frame = over.frame or Frame("range", _START, _HERE)
    running = frame.mode in ("range", "groups") and frame.end == _HERE and frame.start.offset is None
    if running:
        known = {*over.partition_by, *(key.by for key in over.order_by)}
        is_first = not isinstance(call, Agg) and call.fn == "first_value"
        if is_first or any(keys <= known for keys in unique):
            frame = replace(frame, mode="rows")
    if frame.mode == "range" and frame.start.offset is None and frame.end.offset is None:
        frame = replace(frame, mode="rows")
    return replace(over, frame=frame)


def _unique(select: Select, ctes: Mapping[str, Query]) -> Iterator[tuple[Scalar, ...]]:
    """What tells the rows of a SELECT apart before its windows are computed."""
    if select.group_by is not None:
        keys = keys_of(select)
        if keys is not None:
            yield keys
        return
    if select.source is not None and not select.joins:
        yield from _unique_columns(select.source, ctes)


def _unique_columns(relation: Relation, ctes: Mapping[str, Query]) -> Iterator[tuple[Scalar, ...]]:
    match relation:
        case Derived(query=query, alias=alias):
            pass
        case CteRef(name=name, alias=alias) if name in ctes:
            query = ctes[name]
        case _:
            return
    body = query.body
    if not isinstance(body, Select):
        return
    if body.distinct:
        yield tuple(Col(o.name, alias, o.type) for o in body.outputs)
    for keys in _unique(body, ctes):
        names = {o.value: o.name for o in reversed(body.outputs)}
        if all(key in names for key in keys):
            yield tuple(Col(names[key], alias, key.type) for key in keys)
