"""Constructors of typed canonical scalars for what lowering adds to an author's text."""

from __future__ import annotations

from collections.abc import Iterable

from kpictl.ir.functions import FUNCTIONS
from kpictl.ir.scalars import Call, Cast, Lit, LiteralValue, Param, Scalar
from kpictl.model.types import (
    BOOLEAN,
    DATE,
    DECIMAL,
    DOUBLE,
    INTEGER,
    INTERVAL,
    NULL,
    TEXT,
    TIMESTAMP,
    TIMESTAMPTZ,
    Kind,
    Type,
)

_TYPES = {
    "boolean": BOOLEAN,
    "integer": INTEGER,
    "decimal": DECIMAL,
    "double": DOUBLE,
    "text": TEXT,
    "date": DATE,
    "timestamp": TIMESTAMP,
    "timestamptz": TIMESTAMPTZ,
    "interval": INTERVAL,
}
_LITERAL_TYPES: dict[type, Type] = {bool: BOOLEAN, int: INTEGER, float: DOUBLE, str: TEXT}

FROM = Param("from", TIMESTAMPTZ)
TO = Param("to", TIMESTAMPTZ)
AS_OF = Param("as_of", TIMESTAMPTZ)
TRUE = Lit(True, BOOLEAN)


def lit(value: LiteralValue, type: Type | None = None) -> Lit:
    """A constant; its type from the Python value unless told."""
    return Lit(value, type or _LITERAL_TYPES.get(value.__class__, NULL))


def call(fn: str, *args: Scalar, type: Type | None = None) -> Call:
    """A call of a canonical function with the type that its table states."""
    return Call(fn, args, type or _result(fn, args))


def _result(fn: str, args: tuple[Scalar, ...]) -> Type:
    told = FUNCTIONS[fn].result
    if told in _TYPES:
        return _TYPES[told]
    if told == "numeric":
        return numeric([a.type for a in args])
    decided = [a.type for a in args if a.type.kind not in (Kind.NULL, Kind.UNKNOWN)]
    return decided[0] if decided else args[0].type


def numeric(types: Iterable[Type]) -> Type:
    """The type of arithmetic over these: double wins, then decimal."""
    kinds = {t.kind for t in types}
    if Kind.DOUBLE in kinds:
        return DOUBLE
    return DECIMAL if Kind.DECIMAL in kinds else INTEGER


def conjuncts(predicate: Scalar | None) -> tuple[Scalar, ...]:
    """The parts of a condition that all must hold; `true` has none."""
    if predicate is None or predicate == TRUE:
        return ()
    if isinstance(predicate, Call) and predicate.fn == "and":
        return tuple(part for arg in predicate.args for part in conjuncts(arg))
    return (predicate,)


def conjunction(parts: Iterable[Scalar | None]) -> Scalar | None:
    """All parts in one condition, flat; None when there is none."""
    flat = tuple(part for each in parts for part in conjuncts(each))
    if not flat:
        return None
    return flat[0] if len(flat) == 1 else Call("and", flat, BOOLEAN)


def add(t: Scalar, months: int = 0, days: int = 0, micros: int = 0) -> Scalar:
    """Calendar addition to a date or timestamp; the same scalar when nothing is added."""
    if not (months or days or micros):
        return t
    return call("add_interval", t, lit(months), lit(days), lit(micros))


def as_double(x: Scalar) -> Scalar:
    """The value as a double."""
    return x if x.type.kind is Kind.DOUBLE else Cast(x, DOUBLE)
