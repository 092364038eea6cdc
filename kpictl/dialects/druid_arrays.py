"""How Druid says arrays, which its tables keep as multi-value text or as ARRAY.

Source: Druid 33 manual, "Array SQL functions"; answers of Druid 33 itself.
"""

from __future__ import annotations

from kpictl.dialects.dialect import Refusal
from kpictl.dialects.printer import Printer
from kpictl.dialects.templates import COMPARISON, SUM, Piece
from kpictl.ir.scalars import Agg, Call, Lit
from kpictl.model.types import Kind, Type


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
