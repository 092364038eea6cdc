"""Numbers from numbers: shifted, of coarser buckets, computed, side by side. Each is a WITH query, made once."""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import CteRef, Joined, Output, Query, Select, SetOperation
from kpictl.ir.relations import BUCKET, Align, OverTime, Relation, Shift
from kpictl.ir.relations import Derived as Computed
from kpictl.ir.scalars import Agg, Col, Scalar
from kpictl.kinds import buckets
from kpictl.kinds.build import call, conjunction
from kpictl.model.types import INTEGER
from kpictl.passes.bounds import Bounds
from kpictl.passes.queries.building import Building, Numbers, key_name, outputs_of, read_from
from kpictl.passes.spine import Spine, spine
from kpictl.sql.walk import transform


def _shared(tree: Relation, wish: str, bounds: Bounds | None, building: Building) -> tuple[str, Numbers]:
    """Numbers as a WITH query; the same numbers over the same range are computed once."""
    known = building.made.get((tree, bounds))
    if known is not None:
        source = known.query.body
        assert isinstance(source, Select)
        assert isinstance(source.source, CteRef)
        return source.source.name, known
    inner = replace(building, with_denominator=False)
    numbers = building.numbers(tree, bounds, inner)
    name = building.cte(wish, numbers.query)
    columns = tuple(Output(n, Col(n, name, t)) for n, t in numbers.query.outputs)
    read = Numbers(Query(Select(columns, CteRef(name, name))), numbers.key, numbers.grain, numbers.dimensions)
    building.made[(tree, bounds)] = read
    return name, read


def shift(tree: Shift, bounds: Bounds | None, building: Building) -> Numbers:
    """The numbers of earlier buckets."""
    assert bounds is not None
    grain = tree.grain
    name, past = _shared(tree.input, "earlier", bounds.shifted(grain, tree.span), building)
    assert past.key is not None
    days = spine(grain, bounds, building.name(f"{grain.unit}s"), past.key.name)
    looked_up = buckets.earlier(days.key, tree.span, grain)
    on = call("eq", past.column(past.key.name, name), looked_up)
    others = tuple(Output(n, Col(n, name, t)) for n, t in past.query.outputs if n != past.key.name)
    select = Select(
        (Output(past.key.name, days.key), *others), days.relation, (Joined("inner", CteRef(name, name), on),)
    )
    return Numbers(Query(select), past.key, grain, past.dimensions)


def over_time(tree: OverTime, bounds: Bounds | None, building: Building) -> Numbers:
    """The numbers of the finer buckets, and of each coarser one the last or what they are together."""
    assert bounds is not None
    below = building.numbers(tree.input, bounds, building)
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


def computed(tree: Computed, bounds: Bounds | None, building: Building) -> Numbers:
    """Numbers made of others of the same bucket and dimensions."""
    outputs = outputs_of(tree.outputs, tree.denominator, building)
    if isinstance(tree.input, Align):
        return _side_by_side(tree.input, outputs, bounds, building)
    name, below = _shared(tree.input, "numbers", bounds, building)
    keys = ([below.key.name] if below.key is not None else []) + list(below.dimensions)
    columns = (
        *(Output(k, below.column(k, name)) for k in keys),
        *(Output(n, read_from(s, name)) for n, s in outputs),
    )
    return Numbers(Query(Select(columns, CteRef(name, name))), below.key, below.grain, below.dimensions)


def align(tree: Align, bounds: Bounds | None, building: Building) -> Numbers:
    """Several numbers side by side."""
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
    return transform(scalar, change, Col)
