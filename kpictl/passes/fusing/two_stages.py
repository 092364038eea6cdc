"""Fused in two stages: states by bucket, dimensions and what filters look at first, then each number from those few rows.

A number over a window reads the same states: they are first merged to its own buckets and dimensions, then joined to a spine
of buckets, never to more rows than it has buckets and members.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace

from kpictl.ir.query import Cte, CteRef, Joined, Output, Query, Select, SetOperation
from kpictl.ir.relations import Aggregate, Finalize, Grain, Relation, State, Window
from kpictl.ir.scalars import Agg, Call, Case, Col, Lit, Scalar
from kpictl.kinds import buckets
from kpictl.kinds.build import call, conjunction, conjuncts, lit
from kpictl.model.types import BOOLEAN, DATE, INTEGER, Kind, Type
from kpictl.passes.bounds import Bounds, asked
from kpictl.passes.fusing.one_stage import grouped_rows
from kpictl.passes.fusing.readings import (
    Column,
    Fused,
    Outputs,
    Reading,
    common_conditions,
    own,
    put,
    state_name,
    types_of,
)
from kpictl.passes.spine import spine
from kpictl.passes.windows import inside, reach
from kpictl.records import dataclass
from kpictl.sql.walk import Node, find, transform

FALSE = Lit(False, BOOLEAN)
_GROUPED = (Kind.TEXT, Kind.INTEGER, Kind.BOOLEAN, Kind.DATE)
"""Kinds whose equal values no condition can tell apart; 0.0 and -0.0, 1.0 and 1.00 can be."""
_MERGE = {"count_rows": "sum", "count": "sum"}
_OF_MONTHS = ("month", "quarter", "year", "fiscal_quarter", "fiscal_year")


@dataclass(slots=True)
class _Split:
    """What the first stage groups by: scalars with their names."""

    keys: dict[Scalar, str] = field(default_factory=dict)
    flags: dict[Scalar, str] = field(default_factory=dict)
    """Conditions that are grouped by whether they hold."""

    def key(self, wish: str, scalar: Scalar) -> str:
        name = self.keys.get(scalar)
        if name is None:
            name = self.keys[scalar] = f"{wish}_{len(self.keys) + 1}"
        return name


def by_value(condition: Scalar) -> tuple[Col, ...] | None:
    """The columns by which a condition can be grouped instead of row by row; None where it reads others."""
    found = tuple(dict.fromkeys(find(condition, Col)))
    return found if found and all(c.type.kind in _GROUPED for c in found) else None


def grouped_by(
    readings: Sequence[Reading], few: frozenset[Col]
) -> tuple[tuple[Scalar, ...], tuple[Col, ...], tuple[Scalar, ...]]:
    """Dimensions, columns and conditions that the first stage would group by, when the columns `few` have few values."""
    common = common_conditions(readings)
    conditions = [c for each in readings for c in each.conditions() if c not in common]
    columns: dict[Col, None] = {}
    flags: dict[Scalar, None] = {}
    for condition in conditions:
        read = by_value(condition)
        if read is not None and few.issuperset(read):
            columns.update(dict.fromkeys(read))
        else:
            flags[condition] = None
    dimensions = dict.fromkeys(scalar for each in readings for _, scalar in each.of.keys)
    return tuple(dimensions), tuple(columns), tuple(flags)


def two_stages(readings: Sequence[Reading], rows: Relation, common: tuple[Scalar, ...], few: frozenset[Col]) -> Fused:
    """The query of readings of any grains, dimensions and frames; `few` are columns that are grouped by."""
    split = _Split()
    dimensions, columns, flags = grouped_by(readings, few)
    for scalar in dimensions:
        split.key("member", scalar)
    for column in columns:
        split.key("by", column)
    for n, condition in enumerate(flags, 1):
        split.flags[condition] = f"holds_{n}"
    grain = base_grain([each.grain for each in readings])
    states: dict[State, str] = {}
    types: dict[str, Type] = {}
    for each in readings:
        told = types_of(each)
        for name, state in each.of.states:
            bare = replace(state, where=None)
            types.setdefault(state_name(bare, states), told.get(name, INTEGER))
    if any(own(each, common) is not None for each in readings):
        types.setdefault(state_name(State("count_rows", ()), states), INTEGER)
    keys = (
        *((name, scalar) for scalar, name in split.keys.items()),
        *((name, Case(((c, lit(True)),), FALSE, BOOLEAN)) for c, name in split.flags.items()),
    )
    named = tuple((name, state) for state, name in states.items())
    of = Aggregate(rows, readings[0].of.time, grain, keys, named)
    numbers = Finalize(of, tuple((name, Col(name, None, types[name])) for name, _ in named))
    first = grouped_rows(numbers, _read(readings, grain))
    second = _Second(readings, common, split, states, types, grain)
    query, found, parts = second.query()
    return Fused(query=replace(query, ctes=(Cte("states", first), *query.ctes)), columns=found, parts=parts)


def _read(readings: Sequence[Reading], grain: Grain) -> Bounds:
    """The range of rows, from the first that a window of the first bucket reads."""
    bounds = asked(grain)
    starts = dict.fromkeys(reach(each.window, bounds).first for each in readings if each.window is not None)
    if not starts:
        return bounds
    return bounds.from_date(call("least", bounds.first, *starts, type=DATE), grain)


def base_grain(grains: Sequence[Grain]) -> Grain:
    """The grain whose buckets make up the buckets of all of them, which are in one zone."""
    distinct = dict.fromkeys(grains)
    if len(distinct) == 1 or not buckets.is_dated(grains[0]):
        return grains[0]
    unit = "month" if all(g.unit in _OF_MONTHS for g in distinct) else "day"
    return Grain(unit, grains[0].zone)


@dataclass(slots=True)
class _Second:
    """The second stage: numbers from the rows of `states`."""

    readings: Sequence[Reading]
    common: tuple[Scalar, ...]
    split: _Split
    states: dict[State, str]
    types: dict[str, Type]
    grain: Grain
    outputs: Outputs = field(default_factory=Outputs)
    plain: dict[Scalar, Scalar] = field(default_factory=dict)
    """By each number over a window the same number of a bucket."""
    frames: dict[int, _Frame] = field(default_factory=dict)
    """By part, what is merged before the window is."""

    def query(self) -> tuple[Query, tuple[Column, ...], int]:
        parts: dict[tuple[object, ...], list[int]] = {}
        for n, each in enumerate(self.readings):
            members = tuple(self.split.keys[scalar] for _, scalar in each.of.keys)
            parts.setdefault((members, *each.part), []).append(n)
        columns: dict[int, Column] = {}
        for part, numbers in enumerate(parts.values()):
            window = self.readings[numbers[0]].window
            if window is not None:
                self.frames[part] = _Frame(f"framed_{len(self.frames) + 1}", window)
            columns.update((n, self._column(self.readings[n], part)) for n in numbers)
        shown = {self.split.keys[scalar] for each in self.readings for _, scalar in each.of.keys}
        dimensions = {scalar: name for scalar, name in self.split.keys.items() if name in shown}
        ctes: list[Cte] = []
        selects = []
        for part, numbers in enumerate(parts.values()):
            first = self.readings[numbers[0]]
            own = {n: columns[n] for n in numbers}
            made = _Part(self, part, first.grain, columns[numbers[0]].members, own, dimensions, len(parts) > 1)
            frame = self.frames.get(part)
            if frame is not None:
                select, cte = made.framed(frame)
                ctes.append(cte)
            else:
                select = made.select()
            selects.append(select)
        query = Query(selects[0])
        for select in selects[1:]:
            query = Query(SetOperation("union", query, Query(select), all=True))
        return replace(query, ctes=tuple(ctes)), tuple(columns[n] for n in range(len(self.readings))), len(parts)

    def _column(self, each: Reading, part: int) -> Column:
        mine = own(each, self.common)
        known = {name: self._merged(state, mine) for name, state in each.of.states}
        members = tuple(self.split.keys[scalar] for _, scalar in each.of.keys)
        rows = None if mine is None else self._merged(State("count_rows", ()), mine)
        frame = self.frames.get(part)

        def named(wish: str, value: Scalar | None) -> str | None:
            if value is None:
                return None
            if frame is None:
                return self.outputs.column(wish, put(value, known))
            over = {name: frame.merged(known[name], _MERGE.get(s.fn, s.fn)) for name, s in each.of.states}
            found = put(value, over)
            self.plain[found] = put(value, known)
            return self.outputs.column(wish, found)

        counted = None
        if rows is not None:
            found = rows if frame is None else frame.merged(rows, "sum")
            if frame is not None:
                self.plain[found] = rows
            counted = self.outputs.column("rows", found)
        below = named("of", each.denominator)
        value = named("value", each.value)
        assert value is not None
        return Column(part=part, value=value, rows=counted, denominator=below, members=members)

    def _merged(self, state: State, own: Scalar | None) -> Scalar:
        """A state of the rows that a condition leaves, from the rows of the first stage."""
        bare = replace(state, where=None)
        name = self.states[bare]
        type = self.types[name]
        where = conjunction(c for c in conjuncts(conjunction([own, state.where])) if c not in self.common)
        column: Scalar = Col(name, "states", type)
        if where is not None:
            column = Case(((self._over_states(where), column),), None, type)
        merged = Agg(_MERGE.get(state.fn, state.fn), (column,), type=type)
        if state.fn in _MERGE and where is not None:
            return Call("coalesce", (merged, lit(0)), INTEGER)
        return merged

    def _over_states(self, where: Scalar) -> Scalar:
        parts = []
        for condition in conjuncts(where):
            flag = self.split.flags.get(condition)
            parts.append(Col(flag, "states", BOOLEAN) if flag is not None else self._by_value(condition))
        found = conjunction(parts)
        assert found is not None
        return found

    def _by_value(self, condition: Scalar) -> Scalar:
        def change(node: Node) -> Node:
            return Col(self.split.keys[node], "states", node.type) if isinstance(node, Col) else node

        changed: Scalar = change(condition) if isinstance(condition, Col) else transform(condition, change, Col)
        return changed


@dataclass(slots=True)
class _Frame:
    """The states of a window's buckets, by its own dimensions, in a WITH query of that name."""

    name: str
    window: Window
    columns: dict[Scalar, str] = field(default_factory=dict)

    def merged(self, state: Scalar, fn: str) -> Scalar:
        """A state of a bucket, merged over the window."""
        return Agg(fn, (Col(self.column(state), self.name, state.type),), type=state.type)

    def column(self, state: Scalar) -> str:
        """The column of a state of a bucket, each once."""
        return self.columns.setdefault(state, f"state_{len(self.columns) + 1}")


@dataclass(frozen=True, slots=True)
class _Part:
    """The numbers of one grain, dimensions and frame."""

    of: _Second
    number: int
    grain: Grain
    members: tuple[str, ...]
    columns: dict[int, Column]
    dimensions: dict[Scalar, str]
    several: bool

    def select(self) -> Select:
        """From the states as they are; those before the asked range are there for windows only."""
        time = self._time()
        numbers = tuple(
            Output(name, value if name in self._wanted() else _nothing(self._plain(value)))
            for value, name in self.of.outputs.named.items()
        )
        key = Col("time", "states", time.type)
        where = call("ge", key, asked(self.grain).first) if self.of.frames else None
        outputs = (*self._mark(), Output("time", time), *self._members("states"), *numbers)
        return Select(outputs, CteRef("states", "states"), (), where, ((time, *self._keys("states")),))

    def framed(self, frame: _Frame) -> tuple[Select, Cte]:
        """From the states of the window's own buckets, joined to a spine."""
        days = spine(self.grain, asked(self.grain), f"{frame.name}_spine", "bucket")
        numbers = []
        for value, name in self.of.outputs.named.items():
            if name in self._wanted():
                numbers.append(Output(name, value))
                continue
            none = _nothing(self._plain(value))
            numbers.append(Output(name, frame.merged(none, "bool_or" if none.type == BOOLEAN else "max")))
        time = self._time()
        keys = tuple(
            Output(name, Col(name, "states", s.type)) for s, name in self.dimensions.items() if name in self.members
        )
        states = tuple(Output(name, state) for state, name in frame.columns.items())
        grouped = ((time, *(k.value for k in keys)),)
        below = Select((Output("time", time), *keys, *states), CteRef("states", "states"), (), None, grouped)
        on = inside(Col("time", frame.name, DATE), frame.window, days)
        select = Select(
            (*self._mark(), Output("time", days.key), *self._members(frame.name), *numbers),
            days.relation,
            (Joined("inner", CteRef(frame.name, frame.name), on),),
            None,
            ((days.key, *self._keys(frame.name)),),
        )
        return select, Cte(frame.name, Query(below))

    def _plain(self, value: Scalar) -> Scalar:
        return self.of.plain.get(value, value)

    def _time(self) -> Scalar:
        kind = DATE if buckets.is_dated(self.grain) else asked(self.grain).start.type
        key = Col("time", "states", kind)
        return key if self.grain == self.of.grain or kind != DATE else buckets.floor_date(key, self.grain)

    def _wanted(self) -> set[str]:
        return {n for c in self.columns.values() for n in (c.value, c.rows, c.denominator) if n is not None}

    def _mark(self) -> tuple[Output, ...]:
        return (Output("part", lit(self.number)),) if self.several else ()

    def _members(self, table: str) -> tuple[Output, ...]:
        """Every dimension of the query; NULL where this part does not have it."""
        return tuple(
            Output(name, Col(name, table, s.type) if name in self.members else Lit(None, s.type))
            for s, name in self.dimensions.items()
        )

    def _keys(self, table: str) -> tuple[Scalar, ...]:
        return tuple(Col(name, table, s.type) for s, name in self.dimensions.items() if name in self.members)


def _nothing(value: Scalar) -> Scalar:
    """The number of no rows, of the same type: every branch of a UNION has the same columns."""

    def change(node: Node) -> Node:
        if not isinstance(node, Agg):
            return node
        (arg,) = node.args
        inner = arg.whens[0][1] if isinstance(arg, Case) else arg
        return replace(node, args=(Case(((FALSE, inner),), None, arg.type),))

    changed: Scalar = change(value) if isinstance(value, Agg) else transform(value, change, Agg)
    return changed
