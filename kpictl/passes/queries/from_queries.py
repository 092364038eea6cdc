"""Numbers from queries that are kept as they were written."""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Derived, Output, Query, Select
from kpictl.ir.relations import Opaque, Read
from kpictl.ir.scalars import Col, Scalar
from kpictl.kinds import buckets
from kpictl.kinds.build import conjunction
from kpictl.passes.bounds import Bounds
from kpictl.passes.queries.building import DENOMINATOR, Building, Numbers, key_name, outputs_of, read_from


def read(tree: Read, bounds: Bounds | None, building: Building) -> Numbers:
    """The rows of an opaque query, each in the bucket of its time; nothing is pushed into the query."""
    assert isinstance(tree.input, Opaque)
    query = tree.input.query
    outputs = outputs_of(tree.outputs, tree.denominator, building)
    if tree.denominator is not None and not building.with_denominator:
        query = _without(query, DENOMINATOR)
    if tree.time is None:
        return _snapshot(tree, query, outputs, building)
    assert bounds is not None
    assert tree.grain is not None
    alias = building.name("result")
    name = key_name(tree.grain, tuple(n for n, _ in tree.keys))

    def at(scalar: Scalar) -> Scalar:
        return read_from(scalar, alias)

    time = at(tree.time)
    key = Output(name, buckets.key(time, tree.grain))
    columns = (key, *(Output(n, at(s)) for n, s in (*tree.keys, *outputs)))
    where = conjunction(bounds.holds(time, tree.grain.zone))
    select = Select(columns, Derived(query, alias), (), where)
    return Numbers(Query(select), Col(name, None, key.value.type), tree.grain, tuple(n for n, _ in tree.keys))


def _without(query: Query, name: str) -> Query:
    body = query.body
    assert isinstance(body, Select)
    return replace(query, body=replace(body, outputs=tuple(o for o in body.outputs if o.name != name)))


def _snapshot(tree: Read, query: Query, outputs: tuple[tuple[str, Scalar], ...], building: Building) -> Numbers:
    """The query itself where only names differ, else a SELECT around it."""
    wanted = [*outputs, *tree.keys]
    dimensions = tuple(n for n, _ in tree.keys)
    renamed = _renamed(query, wanted)
    if renamed is not None:
        return Numbers(renamed, None, None, dimensions)
    alias = building.name("result")
    columns = tuple(Output(name, read_from(scalar, alias)) for name, scalar in wanted)
    return Numbers(Query(Select(columns, Derived(query, alias))), None, None, dimensions)


def _renamed(query: Query, wanted: list[tuple[str, Scalar]]) -> Query | None:
    body = query.body
    if not isinstance(body, Select) or body.distinct or query.order_by or len(wanted) != len(body.outputs):
        return None
    by_name = {output.name: output.value for output in body.outputs}
    outputs = []
    for name, scalar in wanted:
        if not isinstance(scalar, Col) or scalar.name not in by_name:
            return None
        outputs.append(Output(name, by_name[scalar.name]))
    return replace(query, body=replace(body, outputs=tuple(outputs)))
