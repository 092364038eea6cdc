"""The ir as text for people: one node a line, inputs indented below it."""

from __future__ import annotations

from collections.abc import Iterator

from kpictl.ir.relations import (
    Aggregate,
    Align,
    Densify,
    Derive,
    Derived,
    Filter,
    Finalize,
    Grain,
    Join,
    Opaque,
    OverTime,
    PerBucket,
    Read,
    Relation,
    Rollup,
    Scan,
    Sequence,
    Shift,
    Span,
    Standing,
    State,
    ValidAt,
    Window,
)
from kpictl.ir.scalars import Agg, Call, Case, Cast, Col, Interval, Lit, Over, Param, Scalar
from kpictl.ir.verify import inputs

_INFIX = {
    "eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "and": "and", "or": "or",
    "add": "+", "sub": "-", "mul": "*", "real_divide": "/",
}  # fmt: skip


def show(tree: Relation) -> str:
    """The whole tree."""
    return "\n".join(_lines(tree, ""))


def _lines(tree: Relation, indent: str) -> Iterator[str]:
    yield indent + _head(tree)
    names = [f"{name}: " for name, _ in tree.inputs] if isinstance(tree, Align) else [""] * 2
    for name, each in zip(names, inputs(tree), strict=False):
        first, *rest = _lines(each, indent + "  ")
        yield indent + "  " + name + first.removeprefix(indent + "  ")
        yield from rest


def _head(tree: Relation) -> str:
    match tree:
        case Scan():
            return f"Scan {tree.source}({', '.join(name for name, _ in tree.columns)})"
        case Opaque():
            return f"Opaque over {', '.join(tree.sources)}"
        case Filter():
            return f"Filter {text(tree.predicate)}"
        case Derive():
            return f"Derive {_named(tree.columns)}"
        case Join():
            return f"Join {tree.mode} {tree.alias} on {text(tree.on)}"
        case Aggregate():
            return _aggregate(tree)
        case Rollup():
            return f"Rollup to {', '.join(tree.keys) or 'the total'}{_by(tree.grain)}"
        case Window():
            return f"Window {_frame(tree)}{_by(tree.grain)}"
        case ValidAt():
            return f"ValidAt [{text(tree.start)}, {text(tree.stop)}){_by(tree.grain)}"
        case PerBucket():
            return f"PerBucket {text(tree.predicate)}, rows at {text(tree.time)}{_by(tree.grain)}"
        case Standing():
            return _standing(tree)
        case OverTime():
            return f"OverTime {tree.choose}{_by(tree.grain)}"
        case Shift():
            return f"Shift {_span(tree.span)} back{_by(tree.grain)}"
        case Sequence():
            return f"Sequence of {text(tree.entity)}"
        case Finalize():
            return f"Finalize {_named(tree.outputs)}{_below(tree.denominator)}"
        case Derived():
            return f"Derived {_named(tree.outputs)}{_below(tree.denominator)}"
        case Read():
            at = "as things stand" if tree.time is None else f"at {text(tree.time)}"
            return f"Read {_named((*tree.outputs, *tree.keys))} {at}{_by(tree.grain)}"
        case Densify():
            return f"Densify {tree.fill}{_by(tree.grain)}"
        case Align():
            return f"Align by {', '.join(('bucket', *tree.keys))}"


def _standing(tree: Standing) -> str:
    whose = ", ".join(text(each) for each in tree.entity)
    carried = f", carried {_span(tree.carry)}" if tree.carry is not None else ""
    return (
        f"Standing {'first' if tree.first else 'last'} of {whose}, rows at {text(tree.time)}{carried}{_by(tree.grain)}"
    )


def _aggregate(tree: Aggregate) -> str:
    states = ", ".join(f"{name}: {_state(state)}" for name, state in tree.states)
    keys = f", by {_named(tree.keys)}" if tree.keys else ""
    at = f", rows at {text(tree.time)}" if tree.time is not None else ""
    return f"Aggregate {states}{keys}{at}{_by(tree.grain)}"


def _state(state: State) -> str:
    args = ", ".join(text(arg) for arg in state.args)
    distinct = "distinct " if state.keyed_by else ""
    where = f" where {text(state.where)}" if state.where is not None else ""
    return f"{state.fn}({distinct}{args}){where}"


def _named(columns: tuple[tuple[str, Scalar], ...]) -> str:
    return ", ".join(f"{name}: {text(scalar)}" for name, scalar in columns)


def _below(denominator: Scalar | None) -> str:
    return f", denominator {text(denominator)}" if denominator is not None else ""


def _by(grain: Grain | None) -> str:
    return f", by {grain.unit} in {grain.zone}" if grain is not None else ""


def _span(span: Span) -> str:
    return f"{span.n} {span.unit}{'s' if span.n != 1 else ''}"


def _frame(tree: Window) -> str:
    if tree.to_date is not None:
        return f"since the {tree.to_date}'s start"
    if tree.length is None:
        return "since ever"
    return f"of {_span(tree.length)}{' and the first' if tree.inclusive else ''}"


def text(scalar: Scalar) -> str:
    """A scalar in infix form."""
    match scalar:
        case Col():
            return f"{scalar.table}.{scalar.name}" if scalar.table else scalar.name
        case Lit():
            return _literal(scalar.value)
        case Param():
            return f":{scalar.name}"
        case Call():
            return _call(scalar)
        case Cast():
            return f"{text(scalar.arg)}::{scalar.type}"
        case Case():
            whens = " ".join(f"when {text(c)} then {text(v)}" for c, v in scalar.whens)
            other = f" else {text(scalar.otherwise)}" if scalar.otherwise is not None else ""
            return f"case {whens}{other} end"
        case Agg():
            distinct = "distinct " if scalar.distinct else ""
            return f"{scalar.fn}({distinct}{', '.join(text(a) for a in scalar.args)})"
        case Over():
            return f"{text(scalar.call)} over (...)"
        case _:
            return f"{type(scalar).__name__}(...)"


def _call(call: Call) -> str:
    infix = _INFIX.get(call.fn)
    if infix is not None and len(call.args) > 1:
        return f" {infix} ".join(_operand(arg, call.fn) for arg in call.args)
    return f"{call.fn}({', '.join(text(arg) for arg in call.args)})"


def _operand(scalar: Scalar, around: str) -> str:
    inner = isinstance(scalar, Call) and scalar.fn in _INFIX
    loose = inner and isinstance(scalar, Call) and not (around in ("and", "or") and scalar.fn not in ("and", "or"))
    return f"({text(scalar)})" if loose else text(scalar)


def _literal(value: object) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, Interval):
        return f"interval({value.months} months {value.days} days {value.micros} us)"
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
