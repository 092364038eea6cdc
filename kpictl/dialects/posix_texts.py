"""Regular expressions on engines whose patterns are POSIX extended ones: only what all of them read alike."""

from __future__ import annotations

from kpictl.dialects.dialect import Refusal, Rendering
from kpictl.dialects.printer import Printer
from kpictl.dialects.standard import literal_text
from kpictl.dialects.templates import COMPARISON, SUM, Piece
from kpictl.ir.patterns import PatternError
from kpictl.ir.posix import Extended, extended
from kpictl.ir.scalars import Agg, Call, Lit


def _pattern(printer: Printer, call: Call | Agg, *, whole: bool) -> Extended | None:
    """None, and refused, where no pattern answers the same."""
    place = getattr(call.args[1], "place", None) or call.place
    try:
        return extended(literal_text(call.args[1]), whole=whole)
    except PatternError as error:
        printer.refuse(place, "this regular expression", Refusal(str(error), "write a simpler pattern, or LIKE"))
        return None


def _flags(call: Call | Agg, at: int) -> str:
    return literal_text(call.args[at]) if len(call.args) > at else ""


def _folds(printer: Printer, call: Call | Agg, at: int) -> bool | None:
    """Whether case counts not; None, and refused, where letters beyond ASCII would have to be folded."""
    if "i" not in _flags(call, at):
        return False
    if not literal_text(call.args[1]).isascii():
        printer.refuse_function(call, Refusal("which letters it takes for one is not documented", "use lower(x)"))
        return None
    return True


# -- Snowflake: sql-reference/functions-regexp. REGEXP_LIKE "implicitly anchors a pattern at both ends"; parameter `s`: "POSIX
# wildcard character . matches \n".


def _snowflake_like(printer: Printer, call: Call | Agg) -> Piece:
    found, folds = _pattern(printer, call, whole=False), _folds(printer, call, 2)
    if found is None or folds is None:
        return Piece("?")
    return Piece(
        f"REGEXP_LIKE({printer.text(call.args[0])}, {_text(printer, found.inside)}, '{'is' if folds else 'cs'}')"
    )


def _snowflake_extract(printer: Printer, call: Call | Agg) -> Piece:
    found = _pattern(printer, call, whole=True)
    if found is None:
        return Piece("?")
    group = "'cse', 1" if found.groups else "'cs'"
    return Piece(f"REGEXP_SUBSTR({printer.text(call.args[0])}, {_text(printer, found.anchored)}, 1, 1, {group})")


def _snowflake_replace(printer: Printer, call: Call | Agg) -> Piece:
    """Occurrence 0 is all of them. A group is `\\1` in the replacement, as in the contract."""
    found, folds = _pattern(printer, call, whole=True), _folds(printer, call, 3)
    if found is None or folds is None:
        return Piece("?")
    to = literal_text(call.args[2])
    if "\\&" in to or "\\0" in to or "\\\\" in to:
        return printer.refuse_function(call, Refusal("the replacement knows groups only", "put the pattern in a group"))
    which = 0 if "g" in _flags(call, 3) else 1
    x = printer.text(call.args[0])
    text, flags = _text(printer, found.anchored), "is" if folds else "cs"
    return Piece(f"REGEXP_REPLACE({x}, {text}, {_text(printer, to)}, 1, {which}, '{flags}')")


SNOWFLAKE: dict[str, Rendering] = {
    "regexp_like": _snowflake_like,
    "regexp_extract": _snowflake_extract,
    "regexp_replace": _snowflake_replace,
}


# -- Redshift: pattern-matching-conditions-posix.html (`.` "matches any single character"), REGEXP_INSTR.html, REGEXP_SUBSTR.html
# ("if the function can't match the regular expression to any characters in the string, it returns an empty string"),
# REGEXP_REPLACE.html (every occurrence).


def _redshift_like(printer: Printer, call: Call | Agg) -> Piece:
    folds = _folds(printer, call, 2)
    found = _pattern(printer, call, whole=bool(folds))
    if found is None or folds is None:
        return Piece("?")
    x = printer.scalar(call.args[0])
    if folds:
        return Piece(f"REGEXP_INSTR({x.text}, {_text(printer, found.anchored)}, 1, 1, 0, 'i') > 0", COMPARISON)
    return Piece(f"{x.within(SUM)} ~ {_text(printer, found.anchored)}", COMPARISON)


def _redshift_extract(printer: Printer, call: Call | Agg) -> Piece:
    found = _pattern(printer, call, whole=True)
    if found is None:
        return Piece("?")
    x, text = printer.scalar(call.args[0]), _text(printer, found.anchored)
    group = ", 1, 1, 'e'" if found.groups else ""
    return Piece(f"CASE WHEN {x.within(SUM)} ~ {text} THEN REGEXP_SUBSTR({x.text}, {text}{group}) END")


def _redshift_replace(printer: Printer, call: Call | Agg) -> Piece:
    found, flags = _pattern(printer, call, whole=True), _flags(call, 3)
    if found is None:
        return Piece("?")
    to = literal_text(call.args[2])
    if "g" not in flags or "i" in flags:
        why = Refusal("it replaces every occurrence, by case", "say `g` alone, or use REPLACE")
        return printer.refuse_function(call, why)
    if "\\" in to or "$" in to:
        return printer.refuse_function(call, Refusal("its replacement is a plain text", "take parts with SUBSTRING"))
    return Piece(
        f"REGEXP_REPLACE({printer.text(call.args[0])}, {_text(printer, found.anchored)}, {_text(printer, to)})"
    )


REDSHIFT: dict[str, Rendering] = {
    "regexp_like": _redshift_like,
    "regexp_extract": _redshift_extract,
    "regexp_replace": _redshift_replace,
}


def _text(printer: Printer, text: str) -> str:
    return printer.text(Lit(text))
