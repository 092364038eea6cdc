"""DuckDB: texts, LIKE and regular expressions."""

from __future__ import annotations

from collections.abc import Callable

from kpictl.dialects.dialect import Refusal
from kpictl.dialects.printer import Printer
from kpictl.dialects.standard import literal_text
from kpictl.dialects.templates import COMPARISON, SUM, Piece
from kpictl.ir import patterns
from kpictl.ir.scalars import Agg, Call, Lit, Scalar
from kpictl.model.types import TEXT


def substring(printer: Printer, call: Call | Agg) -> Piece:
    x, start, *length = call.args
    if isinstance(start, Lit) and isinstance(start.value, int) and start.value > 0:
        rest = f", {_count(printer.text(length[0]), length[0])}" if length else ""
        return Piece(f"substring({printer.text(x)}, {start.value}{rest})")
    from_ = printer.scalar(start)
    # `greatest` skips NULL, so the arguments that may be NULL are asked before.
    given = [f"{printer.scalar(n).within(SUM)} IS NOT NULL" for n in (start, *length) if not isinstance(n, Lit)]
    at = f"CAST(greatest({from_.text}, 1) AS BIGINT)"
    text = f"substring({printer.text(x)}, {at})"
    if length:
        used = f"greatest({printer.scalar(length[0]).within(SUM)} - greatest(1 - {from_.within(SUM + 1)}, 0), 0)"
        text = f"substring({printer.text(x)}, {at}, CAST({used} AS BIGINT))"
    if any(isinstance(n, Lit) and n.value is None for n in (start, *length)):
        return Piece("CAST(NULL AS VARCHAR)")
    return Piece(f"CASE WHEN {' AND '.join(given)} THEN {text} END" if given else text)


def _count(text: str, x: Scalar) -> str:
    """A computed number may be wider than the functions of texts take."""
    return text if isinstance(x, Lit) else f"CAST({text} AS BIGINT)"


def split_part(printer: Printer, call: Call | Agg) -> Piece:
    """DuckDB splits by an empty separator into characters, and counts a field 0."""
    x, separator, n = (printer.scalar(a) for a in call.args)
    _, by, at = call.args
    text = f"split_part({x.text}, {separator.text}, {_count(n.text, at)})"
    whens = []
    if not (isinstance(at, Lit) and at.value):
        whens.append(f"WHEN {n.within(SUM)} = 0 THEN CAST(error('fields count from 1') AS VARCHAR)")
    if not (isinstance(by, Lit) and by.value):
        whole = f"CASE WHEN abs({n.text}) = 1 THEN {x.text} WHEN {x.within(SUM)} IS NOT NULL THEN '' END"
        whens.append(f"WHEN {separator.within(SUM)} = '' THEN {whole}")
    return Piece(f"CASE {' '.join(whens)} ELSE {text} END" if whens else text)


def padded(name: str) -> Callable[[Printer, Call | Agg], Piece]:
    """The fill is no option in DuckDB."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x, n, *fill = (printer.text(a) for a in call.args)
        return Piece(f"{name}({x}, CAST({n} AS INTEGER), {fill[0] if fill else _BLANK})")

    return rendering


_BLANK = "' '"


def matches(word: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x, pattern, escape = call.args
        text = f"{printer.scalar(x).within(SUM)} {word} {printer.scalar(pattern).within(SUM)}"
        mark = literal_text(escape)
        return Piece(f"{text} ESCAPE {printer.text(escape)}" if mark else text, COMPARISON)

    return rendering


def _pattern(printer: Printer, call: Call | Agg, *, whole: bool) -> Lit | None:
    """The pattern for RE2; None (refused) where RE2 has none that answers the same."""
    place = getattr(call.args[1], "place", None) or call.place
    try:
        return Lit(patterns.translated(literal_text(call.args[1]), "re2", whole=whole), TEXT)
    except patterns.PatternError as error:
        printer.refuse(place, "this regular expression", Refusal(str(error), "write a simpler pattern, or LIKE"))
        return None


def regexp_like(printer: Printer, call: Call | Agg) -> Piece:
    pattern = _pattern(printer, call, whole=False)
    if pattern is None:
        return Piece("?")
    rest = "".join(f", {printer.text(a)}" for a in call.args[2:])
    return Piece(f"regexp_matches({printer.text(call.args[0])}, {printer.text(pattern)}{rest})")


def regexp_extract(printer: Printer, call: Call | Agg) -> Piece:
    found = _pattern(printer, call, whole=True)
    if found is None:
        return Piece("?")
    x, pattern = printer.text(call.args[0]), printer.text(found)
    group = min(patterns.groups(literal_text(call.args[1])), 1)
    return Piece(f"CASE WHEN regexp_matches({x}, {pattern}) THEN regexp_extract({x}, {pattern}, {group}) END")


def regexp_replace(printer: Printer, call: Call | Agg) -> Piece:
    pattern = _pattern(printer, call, whole=True)
    if pattern is None:
        return Piece("?")
    to = Lit(literal_text(call.args[2]).replace("\\&", "\\0"), TEXT)
    rest = "".join(f", {printer.text(a)}" for a in call.args[3:])
    return Piece(f"regexp_replace({printer.text(call.args[0])}, {printer.text(pattern)}, {printer.text(to)}{rest})")
