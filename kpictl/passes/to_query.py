"""From the ir to the canonical query: the SELECT that computes the numbers of a tree.

    Finalize(Aggregate(Filter(Scan orders, status = 'paid'), created_at, month, sum_amount), value: sum_amount)

becomes

    SELECT bucket_start(numbers.month) AS time, numbers.value
    FROM (SELECT month of created_at AS month, sum(amount) AS value FROM orders
          WHERE status = 'paid' AND created_at >= :from AND created_at < :to GROUP BY 1) AS numbers

Rows are grouped by the cheap local key of their bucket; only the few results are turned into instants. Windows and rows
that hold at a time are joined to a spine of buckets. `with_denominator` adds what the outermost division divides by.
"""

from __future__ import annotations

from dataclasses import field, replace

from kpictl.ir.query import (
    Cte,
    CteRef,
    Derived,
    Joined,
    Output,
    Query,
    Select,
    SetOperation,
    TableRef,
)
from kpictl.ir.relations import (
    BUCKET,
    Aggregate,
    Align,
    Finalize,
    Grain,
    Join,
    Opaque,
    OverTime,
    PerBucket,
    Read,
    Relation,
    Scan,
    Shift,
    Standing,
    ValidAt,
    Window,
)
from kpictl.ir.relations import Derived as Computed
from kpictl.ir.scalars import Agg, Call, Col, Scalar
from kpictl.ir.verify import aggregate_of, grain_of
from kpictl.kinds import buckets
from kpictl.kinds.build import call, conjunction
from kpictl.kinds.states import aggregate
from kpictl.model.types import BOOLEAN, DATE, INTEGER
from kpictl.passes.bounds import Bounds, asked
from kpictl.passes.rows import Rows, rows
from kpictl.passes.spine import Spine, spine
from kpictl.passes.standing import standing, stands
from kpictl.passes.windows import window
from kpictl.records import dataclass
from kpictl.sql.walk import transform, walk

DENOMINATOR = "denominator"


@dataclass(slots=True)
class Building:
    """What is shared while one statement is built: its WITH queries and the names that are taken."""

    with_denominator: bool
    ctes: list[Cte] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    made: dict[tuple[Relation, Bounds | None], Numbers] = field(default_factory=dict)

    def name(self, wish: str) -> str:
        """A name that nothing else in the statement has."""
        found = wish
        n = 1
        while found in self.taken:
            n += 1
            found = f"{wish}_{n}"
        self.taken.add(found)
        return found

    def cte(self, wish: str, query: Query) -> str:
        """A WITH query; its name."""
        name = self.name(wish)
        self.ctes.append(Cte(name, query))
        return name


@dataclass(frozen=True, slots=True)
class Numbers:
    """A SELECT of numbers: its key column (None: a snapshot), dimensions and values are its outputs."""

    query: Query
    key: Col | None
    grain: Grain | None
    dimensions: tuple[str, ...]

    def column(self, name: str, table: str) -> Col:
        """An output, read from a relation of that name."""
        types = dict(self.query.outputs)
        return Col(name, table, types[name])


def to_query(tree: Relation, *, with_denominator: bool = False) -> Query:
    """The query of a tree of numbers: `time` (unless it is a snapshot), `value`, dimensions, asked denominator."""
    building = Building(with_denominator)
    building.taken |= _names_below(tree)
    grain = grain_of(tree)
    numbers = _numbers(tree, None if grain is None else asked(grain), building)
    query = _with_instants(numbers, building)
    return replace(query, ctes=(*building.ctes, *query.ctes))


def _names_below(tree: Relation) -> set[str]:
    """Names that WITH queries and spines must not hide: sources, roles, and what an author named in a query."""
    from kpictl.ir.verify import walk

    found: set[str] = set()
    for node in walk(tree):
        if isinstance(node, Opaque):
            found |= _names(node.query)
        elif isinstance(node, Scan):
            found.add(node.source)
        elif isinstance(node, Join):
            found.add(node.alias)
    return found


def _names(query: Query) -> set[str]:
    found: set[str] = set()
    for node in walk(query):
        if isinstance(node, Cte):
            found.add(node.name)
        elif isinstance(node, CteRef | Derived | TableRef):
            found.add(node.alias)
            found.update([node.source] if isinstance(node, TableRef) else [])
    return found


def _with_instants(numbers: Numbers, building: Building) -> Query:
    """The bucket's key as the instant at which it begins; the key of an hour is that instant already."""
    key, grain = numbers.key, numbers.grain
    if key is None or grain is None:
        return numbers.query
    others = [name for name, _ in numbers.query.outputs if name != key.name]
    ordered = ["value", *(n for n in others if n != "value")]
    if not buckets.is_dated(grain):
        return _reordered(numbers.query, [key.name, *ordered])
    alias = building.name("numbers")
    time = buckets.start(Col(key.name, alias, DATE), grain)
    outputs = (Output("time", time), *(Output(n, numbers.column(n, alias)) for n in ordered))
    return Query(Select(outputs, Derived(numbers.query, alias)))


def _reordered(query: Query, names: list[str]) -> Query:
    body = query.body
    assert isinstance(body, Select)
    by_name = {output.name: output for output in body.outputs}
    return replace(query, body=replace(body, outputs=tuple(by_name[name] for name in names)))


def key_name(grain: Grain, taken: tuple[str, ...]) -> str:
    """What the key column is called: the unit of its buckets, `time` where it is the instant itself."""
    wish = grain.unit if buckets.is_dated(grain) else "time"
    return wish if wish not in taken else f"{wish}_bucket"


def _numbers(tree: Relation, bounds: Bounds | None, building: Building) -> Numbers:
    match tree:
        case Finalize():
            return _finalize(tree, bounds, building)
        case Read():
            return _read(tree, bounds, building)
        case Shift():
            return _shift(tree, bounds, building)
        case OverTime():
            return _over_time(tree, bounds, building)
        case Computed():
            return _computed(tree, bounds, building)
        case Align():
            return _align(tree, bounds, building)
        case _:
            raise AssertionError(f"{type(tree).__name__} yields no numbers")


# -- numbers from states


def _finalize(tree: Finalize, bounds: Bounds | None, building: Building) -> Numbers:
    of = aggregate_of(tree.input)
    assert of is not None
    outputs = _outputs(tree.outputs, tree.denominator, building)
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
        return _grouped(rows(of.input), of, None, outputs)
    return by_time(of, outputs, bounds)


def _outputs(
    outputs: tuple[tuple[str, Scalar], ...], denominator: Scalar | None, building: Building
) -> tuple[tuple[str, Scalar], ...]:
    if denominator is None or not building.with_denominator:
        return outputs
    return (*outputs, (DENOMINATOR, denominator))


def by_time(of: Aggregate, outputs: tuple[tuple[str, Scalar], ...], bounds: Bounds, key: str | None = None) -> Numbers:
    """Each row in the bucket of its time; `key` names the column of the bucket's key."""
    assert of.time is not None
    assert of.grain is not None
    read = rows(of.input)
    read.where += list(bounds.holds(of.time, of.grain.zone))
    name = key or key_name(of.grain, tuple(n for n, _ in of.keys))
    return _grouped(read, of, Output(name, buckets.key(of.time, of.grain)), outputs)


def _grouped(read: Rows, of: Aggregate, key: Output | None, outputs: tuple[tuple[str, Scalar], ...]) -> Numbers:
    dims = tuple(Output(name, read.scalar(scalar)) for name, scalar in of.keys)
    keys = (*((Output(key.name, read.scalar(key.value)),) if key is not None else ()), *dims)
    values = tuple(Output(name, read.scalar(over_rows(value, of))) for name, value in outputs)
    select = Select(
        (*keys, *values),
        read.table,
        read.joined(),
        read.condition(),
        (tuple(k.value for k in keys),) if keys else ((),),
    )
    return _made(Query(select), key, of.grain, of)


def _made(query: Query, key: Output | None, grain: Grain | None, of: Aggregate) -> Numbers:
    column = None if key is None else Col(key.name, None, key.value.type)
    return Numbers(query, column, grain if key is not None else None, tuple(name for name, _ in of.keys))


def over_rows(value: Scalar, of: Aggregate) -> Scalar:
    """A number over states as aggregates over the rows themselves."""
    states = dict(of.states)

    def change(node: object) -> object:
        if isinstance(node, Col) and node.table is None and node.name in states:
            return aggregate(states[node.name], node.type)
        return node

    if isinstance(value, Col):
        return change(value)  # type: ignore[return-value]
    return transform(value, change)


# -- numbers by a spine


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
    return _made(Query(select), key, grain, of)


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
    return _made(Query(select), key, grain, of)


def _windowed(
    tree: Window, of: Aggregate, outputs: tuple[tuple[str, Scalar], ...], bounds: Bounds, building: Building
) -> Numbers:
    assert of.grain is not None
    name = key_name(of.grain, tuple(n for n, _ in of.keys))
    days = spine(of.grain, bounds, building.name(f"{of.grain.unit}s"), name)
    query, key = window(tree, of, outputs, days, building)
    return _made(query, key, of.grain, of)


# -- numbers from queries


def _read(tree: Read, bounds: Bounds | None, building: Building) -> Numbers:
    """The rows of an opaque query, each in the bucket of its time; nothing is pushed into the query."""
    assert isinstance(tree.input, Opaque)
    query = tree.input.query
    outputs = _outputs(tree.outputs, tree.denominator, building)
    if tree.denominator is not None and not building.with_denominator:
        query = _without(query, DENOMINATOR)
    if tree.time is None:
        return _snapshot(tree, query, outputs, building)
    assert bounds is not None
    assert tree.grain is not None
    alias = building.name("result")
    name = key_name(tree.grain, tuple(n for n, _ in tree.keys))

    def at(scalar: Scalar) -> Scalar:
        return _from(scalar, alias)

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
    columns = tuple(Output(name, _from(scalar, alias)) for name, scalar in wanted)
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


def _from(scalar: Scalar, alias: str) -> Scalar:
    """Columns without a table, read from a relation."""

    def change(node: object) -> object:
        return Col(node.name, alias, node.type, node.place) if isinstance(node, Col) and node.table is None else node

    if isinstance(scalar, Col):
        return change(scalar)  # type: ignore[return-value]
    return transform(scalar, change)


# -- numbers from numbers


def _shared(tree: Relation, wish: str, bounds: Bounds | None, building: Building) -> tuple[str, Numbers]:
    """Numbers as a WITH query; the same numbers over the same range are computed once."""
    known = building.made.get((tree, bounds))
    if known is not None:
        source = known.query.body
        assert isinstance(source, Select)
        assert isinstance(source.source, CteRef)
        return source.source.name, known
    inner = replace(building, with_denominator=False)
    numbers = _numbers(tree, bounds, inner)
    name = building.cte(wish, numbers.query)
    columns = tuple(Output(n, Col(n, name, t)) for n, t in numbers.query.outputs)
    read = Numbers(Query(Select(columns, CteRef(name, name))), numbers.key, numbers.grain, numbers.dimensions)
    building.made[(tree, bounds)] = read
    return name, read


def _shift(tree: Shift, bounds: Bounds | None, building: Building) -> Numbers:
    assert bounds is not None
    grain = tree.grain
    name, past = _shared(tree.input, "earlier", bounds.shifted(grain, tree.span), building)
    assert past.key is not None
    days = spine(grain, bounds, building.name(f"{grain.unit}s"), past.key.name)
    looked_up = buckets.floor_date(buckets.back(days.key, tree.span), grain)
    on = call("eq", past.column(past.key.name, name), looked_up)
    others = tuple(Output(n, Col(n, name, t)) for n, t in past.query.outputs if n != past.key.name)
    select = Select(
        (Output(past.key.name, days.key), *others), days.relation, (Joined("inner", CteRef(name, name), on),)
    )
    return Numbers(Query(select), past.key, grain, past.dimensions)


def _over_time(tree: OverTime, bounds: Bounds | None, building: Building) -> Numbers:
    """The numbers of the finer buckets, and of each coarser one the last or what they are together."""
    assert bounds is not None
    below = _numbers(tree.input, bounds, building)
    assert below.key is not None
    assert below.grain is not None
    name = building.cte("parts", below.query)
    fine = below.column(below.key.name, name)
    grain, key_column = tree.grain, key_name(tree.grain, below.dimensions)
    dims = tuple(Output(d, below.column(d, name)) for d in below.dimensions)
    rest = [n for n, _ in below.query.outputs if n != below.key.name and n not in below.dimensions]
    if tree.choose == "last":
        days = spine(grain, bounds, building.name(f"{grain.unit}s"), key_column)
        values = tuple(Output(n, below.column(n, name)) for n in rest)
        on = call("eq", fine, days.last_within(below.grain))
        join = Joined("inner", CteRef(name, name), on)
        query = Query(Select((Output(key_column, days.key), *dims, *values), days.relation, (join,)))
        return Numbers(query, Col(key_column, None, days.key.type), grain, below.dimensions)
    coarse = buckets.floor_date(fine, grain) if buckets.is_dated(below.grain) else buckets.key(fine, grain)
    values = tuple(Output(n, _together(tree.choose, below.column(n, name))) for n in rest)
    keys = (coarse, *(d.value for d in dims))
    query = Query(Select((Output(key_column, coarse), *dims, *values), CteRef(name, name), group_by=(keys,)))
    return Numbers(query, Col(key_column, None, coarse.type), grain, below.dimensions)


def _together(choose: str, value: Col) -> Scalar:
    if choose == "avg":
        return call("real_divide", Agg("sum", (value,), type=value.type), Agg("count", (value,), type=INTEGER))
    return Agg(choose, (value,), type=value.type)


def _computed(tree: Computed, bounds: Bounds | None, building: Building) -> Numbers:
    outputs = _outputs(tree.outputs, tree.denominator, building)
    if isinstance(tree.input, Align):
        return _side_by_side(tree.input, outputs, bounds, building)
    name, below = _shared(tree.input, "numbers", bounds, building)
    keys = ([below.key.name] if below.key is not None else []) + list(below.dimensions)
    columns = (
        *(Output(k, below.column(k, name)) for k in keys),
        *(Output(n, _from(s, name)) for n, s in outputs),
    )
    return Numbers(Query(Select(columns, CteRef(name, name))), below.key, below.grain, below.dimensions)


def _align(tree: Align, bounds: Bounds | None, building: Building) -> Numbers:
    outputs = tuple((f"{alias}.value", Col(f"{alias}.value")) for alias, _ in tree.inputs)
    return _side_by_side(tree, outputs, bounds, building)


def _side_by_side(
    tree: Align, outputs: tuple[tuple[str, Scalar], ...], bounds: Bounds | None, building: Building
) -> Numbers:
    """Every bucket and combination that one of the inputs has, with each input's numbers where it has some."""
    assert bounds is not None or not tree.dense
    named = {alias: _shared(each, _plain_name(alias), bounds, building) for alias, each in tree.inputs}
    first = next(iter(named.values()))[1]
    keys = ([first.key.name] if first.key is not None else []) + list(tree.keys)
    names = list(dict.fromkeys(name for name, _ in named.values()))
    if len(names) == 1 and not tree.dense:
        values = _values(outputs, named, first.key, names[0])
        columns = tuple(Output(k, first.column(k, names[0])) for k in keys)
        select = Select((*columns, *(Output(n, v) for n, v in values)), CteRef(names[0], names[0]))
        return Numbers(Query(select), first.key, first.grain, tree.keys)
    if not keys:
        values = _values(outputs, named, None, names[0])
        joins = tuple(Joined("cross", CteRef(name, name)) for name in names[1:])
        select = Select(tuple(Output(n, v) for n, v in values), CteRef(names[0], names[0]), joins)
        return Numbers(Query(select), None, None, ())
    every = _union(names, keys, dict(named.values()))
    if tree.dense and bounds is not None and first.key is not None and first.grain is not None:
        every = _every_bucket(spine(first.grain, bounds, building.name(f"{first.grain.unit}s"), first.key.name))
    all_keys = building.cte("buckets", every)
    values = _values(outputs, named, first.key, all_keys)
    by_name = dict(named.values())
    joins = tuple(
        Joined("left", CteRef(name, name), _same_keys(by_name[name], name, all_keys, keys, first)) for name in names
    )
    columns = tuple(Output(k, Col(k, all_keys, first.column(k, all_keys).type)) for k in keys)
    select = Select((*columns, *(Output(n, v) for n, v in values)), CteRef(all_keys, all_keys), joins)
    return Numbers(Query(select), first.key, first.grain, tree.keys)


def _plain_name(alias: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in alias).strip("_")


def _union(names: list[str], keys: list[str], numbers: dict[str, Numbers]) -> Query:
    parts = [
        Query(Select(tuple(Output(k, numbers[name].column(k, name)) for k in keys), CteRef(name, name)))
        for name in names
    ]
    found = parts[0]
    for part in parts[1:]:
        found = Query(SetOperation("union", found, part))
    return found


def _same_keys(numbers: Numbers, name: str, all_keys: str, keys: list[str], first: Numbers) -> Scalar | None:
    """The key of a bucket is never NULL, so an engine can hash on it; a dimension's member may be."""
    parts: list[Scalar] = []
    for k in keys:
        mine = numbers.column(k, name)
        other = Col(k, all_keys, mine.type)
        exact = first.key is not None and k == first.key.name
        parts.append(call("eq" if exact else "same", mine, other))
    return conjunction(parts)


def _every_bucket(days: Spine) -> Query:
    return Query(Select((Output(days.key.name, days.key),), days.relation))


def _values(
    outputs: tuple[tuple[str, Scalar], ...], named: dict[str, tuple[str, Numbers]], key: Col | None, table: str
) -> tuple[tuple[str, Scalar], ...]:
    bucket = None if key is None else replace(key, table=table)
    return tuple((name, _beside(scalar, named, bucket)) for name, scalar in outputs)


def _beside(scalar: Scalar, named: dict[str, tuple[str, Numbers]], bucket: Col | None) -> Scalar:
    """`<alias>.<name>` as a column of the alias' WITH query, `BUCKET` as the key."""

    def change(node: object) -> object:
        if isinstance(node, Col) and node.name == BUCKET and bucket is not None:
            return bucket
        if isinstance(node, Col) and node.table is None and "." in node.name:
            alias, _, column = node.name.rpartition(".")
            name, numbers = named[alias]
            if column == BUCKET:
                assert numbers.key is not None
                return replace(numbers.key, table=name)
            return replace(numbers.column(column, name), place=node.place)
        return node

    if isinstance(scalar, Col):
        return change(scalar)  # type: ignore[return-value]
    return transform(scalar, change)
