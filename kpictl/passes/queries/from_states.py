"""Numbers from states: rows in the bucket of their time, or joined to a spine of buckets."""

from __future__ import annotations

from kpictl.ir.query import Cte, CteRef, Joined, Output, Query, Select
from kpictl.ir.relations import Aggregate, Finalize, PerBucket, Standing, ValidAt, Window
from kpictl.ir.scalars import Call, Scalar
from kpictl.ir.verify import aggregate_of
from kpictl.kinds import buckets
from kpictl.kinds.build import call, conjunction
from kpictl.model.types import BOOLEAN, DATE
from kpictl.passes.bounds import Bounds
from kpictl.passes.queries.building import Building, Numbers, by_time, grouped, key_name, made, outputs_of, over_rows
from kpictl.passes.rows import Rows, rows
from kpictl.passes.spine import Spine, spine
from kpictl.passes.standing import standing, stands
from kpictl.passes.windows import window


def finalize(tree: Finalize, bounds: Bounds | None, building: Building) -> Numbers:
    """The numbers that a `Finalize` makes."""
    of = aggregate_of(tree.input)
    assert of is not None
    outputs = outputs_of(tree.outputs, tree.denominator, building)
    if isinstance(tree.input, Window):
        assert bounds is not None
        return _windowed(tree.input, of, outputs, bounds, building)
    if isinstance(of.input, ValidAt | PerBucket):
        assert bounds is not None
        return _by_bucket(of, of.input, outputs, bounds, building)
    if isinstance(of.input, Standing):
        assert bounds is not None
        return _standing(of, of.input, outputs, bounds, building)
    if of.time is None or of.grain is None or bounds is None:
        return grouped(rows(of.input), of, None, outputs)
    return by_time(of, outputs, bounds)


def _by_bucket(
    of: Aggregate,
    held: ValidAt | PerBucket,
    outputs: tuple[tuple[str, Scalar], ...],
    bounds: Bounds,
    building: Building,
) -> Numbers:
    """Each bucket with the rows that hold at its end, or as of it."""
    read = rows(held.input)
    grain = held.grain
    name = key_name(grain, tuple(n for n, _ in of.keys))
    days = spine(grain, bounds, building.name(f"{grain.unit}s"), name)
    on = _held(held, read, days)
    dims = tuple(Output(n, read.scalar(scalar, qualify=True)) for n, scalar in of.keys)
    values = tuple(Output(n, read.scalar(over_rows(v, of), qualify=True)) for n, v in outputs)
    key = Output(name, days.key)
    select = Select(
        (key, *dims, *values),
        days.relation,
        (Joined("inner", read.table, on), *read.joined(qualify=True)),
        read.condition(qualify=True),
        ((key.value, *(d.value for d in dims)),),
    )
    return made(Query(select), key, grain, of)


def _held(held: ValidAt | PerBucket, read: Rows, days: Spine) -> Scalar | None:
    if isinstance(held, ValidAt):
        start, stop = read.scalar(held.start, qualify=True), read.scalar(held.stop, qualify=True)
        gone = call("not", days.before_end(stop)) if stop.type != DATE else call("gt", stop, days.last)
        if isinstance(gone, Call) and gone.fn == "not":
            gone = call("ge", stop, days.end)
        return conjunction([days.before_end(start), Call("or", (call("is_null", stop), gone), BOOLEAN)])
    time = read.scalar(held.time, qualify=True)
    predicate = read.scalar(held.predicate, qualify=True)
    read.where += _reach(held, days)
    return conjunction([days.before_end(time), days.as_of(predicate)])


def _reach(held: PerBucket, days: Spine) -> list[Scalar]:
    """Rows too old for any bucket of the range need not be read."""
    if held.lookback is None:
        return []
    bounds, grain, span = days.bounds, held.grain, held.lookback
    if span.unit in ("hour", "minute", "second"):
        reach = bounds.from_instant(buckets.back(bounds.start, span), grain)
    else:
        reach = bounds.from_date(buckets.back(bounds.first, span), grain)
    return list(reach.holds(held.time, grain.zone)[:1])


def _standing(
    of: Aggregate, held: Standing, outputs: tuple[tuple[str, Scalar], ...], bounds: Bounds, building: Building
) -> Numbers:
    """Each bucket with the rows that stand in it."""
    grain = held.grain
    name = key_name(grain, tuple(n for n, _ in of.keys))
    days = spine(grain, bounds, building.name(f"{grain.unit}s"), name)
    values = tuple((n, over_rows(v, of)) for n, v in outputs)
    table = building.name("standing")
    query, here = standing(held, [*(s for _, s in of.keys), *(v for _, v in values)], days, table)
    building.ctes.append(Cte(table, query))
    key = Output(name, days.key)
    dims = tuple(Output(n, here(s)) for n, s in of.keys)
    join = Joined("inner", CteRef(table, table), stands(held, days, table))
    columns = (key, *dims, *(Output(n, here(v)) for n, v in values))
    select = Select(columns, days.relation, (join,), None, ((key.value, *(d.value for d in dims)),))
    return made(Query(select), key, grain, of)


def _windowed(
    tree: Window, of: Aggregate, outputs: tuple[tuple[str, Scalar], ...], bounds: Bounds, building: Building
) -> Numbers:
    assert of.grain is not None
    name = key_name(of.grain, tuple(n for n, _ in of.keys))
    days = spine(of.grain, bounds, building.name(f"{of.grain.unit}s"), name)
    query, key = window(tree, of, outputs, days, building)
    return made(query, key, of.grain, of)
