"""JSON and arrays: paths, elements, containment."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from kpictl.ir.scalars import Agg, Call, Case, Lit, Scalar
from kpictl.model.types import BOOLEAN, JSON, TEXT, UNKNOWN, Kind
from kpictl.sql import coercion, values
from kpictl.sql.findings import UnsupportedSql, WrongArguments, WrongType
from kpictl.sql.reader import Reader
from kpictl.sql.scalars import Rule, scalar, unsupported
from kpictl.sql.values import lit


def _json_path(r: Reader, node: exp.Expr) -> Scalar:
    as_text = isinstance(node, exp.JSONExtractScalar | exp.JSONBExtractScalar)
    steps = _steps(node.args["expression"])
    if steps is None:
        return r.fail(WrongArguments, node, "the path must be constant", help=("write `x -> 'key' ->> 'key'`",))
    x = json(r, node.this)
    args = (*x.args, *steps) if isinstance(x, Call) and x.fn == "json_get" else (x, *steps)
    return Call("json_text" if as_text else "json_get", args, TEXT if as_text else JSON, x.place)


def _steps(path: exp.Expr) -> tuple[Lit, ...] | None:
    if isinstance(path, exp.JSONPath):
        steps: list[Lit] = []
        for step in path.expressions:
            if isinstance(step, exp.JSONPathRoot):
                continue
            if not isinstance(step, exp.JSONPathKey | exp.JSONPathSubscript) or not isinstance(step.this, str | int):
                return None
            steps.append(lit(step.this))
        return tuple(steps)
    if isinstance(path, exp.Literal) and not path.is_string:
        return (lit(int(path.this)),)
    if isinstance(path, exp.Neg) and isinstance(path.this, exp.Literal) and not path.this.is_string:
        return (lit(-int(path.this.this)),)
    if isinstance(path, exp.Literal):
        if path.this.startswith("{") and path.this.endswith("}"):
            return tuple(_step(s) for s in path.this[1:-1].split(",") if s.strip())
        return (lit(path.this),)
    if isinstance(path, exp.Array) and all(isinstance(e, exp.Literal) for e in path.expressions):
        return tuple(_step(e.this) for e in path.expressions)
    return None


def _step(word: str) -> Lit:
    word = word.strip().strip('"')
    return lit(int(word)) if word.lstrip("-").isdigit() else lit(word)


def json(r: Reader, node: exp.Expr) -> Scalar:
    """An expression where JSON is needed."""
    x = scalar(r, node)
    if x.type.kind in (Kind.JSON, Kind.UNKNOWN, Kind.NULL):
        return x
    if values.is_text_constant(x):
        return coercion.coerce(r, node, x, JSON)
    return r.fail(WrongType, node, f"JSON is needed, and this is {x.type}")


def _json_has(r: Reader, node: exp.Expr) -> Scalar:
    key = node.args["expression"]
    x = json(r, node.this)
    if not (isinstance(key, exp.Literal) and key.is_string):
        return r.fail(WrongArguments, node, "the key must be a constant text")
    return Call("json_has", (x, lit(key.this)), BOOLEAN, x.place)


def _json_has_several(r: Reader, node: exp.Expr) -> Scalar:
    keys = node.args["expression"]
    if not (isinstance(keys, exp.Array) and all(isinstance(k, exp.Literal) for k in keys.expressions)):
        return unsupported(r, node)
    x = json(r, node.this)
    tests = [Call("json_has", (x, lit(k.this)), BOOLEAN, x.place) for k in keys.expressions]
    return values.conjunction("or" if isinstance(node, exp.JSONBContainsAnyTopKeys) else "and", tests)


def _contains(r: Reader, node: exp.Expr) -> Scalar:
    left, right = node.this, node.args["expression"]
    if isinstance(node, exp.ArrayContainedBy) or (isinstance(node, exp.ArrayOverlaps) and isinstance(left, exp.Array)):
        left, right = right, left
    x = scalar(r, left)
    if x.type.kind is Kind.ARRAY:
        return _array_holds(r, node, x, right)
    if isinstance(node, exp.ArrayOverlaps):
        return unsupported(r, node)
    x, part = json(r, left), json(r, right)
    if not isinstance(part, Lit):
        return r.fail(WrongArguments, right, "the part that is looked for must be a constant")
    return Call("json_contains", (x, part), BOOLEAN, x.place)


def _array_holds(r: Reader, node: exp.Expr, x: Scalar, right: exp.Expr) -> Scalar:
    if not isinstance(right, exp.Array) or not right.expressions:
        return unsupported(r, node)
    held = [Call("array_contains", (x, scalar(r, e)), BOOLEAN, x.place) for e in right.expressions]
    # Unlike ANY, these two are never unknown over an array, whatever NULLs are in it.
    sure = [Call("is_true", (test,), BOOLEAN, x.place) for test in held]
    found = values.conjunction("or" if isinstance(node, exp.ArrayOverlaps) else "and", sure)
    return Case(((Call("is_null", (x,), BOOLEAN, x.place), Lit(None, BOOLEAN)),), found, BOOLEAN, x.place)


def _element(r: Reader, node: exp.Bracket) -> Scalar:
    """`xs[n]`, from 1; of `array_agg(x ORDER BY y)` the first is x of the first row."""
    index = node.expressions[0] if len(node.expressions) == 1 else None
    if index is None or isinstance(index, exp.Slice) or r.scope.dialect not in ("postgres", "duckdb"):
        return unsupported(r, node)
    array = node.this.unnest() if isinstance(node.this, exp.Paren) else node.this
    xs = scalar(r, array)
    if isinstance(xs, Agg) and xs.fn == "array_agg" and index == exp.Literal.number(1) and not xs.distinct:
        return replace(xs, fn="first_by", type=xs.args[0].type)
    if xs.type.kind is Kind.JSON:
        return unsupported(r, node)
    if xs.type.kind not in (Kind.ARRAY, Kind.UNKNOWN):
        return r.fail(WrongType, array, f"an array is needed, and this is {xs.type}")
    n = scalar(r, index)
    if n.type.kind not in (Kind.INTEGER, Kind.UNKNOWN, Kind.NULL):
        return r.fail(WrongType, index, f"a whole number is needed, and this is {n.type}")
    return Call("array_get", (xs, n), xs.type.element or UNKNOWN, xs.place)


def _array(r: Reader, node: exp.Array) -> Scalar:
    if any(isinstance(e, exp.Query) for e in node.expressions):
        way = "use `array_agg(x ORDER BY y)` in a sub-query, or a join"
        return r.fail(UnsupportedSql, node, "ARRAY of a query", help=(way,))
    items = [scalar(r, e) for e in node.expressions]
    unified = coercion.unify(r, node, items, "elements of one array")
    return values.call("array", *unified)


RULES: dict[type, Rule] = {
    exp.JSONExtract: _json_path,
    exp.JSONExtractScalar: _json_path,
    exp.JSONBExtract: _json_path,
    exp.JSONBExtractScalar: _json_path,
    exp.JSONBContainsTopKey: _json_has,
    exp.JSONBContainsAnyTopKeys: _json_has_several,
    exp.JSONBContainsAllTopKeys: _json_has_several,
    exp.ArrayContainsAll: _contains,
    exp.ArrayContainedBy: _contains,
    exp.ArrayOverlaps: _contains,
    exp.Array: _array,
    exp.Bracket: _element,
}
