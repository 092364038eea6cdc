"""Fused in one stage: each filter inside of its aggregates, what is common to all on the scan.

Numbers of different dimensions stand in one statement by grouping sets: `GROUP BY GROUPING SETS ((day, country), (day))`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kpictl.ir.query import Output, Query, Select
from kpictl.ir.relations import Aggregate, Finalize, Relation, State
from kpictl.ir.scalars import Agg, Case, Col, Scalar
from kpictl.kinds.build import call, conjunction, lit
from kpictl.model.types import INTEGER
from kpictl.passes.bounds import Bounds, asked
from kpictl.passes.fold_filters import fold_filters
from kpictl.passes.fusing.readings import Column, Form, Fused, Outputs, Reading, own, put, state_name, types_of
from kpictl.passes.prune_columns import prune_columns
from kpictl.passes.push_filters import push_filters
from kpictl.passes.queries.building import by_time


def one_stage(readings: Sequence[Reading], rows: Relation, common: tuple[Scalar, ...], form: Form) -> Fused:
    """The query of readings of one grain, none over a window."""
    first = readings[0].of
    names = {
        scalar: f"member_{n}" for n, scalar in enumerate(dict.fromkeys(s for r in readings for _, s in r.of.keys), 1)
    }
    parts = tuple(dict.fromkeys(tuple(names[scalar] for _, scalar in each.of.keys) for each in readings))
    states: dict[State, str] = {}
    outputs = Outputs()
    columns = []
    for each in readings:
        mine = own(each, common)
        types = types_of(each)
        known = {
            name: Col(state_name(_conditional(state, mine, form), states), None, types.get(name, INTEGER))
            for name, state in each.of.states
        }
        counted = None
        if mine is not None:
            state = _conditional(State("count_rows", ()), mine, form)
            counted = outputs.column("rows", Col(state_name(state, states), None, INTEGER))
        columns.append(
            Column(
                part=parts.index(tuple(names[scalar] for _, scalar in each.of.keys)),
                value=outputs.column("value", put(each.value, known)),
                rows=counted,
                denominator=None if each.denominator is None else outputs.column("of", put(each.denominator, known)),
                members=tuple(names[scalar] for _, scalar in each.of.keys),
            )
        )
    keys = tuple((name, scalar) for scalar, name in names.items())
    of = replace(first, input=rows, keys=keys, states=tuple((name, state) for state, name in states.items()))
    numbers = grouped_rows(Finalize(of, tuple((name, value) for value, name in outputs.named.items())))
    if len(parts) > 1:
        numbers = _by_sets(numbers, parts)
    return Fused(query=numbers, columns=tuple(columns), parts=len(parts))


def _by_sets(query: Query, parts: Sequence[tuple[str, ...]]) -> Query:
    """The rows grouped once for each part, by its own members; `part` says which a row is of."""
    body = query.body
    assert isinstance(body, Select)
    values = {output.name: output.value for output in body.outputs}
    members = [name for name in values if any(name in part for part in parts)]
    mask = Agg("grouping", tuple(values[name] for name in members), type=INTEGER)
    whens = tuple((call("eq", mask, lit(_mask(members, part))), lit(n)) for n, part in enumerate(parts))
    part = Output("part", Case(whens, None, INTEGER))
    sets = tuple((values["time"], *(values[name] for name in members if name in part)) for part in parts)
    return replace(query, body=replace(body, outputs=(part, *body.outputs), group_by=sets))


def _mask(members: Sequence[str], part: tuple[str, ...]) -> int:
    """What `grouping` says of the rows of a part: a bit for each member that it does not have, the first one highest."""
    return sum(1 << n for n, name in enumerate(reversed(members)) if name not in part)


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


def grouped_rows(tree: Finalize, bounds: Bounds | None = None) -> Query:
    """The SELECT of numbers by the key of their bucket, which is called `time`; `bounds` None: of the asked range."""
    tree_ = prune_columns(push_filters(fold_filters(tree)))
    assert isinstance(tree_, Finalize)
    of = tree_.input
    assert isinstance(of, Aggregate)
    assert of.grain is not None
    return by_time(of, tree_.outputs, bounds or asked(of.grain), "time").query
