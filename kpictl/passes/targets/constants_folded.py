"""Expressions of constants as their values, for engines that would compute them in a narrower type than they promise.

Before: `2147483647 + 1`, which Calcite computes in 32 bits. After: `2147483648`. What cannot be computed stays, so that the
engine says why.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from decimal import Decimal

from kpictl.ir.query import Output, Query, Select
from kpictl.ir.reference.evaluate import evaluate
from kpictl.ir.scalars import Call, Case, Cast, Interval, Lit, Scalar
from kpictl.model.types import TEXT
from kpictl.sql.walk import Node, is_constant, rebuild, watch

_PLAIN = (bool, int, float, Decimal, str, date, time, Interval)
_may_fold = watch((Call, Case, Cast))


def constants_folded(query: Query) -> Query:
    """`query` with every expression of constants as one constant; a SELECT without FROM shows a missing time as NULL."""

    def visit(node: Node) -> Node:
        if not _may_fold(node):
            return node
        if isinstance(node, Call | Case | Cast) and is_constant(node):
            return folded(node)
        return rebuild(node, visit)

    result: Query = visit(query)
    body = result.body
    if isinstance(body, Select) and body.source is None:
        return replace(result, body=replace(body, outputs=tuple(Output(o.name, _shown(o.value)) for o in body.outputs)))
    return result


def folded(scalar: Scalar) -> Scalar:
    """The value of constants; the expression itself where it has none, or one that is no constant."""
    try:
        value = evaluate(scalar, {}, {})
    except (ValueError, ArithmeticError, LookupError, TypeError):
        return scalar
    if value is not None and not isinstance(value, _PLAIN):
        return scalar
    return Lit(value, scalar.type, getattr(scalar, "place", None))


def _shown(value: Scalar) -> Scalar:
    missing = isinstance(value, Lit) and value.value is None and value.type.is_temporal
    return Lit(None, TEXT) if missing else value
