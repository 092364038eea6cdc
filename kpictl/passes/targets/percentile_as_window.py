"""Exact percentiles by row numbers, for targets whose own are approximate or missing.

Before: `percentile_cont(x, 0.95)` by group. After: each row has its `place` among the `size` values of its group, and

    sum(CASE WHEN place = low + 1 THEN x * (1 - rest) WHEN place = low + 2 THEN x * rest END)

where `low` and `rest` are quotient and remainder of 0.95 * (size - 1), computed in whole numbers so that no rounding of
0.95 can choose another row. `percentile_disc` is the value at the place ceil(0.95 * size).
"""

from __future__ import annotations

from fractions import Fraction

from kpictl.ir.query import Query, Select
from kpictl.ir.scalars import Agg, Case, Col, Lit, Over, Scalar, SortKey
from kpictl.kinds.build import as_double, call, lit
from kpictl.model.types import DOUBLE, INTEGER
from kpictl.passes.targets.nest import (
    Names,
    aggregates,
    each_query,
    equal,
    filtered,
    keys_of,
    nest,
    only,
    plus,
    replaced,
    row_number,
)

_EXACT = ("percentile_cont", "percentile_disc")


def percentile_as_window(query: Query) -> Query:
    """`query` with its exact percentiles computed from row numbers."""
    return each_query(query, lambda each, names: _rewritten(each, names, _EXACT), _EXACT)


def all_percentiles_as_window(query: Query) -> Query:
    """The same for approximate percentiles, too, which are then exact."""
    every = (*_EXACT, "approx_percentile")
    return each_query(query, lambda each, names: _rewritten(each, names, every), every)


def _rewritten(query: Query, names: Names, functions: tuple[str, ...]) -> Query:
    if not isinstance(query.body, Select):
        return query
    found = aggregates(query, lambda agg: agg.fn in functions and isinstance(agg.args[1], Lit))
    keys = keys_of(query.body)
    if not found or keys is None:
        return query
    wanted: list[tuple[str, Scalar]] = []
    named: dict[Agg, tuple[str, str, str]] = {}
    known: dict[Scalar, tuple[str, str, str]] = {}
    for agg in found:
        x = filtered(agg, agg.args[0] if agg.fn == "percentile_disc" else as_double(agg.args[0]))
        if x not in known:
            known[x] = (names.fresh("measured"), names.fresh("place"), names.fresh("size"))
            value, place, size = known[x]
            counted = Over(Agg("count", (x,), type=INTEGER), keys, (), None, INTEGER)
            wanted += [(value, x), (place, row_number(keys, (SortKey(x),))), (size, counted)]
        named[agg] = known[x]
    new: dict[Agg, Scalar] = {}
    nested = nest(query, names, wanted, wish="placed")
    kept = aggregates(nested.query, lambda agg: agg.fn in functions and isinstance(agg.args[1], Lit))
    for agg, same in zip(found, kept, strict=True):
        value, place, size = named[agg]
        kind = agg.args[0].type if agg.fn == "percentile_disc" else DOUBLE
        columns = Col(value, nested.alias, kind), Col(place, nested.alias, INTEGER), Col(size, nested.alias, INTEGER)
        new[same] = _value(agg, *columns)
    return replaced(nested.query, new)


def _value(agg: Agg, x: Scalar, place: Scalar, size: Scalar) -> Scalar:
    share = agg.args[1]
    assert isinstance(share, Lit)
    part = Fraction(str(share.value))
    top, bottom = lit(part.numerator), lit(part.denominator)
    if agg.fn == "percentile_disc":
        least = call("int_divide", plus(call("mul", size, top), part.denominator - 1), bottom)
        return only(x, equal(place, call("greatest", least, lit(1))))
    reached = call("mul", plus(size, -1), top)
    low = call("int_divide", reached, bottom)
    if part.denominator == 1:
        return only(x, equal(place, plus(low, 1)))
    rest = call("real_divide", call("mod", reached, bottom), bottom)
    whens = (
        (equal(place, plus(low, 1)), call("mul", x, call("sub", lit(1), rest))),
        (equal(place, plus(low, 2)), call("mul", x, rest)),
    )
    return Agg("sum", (Case(whens, None, DOUBLE),), type=DOUBLE)
