"""Texts and JSON in BigQuery.

Texts are compared by code point (collation: binary by default). LIKE escapes with a backslash and has no ESCAPE; there
is no ILIKE (operators: LIKE). Regular expressions are RE2, whose classes are ASCII (string functions: REGEXP_CONTAINS).
TRIM alone cuts every kind of blank, so its characters are always given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from decimal import Decimal

from kpictl.dialects.bigquery_numbers import UNDECLARED, as_int64, shortest
from kpictl.dialects.dialect import Refusal
from kpictl.dialects.printer import Printer
from kpictl.dialects.standard import literal_text
from kpictl.dialects.templates import COMPARISON, SUM, Piece
from kpictl.ir import patterns
from kpictl.ir.scalars import Agg, Call, Cast, Col, Lit, Scalar
from kpictl.model.types import TEXT, Kind


def quoted(text: str) -> str:
    """A text constant; raw where it has backslashes and nothing that a raw one cannot hold."""
    plain = not re.search(r"[\x00-\x1f\x7f]", text)
    if "\\" in text and plain and "'" not in text and not text.endswith("\\"):
        return f"r'{text}'"
    out = text.replace("\\", "\\\\").replace("'", "\\'")
    out = out.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return "'" + re.sub(r"[\x00-\x1f\x7f]", lambda m: f"\\x{ord(m[0]):02x}", out) + "'"


def as_text(printer: Printer, scalar: Scalar) -> Piece:
    """The value as text."""
    if scalar.type.kind in (Kind.TEXT, Kind.NULL, Kind.UNKNOWN):
        return printer.scalar(scalar)
    return printer.scalar(Cast(scalar, TEXT))


# -- joining and cutting
def concat(printer: Printer, call: Call | Agg) -> Piece:
    def part(x: Scalar) -> str:
        text = as_text(printer, x).text
        return text if isinstance(x, Lit) and x.value is not None else f"IFNULL({text}, '')"

    return Piece(f"CONCAT({', '.join(part(a) for a in call.args)})")


def concat_ws(printer: Printer, call: Call | Agg) -> Piece:
    separator, *rest = call.args
    return Piece(f"ARRAY_TO_STRING([{', '.join(as_text(printer, a).text for a in rest)}], {printer.text(separator)})")


def initcap(printer: Printer, call: Call | Agg) -> Piece:
    """INITCAP begins a word after its delimiters: here whatever of the text is neither letter nor digit."""
    x = printer.text(call.args[0])
    return Piece(rf"INITCAP({x}, REGEXP_REPLACE({x}, r'[\p{{L}}\p{{N}}]+', ''))")


def substring(printer: Printer, call: Call | Agg) -> Piece:
    """SUBSTR counts a negative position from the end; in the contract it uses up length."""
    x, start, *length = call.args
    text = printer.text(x)
    if isinstance(start, Lit) and isinstance(start.value, int):
        first = max(start.value, 1)
        if not length:
            return Piece(f"SUBSTR({text}, {first})")
        if isinstance(length[0], Lit) and isinstance(length[0].value, int):
            return Piece(f"SUBSTR({text}, {first}, {max(length[0].value - (first - start.value), 0)})")
        count = as_int64(printer, length[0])
        used = first - start.value
        return Piece(f"SUBSTR({text}, {first}, {f'GREATEST({count.within(SUM)} - {used}, 0)' if used else count.text})")
    from_ = as_int64(printer, start)
    if not length:
        return Piece(f"SUBSTR({text}, GREATEST({from_.text}, 1))")
    used_up = f"GREATEST(1 - {from_.within(SUM + 1)}, 0)"
    count = as_int64(printer, length[0])
    return Piece(f"SUBSTR({text}, GREATEST({from_.text}, 1), GREATEST({count.within(SUM)} - {used_up}, 0))")


def side(function: str) -> Callable[[Printer, Call | Agg], Piece]:
    """LEFT and RIGHT, which raise for a negative length; the contract drops as many from the other side."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x, n = printer.text(call.args[0]), call.args[1]
        if isinstance(n, Lit) and isinstance(n.value, int):
            if n.value >= 0:
                return Piece(f"{function}({x}, {n.value})")
            return Piece(f"{function}({x}, GREATEST(LENGTH({x}) - {-n.value}, 0))")
        count = as_int64(printer, n)
        return Piece(
            f"{function}({x}, CASE WHEN {count.within(SUM)} < 0 THEN GREATEST(LENGTH({x}) + {count.within(SUM)}, 0)"
            f" ELSE {count.text} END)"
        )

    return rendering


def trimmed(function: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x, *characters = (printer.text(a) for a in call.args)
        return Piece(f"{function}({x}, {characters[0] if characters else _BLANK})")

    return rendering


_BLANK = "' '"


def padded(function: str) -> Callable[[Printer, Call | Agg], Piece]:
    """LPAD and RPAD, which raise for a negative length and an empty fill."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x, n, *fill = call.args
        if fill and isinstance(fill[0], Lit) and fill[0].value == "":
            return Piece(f"SUBSTR({printer.text(x)}, 1, {_count(printer, n)})")
        rest = f", {printer.text(fill[0])}" if fill else ""
        return Piece(f"{function}({printer.text(x)}, {_count(printer, n)}{rest})")

    return rendering


def _count(printer: Printer, n: Scalar) -> str:
    if isinstance(n, Lit) and isinstance(n.value, int):
        return str(max(n.value, 0))
    return f"GREATEST({as_int64(printer, n).text}, 0)"


def repeat(printer: Printer, call: Call | Agg) -> Piece:
    return Piece(f"REPEAT({printer.text(call.args[0])}, {_count(printer, call.args[1])})")


def split_part(printer: Printer, call: Call | Agg) -> Piece:
    x, separator, n = call.args
    if not isinstance(n, Lit) or not isinstance(n.value, int) or n.value == 0:
        return printer.refuse_function(call, Refusal("the number of the field must be a constant other than 0"))
    if not isinstance(separator, Lit) or not separator.value:
        return printer.refuse_function(call, Refusal("the separator must be a constant text"))
    text = printer.text(x)
    fields = f"SPLIT({text}, {printer.text(separator)})"
    if n.value < 0:
        fields = f"ARRAY_REVERSE({fields})"
    return Piece(f"IFNULL({fields}[SAFE_ORDINAL({abs(n.value)})], IF({text} IS NULL, NULL, ''))")


# -- matching
def like(printer: Printer, call: Call | Agg) -> Piece:
    return _like(printer, call, fold=False)


def ilike(printer: Printer, call: Call | Agg) -> Piece:
    return _like(printer, call, fold=True)


def _like(printer: Printer, call: Call | Agg, *, fold: bool) -> Piece:
    x, pattern, escape = call.args
    mark = literal_text(escape)
    left = f"LOWER({printer.text(x)})" if fold else printer.scalar(x).within(SUM)
    if isinstance(pattern, Lit) and isinstance(pattern.value, str):
        found = _backslashed(pattern.value, mark)
        if found is None:
            return printer.refuse_function(call, Refusal("the pattern ends with its escape", "write it twice"))
        right = quoted(found.lower() if fold else found)
    elif mark == "\\":
        right = f"LOWER({printer.text(pattern)})" if fold else printer.scalar(pattern).within(SUM)
    elif not mark:
        text = f"REPLACE({printer.text(pattern)}, '\\\\', '\\\\\\\\')"
        right = f"LOWER({text})" if fold else text
    else:
        why = Refusal("ESCAPE needs a constant pattern", "use a backslash as escape")
        return printer.refuse_function(call, why)
    return Piece(f"{left} LIKE {right}", COMPARISON)


def _backslashed(pattern: str, escape: str) -> str | None:
    """A LIKE pattern whose escape is the backslash."""
    out, at = "", 0
    while at < len(pattern):
        character = pattern[at]
        if escape and character == escape:
            at += 1
            if at == len(pattern):
                return None
            out += "\\" + pattern[at] if pattern[at] in "%_\\" else pattern[at]
        else:
            out += "\\\\" if character == "\\" else character
        at += 1
    return out


def regexp(printer: Printer, call: Call | Agg, *, whole: bool) -> str | None:
    """The pattern in RE2's language; None, and refused, where RE2 has none that answers the same."""
    place = getattr(call.args[1], "place", None) or call.place
    try:
        return patterns.translated(literal_text(call.args[1]), "re2", whole=whole)
    except patterns.PatternError as error:
        printer.refuse(place, "this regular expression", Refusal(str(error), "write a simpler pattern, or LIKE"))
        return None


def _flags(call: Call | Agg, at: int) -> str:
    return literal_text(call.args[at]) if len(call.args) > at else ""


def regexp_like(printer: Printer, call: Call | Agg) -> Piece:
    pattern = regexp(printer, call, whole=False)
    if pattern is None:
        return Piece("?")
    folded = "(?i)" if "i" in _flags(call, 2) else ""
    return Piece(f"REGEXP_CONTAINS({printer.text(call.args[0])}, {quoted(folded + pattern)})")


def regexp_extract(printer: Printer, call: Call | Agg) -> Piece:
    """REGEXP_EXTRACT takes one group at most; of several the first counts. A group that took no part is empty there."""
    pattern = regexp(printer, call, whole=True)
    if pattern is None:
        return Piece("?")
    if patterns.groups(literal_text(call.args[1])) > 1:
        pattern = _first_group(pattern)
    return Piece(f"REGEXP_EXTRACT({printer.text(call.args[0])}, {quoted(pattern)})")


def _first_group(pattern: str) -> str:
    seen, out, at, within = 0, "", 0, False
    while at < len(pattern):
        if pattern[at] == "\\":
            out += pattern[at : at + 2]
            at += 2
            continue
        within = (pattern[at] == "[" and not within) or (within and pattern[at] != "]")
        out += pattern[at]
        if pattern[at] == "(" and not within and pattern[at + 1 : at + 2] != "?":
            seen += 1
            out += "?:" if seen > 1 else ""
        at += 1
    return out


def regexp_replace(printer: Printer, call: Call | Agg) -> Piece:
    """REGEXP_REPLACE replaces every match; for the first alone the text before it is matched, too."""
    pattern, flags = regexp(printer, call, whole=True), _flags(call, 3)
    if pattern is None:
        return Piece("?")
    to = literal_text(call.args[2]).replace("\\&", "\\0")
    folded = "i" if "i" in flags else ""
    if "g" not in flags:
        pattern = rf"(?s)\A(.*?)((?{folded}-s:{pattern}))" if folded else rf"(?s)\A(.*?)((?-s:{pattern}))"
        to = "\\1" + re.sub(r"\\(\d)", lambda m: f"\\{int(m[1]) + 2}", to)
    elif folded:
        pattern = f"(?i){pattern}"
    return Piece(f"REGEXP_REPLACE({printer.text(call.args[0])}, {quoted(pattern)}, {quoted(to)})")


_NUMBER = re.compile(r"(FM)?([90,]+(?:\.(9+|0+))?)")


def format_number(printer: Printer, call: Call | Agg) -> Piece:
    found = _NUMBER.fullmatch(literal_text(call.args[1]))
    if found is None:
        why = "of number templates only digits, `,`, `.` and `FM` are known to be said alike"
        return printer.refuse_function(call, Refusal(why, "use `FM999,990.00`, or leave it to `format:`"))
    fills, digits, decimals = found.groups()
    exact = shortest(printer, call.args[0]).text
    if fills and decimals and "0" in decimals:
        # FM of CAST .. FORMAT drops zeros at the end, too (format elements for numbers); PostgreSQL's keeps them.
        return Piece(f"LTRIM(CAST({exact} AS STRING FORMAT '{digits}'), ' ')")
    return Piece(f"CAST({exact} AS STRING FORMAT '{fills or ''}{digits}')")


# -- JSON
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def json_path(steps: Iterable[Scalar]) -> str | None:
    """A JSONPath; None where a step is no constant, counts from the end, or is a key that no path can hold."""
    path = "$"
    for step in steps:
        word = _step(step)
        if word is None:
            return None
        path += word
    return path


def _step(step: Scalar) -> str | None:
    if not isinstance(step, Lit) or step.value is None:
        return None
    if isinstance(step.value, int):
        return f"[{step.value}]" if step.value >= 0 else None
    key = str(step.value)
    if _PLAIN_KEY.fullmatch(key):
        return f".{key}"
    return None if '"' in key or "\\" in key else f'."{key}"'


def json_at(printer: Printer, call: Call | Agg) -> tuple[str, str] | None:
    """A JSON expression and the path that is left to take in it; None (refused) where a step is no constant."""
    x, path = printer.text(call.args[0]), "$"
    for step in call.args[1:]:
        if not isinstance(step, Lit) or step.value is None:
            printer.refuse_function(call, Refusal("the path into JSON must be constant"))
            return None
        word = _step(step)
        if word is not None:
            path += word
        elif isinstance(step.value, int):
            x, path = f"ARRAY_REVERSE(JSON_QUERY_ARRAY({x}, {quoted(path)}))[SAFE_ORDINAL({-step.value})]", "$"
        else:
            inner = x if path == "$" else f"JSON_QUERY({x}, {quoted(path)})"
            x, path = f"{inner}[{quoted(str(step.value))}]", "$"
    return x, path


def json_get(printer: Printer, call: Call | Agg) -> Piece:
    found = json_at(printer, call)
    if found is None:
        return Piece("?")
    x, path = found
    return Piece(x) if path == "$" else Piece(f"JSON_QUERY({x}, {quoted(path)})")


# An object or array as text, with a blank behind each `:` and `,` that stands outside of its strings.
_SPACED = r"""r'((?:"(?:[^"\\]|\\.)*"|[^",:])*)([,:]|$)', r'\1\2 '"""


def json_text(printer: Printer, call: Call | Agg) -> Piece:
    """JSON_VALUE is NULL for objects and arrays; the contract gives their text."""
    found = json_at(printer, call)
    if found is None:
        return Piece("?")
    x, path = found
    nested = f"NULLIF(TO_JSON_STRING(JSON_QUERY({x}, {quoted(path)})), 'null')"
    return Piece(f"COALESCE(JSON_VALUE({x}, {quoted(path)}), RTRIM(REGEXP_REPLACE({nested}, {_SPACED}), ' '))")


def json_has(printer: Printer, call: Call | Agg) -> Piece:
    x, key = call.args
    found = json_at(printer, Call("json_has", (x, key), place=call.place))
    if found is None:
        return Piece("?")
    text = printer.text(x)
    at = found[0] if found[1] == "$" else f"JSON_QUERY({found[0]}, {quoted(found[1])})"
    listed = f"{printer.text(key)} IN UNNEST(JSON_VALUE_ARRAY({text}))"
    return Piece(f"CASE WHEN {text} IS NOT NULL THEN {at} IS NOT NULL OR {listed} END")


def json_contains(printer: Printer, call: Call | Agg) -> Piece:
    part = json.loads(literal_text(call.args[1]))
    x = printer.text(call.args[0])
    tests = _contained(x, "$", part, 1) if isinstance(part, dict | list) else None
    if tests is None:
        return printer.refuse_function(call, Refusal("only objects and arrays with plain keys can be looked for"))
    return Piece(f"CASE WHEN {x} IS NOT NULL THEN COALESCE({' AND '.join(tests)}, FALSE) END")


def _contained(x: str, path: str, part: object, depth: int) -> list[str] | None:
    """Conditions under which the value at a path holds a part."""
    at = f"{x}, {quoted(path)}"
    kind = f"JSON_TYPE(JSON_QUERY({at}))"
    match part:
        case dict():
            tests = [f"{kind} = 'object'"] if not part or path == "$" else []
            for key, value in part.items():
                below = json_path([Lit(str(key))])
                found = None if below is None else _contained(x, path + below[1:], value, depth)
                if found is None:
                    return None
                tests += found
            return tests
        case list():
            tests = [f"{kind} = 'array'"]
            for value in part:
                element = f"e{depth}"
                found = _contained(element, "$", value, depth + 1)
                if found is None:
                    return None
                elements = f"UNNEST(JSON_QUERY_ARRAY({at})) AS {element}"
                tests.append(f"EXISTS (SELECT 1 FROM {elements} WHERE {' AND '.join(found)})")
            return tests
        case None:
            return [f"{kind} = 'null'"]
        case bool():
            return [f"TO_JSON_STRING(JSON_QUERY({at})) = '{json.dumps(part)}'"]
        case str():
            return [f"{kind} = 'string'", f"JSON_VALUE({at}) = {quoted(part)}"]
        case int() | float():
            number = f"SAFE_CAST(JSON_VALUE({at}) AS BIGNUMERIC) = CAST('{part}' AS BIGNUMERIC)"
            return [f"{kind} = 'number'", number]
    return None


def json_object(printer: Printer, call: Call | Agg) -> Piece:
    keys, values = call.args[::2], call.args[1::2]
    if not all(isinstance(k, Lit) and k.value for k in keys):
        return printer.refuse_function(call, Refusal("the keys must be constant"))
    if len({literal_text(k).lower() for k in keys}) < len(keys):
        return printer.refuse_function(call, Refusal("names of fields differ in more than case"))
    fields = (f"{printer.text(v)} AS {printer.name(literal_text(k))}" for k, v in zip(keys, values, strict=True))
    return Piece(f"TO_JSON(STRUCT({', '.join(fields)}))")


def json_array_length(printer: Printer, call: Call | Agg) -> Piece:
    x = printer.text(call.args[0])
    return Piece(
        f"CASE JSON_TYPE({x}) WHEN 'array' THEN ARRAY_LENGTH(JSON_QUERY_ARRAY({x}))"
        f" ELSE IF({x} IS NULL, NULL, ERROR('no JSON array')) END"
    )


# -- arrays
def split(printer: Printer, call: Call | Agg) -> Piece:
    x, separator = call.args
    if not isinstance(separator, Lit) or not separator.value:
        return printer.refuse_function(call, Refusal("the separator must be a constant text"))
    text = printer.scalar(x)
    empty = "CAST([] AS ARRAY<STRING>)"
    return Piece(
        f"CASE WHEN {text.within(SUM)} = '' THEN {empty} ELSE SPLIT({text.text}, {quoted(literal_text(separator))}) END"
    )


def array_contains(printer: Printer, call: Call | Agg) -> Piece:
    xs, x = (printer.scalar(a) for a in call.args)
    return Piece(f"CASE WHEN {xs.within(SUM)} IS NOT NULL THEN {x.within(SUM)} IN UNNEST({xs.text}) END")


def decimal_text(printer: Printer, scalar: Scalar) -> Piece | None:
    """A decimal with all the digits of its scale; None where its values may have scales of their own."""
    scale = _scale(scalar)
    return None if scale is None else Piece(f"FORMAT('%.{scale}f', {printer.text(scalar)})")


def _scale(scalar: Scalar) -> int | None:
    match scalar:
        case Col(type=kind):
            return kind.scale if kind.precision is not None and kind != UNDECLARED else None
        case Lit(value=Decimal() as value):
            return max(-int(value.as_tuple().exponent), 0)
        case Lit(value=int() | None):
            return 0
        case Cast(type=kind):
            return kind.scale if kind.precision is not None else None
        case Agg(fn="sum" | "min" | "max", args=(x,)) | Call(fn="neg" | "abs", args=(x,)):
            return _scale(x)
        case Call(fn="round" | "trunc", args=(_, Lit(value=int() as digits))):
            return max(digits, 0)
        case Call(fn="add" | "sub" | "mul" as fn, args=args):
            scales = [0 if a.type.kind is Kind.INTEGER else _scale(a) for a in args]
            known = [s for s in scales if s is not None]
            return None if len(known) < len(scales) else sum(known) if fn == "mul" else max(known)
    return None
