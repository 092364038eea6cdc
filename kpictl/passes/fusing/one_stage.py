"""Fused in one stage: each filter inside of its aggregates, what is common to all on the scan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kpictl.ir.query import Query
from kpictl.ir.relations import Aggregate, Finalize, Relation, State
from kpictl.ir.scalars import Case, Col, Scalar
from kpictl.kinds.build import conjunction, lit
from kpictl.model.types import INTEGER
from kpictl.passes.bounds import Bounds, asked
from kpictl.passes.fold_filters import fold_filters
from kpictl.passes.fusing.readings import Column, Form, Fused, Outputs, Reading, own, put, state_name, types_of
from kpictl.passes.prune_columns import prune_columns
from kpictl.passes.push_filters import push_filters
from kpictl.passes.to_query import by_time


def one_stage(readings: Sequence[Reading], rows: Relation, common: tuple[Scalar, ...], form: Form) -> Fused:
    """The query of readings of one grain and the same dimensions, none over a window."""
    first = readings[0].of
    names = {name: f"member_{n}" for n, (name, _) in enumerate(first.keys, 1)}
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
                part=0,
                value=outputs.column("value", put(each.value, known)),
                rows=counted,
                denominator=None if each.denominator is None else outputs.column("of", put(each.denominator, known)),
                members=tuple(names[name] for name, _ in each.of.keys),
            )
        )
    keys = tuple((names[name], scalar) for name, scalar in first.keys)
    of = replace(first, input=rows, keys=keys, states=tuple((name, state) for state, name in states.items()))
    numbers = grouped_rows(Finalize(of, tuple((name, value) for value, name in outputs.named.items())))
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


def grouped_rows(tree: Finalize, bounds: Bounds | None = None) -> Query:
    """The SELECT of numbers by the key of their bucket, which is called `time`; `bounds` None: of the asked range."""
    tree_ = prune_columns(push_filters(fold_filters(tree)))
    assert isinstance(tree_, Finalize)
    of = tree_.input
    assert isinstance(of, Aggregate)
    assert of.grain is not None
    return by_time(of, tree_.outputs, bounds or asked(of.grain), "time").query
