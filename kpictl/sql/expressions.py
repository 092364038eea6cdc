"""Expressions: sqlglot's scalar nodes to canonical scalars. A node without a rule here is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlglot import exp

from kpictl.diagnostics import Place
from kpictl.ir import patterns
from kpictl.ir.scalars import Agg, Call, Case, Exists, InQuery, Lit, Param, Quantified, Scalar, ScalarQuery
from kpictl.model.types import (
    BOOLEAN,
    DATE,
    DECIMAL,
    DOUBLE,
    INTEGER,
    INTERVAL,
    JSON,
    NULL,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    UNKNOWN,
    Kind,
    Type,
)
from kpictl.sql import literals, values
from kpictl.sql.findings import InvalidLiteral, UnknownZone, UnsafeSql, UnsupportedSql, WrongArguments, WrongType
from kpictl.sql.reader import BAD, Reader
from kpictl.sql.values import condition, lit

Rule = Callable[[Reader, Any], Scalar]


def scalar(r: Reader, node: exp.Expr) -> Scalar:
    """The canonical form of an expression."""
    rule = _RULES.get(node.__class__)
    if rule is None:
        return unsupported(r, node)
    return rule(r, node)


def unsupported(r: Reader, node: exp.Expr) -> Scalar:
    span = r.source.own_span(node)
    written = r.source.text[slice(*span)] if span is not None else ""
    shown = f"`{written}`" if 0 < len(written) <= 60 else node.key.replace("_", " ").upper()
    way = _INSTEAD.get(node.key)
    return r.fail(UnsupportedSql, node, f"{shown} has no portable meaning", help=(way,) if way else ())


_INSTEAD = {
    "collate": "text compares by code point; drop COLLATE",
    "bracket": "elements are read with `json ->> n`, or by UNNEST in FROM",
    "similarto": "use LIKE, or `~` with a regular expression",
    "overlaps": "write `a.began < b.ended AND b.began < a.ended`",
    "arraycontainedby": "write `x = ANY(xs)` for each element that may be there",
    "bitwiseand": "bits have no portable meaning; keep flags in columns of their own",
    "bitwiseor": "bits have no portable meaning; keep flags in columns of their own",
    "placeholder": "use `{{ var('name') }}` for a value of the project",
    "parameter": "use `{{ var('name') }}` for a value of the project",
}


# -- names and constants
def _column(r: Reader, node: exp.Column) -> Scalar:
    if isinstance(node.this, exp.Star):
        return r.fail(UnsupportedSql, node, "`*` cannot stand here", help=("name the columns",))
    name, table = r.name(node.this), r.name(node.args["table"]) if node.args.get("table") else None
    return r.resolve(node, name, table)


def _star(r: Reader, node: exp.Star) -> Scalar:
    return r.fail(UnsupportedSql, node, "`*` cannot stand here", help=("name the columns",))


def _literal(r: Reader, node: exp.Literal) -> Scalar:
    if node.is_string:
        return Lit(node.this, TEXT)
    number = literals.parse_number(node.this)
    if number is None:
        return r.fail(InvalidLiteral, node, f"`{node.this}` is no number")
    if isinstance(number, int):
        return Lit(number, INTEGER, r.at(node))
    return Lit(number, DECIMAL, r.at(node))


def _text(r: Reader, node: exp.Expr) -> Scalar:
    return Lit(str(node.this), TEXT, r.at(node))


def _joined_texts(r: Reader, node: exp.Concat) -> Scalar:
    parts = node.expressions
    if all(isinstance(p, exp.Literal) and p.is_string for p in parts):
        return Lit("".join(p.this for p in parts), TEXT)
    return unsupported(r, node)


def _boolean(r: Reader, node: exp.Boolean) -> Scalar:
    return Lit(bool(node.this), BOOLEAN, r.at(node))


def _null(r: Reader, node: exp.Null) -> Scalar:
    return Lit(None, NULL, r.at(node))


def _interval(r: Reader, node: exp.Interval) -> Scalar:
    unit = node.args.get("unit")
    unit_name = unit.name if isinstance(unit, exp.Var) else None
    if unit is not None and unit_name is None:
        return unsupported(r, node)
    value = node.this
    if isinstance(value, exp.Literal):
        read = literals.parse_interval(value.this, unit_name)
        if read is None:
            written = value.this if unit_name is None else f"{value.this} {unit_name.lower()}"
            return r.fail(InvalidLiteral, node, f"'{written}' is no interval", help=("write `INTERVAL '7 days'`",))
        return Lit(read, INTERVAL)
    one = literals.scaled(unit_name or "", Decimal(1))
    if value is None or one is None:
        return unsupported(r, node)
    return values.multiply(r, node, Lit(one, INTERVAL), scalar(r, value))


def _paren(r: Reader, node: exp.Paren) -> Scalar:
    return scalar(r, node.this)


# -- logic
def _and(r: Reader, node: exp.And) -> Scalar:
    return _logic(r, node, "and", exp.And)


def _or(r: Reader, node: exp.Or) -> Scalar:
    return _logic(r, node, "or", exp.Or)


def _logic(r: Reader, node: exp.Expr, fn: str, kind: type[exp.Expr]) -> Scalar:
    operands: list[exp.Expr] = []
    stack = [node]
    while stack:
        top = stack.pop()
        if top.__class__ is kind:
            stack += [top.args["expression"], top.this]
        else:
            operands.append(top)
    parts = [condition(r, n, scalar(r, n)) for n in operands]
    return values.conjunction(fn, parts, r.between(parts[0], parts[-1]))


def _not(r: Reader, node: exp.Not) -> Scalar:
    return values.negation(condition(r, node.this, scalar(r, node.this)))


def _is(r: Reader, node: exp.Is) -> Scalar:
    x, told = scalar(r, node.this), node.args["expression"]
    negate = bool(node.args.get("negate"))
    if isinstance(told, exp.Not):
        told, negate = told.this, not negate
    if isinstance(told, exp.Null):
        test: Scalar = Call("is_null", (x,), BOOLEAN, x.place)
    elif isinstance(told, exp.Boolean):
        fn = "is_true" if told.this else "is_false"
        test = Call(fn, (condition(r, node.this, x),), BOOLEAN, x.place)
    else:
        return unsupported(r, node)
    return values.negation(test) if negate else test


def _same(r: Reader, node: exp.Expr) -> Scalar:
    test = values.compare(r, node, "same", scalar(r, node.this), scalar(r, node.args["expression"]))
    return values.negation(test) if isinstance(node, exp.NullSafeNEQ) else test


# -- comparisons
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
    if _row(left) is not None and _row(right) is not None:
        return _row_comparison(r, node, fn)
    return values.compare(r, node, fn, scalar(r, left), scalar(r, right))


def _quantifier(node: exp.Expr) -> exp.Any | exp.All | None:
    """`ANY (...)`, `ALL (...)`; sqlglot reads `ALL(ARRAY[...])` as a function of that name."""
    if isinstance(node, exp.Any | exp.All):
        return node
    if isinstance(node, exp.Anonymous) and str(node.this).lower() in ("all", "some") and len(node.expressions) == 1:
        kind: type[exp.Any | exp.All] = exp.All if str(node.this).lower() == "all" else exp.Any
        return kind(this=node.expressions[0])
    return None


def _row(node: exp.Expr) -> list[exp.Expr] | None:
    if isinstance(node, exp.Tuple):
        return list(node.expressions)
    if isinstance(node, exp.Anonymous) and str(node.this).lower() == "row":
        return list(node.expressions)
    return None


def _row_comparison(r: Reader, node: exp.Expr, fn: str) -> Scalar:
    left, right = _row(node.this) or [], _row(node.args["expression"]) or []
    if len(left) != len(right) or not left:
        return r.fail(WrongArguments, node, f"a row of {len(left)} values beside one of {len(right)}")
    if fn not in ("eq", "ne"):
        xs, ys = [scalar(r, n) for n in left], [scalar(r, n) for n in right]
        return _row_order(r, node, fn, xs, ys)
    pairs = [values.compare(r, node, "eq", scalar(r, a), scalar(r, b)) for a, b in zip(left, right, strict=True)]
    same = values.conjunction("and", pairs)
    return same if fn == "eq" else values.negation(same)


def _row_order(r: Reader, node: exp.Expr, fn: str, xs: list[Scalar], ys: list[Scalar]) -> Scalar:
    """`(a, b) < (c, d)`: the first values that differ decide."""
    last = len(xs) == 1
    here = values.compare(r, node, fn if last else fn.replace("e", "t"), xs[0], ys[0])
    if last:
        return here
    same = values.compare(r, node, "eq", xs[0], ys[0])
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
        x = values.coerce(r, node, x, array.type.element)
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
        unified = values.unify(r, node, (x, *read))
        test = Call("in_list", tuple(unified), BOOLEAN, x.place)
        return values.negation(test) if every else test
    tests = [values.compare(r, node, fn, x, item) for item in read]
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
    unified = values.unify(r, node, (x, Lit(None, NULL)) if other.kind is Kind.UNKNOWN else (x, _stand_in(other)))
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
    above = values.compare(r, node, "ge", x, low)
    below = values.compare(r, node, "le", x, high)
    return Call("and", (above, below), BOOLEAN, r.between(x, high))


def _in(r: Reader, node: exp.In) -> Scalar:
    from kpictl.sql.queries import sub_query

    left = _row(node.this)
    if query := node.args.get("query"):
        xs = [scalar(r, n) for n in left] if left else [scalar(r, node.this)]
        read = sub_query(r, query, columns=len(xs))
        if read is None:
            return BAD
        xs = [_against(r, node, x, t) for x, (_, t) in zip(xs, read.outputs, strict=True)]
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
        return values.compare(r, node, "eq", x, items[0])
    unified = values.unify(r, node, (x, *items))
    return Call("in_list", tuple(unified), BOOLEAN, r.between(x, items[-1]) if items else x.place)


def _in_rows(r: Reader, node: exp.In, left: list[exp.Expr]) -> Scalar:
    rows = [_row(n) for n in node.expressions]
    if any(row is None or len(row) != len(left) for row in rows):
        return r.fail(WrongArguments, node, f"each row must have {len(left)} values")
    columns = [
        values.unify(r, node, [scalar(r, left[i]), *(scalar(r, row[i]) for row in rows if row)])
        for i in range(len(left))
    ]
    flat = [column[i] for i in range(len(rows) + 1) for column in columns]
    return Call("in_rows", (lit(len(left)), *flat), BOOLEAN, r.between(flat[0], flat[len(left) - 1]))


# -- arithmetic
def _binary(rule: Callable[[Reader, exp.Expr, Scalar, Scalar], Scalar]) -> Rule:
    def read(r: Reader, node: exp.Expr) -> Scalar:
        return rule(r, node, scalar(r, node.this), scalar(r, node.args["expression"]))

    return read


def _mod(r: Reader, node: exp.Expr) -> Scalar:
    return values.numbers(r, node, "mod", scalar(r, node.this), scalar(r, node.args["expression"]))


def _int_div(r: Reader, node: exp.Expr) -> Scalar:
    return values.numbers(r, node, "int_divide", scalar(r, node.this), scalar(r, node.args["expression"]))


def _power(r: Reader, node: exp.Expr) -> Scalar:
    return values.numbers(r, node, "power", scalar(r, node.this), scalar(r, node.args["expression"]))


def _neg(r: Reader, node: exp.Neg) -> Scalar:
    return values.negative(r, node, scalar(r, node.this))


def _concat(r: Reader, node: exp.DPipe) -> Scalar:
    a, b = scalar(r, node.this), scalar(r, node.args["expression"])
    if {a.type.kind, b.type.kind} & {Kind.ARRAY, Kind.JSON, Kind.INTERVAL}:
        return unsupported(r, node)
    x, y = (values.cast(r, n, v, TEXT) for n, v in ((node.this, a), (node.args["expression"], b)))
    return Call("concat_op", (x, y), TEXT, r.between(a, b))


# -- text match
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
    head = values.call("substring", x, lit(1), values.subtract(r, node, start, lit(1)))
    tail = values.call("substring", x, values.add(r, node, start, count))
    return values.call("concat_op", values.call("concat_op", head, y), tail)


def text(r: Reader, node: exp.Expr) -> Scalar:
    """An expression where a text is needed."""
    x = scalar(r, node)
    if x.type.kind in (Kind.TEXT, Kind.UNKNOWN):
        return x
    if x.type.kind is Kind.NULL:
        return Lit(None, TEXT, x.place)
    return r.fail(WrongType, node, f"a text is needed, and this is {x.type}", help=("cast it: `x::text`",))


# -- conditions as values
def _case(r: Reader, node: exp.Case) -> Scalar:
    subject = None if node.this is None else scalar(r, node.this)
    conditions, results = [], []
    for branch in node.args["ifs"]:
        when = scalar(r, branch.this)
        if subject is None:
            conditions.append(condition(r, branch.this, when))
        else:
            conditions.append(values.compare(r, branch, "eq", subject, when))
        results.append(scalar(r, branch.args["true"]))
    default = node.args.get("default")
    if default is not None:
        results.append(scalar(r, default))
    return case(r, node, conditions, results)


def case(r: Reader, node: exp.Expr, conditions: list[Scalar], results: list[Scalar]) -> Scalar:
    """CASE of conditions and results, the last result being ELSE where there is one more."""
    unified = values.unify(r, node, results, "the results of one CASE")
    whens = tuple(zip(conditions, unified, strict=False))
    otherwise = unified[-1] if len(unified) > len(conditions) else None
    place: Place | None = r.between(conditions[0], unified[-1]) if conditions else None
    return Case(whens, otherwise, values.common_type(unified), place)


# -- casts
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
            return values.coerce(r, node, x, INTERVAL)
        if (counted := _counted_units(r, node.this)) is not None:
            return counted
    result = values.cast(r, node, x, target, safe=safe)
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
    return values.multiply(r, inner, Lit(one, INTERVAL), n)


# -- time
def _current_date(r: Reader, node: exp.Expr) -> Scalar:
    r.facts.uses_current_date = True
    return Call("local_date", (Param("as_of", TIMESTAMPTZ), Lit(r.scope.zone, TEXT)), DATE, r.at(node))


def now(r: Reader, node: exp.Expr) -> Scalar:
    """The logical now."""
    r.facts.uses_now = True
    return Param("as_of", TIMESTAMPTZ, r.at(node))


def _local_now(r: Reader, node: exp.Expr) -> Scalar:
    return Call("to_local", (now(r, node), Lit(r.scope.zone, TEXT)), TIMESTAMP, r.at(node))


def _at_time_zone(r: Reader, node: exp.AtTimeZone) -> Scalar:
    return in_zone(r, node, node.this, node.args["zone"])


def in_zone(r: Reader, node: exp.Expr, value: exp.Expr, zone: exp.Expr) -> Scalar:
    """AT TIME ZONE: an instant's wall clock, or the instant of a wall clock."""
    name = zone_name(r, zone)
    t = scalar(r, value)
    if values.is_text_constant(t):
        t = values.coerce(r, value, t, TIMESTAMPTZ)
    if name is None:
        return BAD
    place = t.place
    kind = t.type.kind
    if kind is Kind.TIMESTAMP:
        return Call("to_instant", (t, Lit(name, TEXT)), TIMESTAMPTZ, place)
    if kind is Kind.DATE:
        t = values.cast(r, node, t, TIMESTAMPTZ)
    elif kind is Kind.UNKNOWN:
        r.facts.untyped.append(r.locate(node))
    elif kind is not Kind.TIMESTAMPTZ:
        return r.fail(WrongType, value, f"a timestamp is needed, and this is {t.type}")
    return Call("to_local", (t, Lit(name, TEXT)), TIMESTAMP, place)


def zone_name(r: Reader, node: exp.Expr) -> str | None:
    """A constant zone that exists; None (reported) otherwise."""
    if not (isinstance(node, exp.Literal) and node.is_string):
        r.fail(WrongArguments, node, "the time zone must be a constant")
        return None
    name: str = node.this
    if values.valid_zone(name):
        return name
    from zoneinfo import available_timezones

    from kpictl.diagnostics import did_you_mean

    near = did_you_mean(name, available_timezones())
    r.fail(
        UnknownZone,
        node,
        f"there is no time zone '{name}'",
        help=(f"did you mean `{near[0]}`?",) if near else ("write an IANA name such as 'Europe/Berlin'",),
    )
    return None


def _extract(r: Reader, node: exp.Extract) -> Scalar:
    from kpictl.sql.time_functions import part_of

    return part_of(r, node, node.this.name, node.args["expression"])


# -- JSON and arrays
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
        return values.coerce(r, node, x, JSON)
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
    unified = values.unify(r, node, items, "elements of one array")
    return values.call("array", *unified)


# -- sub-queries
def _scalar_query(r: Reader, node: exp.Expr) -> Scalar:
    from kpictl.sql.queries import sub_query

    query = sub_query(r, node, columns=1)
    if query is None:
        return BAD
    return ScalarQuery(query, query.outputs[0][1], query.place)


def _exists(r: Reader, node: exp.Exists) -> Scalar:
    from kpictl.sql.queries import sub_query

    query = sub_query(r, node.this)
    return BAD if query is None else Exists(query, BOOLEAN, query.place)


# -- functions
def _function(r: Reader, node: exp.Expr) -> Scalar:
    from kpictl.sql.functions import function

    return function(r, node)


def _windowed(r: Reader, node: exp.Window) -> Scalar:
    from kpictl.sql.windows import windowed

    return windowed(r, node)


def _aggregate(r: Reader, node: exp.Expr) -> Scalar:
    from kpictl.sql.aggregates import aggregate

    return aggregate(r, node)


def _special(name: str, *fields: str) -> Rule:
    """A function that has a grammar of its own, read as if it were called by name."""

    def rule(r: Reader, node: exp.Expr) -> Scalar:
        from kpictl.sql.functions import named

        args = [node.args[f] for f in fields if node.args.get(f) is not None]
        return named(r, node, name, args)

    return rule


def _trim(r: Reader, node: exp.Trim) -> Scalar:
    from kpictl.sql.functions import named

    side = str(node.args.get("position") or "BOTH").upper()
    name = {"BOTH": "trim", "LEADING": "ltrim", "TRAILING": "rtrim"}[side]
    args = [node.this] + ([node.args["expression"]] if node.args.get("expression") is not None else [])
    return named(r, node, name, args)


def _substring(r: Reader, node: exp.Substring) -> Scalar:
    from kpictl.sql.functions import named

    start = node.args.get("start")
    if isinstance(start, exp.Literal) and start.is_string:
        return named(r, node, "regexp_extract", [node.this, start])
    args = [node.this, start or exp.Literal.number(1)]
    if node.args.get("length") is not None:
        args.append(node.args["length"])
    return named(r, node, "substring", args)


def _unsafe(r: Reader, node: exp.Expr) -> Scalar:
    return r.fail(
        UnsafeSql, node, "a parameter or variable", help=("use `{{ var('name') }}` for a value of the project",)
    )


def _if(r: Reader, node: exp.If) -> Scalar:
    conditions = [condition(r, node.this, scalar(r, node.this))]
    results = [scalar(r, node.args["true"])]
    if node.args.get("false") is not None:
        results.append(scalar(r, node.args["false"]))
    return case(r, node, conditions, results)


_RULES: dict[type, Rule] = {
    exp.Column: _column,
    exp.Literal: _literal,
    exp.Boolean: _boolean,
    exp.Null: _null,
    exp.Interval: _interval,
    exp.Paren: _paren,
    exp.Star: _star,
    exp.ByteString: _text,
    exp.RawString: _text,
    exp.National: _text,
    exp.Concat: _joined_texts,
    exp.And: _and,
    exp.Or: _or,
    exp.Not: _not,
    exp.Is: _is,
    exp.NullSafeEQ: _same,
    exp.NullSafeNEQ: _same,
    **dict.fromkeys(_COMPARISONS, _comparison),
    exp.Between: _between,
    exp.In: _in,
    exp.Add: _binary(values.add),
    exp.Sub: _binary(values.subtract),
    exp.Mul: _binary(values.multiply),
    exp.Div: _binary(values.divide),
    exp.IntDiv: _int_div,
    exp.Mod: _mod,
    exp.Pow: _power,
    exp.Neg: _neg,
    exp.DPipe: _concat,
    exp.Like: _like,
    exp.ILike: _like,
    exp.Escape: _escaped,
    exp.RegexpLike: _regexp,
    exp.RegexpILike: _regexp,
    exp.Case: _case,
    exp.If: _if,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.CurrentDate: _current_date,
    exp.CurrentTimestamp: now,
    exp.Localtimestamp: _local_now,
    exp.AtTimeZone: _at_time_zone,
    exp.Extract: _extract,
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
    exp.SimilarTo: _similar,
    exp.StartsWith: _starts_with,
    exp.Overlay: _overlay,
    exp.Subquery: _scalar_query,
    exp.Select: _scalar_query,
    exp.Union: _scalar_query,
    exp.Exists: _exists,
    exp.Anonymous: _function,
    exp.Window: _windowed,
    exp.Filter: _aggregate,
    exp.WithinGroup: _aggregate,
    exp.PercentileCont: _aggregate,
    exp.PercentileDisc: _aggregate,
    exp.Mode: _aggregate,
    exp.Trim: _trim,
    exp.Substring: _substring,
    exp.StrPosition: _special("strpos", "this", "substr"),
    exp.Sqrt: _special("sqrt", "this"),
    exp.Cbrt: _special("cbrt", "this"),
    exp.Parameter: _unsafe,
    exp.Placeholder: _unsafe,
    exp.SessionParameter: _unsafe,
}
