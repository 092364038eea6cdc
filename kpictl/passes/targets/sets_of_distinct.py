"""Distinct counts by several grouping sets, for engines that count them wrongly or not at all.

Before: `count(DISTINCT x) .. GROUP BY GROUPING SETS ((a), ())`. After: each row knows whether it is the first of its x within
each set's group, and the count of a set is the count of its firsts; `grouping` tells the sets apart.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Query, Select
from kpictl.ir.scalars import Agg, Case, Col, Scalar
from kpictl.kinds.build import call, lit
from kpictl.model.types import INTEGER
from kpictl.passes.targets.nest import Names, aggregates, both, each_query, equal, filtered, nest, replaced, row_number


def distinct_sets_as_window(query: Query) -> Query:
    """`query` without distinct counts over several grouping sets."""
    return each_query(query, lambda each, names: _rewritten(each, names) if _has_sets(each) else each)


def distinct_beside_texts_as_window(query: Query) -> Query:
    """`query` without distinct counts beside the one text of a group, which Druid cannot carry through its own expansion."""
    return each_query(query, lambda each, names: _rewritten(each, names) if _has_text(each) else each, ("first_by",))


def _has_sets(query: Query) -> bool:
    return isinstance(query.body, Select) and query.body.group_by is not None and len(query.body.group_by) > 1


def _has_text(query: Query) -> bool:
    return isinstance(query.body, Select) and bool(aggregates(query, lambda agg: agg.fn == "first_by"))


def _is_distinct_count(agg: Agg) -> bool:
    return agg.fn == "count" and agg.distinct and len(agg.args) == 1


def _rewritten(query: Query, names: Names) -> Query:
    select = query.body
    assert isinstance(select, Select)
    found, sets = aggregates(query, _is_distinct_count), select.group_by or ((),)
    if not found or len(set(map(frozenset, sets))) < len(sets):
        return query
    firsts = {(agg, n): names.fresh("first") for agg in found for n in range(len(sets))}
    wanted = [(name, row_number((*sets[n], filtered(agg, agg.args[0])), ())) for (agg, n), name in firsts.items()]
    nested = nest(query, names, wanted, wish="marked")
    body = nested.query.body
    assert isinstance(body, Select)
    moved = body.group_by or ((),)
    keys = tuple(dict.fromkeys(key for each in moved for key in each))
    new: dict[Agg, Scalar] = {}
    for agg, same in zip(found, aggregates(nested.query, _is_distinct_count), strict=True):
        x = same.args[0]
        whens: list[tuple[Scalar, Scalar]] = []
        for n, each in enumerate(moved):
            first = equal(Col(firsts[agg, n], nested.alias, INTEGER), lit(1))
            counted = replace(
                same,
                fn="count_rows",
                args=(),
                distinct=False,
                where=both(same.where, first, call("not", call("is_null", x))),
            )
            mask = sum(1 << (len(keys) - 1 - i) for i, key in enumerate(keys) if key not in each)
            whens.append((equal(Agg("grouping", keys, type=INTEGER), lit(mask)), counted))
        new[same] = Case(tuple(whens), None, INTEGER) if len(whens) > 1 else whens[0][1]
    return replaced(nested.query, new)
