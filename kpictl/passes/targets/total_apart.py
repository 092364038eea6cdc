"""The grand total of several grouping sets as a SELECT of its own, for engines that give no total of an empty table.

Before: `SELECT k, sum(x) .. GROUP BY GROUPING SETS ((k), ())`. After: `SELECT k, sum(x) .. GROUP BY k UNION ALL SELECT NULL,
sum(x) ..`: an aggregate without GROUP BY always has one row. The rows are read twice.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Derived, Output, Query, Select, SetOperation
from kpictl.ir.scalars import Agg, Col, Lit, Scalar
from kpictl.kinds.build import lit
from kpictl.model.types import BOOLEAN, INTEGER
from kpictl.passes.targets.nest import Names, each_query, order_over
from kpictl.sql.walk import Node, find, has_aggregate, has_window, rebuild


def total_apart(query: Query) -> Query:
    """`query` whose grouping sets are without an empty one, unless windows run over the groups."""
    return each_query(query, _rewritten)


def having_below(query: Query) -> Query:
    """`query` whose HAVING without GROUP BY stands beside an aggregate of the outputs, or is a WHERE above the total.

    BigQuery takes no `SELECT 'x' FROM t HAVING sum(n) > 0`.
    """
    return each_query(query, _having_below)


def _having_below(query: Query, names: Names) -> Query:
    select = query.body
    if not isinstance(select, Select) or select.having is None or select.group_by not in (None, (), ((),)):
        return query
    if any(has_aggregate(o.value) for o in select.outputs) or query.order_by:
        return query
    kept, alias = names.fresh("kept"), names.fresh("total")
    total = replace(select, outputs=(Output(kept, select.having),), having=None)
    above = Select(select.outputs, Derived(Query(total), alias), where=Col(kept, alias, BOOLEAN))
    return replace(query, body=above)


def _rewritten(query: Query, names: Names) -> Query:
    select = query.body
    if not isinstance(select, Select) or select.group_by is None or len(select.group_by) < 2:
        return query
    sets = tuple(s for s in select.group_by if s)
    keys = [k.by for k in query.order_by]
    if len(sets) == len(select.group_by) or not sets or any(has_window(s) for s in (*_values(select), *keys)):
        return query
    alias = names.fresh("grouped")
    outputs = list(select.outputs)
    order_by = order_over(query, outputs, alias, names)
    if not any(_counts(o.value) for o in outputs):
        # Without an aggregate the total would not be one row.
        outputs.append(Output(names.fresh("counted"), Agg("count_rows", (), type=INTEGER)))
    parts = [_of_sets(replace(select, outputs=tuple(outputs), distinct=False), sets)]
    total = _total(replace(select, outputs=tuple(outputs), distinct=False))
    parts += [total] * (len(select.group_by) - len(sets))
    whole = Query(parts[0])
    for part in parts[1:]:
        whole = Query(SetOperation("union", whole, Query(part), all=True))
    above = tuple(Output(o.name, Col(o.name, alias, o.type)) for o in select.outputs)
    return replace(query, body=Select(above, Derived(whole, alias), distinct=select.distinct), order_by=order_by)


def _values(select: Select) -> list[Scalar]:
    rest = [s for s in (select.having, select.qualify) if s is not None]
    return [*(o.value for o in select.outputs), *rest]


def _of_sets(select: Select, sets: tuple[tuple[Scalar, ...], ...]) -> Select:
    select = replace(select, group_by=sets)
    if len(sets) > 1:
        return select

    def visit(node: Node) -> Node:
        if isinstance(node, Agg) and node.fn == "grouping":
            return lit(_mask([arg not in sets[0] for arg in node.args]))
        return node if isinstance(node, Query) else rebuild(node, visit)

    return _changed(select, visit)


def _total(select: Select) -> Select:
    keys = {key for each in select.group_by or () for key in each}

    def visit(node: Node) -> Node:
        if isinstance(node, Agg):
            return lit(_mask([True] * len(node.args))) if node.fn == "grouping" else node
        if node in keys:
            return Lit(None, node.type)
        return rebuild(node, visit)

    return replace(_changed(select, visit), group_by=((),))


def _changed(select: Select, visit: object) -> Select:
    assert callable(visit)
    outputs = tuple(Output(o.name, visit(o.value)) for o in select.outputs)
    return replace(select, outputs=outputs, having=None if select.having is None else visit(select.having))


def _counts(scalar: Scalar) -> bool:
    return any(agg.fn != "grouping" for agg in find(scalar, Agg, queries=False))


def _mask(flags: list[bool]) -> int:
    return sum(flag << n for n, flag in enumerate(reversed(flags)))
