r"""What Druid orders and compares by, where its own order is not the contract's.

Truth values have none. Texts are compared by UTF-16 units, in which a character beyond U+FFFF is a pair from U+D800 to U+DFFF,
and so less than one from U+E000 to U+FFFF. Where texts may hold both, these get U+D7FF in front, which is less than any such
pair, and so does U+D7FF itself: units then are in the order of code points, equal texts stay equal and others stay different.

Rows that come out of a window, of a sub-query with a limit or of VALUES are put in order by another comparison: of bytes of
UTF-8 with a sign, in which every character beyond ASCII is less than any of ASCII. There each of them gets U+007F in front; of
texts that hold U+007F itself, a control character, one may come out before another that it should follow.
Source: Druid 33 manual, "Sorting orders", lexicographic; answers of Druid 33 itself; java.util.regex.Pattern, `\x{h..h}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from kpictl.dialects.dialect import Refusal
from kpictl.dialects.druid_literals import text_literal
from kpictl.dialects.druid_times import millis
from kpictl.dialects.printer import Printer
from kpictl.dialects.templates import SUM, Piece
from kpictl.ir.query import CteRef, Derived, Output, Query, Relation, Select, Series, TableRef, Values
from kpictl.ir.scalars import Agg, Call, Case, Cast, Col, Lit, Over, Scalar
from kpictl.model.types import Kind, Type
from kpictl.passes.targets.druid_shapes import is_grouped
from kpictl.sql.walk import find, has_window, holds

_MARK = "\ud7ff"
_ABOVE = "([\\x{D7FF}\\x{E000}-\\x{FFFF}])"
_MARKED = "\\x{D7FF}" + _ABOVE
_ABOVE_HERE = re.compile("([\ud7ff\ue000-\uffff])")
_BEYOND_ASCII = "([^\\x{0}-\\x{7F}])"
_ASCII = "\x80"
_FROM_TEXTS = ("coalesce", "nullif", "concat", "concat_op", "concat_ws", "format_time", "format_number")
"""Functions that add no character to those of their arguments but digits, signs and English names."""


def order_value(piece: Piece, scalar: Scalar, query: Query | None) -> Piece:
    """Truth values as numbers, texts in the order of their code points."""
    if scalar.type.kind is Kind.BOOLEAN:
        return _as_number(piece)
    if scalar.type.kind is not Kind.TEXT:
        return piece
    if query is not None and isinstance(scalar, Col) and scalar.table is None:
        scalar = next((o.value for o in _outputs(query) if o.name == scalar.name), scalar)
    text = piece.text if is_below(scalar) else _ordered(piece.text)
    if query is not None and not _are_groups(query) and not is_below(scalar, _ASCII):
        text = f"REGEXP_REPLACE({text}, {text_literal(_BEYOND_ASCII)}, U&'\\007F$1')"
    return piece if text == piece.text else Piece(text)


def _outputs(query: Query) -> tuple[Output, ...]:
    return query.body.outputs if isinstance(query.body, Select) else ()


def _are_groups(query: Query) -> bool:
    """Whether Druid puts the rows in order as it groups them; those of VALUES it may find to be groups already."""
    body = query.body
    if not isinstance(body, Select) or not is_grouped(body) or any(has_window(o.value) for o in body.outputs):
        return False
    return not any(_is_of_rows(r) for r in (body.source, *(j.relation for j in body.joins)) if r is not None)


def _is_of_rows(relation: Relation) -> bool:
    if isinstance(relation, TableRef):
        return False
    if not isinstance(relation, Derived):
        return True
    limited = (each.limit is not None or each.offset for each in find(relation, Query))
    return holds(relation, (Over, Values, CteRef, Series)) or any(limited)


def given(piece: Piece, type: Type) -> str:
    """What holds of every value though no planner knows it: over rows of VALUES a constant key loses the ones behind it."""
    if type.kind is Kind.TEXT:
        return f"CHAR_LENGTH({piece.text}) >= 0"
    if type.is_temporal:
        return f"TIMESTAMP_TO_MILLIS({piece.text}) > -9000000000000000000"
    return f"ABS({(_as_number(piece) if type.kind is Kind.BOOLEAN else piece).text}) >= 0"


def texts_compared(printer: Printer, a: Scalar, symbol: str, b: Scalar) -> str:
    """A comparison of texts by order; with one of low characters alone, as most constants are, the plain one is the same."""
    if is_below(a) or is_below(b):
        return f"{printer.scalar(a).within(SUM)} {symbol} {printer.scalar(b).within(SUM)}"
    return f"{_key(printer, a)} {symbol} {_key(printer, b)}"


def greatest(name: str) -> Callable[[Printer, Call | Agg], Piece]:
    """Druid's own loses the type of timestamps and overflows its stack over an untyped NULL."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        args = tuple(_typed(a, call.type) for a in call.args)
        if call.type.is_temporal or any(a.type.is_temporal for a in args):
            return Piece(f"MILLIS_TO_TIMESTAMP({name}({', '.join(millis(printer.scalar(a)) for a in args)}))")
        if any(a.type.kind is Kind.BOOLEAN for a in args):
            return printer.refuse_function(call, Refusal("it compares no truth values", "use CASE"))
        if call.type.kind is Kind.TEXT and sum(not is_below(a) for a in args) > 1:
            found = f"{name}({', '.join(_key(printer, a) for a in args)})"
            return Piece(f"REGEXP_REPLACE({found}, {text_literal(_MARKED)}, '$1')")
        return Piece(f"{name}({', '.join(printer.text(a) for a in args)})")

    return rendering


def _typed(scalar: Scalar, type: Type) -> Scalar:
    is_null = isinstance(scalar, Lit) and scalar.value is None
    return Lit(None, type) if is_null and type.kind not in (Kind.NULL, Kind.UNKNOWN) else scalar


def is_below(scalar: Scalar, mark: str = _MARK) -> bool:
    """Whether a text certainly has characters below the mark alone, which any comparison puts before all others."""
    match scalar:
        case Lit(value=str(value)):
            return all(char < mark for char in value)
        case Lit(value=None):
            return True
        case Cast(arg=inner):
            return inner.type.kind is not Kind.JSON and is_below(inner, mark)
        case Case(whens=whens, otherwise=otherwise):
            return all(is_below(value, mark) for _, value in whens) and (otherwise is None or is_below(otherwise, mark))
        case Call(fn=fn, args=args) if fn in _FROM_TEXTS:
            return all(is_below(a, mark) for a in args)
    return scalar.type.is_numeric or scalar.type.is_temporal or scalar.type.kind is Kind.BOOLEAN


def _key(printer: Printer, scalar: Scalar) -> str:
    if isinstance(scalar, Lit) and isinstance(scalar.value, str):
        return text_literal(_ABOVE_HERE.sub(f"{_MARK}\\1", scalar.value))
    return printer.text(scalar) if is_below(scalar) else _ordered(printer.text(scalar))


def _ordered(text: str) -> str:
    return f"REGEXP_REPLACE({text}, {text_literal(_ABOVE)}, U&'\\D7FF$1')"


def _as_number(piece: Piece) -> Piece:
    return Piece(f"CASE WHEN {piece.text} THEN 1 WHEN NOT ({piece.text}) THEN 0 END")
