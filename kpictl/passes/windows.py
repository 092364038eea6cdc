"""Trailing windows over a spine, never "the last n rows".

Three forms, all exact. Mergeable states are computed once a bucket and merged by a range join. A distinct count keeps,
for each entity, the spans of buckets in which it counts (from a day it came to n days on, or to the period's end, or to the
next day it came):
the spans of one entity do not overlap, so the count of a bucket is the spans begun less the spans ended, and nothing is
repeated n times. Rows without an entity have spans that count nothing: a combination that has only those holds 0.
Everything else (percentiles, distinct counts over calendar months by day) is recomputed from the rows of each window.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import CteRef, Joined, Output, Query, Select, SetOperation
from kpictl.ir.relations import Aggregate, Grain, State, Window
from kpictl.ir.scalars import Agg, Call, Case, Col, Over, Scalar, SortKey
from kpictl.kinds import buckets
from kpictl.kinds.build import call, conjunction, lit
from kpictl.kinds.states import aggregate
from kpictl.model.types import INTEGER, UNKNOWN
from kpictl.passes.bounds import Bounds
from kpictl.passes.queries.building import Building
from kpictl.passes.rows import Rows, rows
from kpictl.passes.spine import Spine
from kpictl.sql.walk import find, transform

Outputs = tuple[tuple[str, Scalar], ...]
_MERGE = {"count_rows": "sum", "count": "sum", "sum": "sum"}


def window(tree: Window, of: Aggregate, outputs: Outputs, days: Spine, building: Building) -> tuple[Query, Output]:
    """The SELECT of a window's numbers, and its key."""
    read = rows(of.input)
    read.where += list(reach(tree, days.bounds).holds(_time(of), days.grain.zone))
    states = [state for _, state in of.states]
    if not any(state.holistic or state.keyed_by for state in states):
        return _merged(tree, of, outputs, days, read, building)
    if len(states) == 1 and states[0].fn == "count" and states[0].keyed_by and _uniform(tree, days):
        return _distinct(tree, of, states[0], outputs, days, read, building)
    return _recomputed(tree, of, outputs, days, read)


def _time(of: Aggregate) -> Scalar:
    assert of.time is not None
    return of.time


def reach(tree: Window, bounds: Bounds) -> Bounds:
    """The range of rows that the first bucket's window begins with."""
    grain = tree.grain
    if not buckets.is_dated(grain):
        if tree.length is None:
            return bounds.from_date(_since(tree, bounds.first), grain)
        return bounds.from_instant(buckets.moved_in(bounds.start, tree.length, -1, grain.zone), grain)
    if tree.to_date is not None:
        return bounds.from_date(_since(tree, bounds.first), grain)
    assert tree.length is not None
    first = buckets.back(bounds.first, tree.length)
    return bounds.from_date(first if tree.inclusive else buckets.next_key(first, grain), grain)


def _period(tree: Window) -> Grain:
    assert tree.to_date is not None
    return replace(tree.grain, unit=tree.to_date)


def _since(tree: Window, date: Scalar) -> Scalar:
    """The first date of the period that holds a date."""
    return buckets.floor_date(date, _period(tree))


def inside(key: Scalar, tree: Window, days: Spine) -> Scalar | None:
    """Whether a bucket lies in the window of a spine's bucket."""
    grain = tree.grain
    if tree.to_date is not None:
        first = _first_key(tree, days)
        return conjunction([call("ge", key, first), call("le", key, days.key)])
    assert tree.length is not None
    dated = buckets.is_dated(grain)
    begin = buckets.back(days.key, tree.length) if dated else buckets.moved_in(days.key, tree.length, -1, grain.zone)
    return conjunction([call("ge" if tree.inclusive else "gt", key, begin), call("le", key, days.key)])


def _first_key(tree: Window, days: Spine) -> Scalar:
    """The key of the bucket with which the period of a spine's bucket begins."""
    if buckets.is_dated(days.grain):
        return _since(tree, days.key)
    date = call("bucket_date", days.key, lit(days.grain.zone))
    return buckets.date_start(_since(tree, date), days.grain.zone)


def _uniform(tree: Window, days: Spine) -> bool:
    """Whether a bucket counts from its own on to one that is known: no month's end is clamped."""
    length = tree.length
    if not buckets.is_dated(days.grain):
        return False
    if length is None:
        return tree.to_date is not None
    in_months = length.unit in buckets.MONTHS
    return in_months == (days.grain.unit in buckets.MONTHS)


def _keys(of: Aggregate, read: Rows, name: str, *, qualify: bool | None = None) -> tuple[Output, ...]:
    assert of.grain is not None
    key = Output(name, read.scalar(buckets.key(_time(of), of.grain), qualify=qualify))
    return (key, *(Output(n, read.scalar(s, qualify=qualify)) for n, s in of.keys))


def _of(outputs: tuple[Output, ...], table: str) -> tuple[Output, ...]:
    return tuple(Output(o.name, Col(o.name, table, o.type)) for o in outputs)


def _values(outputs: Outputs, states: dict[str, Scalar]) -> tuple[Output, ...]:
    """Numbers over states, with each state replaced by what stands for it here."""

    def change(node: object) -> object:
        return states[node.name] if isinstance(node, Col) and node.table is None and node.name in states else node

    return tuple(
        Output(
            name,
            states[value.name] if isinstance(value, Col) and value.name in states else transform(value, change, Col),
        )
        for name, value in outputs
    )


def _state_types(outputs: Outputs) -> dict[str, Col]:
    return {column.name: column for _, value in outputs for column in find(value, Col) if column.table is None}


# -- mergeable states


def _merged(
    tree: Window, of: Aggregate, outputs: Outputs, days: Spine, read: Rows, building: Building
) -> tuple[Query, Output]:
    columns = _state_types(outputs)
    keys = _keys(of, read, days.key.name)
    used = [(name, state) for name, state in of.states if name in columns]
    parts = tuple(Output(n, read.scalar(aggregate(s, columns[n].type))) for n, s in used)
    per_bucket = Query(
        Select((*keys, *parts), read.table, read.joined(), read.condition(), (tuple(k.value for k in keys),))
    )
    name = building.cte("states", per_bucket)
    merged: dict[str, Scalar] = {
        n: Agg(_MERGE.get(s.fn, s.fn), (Col(n, name, columns[n].type),), type=columns[n].type) for n, s in used
    }
    key = Output(days.key.name, days.key)
    dims = _of(keys[1:], name)
    on = inside(Col(days.key.name, name, days.key.type), tree, days)
    select = Select(
        (key, *dims, *_values(outputs, merged)),
        days.relation,
        (Joined("inner", CteRef(name, name), on),),
        None,
        ((key.value, *(d.value for d in dims)),),
    )
    return Query(select), key


# -- distinct counts


def _distinct(
    tree: Window, of: Aggregate, state: State, outputs: Outputs, days: Spine, read: Rows, building: Building
) -> tuple[Query, Output]:
    keys = _keys(of, read, days.key.name)
    begins = keys[0].name
    visits = building.cte("visits", _visits(keys, state, read))
    spans = building.cte("spans", _spans(visits, keys, state, tree, days))
    changes = building.cte("changes", _changes(spans, begins, keys[1:]))
    dims = _of(keys[1:], changes)
    key = Output(days.key.name, days.key)
    running: Scalar = Agg("sum", (Col("change", changes, INTEGER),), type=INTEGER)
    name = next(n for n, s in of.states if s == state)
    values = _values(outputs, {name: running})
    on = call("le", Col(begins, changes, days.key.type), days.key)
    there: Scalar = Agg("sum", (Col("there", changes, INTEGER),), type=INTEGER)
    counted = call("gt", there, lit(0))
    select = Select(
        (key, *dims, *values),
        days.relation,
        (Joined("inner", CteRef(changes, changes), on),),
        None,
        ((key.value, *(d.value for d in dims)),),
        having=counted,
    )
    return Query(select), key


def _visits(keys: tuple[Output, ...], state: State, read: Rows) -> Query:
    """Each entity once a bucket and combination; NULL for the rows that have none or are not counted."""
    where = [state.where, *(call("not", call("is_null", arg)) for arg in state.args)]
    found = conjunction(where if len(state.args) > 1 else where[:1])
    args = [arg if found is None else Case(((found, arg),), None, arg.type) for arg in state.args]
    entity = tuple(Output(_entity(n), read.scalar(arg)) for n, arg in enumerate(args))
    outputs = (*keys, *entity)
    return Query(Select(outputs, read.table, read.joined(), read.condition(), distinct=True))


def _spans(visits: str, keys: tuple[Output, ...], state: State, tree: Window, days: Spine) -> Query:
    """From each visit until it no longer counts, or until the entity's next one."""
    begin = Col(keys[0].name, visits, days.key.type)
    dims = _of(keys[1:], visits)
    until = _until(begin, tree)
    entity = tuple(Col(_entity(n), visits, arg.type) for n, arg in enumerate(state.args))
    same = (*(d.value for d in dims), *entity)
    following = Over(Call("lead", (begin, lit(1)), begin.type), same, (SortKey(begin),), None, begin.type)
    ends = call("least", until, following)
    counts = Case(((call("is_null", entity[0]), lit(0)),), lit(1), INTEGER)
    outputs = (Output(keys[0].name, begin), *dims, Output("ends", ends), Output("counts", counts))
    return Query(Select(outputs, CteRef(visits, visits)))


def _until(begin: Scalar, tree: Window) -> Scalar:
    """The first bucket that no longer reads one: the next period's, or the one a length on."""
    if tree.length is None:
        return buckets.next_key(_since(tree, begin), _period(tree))
    until = buckets.moved(begin, tree.length, 1)
    return buckets.next_key(until, tree.grain) if tree.inclusive else until


def _entity(n: int) -> str:
    return f"entity_{n + 1}"


def _changes(spans: str, begins: str, dims: tuple[Output, ...]) -> Query:
    """By bucket, how many spans begin less how many end: those of entities (`change`), and all (`there`)."""
    key_type = UNKNOWN

    def side(column: str, sign: int) -> Query:
        at = Col(column, spans, key_type)
        each = _of(dims, spans)
        number: Scalar = Agg("sum", (Col("counts", spans, INTEGER),), type=INTEGER)
        every: Scalar = Agg("count_rows", (), type=INTEGER)
        if sign < 0:
            number, every = call("neg", number, type=INTEGER), call("neg", every, type=INTEGER)
        return Query(
            Select(
                (Output(begins, at), *each, Output("change", number), Output("there", every)),
                CteRef(spans, spans),
                (),
                None,
                ((at, *(d.value for d in each)),),
            )
        )

    return Query(SetOperation("union", side(begins, 1), side("ends", -1), all=True))


# -- everything else


def _recomputed(tree: Window, of: Aggregate, outputs: Outputs, days: Spine, read: Rows) -> tuple[Query, Output]:
    """The rows of each bucket's window, aggregated for each bucket."""
    keys = _keys(of, read, days.key.name, qualify=True)
    states = dict(of.states)
    merged: dict[str, Scalar] = {
        name: read.scalar(aggregate(states[name], column.type), qualify=True)
        for name, column in _state_types(outputs).items()
        if name in states
    }
    key = Output(days.key.name, days.key)
    on = inside(keys[0].value, tree, days)
    select = Select(
        (key, *keys[1:], *_values(outputs, merged)),
        days.relation,
        (Joined("inner", read.table, on), *read.joined(qualify=True)),
        read.condition(qualify=True),
        ((key.value, *(d.value for d in keys[1:])),),
    )
    return Query(select), key
