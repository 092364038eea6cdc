"""Mutants of canonical queries: a clause dropped, an order turned, a zone or unit changed, just before they are printed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kpictl.ir.query import Joined, Query, Select, Series, SetOperation
from kpictl.ir.scalars import (
    Agg,
    Call,
    Case,
    Cast,
    Exists,
    FrameBound,
    InQuery,
    Interval,
    Lit,
    Over,
    Quantified,
    SortKey,
)
from kpictl.model.types import BOOLEAN, Kind
from kpictl.sql.walk import transform

Change = Callable[[Any], Any]
"""A node as the mutant has it; the same object where it leaves it alone."""


def mutated(tree: Any, change: Change) -> Any:
    """The tree with every node changed that the mutant changes."""
    return transform(tree, change)


def _field(kind: type, name: str, value: Any, *, when: Callable[[Any], bool] = bool) -> Change:
    """A field of every node of a class set, where it says something."""

    def change(node: Any) -> Any:
        if node.__class__ is kind and when(getattr(node, name)) and getattr(node, name) != value:
            return replace(node, **{name: value})
        return node

    return change


def _given(value: Any) -> bool:
    return value is not None


def _call(fn: str, other: str) -> Change:
    return lambda n: replace(n, fn=other) if n.__class__ in (Call, Agg) and n.fn == fn else n


def _argument(fns: tuple[str, ...], at: int, value: Any, *, only: Any = None) -> Change:
    """A constant argument of a function replaced."""

    def change(node: Any) -> Any:
        if node.__class__ is Call and node.fn in fns and len(node.args) > at and isinstance(node.args[at], Lit):
            old = node.args[at]
            new = value(old.value) if callable(value) else value
            if new != old.value and (only is None or old.value == only):
                return replace(node, args=(*node.args[:at], replace(old, value=new), *node.args[at + 1 :]))
        return node

    return change


def _kind_of_join(kind: str, other: str) -> Change:
    return lambda n: replace(n, kind=other) if n.__class__ is Joined and n.kind == kind and n.on is not None else n


def _set(op: str, other: str) -> Change:
    return lambda n: replace(n, op=other) if n.__class__ is SetOperation and n.op.lower() == op else n


def _first_only(node: Any) -> Any:
    return node.args[0] if node.__class__ is Call and node.fn == "and" else node


def _filters_into_where(node: Any) -> Any:
    """FILTER to WHERE: the condition of one aggregate cuts the rows of all."""
    if node.__class__ is not Select or node.group_by is None:
        return node
    filters = [o.value.where for o in node.outputs if isinstance(o.value, Agg) and o.value.where is not None]
    if not filters:
        return node
    outputs = tuple(
        replace(o, value=replace(o.value, where=None)) if isinstance(o.value, Agg) else o for o in node.outputs
    )
    where = filters[0] if node.where is None else Call("and", (node.where, filters[0]), BOOLEAN)
    return replace(node, outputs=outputs, where=where)


def _one_set(node: Any) -> Any:
    many = node.__class__ is Select and node.group_by is not None and len(node.group_by) > 1
    return replace(node, group_by=node.group_by[:1]) if many else node


def _no_keys(node: Any) -> Any:
    """Dropping a frame's offset: from the start, or to the end."""
    if node.__class__ is FrameBound and node.offset not in (None, 0):
        return replace(node, offset=None)
    return node


def _one_more(node: Any) -> Any:
    if node.__class__ is FrameBound and isinstance(node.offset, int) and node.offset:
        return replace(node, offset=node.offset + 1)
    return node


def _percentile_disc(node: Any) -> Any:
    return replace(node, fn="percentile_disc") if node.__class__ is Agg and node.fn == "percentile_cont" else node


def _rounding_even(node: Any) -> Any:
    """A double rounded by the engine, on its binary form."""
    if node.__class__ is Call and node.fn == "round" and node.args[0].type.kind is Kind.DOUBLE:
        inner = replace(node.args[0], type=replace(node.args[0].type, kind=Kind.DECIMAL))
        return replace(node, args=(inner, *node.args[1:]))
    return node


def _step(node: Any) -> Any:
    if node.__class__ is Lit and isinstance(node.value, Interval) and node.value.days:
        return replace(node, value=replace(node.value, days=node.value.days + 1))
    return node


def _without_cast(node: Any) -> Any:
    return node.arg if node.__class__ is Cast and not isinstance(node.arg, Lit) else node


def _series_short(node: Any) -> Any:
    return replace(node, stop=node.start) if node.__class__ is Series else node


_TIME = ("time_floor", "bucket_start")
CHANGES: dict[str, Change] = {
    "FILTER dropped": _field(Agg, "where", None, when=_given),
    "FILTER to WHERE": _filters_into_where,
    "DISTINCT of aggregates dropped": _field(Agg, "distinct", False),
    "ORDER BY of aggregates dropped": _field(Agg, "order_by", ()),
    "SELECT DISTINCT dropped": _field(Select, "distinct", False),
    "DISTINCT ON to DISTINCT": lambda n: (
        replace(n, distinct_on=(), distinct=True) if n.__class__ is Select and n.distinct_on else n
    ),
    "WHERE dropped": _field(Select, "where", None, when=_given),
    "HAVING dropped": _field(Select, "having", None, when=_given),
    "QUALIFY dropped": _field(Select, "qualify", None, when=_given),
    "GROUPING SETS to one": _one_set,
    "only the first condition": _first_only,
    "LEFT JOIN to JOIN": _kind_of_join("left", "inner"),
    "JOIN to LEFT JOIN": _kind_of_join("inner", "left"),
    "RIGHT JOIN to JOIN": _kind_of_join("right", "inner"),
    "FULL JOIN to LEFT JOIN": _kind_of_join("full", "left"),
    "UNION ALL to UNION": _field(SetOperation, "all", False),
    "UNION to UNION ALL": lambda n: replace(n, all=True) if n.__class__ is SetOperation and not n.all else n,
    "UNION to INTERSECT": _set("union", "intersect"),
    "INTERSECT to UNION": _set("intersect", "union"),
    "EXCEPT to INTERSECT": _set("except", "intersect"),
    "LIMIT dropped": _field(Query, "limit", None, when=_given),
    "LIMIT + 1": lambda n: replace(n, limit=n.limit + 1) if n.__class__ is Query and n.limit is not None else n,
    "OFFSET dropped": _field(Query, "offset", 0),
    "ORDER BY of queries dropped": _field(Query, "order_by", ()),
    "null order turned": lambda n: replace(n, nulls_last=not n.nulls_last) if n.__class__ is SortKey else n,
    "direction turned": lambda n: replace(n, descending=not n.descending) if n.__class__ is SortKey else n,
    "PARTITION BY dropped": _field(Over, "partition_by", ()),
    "ORDER BY of windows dropped": _field(Over, "order_by", ()),
    "frame dropped": _field(Over, "frame", None, when=_given),
    "frame without bounds": _no_keys,
    "frame of one more": _one_more,
    "ELSE dropped": _field(Case, "otherwise", None, when=_given),
    "CASE turned": lambda n: replace(n, whens=n.whens[::-1]) if n.__class__ is Case and len(n.whens) > 1 else n,
    "casts dropped": _without_cast,
    "IN dropped": lambda n: Lit(True, BOOLEAN) if n.__class__ is InQuery else n,
    "EXISTS dropped": lambda n: Lit(True, BOOLEAN) if n.__class__ is Exists else n,
    "ANY to ALL": lambda n: replace(n, every=not n.every) if n.__class__ is Quantified else n,
    "< to <=": _call("lt", "le"),
    "<= to <": _call("le", "lt"),
    "> to >=": _call("gt", "ge"),
    ">= to >": _call("ge", "gt"),
    "= to IS NOT DISTINCT": _call("eq", "same"),
    "IS NOT DISTINCT to =": _call("same", "eq"),
    "AND to OR": _call("and", "or"),
    "OR to AND": _call("or", "and"),
    "COALESCE to its first": lambda n: n.args[0] if n.__class__ is Call and n.fn == "coalesce" else n,
    "count to count of rows": lambda n: (
        Agg("count_rows", (), where=n.where, type=n.type) if n.__class__ is Agg and n.fn == "count" else n
    ),
    "min to max": _call("min", "max"),
    "lag to lead": _call("lag", "lead"),
    "rank to row_number": _call("rank", "row_number"),
    "dense_rank to rank": _call("dense_rank", "rank"),
    "first_by to last_by": _call("first_by", "last_by"),
    "last_value to first_value": _call("last_value", "first_value"),
    "real division to whole": _call("real_divide", "int_divide"),
    "whole division to real": _call("int_divide", "real_divide"),
    "percentile_cont to percentile_disc": _percentile_disc,
    "doubles rounded in binary": _rounding_even,
    "zone of floors to UTC": _argument(_TIME, 2, "UTC"),
    "zone of floors to another": _argument(_TIME, 2, "America/New_York"),
    "zone of dates to another": _argument(("local_date", "to_local", "to_instant"), 1, "America/New_York"),
    "zone of additions to another": _argument(("add_interval_in",), 4, "America/New_York"),
    "floor of days to hours": _argument(_TIME, 1, "hour", only="day"),
    "floor of weeks to days": _argument(_TIME, 1, "day", only="week"),
    "floor of months to weeks": _argument(_TIME, 1, "week", only="month"),
    "floor of quarters to months": _argument(_TIME, 1, "month", only="quarter"),
    "week's start": _argument(_TIME, 3, lambda day: (day + 6) % 7),
    "months + 1": _argument(("add_interval", "add_interval_in", "make_interval"), 1, lambda n: n + 1 if n else n),
    "days + 1": _argument(("add_interval", "add_interval_in", "make_interval"), 2, lambda n: n + 1 if n else n),
    "micros to seconds": _argument(("add_interval", "add_interval_in", "make_interval"), 3, lambda n: n // 60),
    "part of another unit": _argument(("part",), 1, "day"),
    "series of one": _series_short,
    "step of one more day": _step,
}
"""Every mutant of queries by name."""
