"""DuckDB: JSON and arrays."""

from __future__ import annotations

import json
from collections.abc import Callable

from kpictl.dialects import duckdb_literals as literals
from kpictl.dialects.dialect import Refusal
from kpictl.dialects.printer import Printer
from kpictl.dialects.standard import literal_text
from kpictl.dialects.templates import AND, COMPARISON, SUM, Piece
from kpictl.ir.scalars import Agg, Call, Lit, Scalar


def element(printer: Printer, call: Call | Agg) -> Piece:
    xs, n = (printer.scalar(a) for a in call.args)
    at = call.args[1]
    if isinstance(at, Lit) and isinstance(at.value, int) and at.value > 0:
        return Piece(f"list_extract({xs.text}, {n.text})")
    return Piece(f"CASE WHEN {n.within(SUM)} > 0 THEN list_extract({xs.text}, {n.text}) END")


def _json_path(args: tuple[Scalar, ...]) -> str | None:
    path = "$"
    for step in args:
        if not isinstance(step, Lit):
            return None
        if isinstance(step.value, int):
            path += f"[{step.value}]" if step.value >= 0 else f"[#{step.value}]"
        else:
            path += "." + json.dumps(str(step.value), ensure_ascii=False)
    return path


def json_at(function: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        path = _json_path(call.args[1:])
        if path is None:
            return printer.refuse_function(call, Refusal("the path into JSON must be constant"))
        return Piece(f"{function}({printer.text(call.args[0])}, {literals.literal(printer, Lit(path)).text})")

    return rendering


def json_contains(printer: Printer, call: Call | Agg) -> Piece:
    part = json.loads(literal_text(call.args[1]))
    if not isinstance(part, dict) or not all(isinstance(v, str | int | bool) for v in part.values()):
        return printer.refuse_function(call, Refusal("only an object of plain values can be looked for"))
    x = printer.text(call.args[0])
    tests = []
    for key, value in part.items():
        path = literals.literal(printer, Lit("$." + json.dumps(key, ensure_ascii=False))).text
        wanted = literals.literal(printer, Lit(json.dumps(value, ensure_ascii=False))).text
        test = f"json_extract({x}, {path}) = CAST({wanted} AS JSON)"
        if isinstance(value, int) and not isinstance(value, bool):
            # As JSON 1 and 1.0 differ.
            kinds = "('BIGINT', 'UBIGINT', 'DOUBLE')"
            number = f"TRY_CAST(json_extract_string({x}, {path}) AS DOUBLE)"
            test = f"(json_type({x}, {path}) IN {kinds} AND {number} = {value})"
        tests.append(f"coalesce({test}, {x} IS NULL AND NULL)")
    return Piece(" AND ".join(tests), AND) if tests else Piece(f"json_type({x}) = 'OBJECT'", COMPARISON)


def json_object(printer: Printer, call: Call | Agg) -> Piece:
    pairs = ", ".join(printer.text(a) for a in call.args)
    return Piece(f"json_object({pairs})")


def array_contains(printer: Printer, call: Call | Agg) -> Piece:
    xs, x = (printer.text(a) for a in call.args)
    return Piece(
        f"CASE WHEN {xs} IS NULL THEN NULL WHEN list_contains({xs}, {x}) THEN TRUE"
        f" WHEN len({xs}) > 0 AND ({x} IS NULL OR len({xs}) > len(list_filter({xs}, lambda e: e IS NOT NULL)))"
        " THEN NULL"
        " ELSE FALSE END"
    )
