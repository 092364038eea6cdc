"""Functions of numbers, and those that choose one of their arguments."""

from __future__ import annotations

import math

from sqlglot import exp

from kpictl.ir.scalars import Call, Lit, Scalar
from kpictl.model.types import DOUBLE, INTEGER, Kind
from kpictl.sql import coercion, operators, values
from kpictl.sql.arguments import Args, Rule, constant, counted, number, whole
from kpictl.sql.coercion import condition
from kpictl.sql.expressions import case
from kpictl.sql.findings import UnknownFunction, UnsupportedSql, WrongArguments
from kpictl.sql.reader import BAD, Reader
from kpictl.sql.scalars import scalar
from kpictl.sql.values import lit


def _numbers(fn: str, least: int, most: int | None = None) -> Rule:
    def rule(r: Reader, node: exp.Expr, args: Args) -> Scalar:
        if not counted(r, node, args, least, most or least):
            return BAD
        read = [number(r, a) for a in args]
        return values.call(fn, *read)

    return rule


def _rounded(fn: str) -> Rule:
    def rule(r: Reader, node: exp.Expr, args: Args) -> Scalar:
        if not counted(r, node, args, 1, 2):
            return BAD
        x = number(r, args[0])
        if len(args) == 1:
            return Call(fn, (x,), x.type)
        digits = constant(r, args[1], "the number of digits")
        if not isinstance(digits, int):
            return BAD if digits is None else r.fail(WrongArguments, args[1], "the number of digits must be whole")
        return Call(fn, (x, lit(digits)), x.type)

    return rule


def _log(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not counted(r, node, args, 1, 2):
        return BAD
    read = [number(r, a) for a in args]
    if len(read) == 2:
        return Call("log", tuple(read), DOUBLE)
    natural = r.scope.dialect in ("bigquery", "snowflake")
    return Call("ln" if natural else "log10", tuple(read), DOUBLE)


def _pi(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    return Lit(math.pi, DOUBLE) if counted(r, node, args, 0, 0) else BAD


def _width_bucket(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not counted(r, node, args, 4, 4):
        return BAD
    x, low, high = (number(r, a) for a in args[:3])
    return Call("width_bucket", (x, low, high, whole(r, args[3])), INTEGER)


def _same_type(fn: str, least: int = 1, most: int = 99) -> Rule:
    def rule(r: Reader, node: exp.Expr, args: Args) -> Scalar:
        if not counted(r, node, args, least, most):
            return BAD
        unified = coercion.unify(r, node, [scalar(r, a) for a in args], "arguments of one function")
        if fn == "nullif" and unified[0].type.kind is Kind.INTERVAL:
            return r.fail(
                UnsupportedSql, node, "NULLIF of intervals", help=("compare seconds: `EXTRACT(EPOCH FROM x)`",)
            )
        return values.call(fn, *unified)

    return rule


def _if(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not counted(r, node, args, 2, 3):
        return BAD
    return case(r, node, [condition(r, args[0], scalar(r, args[0]))], [scalar(r, a) for a in args[1:]])


def _is_null(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    """`ISNULL(x, y)` of T-SQL."""
    if len(args) != 2 or r.scope.dialect != "synapse":
        way = "use `coalesce(x, y)`, or `x IS NULL`"
        return r.fail(UnknownFunction, node, "`isnull` is no function here", help=(way,))
    return _same_type("coalesce")(r, node, args)


def _zero_if_null(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not counted(r, node, args, 1, 1):
        return BAD
    return values.call("coalesce", number(r, args[0]), lit(0))


def _safe_divide(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not counted(r, node, args, 2, 2):
        return BAD
    return operators.divide(r, node, number(r, args[0]), number(r, args[1]))


NUMBER_FUNCTIONS: dict[str, Rule] = {
    # numbers
    "abs": _numbers("abs", 1),
    "sign": _numbers("sign", 1),
    "ceil": _numbers("ceil", 1),
    "ceiling": _numbers("ceil", 1),
    "floor": _numbers("floor", 1),
    "round": _rounded("round"),
    "trunc": _rounded("trunc"),
    "power": _numbers("power", 2),
    "pow": _numbers("power", 2),
    "sqrt": _numbers("sqrt", 1),
    "exp": _numbers("exp", 1),
    "ln": _numbers("ln", 1),
    "log10": _numbers("log10", 1),
    "log": _log,
    "mod": _numbers("mod", 2),
    "div": _numbers("int_divide", 2),
    "pi": _pi,
    "width_bucket": _width_bucket,
    # choices
    "coalesce": _same_type("coalesce"),
    "ifnull": _same_type("coalesce", 2, 2),
    "isnull": _is_null,
    "nvl": _same_type("coalesce", 2, 2),
    "nullif": _same_type("nullif", 2, 2),
    "greatest": _same_type("greatest"),
    "least": _same_type("least"),
    "if": _if,
    "iif": _if,
    "iff": _if,
    "zeroifnull": _zero_if_null,
    "safe_divide": _safe_divide,
}
