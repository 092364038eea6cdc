"""Operands that read the same rows share one scan; where their filters differ, each filter moves into its states.

    Derived(Align(a: Finalize(Aggregate(Filter(Scan sessions, bought), day, rows)),
                  b: Finalize(Aggregate(Scan sessions, day, rows))), a.value / b.value)
    ->  Finalize(Aggregate(Scan sessions, day, rows where bought, rows_2), rows / rows_2)

Where one operand has no row in a bucket, its states over the shared rows are those of no rows: a count is 0 and everything
else NULL, which is what lowering says of a missing operand. Likewise where both merge the same window.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.relations import BUCKET, Aggregate, Align, Derived, Filter, Finalize, Relation, State, Window
from kpictl.ir.scalars import Col, Scalar
from kpictl.kinds.build import conjunction
from kpictl.passes.rewrite import bottom_up
from kpictl.records import dataclass
from kpictl.sql.walk import Node, find, transform


def fuse_operands(tree: Relation) -> Relation:
    """Ratios and expressions over one source as one aggregate."""
    return bottom_up(tree, _fuse)


@dataclass(frozen=True, slots=True)
class _Part:
    alias: str
    rows: Relation
    filter: Scalar | None
    of: Aggregate
    values: tuple[tuple[str, Scalar], ...]
    window: Window | None = None


def _fuse(node: Relation) -> Relation:
    if not isinstance(node, Derived) or not isinstance(node.input, Align):
        return node
    if any(column.name.endswith(BUCKET) for _, value in node.outputs for column in find(value, Col)):
        return node  # it asks which operand has a row of its own
    parts = [_part(alias, each) for alias, each in node.input.inputs]
    known = [part for part in parts if part is not None]
    if len(known) < 2 or len(known) < len(parts) or len({_scan_key(part) for part in known}) > 1:
        return node
    return _fused(node, known)


def _part(alias: str, tree: Relation) -> _Part | None:
    if not isinstance(tree, Finalize):
        return None
    window = tree.input if isinstance(tree.input, Window) else None
    of = window.input if window is not None else tree.input
    if not isinstance(of, Aggregate) or of.time is None or (window is not None and not _merged(of)):
        return None
    if isinstance(of.input, Filter):
        return _Part(alias, of.input.input, of.input.predicate, of, tree.outputs, window)
    return _Part(alias, of.input, None, of, tree.outputs, window)


def _merged(of: Aggregate) -> bool:
    """Whether a window merges the states of buckets; others it computes in ways that are faster apart."""
    return not any(state.holistic or state.keyed_by for _, state in of.states)


def _scan_key(part: _Part) -> tuple[object, ...]:
    frame = None if part.window is None else (part.window.length, part.window.to_date, part.window.inclusive)
    return (part.rows, part.of.time, part.of.grain, part.of.keys, frame)


def _fused(node: Derived, parts: list[_Part]) -> Relation:
    common = parts[0].filter if len({part.filter for part in parts}) == 1 else None
    states: dict[str, State] = {}
    values: dict[str, Scalar] = {}
    for part in parts:
        renamed: dict[str, str] = {}
        for name, state in part.of.states:
            where = state.where if common is not None else conjunction([part.filter, state.where])
            renamed[name] = _named(name, replace(state, where=where), states)
        values.update((f"{part.alias}.{name}", _renamed(value, renamed)) for name, value in part.values)
    first = parts[0].of
    rows = parts[0].rows if common is None else Filter(parts[0].rows, common)
    rows = _narrowed(rows, parts) if common is None else rows
    aggregate = replace(first, input=rows, states=tuple(states.items()))
    window = parts[0].window
    merged = aggregate if window is None else replace(window, input=aggregate)
    outputs = tuple((name, _put(value, values)) for name, value in node.outputs)
    below = None if node.denominator is None else _put(node.denominator, values)
    return Finalize(merged, outputs, below)


def _narrowed(rows: Relation, parts: list[_Part]) -> Relation:
    """Rows that none of the operands reads are left out, as without fusion: a bucket of only such rows has no value."""
    if any(part.filter is None for part in parts):
        return rows
    from kpictl.ir.scalars import Call
    from kpictl.model.types import BOOLEAN

    filters = tuple(dict.fromkeys(part.filter for part in parts if part.filter is not None))
    return Filter(rows, Call("or", filters, BOOLEAN))


def _named(wish: str, state: State, states: dict[str, State]) -> str:
    for name, known in states.items():
        if known == state:
            return name
    name = wish if wish not in states else next(f"{wish}_{n}" for n in range(2, 10_000) if f"{wish}_{n}" not in states)
    states[name] = state
    return name


def _renamed(value: Scalar, names: dict[str, str]) -> Scalar:
    def change(node: Node) -> Node:
        if isinstance(node, Col) and node.name in names:
            return replace(node, name=names[node.name])
        return node

    changed: Scalar = change(value) if isinstance(value, Col) else transform(value, change, Col)
    return changed


def _put(value: Scalar, values: dict[str, Scalar]) -> Scalar:
    def change(node: Node) -> Node:
        return values[node.name] if isinstance(node, Col) and node.name in values else node

    changed: Scalar = change(value) if isinstance(value, Col) else transform(value, change, Col)
    return changed
