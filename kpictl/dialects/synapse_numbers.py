"""Numbers of Synapse: whole ones overflow, decimals lose digits where their sizes add up to more than 38.

Sums and products of whole numbers are computed as DECIMAL(38, 0). Of decimals, the size of each expression is known by the rules
of the manual's page "Precision, scale, and length": where a result would keep fewer decimals than its exact value can have, an
operand is cast to fewer whole digits first (a value that does not fit is then an error), else the product is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from kpictl.dialects.dialect import Refusal
from kpictl.dialects.printer import Printer
from kpictl.dialects.standard import double, literal_int
from kpictl.dialects.templates import ATOM, PRODUCT, SUM, Piece
from kpictl.dialects.warehouse import kept_digits, kept_tie
from kpictl.ir.query import Query, Select, SetOperation
from kpictl.ir.scalars import Agg, Call, Case, Cast, Lit, Over, Scalar, ScalarQuery
from kpictl.model.types import Kind, Type
from kpictl.passes.targets.number_sizes import number_sizes, widest
from kpictl.sql.walk import Node, transform, watch

WIDE, BIGINT_DIGITS, INT_DIGITS, _UNDECLARED_SCALE, _PARSED_SCALE = 38, 19, 10, 9, 12
_KEPT_SCALE, _LEAST_WHOLE = 6, 12
_DIGITS = {
    "sign": 1, "part": 4, "date_diff": 7, "months_between": 6, "length": 10, "strpos": 10, "count_rows": 15, "count": 15,
    "approx_count_distinct": 15, "row_number": 15, "rank": 15, "dense_rank": 15, "ntile": 15,
}  # fmt: skip
"""How many digits results have at most; no table has 10^15 rows. INT up to 10, beyond them BIGINT."""
_LIKE_FIRST = frozenset("min max nullif first_by last_by mode percentile_disc ceil floor mod".split())
_VALUES = frozenset("first_value last_value".split())
_COMMON = frozenset("coalesce greatest least".split())
_branches = watch((Case, SetOperation), _COMMON)
_TOO_FINE = Refusal(
    "the product would be rounded to 6 decimals", "cast a side to fewer decimals, or to double precision"
)


def stored(type: Type) -> Type:
    """The size of a table's column: BIGINT, or the decimal as declared, DECIMAL(38, 9) without a precision."""
    if type.kind is Kind.INTEGER:
        return Type(Kind.INTEGER, BIGINT_DIGITS)
    return type if type.precision is not None else Type(Kind.DECIMAL, WIDE, _UNDECLARED_SCALE)


def sized_numbers(query: Query) -> Query:
    """The query with the size of each number in its column's type, and branches cast where their common type loses digits."""
    sized = number_sizes(query, stored, size, Type(Kind.DECIMAL, WIDE, _UNDECLARED_SCALE))
    return transform(sized, _common, (Case, Call, Query)) if _branches(sized) else sized


def _whole(type: Type) -> int:
    return (type.precision or WIDE) - (type.scale or 0)


def _decimal(whole: int, scale: int) -> Type:
    return Type(Kind.DECIMAL, min(whole + scale, WIDE), scale)


def size(scalar: Scalar) -> Type:
    """The type that an expression has there: digits of an integer (38: DECIMAL(38, 0)), precision and scale of a decimal."""
    kind = scalar.type.kind
    if kind not in (Kind.INTEGER, Kind.DECIMAL):
        return scalar.type
    match scalar:
        case Lit(value=int() as value):
            return Type(Kind.INTEGER, len(str(abs(value))))
        case Lit(value=Decimal() as value):
            digits = f"{abs(value):f}".split(".")
            return _decimal(len(digits[0]), len(digits[1]) if len(digits) > 1 else 0)
        case Case(whens=whens, otherwise=otherwise):
            return _capped([size(v) for _, v in whens] + ([] if otherwise is None else [size(otherwise)]))
        case Cast(arg=arg):
            if kind is Kind.INTEGER:
                return Type(Kind.INTEGER, 1 if arg.type.kind is Kind.BOOLEAN else BIGINT_DIGITS)
            return scalar.type if scalar.type.precision is not None else _cast_size(arg)
        case Over(call=call):
            return size(call)
        case ScalarQuery(query=query):
            return size(query.body.outputs[0].value) if isinstance(query.body, Select) else stored(scalar.type)
        case Call() | Agg():
            return _of_function(scalar, kind)
    return scalar.type if scalar.type.precision is not None else stored(scalar.type)


def _cast_size(arg: Scalar) -> Type:
    if arg.type.kind is Kind.INTEGER:
        return _decimal(WIDE, 0)
    return size(arg) if arg.type.kind is Kind.DECIMAL else _decimal(WIDE - _PARSED_SCALE, _PARSED_SCALE)


def _of_function(call: Call | Agg, kind: Kind) -> Type:
    fn = call.fn
    if fn in _DIGITS:
        return Type(Kind.INTEGER, _DIGITS[fn])
    if fn in _LIKE_FIRST | _VALUES:
        return size(call.args[0])
    if fn in _COMMON:
        return _capped([size(a) for a in call.args])
    if fn in ("lag", "lead"):
        return _capped([size(call.args[0]), *(size(a) for a in call.args[2:])])
    if fn in ("add", "sub", "mul"):
        return _planned(call)[2]
    if fn == "int_divide":
        return Type(Kind.INTEGER, min(size(call.args[0]).precision or WIDE, BIGINT_DIGITS))
    if fn in ("neg", "abs", "sum", "round", "trunc"):
        first = size(call.args[0])
        return Type(Kind.INTEGER, WIDE) if first.kind is Kind.INTEGER else _decimal(WIDE, first.scale or 0)
    return Type(Kind.INTEGER, BIGINT_DIGITS) if kind is Kind.INTEGER else stored(Type(kind))


def _capped(types: list[Type]) -> Type:
    found = widest(types)
    if found.kind is Kind.DECIMAL and (found.precision or 0) > WIDE:
        return Type(Kind.DECIMAL, WIDE, found.scale)
    return Type(found.kind, WIDE) if found.kind is Kind.INTEGER and (found.precision or 0) > BIGINT_DIGITS else found


def _common(node: Node) -> Node:
    """Branches of one expression as decimals of one size, where their own would need more than 38 digits."""
    match node:
        case Case(whens=whens, otherwise=otherwise) if node.type.kind is Kind.DECIMAL:
            goal = _lost([v for _, v in whens] + ([] if otherwise is None else [otherwise]))
            if goal is None:
                return node
            branches = tuple((c, _as(v, goal)) for c, v in whens)
            return replace(node, whens=branches, otherwise=None if otherwise is None else _as(otherwise, goal))
        case Call(fn=fn, args=args) if fn in _COMMON and node.type.kind is Kind.DECIMAL:
            goal = _lost(list(args))
            return node if goal is None else replace(node, args=tuple(_as(a, goal) for a in args))
        case Query(body=SetOperation() as body):
            return replace(node, body=_united(body))
    return node


def _united(body: SetOperation) -> SetOperation:
    """Numbers of the columns of all operands in one type, where theirs differ and would be rounded."""
    leaves = list(_leaves(body))
    goals: dict[int, Type] = {}
    for at in range(len(leaves[0].outputs)):
        values = [leaf.outputs[at].value for leaf in leaves]
        kinds = {v.type.kind for v in values}
        goal = Type(Kind.DOUBLE) if Kind.DOUBLE in kinds and kinds & {Kind.INTEGER, Kind.DECIMAL} else None
        if goal is None and Kind.DECIMAL in kinds:
            goal = _lost(values)
        if goal is not None:
            goals[at] = goal
    return _cast_leaves(body, goals) if goals else body


def _leaves(body: object) -> Iterator[Select]:
    if isinstance(body, SetOperation):
        yield from _leaves(body.left.body)
        yield from _leaves(body.right.body)
    else:
        assert isinstance(body, Select)
        yield body


def _cast_leaves(body: SetOperation, goals: Mapping[int, Type]) -> SetOperation:
    def cast(query: Query) -> Query:
        inner = query.body
        if isinstance(inner, SetOperation):
            return replace(query, body=_cast_leaves(inner, goals))
        assert isinstance(inner, Select)
        outputs = tuple(
            replace(o, value=_numbered(o.value, goals[at])) if at in goals else o for at, o in enumerate(inner.outputs)
        )
        return replace(query, body=replace(inner, outputs=outputs))

    return replace(body, left=cast(body.left), right=cast(body.right))


def _numbered(value: Scalar, goal: Type) -> Scalar:
    if goal.kind is Kind.DOUBLE:
        return value if value.type.kind is Kind.DOUBLE else Cast(value, goal)
    return _as(value, goal)


def _lost(values: list[Scalar]) -> Type | None:
    """The decimal type of 38 digits that keeps every decimal of these; None where their common type does so itself."""
    exact = [size(v) for v in values if v.type.kind in (Kind.INTEGER, Kind.DECIMAL)]
    if not exact or any(v.type.kind is Kind.DOUBLE for v in values):
        return None
    scale = max(t.scale or 0 for t in exact)
    return Type(Kind.DECIMAL, WIDE, scale) if max(map(_whole, exact)) + scale > WIDE else None


def _as(scalar: Scalar, goal: Type) -> Scalar:
    known = size(scalar)
    if scalar.type.kind is Kind.NULL or (known.kind is Kind.DECIMAL and _whole(known) + (goal.scale or 0) <= WIDE):
        return scalar
    return Cast(scalar, goal)


# -- sums and products


def _planned(call: Call | Agg) -> tuple[Type | None, Type | None, Type]:
    """What each operand is cast to first, and the type of the result. A result whose scale is None cannot be had."""
    a, b = call.args
    left, right = size(a), size(b)
    if Kind.DOUBLE in (left.kind, right.kind):
        return None, None, Type(Kind.DOUBLE)
    if left.kind is right.kind is Kind.INTEGER:
        pair = [t.precision or WIDE for t in (left, right)]
        digits = sum(pair) if call.fn == "mul" else max(pair) + 1
        if digits < INT_DIGITS or (max(pair) > INT_DIGITS and digits < BIGINT_DIGITS):
            return None, None, Type(Kind.INTEGER, digits)
        wide = WIDE in (left.precision, right.precision)
        return (None if wide else _decimal(WIDE, 0)), None, Type(Kind.INTEGER, WIDE)
    return _product(left, right) if call.fn == "mul" else _sum(left, right)


def _sum(left: Type, right: Type) -> tuple[Type | None, Type | None, Type]:
    scale, whole = max(left.scale or 0, right.scale or 0), max(_whole(left), _whole(right))
    if whole + scale <= WIDE:
        return None, None, _decimal(whole + 1, scale)
    goal = _decimal(WIDE, scale)
    casts = [goal if _whole(t) + scale > WIDE else None for t in (left, right)]
    return casts[0], casts[1], goal


def _product(left: Type, right: Type) -> tuple[Type | None, Type | None, Type]:
    scale, whole = (left.scale or 0) + (right.scale or 0), _whole(left) + _whole(right) + 1
    if whole + scale <= WIDE or scale <= _KEPT_SCALE:
        return None, None, _decimal(whole, scale)
    room = WIDE - scale - 1
    if room < 2 * _LEAST_WHOLE:
        return None, None, Type(Kind.DECIMAL, WIDE, None)
    low, high = sorted((_whole(left), _whole(right)))
    if low > room - _LEAST_WHOLE:
        low, high = room // 2, room // 2
    else:
        high = min(high, room - low)
    wide_left = _whole(left) > _whole(right)
    wholes = (high, low) if wide_left else (low, high)
    casts = [None if _whole(t) <= n else _decimal(n, t.scale or 0) for t, n in zip((left, right), wholes, strict=True)]
    return casts[0], casts[1], _decimal(WIDE, scale)


def _cast_to(printer: Printer, scalar: Scalar, goal: Type | None) -> Piece:
    piece = printer.scalar(scalar)
    return piece if goal is None else Piece(f"CAST({piece.text} AS {decimal_name(goal)})")


def decimal_name(type: Type) -> str:
    """The decimal's name; DECIMAL(38, 12) where nothing is declared."""
    if type.precision is None:
        return f"DECIMAL({WIDE}, {_PARSED_SCALE})"
    return f"DECIMAL({type.precision}, {type.scale or 0})"


def arithmetic(symbol: str, binds: int) -> Callable[[Printer, Call | Agg], Piece]:
    """+, - and * that neither overflow as BIGINT nor lose decimals."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        left, right, result = _planned(call)
        if result.kind is Kind.DECIMAL and result.scale is None:
            return printer.refuse_function(call, _TOO_FINE)
        one, other = (_cast_to(printer, x, goal) for x, goal in zip(call.args, (left, right), strict=True))
        return Piece(f"{one.within(binds)} {symbol} {other.within(binds + 1)}", binds)

    return rendering


def as_wide(printer: Printer, x: Scalar) -> Piece:
    """A whole number as DECIMAL(38, 0), any other as it is."""
    wide = x.type.kind is not Kind.INTEGER or size(x).precision == WIDE
    return printer.scalar(x) if wide else Piece(f"CAST({printer.text(x)} AS DECIMAL({WIDE}, 0))")


def neg(printer: Printer, call: Call | Agg) -> Piece:
    """The opposite."""
    return Piece(f"-{as_wide(printer, call.args[0]).within(ATOM)}", PRODUCT)


def absolute(printer: Printer, call: Call | Agg) -> Piece:
    """ABS; of the least BIGINT it would overflow."""
    return Piece(f"ABS({as_wide(printer, call.args[0]).text})")


def int_divide(printer: Printer, call: Call | Agg) -> Piece:
    """BIGINT by BIGINT is truncated; a decimal's quotient would not be."""
    if any(a.type.kind is not Kind.INTEGER for a in call.args):
        return printer.refuse_function(call, Refusal("whole quotients of other than integers", "divide, then TRUNC"))
    left, right = (_bigint(printer, a) for a in call.args)
    b = call.args[1]
    divisor = right.within(ATOM) if isinstance(b, Lit) and b.value not in (None, 0) else f"NULLIF({right.text}, 0)"
    return Piece(f"{left.within(PRODUCT)} / {divisor}", PRODUCT)


def _bigint(printer: Printer, x: Scalar) -> Piece:
    """An operand as BIGINT where it is a decimal: a sum, or a constant beyond INT; the least INT by -1 is no INT."""
    piece, digits = printer.scalar(x), size(x).precision or WIDE
    small = digits < INT_DIGITS or (isinstance(x, Lit) and digits == INT_DIGITS and abs(int(piece.text)) < 2**31)
    return piece if small else Piece(f"CAST({piece.text} AS BIGINT)")


def mod(printer: Printer, call: Call | Agg) -> Piece:
    """What a truncated quotient leaves."""
    if any(a.type.kind is Kind.DOUBLE for a in call.args):
        return printer.refuse_function(call, Refusal("% takes integers and decimals", "cast both sides to NUMERIC"))
    a, b = call.args
    left, right = printer.scalar(a), printer.scalar(b)
    divisor = right.within(ATOM) if isinstance(b, Lit) and b.value not in (None, 0) else f"NULLIF({right.text}, 0)"
    return Piece(f"{left.within(PRODUCT)} % {divisor}", PRODUCT)


def sum_of(printer: Printer, call: Call | Agg) -> Piece:
    """SUM; of BIGINT it would overflow."""
    return Piece(f"SUM({_distinct(call)}{as_wide(printer, call.args[0]).text})")


def _distinct(call: Call | Agg) -> str:
    return "DISTINCT " if isinstance(call, Agg) and call.distinct else ""


def round_to(printer: Printer, call: Call | Agg) -> Piece:
    """ROUND half away from zero, a double through a decimal; 99.5 rounded needs one digit more than its type has."""
    x, digits = call.args[0], literal_int(call.args[1]) if len(call.args) > 1 else 0
    if x.type.kind is Kind.DECIMAL:
        return Piece(f"ROUND({_roomy(printer, x)}, {digits})")
    if x.type.kind is Kind.INTEGER:
        return Piece(f"ROUND({as_wide(printer, x).text}, {digits})") if digits < 0 else printer.scalar(x)
    plain = printer.scalar(x).within(PRODUCT)
    tied = kept_tie(plain, digits, "FLOAT") if digits >= 0 else plain
    return _unless_whole(plain, f"CAST(ROUND(CAST({tied} AS DECIMAL({WIDE}, 18)), {digits}) AS FLOAT)", digits)


def _unless_whole(x: str, rounded: str, digits: int) -> Piece:
    """A double from 10^15 on has no decimals left; beyond 10^20 it is no DECIMAL(38, 18)."""
    return Piece(f"CASE WHEN ABS({x}) < 1e15 THEN {rounded} ELSE {x} END" if digits >= 0 else rounded)


def _roomy(printer: Printer, x: Scalar) -> str:
    known = size(x)
    if known.precision == WIDE:
        return printer.text(x)
    return f"CAST({printer.text(x)} AS DECIMAL({WIDE}, {known.scale or 0}))"


def truncate(printer: Printer, call: Call | Agg) -> Piece:
    """ROUND with a third argument cuts."""
    x, digits = call.args[0], literal_int(call.args[1]) if len(call.args) > 1 else 0
    if x.type.kind is Kind.DOUBLE:
        plain = printer.scalar(x).within(PRODUCT)
        kept = kept_digits(plain, digits, "FLOAT") if digits >= 0 else plain
        return _unless_whole(plain, f"CAST(ROUND(CAST({kept} AS DECIMAL({WIDE}, 18)), {digits}, 1) AS FLOAT)", digits)
    if x.type.kind is Kind.INTEGER and digits >= 0:
        return printer.scalar(x)
    return Piece(f"ROUND({as_wide(printer, x).text}, {digits}, 1)")


def logarithm(printer: Printer, call: Call | Agg) -> Piece:
    """LOG of a base: as a quotient, since LOG takes the base second."""
    base, x = (double(printer, a) for a in call.args)
    return Piece(f"CASE WHEN {base} > 0 AND {base} <> 1 AND {x} > 0 THEN LOG({x}) / LOG({base}) END")


def extreme(symbol: str) -> Callable[[Printer, Call | Agg], Piece]:
    """GREATEST and LEAST, which the dedicated pool lacks, as CASE; NULLs are passed over."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        values = [printer.scalar(a) for a in call.args]
        if len(values) > 6:
            return printer.refuse_function(call, Refusal("of so many values", "nest it"))
        whens = []
        for at, one in enumerate(values[:-1]):
            rest = [v for n, v in enumerate(values) if n > at]
            known = [f"({v.within(SUM)} IS NULL OR {one.within(SUM)} {symbol} {v.within(SUM)})" for v in rest]
            whens.append(f"WHEN {one.within(SUM)} IS NOT NULL AND {' AND '.join(known)} THEN {one.text}")
        return Piece(f"CASE {' '.join(whens)} ELSE {values[-1].text} END") if whens else values[0]

    return rendering
