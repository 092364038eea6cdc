"""How Druid says numbers, texts, JSON and casts.

It has no decimals: they are doubles, and what is exact in decimals is rounded to the scale that its type states. Whole
numbers are BIGINT, which wraps beyond 2^63: sums, products and whatever may reach that are computed as doubles. Lengths
and positions of text are UTF-16 units; a cast that fails is NULL. Sources: Druid 33 manual, "SQL data types" ("DECIMAL
uses floating point"), "SQL scalar functions", "SQL JSON functions"; answers of Druid 33 itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal

from kpictl.dialects.dialect import Refusal
from kpictl.dialects.druid_times import joda, timestamp
from kpictl.dialects.printer import FILTER_MARK, NEWLINE_MARK, OVER_MARK, Printer
from kpictl.dialects.printer import negation as standard_negation
from kpictl.dialects.standard import literal_int, literal_text, plain_number
from kpictl.dialects.templates import AND, ATOM, COMPARISON, NOT, OR, PRODUCT, SUM, Piece
from kpictl.ir.query import Derived, Select, TableRef
from kpictl.ir.reference.evaluate import evaluate
from kpictl.ir.scalars import Agg, Call, Case, Cast, Col, Interval, Lit, LiteralValue, Over, Scalar
from kpictl.model.types import DATE, TEXT, Kind, Type
from kpictl.sql.walk import is_constant

_WIDE = 1 << 62
_EXACT = 1 << 53
_SCALES = 12
"""Digits after the point to which a double can be rounded and still have some before it."""


def text_literal(value: str) -> str:
    return "'" + value.replace("'", "''").replace("\n", NEWLINE_MARK) + "'"


# -- comparisons

_LEAST = "-4.9E-324"
"""The greatest double below zero."""
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def comparison(symbol: str) -> Callable[[Printer, Call | Agg], Piece]:
    """A comparison; of doubles with zero in a form in which -0.0 is no other and no lesser number, as it is to Druid."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        a, b = call.args
        if Kind.JSON in (a.type.kind, b.type.kind):
            return printer.refuse_function(call, Refusal("it compares no JSON", "compare the text at a path (`->>`)"))
        sign = symbol
        if _is_zero(a) and not _is_zero(b):
            a, b, sign = b, a, _FLIPPED.get(symbol, symbol)
        left_ = printer.scalar(a)
        if a.type.kind is Kind.DOUBLE and _is_zero(b):
            if sign in ("=", "<>"):
                return Piece(f"ABS({left_.text}) {sign} 0", COMPARISON)
            if sign in ("<", ">="):
                return Piece(f"{left_.within(SUM)} {'<=' if sign == '<' else '>'} {_LEAST}", COMPARISON)
        right_ = printer.scalar(b).within(SUM)
        plain = f"{left_.within(SUM)} {sign} {right_}"
        if (
            sign in ("<", ">=", ">", "<=")
            and all(_may_be_zero(x) for x in (a, b))
            and not (a.type.kind is b.type.kind is Kind.INTEGER)
        ):
            joined = "AND" if sign in ("<", ">") else "OR"
            rest = f"{left_.within(SUM)} {'<>' if joined == 'AND' else '='} {right_}"
            return Piece(f"{plain} {joined} {rest}", AND if joined == "AND" else OR)
        return Piece(plain, COMPARISON)

    return rendering


def _may_be_zero(scalar: Scalar) -> bool:
    return scalar.type.is_numeric and not isinstance(scalar, Lit)


def _is_zero(scalar: Scalar) -> bool:
    value = scalar.value if isinstance(scalar, Lit) else None
    return not isinstance(value, bool) and isinstance(value, int | float | Decimal) and value == 0


# -- whole numbers


def reach(printer: Printer, scalar: Scalar) -> int | None:
    """A bound of a whole number's size when it is a BIGINT; None when it is carried as a double."""
    match scalar:
        case Lit(value=value):
            return abs(value) if isinstance(value, int) and abs(value) < _WIDE else None
        case Col():
            return _column_reach(printer, scalar)
        case Over(call=call):
            return None if isinstance(call, Agg) and call.fn == "sum" else reach(printer, call)
        case Agg(fn="sum" | "first_by" | "last_by"):
            return None
        case Agg(fn="min" | "max", args=args):
            return reach(printer, args[0])
        case Agg() | Cast():
            return 1 << 63
        case Case(whens=whens, otherwise=otherwise):
            values = [v for _, v in whens] + ([otherwise] if otherwise is not None else [])
            return _largest(printer, values)
        case Call(fn="coalesce" | "greatest" | "least" | "nullif" | "lag" | "lead" | "abs" | "neg", args=args):
            return _largest(printer, args[:1] if scalar.fn in ("lag", "lead") else args)
        case Call(fn="add" | "sub", args=(a, b)):
            x, y = reach(printer, a), reach(printer, b)
            return None if x is None or y is None or x + y >= _WIDE else x + y
        case Call(fn="mul", args=(a, b)):
            x, y = reach(printer, a), reach(printer, b)
            return None if x is None or y is None or x * y >= _WIDE else x * y
        case Call(fn="part" | "length" | "strpos" | "date_diff" | "months_between" | "sign" | "array_length"):
            return 1 << 31
        case Call(fn="mod", args=(_, Lit(value=int() as value))):
            return abs(value)
        case Call(fn="int_divide", args=args) if not _are_small(printer, args):
            return 1 << 63 if isinstance(args[1], Lit) and args[1].value not in (None, 0, -1) else None
        case Call(fn="int_divide" | "mod"):
            return 1 << 53 if _are_small(printer, scalar.args) else 1 << 63
        case Call(fn="row_number" | "rank" | "dense_rank" | "ntile"):
            return _EXACT
    return 1 << 63 if isinstance(scalar, Call) and scalar.fn in ("round", "trunc", "ceil", "floor") else None


def _are_small(printer: Printer, args: tuple[Scalar, ...]) -> bool:
    return all((reach(printer, a) or _WIDE) < _WIDE for a in args)


def _largest(printer: Printer, values: list[Scalar] | tuple[Scalar, ...]) -> int | None:
    """NULL has no size."""
    found = [reach(printer, v) for v in values if not (isinstance(v, Lit) and v.value is None)]
    sizes = [size for size in found if size is not None]
    return None if len(sizes) < len(found) else max(sizes, default=0)


def _column_reach(printer: Printer, col: Col) -> int | None:
    """A column of a source is a BIGINT of any size; one of a sub-query is what stands there."""
    relation = printer.tables.get(col.table or "")
    if isinstance(relation, TableRef):
        return 1 << 63
    if isinstance(relation, Derived) and isinstance(relation.query.body, Select):
        for output in relation.query.body.outputs:
            if output.name == col.name and not isinstance(output.value, Col):
                counted = isinstance(output.value, Agg | Over) and output.value.type.kind is Kind.INTEGER
                fn = output.value.call.fn if isinstance(output.value, Over) else getattr(output.value, "fn", "")
                return _EXACT if counted and fn in ("count", "count_rows", "row_number", "rank", "dense_rank") else None
    return None


def whole(printer: Printer, scalar: Scalar) -> Piece:
    """A whole number as BIGINT."""
    piece = printer.scalar(scalar)
    return piece if reach(printer, scalar) is not None else Piece(f"CAST({piece.text} AS BIGINT)")


def double(printer: Printer, scalar: Scalar) -> str:
    piece = _raw(printer, scalar)
    return piece.text if scalar.type.kind is Kind.DOUBLE and piece.binds >= PRODUCT else f"CAST({piece.text} AS DOUBLE)"


# -- decimals


def scale(scalar: Scalar) -> int | None:
    """Digits after the point that an exact number has at most; None when nothing says."""
    kind = scalar.type.kind
    if isinstance(scalar, Lit):
        if isinstance(scalar.value, Decimal):
            exponent = scalar.value.normalize().as_tuple().exponent
            return max(-exponent, 0) if isinstance(exponent, int) else None
        return 0 if isinstance(scalar.value, int) or scalar.value is None else None
    if kind is Kind.INTEGER:
        return 0
    if kind is not Kind.DECIMAL:
        return None
    if isinstance(scalar, Call) and scalar.fn in (
        "add",
        "sub",
        "greatest",
        "least",
        "coalesce",
        "nullif",
        "neg",
        "abs",
    ):
        return _most(scalar.args)
    if isinstance(scalar, Call) and scalar.fn == "mul":
        a, b = (scale(x) for x in scalar.args)
        return None if a is None or b is None else a + b
    if isinstance(scalar, Call) and scalar.fn in ("round", "trunc") and len(scalar.args) > 1:
        return max(literal_int(scalar.args[1]), 0)
    if isinstance(scalar, Case):
        return _most([v for _, v in scalar.whens] + ([scalar.otherwise] if scalar.otherwise is not None else []))
    if isinstance(scalar, Agg) and scalar.fn in ("sum", "min", "max"):
        return scale(scalar.args[0])
    if isinstance(scalar, Over):
        return scale(scalar.call)
    return scalar.type.scale or 0 if scalar.type.precision is not None else None


def _most(args: list[Scalar] | tuple[Scalar, ...]) -> int | None:
    scales = [scale(a) for a in args]
    known = [s for s in scales if s is not None]
    return max(known, default=0) if len(known) == len(scales) else None


def _rounded(piece: Piece, digits: int | None) -> Piece:
    return piece if digits is None or digits > _SCALES else Piece(f"ROUND({piece.text}, {digits})")


def _scaled(printer: Printer, scalar: Scalar, digits: int) -> str:
    """An exact number times a power of ten, as a whole one."""
    return f"CAST(ROUND({_raw(printer, scalar).within(PRODUCT)} * {10**digits}) AS BIGINT)"


_SIGNS = {"add": ("+", SUM), "sub": ("-", SUM), "mul": ("*", PRODUCT)}


def _raw(printer: Printer, scalar: Scalar) -> Piece:
    """Arithmetic without the rounding that its decimals would get where they are looked at."""
    if isinstance(scalar, Call) and scalar.fn in _SIGNS and scalar.type.kind is Kind.DECIMAL:
        return _operated(printer, scalar)
    return printer.scalar(scalar)


def _is_bigint(scalar: Scalar) -> bool:
    """Whether a whole number is a BIGINT for sure; what is made of constants alone is an INTEGER of 32 bits."""
    if isinstance(scalar, Case):
        return any(_is_bigint(v) for _, v in scalar.whens) or (
            scalar.otherwise is not None and _is_bigint(scalar.otherwise)
        )
    if isinstance(scalar, Call) and scalar.fn in ("add", "sub", "mul", "coalesce", "greatest", "least", "nullif"):
        return any(_is_bigint(a) for a in scalar.args)
    return not isinstance(scalar, Lit)


def _operated(printer: Printer, call: Call) -> Piece:
    symbol, binds = _SIGNS[call.fn]
    left, right = (_raw(printer, a) for a in call.args)
    if all(a.type.kind is Kind.INTEGER for a in call.args):
        size = reach(printer, call)
        if size is None:
            left = Piece(f"CAST({left.text} AS DOUBLE)")
        elif size >= 1 << 31 and not any(_is_bigint(a) for a in call.args):
            left = Piece(f"CAST({left.text} AS BIGINT)")
    return Piece(f"{left.within(binds)} {symbol} {right.within(binds + 1)}", binds)


def arithmetic(printer: Printer, call: Call | Agg) -> Piece:
    assert isinstance(call, Call)
    a, b = call.args
    piece = _operated(printer, call)
    if call.type.kind is Kind.DECIMAL:
        return _rounded(piece, scale(call))
    both = not isinstance(a, Lit) and not isinstance(b, Lit)
    if both and call.fn != "mul" and call.type.kind is Kind.INTEGER and reach(printer, call) is None:
        if reach(printer, a) is None or reach(printer, b) is None:
            return piece
        # As doubles two large numbers may differ by nothing; as BIGINT they may wrap.
        symbol, binds = _SIGNS[call.fn]
        exact = f"{printer.scalar(a).within(binds)} {symbol} {printer.scalar(b).within(binds + 1)}"
        return Piece(f"CASE WHEN ABS({piece.text}) < {_EXACT} THEN {exact} ELSE {piece.text} END")
    return piece


def neg(printer: Printer, call: Call | Agg) -> Piece:
    (x,) = call.args
    text = f"CAST({printer.text(x)} AS DOUBLE)" if x.type.kind is Kind.INTEGER else printer.scalar(x).within(ATOM)
    return Piece(f"-{text}", PRODUCT)


def absolute(printer: Printer, call: Call | Agg) -> Piece:
    (x,) = call.args
    text = printer.text(x)
    small = (reach(printer, x) or _WIDE) < _WIDE
    return Piece(f"ABS(CAST({text} AS DOUBLE))" if x.type.kind is Kind.INTEGER and not small else f"ABS({text})")


def real_divide(printer: Printer, call: Call | Agg) -> Piece:
    a, b = call.args
    if isinstance(b, Lit) and b.value not in (None, 0):
        return Piece(f"{double(printer, a)} / {printer.scalar(b).within(ATOM)}", PRODUCT)
    divided = Piece(f"{double(printer, a)} / NULLIF({_raw(printer, b).text}, 0)", PRODUCT)
    return finite(divided) if Kind.DOUBLE in (a.type.kind, b.type.kind) else divided


def finite(piece: Piece) -> Piece:
    """NULL instead of the infinities and NaN; only where a double divides by a tiny one or is out of range."""
    return Piece(f"CASE WHEN ABS({piece.text}) <= 1.7976931348623157E308 THEN {piece.text} END")


_OF_DOUBLES = Refusal("remainders of doubles are not those of their decimals", "cast both sides to numeric(p, s)")


def int_divide(printer: Printer, call: Call | Agg) -> Piece:
    a, b = call.args
    digits = _most(call.args)
    if all(x.type.kind is Kind.INTEGER for x in call.args):
        left, right = whole(printer, a), whole(printer, b)
        if isinstance(b, Lit) and b.value not in (None, 0, -1):
            return Piece(f"{left.within(PRODUCT)} / {right.within(ATOM)}", PRODUCT)
        quotient = f"{left.within(PRODUCT)} / NULLIF({right.text}, 0)"
        if _are_small(printer, call.args):
            return Piece(quotient, PRODUCT)
        # The least BIGINT has no opposite.
        return Piece(f"CASE WHEN {right.within(SUM)} = -1 THEN -CAST({left.text} AS DOUBLE) ELSE {quotient} END")
    if digits is not None and digits <= _SCALES:
        return Piece(f"{_scaled(printer, a, digits)} / NULLIF({_scaled(printer, b, digits)}, 0)", PRODUCT)
    return printer.refuse_function(call, _OF_DOUBLES)


def mod(printer: Printer, call: Call | Agg) -> Piece:
    a, b = call.args
    digits = _most(call.args)
    if call.type.kind is Kind.INTEGER:
        divisor = whole(printer, b).text
        is_safe = isinstance(b, Lit) and b.value not in (None, 0)
        return Piece(f"MOD({whole(printer, a).text}, {divisor if is_safe else f'NULLIF({divisor}, 0)'})")
    if digits is not None and digits <= _SCALES:
        rest = f"MOD({_scaled(printer, a, digits)}, NULLIF({_scaled(printer, b, digits)}, 0))"
        return Piece(f"CAST({rest} AS DOUBLE) / {10**digits}", PRODUCT)
    return printer.refuse_function(call, _OF_DOUBLES)


def whole_number(name: str) -> Callable[[Printer, Call | Agg], Piece]:
    """CEIL and FLOOR go through doubles, so whole numbers stay away from them."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        (x,) = call.args
        return printer.scalar(x) if x.type.kind is Kind.INTEGER else Piece(f"{name}({printer.text(x)})")

    return rendering


_FINITE = ("real_divide", "power", "round", "trunc", "avg")


def _finite_text(printer: Printer, x: Scalar) -> str:
    """A number; of a double that may be NaN or infinite NULL, which Druid would round to a number."""
    text = printer.text(x)
    known = x.type.kind is not Kind.DOUBLE or getattr(x, "fn", "") in _FINITE
    return text if known else finite(printer.scalar(x)).text


def rounding(printer: Printer, call: Call | Agg) -> Piece:
    """ROUND goes half away from zero on the decimal digits, of doubles too."""
    x, digits = call.args[0], literal_int(call.args[1]) if len(call.args) > 1 else 0
    if x.type.kind is Kind.INTEGER and digits >= 0:
        return printer.scalar(x)
    text = f"CAST({printer.text(x)} AS DOUBLE)" if x.type.kind is Kind.INTEGER else _finite_text(printer, x)
    return Piece(f"ROUND({text}, {digits})" if digits else f"ROUND({text})")


def trunc(printer: Printer, call: Call | Agg) -> Piece:
    """TRUNCATE cuts 0.29 to 0.28 and ends at 2^63: a number that was rounded up goes back by one unit."""
    x, digits = call.args[0], literal_int(call.args[1]) if len(call.args) > 1 else 0
    if x.type.kind is Kind.INTEGER and digits >= 0:
        return printer.scalar(x)
    text = f"CAST({printer.text(x)} AS DOUBLE)" if x.type.kind is Kind.INTEGER else _finite_text(printer, x)
    if not digits:
        return Piece(f"CASE WHEN {text} > 0 THEN FLOOR({text}) ELSE CEIL({text}) END")
    cut, unit = f"ROUND({text}, {digits})", f"{Decimal(1).scaleb(-digits):f}"
    back = f"ROUND({cut} - CASE WHEN {text} > 0 THEN {unit} ELSE -{unit} END, {digits})"
    return Piece(f"CASE WHEN ABS({cut}) > ABS({text}) THEN {back} ELSE {cut} END")


def guarded(name: str, condition: str) -> Callable[[Printer, Call | Agg], Piece]:
    """Druid answers NaN or an infinity outside of a function's domain; the contract says NULL."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x = double(printer, call.args[0])
        return Piece(f"{name}(CASE WHEN {condition.format(x)} THEN {x} END)")

    return rendering


def power(printer: Printer, call: Call | Agg) -> Piece:
    a, b = (double(printer, x) for x in call.args)
    return finite(Piece(f"POWER({a}, {b})"))


def log(printer: Printer, call: Call | Agg) -> Piece:
    base, x = (double(printer, a) for a in call.args)
    over = f"LN(CASE WHEN {x} > 0 THEN {x} END)"
    return Piece(f"{over} / NULLIF(LN(CASE WHEN {base} > 0 THEN {base} END), 0)", PRODUCT)


def width_bucket(printer: Printer, call: Call | Agg) -> Piece:
    bounds = [a.value for a in call.args[1:] if isinstance(a, Lit) and isinstance(a.value, int | float | Decimal)]
    if len(bounds) < 3 or bounds[0] == bounds[1] or bounds[2] <= 0:
        return printer.refuse_function(call, Refusal("its bounds and count must be constants", "use CASE"))
    x, low, high, n = (double(printer, a) for a in call.args)
    sign = ("<", ">=") if bounds[0] < bounds[1] else (">", "<=")
    inside = f"CAST(FLOOR(({x} - {low}) / ({high} - {low}) * {n}) AS BIGINT) + 1"
    return Piece(
        f"CASE WHEN {x} {sign[0]} {low} THEN 0 WHEN {x} {sign[1]} {high} THEN {bounds[2]} + 1 ELSE {inside} END"
    )


# -- casts


def failing(what: str, x: str, kind: str) -> str:
    """An expression that fails with the value in the engine's message, where it is evaluated."""
    value = f"JSON_VALUE(PARSE_JSON(CONCAT('{what}: ', {x})), '$')"
    return value if kind == "VARCHAR" else f"CAST({value} AS {kind})"


_WHOLE_TEXT = "^[ \\t\\n\\r]*[+-]?[0-9]{1,18}[ \\t\\n\\r]*$"
_NUMBER_TEXT = "^[ \\t\\n\\r]*[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,3})?[ \\t\\n\\r]*$"
_NO_NUMBER = "'(?i)^\\s*[+-]?(nan|inf|infinity)\\s*$'"
_TRUE = "'t', 'true', 'y', 'yes', 'on', '1'"
_FALSE = "'f', 'false', 'n', 'no', 'off', '0'"


def cast(printer: Printer, node: Cast) -> Piece:
    source, goal = node.arg.type.kind, node.type.kind
    if isinstance(node.arg, Lit) and node.arg.value is None:
        return Piece(f"CAST(NULL AS {printer.type_name(node.type, node.place)})")
    if goal not in (Kind.DATE, Kind.JSON, Kind.ARRAY) or source is Kind.TEXT:
        known = constant(printer, node)
        if known is not None:
            return known
    if goal is Kind.TEXT:
        return _to_text(printer, node)
    if source is Kind.TEXT:
        return _from_text(printer, node)
    text = printer.text(node.arg)
    if goal is Kind.INTEGER:
        if source is Kind.BOOLEAN:
            return Piece(f"CASE WHEN {text} THEN 1 WHEN NOT ({text}) THEN 0 END")
        return whole(printer, node.arg) if source is Kind.INTEGER else Piece(f"CAST(ROUND({text}) AS BIGINT)")
    if goal is Kind.BOOLEAN and source is not Kind.BOOLEAN:
        return Piece(f"{printer.scalar(node.arg).within(SUM)} <> 0", COMPARISON)
    if goal is Kind.DECIMAL and source in (Kind.DOUBLE, Kind.DECIMAL):
        digits = None if node.type.precision is None else node.type.scale or 0
        return printer.scalar(node.arg) if digits is None else Piece(f"ROUND({text}, {digits})")
    if goal in (Kind.DECIMAL, Kind.DOUBLE, Kind.INTERVAL):
        return Piece(f"CAST({text} AS DOUBLE)")
    if goal is Kind.DATE:
        # A date on the way out is the only value of the type DATE.
        return Piece(f"CAST({text} AS DATE)" if source is Kind.DATE else f"TIME_FLOOR({text}, 'P1D')")
    if goal.value == source.value or node.type.is_temporal:
        return printer.scalar(node.arg)
    return Piece(f"CAST({text} AS {printer.type_name(node.type, node.place)})")


def constant(printer: Printer, node: Cast | Call) -> Piece | None:
    """The value of an expression of constants, which Druid would evaluate branch by branch; None for others."""
    if not is_constant(node):
        return None
    try:
        value = evaluate(node, {}, {})
    except (ValueError, ArithmeticError):
        return None  # the engine says so when it comes to it
    return printer.scalar(Lit(value, node.type, node.place)) if isinstance(value, LiteralValue) else None


def _from_text(printer: Printer, node: Cast) -> Piece:
    x, goal = printer.text(node.arg), node.type.kind
    if goal is Kind.BOOLEAN:
        word = f"LOWER(TRIM({x}))"
        rest = "" if node.safe else f" WHEN {x} IS NOT NULL THEN {failing('not a truth value', x, 'VARCHAR')} = ''"
        return Piece(f"CASE WHEN {word} IN ({_TRUE}) THEN TRUE WHEN {word} IN ({_FALSE}) THEN FALSE{rest} END")
    if goal is Kind.INTEGER:
        return _matched(x, _WHOLE_TEXT, f"CAST(TRIM({x}) AS BIGINT)", node.safe, "not a whole number", "BIGINT")
    if goal in (Kind.DECIMAL, Kind.DOUBLE):
        value = f"CAST(TRIM({x}) AS DOUBLE)"
        if goal is Kind.DECIMAL and node.type.precision is not None:
            value = f"ROUND({value}, {node.type.scale or 0})"
        known = _matched(x, _NUMBER_TEXT, value, node.safe, "not a number", "DOUBLE")
        return Piece(known.text.replace("CASE ", f"CASE WHEN REGEXP_LIKE({x}, {_NO_NUMBER}) THEN NULL ", 1))
    if goal is Kind.DATE:
        parsed = f"TIME_PARSE(SUBSTRING(TRIM({x}), 1, 10), 'yyyy-MM-dd')"
        return _parsed(x, parsed, node.safe, "not a date")
    if goal in (Kind.TIMESTAMP, Kind.TIMESTAMPTZ):
        # A time finer than a millisecond is none that Druid has.
        shown = f"CASE WHEN NOT REGEXP_LIKE({x}, '[.][0-9]{{3}}[0-9]*[1-9]') THEN REPLACE(TRIM({x}), ' ', 'T') END"
        return _parsed(x, f"TIME_PARSE({shown})", node.safe, "not a time in milliseconds")
    if goal is Kind.JSON:
        return Piece(f"{'TRY_' if node.safe else ''}PARSE_JSON({x})")
    return printer.refuse_function(
        Call("cast", (node.arg,), place=node.place), Refusal(f"it reads no {node.type} from text", "cast elsewhere")
    )


def _matched(x: str, pattern: str, value: str, safe: bool, what: str, kind: str) -> Piece:
    rest = "" if safe else f" WHEN {x} IS NOT NULL THEN {failing(what, x, kind)}"
    return Piece(f"CASE WHEN REGEXP_LIKE({x}, {text_literal(pattern)}) THEN {value}{rest} END")


def _parsed(x: str, parsed: str, safe: bool, what: str) -> Piece:
    if safe:
        return Piece(parsed)
    fails = f"MILLIS_TO_TIMESTAMP({failing(what, x, 'BIGINT')})"
    return Piece(f"CASE WHEN {x} IS NULL OR {parsed} IS NOT NULL THEN {parsed} ELSE {fails} END")


def _to_text(printer: Printer, node: Cast) -> Piece:
    x, kind = printer.text(node.arg), node.arg.type.kind
    if kind in (Kind.TEXT, Kind.NULL):
        return printer.scalar(node.arg)
    if kind is Kind.INTEGER:
        return Piece(f"CAST({whole(printer, node.arg).text} AS VARCHAR)")
    if kind is Kind.BOOLEAN:
        return Piece(f"CASE WHEN {x} THEN 'true' WHEN NOT ({x}) THEN 'false' END")
    if kind is Kind.DATE:
        return Piece(f"TIME_FORMAT({x}, 'yyyy-MM-dd')")
    if kind is Kind.TIMESTAMP:
        shown = f"TIME_FORMAT({x}, 'yyyy-MM-dd HH:mm:ss.SSS')"
        return Piece(f"REPLACE(CONCAT({shown}, '000'), '.000000', '')")
    if kind is Kind.DECIMAL and isinstance(node.arg, Lit):
        return Piece(text_literal(f"{node.arg.value:f}"))
    if kind is Kind.DECIMAL and node.arg.type.precision is not None and (digits := scale(node.arg)) is not None:
        return Piece(f"CASE WHEN {x} IS NOT NULL THEN STRING_FORMAT('%.{digits}f', {x}) END")
    if kind is Kind.DOUBLE:
        bare = f"CAST({x} AS VARCHAR)"
        integral = f"{x} = FLOOR({x}) AND ABS({x}) < 1000000000000000"
        plain = f"{x} IS NULL OR ABS({x}) >= 0.001 AND ABS({x}) < 10000000"
        return Piece(
            f"CASE WHEN {integral} THEN CAST(CAST({x} AS BIGINT) AS VARCHAR) WHEN {plain} THEN {bare}"
            f" ELSE {failing('too large or small a number for text', bare, 'VARCHAR')} END"
        )
    reasons = {
        Kind.DECIMAL: Refusal(
            "it keeps no scale of decimals", "round the number and cast it to double precision first"
        ),
        Kind.TIMESTAMPTZ: Refusal("the text of an instant depends on the session", "use to_char(t AT TIME ZONE ..)"),
    }
    refusal = reasons.get(kind, Refusal(f"it writes no {node.arg.type} as text", "cast a number, date or text"))
    return printer.refuse_function(Call("cast", (node.arg,), place=node.place), refusal)


def as_text(printer: Printer, scalar: Scalar) -> str:
    return printer.text(scalar if scalar.type.kind is Kind.TEXT else Cast(scalar, TEXT))


# -- text


def concat(printer: Printer, call: Call | Agg) -> Piece:
    """NULL counts as empty; Druid's own is NULL of any NULL."""
    parts = [
        as_text(printer, a) if isinstance(a, Lit) and a.value is not None else f"COALESCE({as_text(printer, a)}, '')"
        for a in call.args
    ]
    return Piece(f"CONCAT({', '.join(parts)})" if len(parts) > 1 else parts[0])


def concat_ws(printer: Printer, call: Call | Agg) -> Piece:
    """Each part that is given behind a separator, and the first separator cut off."""
    separator, *parts = call.args
    between = printer.text(separator)
    size = len(literal_text(separator).encode("utf-16-le")) // 2
    pieces = [f"COALESCE(CONCAT({between}, {as_text(printer, p)}), '')" for p in parts]
    joined = f"CONCAT({', '.join(pieces)})" if len(pieces) > 1 else pieces[0]
    return Piece(f"COALESCE(SUBSTRING({joined}, {size + 1}), '')")


def length(printer: Printer, call: Call | Agg) -> Piece:
    return Piece(_length(printer.text(call.args[0])))


def _length(x: str) -> str:
    """Characters; Druid counts two for one beyond the basic plane."""
    return f"CHAR_LENGTH(REGEXP_REPLACE({x}, '[\\x{{10000}}-\\x{{10FFFF}}]', '.'))"


def strpos(printer: Printer, call: Call | Agg) -> Piece:
    x, part = (printer.text(a) for a in call.args)
    found = f"STRPOS({x}, {part})"
    return Piece(f"CASE WHEN {found} > 1 THEN {_length(f'SUBSTRING({x}, 1, {found} - 1)')} + 1 ELSE {found} END")


_COUNTED = Refusal(
    "it counts UTF-16 units, so only constant positions can be said in characters",
    "use a constant, split_part or a regular expression",
)


def _constants(args: tuple[Scalar, ...]) -> list[int] | None:
    values = [a.value for a in args if isinstance(a, Lit) and isinstance(a.value, int)]
    return values if len(values) == len(args) else None


def substring(printer: Printer, call: Call | Agg) -> Piece:
    x, numbers = printer.text(call.args[0]), _constants(call.args[1:])
    if numbers is None:
        return printer.refuse_function(call, _COUNTED)
    start = numbers[0]
    rest = "*"
    if len(numbers) > 1:
        rest = f"{{0,{max(numbers[1] - max(1 - start, 0), 0)}}}"
    skipped = f".{{0,{start - 1}}}" if start > 1 else ""
    return Piece(f"REGEXP_EXTRACT({x}, '(?s)^{skipped}(.{rest})', 1)")


def left(printer: Printer, call: Call | Agg) -> Piece:
    x, numbers = printer.text(call.args[0]), _constants(call.args[1:])
    if numbers is None:
        return printer.refuse_function(call, _COUNTED)
    n = numbers[0]
    if n >= 0:
        return Piece(f"REGEXP_EXTRACT({x}, '(?s)^.{{0,{n}}}')")
    return _dropped(x, f"^(.*).{{{-n}}}$")


def right(printer: Printer, call: Call | Agg) -> Piece:
    x, numbers = printer.text(call.args[0]), _constants(call.args[1:])
    if numbers is None:
        return printer.refuse_function(call, _COUNTED)
    n = numbers[0]
    return Piece(f"REGEXP_EXTRACT({x}, '(?s).{{0,{n}}}\\z')") if n >= 0 else _dropped(x, f"^.{{{-n}}}(.*)$")


def _dropped(x: str, pattern: str) -> Piece:
    """What is left when some characters are dropped, empty when there are not as many."""
    return Piece(f"CASE WHEN {x} IS NOT NULL THEN COALESCE(REGEXP_EXTRACT({x}, '(?s){pattern}', 1), '') END")


def trimming(name: str, plain: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x, *chars = (printer.text(a) for a in call.args)
        return Piece(f"{name}({x}, {chars[0]})" if chars else plain.format(x))

    return rendering


def replaced(printer: Printer, call: Call | Agg) -> Piece:
    """REPLACE fails of NULLs and puts a text between all characters where it looks for an empty one."""
    x, old, new = (printer.text(a) for a in call.args)
    if (
        isinstance(call.args[1], Lit)
        and call.args[1].value
        and isinstance(call.args[2], Lit)
        and call.args[2].value is not None
    ):
        return Piece(f"REPLACE({x}, {old}, {new})")
    return Piece(
        f"CASE WHEN {old} = '' AND {new} IS NOT NULL THEN {x}"
        f" WHEN {old} IS NOT NULL AND {new} IS NOT NULL THEN REPLACE({x}, {old}, {new}) END"
    )


def padded(side: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x, numbers = printer.text(call.args[0]), _constants(call.args[1:2])
        fill = literal_text(call.args[2]) if len(call.args) > 2 else " "
        if numbers is None or len(fill) != 1:
            return printer.refuse_function(
                call, Refusal("only a constant length and one character to pad with can be said", "use those")
            )
        n = max(numbers[0], 0)
        cut = f"REGEXP_EXTRACT({x}, '(?s)^.{{0,{n}}}')"
        pad = f"COALESCE(REPEAT({text_literal(fill)}, {n} - {_length(x)}), '')"
        return Piece(f"CONCAT({f'{pad}, {cut}' if side == 'left' else f'{cut}, {pad}'})")

    return rendering


def repeat(printer: Printer, call: Call | Agg) -> Piece:
    x, n = printer.text(call.args[0]), whole(printer, call.args[1]).text
    return Piece(f"CASE WHEN {n} > 0 THEN REPEAT({x}, {n}) WHEN {n} <= 0 AND {x} IS NOT NULL THEN '' END")


def split_part(printer: Printer, call: Call | Agg) -> Piece:
    x, numbers = printer.text(call.args[0]), _constants(call.args[2:])
    mark = call.args[1]
    if numbers is None or not isinstance(mark, Lit) or not literal_text(mark) or not numbers[0]:
        return printer.refuse_function(
            call, Refusal("the separator and the number must be constants", "use a regular expression")
        )
    n, between = numbers[0], re.escape(literal_text(mark))
    field = f"(?:(?!{between}).)*"
    if n > 0:
        skipped = f"(?:{field}{between}){{{n - 1}}}" if n > 1 else ""
        pattern = f"(?s)^{skipped}({field})"
    else:
        pattern = f"(?s)({field})(?:{between}{field}){{{-n - 1}}}\\z" if n < -1 else f"(?s)({field})\\z"
        pattern = pattern.replace("(?s)(", f"(?s)(?:^|{between})(", 1)
    extracted = f"REGEXP_EXTRACT({x}, {text_literal(pattern)}, 1)"
    return Piece(f"CASE WHEN {x} IS NOT NULL THEN COALESCE({extracted}, '') END")


def like(ignore_case: bool) -> Callable[[Printer, Call | Agg], Piece]:
    """LIKE has no escape of its own; without case both sides are lowered."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x, pattern, escape = call.args
        mark = literal_text(escape)
        if not isinstance(pattern, Lit):
            return printer.refuse_function(call, Refusal("a pattern must be a constant", "use strpos or starts_with"))
        if pattern.value is None:
            return Piece("CAST(NULL AS BOOLEAN)")
        wanted = literal_text(pattern)
        left_ = printer.scalar(x).within(SUM)
        if ignore_case:
            left_, wanted = f"LOWER({printer.text(x)})", wanted.lower()
        text = f"{left_} LIKE {text_literal(wanted)}"
        return Piece(f"{text} ESCAPE {text_literal(mark)}" if mark and mark in wanted else text, COMPARISON)

    return rendering


def regexp_like(printer: Printer, call: Call | Agg) -> Piece:
    pattern = literal_text(call.args[1])
    flags = "(?i)" if len(call.args) > 2 and "i" in literal_text(call.args[2]) else ""
    return Piece(f"REGEXP_LIKE({printer.text(call.args[0])}, {text_literal(flags + _unicode(pattern))})")


def regexp_extract(printer: Printer, call: Call | Agg) -> Piece:
    pattern = literal_text(call.args[1])
    group = min(re.compile(pattern).groups, 1)
    return Piece(f"REGEXP_EXTRACT({printer.text(call.args[0])}, {text_literal(_unicode(pattern))}, {group})")


def _unicode(pattern: str) -> str:
    """A word's characters as POSIX has them, letters and digits of any script; Java's are of ASCII."""
    out, inside, at = "", False, 0
    while at < len(pattern):
        pair = pattern[at : at + 2]
        if pair in ("\\w", "\\W"):
            letters = "\\p{L}\\p{N}_"
            negated = "^" if pair[1] == "W" else ""
            out += letters if inside else f"[{negated}{letters}]"
            at += 2
            continue
        if pair[0] == "\\":
            out += pair
            at += 2
            continue
        inside = pair[0] == "[" or (inside and pair[0] != "]")
        out += pair[0]
        at += 1
    return out


def regexp_replace(printer: Printer, call: Call | Agg) -> Piece:
    """Druid's replaces every match; the first alone is the one behind as little as possible."""
    x, pattern, new = printer.text(call.args[0]), literal_text(call.args[1]), literal_text(call.args[2])
    flags = literal_text(call.args[3]) if len(call.args) > 3 else ""
    if "\\" in new:
        return printer.refuse_function(call, Refusal("a replacement that quotes its match differs", "use plain text"))
    new = new.replace("$", "\\$")
    case = "(?i)" if "i" in flags else ""
    if "g" in flags:
        return Piece(f"REGEXP_REPLACE({x}, {text_literal(case + _unicode(pattern))}, {text_literal(new)})")
    if "\\" in pattern and re.search(r"\\\d", pattern):
        return printer.refuse_function(call, Refusal("back references count differently", "replace every match (`g`)"))
    first = f"{case}(?s:^(.*?))(?:{_unicode(pattern)})"
    return Piece(f"REGEXP_REPLACE({x}, {text_literal(first)}, {text_literal('$1' + new)})")


def format_number(printer: Printer, call: Call | Agg) -> Piece:
    """`FM999,999,990.00` as `%,.2f`; a number with more digits than the template has fails, as it would show `#`."""
    template = literal_text(call.args[1])
    found = re.fullmatch(r"FM([9,]*)0(?:\.(0+))?", template)
    if found is None or (("," in found[1]) and not re.fullmatch(r"9{0,3}(,9{3})*,9{2}", found[1])):
        return printer.refuse_function(call, Refusal("only FM999,990.00 and its like can be said", "use `format:`"))
    x = double(printer, call.args[0])
    digits, whole_digits = len(found[2] or ""), found[1].count("9") + 1
    shown = f"STRING_FORMAT('%{',' if ',' in found[1] else ''}.{digits}f', {x})"
    fits = f"ROUND(ABS({x}), {digits}) < {10**whole_digits}"
    fails = failing("a number does not fit its template", f"CAST({x} AS VARCHAR)", "VARCHAR")
    return Piece(f"CASE WHEN {fits} THEN {shown} WHEN {x} IS NOT NULL THEN {fails} END")


def parse(what: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        pattern = joda(literal_text(call.args[1]))
        if pattern is None:
            return printer.refuse_function(call, Refusal("it has no equal pattern", "use numbers only, as YYYY-MM-DD"))
        known = constant(printer, call) if isinstance(call, Call) else None
        if known is not None:
            return known
        x = printer.text(call.args[0])
        parsed = f"TIME_PARSE({x}, '{pattern}')"
        return _parsed(x, f"TIME_FLOOR({parsed}, 'P1D')" if what == "date" else parsed, False, f"not a {what}")

    return rendering


def make_date(printer: Printer, call: Call | Agg) -> Piece:
    known = constant(printer, call) if isinstance(call, Call) else None
    if known is not None:
        return known
    y, m, d = (whole(printer, a).text for a in call.args)
    shown = f"STRING_FORMAT('%04d-%02d-%02d', {y}, {m}, {d})"
    given = " AND ".join(f"{n} IS NOT NULL" for n in (y, m, d))
    inner = _parsed(shown, f"TIME_PARSE({shown}, 'yyyy-MM-dd')", False, "not a date").text
    return Piece(f"CASE WHEN {given} THEN {inner} END")


# -- JSON and arrays


def _path(args: tuple[Scalar, ...]) -> str | None:
    """A constant path in Druid's JSONPath; None for what it cannot say."""
    path = "$"
    for step in args:
        if not isinstance(step, Lit):
            return None
        if isinstance(step.value, int):
            if step.value < 0:
                return None
            path += f"[{step.value}]"
        elif re.fullmatch(r"[A-Za-z_]\w*", str(step.value)):
            path += f".{step.value}"
        elif "'" in str(step.value) or '"' in str(step.value):
            return None
        else:
            path += f"['{step.value}']"
    return text_literal(path)


_NO_PATH = Refusal(
    "a path into JSON must be constant, of keys without quotes and of positions from 0", "use such a path"
)


def _into(scalar: Scalar, more: tuple[Scalar, ...] = ()) -> tuple[Scalar, tuple[Scalar, ...]]:
    """The document and the whole path of nested accesses."""
    while isinstance(scalar, Call) and scalar.fn == "json_get":
        more = (*scalar.args[1:], *more)
        scalar = scalar.args[0]
    return scalar, more


def json_get(printer: Printer, call: Call | Agg) -> Piece:
    x, steps = _into(call.args[0], call.args[1:])
    path = _path(steps)
    if path is None:
        return printer.refuse_function(call, _NO_PATH)
    return Piece(f"JSON_QUERY({printer.text(x)}, {path})")


def json_text(printer: Printer, call: Call | Agg) -> Piece:
    """JSON_VALUE says 1 and 0 of truth values, and nothing of objects and arrays."""
    x, steps = _into(call.args[0], call.args[1:])
    path = _path(steps)
    if path is None:
        return printer.refuse_function(call, _NO_PATH)
    text = printer.text(x)
    shown = f"TO_JSON_STRING(JSON_QUERY({text}, {path}))"
    return Piece(f"CASE WHEN REGEXP_LIKE({shown}, '^[tf{{\\[]') THEN {shown} ELSE JSON_VALUE({text}, {path}) END")


def json_has(printer: Printer, call: Call | Agg) -> Piece:
    x, steps = _into(call.args[0])
    path = _path(steps)
    if path is None:
        return printer.refuse_function(call, _NO_PATH)
    text = printer.text(x)
    has = f"COALESCE(ARRAY_CONTAINS(JSON_KEYS({text}, {path}), {printer.text(call.args[1])}), FALSE)"
    return Piece(f"CASE WHEN {printer.text(call.args[0])} IS NOT NULL THEN {has} END")


def _is_json(x: Scalar) -> bool:
    return isinstance(x, Call) and x.fn == "json_get"


def is_null(printer: Printer, call: Call | Agg) -> Piece:
    """Of a JSON value: its key is missing. A JSON null is a value, which Druid's own test does not see."""
    (x,) = call.args
    if not isinstance(x, Call) or not _is_json(x):
        return Piece(f"{printer.scalar(x).within(SUM)} IS NULL", COMPARISON)
    document, steps = _into(x)
    path, last = _path(steps[:-1]), steps[-1]
    if path is None or not isinstance(last, Lit) or not isinstance(last.value, str):
        return printer.refuse_function(x, _NO_PATH)
    keys = f"JSON_KEYS({printer.text(document)}, {path})"
    return Piece(f"NOT COALESCE(ARRAY_CONTAINS({keys}, {printer.text(last)}), FALSE)", NOT)


def negation(printer: Printer, call: Call | Agg) -> Piece:
    (inner,) = call.args
    if isinstance(inner, Call) and inner.fn == "is_null" and _is_json(inner.args[0]):
        return Piece(f"NOT ({is_null(printer, inner).text})", NOT)
    return standard_negation(printer, call)


def json_contains(printer: Printer, call: Call | Agg) -> Piece:
    x, steps = _into(call.args[0])
    part = json.loads(literal_text(call.args[1]))
    tests = _contained(printer.text(x), [s.value for s in steps if isinstance(s, Lit)], part)
    if tests is None or not isinstance(part, dict):
        return printer.refuse_function(
            call, Refusal("only objects of texts, whole numbers and truth values can be looked for", "test each key")
        )
    all_ = " AND ".join(tests) or "TRUE"
    return Piece(f"CASE WHEN {printer.text(call.args[0])} IS NOT NULL THEN COALESCE({all_}, FALSE) END")


def _contained(x: str, steps: list[object], part: object) -> list[str] | None:
    if isinstance(part, dict):
        if not part:
            return None
        found = [_contained(x, [*steps, key], value) for key, value in part.items()]
        return None if any(f is None for f in found) else [test for f in found for test in f or ()]
    path = _path(tuple(Lit(s, TEXT) for s in steps))  # type: ignore[arg-type]
    if path is None or isinstance(part, list | float) or part is None:
        return None
    shown = f"TO_JSON_STRING(JSON_QUERY({x}, {path}))"
    if isinstance(part, bool | str):
        return [f"{shown} = {text_literal(json.dumps(part, ensure_ascii=False))}"]
    return [f"{shown} IN ('{part}', '{part}.0')"]


def json_object(printer: Printer, call: Call | Agg) -> Piece:
    pairs = []
    for key, value in zip(call.args[::2], call.args[1::2], strict=True):
        if value.type.kind in (Kind.BOOLEAN, Kind.TIMESTAMPTZ, Kind.TIMESTAMP, Kind.INTERVAL, Kind.ARRAY):
            return printer.refuse_function(
                call, Refusal(f"a {value.type} in JSON would become a number", "build it from texts and numbers")
            )
        shown = as_text(printer, value) if value.type == DATE else printer.text(value)
        pairs.append(f"KEY {printer.text(key)} VALUE {shown}")
    return Piece(f"JSON_OBJECT({', '.join(pairs)})")


def json_array_length(printer: Printer, call: Call | Agg) -> Piece:
    x, steps = _into(call.args[0])
    path = _path(steps)
    if path is None:
        return printer.refuse_function(call, _NO_PATH)
    return Piece(f"ARRAY_LENGTH(JSON_QUERY_ARRAY({printer.text(x)}, {path}))")


def array(printer: Printer, call: Call | Agg) -> Piece:
    if not call.args:
        return printer.refuse_function(call, Refusal("an array of nothing has no type", "leave it out"))
    return Piece(f"ARRAY[{', '.join(printer.text(a) for a in call.args)}]")


def array_contains(printer: Printer, call: Call | Agg) -> Piece:
    """x = ANY(xs), by the three-valued rule."""
    if isinstance(call.args[0], Call) and call.args[0].fn == "array":
        rest = ", ".join(printer.text(a) for a in call.args[0].args)
        return Piece(f"{printer.scalar(call.args[1]).within(SUM)} IN ({rest})", COMPARISON)
    if not isinstance(call.args[1], Lit):
        return printer.refuse_function(call, Refusal("it looks for constants alone in a column", "unnest the column"))
    xs, x = (printer.text(a) for a in call.args)
    holds = f"WHEN {xs} IS NULL OR {x} IS NULL THEN CAST(NULL AS BOOLEAN) WHEN ARRAY_CONTAINS({xs}, {x}) THEN TRUE"
    null = f"WHEN ARRAY_CONTAINS({xs}, CAST(NULL AS VARCHAR)) THEN CAST(NULL AS BOOLEAN)"
    return Piece(f"CASE {holds} {null} ELSE FALSE END")


def unnest(printer: Printer, array: Piece, type: Type, alias: str, column: str) -> str:
    text = array.text
    if type.kind is Kind.JSON:
        head = "JSON_QUERY("
        text = f"JSON_QUERY_ARRAY({text[len(head) :]}" if text.startswith(head) else f"JSON_QUERY_ARRAY({text}, '$')"
    return f"UNNEST({text}) AS {alias}({column})"


def split(printer: Printer, call: Call | Agg) -> Piece:
    """STRING_TO_ARRAY splits by a regular expression and drops what is empty at the end."""
    return printer.refuse_function(
        call, Refusal("it drops empty fields at the end", "take the fields that are needed by split_part")
    )


def json_keys(printer: Printer, call: Call | Agg) -> Piece:
    x, steps = _into(call.args[0])
    path = _path(steps)
    if path is None:
        return printer.refuse_function(call, _NO_PATH)
    if is_constant(x):
        return printer.refuse_function(call, Refusal("an array of nothing has no type", "write the keys"))
    text = printer.text(x)
    is_object = f"SUBSTRING(TO_JSON_STRING(JSON_QUERY({text}, {path})), 1, 1) = '{{'"
    return Piece(f"CASE WHEN {is_object} THEN JSON_KEYS({text}, {path}) END")


def json_typeof(printer: Printer, call: Call | Agg) -> Piece:
    x, steps = _into(call.args[0])
    path = _path(steps)
    if path is None:
        return printer.refuse_function(call, _NO_PATH)
    if not steps or not isinstance(steps[-1], Lit) or not isinstance(steps[-1].value, str):
        return printer.refuse_function(call, _NO_PATH)
    shown = f"TO_JSON_STRING(JSON_QUERY({printer.text(x)}, {path}))"
    is_there = f"ARRAY_CONTAINS(JSON_KEYS({printer.text(x)}, {_path(steps[:-1])}), {printer.text(steps[-1])})"
    return Piece(
        f"CASE WHEN {shown} IN ('true', 'false') THEN 'boolean'"
        f" WHEN SUBSTRING({shown}, 1, 1) = '{{' THEN 'object' WHEN SUBSTRING({shown}, 1, 1) = '[' THEN 'array'"
        f" WHEN SUBSTRING({shown}, 1, 1) = '\"' THEN 'string' WHEN {shown} IS NOT NULL THEN 'number'"
        f" WHEN {is_there} THEN 'null' END"
    )


# -- orders


def order_value(piece: Piece, type: Type) -> Piece:
    """Truth values as numbers, which can be ordered."""
    if type.kind is not Kind.BOOLEAN:
        return piece
    return Piece(f"CASE WHEN {piece.text} THEN 1 WHEN NOT ({piece.text}) THEN 0 END")


def given(piece: Piece, type: Type) -> str:
    """What holds of every value though no planner knows it: over rows of VALUES a constant key loses the ones behind it."""
    if type.kind is Kind.TEXT:
        return f"CHAR_LENGTH({piece.text}) >= 0"
    if type.is_temporal:
        return f"TIMESTAMP_TO_MILLIS({piece.text}) > -9000000000000000000"
    return f"ABS({piece.text}) >= 0"


# -- aggregates


def total(printer: Printer, call: Call | Agg) -> Piece:
    """As doubles: a BIGINT sum wraps, and one of `CASE .. ELSE 0` is NULL or 0 by accident."""
    assert isinstance(call, Agg)
    x = call.args[0]
    raw = _raw(printer, x).text
    distinct = "DISTINCT " if call.distinct else ""
    summed = f"SUM({distinct}{raw if x.type.kind in (Kind.DOUBLE, Kind.INTERVAL) else f'CAST({raw} AS DOUBLE)'})"
    if x.type.kind is Kind.DECIMAL and (digits := scale(x)) is not None and digits <= _SCALES:
        return Piece(f"ROUND({summed}{FILTER_MARK}{OVER_MARK}, {digits})")
    return Piece(summed)


def average(printer: Printer, call: Call | Agg) -> Piece:
    assert isinstance(call, Agg)
    return Piece(f"AVG({'DISTINCT ' if call.distinct else ''}{double(printer, call.args[0])})")


def extreme(name: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        assert isinstance(call, Agg)
        kind = call.args[0].type.kind
        if kind in (Kind.TEXT, Kind.BOOLEAN, Kind.JSON, Kind.ARRAY):
            what = Refusal(f"it compares no {call.args[0].type} in an aggregate", "use bool_or, or a window without it")
            return printer.refuse_function(call, what)
        return Piece(f"{name}({printer.text(call.args[0])})")

    return rendering


def count(printer: Printer, call: Call | Agg) -> Piece:
    assert isinstance(call, Agg)
    distinct = "DISTINCT " if call.distinct else ""
    if len(call.args) == 1:
        return Piece(f"COUNT({distinct}{printer.text(call.args[0])})")
    given = " AND ".join(f"{printer.scalar(a).within(SUM)} IS NOT NULL" for a in call.args)
    texts = [as_text(printer, a) for a in call.args]
    key = ", ".join(part for t in texts for part in (f"CAST(CHAR_LENGTH({t}) AS VARCHAR)", "':'", t))
    return Piece(f"COUNT({distinct}CASE WHEN {given} THEN CONCAT({key}) END)")


def any_value(printer: Printer, call: Call | Agg) -> Piece:
    """Of the one row that a pass has chosen; of an order of its own Druid knows nothing."""
    assert isinstance(call, Agg)
    if call.order_by:
        return printer.refuse_function(call, Refusal("it orders no rows in an aggregate", "use max or a window"))
    return Piece(f"ANY_VALUE({printer.text(call.args[0])}, 1048576)")


def truth(name: str, word: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x = printer.text(call.args[0])
        value = f"{name}(CASE WHEN {x} THEN 1 WHEN NOT ({x}) THEN 0 END){FILTER_MARK}{OVER_MARK}"
        return Piece(f"{value} = 1", COMPARISON)

    return rendering


def literal(printer: Printer, lit: Lit) -> Piece:
    from datetime import date, datetime, time

    value = lit.value
    match value:
        case None:
            known = lit.type.kind not in (Kind.NULL, Kind.UNKNOWN)
            return Piece(f"CAST(NULL AS {printer.type_name(lit.type)})" if known else "NULL")
        case bool():
            return Piece("TRUE" if value else "FALSE")
        case int():
            return plain_number(str(value) if abs(value) < 1 << 63 else _double(float(value)))
        case Decimal():
            return plain_number(f"{value:f}" if len(value.as_tuple().digits) <= 15 else _double(float(value)))
        case float():
            return plain_number(_double(value))
        case str():
            return Piece(text_literal(value))
        case datetime():
            if value.microsecond % 1000:
                printer.refuse(lit.place, "a time of microseconds", Refusal("its instants are milliseconds"))
            return Piece(timestamp(value), COMPARISON)
        case date():
            return Piece(timestamp(value), COMPARISON)
        case time():
            printer.refuse(lit.place, "a time of day", Refusal("it has no such type", "compare hours and minutes"))
            return Piece("?")
        case Interval():
            return _interval(printer, lit, value)


def _double(value: float) -> str:
    text = repr(value).upper()
    return text if "E" in text else f"{text}E0"


def _interval(printer: Printer, lit: Lit, value: Interval) -> Piece:
    """An elapsed time is its seconds; months have none."""
    if value.months:
        printer.refuse(lit.place, "an interval of months", Refusal("it keeps elapsed times in seconds", "use days"))
        return Piece("?")
    return plain_number(_double(value.days * 86400 + value.micros / 1e6))


def make_interval(printer: Printer, call: Call | Agg) -> Piece:
    months, days, micros = call.args
    if not isinstance(months, Lit) or months.value:
        return printer.refuse_function(call, Refusal("it keeps elapsed times in seconds", "use days"))
    terms = []
    for part, size in ((days, " * 86400"), (micros, " / 1000000E0")):
        if not isinstance(part, Lit) or part.value:
            terms.append(f"{printer.scalar(part).within(PRODUCT)}{size}")
    return Piece(" + ".join(terms) or "0E0", SUM if len(terms) > 1 else AND if not terms else PRODUCT)


DRUID_TYPES: dict[Kind, Callable[[Type], str] | str | Refusal] = {
    Kind.BOOLEAN: "BOOLEAN",
    Kind.INTEGER: "BIGINT",
    Kind.DECIMAL: "DOUBLE",
    Kind.DOUBLE: "DOUBLE",
    Kind.TEXT: "VARCHAR",
    Kind.DATE: "TIMESTAMP",
    Kind.TIME: Refusal("it has no time of day", "compare hours and minutes"),
    Kind.TIMESTAMP: "TIMESTAMP",
    Kind.TIMESTAMPTZ: "TIMESTAMP",
    Kind.INTERVAL: "DOUBLE",
    Kind.JSON: Refusal("it casts nothing to JSON", "read JSON columns by their paths"),
    Kind.ARRAY: Refusal("it casts nothing to an array", "test the elements one by one"),
}
