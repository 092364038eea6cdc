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

from dataclasses import replace

from kpictl.ir.query import Cte, CteRef, Derived, Output, Query, Select, TableRef
from kpictl.ir.relations import Align, Finalize, Join, Opaque, OverTime, Read, Relation, Scan, Shift
from kpictl.ir.relations import Derived as Computed
from kpictl.ir.scalars import Col
from kpictl.ir.verify import grain_of
from kpictl.kinds import buckets
from kpictl.model.types import DATE
from kpictl.passes.bounds import Bounds, asked
from kpictl.passes.queries.building import Building, Numbers
from kpictl.passes.queries.from_numbers import align, computed, over_time, shift
from kpictl.passes.queries.from_queries import read
from kpictl.passes.queries.from_states import finalize
from kpictl.sql.walk import find


def to_query(tree: Relation, *, with_denominator: bool = False) -> Query:
    """The query of a tree of numbers: `time` (unless it is a snapshot), `value`, dimensions, asked denominator."""
    building = Building(with_denominator, _numbers)
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
    for node in find(query, (Cte, CteRef, Derived, TableRef)):
        if isinstance(node, Cte):
            found.add(node.name)
        else:
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


def _numbers(tree: Relation, bounds: Bounds | None, building: Building) -> Numbers:
    match tree:
        case Finalize():
            return finalize(tree, bounds, building)
        case Read():
            return read(tree, bounds, building)
        case Shift():
            return shift(tree, bounds, building)
        case OverTime():
            return over_time(tree, bounds, building)
        case Computed():
            return computed(tree, bounds, building)
        case Align():
            return align(tree, bounds, building)
        case _:
            raise AssertionError(f"{type(tree).__name__} yields no numbers")
