"""CAST, and the types that it may name."""

from __future__ import annotations

from decimal import Decimal

from sqlglot import exp

from kpictl.ir.scalars import Call, Lit, Scalar
from kpictl.model.types import (
    BOOLEAN,
    DATE,
    DECIMAL,
    DOUBLE,
    INTEGER,
    INTERVAL,
    JSON,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    Kind,
    Type,
)
from kpictl.sql import coercion, literals, operators
from kpictl.sql.findings import UnsupportedSql
from kpictl.sql.reader import Reader
from kpictl.sql.scalars import Rule, scalar
from kpictl.sql.values import lit

_TYPES: dict[str, Type] = {
    **dict.fromkeys(
        ("INT", "BIGINT", "SMALLINT", "TINYINT", "MEDIUMINT", "UINT", "UBIGINT", "INT128", "INT256"), INTEGER
    ),
    **dict.fromkeys(("DECIMAL", "BIGDECIMAL", "DECIMAL32", "DECIMAL64", "DECIMAL128"), DECIMAL),
    **dict.fromkeys(("FLOAT", "DOUBLE"), DOUBLE),
    **dict.fromkeys(("TEXT", "VARCHAR", "CHAR", "NVARCHAR", "NCHAR", "NAME", "UUID", "BPCHAR"), TEXT),
    "BOOLEAN": BOOLEAN,
    **dict.fromkeys(("DATE", "DATE32"), DATE),
    "TIME": TIME,
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMPNTZ", "DATETIME", "DATETIME64", "TIMESTAMP_S", "TIMESTAMP_MS"), TIMESTAMP),
    **dict.fromkeys(("TIMESTAMPTZ", "TIMESTAMPLTZ"), TIMESTAMPTZ),
    "INTERVAL": INTERVAL,
    **dict.fromkeys(("JSON", "JSONB"), JSON),
}


def type_of(node: exp.Expr) -> Type | None:
    """The type that a text names; None when kpictl has none for it."""
    if not isinstance(node, exp.DataType):
        return None
    name = node.this.value if hasattr(node.this, "value") else str(node.this)
    if name in ("ARRAY", "LIST") and node.expressions:
        element = type_of(node.expressions[0])
        return None if element is None else Type(Kind.ARRAY, element=element)
    found = _TYPES.get(name)
    if found is DECIMAL and node.expressions:
        numbers = [int(p.this.this) for p in node.expressions]
        return Type(Kind.DECIMAL, numbers[0], numbers[1] if len(numbers) > 1 else 0)
    return found


def _cast(r: Reader, node: exp.Cast) -> Scalar:
    to = node.args["to"]
    target = type_of(to)
    x = scalar(r, node.this)
    if target is None:
        return r.fail(UnsupportedSql, node, f"kpictl has no type `{to.sql()}`")
    safe = isinstance(node, exp.TryCast)
    if target.kind is Kind.INTERVAL:
        if isinstance(node.this, exp.Literal):
            return coercion.coerce(r, node, x, INTERVAL)
        if (counted := _counted_units(r, node.this)) is not None:
            return counted
    result = coercion.cast(r, node, x, target, safe=safe)
    if target.kind is Kind.TEXT and to.expressions and isinstance(to.expressions[0], exp.DataTypeParam):
        return Call("left", (result, lit(int(to.expressions[0].this.this))), TEXT, result.place)
    return result


def _counted_units(r: Reader, node: exp.Expr) -> Scalar | None:
    """`(n || ' days')::interval`: n times a day; None where it is something else."""
    inner = node.unnest()
    if not isinstance(inner, exp.DPipe):
        return None
    unit, count = inner.args["expression"], inner.this
    while isinstance(count, exp.Cast) and type_of(count.args["to"]) == TEXT:
        count = count.this
    if not (isinstance(unit, exp.Literal) and unit.is_string):
        return None
    one = literals.scaled(unit.this.strip(), Decimal(1))
    n = None if one is None else scalar(r, count)
    if n is None or n.type.kind is not Kind.INTEGER:
        return None
    return operators.multiply(r, inner, Lit(one, INTERVAL), n)


RULES: dict[type, Rule] = {
    exp.Cast: _cast,
    exp.TryCast: _cast,
}
