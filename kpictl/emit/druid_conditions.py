"""Conditions on rows as Druid's native filters and as its SQL, for ingestion.

https://druid.apache.org/docs/latest/querying/filters; NOT follows SQL's three values since Druid 28.
"""

from __future__ import annotations

from decimal import Decimal

from kpictl.emit.literals import sql_literal
from kpictl.ir.scalars import Call, Col, Lit, Scalar
from kpictl.model.types import Kind
from kpictl.records import dataclass

Object = dict[str, object]
_TYPES = {Kind.TEXT: "STRING", Kind.INTEGER: "LONG", Kind.DECIMAL: "DOUBLE", Kind.DOUBLE: "DOUBLE"}
_SIGNS = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_TURNED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition, said twice."""

    native: Object
    sql: str

    def and_also(self, other: Condition) -> Condition:
        return Condition(
            native={"type": "and", "fields": [self.native, other.native]}, sql=f"({self.sql}) AND ({other.sql})"
        )


def condition(predicate: Scalar) -> Condition | None:
    """Comparisons of a column with constants, joined by AND, OR and NOT; None for anything else."""
    if isinstance(predicate, Col):
        return _equal(predicate, Lit(True)) if predicate.type.kind is Kind.BOOLEAN else None
    if not isinstance(predicate, Call):
        return None
    match predicate.fn:
        case "and" | "or":
            return _joined(predicate.fn, [condition(each) for each in predicate.args])
        case "not":
            inner = condition(predicate.args[0])
            return inner and _not(inner)
        case "is_null":
            return _null(predicate.args[0])
        case "in_list":
            first, *rest = predicate.args
            return _joined("or", [_compared("eq", first, each) for each in rest])
        case "eq" | "ne" | "lt" | "le" | "gt" | "ge":
            return _compared(predicate.fn, *predicate.args)
        case _:
            return None


def _joined(word: str, parts: list[Condition | None]) -> Condition | None:
    known = [each for each in parts if each is not None]
    if len(known) < len(parts):
        return None
    return Condition(
        native={"type": word, "fields": [each.native for each in known]},
        sql=f" {word.upper()} ".join(f"({each.sql})" for each in known),
    )


def _not(inner: Condition) -> Condition:
    return Condition(native={"type": "not", "field": inner.native}, sql=f"NOT ({inner.sql})")


def _null(value: Scalar) -> Condition | None:
    if not isinstance(value, Col):
        return None
    return Condition(native={"type": "null", "column": value.name}, sql=f'"{value.name}" IS NULL')


def _compared(fn: str, left: Scalar, right: Scalar) -> Condition | None:
    if isinstance(left, Lit) and isinstance(right, Col):
        left, right, fn = right, left, _TURNED.get(fn, fn)
    if not isinstance(left, Col) or not isinstance(right, Lit) or right.value is None:
        return None
    if fn in ("eq", "ne"):
        equal = _equal(left, right)
        return equal if fn == "eq" else equal and _not(equal)
    if not left.type.is_numeric:
        return None
    end = "lower" if fn in ("gt", "ge") else "upper"
    bound: Object = {end: _value(right), **({f"{end}Open": True} if fn in ("gt", "lt") else {})}
    kind = "DOUBLE" if isinstance(right.value, Decimal) else _TYPES[left.type.kind]
    return Condition(
        native={"type": "range", "column": left.name, "matchValueType": kind, **bound},
        sql=f'"{left.name}" {_SIGNS[fn]} {_constant(right)}',
    )


def _equal(column: Col, value: Lit) -> Condition | None:
    if isinstance(value.value, bool):
        # Stored as 0 and 1.
        return Condition(
            native={"type": "equals", "column": column.name, "matchValueType": "LONG", "matchValue": int(value.value)},
            sql=f'"{column.name}" = {int(value.value)}',
        )
    kind = _TYPES.get(column.type.kind)
    if kind is None or isinstance(value.value, str) is not (kind == "STRING"):
        return None
    if kind == "LONG" and isinstance(value.value, Decimal):
        kind = "DOUBLE"
    return Condition(
        native={"type": "equals", "column": column.name, "matchValueType": kind, "matchValue": _value(value)},
        sql=f'"{column.name}" = {_constant(value)}',
    )


def _value(lit: Lit) -> object:
    return float(lit.value) if isinstance(lit.value, Decimal) else lit.value


def _constant(lit: Lit) -> str:
    """A constant in SQL in which no shell's variable stands: deploying replaces those."""
    return sql_literal(_value(lit)).replace("${", "$' || '{")
