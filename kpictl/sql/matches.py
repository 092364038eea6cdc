"""Texts: LIKE, SIMILAR TO, regular expressions and OVERLAY."""

from __future__ import annotations

from sqlglot import exp

from kpictl.ir import patterns
from kpictl.ir.scalars import Call, Lit, Scalar
from kpictl.model.types import BOOLEAN, INTEGER, TEXT, Kind
from kpictl.sql import operators, values
from kpictl.sql.findings import InvalidLiteral, WrongArguments, WrongType
from kpictl.sql.reader import BAD, Reader
from kpictl.sql.scalars import Rule, scalar, unsupported
from kpictl.sql.values import lit


def _like(r: Reader, node: exp.Expr, escape: str | None = None) -> Scalar:
    fn = "ilike" if isinstance(node, exp.ILike) else "like"
    pattern = node.args["expression"]
    if isinstance(pattern, exp.Any | exp.All):
        return _like_list(r, node, fn, pattern, escape)
    x, p = text(r, node.this), text(r, pattern)
    test = Call(fn, (x, p, lit(_escape(r, escape))), BOOLEAN, r.between(x, p))
    return values.negation(test) if node.args.get("negate") else test


def _like_list(r: Reader, node: exp.Expr, fn: str, pattern: exp.Expr, escape: str | None) -> Scalar:
    inner = pattern.this.unnest() if isinstance(pattern.this, exp.Paren) else pattern.this
    items = inner.expressions if isinstance(inner, exp.Array | exp.Tuple) else [inner]
    x = text(r, node.this)
    tests: list[Scalar] = [Call(fn, (x, text(r, i), lit(_escape(r, escape))), BOOLEAN, x.place) for i in items]
    if node.args.get("negate"):  # `x NOT LIKE ALL (..)` is like none of them, not "not like all"
        tests = [values.negation(test) for test in tests]
    return values.conjunction("and" if isinstance(pattern, exp.All) else "or", tests)


def _escape(r: Reader, told: str | None) -> str:
    """The escape of LIKE: backslash by default, except where the dialect has none."""
    if told is not None:
        return told
    return "" if r.scope.dialect in ("duckdb", "snowflake") else "\\"


def _escaped(r: Reader, node: exp.Escape) -> Scalar:
    told, like = node.args["expression"], node.this
    if not (isinstance(told, exp.Literal) and told.is_string and len(told.this) <= 1):
        return r.fail(InvalidLiteral, node, "ESCAPE takes one character")
    if not isinstance(like, exp.Like | exp.ILike):
        return unsupported(r, node)
    return _like(r, like, told.this)


def _regexp(r: Reader, node: exp.Expr) -> Scalar:
    pattern = node.args["expression"]
    read = pattern_of(r, pattern)
    if read is None:
        return BAD
    flags = (lit("i"),) if isinstance(node, exp.RegexpILike) else ()
    x = text(r, node.this)
    return Call("regexp_like", (x, read, *flags), BOOLEAN, x.place)


def pattern_of(r: Reader, node: exp.Expr) -> Lit | None:
    """A constant regular expression that kpictl can read; None (reported) otherwise."""
    if not (isinstance(node, exp.Literal | exp.RawString | exp.ByteString) and isinstance(node.this, str)):
        r.fail(WrongArguments, node, "the regular expression must be a constant")
        return None
    try:
        patterns.parsed(node.this)
    except patterns.PatternError as error:
        r.fail(InvalidLiteral, node, f"this is no regular expression: {error}")
        return None
    return Lit(node.this, TEXT, r.locate(node))


def _similar(r: Reader, node: exp.Expr) -> Scalar:
    """SIMILAR TO as a regular expression: `%` and `_` of LIKE, and `|`, groups, sets and repetitions."""
    told = node.args["expression"]
    if not (isinstance(told, exp.Literal) and told.is_string):
        return r.fail(WrongArguments, told, "the pattern must be a constant")
    pattern, bracket, escaped = "", False, False
    for character in told.this:
        if escaped:
            pattern, escaped = pattern + "\\" + character, False
        elif character == "\\":
            escaped = True
        else:
            bracket = (bracket or character == "[") and character != "]"
            plain = {"%": ".*", "_": ".", ".": "\\.", "^": "\\^", "$": "\\$"}
            pattern += character if bracket else plain.get(character, character)
    x = text(r, node.this)
    whole = f"^(?:{pattern})$"
    try:
        patterns.parsed(whole)
    except patterns.PatternError as error:
        return r.fail(InvalidLiteral, told, f"this is no pattern of SIMILAR TO: {error}")
    return Call("regexp_like", (x, Lit(whole, TEXT, r.locate(told))), BOOLEAN, x.place)


def _starts_with(r: Reader, node: exp.Expr) -> Scalar:
    x, start = text(r, node.this), text(r, node.args["expression"])
    return Call("starts_with", (x, start), BOOLEAN, r.between(x, start))


def _overlay(r: Reader, node: exp.Expr) -> Scalar:
    """`overlay(x PLACING y FROM n [FOR m])`: what stands before, y, and what stands after."""
    x, y = text(r, node.this), text(r, node.args["expression"])
    start, size = scalar(r, node.args["from_"]), node.args.get("for_")
    count: Scalar = Call("length", (y,), INTEGER) if size is None else scalar(r, size)
    head = values.call("substring", x, lit(1), operators.subtract(r, node, start, lit(1)))
    tail = values.call("substring", x, operators.add(r, node, start, count))
    return values.call("concat_op", values.call("concat_op", head, y), tail)


def text(r: Reader, node: exp.Expr) -> Scalar:
    """An expression where a text is needed."""
    x = scalar(r, node)
    if x.type.kind in (Kind.TEXT, Kind.UNKNOWN):
        return x
    if x.type.kind is Kind.NULL:
        return Lit(None, TEXT, x.place)
    return r.fail(WrongType, node, f"a text is needed, and this is {x.type}", help=("cast it: `x::text`",))


RULES: dict[type, Rule] = {
    exp.Like: _like,
    exp.ILike: _like,
    exp.Escape: _escaped,
    exp.RegexpLike: _regexp,
    exp.RegexpILike: _regexp,
    exp.SimilarTo: _similar,
    exp.StartsWith: _starts_with,
    exp.Overlay: _overlay,
}
