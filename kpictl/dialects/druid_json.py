"""How Druid reads and builds JSON.

A value is read by a constant JSONPath: as text by JSON_VALUE, which says 1 and 0 of truth values and nothing of objects.
Source: Druid 33 manual, "SQL JSON functions"; answers of Druid 33 itself.
"""

from __future__ import annotations

import json
import re

from kpictl.dialects.dialect import Refusal
from kpictl.dialects.druid_casts import as_text
from kpictl.dialects.druid_literals import text_literal
from kpictl.dialects.operators import negation as standard_negation
from kpictl.dialects.printer import Printer
from kpictl.dialects.standard import literal_text
from kpictl.dialects.templates import COMPARISON, NOT, SUM, Piece
from kpictl.ir.scalars import Agg, Call, Lit, Scalar
from kpictl.model.types import DATE, TEXT, Kind
from kpictl.sql.walk import is_constant


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
