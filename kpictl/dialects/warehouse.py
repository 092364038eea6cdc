"""Renderings that cloud warehouses share: what their manuals say alike, and what they all lack."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from kpictl.dialects.dialect import Refusal, Rendering
from kpictl.dialects.printer import Printer
from kpictl.dialects.standard import double, literal_int
from kpictl.dialects.templates import ATOM, PRODUCT, SUM, Piece
from kpictl.ir.query import Query
from kpictl.ir.scalars import Agg, Call, Cast, Lit, Scalar
from kpictl.kinds.build import lit
from kpictl.model.types import DOUBLE, Kind, Type
from kpictl.passes.targets.age_as_parts import age_as_parts
from kpictl.passes.targets.distinct_on_as_window import distinct_on_as_window
from kpictl.passes.targets.filter_as_case import filter_as_case
from kpictl.passes.targets.lateral_as_join import lateral_as_join
from kpictl.passes.targets.moments_as_window import moments_as_window
from kpictl.passes.targets.ordered_as_window import ordered_as_window
from kpictl.passes.targets.percentile_as_window import all_percentiles_as_window
from kpictl.passes.targets.subqueries import quantified_as_extremes
from kpictl.passes.targets.window_arguments import window_default_as_case, window_filter_as_case
from kpictl.sql.walk import Node, calls, transform

_MOST_PARTS = 6

SAID_BY_PASSES: dict[str, Rendering] = dict.fromkeys(
    (
        "stddev_samp stddev_pop var_samp var_pop corr covar_samp covar_pop regr_slope regr_intercept"
        " percentile_cont percentile_disc approx_percentile mode first_by last_by"
    ).split(),
    Refusal(
        "over a window with an order, or of groups, or of several grouping sets it cannot be said by row numbers",
        "compute it in a grouped sub-query, and join",
    ),
)
"""Functions that are gone after `PASSES`."""
TEXT_OF_JSON_ONLY: dict[str, Rendering] = dict.fromkeys(
    "json_get json_has json_contains json_object json_array_length json_keys json_typeof".split(),
    Refusal("what it does with JSON beyond reading a text is not the contract's", "read the value with ->>"),
)
ARRAY_FUNCTIONS = tuple("split array array_get array_join array_contains array_length array_agg".split())


def real_divide(printer: Printer, call: Call | Agg) -> Piece:
    """Both sides as doubles; NULL when the divisor is 0."""
    a, b = call.args
    if isinstance(b, Lit) and b.value not in (None, 0):
        return Piece(f"{double(printer, a)} / {double(printer, b)}", PRODUCT)
    return Piece(f"{double(printer, a)} / NULLIF({double(printer, b)}, 0)", PRODUCT)


def kept_tie(x: str, digits: int, type: str) -> str:
    """A double a hair larger where it is the nearest double to a tie, so that 2.675, which is stored as 2.67499.., is rounded as
    the tie that its shortest form is. A quotient of two whole numbers is the double nearest to that decimal. What has no more
    digits than it is rounded to stays as it is: of large ones the hair would be a whole unit.
    """
    is_tie = f"{_has_digits(x, 2 * 10**digits, type)} AND NOT {_has_digits(x, 10**digits, type)}"
    return f"CASE WHEN {is_tie} THEN {x} * CAST(1.0000000000000004e0 AS {type}) ELSE {x} END"


def kept_digits(x: str, digits: int, type: str) -> str:
    """A double a hair larger where it is the nearest double to a decimal of so many digits, so that 4.35, which is stored as
    4.34999.., is cut to 4.35.
    """
    return f"CASE WHEN {_has_digits(x, 10**digits, type)} THEN {x} * CAST(1.0000000000000004e0 AS {type}) ELSE {x} END"


def _has_digits(x: str, unit: int, type: str) -> str:
    """Whether a double is the one nearest to a whole number of units."""
    size = f"CAST({unit} AS {type})"
    return f"FLOOR({x} * {size} + 0.5) / {size} = {x}"


def exponential(printer: Printer, call: Call | Agg) -> Piece:
    """EXP; 0 where it would underflow, NULL where it would overflow."""
    x = double(printer, call.args[0])
    zero = f"CAST(0 AS {printer.type_name(DOUBLE)})"
    return Piece(f"CASE WHEN {x} < -700 THEN {zero} WHEN {x} <= 709.78 THEN EXP({x}) END")


def whole(name: str) -> Callable[[Printer, Call | Agg], Piece]:
    """CEILING and FLOOR; a whole number is its own."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x = call.args[0]
        return printer.scalar(x) if x.type.kind is Kind.INTEGER else Piece(f"{name}({printer.text(x)})")

    return rendering


def power(logarithm: str) -> Callable[[Printer, Call | Agg], Piece]:
    """POWER of doubles; NULL where it is no number, or too large for one."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        a, b = (double(printer, x) for x in call.args)
        found = f"POWER({a}, {b})"
        of_zero = f"WHEN {a} = 0 THEN CASE WHEN {b} >= 0 THEN {found} END"
        fits = f"({a} > 0 OR {b} = FLOOR({b})) AND {b} * {logarithm}(ABS({a})) < 709.78"
        return Piece(f"CASE {of_zero} WHEN {fits} THEN {found} END")

    return rendering


def unsure_path(path: Sequence[Scalar]) -> Refusal | None:
    """Why a constant path into JSON is not said for sure: elements from the end, keys with quotes."""
    keys = [step.value for step in path if isinstance(step, Lit)]
    if any(isinstance(key, int) and key < 0 for key in keys):
        return Refusal("elements are counted from the start", "give a position from 0")
    if any(isinstance(key, str) and any(mark in key for mark in "\"'\\") for key in keys):
        return Refusal("how a quote within a key is written is not documented", "store the value in a column")
    return None


def approximate_as_exact(query: Query) -> Query:
    """`query` with distinct counts by a sketch as exact ones."""

    def change(node: Node) -> Node:
        is_sketch = isinstance(node, Agg) and node.fn == "approx_count_distinct"
        return replace(node, fn="count", distinct=True) if is_sketch else node

    return transform(query, change, Agg) if calls(query, ("approx_count_distinct",)) else query


def concat_ws(printer: Printer, call: Call | Agg) -> Piece:
    """There is no CONCAT_WS: each part brings its separator where one before it is not NULL."""
    separator, *parts = call.args
    if len(parts) > _MOST_PARTS:
        return printer.refuse_function(call, Refusal("it has no CONCAT_WS", "join the parts with ||"))
    mark, before, out = printer.scalar(separator).within(SUM), list[str](), list[str]()
    for part in parts:
        text = printer.scalar(part if part.type.kind is Kind.TEXT else Cast(part, Type(Kind.TEXT))).within(SUM)
        joined = f"CASE WHEN {text} IS NULL THEN ''"
        if before:
            joined += f" WHEN {' OR '.join(before)} THEN {mark} || {text}"
        out.append(f"{joined} ELSE {text} END")
        before.append(f"{text} IS NOT NULL")
    return Piece(" || ".join(out), SUM)


def _empty(printer: Printer, scalar: Scalar) -> str:
    if isinstance(scalar, Lit) and isinstance(scalar.value, str):
        return printer.text(scalar)
    text = printer.text(scalar if scalar.type.kind is Kind.TEXT else Cast(scalar, Type(Kind.TEXT)))
    return f"COALESCE({text}, '')"


def concat(printer: Printer, call: Call | Agg) -> Piece:
    """CONCAT takes two and is NULL with a NULL; so each is made empty first."""
    return Piece(" || ".join(_empty(printer, a) for a in call.args), SUM if len(call.args) > 1 else ATOM)


def same(printer: Printer, call: Call | Agg) -> Piece:
    """Equality where NULL equals NULL, for engines without IS NOT DISTINCT FROM."""
    a, b = call.args
    equal = printer.scalar(Call("eq", (a, b), call.type))
    null = " AND ".join(f"{printer.scalar(x).within(SUM)} IS NULL" for x in (a, b))
    return Piece(f"COALESCE({equal.text}, {null})")


def guarded(printer: Printer, call: Call | Agg, form: str, condition: str) -> Piece:
    """NULL outside of a function's domain, where the engine raises."""
    given = [double(printer, a) for a in call.args]
    return Piece(f"CASE WHEN {condition.format(*given)} THEN {form.format(*given)} END")


def substring(printer: Printer, call: Call | Agg) -> Piece:
    """Positions from 1 on mean the same everywhere. What begins before is the start of the text: less of it, or all."""
    x, start, *rest = call.args
    text = printer.text(x)
    if isinstance(start, Lit):
        if start.value is None:
            return printer.refuse_function(call, Refusal("a start that is NULL has no meaning", "give a start"))
        if literal_int(start) >= 1:
            return Piece(f"SUBSTRING({', '.join(printer.text(a) for a in (x, start, *rest))})")
    at, *size = (f"CAST({printer.text(n)} AS INTEGER)" for n in (start, *rest))
    found = f"CASE WHEN {at} >= 1 THEN SUBSTRING({', '.join((text, at, *size))})"
    if not size:
        return Piece(f"{found} WHEN {at} < 1 THEN {text} END")
    left = f"{at} + {size[0]} - 1"
    few = f"WHEN {at} < 1 AND {left} > 0 THEN LEFT({text}, {left}) WHEN {at} < 1 AND {left} <= 0 THEN LEFT({text}, 0)"
    return Piece(f"{found} {few} END")


def part_of(printer: Printer, call: Call | Agg, word: str) -> Piece:
    """LEFT and RIGHT; a negative number drops as many from the other end."""
    x, n = call.args
    text = printer.text(x)
    if not isinstance(n, Lit):
        number = f"CAST({printer.text(n)} AS INTEGER)"
        if n == Call("sub", (Call("length", (x,)), lit(1))):
            return Piece(f"{word}({text}, {number})")  # a mark taken off: never negative
        size = printer.scalar(Call("length", (x,))).within(SUM)
        return Piece(
            f"CASE WHEN {number} >= 0 THEN {word}({text}, {number}) WHEN {number} < 0"
            f" THEN {word}({text}, GREATEST({size} + {number}, 0)) END"
        )
    if n.value is None or literal_int(n) >= 0:
        return Piece(f"{word}({text}, {printer.text(n)})")
    length = printer.scalar(Call("length", (x,))).within(SUM)
    return Piece(f"{word}({text}, GREATEST({length} - {-literal_int(n)}, 0))")


def split_part(printer: Printer, call: Call | Agg) -> Piece:
    """The n-th field, from 1; from the end that of the text read backwards, where the separator is one character."""
    x, separator, n = call.args
    number = literal_int(n) if isinstance(n, Lit) and n.value is not None else 0
    if number < 0 and isinstance(separator, Lit) and len(str(separator.value)) == 1:
        found = f"SPLIT_PART(REVERSE({printer.text(x)}), {printer.text(separator)}, {-number})"
        return Piece(f"REVERSE({found})")
    if number < 1:
        why = Refusal("fields are counted from 1", "give a constant field from 1, or a separator of one character")
        return printer.refuse_function(call, why)
    return Piece(f"SPLIT_PART({printer.text(x)}, {printer.text(separator)}, {printer.text(n)})")


def average(printer: Printer, call: Call | Agg) -> Piece:
    """AVG over doubles: of integers it is truncated on one warehouse, of decimals it has their scale on another."""
    assert isinstance(call, Agg)
    return Piece(f"AVG({'DISTINCT ' if call.distinct else ''}{double(printer, call.args[0])})")


def count(printer: Printer, call: Call | Agg) -> Piece:
    """COUNT of one value."""
    assert isinstance(call, Agg)
    if len(call.args) != 1:
        return printer.refuse_function(
            call,
            Refusal(
                "it counts several values as texts, and one of these has no exact text",
                "count the rows of a sub-query that is DISTINCT",
            ),
        )
    return Piece(f"COUNT({printer.aggregate_arguments(call)[0].text})")


def rounding(name: str) -> Callable[[Printer, Call | Agg], Piece]:
    """ROUND or TRUNC: a decimal is rounded half away from zero, a double through a decimal."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x, digits = call.args[0], literal_int(call.args[1]) if len(call.args) > 1 else 0
        text = printer.text(x)
        if x.type.kind is Kind.INTEGER:
            return Piece(f"{name}({text}, {digits})") if digits < 0 else printer.scalar(x)
        rest = f", {digits}" if digits else ""
        if x.type.kind is Kind.DOUBLE:
            plain = printer.scalar(x).within(PRODUCT)
            keep = kept_tie if name == "ROUND" else kept_digits
            exact = (
                f"CAST({keep(plain, digits, printer.type_name(DOUBLE)) if digits >= 0 else plain} AS DECIMAL(38, 18))"
            )
            return Piece(f"CAST({name}({exact}{rest}) AS {printer.type_name(DOUBLE)})")
        return Piece(f"{name}({text}{rest})")

    return rendering


PASSES = (
    age_as_parts,
    approximate_as_exact,
    distinct_on_as_window,
    lateral_as_join,
    quantified_as_extremes,
    window_filter_as_case,
    window_default_as_case,
    all_percentiles_as_window,
    moments_as_window,
    ordered_as_window,
    filter_as_case,
)
"""What no warehouse says as the contract means it, said by row numbers, CASE and joins. Each target adds its own behind."""
