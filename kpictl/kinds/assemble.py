"""From a measure's parts to the ir: written as `measure:` or read from a query, equal parts give equal trees."""

from __future__ import annotations

from collections.abc import Callable

from kpictl.diagnostics import Place
from kpictl.ir.relations import (
    Aggregate,
    Filter,
    Finalize,
    Grain,
    PerBucket,
    Relation,
    Scan,
    Shift,
    Span,
    Standing,
    ValidAt,
    Window,
)
from kpictl.ir.scalars import Col, Scalar
from kpictl.kinds import roles
from kpictl.kinds.build import conjunction
from kpictl.kinds.lowered import Lowered, Reading, made
from kpictl.kinds.states import States, denominator, empty_value, finalized
from kpictl.kinds.stocks import Stock
from kpictl.model.project import Project
from kpictl.model.types import Type
from kpictl.records import dataclass
from kpictl.sql.walk import find


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A measure taken apart. Columns of the source stand without a table, those of a role under its name.

    `time` None: the rows of a `valid:` source that hold at each bucket's end.
    """

    name: str
    view: roles.View
    value: Scalar
    grain: Grain
    time: Scalar | None
    where: Scalar | None = None
    dimensions: tuple[tuple[str, Scalar], ...] = ()
    window: Span | None = None
    to_date: str | None = None
    inclusive: bool = False
    shift: Span | None = None
    stock: Stock | None = None
    """Each entity's row that stands in a bucket, instead of the bucket's rows."""
    predicate: Scalar | None = None
    """Evaluated as of each bucket instead of a window."""
    lookback: Span | None = None
    place: Place


Narrow = Callable[[Parts], Parts]
"""What an ad hoc question adds to every measure that it reads: a condition on the rows."""


def lowered(parts: Parts, project: Project, reading: Reading) -> Lowered:
    """The measure in the ir, with and without its dimensions."""
    states = States()
    value = finalized(parts.value, states)
    divisor = denominator(parts.value)
    below = None if divisor is None else finalized(divisor, states)
    finest = _relation(parts, parts.dimensions, states, value, below, project)
    total = _relation(parts, (), states, value, below, project) if parts.dimensions else None
    return Lowered(
        name=parts.name,
        reading=reading,
        trees=made(finest, total),
        grain=parts.grain,
        dimensions=tuple(name for name, _ in parts.dimensions),
        empty=empty_value(value, states),
        has_denominator=divisor is not None,
        sources=_sources(finest),
        lookback=_lookback(parts),
    )


def _relation(
    parts: Parts,
    dimensions: tuple[tuple[str, Scalar], ...],
    states: States,
    value: Scalar,
    below: Scalar | None,
    project: Project,
) -> Relation:
    rows = _rows(parts, dimensions, project)
    time = parts.time
    if parts.predicate is not None and time is not None:
        rows = PerBucket(rows, parts.grain, time, parts.predicate, parts.lookback)
        time = None
    elif parts.stock is not None and time is not None:
        held = parts.stock
        rows = Standing(rows, parts.grain, time, held.entity, held.ties, held.first, held.carry, held.own)
        time = None
    elif time is None:
        rows = _valid(rows, parts, project)
    tree: Relation = Aggregate(rows, time, parts.grain, dimensions, tuple(states.named.items()))
    if parts.window is not None or parts.to_date is not None:
        tree = Window(tree, parts.grain, parts.window, parts.to_date, parts.inclusive)
    tree = Finalize(tree, (("value", value),), below)
    return tree if parts.shift is None else Shift(tree, parts.grain, parts.shift)


def _rows(parts: Parts, dimensions: tuple[tuple[str, Scalar], ...], project: Project) -> Relation:
    source = parts.view.source
    time = source.time if parts.time is not None else None
    whose = () if parts.stock is None else (*parts.stock.entity, *parts.stock.ties)
    read = roles.roles_read([parts.value, parts.where, parts.predicate, *(s for _, s in dimensions), *whose])
    base: Relation = roles.scan(source, time=time)
    if not source.columns:
        base = _with_columns(base, parts)
    base = roles.joined(base, read, parts.view, project, parts.grain, parts.time, parts.place)
    where = conjunction([parts.where])
    return base if where is None else Filter(base, where)


def _with_columns(base: Relation, parts: Parts) -> Relation:
    """An undeclared source has the columns that are read."""
    assert isinstance(base, Scan)
    seen: dict[str, Type] = {}
    whose = () if parts.stock is None else (*parts.stock.entity, *parts.stock.ties)
    for scalar in (parts.time, parts.value, parts.where, parts.predicate, *(s for _, s in parts.dimensions), *whose):
        if scalar is not None:
            seen.update((c.name, c.type) for c in find(scalar, Col) if c.table is None)
    return Scan(base.source, tuple(sorted(seen.items())), base.time, base.valid, base.zone)


def _valid(rows: Relation, parts: Parts, project: Project) -> Relation:
    source = parts.view.source
    history = source.history
    first, last = str(history.valid_from), str(history.valid_to)
    at = source.place.child("history")
    start = roles.event_time(source, first, project.settings, at)
    stop = roles.event_time(source, last, project.settings, at)
    return ValidAt(rows, parts.grain, start, stop)


def _lookback(parts: Parts) -> Span | None:
    if parts.predicate is not None:
        return parts.lookback
    if parts.stock is not None:
        return parts.stock.carry
    if parts.to_date is not None:
        return Span(1, parts.to_date.removeprefix("fiscal_"))
    spans = [span for span in (parts.window, parts.shift) if span is not None]
    if len(spans) == 2 and spans[0].unit == spans[1].unit:
        return Span(spans[0].n + spans[1].n, spans[0].unit)
    return spans[0] if spans else None


def _sources(tree: Relation) -> tuple[str, ...]:
    from kpictl.ir.verify import scans

    return tuple(dict.fromkeys(scan.source for scan in scans(tree)))
