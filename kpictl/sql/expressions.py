"""Expressions: sqlglot's scalar nodes to canonical scalars. A node without a rule here is refused."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from sqlglot import exp

from kpictl.diagnostics import Place
from kpictl.ir.scalars import Call, Case, Exists, Lit, Scalar, ScalarQuery
from kpictl.model.types import BOOLEAN, DECIMAL, DOUBLE, INTEGER, INTERVAL, NULL, TEXT, Kind
from kpictl.sql import casts, coercion, comparisons, documents, literals, matches, moments, operators, values
from kpictl.sql.coercion import condition
from kpictl.sql.findings import InvalidLiteral, UnsafeSql, UnsupportedSql
from kpictl.sql.reader import BAD, Reader
from kpictl.sql.scalars import RULES, Rule, scalar, unsupported


def _column(r: Reader, node: exp.Column) -> Scalar:
    if isinstance(node.this, exp.Star):
        return r.fail(UnsupportedSql, node, "`*` cannot stand here", help=("name the columns",))
    way = ".".join(r.name(node.args[key]) for key in ("catalog", "db", "table") if node.args.get(key))
    return r.resolve(node, r.name(node.this), way or None)


def _star(r: Reader, node: exp.Star) -> Scalar:
    return r.fail(UnsupportedSql, node, "`*` cannot stand here", help=("name the columns",))


_BEYOND_EXACT = Decimal(10) ** 38
"""Exact numbers have 38 digits; a larger constant is a double."""


def _literal(r: Reader, node: exp.Literal) -> Scalar:
    if node.is_string:
        return Lit(node.this, TEXT)
    number = literals.parse_number(node.this)
    if number is None:
        return r.fail(InvalidLiteral, node, f"`{node.this}` is no number")
    if not -_BEYOND_EXACT < number < _BEYOND_EXACT:
        return Lit(float(number), DOUBLE, r.at(node))
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
    return operators.multiply(r, node, Lit(one, INTERVAL), scalar(r, value))


def _paren(r: Reader, node: exp.Paren) -> Scalar:
    return scalar(r, node.this)


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
    told, negate = node.args["expression"], bool(node.args.get("negate"))
    if isinstance(told, exp.Not):
        told, negate = told.this, not negate
    row = comparisons.row_of(node.this)
    if row and isinstance(told, exp.Null):
        # Both tests ask it of every value: a row with some NULLs passes neither.
        tests: list[Scalar] = [Call("is_null", (x,), BOOLEAN, x.place) for x in (scalar(r, n) for n in row)]
        return values.conjunction("and", [values.negation(t) for t in tests] if negate else tests)
    x = scalar(r, node.this)
    if isinstance(told, exp.Null):
        test: Scalar = Call("is_null", (x,), BOOLEAN, x.place)
    elif isinstance(told, exp.Boolean):
        fn = "is_true" if told.this else "is_false"
        test = Call(fn, (condition(r, node.this, x),), BOOLEAN, x.place)
    else:
        return unsupported(r, node)
    return values.negation(test) if negate else test


def _same(r: Reader, node: exp.Expr) -> Scalar:
    test = operators.compare(r, node, "same", scalar(r, node.this), scalar(r, node.args["expression"]))
    return values.negation(test) if isinstance(node, exp.NullSafeNEQ) else test


def _binary(rule: Callable[[Reader, exp.Expr, Scalar, Scalar], Scalar]) -> Rule:
    def read(r: Reader, node: exp.Expr) -> Scalar:
        return rule(r, node, scalar(r, node.this), scalar(r, node.args["expression"]))

    return read


def _mod(r: Reader, node: exp.Expr) -> Scalar:
    return coercion.numbers(r, node, "mod", scalar(r, node.this), scalar(r, node.args["expression"]))


def _int_div(r: Reader, node: exp.Expr) -> Scalar:
    return coercion.numbers(r, node, "int_divide", scalar(r, node.this), scalar(r, node.args["expression"]))


def _power(r: Reader, node: exp.Expr) -> Scalar:
    return coercion.numbers(r, node, "power", scalar(r, node.this), scalar(r, node.args["expression"]))


def _neg(r: Reader, node: exp.Neg) -> Scalar:
    return operators.negative(r, node, scalar(r, node.this))


def _concat(r: Reader, node: exp.DPipe) -> Scalar:
    a, b = scalar(r, node.this), scalar(r, node.args["expression"])
    if {a.type.kind, b.type.kind} & {Kind.ARRAY, Kind.JSON, Kind.INTERVAL}:
        return unsupported(r, node)
    x, y = (coercion.cast(r, n, v, TEXT) for n, v in ((node.this, a), (node.args["expression"], b)))
    return Call("concat_op", (x, y), TEXT, r.between(a, b))


def _case(r: Reader, node: exp.Case) -> Scalar:
    subject = None if node.this is None else scalar(r, node.this)
    conditions, results = [], []
    for branch in node.args["ifs"]:
        when = scalar(r, branch.this)
        if subject is None:
            conditions.append(condition(r, branch.this, when))
        else:
            conditions.append(operators.compare(r, branch, "eq", subject, when))
        results.append(scalar(r, branch.args["true"]))
    default = node.args.get("default")
    if default is not None:
        results.append(scalar(r, default))
    return case(r, node, conditions, results)


def case(r: Reader, node: exp.Expr, conditions: list[Scalar], results: list[Scalar]) -> Scalar:
    """CASE of conditions and results, the last result being ELSE where there is one more."""
    unified = coercion.unify(r, node, results, "the results of one CASE")
    whens = tuple(zip(conditions, unified, strict=False))
    otherwise = unified[-1] if len(unified) > len(conditions) else None
    place: Place | None = r.between(conditions[0], unified[-1]) if conditions else None
    return Case(whens, otherwise, values.common_type(unified), place)


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


RULES.update(
    {
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
        exp.Add: _binary(operators.add),
        exp.Sub: _binary(operators.subtract),
        exp.Mul: _binary(operators.multiply),
        exp.Div: _binary(operators.divide),
        exp.IntDiv: _int_div,
        exp.Mod: _mod,
        exp.Pow: _power,
        exp.Neg: _neg,
        exp.DPipe: _concat,
        exp.Case: _case,
        exp.If: _if,
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
        **comparisons.RULES,
        **matches.RULES,
        **casts.RULES,
        **moments.RULES,
        **documents.RULES,
    }
)
