"""Booleans as 1 and 0 for engines that keep conditions and values apart.

Before: `SELECT a > 1 AS big FROM t WHERE paid AND (a = b) IS NOT TRUE`. After: `SELECT CASE WHEN a > 1 THEN 1 WHEN NOT a > 1
THEN 0 END AS big FROM t WHERE paid = 1 AND NOT CASE WHEN a = b THEN 1 ELSE 0 END = 1`. An unknown condition stays NULL.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Joined, Query, Select
from kpictl.ir.scalars import Agg, Call, Case, Exists, InQuery, Lit, Quantified, Scalar
from kpictl.model.types import BOOLEAN, INTEGER
from kpictl.sql.walk import Node, rebuild, watch

_CONDITIONS = frozenset(
    "eq ne lt le gt ge same and or not is_null is_true is_false in_list in_rows like ilike starts_with regexp_like json_has"
    " json_contains array_contains".split()
)
"""Functions that are conditions; every other boolean is a value."""
_concerns = watch((Query, Select, Joined, Case, Agg, Exists, InQuery, Quantified), _CONDITIONS)
_YES, _NO = Lit(1, INTEGER), Lit(0, INTEGER)


def booleans_as_bits(query: Query) -> Query:
    """`query` with conditions where the engine wants them, and bits everywhere else."""
    found = _value(query)
    assert isinstance(found, Query)
    return found


def _is_condition(node: Node) -> bool:
    return isinstance(node, Exists | InQuery | Quantified) or (isinstance(node, Call) and node.fn in _CONDITIONS)


def _value(node: Node) -> Node:
    """A node where a value stands."""
    if not _concerns(node):
        return node
    match node:
        case Select():
            return _select(node)
        case Joined():
            return _join(node)
        case Case(whens=whens, otherwise=otherwise):
            changed = tuple((_condition(c), _value(v)) for c, v in whens)
            return replace(node, whens=changed, otherwise=None if otherwise is None else _value(otherwise))
        case Agg(where=where) if where is not None:
            return replace(rebuild(replace(node, where=None), _value), where=_condition(where))
        case Call(fn="same" | "is_null" | "is_true" | "is_false"):
            # Never unknown.
            return Case(((_condition(node), _YES),), _NO, BOOLEAN, node.place)
    if _is_condition(node):
        told = _condition(node)
        denied = Call("not", (told,), BOOLEAN, node.place)
        return Case(((told, _YES), (denied, _NO)), None, BOOLEAN, node.place)
    return rebuild(node, _value)


def _condition(node: Node) -> Scalar:
    """A boolean where a condition stands."""
    match node:
        case Lit(value=bool() as value):
            return Call("eq", (_YES, _YES if value else _NO), BOOLEAN, node.place)
        case Call(fn="and" | "or" | "not", args=args):
            return replace(node, args=tuple(map(_condition, args)))
        case Call(fn="is_true", args=(x,)):
            return _holds(_condition(x), node)
        case Call(fn="is_false", args=(x,)):
            return _holds(Call("not", (_condition(x),), BOOLEAN), node)
        case Call(fn="same", args=(a, b)):
            left, right = _value(a), _value(b)
            nulls = Call("and", (Call("is_null", (left,), BOOLEAN), Call("is_null", (right,), BOOLEAN)), BOOLEAN)
            return _holds(Call("or", (Call("eq", (left, right), BOOLEAN), nulls), BOOLEAN), node)
    if _is_condition(node):
        found: Scalar = rebuild(node, _value)
        return found
    return Call("eq", (_value(node), _YES), BOOLEAN, getattr(node, "place", None))


def _holds(condition: Scalar, node: Call) -> Scalar:
    return Call("eq", (Case(((condition, _YES),), _NO, INTEGER), _YES), BOOLEAN, node.place)


def _select(select: Select) -> Select:
    found = rebuild(replace(select, where=None, having=None, qualify=None), _value)
    where, having, qualify = (
        None if told is None else _condition(told) for told in (select.where, select.having, select.qualify)
    )
    return replace(found, where=where, having=having, qualify=qualify)


def _join(join: Joined) -> Joined:
    relation = _value(join.relation)
    if join.on is not None:
        return Joined(join.kind, relation, _condition(join.on))
    if join.kind in ("inner", "cross"):
        return Joined("cross", relation)
    return Joined(join.kind, relation, Call("eq", (_YES, _YES), BOOLEAN))
