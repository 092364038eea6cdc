"""Calls and constants with their types: what every reader of expressions makes its trees of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from kpictl.diagnostics import Place
from kpictl.ir.functions import FUNCTIONS
from kpictl.ir.scalars import Call, Lit, Scalar
from kpictl.model.types import (
    BOOLEAN,
    DATE,
    DECIMAL,
    DOUBLE,
    INTEGER,
    INTERVAL,
    JSON,
    NULL,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    UNKNOWN,
    Kind,
    Type,
)
from kpictl.sql.reader import Reader

ONE_DAY = 86_400_000_000

_BY_NAME = {
    "boolean": BOOLEAN,
    "integer": INTEGER,
    "decimal": DECIMAL,
    "double": DOUBLE,
    "text": TEXT,
    "date": DATE,
    "time": TIME,
    "timestamp": TIMESTAMP,
    "timestamptz": TIMESTAMPTZ,
    "interval": INTERVAL,
    "json": JSON,
}

NUMERIC = (Kind.INTEGER, Kind.DECIMAL, Kind.DOUBLE)

TEMPORAL = (Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMPTZ)

OPEN = (Kind.UNKNOWN, Kind.NULL)


def result_type(fn: str, args: Sequence[Scalar]) -> Type:
    """The type that a canonical function answers with."""
    told = FUNCTIONS[fn].result
    if told in _BY_NAME:
        return _BY_NAME[told]
    if told == "arg":
        return args[0].type
    if told == "array":
        return Type(Kind.ARRAY, element=common_type(args) if args else UNKNOWN)
    if told == "numeric":
        return numeric_type(args)
    return common_type(args)


def call(fn: str, *args: Scalar, place: Place | None = None, type: Type | None = None) -> Call:
    """A call of a canonical function, typed."""
    return Call(fn, args, result_type(fn, args) if type is None else type, place)


def numeric_type(args: Sequence[Scalar]) -> Type:
    """Double wins, then decimal, then integer; unknown when one is."""
    kinds = {a.type.kind for a in args}
    if Kind.DOUBLE in kinds:
        return DOUBLE
    if Kind.UNKNOWN in kinds:
        return UNKNOWN
    return DECIMAL if Kind.DECIMAL in kinds else INTEGER


def common_type(args: Sequence[Scalar]) -> Type:
    """The first decided type, widened over numbers."""
    decided = [a for a in args if a.type.kind not in OPEN]
    if not decided:
        return args[0].type if args else UNKNOWN
    if any(a.type.kind is Kind.UNKNOWN for a in args) and decided[0].type.is_numeric:
        return UNKNOWN
    if all(a.type.is_numeric for a in decided):
        same = {a.type for a in decided}
        return decided[0].type if len(same) == 1 else numeric_type(decided)
    return decided[0].type


_LITERAL_TYPES: dict[Any, Type] = {bool: BOOLEAN, int: INTEGER, float: DOUBLE, str: TEXT}


def lit(value: int | float | str | bool | None) -> Lit:
    """A constant of our own making."""
    return Lit(value, _LITERAL_TYPES.get(value.__class__, NULL))


def is_text_constant(x: Scalar) -> bool:
    """A quoted constant whose type is still open: it takes the type of what it meets."""
    return isinstance(x, Lit) and isinstance(x.value, str) and x.type is TEXT


def kind_name(x: Scalar) -> str:
    return str(x.type)


def conjunction(fn: str, parts: Sequence[Scalar], place: Place | None = None) -> Scalar:
    """AND / OR of all, flat."""
    flat: list[Scalar] = []
    for p in parts:
        flat += p.args if isinstance(p, Call) and p.fn == fn else (p,)
    return flat[0] if len(flat) == 1 else Call(fn, tuple(flat), BOOLEAN, place)


def negation(x: Scalar, place: Place | None = None) -> Scalar:
    return Call("not", (x,), BOOLEAN, place or x.place)


def instant(stamp: datetime, zone: str) -> datetime:
    """The instant of a wall clock time: a repeated one is the later, a skipped one moves forward."""
    from kpictl.model.calendar import calendar

    return calendar(zone).instant(stamp)


def first_instant(day: date, zone: str) -> datetime:
    """Where a day begins: a constant that is a date alone means that, also where midnight comes twice or never."""
    from kpictl.model.calendar import calendar

    return calendar(zone).day_start(day)


def zone(r: Reader) -> Lit:
    return Lit(r.scope.zone, TEXT)


TRUNC_UNITS = ("microsecond", "millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year")
