"""Aggregates by the name that the author wrote, with DISTINCT, FILTER, ORDER BY and WITHIN GROUP."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import field, replace
from decimal import Decimal

from sqlglot import exp

from kpictl.ir.functions import FUNCTIONS
from kpictl.ir.scalars import Agg, Call, Lit, Scalar, SortKey
from kpictl.model.types import BOOLEAN, DOUBLE, INTEGER, TEXT, Kind, Type
from kpictl.records import dataclass
from kpictl.sql import intervals, values
from kpictl.sql.arguments import constant, function_name
from kpictl.sql.coercion import condition
from kpictl.sql.findings import (
    MisplacedAggregate,
    PercentileRange,
    SumOfBoolean,
    UnknownFunction,
    UnsupportedSql,
    WrongArguments,
    WrongType,
)
from kpictl.sql.matches import text
from kpictl.sql.reader import BAD, OVER_KPIS, Reader
from kpictl.sql.scalars import scalar
from kpictl.sql.values import lit

Finish = Callable[[Scalar], Scalar]
"""Turns the aggregate (or its window) into the value that was asked for."""


@dataclass(slots=True)
class Asked:
    """An aggregate as it was written."""

    node: exp.Expr
    name: str
    args: list[exp.Expr]
    distinct: bool = False
    order: list[exp.Expr] = field(default_factory=list)
    within: bool = False
    where: exp.Expr | None = None


def aggregate(r: Reader, node: exp.Expr) -> Scalar:
    """An aggregate over the rows of a group."""
    asked = asked_of(node)
    if asked is None:
        return r.fail(UnsupportedSql, node, "FILTER and WITHIN GROUP belong to an aggregate")
    if r.no_aggregates is not None:
        return r.fail(
            MisplacedAggregate,
            node,
            f"`{asked.name}` cannot stand {r.no_aggregates}",
            help=(_WAYS.get(r.no_aggregates, "use a sub-query"),),
        )
    found = read_aggregate(r, asked, inside="inside another aggregate")
    if found is None:
        return BAD
    agg, finish = found
    return finish(agg)


_WAYS = {
    OVER_KPIS: "an expression is of finished numbers: put the aggregate into a measure, or use `cumulative:`",
    "in WHERE": "use HAVING, or a sub-query",
    "inside another aggregate": "aggregate in a sub-query first",
}


def asked_of(node: exp.Expr) -> Asked | None:
    """Take FILTER and WITHIN GROUP off; None where below is no aggregate."""
    outer, where = node, None
    order: list[exp.Expr] = []
    within = False
    while isinstance(node, exp.Filter | exp.WithinGroup):
        told = node.args["expression"]
        if isinstance(node, exp.Filter):
            where = told.this
        else:
            order, within = list(told.expressions), True
        node = node.this
    if isinstance(node, exp.PercentileCont | exp.PercentileDisc | exp.Mode):
        names: dict[type, str] = {exp.PercentileCont: "percentile_cont", exp.PercentileDisc: "percentile_disc"}
        args = [a for a in (node.this, node.args.get("expression")) if a is not None]
        return Asked(outer, names.get(node.__class__, "mode"), args, order=order, within=within, where=where)
    if not isinstance(node, exp.Anonymous):
        return None
    return _plain(outer, node, where, order, within=within)


def _plain(
    outer: exp.Expr, node: exp.Anonymous, where: exp.Expr | None, order: list[exp.Expr], *, within: bool
) -> Asked | None:
    name = function_name(node)
    args, distinct = list(node.expressions), False
    if args and isinstance(args[-1], exp.Order):
        order = list(args[-1].expressions)
        args[-1] = args[-1].this
    if args and isinstance(args[0], exp.Distinct):
        distinct = True
        args = [*args[0].expressions, *args[1:]]
        if args and isinstance(args[-1], exp.Order):
            order = list(args[-1].expressions)
            args[-1] = args[-1].this
    return Asked(outer, name, args, distinct, order, within, where)


def read_aggregate(r: Reader, asked: Asked, *, inside: str | None) -> tuple[Agg, Finish] | None:
    """The canonical aggregate, and how its value becomes what was asked for; None when reported."""
    rule = AGGREGATES.get(asked.name)
    if rule is None:
        r.fail(UnknownFunction, asked.node, f"`{asked.name}` is no aggregate that kpictl knows")
        return None
    with r.without(inside, inside):
        found = rule(r, asked)
        if isinstance(found, Lit):
            return None
        agg, finish = found
        if asked.where is not None:
            where = condition(r, asked.where, scalar(r, asked.where))
            agg = replace(agg, where=where if agg.where is None else values.conjunction("and", (where, agg.where)))
        if asked.order and FUNCTIONS[agg.fn].ordered and not agg.order_by:
            agg = replace(agg, order_by=tuple(sort_key(r, k) for k in asked.order))
    if FUNCTIONS[agg.fn].approximate:
        r.facts.approximate.append(r.locate(asked.node))
    place = r.at(asked.node) or r.at(asked.node.this) if isinstance(asked.node.this, exp.Expr) else r.at(asked.node)
    return replace(agg, distinct=agg.distinct or asked.distinct, place=place), finish


def sort_key(r: Reader, node: exp.Expr, by: Scalar | None = None) -> SortKey:
    """One key of an ordering; NULLs last ascending and first descending, unless said otherwise."""
    if not isinstance(node, exp.Ordered):
        return SortKey(by or scalar(r, node))
    descending = bool(node.args.get("desc"))
    first = node.args.get("nulls_first")
    nulls_last = not first if _says_nulls(r, node) else not descending
    key = by if by is not None else scalar(r, node.this)
    if key.type.kind is Kind.INTERVAL:
        key = intervals.seconds_of(key)
    return SortKey(key, descending, nulls_last)


_LARGE_NULLS = ("postgres", "redshift", "snowflake")
"""Dialects whose default order of NULLs is ours, so that what sqlglot fills in is always right."""
_NULLS = re.compile(r"[\s)]*(?:asc|desc)?\s*nulls\s+(?:first|last)\b", re.IGNORECASE)


def _says_nulls(r: Reader, node: exp.Ordered) -> bool:
    """Whether the text orders NULLs itself; sqlglot fills in its dialect's default and does not tell."""
    if r.scope.dialect in _LARGE_NULLS:
        return True
    return _NULLS.match(r.source.text, r.source.span(node.this)[1]) is not None


Rule = Callable[[Reader, Asked], "tuple[Agg, Finish] | Lit"]


def _as_is(x: Scalar) -> Scalar:
    return x


def _arity(r: Reader, asked: Asked, least: int, most: int | None = None) -> bool:
    if least <= len(asked.args) <= (most or least):
        return True
    wanted = str(least) if most is None else f"{least} to {most}"
    r.fail(WrongArguments, asked.node, f"`{asked.name}` takes {wanted} arguments, not {len(asked.args)}")
    return False


def _count(r: Reader, asked: Asked) -> tuple[Agg, Finish] | Lit:
    if len(asked.args) == 1 and isinstance(asked.args[0], exp.Star) and not asked.distinct:
        return Agg("count_rows", (), type=INTEGER), _as_is
    if not asked.args and r.scope.dialect == "duckdb":
        return Agg("count_rows", (), type=INTEGER), _as_is
    if len(asked.args) == 1 and isinstance(asked.args[0], exp.Tuple):
        way = "`count(distinct a, b)` counts the combinations in which none is NULL"
        return r.fail(UnsupportedSql, asked.node, "counting rows of several values", help=(way,))
    if not asked.args or (len(asked.args) > 1 and not asked.distinct):
        return r.fail(WrongArguments, asked.node, f"`count` takes one argument, not {len(asked.args)}")
    read = tuple(scalar(r, a) for a in asked.args)
    if not asked.distinct and isinstance(read[0], Lit) and read[0].value is not None:
        return Agg("count_rows", (), type=INTEGER), _as_is
    if any(x.type.kind is Kind.JSON for x in read) and asked.distinct:
        return r.fail(
            WrongType, asked.node, "JSON values cannot be told apart portably", help=("take a field with `->>`",)
        )
    return Agg("count", read, type=INTEGER), _as_is


def _count_if(r: Reader, asked: Asked) -> tuple[Agg, Finish] | Lit:
    if not _arity(r, asked, 1):
        return BAD
    where = condition(r, asked.args[0], scalar(r, asked.args[0]))
    return Agg("count_rows", (), where=where, type=INTEGER), _as_is


def _sum(r: Reader, asked: Asked) -> tuple[Agg, Finish] | Lit:
    if not _arity(r, asked, 1):
        return BAD
    x = scalar(r, asked.args[0])
    kind = x.type.kind
    if kind is Kind.INTERVAL:
        return Agg(asked.name, (intervals.seconds_of(x),), type=DOUBLE), intervals.interval_of
    if kind is Kind.BOOLEAN:
        written = r.source.text[slice(*r.source.span(asked.args[0]))]
        way = f"count(*) filter (where {written})"
        ways = (f"write `{way}`",) if asked.name == "sum" else (f"write `{way}::float / count(*)`", "or `avg(x::int)`")
        return r.fail(SumOfBoolean, asked.node, f"`{asked.name}` of a boolean", help=ways)
    if values.is_text_constant(x) or not (x.type.is_numeric or kind in (Kind.UNKNOWN, Kind.NULL)):
        return r.fail(
            WrongType,
            asked.node,
            f"`{asked.name}` needs a number, and this is {x.type}",
            help=("count its rows, or take its `min` or `max`",) if x.type.is_temporal else ("cast it: `x::numeric`",),
        )
    kind_of = values.result_type(asked.name, (x,))
    kind_of = Type(Kind.DECIMAL) if kind_of.kind is Kind.DECIMAL else kind_of
    return Agg(asked.name, (x,), type=kind_of), _as_is


def _extreme(r: Reader, asked: Asked) -> tuple[Agg, Finish] | Lit:
    if not _arity(r, asked, 1):
        return BAD
    x = scalar(r, asked.args[0])
    if x.type.kind is Kind.INTERVAL:
        return Agg(asked.name, (intervals.seconds_of(x),), type=DOUBLE), intervals.interval_of
    if x.type.kind in (Kind.BOOLEAN, Kind.JSON, Kind.ARRAY):
        way = ("use `bool_or` or `bool_and`",) if x.type.kind is Kind.BOOLEAN else ()
        return r.fail(WrongType, asked.node, f"`{asked.name}` of {x.type} has no portable meaning", help=way)
    return Agg(asked.name, (x,), type=x.type), _as_is


def _truth(fn: str) -> Rule:
    def rule(r: Reader, asked: Asked) -> tuple[Agg, Finish] | Lit:
        if not _arity(r, asked, 1):
            return BAD
        x = condition(r, asked.args[0], scalar(r, asked.args[0]))
        return Agg(fn, (x,), type=BOOLEAN), _as_is

    return rule


def _statistic(fn: str, count: int = 1) -> Rule:
    def rule(r: Reader, asked: Asked) -> tuple[Agg, Finish] | Lit:
        if not _arity(r, asked, count):
            return BAD
        read = tuple(_number(r, a) for a in asked.args)
        return Agg(fn, read, type=DOUBLE), _as_is

    return rule


def _pairs(r: Reader, asked: Asked) -> tuple[Agg, Finish] | Lit:
    """`regr_count(y, x)`: rows where neither is NULL."""
    if not _arity(r, asked, 2):
        return BAD
    y, x = (_number(r, a) for a in asked.args)
    given = values.negation(Call("is_null", (x,), BOOLEAN))
    return Agg("count", (y,), where=given, type=INTEGER), _as_is


def _number(r: Reader, node: exp.Expr) -> Scalar:
    x = scalar(r, node)
    if x.type.is_numeric or x.type.kind in (Kind.UNKNOWN, Kind.NULL):
        return x
    return r.fail(WrongType, node, f"a number is needed, and this is {x.type}", help=("cast it: `x::numeric`",))


def _percentile(fn: str) -> Rule:
    def rule(r: Reader, asked: Asked) -> tuple[Agg, Finish] | Lit:
        if asked.within:
            if not _arity(r, asked, 1) or len(asked.order) != 1:
                return r.fail(WrongArguments, asked.node, "WITHIN GROUP orders by one expression")
            key = asked.order[0]
            value, share = (key.this if isinstance(key, exp.Ordered) else key), asked.args[0]
            descending = isinstance(key, exp.Ordered) and bool(key.args.get("desc"))
        else:
            if not _arity(r, asked, 2):
                return BAD
            (value, share), descending = asked.args, False
        return _percentile_of(r, asked, fn, value, share, descending=descending)

    return rule


def _percentile_of(
    r: Reader, asked: Asked, fn: str, value: exp.Expr, share: exp.Expr, *, descending: bool
) -> tuple[Agg, Finish] | Lit:
    told = constant(r, share, "the share of a percentile")
    if told is None or isinstance(told, str):
        return BAD if told is None else r.fail(PercentileRange, share, "the share of a percentile is a number")
    p = Decimal(told)
    if not 0 <= p <= 1:
        way = f"write {p / 100}" if 1 < p <= 100 else "write a number from 0 to 1"
        return r.fail(PercentileRange, share, f"a percentile of {told} is outside of 0 to 1", help=(way,))
    x = scalar(r, value)
    if descending and fn == "percentile_disc":
        return _disc_descending(r, asked, x, p)
    p = 1 - p if descending else p
    if x.type.kind is Kind.INTERVAL:
        return Agg(fn, (intervals.seconds_of(x), Lit(p, _DECIMAL)), type=DOUBLE), intervals.interval_of
    if fn != "percentile_disc" and not (x.type.is_numeric or x.type.kind in (Kind.UNKNOWN, Kind.NULL)):
        return r.fail(WrongType, value, f"a percentile needs a number, and this is {x.type}")
    return Agg(fn, (x, Lit(p, _DECIMAL)), type=x.type if fn == "percentile_disc" else DOUBLE), _as_is


_DECIMAL = Type(Kind.DECIMAL)


def _disc_descending(r: Reader, asked: Asked, x: Scalar, p: Decimal) -> tuple[Agg, Finish] | Lit:
    """From the top it is, of numbers, the opposite of the opposites' from the bottom; 1 - p would pick another row."""
    if not x.type.is_numeric:
        way = ("order ascending",)
        return r.fail(UnsupportedSql, asked.node, f"a descending percentile_disc of {x.type}", help=way)
    opposite = Call("neg", (x,), x.type, x.place)
    return Agg("percentile_disc", (opposite, Lit(p, _DECIMAL)), type=x.type), _opposite


def _opposite(x: Scalar) -> Scalar:
    return Call("neg", (x,), x.type, x.place)


def _median(r: Reader, asked: Asked) -> tuple[Agg, Finish] | Lit:
    if not _arity(r, asked, 1):
        return BAD
    return _percentile_of(r, asked, "percentile_cont", asked.args[0], exp.Literal.number("0.5"), descending=False)


def _mode(r: Reader, asked: Asked) -> tuple[Agg, Finish] | Lit:
    if asked.within and len(asked.order) == 1:
        key = asked.order[0]
        if isinstance(key, exp.Ordered) and key.args.get("desc"):
            return r.fail(UnsupportedSql, asked.node, "`mode` in descending order", help=("order ascending",))
        x = scalar(r, key.this if isinstance(key, exp.Ordered) else key)
    elif len(asked.args) == 1:
        x = scalar(r, asked.args[0])
    else:
        return r.fail(WrongArguments, asked.node, "write `mode() WITHIN GROUP (ORDER BY x)`")
    return Agg("mode", (x,), type=x.type), _as_is


def _string_agg(r: Reader, asked: Asked) -> tuple[Agg, Finish] | Lit:
    if not _arity(r, asked, 2):
        return BAD
    separator = constant(r, asked.args[1], "the separator")
    if separator is None:
        return BAD
    x = text(r, asked.args[0])
    order = tuple(sort_key(r, k) for k in asked.order)
    if not order and asked.distinct:
        order = (SortKey(x),)
    if not order:
        return r.fail(
            WrongArguments,
            asked.node,
            "texts in no order differ from run to run",
            help=("write `string_agg(x, ',' ORDER BY y)`",),
        )
    if asked.distinct and any(k.by != x for k in order):
        return r.fail(WrongArguments, asked.node, "DISTINCT texts can be ordered only by themselves")
    return Agg("string_agg", (x, lit(str(separator))), order_by=order, type=TEXT), _as_is


def _array_agg(r: Reader, asked: Asked) -> tuple[Agg, Finish] | Lit:
    if not _arity(r, asked, 1):
        return BAD
    x = scalar(r, asked.args[0])
    if not asked.order and not asked.distinct:
        return r.fail(
            WrongArguments,
            asked.node,
            "an array in no order differs from run to run",
            help=("write `array_agg(x ORDER BY y)`",),
        )
    order = tuple(sort_key(r, k) for k in asked.order) or (SortKey(x),)
    return Agg("array_agg", (x,), order_by=order, type=Type(Kind.ARRAY, element=x.type)), _as_is


def _by(fn: str, *, descending: bool = False) -> Rule:
    """`first(x ORDER BY t)`, `last(x, t)`, `arg_max(x, y)`: x of the row that is first or last."""

    def rule(r: Reader, asked: Asked) -> tuple[Agg, Finish] | Lit:
        if len(asked.args) == 2 and not asked.order:
            x, by = scalar(r, asked.args[0]), scalar(r, asked.args[1])
            present = values.negation(Call("is_null", (by,), BOOLEAN))
            # Of rows with equal `by` any might be taken; the value itself decides, so that every engine takes one.
            sortable = x.type.kind not in (Kind.JSON, Kind.ARRAY, Kind.INTERVAL)
            keys = (SortKey(by), SortKey(x)) if sortable and x != by else (SortKey(by),)
            return Agg(fn, (x,), where=present, order_by=keys, type=x.type), _as_is
        if len(asked.args) != 1 or not asked.order:
            way = f"write `{asked.name}(x ORDER BY y)`"
            return r.fail(WrongArguments, asked.node, f"`{asked.name}` needs an order", help=(way,))
        x = scalar(r, asked.args[0])
        return Agg(fn, (x,), order_by=tuple(sort_key(r, k) for k in asked.order), type=x.type), _as_is

    return rule


def _approx_distinct(r: Reader, asked: Asked) -> tuple[Agg, Finish] | Lit:
    if not _arity(r, asked, 1):
        return BAD
    return Agg("approx_count_distinct", (scalar(r, asked.args[0]),), type=INTEGER), _as_is


def _grouping(r: Reader, asked: Asked) -> tuple[Agg, Finish] | Lit:
    return Agg("grouping", tuple(scalar(r, a) for a in asked.args), type=INTEGER), _as_is


AGGREGATES: dict[str, Rule] = {
    "count": _count,
    "count_big": _count,
    "countif": _count_if,
    "count_if": _count_if,
    "sum": _sum,
    "avg": _sum,
    "min": _extreme,
    "max": _extreme,
    "bool_and": _truth("bool_and"),
    "every": _truth("bool_and"),
    "bool_or": _truth("bool_or"),
    "stddev": _statistic("stddev_samp"),
    "stddev_samp": _statistic("stddev_samp"),
    "stddev_pop": _statistic("stddev_pop"),
    "variance": _statistic("var_samp"),
    "var_samp": _statistic("var_samp"),
    "var_pop": _statistic("var_pop"),
    "corr": _statistic("corr", 2),
    "covar_samp": _statistic("covar_samp", 2),
    "covar_pop": _statistic("covar_pop", 2),
    "regr_slope": _statistic("regr_slope", 2),
    "regr_intercept": _statistic("regr_intercept", 2),
    "regr_count": _pairs,
    "percentile_cont": _percentile("percentile_cont"),
    "percentile": _percentile("percentile_cont"),
    "quantile_cont": _percentile("percentile_cont"),
    "percentile_disc": _percentile("percentile_disc"),
    "quantile_disc": _percentile("percentile_disc"),
    "approx_percentile": _percentile("approx_percentile"),
    "approx_quantile": _percentile("approx_percentile"),
    "median": _median,
    "mode": _mode,
    "string_agg": _string_agg,
    "listagg": _string_agg,
    "array_agg": _array_agg,
    "first": _by("first_by"),
    "first_by": _by("first_by"),
    "last": _by("last_by"),
    "last_by": _by("last_by"),
    "arg_min": _by("first_by"),
    "min_by": _by("first_by"),
    "arg_max": _by("last_by"),
    "max_by": _by("last_by"),
    "approx_count_distinct": _approx_distinct,
    "approx_distinct": _approx_distinct,
    "grouping": _grouping,
}
"""The allow-list of aggregates, by the name that the author writes."""
