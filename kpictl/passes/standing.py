"""Rows that stand: of each entity the last one, from its bucket on until the next one's, as one pass over the rows.

    Standing last of account, rows at at, by day

becomes a WITH query of the rows with the keys of their buckets and of the next row's of the same entity

    SELECT account, amount, day of at AS since,
           coalesce(lead(day of at) over (partition by account order by at, id), the day after the range) AS until
    FROM balances WHERE at < :to

which is joined to the spine on `since <= day and until > day`. A row that is not the last of its bucket ends where it began.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kpictl.ir.query import Output, Query, Select
from kpictl.ir.relations import Grain, Standing
from kpictl.ir.scalars import Call, Col, Over, Scalar, SortKey
from kpictl.kinds import buckets
from kpictl.kinds.build import add, call, conjunction, lit
from kpictl.model.types import BOOLEAN
from kpictl.passes.bounds import Bounds
from kpictl.passes.rows import rows
from kpictl.passes.spine import Spine
from kpictl.sql.walk import Node, find, transform

SINCE, UNTIL, BEFORE, CARRIED = "since", "until", "before", "carried"


def standing(
    held: Standing, scalars: Sequence[Scalar], days: Spine, table: str
) -> tuple[Query, Callable[[Scalar], Scalar]]:
    """The rows with the buckets in which they stand, and how the given scalars read them from `table`."""
    read = rows(held.input)
    read.where += _reach(held, days.bounds)
    columns = {(c.table, c.name): c for scalar in scalars for c in find(scalar, Col)}
    names = _names(columns)
    since = read.scalar(buckets.key(held.time, held.grain))
    entity = tuple(read.scalar(each) for each in held.entity)
    order = tuple(SortKey(read.scalar(each)) for each in (held.time, *held.ties))

    def beside(fn: str) -> Over:
        return Over(Call(fn, (since, lit(1)), since.type), entity, order, None, since.type)

    outputs = [Output(names[at], read.scalar(column)) for at, column in columns.items()]
    outputs += [Output(SINCE, since), Output(UNTIL, call("coalesce", beside("lead"), _after(days)))]
    if held.first:
        outputs.append(Output(BEFORE, beside("lag")))
    if held.carry is not None:
        outputs.append(Output(CARRIED, read.scalar(_carried(held))))

    def here(scalar: Scalar) -> Scalar:
        def change(node: Node) -> Node:
            return Col(names[node.table, node.name], table, node.type, node.place) if isinstance(node, Col) else node

        changed: Scalar = change(scalar) if isinstance(scalar, Col) else transform(scalar, change, Col)
        return changed

    return Query(Select(tuple(outputs), read.table, read.joined(), read.condition())), here


def stands(held: Standing, days: Spine, table: str) -> Scalar | None:
    """Whether a row stands in a spine's bucket."""
    kind = days.key.type
    since, until = Col(SINCE, table, kind), Col(UNTIL, table, kind)
    later = call("gt", until, days.key)
    if not held.first:
        return conjunction([call("le", since, days.key), later, _still(held, days, table)])
    before = Col(BEFORE, table, kind)
    opens = Call("or", (call("is_null", before), call("lt", before, days.key)), BOOLEAN)
    came = conjunction([call("eq", since, days.key), opens])
    carried = conjunction([call("lt", since, days.key), later, _still(held, days, table)])
    assert came is not None
    assert carried is not None
    return Call("or", (came, carried), BOOLEAN)


def _names(columns: dict[tuple[str | None, str], Col]) -> dict[tuple[str | None, str], str]:
    """A name for each column: its own where no other has it."""
    found: dict[tuple[str | None, str], str] = {}
    taken = {SINCE, UNTIL, BEFORE, CARRIED}
    for table, name in columns:
        wish = name if name not in taken else f"{table or 'row'}_{name}"
        while wish in taken:
            wish += "_"
        taken.add(wish)
        found[table, name] = wish
    return found


def _reach(held: Standing, bounds: Bounds) -> list[Scalar]:
    """Rows that come before the range's end, and those that are too old to be carried into it left out."""
    zone = held.grain.zone
    conditions = bounds.holds(held.time, zone)
    if held.carry is None:
        return list(conditions[1:])
    own = _own(held)
    if buckets.is_dated(own):
        reach = bounds.from_date(buckets.floor_date(buckets.back(bounds.first, held.carry), own), own)
    else:
        reach = bounds.from_instant(buckets.moved_in(bounds.start, held.carry, -1, zone), own)
    return list(reach.holds(held.time, zone))


def _own(held: Standing) -> Grain:
    assert held.own is not None
    return held.own


def _after(days: Spine) -> Scalar:
    """The key of a bucket after all that are asked for."""
    return add(days.bounds.last, days=1) if buckets.is_dated(days.grain) else days.bounds.stop


def _carried(held: Standing) -> Scalar:
    """The key of the last bucket of the measure's own grain into which a row is carried."""
    assert held.carry is not None
    own = _own(held)
    key = buckets.key(held.time, own)
    if buckets.is_dated(own):
        return buckets.moved(key, held.carry, 1)
    return buckets.moved_in(key, held.carry, 1, own.zone)


def _still(held: Standing, days: Spine, table: str) -> Scalar | None:
    if held.carry is None:
        return None
    own = _own(held)
    opens = days.key if buckets.is_dated(own) else buckets.start(days.key, days.grain)
    key = opens if held.first else days.last_within(own)
    return call("le", key, Col(CARRIED, table, key.type))
