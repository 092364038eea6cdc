"""Comparisons: of values, of rows, with lists, with sub-queries, and BETWEEN."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from kpictl.ir.query import Query, Select, SetOperation
from kpictl.ir.scalars import Call, InQuery, Lit, Quantified, Scalar
from kpictl.model.types import BOOLEAN, NULL, Kind, Type
from kpictl.sql import coercion, operators, values
from kpictl.sql.findings import WrongArguments, WrongType
from kpictl.sql.reader import BAD, Reader
from kpictl.sql.scalars import Rule, scalar, unsupported
from kpictl.sql.values import lit

_COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "eq",
    exp.NEQ: "ne",
    exp.LT: "lt",
    exp.LTE: "le",
    exp.GT: "gt",
    exp.GTE: "ge",
}


_FLIPPED = {"eq": "eq", "ne": "ne", "lt": "gt", "gt": "lt", "le": "ge", "ge": "le"}


def _comparison(r: Reader, node: exp.Expr) -> Scalar:
    fn, left, right = _COMPARISONS[node.__class__], node.this, node.args["expression"]
    if (told := _quantifier(right)) is not None:
        return _quantified(r, node, fn, left, told)
    if (told := _quantifier(left)) is not None:
        return _quantified(r, node, _FLIPPED[fn], right, told)
    if row_of(left) is not None and row_of(right) is not None:
        return _row_comparison(r, node, fn)
    return operators.compare(r, node, fn, scalar(r, left), scalar(r, right))


def _quantifier(node: exp.Expr) -> exp.Any | exp.All | None:
    """`ANY (...)`, `ALL (...)`; sqlglot reads `ALL(ARRAY[...])` as a function of that name."""
    if isinstance(node, exp.Any | exp.All):
        return node
    if isinstance(node, exp.Anonymous) and str(node.this).lower() in ("all", "some") and len(node.expressions) == 1:
        kind: type[exp.Any | exp.All] = exp.All if str(node.this).lower() == "all" else exp.Any
        return kind(this=node.expressions[0])
    return None


def row_of(node: exp.Expr) -> list[exp.Expr] | None:
    """The values of a row `(a, b)` or `ROW(a, b)`; None for anything else."""
    if isinstance(node, exp.Tuple):
        return list(node.expressions)
    if isinstance(node, exp.Anonymous) and str(node.this).lower() == "row":
        return list(node.expressions)
    return None


def _row_comparison(r: Reader, node: exp.Expr, fn: str) -> Scalar:
    left, right = row_of(node.this) or [], row_of(node.args["expression"]) or []
    if len(left) != len(right) or not left:
        return r.fail(WrongArguments, node, f"a row of {len(left)} values beside one of {len(right)}")
    if fn not in ("eq", "ne"):
        xs, ys = [scalar(r, n) for n in left], [scalar(r, n) for n in right]
        return _row_order(r, node, fn, xs, ys)
    pairs = [operators.compare(r, node, "eq", scalar(r, a), scalar(r, b)) for a, b in zip(left, right, strict=True)]
    same = values.conjunction("and", pairs)
    return same if fn == "eq" else values.negation(same)


def _row_order(r: Reader, node: exp.Expr, fn: str, xs: list[Scalar], ys: list[Scalar]) -> Scalar:
    """`(a, b) < (c, d)`: the first values that differ decide."""
    last = len(xs) == 1
    here = operators.compare(r, node, fn if last else fn.replace("e", "t"), xs[0], ys[0])
    if last:
        return here
    same = operators.compare(r, node, "eq", xs[0], ys[0])
    return values.conjunction("or", (here, values.conjunction("and", (same, _row_order(r, node, fn, xs[1:], ys[1:])))))


def _quantified(r: Reader, node: exp.Expr, fn: str, left: exp.Expr, right: exp.Any | exp.All) -> Scalar:
    every = isinstance(right, exp.All)
    inner = right.this
    while isinstance(inner, exp.Paren):
        inner = inner.this
    if isinstance(inner, exp.Array):
        return _listed(r, node, fn, scalar(r, left), list(inner.expressions), every=every)
    if isinstance(inner, exp.Subquery | exp.Query):
        return _quantified_query(r, node, fn, scalar(r, left), inner, every=every)
    if isinstance(inner, exp.Literal) and inner.is_string and (items := _array_text(inner.this)) is not None:
        return _listed(r, node, fn, scalar(r, left), items, every=every)
    x, array = scalar(r, left), scalar(r, inner)
    if array.type.kind not in (Kind.ARRAY, Kind.UNKNOWN):
        return r.fail(WrongType, inner, f"an array is needed, and this is {array.type}")
    if array.type.element is not None:
        x = coercion.coerce(r, node, x, array.type.element)
    held = Call("array_contains", (array, x), BOOLEAN, r.between(x, array))
    if fn == "eq" and not every:
        return held
    if fn == "ne" and every:
        return values.negation(held)
    return unsupported(r, node)


def _array_text(text: str) -> list[exp.Expr] | None:
    """The constants of `'{a,b}'`; None where it needs more than splitting at commas."""
    if not (text.startswith("{") and text.endswith("}")) or any(c in text[1:-1] for c in '{}"\\'):
        return None
    items = [item.strip() for item in text[1:-1].split(",")] if text[1:-1].strip() else []
    return [exp.Null() if item.upper() == "NULL" else exp.Literal.string(item) for item in items]


def _listed(r: Reader, node: exp.Expr, fn: str, x: Scalar, items: list[exp.Expr], *, every: bool) -> Scalar:
    read = [scalar(r, i) for i in items]
    if (fn, every) in (("eq", False), ("ne", True)):
        unified = coercion.unify(r, node, (x, *read))
        test = Call("in_list", tuple(unified), BOOLEAN, x.place)
        return values.negation(test) if every else test
    tests = [operators.compare(r, node, fn, x, item) for item in read]
    return values.conjunction("and" if every else "or", tests) if tests else Lit(every, BOOLEAN)


def _quantified_query(r: Reader, node: exp.Expr, fn: str, x: Scalar, inner: exp.Expr, *, every: bool) -> Scalar:
    from kpictl.sql.queries import sub_query

    query = sub_query(r, inner, columns=1)
    if query is None:
        return BAD
    x = _against(r, node, x, query.outputs[0][1])
    if (fn, every) in (("eq", False), ("ne", True)):
        test = InQuery((x,), query, BOOLEAN, x.place)
        return values.negation(test) if every else test
    return Quantified(fn, x, query, every, BOOLEAN, x.place)


def _against(r: Reader, node: exp.Expr, x: Scalar, other: Type) -> Scalar:
    """x beside a column of a query: a constant takes its type, and types that cannot meet are refused."""
    unified = coercion.unify(r, node, (x, Lit(None, NULL)) if other.kind is Kind.UNKNOWN else (x, _stand_in(other)))
    return unified[0]


def _stand_in(type: Type) -> Scalar:
    from kpictl.ir.scalars import Col

    return Col("column", None, type)


def _between(r: Reader, node: exp.Between) -> Scalar:
    x, low, high = scalar(r, node.this), scalar(r, node.args["low"]), scalar(r, node.args["high"])
    within = _within(r, node, x, low, high)
    if node.args.get("symmetric"):
        return values.conjunction("or", (within, _within(r, node, x, high, low)), r.between(x, high))
    return within


def _within(r: Reader, node: exp.Expr, x: Scalar, low: Scalar, high: Scalar) -> Scalar:
    above = operators.compare(r, node, "ge", x, low)
    below = operators.compare(r, node, "le", x, high)
    return Call("and", (above, below), BOOLEAN, r.between(x, high))


def named_apart(query: Query) -> Query:
    """A query whose columns are told by position, with a name of its own for each."""
    body = query.body
    if isinstance(body, SetOperation):
        return replace(query, body=replace(body, left=named_apart(body.left)))
    names = [name for name, _ in query.outputs]
    if not isinstance(body, Select) or query.order_by or len(set(names)) == len(names):
        return query
    return replace(
        query,
        body=replace(body, outputs=tuple(replace(o, name=f"{o.name}_{n}") for n, o in enumerate(body.outputs, 1))),
    )


def _in(r: Reader, node: exp.In) -> Scalar:
    from kpictl.sql.queries import sub_query

    left = row_of(node.this)
    if query := node.args.get("query"):
        xs = [scalar(r, n) for n in left] if left else [scalar(r, node.this)]
        read = sub_query(r, query, columns=len(xs))
        if read is None:
            return BAD
        xs = [_against(r, node, x, t) for x, (_, t) in zip(xs, read.outputs, strict=True)]
        read = named_apart(read)
        return InQuery(tuple(xs), read, BOOLEAN, r.between(xs[0], xs[-1]))
    if node.args.get("unnest") or node.args.get("field"):
        return unsupported(r, node)
    if left is not None:
        return _in_rows(r, node, left)
    x = scalar(r, node.this)
    items = [scalar(r, n) for n in node.expressions]
    if len(items) == 1 and isinstance(node.expressions[0], exp.Subquery):
        return unsupported(r, node)
    if x.type.kind is Kind.JSON:
        return operators.compare(r, node, "eq", x, items[0])
    unified = coercion.unify(r, node, (x, *items))
    return Call("in_list", tuple(unified), BOOLEAN, r.between(x, items[-1]) if items else x.place)


def _in_rows(r: Reader, node: exp.In, left: list[exp.Expr]) -> Scalar:
    rows = [row_of(n) for n in node.expressions]
    if any(row is None or len(row) != len(left) for row in rows):
        return r.fail(WrongArguments, node, f"each row must have {len(left)} values")
    columns = [
        coercion.unify(r, node, [scalar(r, left[i]), *(scalar(r, row[i]) for row in rows if row)])
        for i in range(len(left))
    ]
    flat = [column[i] for i in range(len(rows) + 1) for column in columns]
    return Call("in_rows", (lit(len(left)), *flat), BOOLEAN, r.between(flat[0], flat[len(left) - 1]))


RULES: dict[type, Rule] = {
    **dict.fromkeys(_COMPARISONS, _comparison),
    exp.Between: _between,
    exp.In: _in,
}
