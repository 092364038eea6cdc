"""How Druid casts.

Its own cast of a text that is no number is NULL; one that must fail does so by a JSON text that cannot be read, with the
value in the message. Source: Druid 33 manual, "SQL scalar functions" (TIME_PARSE, PARSE_JSON), "SQL data types".
"""

from __future__ import annotations

from collections.abc import Callable

from kpictl.dialects.dialect import Refusal
from kpictl.dialects.druid_literals import text_literal
from kpictl.dialects.druid_sizes import scale, whole
from kpictl.dialects.druid_times import joda
from kpictl.dialects.printer import Printer
from kpictl.dialects.standard import literal_text
from kpictl.dialects.templates import COMPARISON, SUM, Piece
from kpictl.ir.reference.evaluate import evaluate
from kpictl.ir.scalars import Agg, Call, Cast, Lit, LiteralValue, Scalar
from kpictl.model.types import TEXT, Kind
from kpictl.sql.walk import is_constant


def failing(what: str, x: str, kind: str) -> str:
    """An expression that fails with the value in the engine's message, where it is evaluated."""
    value = f"JSON_VALUE(PARSE_JSON(CONCAT('{what}: ', {x})), '$')"
    return value if kind == "VARCHAR" else f"CAST({value} AS {kind})"


def time_text(read: str) -> str:
    """The template of a text that `read` makes a time of; one that it makes none of fails (TIME_PARSE says NULL)."""
    failed = f"MILLIS_TO_TIMESTAMP({failing('not in the pattern', '{0}', 'BIGINT')})"
    return f"CASE WHEN {{0}} IS NULL OR {read} IS NOT NULL THEN {read} ELSE {failed} END"


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
