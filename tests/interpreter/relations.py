"""KPIs over lists of rows, straight from the meaning of each node: for each bucket, which rows it reads, and their number.

Nothing is merged: a window of thirty days reads thirty days of rows, for each bucket again. That is what the compiled forms
must agree with. Only what no bucket changes (the rows of a source, their times, the rows of a query) is read once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any, TypeVar

from kpictl.ir.reference import evaluate, fold
from kpictl.ir.reference.values import hashable
from kpictl.ir.relations import (
    BUCKET,
    Aggregate,
    Align,
    Derive,
    Derived,
    Filter,
    Finalize,
    Grain,
    Join,
    Opaque,
    OverTime,
    PerBucket,
    Read,
    Relation,
    Rollup,
    Scan,
    Shift,
    Span,
    Standing,
    ValidAt,
    Window,
)
from kpictl.ir.scalars import Agg
from kpictl.model.calendar import Calendar, calendar
from tests.interpreter.queries import Reader, Row, Tables

MICRO = timedelta(microseconds=1)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Tables, the half-open range of buckets, and what NOW() says."""

    tables: Tables
    start: datetime
    stop: datetime
    as_of: datetime
    _known: dict[tuple[str, int], tuple[Relation, Any]] = field(default_factory=dict, repr=False, compare=False)

    def once(self, what: str, tree: Relation, make: Callable[[], _T]) -> _T:
        """What is the same for every bucket, made at the first; the node is kept, so that its id stays its own."""
        key = (what, id(tree))
        if key not in self._known:
            self._known[key] = (tree, make())
        found: _T = self._known[key][1]
        return found


@dataclass(frozen=True, slots=True)
class Bucket:
    """[start, end), and the instant before which its rows are visible."""

    start: datetime
    end: datetime
    visible: datetime


def compute(tree: Relation, asked: Asked) -> list[dict[str, Any]]:
    """The rows of a KPI: `time` (unless it is a snapshot), dimensions, outputs, and `denominator` where there is one."""
    if isinstance(tree, Read) and tree.time is None:
        return _snapshot(tree, asked)
    grain = _grain(tree)
    if grain is None:
        assert isinstance(tree, Derived)
        return [dict(values) for values in _numbers(tree, None, asked).values()]
    found = []
    for bucket in buckets(grain, asked.start, asked.stop):
        found += [{"time": bucket.start, **values} for values in _numbers(tree, bucket, asked).values()]
    return found


def of_grain(grain: Grain) -> Calendar:
    """The calendar of a grain."""
    return calendar(grain.zone, grain.week_start, grain.fiscal_start)


def buckets(grain: Grain, start: datetime, stop: datetime) -> Iterator[Bucket]:
    """Every bucket that begins in a range."""
    for at in of_grain(grain).spine(start, stop, grain.unit):
        end = of_grain(grain).next(at, grain.unit)
        yield Bucket(at, end, min(end, stop))


def _grain(tree: Relation) -> Grain | None:
    from kpictl.ir.verify import grain_of

    return grain_of(tree)


Numbers = dict[tuple[Any, ...], dict[str, Any]]
"""Dimensions and outputs, by the values of the dimensions."""


def _numbers(tree: Relation, bucket: Bucket | None, asked: Asked) -> Numbers:
    match tree:
        case Finalize():
            assert bucket is not None
            return _finalize(tree, bucket, asked)
        case Read():
            return _read(tree, bucket, asked)
        case Shift():
            assert bucket is not None
            return _numbers(tree.input, earlier(tree.grain, bucket, tree.span), asked)
        case OverTime():
            assert bucket is not None
            return _over_time(tree, bucket, asked)
        case Derived():
            return _derived(tree, bucket, asked)
        case _:
            raise AssertionError(type(tree).__name__)


def earlier(grain: Grain, bucket: Bucket, span: Span) -> Bucket:
    """The bucket that holds the same local time a span before; it is over, so all of it is visible."""
    known = of_grain(grain)
    at = known.floor(known.shift(bucket.start, -span.n, span.unit), grain.unit)
    end = known.next(at, grain.unit)
    return Bucket(at, end, end)


# -- states and their numbers


def _finalize(tree: Finalize, bucket: Bucket, asked: Asked) -> Numbers:
    of = tree.input
    while isinstance(of, Window | Rollup):
        of = of.input
    assert isinstance(of, Aggregate)
    rows = _rows_of_bucket(tree.input, of, bucket, asked)
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(hashable(evaluate(s, row)) for _, s in of.keys), []).append(row)
    found: Numbers = {}
    for key, members in groups.items():
        found[key] = _of_group(tree, of, members, asked)
    return found


def _of_group(tree: Finalize, of: Aggregate, members: list[Row], asked: Asked) -> dict[str, Any]:
    params = {"as_of": asked.as_of, "from": asked.start, "to": asked.stop}
    states = {
        name: fold(Agg(s.fn, s.args, bool(s.keyed_by), s.where, s.order_by), members, params) for name, s in of.states
    }
    values = {name: evaluate(s, members[0]) for name, s in of.keys}
    values |= {name: evaluate(s, states) for name, s in tree.outputs}
    if tree.denominator is not None:
        values["denominator"] = evaluate(tree.denominator, states)
    return values


def _rows_of_bucket(tree: Relation, of: Aggregate, bucket: Bucket, asked: Asked) -> list[Row]:
    if isinstance(of.input, Standing):
        return _standing(of.input, bucket, asked)
    if isinstance(of.input, ValidAt | PerBucket):
        return [row for row in _rows(of.input.input, asked) if _held(of.input, row, bucket, asked)]
    grain = of.grain
    assert grain is not None
    return [
        row
        for at, theirs, row in asked.once("times", of, lambda: _timed(of, asked))
        if at < bucket.visible and _reads(tree, grain, bucket, theirs)
    ]


def _timed(of: Aggregate, asked: Asked) -> list[tuple[datetime, datetime, Row]]:
    """The rows that have a time: it, and the start of the bucket that holds it."""
    assert of.time is not None
    assert of.grain is not None
    known = of_grain(of.grain)
    found = []
    for row in _rows(of.input, asked):
        at = instant(evaluate(of.time, row), of.grain.zone)
        if at is not None:
            found.append((at, known.floor(at, of.grain.unit), row))
    return found


def _reads(tree: Relation, grain: Grain, bucket: Bucket, theirs: datetime) -> bool:
    """Whether a bucket reads the rows of the bucket that begins at `theirs`."""
    known = of_grain(grain)
    while isinstance(tree, Rollup):
        tree = tree.input
    if not isinstance(tree, Window):
        return theirs == bucket.start
    if theirs > bucket.start:
        return False
    if tree.to_date is not None:
        return theirs >= known.floor(bucket.start, tree.to_date)
    if tree.length is None:
        return True
    begin = known.shift(bucket.start, -tree.length.n, tree.length.unit)
    return theirs >= begin if tree.inclusive else theirs > begin


def _held(held: ValidAt | PerBucket, row: Row, bucket: Bucket, asked: Asked) -> bool:
    zone = held.grain.zone
    if isinstance(held, ValidAt):
        start = instant(evaluate(held.start, row), zone)
        stop = instant(evaluate(held.stop, row), zone)
        return start is not None and start < bucket.visible and (stop is None or stop >= bucket.visible)
    at = instant(evaluate(held.time, row), zone)
    if at is None or at >= bucket.visible:
        return False
    return evaluate(held.predicate, row, {"as_of": min(bucket.end - MICRO, asked.as_of)}) is True


def _standing(held: Standing, bucket: Bucket, asked: Asked) -> list[Row]:
    """Of each entity the row that stands in a bucket."""
    zone = held.grain.zone
    whose: dict[tuple[Any, ...], list[tuple[Any, Row]]] = {}
    for row in _rows(held.input, asked):
        at = instant(evaluate(held.time, row), zone)
        if at is not None and at < bucket.visible:
            ties = tuple((value is None, value) for value in (evaluate(s, row) for s in held.ties))
            entity = tuple(hashable(evaluate(s, row)) for s in held.entity)
            whose.setdefault(entity, []).append(((at, *ties), row))
    found = []
    for rows in whose.values():
        rows.sort(key=lambda each: each[0])
        inside = [each for each in rows if each[0][0] >= bucket.start]
        (at, *_), row = inside[0] if held.first and inside else rows[-1]
        if _carried(held, at, bucket):
            found.append(row)
    return found


def _carried(held: Standing, at: datetime, bucket: Bucket) -> bool:
    if held.carry is None or (held.first and at >= bucket.start):
        return True
    assert held.own is not None
    known, unit = of_grain(held.own), held.own.unit
    until = known.shift(known.floor(at, unit), held.carry.n, held.carry.unit)
    return known.floor(bucket.start if held.first else bucket.visible - MICRO, unit) <= until


def instant(value: Any, zone: str) -> datetime | None:
    """An event time as an instant: a date is the first instant of its day."""
    if value is None or isinstance(value, datetime):
        return value
    assert isinstance(value, date)
    return calendar(zone, 0, 1).day_start(value)


def _over_time(tree: OverTime, bucket: Bucket, asked: Asked) -> Numbers:
    fine = _grain(tree.input)
    assert fine is not None
    parts = [_numbers(tree.input, each, asked) for each in buckets(fine, bucket.start, bucket.visible)]
    if tree.choose == "last":
        return parts[-1]
    found: Numbers = {}
    for key in dict.fromkeys(key for part in parts for key in part):
        rows = [part[key] for part in parts if key in part]
        told = [row["value"] for row in rows if row["value"] is not None]
        found[key] = {**rows[0], "value": _together(tree.choose, told) if told else None}
    return found


def _together(choose: str, told: list[Any]) -> Any:
    if choose == "avg":
        return float(sum(Fraction(each) for each in told) / len(told))
    return max(told) if choose == "max" else min(told)


# -- rows


def _rows(tree: Relation, asked: Asked) -> list[Row]:
    return asked.once("rows", tree, lambda: _read_rows(tree, asked))


def _read_rows(tree: Relation, asked: Asked) -> list[Row]:
    match tree:
        case Scan():
            return [{(None, n): v for n, v in row.items()} for row in asked.tables[tree.source]]
        case Filter():
            return [row for row in _rows(tree.input, asked) if evaluate(tree.predicate, row) is True]
        case Derive():
            rows = _rows(tree.input, asked)
            return [{**row, **{(None, n): evaluate(s, row) for n, s in tree.columns}} for row in rows]
        case Join():
            return [_joined(row, tree, asked) for row in _rows(tree.left, asked)]
        case _:
            raise AssertionError(type(tree).__name__)


def _joined(row: Row, join: Join, asked: Asked) -> Row:
    assert isinstance(join.right, Scan)
    names = [n for n, _ in join.right.columns]
    hits = []
    for right in asked.tables[join.right.source]:
        both = {**row, **{(join.alias, n): right.get(n) for n in names}}
        if evaluate(join.on, both) is True:
            hits.append(both)
    assert len(hits) <= 1, "a many_to_one join with several rows"
    return hits[0] if hits else {**row, **{(join.alias, n): None for n in names}}


# -- numbers from queries and from numbers


def _snapshot(tree: Read, asked: Asked) -> list[dict[str, Any]]:
    return [_outputs_of(tree, row) for row in _result(tree, asked)]


def _result(tree: Read, asked: Asked) -> list[dict[str, Any]]:
    return asked.once("result", tree, lambda: _answered(tree, asked))


def _answered(tree: Read, asked: Asked) -> list[dict[str, Any]]:
    assert isinstance(tree.input, Opaque)
    params = {"as_of": asked.as_of, "from": asked.start, "to": asked.stop}
    return Reader(asked.tables, params).rows(tree.input.query)


def _outputs_of(tree: Read, row: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: evaluate(s, row) for name, s in (*tree.keys, *tree.outputs)}
    if tree.denominator is not None:
        values["denominator"] = evaluate(tree.denominator, row)
    return values


def _read(tree: Read, bucket: Bucket | None, asked: Asked) -> Numbers:
    found: Numbers = {}
    for row in _result(tree, asked):
        if bucket is not None and tree.time is not None:
            assert tree.grain is not None
            at = instant(evaluate(tree.time, row), tree.grain.zone)
            if at is None or of_grain(tree.grain).floor(at, tree.grain.unit) != bucket.start:
                continue
        values = _outputs_of(tree, row)
        found[tuple(hashable(values[n]) for n, _ in tree.keys)] = values
    return found


def _derived(tree: Derived, bucket: Bucket | None, asked: Asked) -> Numbers:
    assert isinstance(tree.input, Align)
    sides = {alias: _numbers(each, bucket, asked) for alias, each in tree.input.inputs}
    keys = list(dict.fromkeys(key for side in sides.values() for key in side))
    if tree.input.dense and () not in keys:
        keys.append(())
    found: Numbers = {}
    for key in keys:
        row: dict[Any, Any] = {}
        dims: dict[str, Any] = {}
        grain = _grain(tree)
        if bucket is not None and grain is not None:
            row[None, BUCKET] = bucket.start if grain.unit == "hour" else of_grain(grain).local_date(bucket.start)
        for alias, side in sides.items():
            values = side.get(key, {})
            row[None, f"{alias}.value"] = values.get("value")
            row[None, f"{alias}.{BUCKET}"] = row.get((None, BUCKET)) if key in side else None
            dims |= {name: values[name] for name in tree.input.keys if name in values}
        reader = Reader(asked.tables, {"as_of": asked.as_of, "from": asked.start, "to": asked.stop})
        values = {**dims, **{name: reader.value(s, row) for name, s in tree.outputs}}
        if tree.denominator is not None:
            values["denominator"] = reader.value(tree.denominator, row)
        found[key] = values
    return found
