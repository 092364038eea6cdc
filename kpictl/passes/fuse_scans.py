"""Numbers of several KPIs over the same rows as one query, which reads them once.

    Finalize(Aggregate(Filter(Scan orders, paid and country = 'DE'), day, sum_amount))
    Finalize(Aggregate(Filter(Scan orders, paid and country = 'FR'), day, rows))

in one stage, each filter inside of its aggregates and what is common to all on the scan:

    SELECT day AS time, sum(amount) filter (country = 'DE') AS value_1, count(*) filter (country = 'DE') AS rows_1, ...
    FROM orders WHERE paid GROUP BY day

in two stages, where states can be merged: once by day, dimensions and whatever filters look at, then each number from those
few rows, at its own grain and dimensions:

    WITH states AS (SELECT day, country, sum(amount) AS sum_amount, count(*) AS rows FROM orders WHERE paid GROUP BY 1, 2)
    SELECT day AS time, sum(case when country = 'DE' then sum_amount end) AS value_1, ... FROM states GROUP BY day
    UNION ALL ...

`rows_n` says whether the number's own filter left a row: without one it has none in that bucket. Integers and decimals are
the same as one by one to the last digit; doubles are summed in another order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field, replace
from enum import Enum

from kpictl.ir.query import Cte, CteRef, Output, Query, Select, SetOperation
from kpictl.ir.relations import Aggregate, Filter, Finalize, Grain, Join, Relation, Scan, State
from kpictl.ir.scalars import Agg, Call, Case, Col, Lit, Param, Scalar
from kpictl.kinds import buckets
from kpictl.kinds.build import FROM, TO, conjunction, conjuncts, lit
from kpictl.kinds.states import MERGEABLE
from kpictl.model.types import BOOLEAN, DATE, INTEGER, Kind, Type
from kpictl.passes.bounds import asked
from kpictl.passes.fold_filters import fold_filters
from kpictl.passes.fuse_operands import fuse_operands
from kpictl.passes.prune_columns import prune_columns
from kpictl.passes.push_filters import push_filters
from kpictl.passes.to_query import by_time
from kpictl.records import dataclass
from kpictl.sql.walk import Node, any_of, find, transform

FALSE = Lit(False, BOOLEAN)
_GROUPED = (Kind.TEXT, Kind.INTEGER, Kind.BOOLEAN, Kind.DATE)
"""Kinds whose equal values no condition can tell apart; 0.0 and -0.0, 1.0 and 1.00 can be."""
_MERGE = {"count_rows": "sum", "count": "sum"}
_OF_MONTHS = ("month", "quarter", "year", "fiscal_quarter", "fiscal_year")


class Form(Enum):
    """How differing filters become one statement."""

    CASE = "case"
    """sum(CASE WHEN .. THEN x END): DuckDB, whose FILTER costs more than it saves past ten aggregates."""
    FILTER = "filter"
    """sum(x) FILTER (WHERE ..): PostgreSQL."""
    STATES = "states"
    """Two stages."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One KPI's number taken apart: rows that others may read too, its own conditions, states, and what is made of them."""

    rows: Relation
    where: tuple[Scalar, ...]
    of: Aggregate
    value: Scalar
    denominator: Scalar | None

    @property
    def grain(self) -> Grain:
        assert self.of.grain is not None
        return self.of.grain

    @property
    def mergeable(self) -> bool:
        """Whether parts of its states make the whole."""
        return all(s.fn in MERGEABLE and not s.keyed_by and not s.holistic for _, s in self.of.states)

    def conditions(self) -> Iterable[Scalar]:
        """Every condition, each part that must hold apart."""
        yield from self.where
        for _, state in self.of.states:
            yield from conjuncts(state.where)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Where a fused query returns a number: the part of its rows, and names of columns."""

    part: int
    value: str
    rows: str | None
    """Rows that the number's own filter left; None: all that are returned."""
    denominator: str | None
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fused:
    """One query and, in the order of the readings, where their numbers stand. `part` is a column where there are several."""

    query: Query
    columns: tuple[Column, ...]
    parts: int


def reading(tree: Relation) -> Reading | None:
    """A KPI whose rows can be shared; None where its tree is of another form.

    Each row must belong to the bucket of its own time, and nothing may ask for NOW(): that differs from range to range.
    """
    tree = fuse_operands(fold_filters(tree))
    if not isinstance(tree, Finalize) or not isinstance(tree.input, Aggregate):
        return None
    of = tree.input
    outputs = dict(tree.outputs)
    if of.time is None or of.grain is None or set(outputs) != {"value"} or any_of(tree, _bars_sharing):
        return None
    base, where = (of.input.input, conjuncts(of.input.predicate)) if isinstance(of.input, Filter) else (of.input, ())
    if not all(isinstance(node, Scan | Join) for node in _relations(base)):
        return None
    return Reading(base, where, of, outputs["value"], tree.denominator)


def _bars_sharing(node: Node) -> bool:
    return isinstance(node, Query) or (isinstance(node, Param) and node not in (FROM, TO))


def _relations(tree: Relation) -> Iterable[Relation]:
    yield tree
    if isinstance(tree, Join):
        yield from _relations(tree.left)
        yield from _relations(tree.right)
    elif not isinstance(tree, Scan):
        yield from _relations(tree.input)  # type: ignore[union-attr]


def rows_key(each: Reading) -> tuple[object, ...]:
    """What readings must have in common to share a scan."""
    return (_without_columns(each.rows), each.of.time, each.grain.zone, buckets.is_dated(each.grain))


def _without_columns(tree: Relation) -> Relation:
    if isinstance(tree, Scan):
        return replace(tree, columns=())
    assert isinstance(tree, Join)
    return replace(tree, left=_without_columns(tree.left), right=_without_columns(tree.right))


def common_conditions(readings: Sequence[Reading]) -> tuple[Scalar, ...]:
    """The conditions that every reading has."""
    return tuple(c for c in dict.fromkeys(readings[0].where) if all(c in each.where for each in readings))


def fuse_scans(readings: Sequence[Reading], form: Form, few: frozenset[Col] = frozenset()) -> Fused:
    """One query for readings of one `rows_key`; in one stage they must have one grain and the same dimensions, too.

    `few`: columns of few values, by which two stages group instead of by conditions on them.
    """
    common = common_conditions(readings)
    rows = _rows(readings, common)
    if form is Form.STATES:
        return _two_stages(readings, rows, common, few)
    return _one_stage(readings, rows, common, form)


def _rows(readings: Sequence[Reading], common: tuple[Scalar, ...]) -> Relation:
    rows = readings[0].rows
    for each in readings[1:]:
        rows = _with_columns(rows, each.rows)
    where = conjunction(common)
    return rows if where is None else Filter(rows, where)


def _with_columns(one: Relation, other: Relation) -> Relation:
    """The rows with the columns that either reads; only undeclared sources differ."""
    if one == other:
        return one
    if isinstance(one, Scan):
        assert isinstance(other, Scan)
        return replace(one, columns=tuple(sorted({**dict(one.columns), **dict(other.columns)}.items())))
    assert isinstance(one, Join)
    assert isinstance(other, Join)
    return replace(one, left=_with_columns(one.left, other.left), right=_with_columns(one.right, other.right))


def _own(each: Reading, common: tuple[Scalar, ...]) -> Scalar | None:
    return conjunction(c for c in each.where if c not in common)


@dataclass(slots=True)
class _Outputs:
    """Columns of a query, each expression once."""

    named: dict[Scalar, str] = field(default_factory=dict)
    count: dict[str, int] = field(default_factory=dict)

    def column(self, wish: str, value: Scalar) -> str:
        name = self.named.get(value)
        if name is None:
            number = self.count[wish] = self.count.get(wish, 0) + 1
            name = self.named[value] = f"{wish}_{number}"
        return name


# -- one stage


def _one_stage(readings: Sequence[Reading], rows: Relation, common: tuple[Scalar, ...], form: Form) -> Fused:
    first = readings[0].of
    names = {name: f"member_{n}" for n, (name, _) in enumerate(first.keys, 1)}
    states: dict[State, str] = {}
    outputs = _Outputs()
    columns = []
    for each in readings:
        own = _own(each, common)
        types = _types(each)
        known = {
            name: Col(_state_name(_conditional(state, own, form), states), None, types.get(name, INTEGER))
            for name, state in each.of.states
        }
        counted = None
        if own is not None:
            state = _conditional(State("count_rows", ()), own, form)
            counted = outputs.column("rows", Col(_state_name(state, states), None, INTEGER))
        columns.append(
            Column(
                part=0,
                value=outputs.column("value", _put(each.value, known)),
                rows=counted,
                denominator=None if each.denominator is None else outputs.column("of", _put(each.denominator, known)),
                members=tuple(names[name] for name, _ in each.of.keys),
            )
        )
    keys = tuple((names[name], scalar) for name, scalar in first.keys)
    of = replace(first, input=rows, keys=keys, states=tuple((name, state) for state, name in states.items()))
    numbers = _optimized(Finalize(of, tuple((name, value) for value, name in outputs.named.items())))
    return Fused(query=numbers, columns=tuple(columns), parts=1)


def _conditional(state: State, own: Scalar | None, form: Form) -> State:
    """The state of the rows that a condition leaves."""
    where = conjunction([own, state.where])
    if where is None or form is Form.FILTER:
        return replace(state, where=where)
    if len(state.args) > 1 or state.order_by:
        return replace(state, where=where)
    if state.fn == "count_rows":
        return State("count", (Case(((where, lit(1)),), None, INTEGER),))
    (arg,) = state.args
    chosen = Case(((where, arg),), None, arg.type)
    keyed = (chosen,) if state.keyed_by else ()
    return replace(state, args=(chosen,), where=None, keyed_by=keyed)


def _state_name(state: State, states: dict[State, str]) -> str:
    found = states.get(state)
    if found is None:
        found = states[state] = f"state_{len(states) + 1}"
    return found


def _types(each: Reading) -> dict[str, Type]:
    """The types of a reading's states, as what is made of them says."""
    made = [each.value] if each.denominator is None else [each.value, each.denominator]
    return {column.name: column.type for scalar in made for column in find(scalar, Col)}


def _put(value: Scalar, known: dict[str, Col] | dict[str, Scalar]) -> Scalar:
    def change(node: Node) -> Node:
        return known.get(node.name, node) if isinstance(node, Col) and node.table is None else node

    changed: Scalar = change(value) if isinstance(value, Col) else transform(value, change)
    return changed


def _optimized(tree: Finalize) -> Query:
    """The SELECT of numbers by the key of their bucket, which is called `time`."""
    tree_ = prune_columns(push_filters(fold_filters(tree)))
    assert isinstance(tree_, Finalize)
    of = tree_.input
    assert isinstance(of, Aggregate)
    assert of.grain is not None
    return by_time(of, tree_.outputs, asked(of.grain), "time").query


# -- two stages


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


def _two_stages(readings: Sequence[Reading], rows: Relation, common: tuple[Scalar, ...], few: frozenset[Col]) -> Fused:
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
        told = _types(each)
        for name, state in each.of.states:
            bare = replace(state, where=None)
            types.setdefault(_state_name(bare, states), told.get(name, INTEGER))
    if any(_own(each, common) is not None for each in readings):
        types.setdefault(_state_name(State("count_rows", ()), states), INTEGER)
    keys = (
        *((name, scalar) for scalar, name in split.keys.items()),
        *((name, Case(((c, lit(True)),), FALSE, BOOLEAN)) for c, name in split.flags.items()),
    )
    named = tuple((name, state) for state, name in states.items())
    of = Aggregate(rows, readings[0].of.time, grain, keys, named)
    first = _optimized(Finalize(of, tuple((name, Col(name, None, types[name])) for name, _ in named)))
    second = _Second(readings, common, split, states, types, grain)
    query, found, parts = second.query()
    return Fused(query=replace(query, ctes=(Cte("states", first), *query.ctes)), columns=found, parts=parts)


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
    outputs: _Outputs = field(default_factory=_Outputs)

    def query(self) -> tuple[Query, tuple[Column, ...], int]:
        parts: dict[tuple[Grain, tuple[str, ...]], list[int]] = {}
        for n, each in enumerate(self.readings):
            members = tuple(self.split.keys[scalar] for _, scalar in each.of.keys)
            parts.setdefault((each.grain, members), []).append(n)
        columns: dict[int, Column] = {}
        for part, ((_, members), numbers) in enumerate(parts.items()):
            columns.update((n, self._column(self.readings[n], part, members)) for n in numbers)
        used = {part: {n for n, c in columns.items() if c.part == part} for part in range(len(parts))}
        dimensions = {s: n for s, n in self.split.keys.items() if any(n in members for _, members in parts)}
        selects = [
            self._part(part, grain, members, {k: columns[k] for k in used[part]}, dimensions, len(parts) > 1)
            for part, (grain, members) in enumerate(parts)
        ]
        query = Query(selects[0])
        for select in selects[1:]:
            query = Query(SetOperation("union", query, Query(select), all=True))
        return query, tuple(columns[n] for n in range(len(self.readings))), len(parts)

    def _column(self, each: Reading, part: int, members: tuple[str, ...]) -> Column:
        own = _own(each, self.common)
        known = {name: self._merged(state, own) for name, state in each.of.states}
        rows = None if own is None else self.outputs.column("rows", self._merged(State("count_rows", ()), own))
        below = None if each.denominator is None else self.outputs.column("of", _put(each.denominator, known))
        value = self.outputs.column("value", _put(each.value, known))
        return Column(part=part, value=value, rows=rows, denominator=below, members=members)

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

        changed: Scalar = change(condition) if isinstance(condition, Col) else transform(condition, change)
        return changed

    def _part(
        self,
        part: int,
        grain: Grain,
        members: tuple[str, ...],
        columns: dict[int, Column],
        dimensions: dict[Scalar, str],
        several: bool,
    ) -> Select:
        key_type = DATE if buckets.is_dated(grain) else asked(grain).start.type
        key = Col("time", "states", key_type)
        time = key if grain == self.grain or key_type != DATE else buckets.floor_date(key, grain)
        keys: list[Scalar] = [time]
        dims = []
        for scalar, name in dimensions.items():
            column = Col(name, "states", scalar.type)
            if name in members:
                keys.append(column)
            dims.append(Output(name, column if name in members else Lit(None, scalar.type)))
        wanted = {n for c in columns.values() for n in (c.value, c.rows, c.denominator) if n is not None}
        outputs = tuple(
            Output(name, value if name in wanted else _nothing(value)) for value, name in self.outputs.named.items()
        )
        mark = (Output("part", lit(part)),) if several else ()
        return Select(
            (*mark, Output("time", time), *dims, *outputs), CteRef("states", "states"), (), None, (tuple(keys),)
        )


def _nothing(value: Scalar) -> Scalar:
    """The number of no rows, of the same type: every branch of a UNION has the same columns."""

    def change(node: Node) -> Node:
        if not isinstance(node, Agg):
            return node
        (arg,) = node.args
        inner = arg.whens[0][1] if isinstance(arg, Case) else arg
        return replace(node, args=(Case(((FALSE, inner),), None, arg.type),))

    changed: Scalar = change(value) if isinstance(value, Agg) else transform(value, change)
    return changed


def width(readings: Sequence[Reading]) -> int:
    """Columns that the fused query returns at most."""
    return sum(1 + (1 if each.where else 0) + (each.denominator is not None) for each in readings)
