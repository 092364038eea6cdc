"""From an expression over aggregates to mergeable states and the number made of them."""

from __future__ import annotations

from dataclasses import field
from decimal import Decimal

from kpictl.ir.relations import State
from kpictl.ir.scalars import Agg, Call, Case, Cast, Col, Lit, Scalar
from kpictl.kinds.build import call, lit
from kpictl.model.types import DECIMAL, DOUBLE, INTEGER, Kind, Type
from kpictl.records import dataclass
from kpictl.sql.walk import rebuild

MERGEABLE = {"count_rows", "count", "sum", "min", "max", "bool_and", "bool_or"}
"""States that can be merged from parts; everything else is recomputed from rows."""
COUNTS = ("count_rows", "count", "approx_count_distinct")


@dataclass(slots=True)
class States:
    """States by name, each once."""

    named: dict[str, State] = field(default_factory=dict)
    types: dict[str, Type] = field(default_factory=dict)

    def column(self, state: State, type: Type) -> Col:
        """The column that holds a state, new or shared."""
        for name, known in self.named.items():
            if known == state:
                return Col(name, None, type)
        name = self._name(state)
        self.named[name] = state
        self.types[name] = type
        return Col(name, None, type)

    def _name(self, state: State) -> str:
        base = "rows" if state.fn == "count_rows" else state.fn
        if state.keyed_by:
            base = "distinct"
        first = state.args[0] if state.args else None
        if isinstance(first, Col):
            base += f"_{first.name}"
        if base not in self.named:
            return base
        return next(f"{base}_{n}" for n in range(2, 10_000) if f"{base}_{n}" not in self.named)


def finalized(value: Scalar, states: States) -> Scalar:
    """The value over state columns; each aggregate in it becomes a state (an average: a sum and a count)."""
    if isinstance(value, Agg):
        return _of_aggregate(value, states)

    def change(node: Scalar) -> Scalar:
        return finalized(node, states)

    return rebuild(value, change)


def _of_aggregate(agg: Agg, states: States) -> Scalar:
    keyed = agg.args if agg.distinct and agg.fn not in ("min", "max", "bool_and", "bool_or") else ()
    if agg.fn == "avg":
        total = State("sum", agg.args, agg.where, keyed)
        number = State("count", agg.args, agg.where, keyed)
        of = DOUBLE if agg.args[0].type.kind is Kind.DOUBLE else _exact(agg.args[0].type)
        return call("real_divide", states.column(total, of), states.column(number, INTEGER))
    holistic = agg.fn not in MERGEABLE
    state = State(agg.fn, agg.args, agg.where, keyed, agg.order_by, holistic)
    return states.column(state, agg.type)


def _exact(kind: Type) -> Type:
    return INTEGER if kind.kind is Kind.INTEGER else DECIMAL if kind.kind is Kind.DECIMAL else kind


def aggregate(state: State, type: Type) -> Agg:
    """The aggregate over rows that computes a state."""
    return Agg(state.fn, state.args, bool(state.keyed_by), state.where, state.order_by, type)


def empty_value(value: Scalar, states: States) -> Decimal | None:
    """What the number is without any row: counts are 0, everything else is NULL; None when NULL or not foldable."""
    if isinstance(value, Col):
        state = states.named.get(value.name)
        return Decimal(0) if state is not None and state.fn in COUNTS else None
    if isinstance(value, Lit):
        ok = isinstance(value.value, int | float | Decimal) and not isinstance(value.value, bool)
        return Decimal(str(value.value)) if ok else None
    if isinstance(value, Cast):
        return empty_value(value.arg, states)
    if not isinstance(value, Call):
        return None
    args = [empty_value(arg, states) for arg in value.args]
    if value.fn == "coalesce":
        return next((arg for arg in args if arg is not None), None)
    if len(args) == 2 and None not in args and value.fn in ("add", "sub", "mul", "real_divide"):
        return _arithmetic(value.fn, args[0], args[1])
    if value.fn in ("neg", "round", "abs") and args[0] is not None:
        return -args[0] if value.fn == "neg" else args[0]
    return None


def _arithmetic(fn: str, a: Decimal | None, b: Decimal | None) -> Decimal | None:
    assert a is not None
    assert b is not None
    if fn == "add":
        return a + b
    if fn == "sub":
        return a - b
    if fn == "mul":
        return a * b
    return a / b if b else None


def denominator(value: Scalar) -> Scalar | None:
    """What the outermost division divides by (an average is none); 0 or NULL in it means `no_denominator`."""
    found = _divisors(value)
    if not found:
        return None
    last = found[-1]
    for divisor in reversed(found[:-1]):
        empty = call("eq", call("coalesce", divisor, lit(0)), lit(0))
        last = Case(((empty, lit(0)),), last, DOUBLE)
    return last


def _divisors(value: Scalar) -> list[Scalar]:
    if isinstance(value, Call):
        if value.fn == "real_divide":
            return [value.args[1]]
        return [found for arg in value.args for found in _divisors(arg)]
    if isinstance(value, Cast):
        return _divisors(value.arg)
    if isinstance(value, Case):
        arms = [arm for _, arm in value.whens] + ([value.otherwise] if value.otherwise is not None else [])
        return [found for arm in arms for found in _divisors(arm)]
    return []
