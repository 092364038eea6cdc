"""PostgreSQL: texts by code point, LIKE, regular expressions, and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable

from kpictl.dialects import postgres_literals as literals
from kpictl.dialects.printer import Printer
from kpictl.dialects.standard import literal_text
from kpictl.dialects.templates import ATOM, COMPARISON, SUM, Piece
from kpictl.ir.scalars import Agg, Call, Lit, Scalar
from kpictl.model.types import Kind


def collated(printer: Printer, scalar: Scalar) -> str:
    piece = printer.scalar(scalar)
    return f'{piece.within(ATOM)} COLLATE "C"' if scalar.type.kind is Kind.TEXT else piece.within(SUM)


def ordering(symbol: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        a, b = call.args
        return Piece(f"{collated(printer, a)} {symbol} {printer.scalar(b).within(SUM)}", COMPARISON)

    return rendering


def matches(word: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x, pattern, escape = call.args
        text = f"{printer.scalar(x).within(SUM)} {word} {printer.scalar(pattern).within(SUM)}"
        mark = literal_text(escape)
        # Backslash is the escape of PostgreSQL anyway; without one it must be switched off.
        return Piece(text if mark == "\\" else f"{text} ESCAPE {literals.quoted(mark)}", COMPARISON)

    return rendering


def regexp_like(printer: Printer, call: Call | Agg) -> Piece:
    x, pattern, *flags = call.args
    symbol = "~*" if flags and "i" in literal_text(flags[0]) else "~"
    return Piece(f"{printer.scalar(x).within(SUM)} {symbol} {printer.scalar(pattern).within(SUM)}", COMPARISON)


def json_path(function: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        steps = [
            literals.quoted(str(step.value)) if isinstance(step, Lit) else f"CAST({printer.text(step)} AS text)"
            for step in call.args[1:]
        ]
        if not steps:
            x = printer.scalar(call.args[0])
            return Piece(f"{x.within(SUM)} #>> '{{}}'", SUM) if function.endswith("_text") else x
        return Piece(f"{function}({', '.join([printer.text(call.args[0]), *steps])})")

    return rendering


def json_contains(printer: Printer, call: Call | Agg) -> Piece:
    part = json.dumps(json.loads(literal_text(call.args[1])), ensure_ascii=False)
    return Piece(f"{printer.scalar(call.args[0]).within(SUM)} @> CAST({literals.quoted(part)} AS jsonb)", COMPARISON)
