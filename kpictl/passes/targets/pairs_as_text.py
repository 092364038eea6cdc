"""COUNT of several values as the count of one text, for targets whose own COUNT takes one value.

Before: `count(DISTINCT country, day)`. After: `count(DISTINCT CASE WHEN both are there THEN day || ':' || country END)`.
Two rows have the same text only where all their values are the same: values of fixed form come first, and each text but
the last is preceded by its length. What has no exact text (numbers with fractions, instants) is left to be refused.
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

from kpictl.ir.query import Query
from kpictl.ir.scalars import Agg, Case, Cast, Scalar
from kpictl.kinds.build import call, conjunction, lit
from kpictl.model.types import TEXT, Kind
from kpictl.sql.walk import Node, transform

_FIXED = (Kind.INTEGER, Kind.BOOLEAN, Kind.DATE)


def pairs_as_text(query: Query) -> Query:
    """`query` whose counts are of one value each, where the values have exact texts."""
    return transform(query, _change, Agg)


def _change(node: Node) -> Node:
    if not isinstance(node, Agg) or node.fn != "count" or len(node.args) < 2:
        return node
    if any(each.type.kind not in (*_FIXED, Kind.TEXT) for each in node.args):
        return node
    given = conjunction(call("not", call("is_null", each)) for each in node.args)
    assert given is not None
    return replace(node, args=(Case(((given, _text(node.args)),), None, TEXT),))


def _text(values: tuple[Scalar, ...]) -> Scalar:
    parts: list[Scalar] = [Cast(each, TEXT) for each in values if each.type.kind in _FIXED]
    texts = [each for each in values if each.type.kind is Kind.TEXT]
    for each in texts[:-1]:
        parts += [Cast(call("length", each), TEXT), each]
    return reduce(lambda one, other: call("concat_op", one, other), _separated([*parts, *texts[-1:]]))


def _separated(parts: list[Scalar]) -> list[Scalar]:
    return [each for part in parts for each in (part, lit(":"))][:-1]
