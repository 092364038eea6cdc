"""Numbers in BigQuery: which of INT64, NUMERIC, BIGNUMERIC and FLOAT64 an expression has, and exact arithmetic on them.

INT64 raises beyond 64 bits, NUMERIC holds 29 digits before the point and 9 after it and rounds what has more, BIGNUMERIC
38 and 38 (data types: Decimal types). So every exact operation is done in the smallest type that holds its result
whatever the values: operands are widened first. `/` gives FLOAT64 of INT64, but NUMERIC of NUMERIC (operators:
Arithmetic operators), so a ratio is computed on doubles.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from kpictl.dialects.buckets import by_bounds
from kpictl.dialects.dialect import Refusal
from kpictl.dialects.printer import Printer
from kpictl.dialects.standard import literal_int
from kpictl.dialects.templates import ATOM, PRODUCT, SUM, Piece
from kpictl.ir.query import Query, Select
from kpictl.ir.scalars import Agg, Call, Case, Cast, Lit, Over, Scalar, ScalarQuery
from kpictl.model.types import DECIMAL, DOUBLE, INTEGER, Kind, Type
from kpictl.passes.targets.number_sizes import number_sizes, widest

_ROWS = 9
"""Digits that a sum adds: a thousand million rows of the largest values; beyond that it fails, loudly."""
_SMALL = {
    "sign": 1, "part": 5, "length": 10, "strpos": 10, "date_diff": 8, "months_between": 6, "interval_part": 12,
    "json_array_length": 10, "array_length": 10, "width_bucket": 10, "count_rows": 15, "count": 15, "grouping": 10,
    "approx_count_distinct": 15, "row_number": 15, "rank": 15, "dense_rank": 15, "ntile": 10,
}  # fmt: skip
_LIKE_FIRST = frozenset({"abs", "neg", "nullif", "min", "max", "first_by", "last_by", "mode", "percentile_disc", "mod"})
_WINDOW_VALUES = frozenset({"first_value", "last_value", "nth_value"})
INT64_DIGITS, NUMERIC_DIGITS, NUMERIC_SCALE, WIDE = 19, 29, 9, 38
UNDECLARED = Type(Kind.DECIMAL, NUMERIC_DIGITS + NUMERIC_SCALE, NUMERIC_SCALE)
"""A decimal column without a precision: NUMERIC."""


def stored(type: Type) -> Type:
    """The size of a table's column: INT64, or the decimal as declared (NUMERIC without a precision)."""
    if type.kind is Kind.INTEGER:
        return Type(Kind.INTEGER, INT64_DIGITS)
    return type if type.precision is not None else UNDECLARED


def sized_numbers(query: Query) -> Query:
    """The query with the size of each number in its column's type."""
    return number_sizes(query, stored, size, Type(Kind.DECIMAL, 2 * WIDE, WIDE))


def _whole(type: Type) -> int:
    return (type.precision or 0) - (type.scale or 0)


def _exact(kind: Kind, whole: int, scale: int) -> Type:
    return Type(kind, whole + scale, scale if kind is Kind.DECIMAL else None)


def size(scalar: Scalar) -> Type:
    """The sized type of an expression; a precision of None means that nothing is known."""
    kind = scalar.type.kind
    if kind not in (Kind.INTEGER, Kind.DECIMAL):
        return scalar.type
    match scalar:
        case Lit(value=int() as value):
            return Type(Kind.INTEGER, len(str(abs(value))))
        case Lit(value=Decimal() as value):
            digits = f"{abs(value):f}".split(".")
            return _exact(Kind.DECIMAL, len(digits[0]), len(digits[1]) if len(digits) > 1 else 0)
        case Lit():
            return _exact(kind, 1, 0)
        case Case(whens=whens, otherwise=otherwise):
            return widest([size(v) for _, v in whens] + ([] if otherwise is None else [size(otherwise)]))
        case Cast(arg=arg):
            if kind is Kind.INTEGER:
                return Type(Kind.INTEGER, 1 if arg.type.kind is Kind.BOOLEAN else INT64_DIGITS)
            return scalar.type if scalar.type.precision is not None else Type(Kind.DECIMAL, 2 * WIDE, WIDE)
        case Over(call=call):
            return size(call)
        case ScalarQuery(query=query):
            return size(query.body.outputs[0].value) if isinstance(query.body, Select) else scalar.type
        case Call() | Agg():
            return _of_function(scalar, kind)
    return scalar.type


def _of_function(call: Call | Agg, kind: Kind) -> Type:
    fn = call.fn
    if fn in _SMALL:
        return Type(Kind.INTEGER, _SMALL[fn])
    if fn in _LIKE_FIRST | _WINDOW_VALUES:
        first = size(call.args[0])
        return widest([first, size(call.args[1])]) if fn == "mod" else first
    if fn in ("coalesce", "greatest", "least"):
        return widest([size(a) for a in call.args])
    if fn in ("lag", "lead"):
        return widest([size(call.args[0]), *(size(a) for a in call.args[2:])])
    args = [size(a) for a in call.args]
    if any(a.kind in (Kind.INTEGER, Kind.DECIMAL) and a.precision is None for a in args):
        return Type(kind)
    if fn in ("add", "sub"):
        return _exact(kind, max(map(_whole, args)) + 1, max(a.scale or 0 for a in args))
    if fn == "mul":
        return _exact(kind, sum(map(_whole, args)), sum(a.scale or 0 for a in args))
    if fn == "sum":
        return _exact(kind, _whole(args[0]) + _ROWS, args[0].scale or 0)
    if fn == "int_divide" and (_constant(call.args[1]) or 0) > 0:
        return Type(Kind.INTEGER, _whole(args[0]))
    if fn == "int_divide":
        return Type(Kind.INTEGER, max(_whole(args[0]) + (args[1].scale or 0), 1) + 1)
    if fn in ("ceil", "floor", "round", "trunc"):
        return _exact(kind, _whole(args[0]) + 1, args[0].scale or 0)
    return Type(Kind.INTEGER, INT64_DIGITS) if kind is Kind.INTEGER else Type(kind)


def form(scalar: Scalar) -> str | None:
    """INT64, NUMERIC, BIGNUMERIC or FLOAT64, as printed; None where it is exact and nothing more is known."""
    if scalar.type.kind is Kind.DOUBLE:
        return "FLOAT64"
    if isinstance(scalar, Lit):
        return _literal_form(scalar)
    if isinstance(scalar, Case):
        return _common([form(v) for _, v in scalar.whens] + ([] if not scalar.otherwise else [form(scalar.otherwise)]))
    if isinstance(scalar, Call | Agg) and (
        scalar.fn in _LIKE_FIRST | _WINDOW_VALUES and scalar.fn not in ("abs", "neg")
    ):
        return _common([form(a) for a in (scalar.args if scalar.fn == "mod" else scalar.args[:1])])
    if isinstance(scalar, Call) and scalar.fn in ("coalesce", "greatest", "least"):
        return _common([form(a) for a in scalar.args])
    if isinstance(scalar, Over):
        return form(scalar.call)
    return _fitting(size(scalar), isinstance(scalar, Call | Agg) and scalar.fn in _COMPUTED)


_COMPUTED = frozenset({"add", "sub", "mul", "abs", "neg", "sum"})


def _literal_form(lit: Lit) -> str | None:
    if isinstance(lit.value, int) and not isinstance(lit.value, bool):
        return "INT64" if -(2**63) <= lit.value < 2**63 else _fitting(size(lit), computed=True)
    if isinstance(lit.value, Decimal):
        return _fitting(size(lit), computed=False)
    return "NUMERIC" if lit.type.kind is Kind.DECIMAL else "INT64"


def _fitting(type: Type, computed: bool) -> str | None:
    """The smallest type for a size; what is computed must fit INT64 whatever its 19th digit is."""
    if type.precision is None or type.kind not in (Kind.INTEGER, Kind.DECIMAL):
        return None
    whole, scale = _whole(type), type.scale or 0
    if type.kind is Kind.INTEGER and whole <= INT64_DIGITS - computed:
        return "INT64"
    return "NUMERIC" if whole <= NUMERIC_DIGITS and scale <= NUMERIC_SCALE else "BIGNUMERIC"


_ORDER = ("INT64", "NUMERIC", "BIGNUMERIC", "FLOAT64")


def _common(forms: list[str | None]) -> str | None:
    known = [f for f in forms if f is not None]
    return max(known, key=_ORDER.index) if len(known) == len(forms) and known else None


def stored_name(type: Type) -> str:
    """NUMERIC where it holds a precision and scale (or there is none), else BIGNUMERIC."""
    whole, scale = _whole(type), type.scale or 0
    fits = type.precision is None or (whole <= NUMERIC_DIGITS and scale <= NUMERIC_SCALE)
    return "NUMERIC" if fits else "BIGNUMERIC"


# -- pieces
def as_double(printer: Printer, scalar: Scalar) -> Piece:
    """The value as FLOAT64."""
    if isinstance(scalar, Lit) and isinstance(scalar.value, int | Decimal) and not isinstance(scalar.value, bool):
        return printer.dialect.literal(printer, Lit(float(scalar.value), DOUBLE))
    piece = printer.scalar(scalar)
    return piece if scalar.type.kind is Kind.DOUBLE else Piece(f"CAST({piece.text} AS FLOAT64)")


def doubles(printer: Printer, scalar: Scalar) -> Piece:
    """The value where FLOAT64 is wanted and INT64 becomes it by itself (conversion rules: Coercion)."""
    return printer.scalar(scalar) if form(scalar) == "INT64" else as_double(printer, scalar)


def as_int64(printer: Printer, scalar: Scalar) -> Piece:
    """A whole number where only INT64 will do: counts of days, positions in a text."""
    piece = printer.scalar(scalar)
    return piece if form(scalar) == "INT64" else Piece(f"CAST({piece.text} AS INT64)")


def shortest(printer: Printer, scalar: Scalar) -> Piece:
    """An exact number: a double by its shortest decimal form; NULL when it has more than 38 digits."""
    piece = printer.scalar(scalar)
    if scalar.type.kind is Kind.DOUBLE:
        return Piece(f"SAFE_CAST(CAST({piece.text} AS STRING) AS BIGNUMERIC)")
    return piece


def widened(printer: Printer, scalar: Scalar, wanted: str) -> Piece:
    """The value in an exact type at least as wide."""
    piece, has = printer.scalar(scalar), form(scalar)
    if has is not None and _ORDER.index(has) >= _ORDER.index(wanted):
        return piece
    return Piece(f"CAST({piece.text} AS {wanted})")


def arithmetic(symbol: str, binds: int) -> Callable[[Printer, Call | Agg], Piece]:
    """`+ - *`: exact for whole numbers and decimals, NULL beyond the doubles."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        a, b = call.args
        if Kind.DOUBLE in (a.type.kind, b.type.kind):
            return _of_doubles(printer, symbol, binds, a, b)
        wanted = _fitting(size(call), computed=True) or "BIGNUMERIC"
        left, right = _operand(printer, a), _operand(printer, b)
        if wanted != "INT64" and not _reaches(a, wanted) and not _reaches(b, wanted):
            # One wide operand is enough; a column rather than a constant.
            if isinstance(a, Lit):
                right = widened(printer, b, wanted)
            else:
                left = widened(printer, a, wanted)
        return Piece(f"{left.within(binds)} {symbol} {right.within(binds + 1)}", binds)

    return rendering


def _operand(printer: Printer, scalar: Scalar) -> Piece:
    """An operand; NULL alone has no type that an operator would take."""
    bare = isinstance(scalar, Lit) and scalar.value is None
    return Piece("CAST(NULL AS INT64)") if bare else printer.scalar(scalar)


def _reaches(scalar: Scalar, wanted: str) -> bool:
    has = form(scalar)
    return has is not None and _ORDER.index(has) >= _ORDER.index(wanted)


_SAFE = {"+": "SAFE_ADD", "-": "SAFE_SUBTRACT", "*": "SAFE_MULTIPLY"}
_BOUNDED = frozenset({"seconds_between", "epoch", "second", "ln", "log10", "sqrt", "interval_seconds", "percent_rank"})


def _of_doubles(printer: Printer, symbol: str, binds: int, a: Scalar, b: Scalar) -> Piece:
    # Beside a constant double a decimal would stay one: the constant becomes NUMERIC (conversion rules: literals).
    left, right = (as_double(printer, x) if x.type.kind is Kind.DECIMAL else _operand(printer, x) for x in (a, b))
    if any(_is_small(x) for x in (a, b)):
        return Piece(f"{left.within(binds)} {symbol} {right.within(binds + 1)}", binds)
    # The plain operator raises on overflow; the contract says NULL.
    return Piece(f"{_SAFE[symbol]}({left.text}, {right.text})")


def _constant(scalar: Scalar) -> float | None:
    """A number that stands in the text."""
    value = scalar.value if isinstance(scalar, Lit) else None
    return float(value) if isinstance(value, int | float | Decimal) else None


def _is_small(scalar: Scalar) -> bool:
    told = _constant(scalar)
    if told is not None:
        return abs(told) <= 1_000_000
    inner = scalar.call if isinstance(scalar, Over) else scalar
    return isinstance(inner, Call | Agg) and (inner.fn in _BOUNDED or inner.fn in _SMALL)


def real_divide(printer: Printer, call: Call | Agg) -> Piece:
    a, b = call.args
    divisor = _constant(b)
    if divisor is not None and abs(divisor) >= 1:
        # Beside a constant double NUMERIC would divide as NUMERIC, to 9 digits.
        return Piece(f"{doubles(printer, a).within(PRODUCT)} / {as_double(printer, b).text}", PRODUCT)
    if form(a) == "INT64" and form(b) == "INT64":
        return Piece(f"SAFE_DIVIDE({printer.text(a)}, {printer.text(b)})")
    if b.type.kind is Kind.DOUBLE:
        return Piece(f"SAFE_DIVIDE({printer.text(a)}, {printer.text(b)})")
    return Piece(f"SAFE_DIVIDE({as_double(printer, a).text}, {printer.text(b)})")


def _nonzero(printer: Printer, b: Scalar, text: str) -> str:
    return text if isinstance(b, Lit) and b.value not in (None, 0) else f"NULLIF({text}, 0)"


def int_divide(printer: Printer, call: Call | Agg) -> Piece:
    a, b = call.args
    left, right = shortest(printer, a), shortest(printer, b)
    if form(a) == "INT64" and form(b) == "INT64" and _whole(size(call)) > INT64_DIGITS:
        # The least INT64 by -1 has no quotient in it.
        left = widened(printer, a, "NUMERIC")
    return Piece(f"DIV({left.text}, {_nonzero(printer, b, right.text)})")


def mod(printer: Printer, call: Call | Agg) -> Piece:
    if any(a.type.kind is Kind.DOUBLE for a in call.args):
        return printer.refuse_function(call, Refusal("MOD takes no doubles", "cast both sides to numeric"))
    a, b = call.args
    return Piece(f"MOD({printer.text(a)}, {_nonzero(printer, b, printer.text(b))})")


def negated(function: str) -> Callable[[Printer, Call | Agg], Piece]:
    """The least INT64 has no opposite in it."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        (x,) = call.args
        if isinstance(x, Lit) and isinstance(x.value, int | Decimal):
            value: int | Decimal = x.value
            return literal(-value) if function == "-" or value < 0 else literal(value)
        wanted = _fitting(size(call), computed=True) if x.type.kind is not Kind.DOUBLE else None
        piece = printer.scalar(x) if wanted is None or isinstance(x, Lit) else widened(printer, x, wanted)
        return Piece(f"-{piece.within(ATOM)}", PRODUCT) if function == "-" else Piece(f"{function}({piece.text})")

    return rendering


def sign(printer: Printer, call: Call | Agg) -> Piece:
    text = f"SIGN({printer.text(call.args[0])})"
    return Piece(text if form(call.args[0]) == "INT64" else f"CAST({text} AS INT64)")


def whole(function: str) -> Callable[[Printer, Call | Agg], Piece]:
    """CEIL and FLOOR, which make FLOAT64 of INT64."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x = call.args[0]
        return printer.scalar(x) if x.type.kind is Kind.INTEGER else Piece(f"{function}({printer.text(x)})")

    return rendering


def rounding(function: str) -> Callable[[Printer, Call | Agg], Piece]:
    """ROUND and TRUNC: half away from zero on the shortest decimal form of a double."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x, digits = call.args[0], literal_int(call.args[1]) if len(call.args) > 1 else 0
        piece = printer.scalar(x)
        if x.type.kind is Kind.INTEGER:
            if digits >= 0:
                return piece
            return Piece(f"{function}({widened(printer, x, 'BIGNUMERIC').text}, {digits})")
        if x.type.kind is Kind.DOUBLE and digits:
            exact = f"CAST({function}({shortest(printer, x).text}, {digits}) AS FLOAT64)"
            # A double of more digits than BIGNUMERIC has is whole already.
            return Piece(f"COALESCE({exact}, {piece.text})")
        return Piece(f"{function}({piece.text}, {digits})" if digits else f"{function}({piece.text})")

    return rendering


def safe(function: str) -> Callable[[Printer, Call | Agg], Piece]:
    """A function of doubles that is NULL where it would raise (SAFE. prefix)."""
    return lambda printer, call: Piece(f"SAFE.{function}({', '.join(doubles(printer, a).text for a in call.args)})")


def log(printer: Printer, call: Call | Agg) -> Piece:
    base, x = (doubles(printer, a).text for a in call.args)
    return Piece(f"SAFE.LOG({x}, {base})")


def width_bucket(printer: Printer, call: Call | Agg) -> Piece:
    """Which of n buckets, exactly: the whole quotient of n times the distance by the width. They may run downwards."""
    if known := by_bounds(printer, call):
        return known
    x, low, high = (shortest(printer, a).within(ATOM) for a in call.args[:3])
    n = printer.scalar(call.args[3]).within(ATOM)

    def within(a: str, b: str, width: str) -> str:
        return f"CAST(DIV(CAST({a} - {b} AS BIGNUMERIC) * {n}, {width}) AS INT64) + 1"

    up = f"WHEN {x} < {low} THEN 0 WHEN {x} >= {high} THEN {n} + 1 ELSE {within(x, low, f'{high} - {low}')} END"
    down = f"WHEN {x} > {low} THEN 0 WHEN {x} <= {high} THEN {n} + 1 ELSE {within(low, x, f'{low} - {high}')} END"
    wrong = f"WHEN {low} = {high} OR {n} <= 0 THEN ERROR('width_bucket needs buckets and different bounds')"
    return Piece(f"CASE {wrong} WHEN {low} > {high} THEN CASE {down} {up}")


def sum_of(printer: Printer, call: Call | Agg) -> Piece:
    """SUM, which raises beyond its argument's type (aggregate functions: SUM), so the argument is widened."""
    assert isinstance(call, Agg)
    (x,) = call.args
    wanted = _fitting(size(call), computed=True) or "BIGNUMERIC"
    piece = printer.scalar(x) if x.type.kind is Kind.DOUBLE else widened(printer, x, wanted)
    return Piece(f"SUM({'DISTINCT ' if call.distinct else ''}{piece.text})")


def literal(value: int | Decimal) -> Piece:
    """An exact number in the smallest type that holds it."""
    has = _literal_form(Lit(value, INTEGER if isinstance(value, int) else DECIMAL))
    if has == "INT64" and isinstance(value, int):
        return Piece(str(value), ATOM if value >= 0 else SUM)
    return Piece(f"{has} '{value:f}'" if isinstance(value, Decimal) else f"{has} '{value}'")
