"""Texts of Synapse: compared by the database's collation, which disregards case, and without their trailing blanks.

So every text that is read, and every one that stands for itself, has the collation by code point behind it; a comparison with
a text that has it goes by it. Blanks are kept apart by `exact_text`. What is joined is NVARCHAR(MAX) first, since a longer text
would be cut at 4000 characters. Pages: learn.microsoft.com/sql/t-sql/functions/ and /sql/t-sql/language-elements/.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kpictl.dialects.dialect import Refusal, Rendering
from kpictl.dialects.marks import NEWLINE_MARK, OVER_MARK
from kpictl.dialects.operators import comparison, listed
from kpictl.dialects.printer import Printer
from kpictl.dialects.standard import literal_text
from kpictl.dialects.synapse_times import COLLATION
from kpictl.dialects.templates import ATOM, COMPARISON, SUM, Piece
from kpictl.ir.scalars import Agg, Call, Cast, Col, Lit, Scalar
from kpictl.kinds.build import lit
from kpictl.model.types import TEXT, Kind
from kpictl.passes.targets.exact_text import MARK
from kpictl.sql.walk import find

COLLATED = f"{{0}} COLLATE {COLLATION}"
_PATTERNS = Refusal("it has no regular expressions", "use LIKE, SUBSTRING or REPLACE")
_ESCAPE = "\\"
_LONGEST = 1_000_000_000
_MOST_FIELDS, _MOST_PARTS = 4, 6


def constant(value: str) -> str:
    """A text constant without a collation; the mark of exact comparison is NCHAR(1)."""
    if value.endswith(MARK):
        before = value[: -len(MARK)]
        return f"{constant(before)} + NCHAR(1)" if before else "NCHAR(1)"
    return "N'" + value.replace("'", "''").replace("\n", NEWLINE_MARK) + "'"


def literal(value: str) -> Piece:
    """A text constant that stands for itself."""
    text = constant(value)
    return Piece(
        f"({text}) COLLATE {COLLATION}" if " + " in text and value.endswith(MARK) else f"{text} COLLATE {COLLATION}"
    )


def _is_collated(scalar: Scalar) -> bool:
    """Whether some column's text is in it, which brings its collation along."""
    return any(col.type.kind in (Kind.TEXT, Kind.JSON) for col in find(scalar, Col))


def _number(n: Scalar) -> int | None:
    """The value of a whole constant."""
    return n.value if isinstance(n, Lit) and isinstance(n.value, int) else None


def _beside(printer: Printer, scalar: Scalar, others: list[Scalar]) -> Piece:
    """An operand; a constant needs no collation beside a text that has it."""
    if isinstance(scalar, Lit) and isinstance(scalar.value, str) and any(map(_is_collated, others)):
        text = constant(scalar.value)
        return Piece(text, SUM if text != "NCHAR(1)" and scalar.value.endswith(MARK) else ATOM)
    return printer.scalar(scalar)


def compared(symbol: str) -> Callable[[Printer, Call | Agg], Piece]:
    """A comparison of any two values."""
    plain = comparison(symbol)

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        if not any(isinstance(a, Lit) and isinstance(a.value, str) for a in call.args):
            return plain(printer, call)
        left, right = (_beside(printer, a, list(call.args)).within(COMPARISON + 1) for a in call.args)
        return Piece(f"{left} {symbol} {right}", COMPARISON)

    return rendering


def in_list(printer: Printer, call: Call | Agg) -> Piece:
    """`x IN (a, b, c)`."""
    first, *rest = call.args
    if first.type.kind is not Kind.TEXT:
        return listed(printer, call)
    texts = ", ".join(_beside(printer, r, [first]).text for r in rest)
    return Piece(f"{printer.scalar(first).within(SUM)} IN ({texts})", COMPARISON)


# -- joining


def _long(printer: Printer, scalar: Scalar) -> str:
    """The first of what is joined; a joined text is long already."""
    piece = printer.scalar(scalar)
    if isinstance(scalar, Call) and scalar.fn in ("concat_op", "concat", "concat_ws"):
        return piece.within(SUM)
    return f"CAST({piece.text} AS NVARCHAR(MAX))"


def _as_text(scalar: Scalar) -> Scalar:
    return scalar if scalar.type.kind in (Kind.TEXT, Kind.NULL) else Cast(scalar, TEXT)


def concat_op(printer: Printer, call: Call | Agg) -> Piece:
    """`+`; NULL with a NULL."""
    a, b = map(_as_text, call.args)
    right = _beside(printer, b, [a]).within(SUM + 1)
    return Piece(f"{_long(printer, a)} + {right}", SUM)


def concat(printer: Printer, call: Call | Agg) -> Piece:
    """All in a row, a NULL as empty."""
    parts = [_empty(printer, a) for a in call.args]
    parts[0] = f"CAST({parts[0]} AS NVARCHAR(MAX))"
    return Piece(" + ".join(parts), SUM if len(parts) > 1 else ATOM)


def _empty(printer: Printer, scalar: Scalar) -> str:
    if isinstance(scalar, Lit) and isinstance(scalar.value, str):
        return printer.text(scalar)
    return f"COALESCE({printer.text(_as_text(scalar))}, N'')"


def concat_ws(printer: Printer, call: Call | Agg) -> Piece:
    """Each part brings its separator where one before it is not NULL."""
    separator, *parts = call.args
    if len(parts) > _MOST_PARTS:
        return printer.refuse_function(call, Refusal("of so many parts", "join the parts with ||"))
    mark, before, out = printer.text(separator), list[str](), list[str]()
    for part in parts:
        text = f"CAST({printer.text(_as_text(part))} AS NVARCHAR(MAX))"
        joined = f"CASE WHEN {text} IS NULL THEN N''"
        if before:
            joined += f" WHEN {' OR '.join(before)} THEN {mark} + {text}"
        out.append(f"{joined} ELSE {text} END")
        before.append(f"{text} IS NOT NULL")
    return Piece(" + ".join(out), SUM)


# -- parts


def _length(printer: Printer, x: Scalar) -> str:
    """LEN leaves trailing blanks out, so there is one more character behind them."""
    return f"LEN({_long(printer, x)} + N'.')"


def length(printer: Printer, call: Call | Agg) -> Piece:
    """Number of characters."""
    return Piece(f"{_length(printer, call.args[0])} - 1", SUM)


def substring(printer: Printer, call: Call | Agg) -> Piece:
    """SUBSTRING wants a length; positions below 1 use up length as they should, with a length."""
    x, start, *rest = call.args
    if (_number(start) or 0) < 1:
        return printer.refuse_function(
            call, Refusal("a start below 1 means something else there", "give a constant start from 1")
        )
    size = printer.text(rest[0]) if rest else str(_LONGEST)
    return Piece(f"SUBSTRING({printer.text(x)}, {printer.text(start)}, {size})")


def part_of(word: str) -> Callable[[Printer, Call | Agg], Piece]:
    """LEFT and RIGHT; a negative number drops as many from the other end."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x, n = call.args
        number = _number(n)
        if number is not None and number >= 0:
            return Piece(f"{word}({printer.text(x)}, {printer.text(n)})")
        if _is_all_but_mark(x, n):
            # `exact_text` takes its mark off again.
            return Piece(f"LEFT({printer.text(x)}, {_length(printer, x)} - 2)")
        if number is None:
            why = Refusal("a negative number is an error there", "give a constant number")
            return printer.refuse_function(call, why)
        left = f"{_length(printer, x)} - {1 - number}"
        return Piece(f"{word}({printer.text(x)}, CASE WHEN {left} > 0 THEN {left} ELSE 0 END)")

    return rendering


def _is_all_but_mark(x: Scalar, n: Scalar) -> bool:
    """`length(x) - 1`."""
    return isinstance(n, Call) and n.fn == "sub" and n.args == (Call("length", (x,)), lit(1))


def trimmed(form: str) -> Callable[[Printer, Call | Agg], Piece]:
    """LTRIM and RTRIM take blanks alone."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        if len(call.args) > 1 and literal_text(call.args[1]) != " ":
            return printer.refuse_function(call, Refusal("only blanks are trimmed there", "use REPLACE"))
        return Piece(form.format(printer.text(call.args[0])))

    return rendering


def replaced(printer: Printer, call: Call | Agg) -> Piece:
    """REPLACE of a long text, since the result of a short one is cut."""
    x, old, new = call.args
    given = [_beside(printer, each, [x]).text for each in (old, new)]
    return Piece(f"REPLACE({_long(printer, x)}, {', '.join(given)})")


def padded(word: str) -> Callable[[Printer, Call | Agg], Piece]:
    """Padding by REPLICATE; what is longer is cut on the right."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x, n, *fill = call.args
        size = _number(n) or 0
        if size < 1 or (fill and not literal_text(fill[0])):
            return printer.refuse_function(call, Refusal("of a variable length", "give a constant length from 1"))
        text = printer.text(x)
        filling = f"REPLICATE(CAST({constant(literal_text(fill[0]) if fill else ' ')} AS NVARCHAR(MAX)), {size})"
        missing = f"LEFT({filling}, {size + 1} - {_length(printer, x)})"
        joined = f"{missing} + {text}" if word == "left" else f"{printer.scalar(x).within(SUM)} + {missing}"
        return Piece(f"CASE WHEN {_length(printer, x)} > {size} THEN LEFT({text}, {size}) ELSE {joined} END")

    return rendering


def repeat(printer: Printer, call: Call | Agg) -> Piece:
    """REPLICATE of a long text; a negative number would be NULL."""
    x, n = call.args
    count = printer.text(n)
    number = _number(n)
    if number is not None:
        return Piece(f"REPLICATE({_long(printer, x)}, {max(number, 0)})")
    return Piece(f"REPLICATE({_long(printer, x)}, CASE WHEN {count} < 0 THEN 0 ELSE {count} END)")


def _given(scalar: Scalar) -> bool:
    return isinstance(scalar, Lit) and isinstance(scalar.value, str) and scalar.value != ""


_NOT_EMPTY = Refusal("where an empty text stands is not said", "give a constant that is not empty")


def strpos(printer: Printer, call: Call | Agg) -> Piece:
    """CHARINDEX, by the collation of what is searched."""
    x, part = call.args
    if not _given(part):
        return printer.refuse_function(call, _NOT_EMPTY)
    return Piece(f"CHARINDEX({_beside(printer, part, [x]).text}, {printer.text(x)})")


def starts_with(printer: Printer, call: Call | Agg) -> Piece:
    """Whether CHARINDEX is 1."""
    found = strpos(printer, replace(call, fn="strpos"))
    return Piece(f"{found.text} = 1", COMPARISON)


def split_part(printer: Printer, call: Call | Agg) -> Piece:
    """The n-th field between the n-1st and the n-th separator of a text that ends with one more."""
    x, separator, n = call.args
    field_number = _number(n) or 0
    if not _given(separator) or not 1 <= field_number <= _MOST_FIELDS:
        why = Refusal("STRING_SPLIT gives no order", f"give a constant separator, and a field from 1 to {_MOST_FIELDS}")
        return printer.refuse_function(call, why)
    mark = _beside(printer, separator, [x]).text
    whole, width = f"{_long(printer, x)} + {mark}", len(literal_text(separator))
    begin, end, lacking = "1", f"CHARINDEX({mark}, {whole})", list[str]()
    for _ in range(field_number - 1):
        begin = f"{end} + {width}"
        after = f"CHARINDEX({mark}, {whole}, {begin})"
        lacking.append(f"{after} = 0")
        end = after
    field = f"SUBSTRING({whole}, {begin}, {end} - ({begin}))" if begin != "1" else f"LEFT({whole}, {end} - 1)"
    if not lacking:
        return Piece(field)
    return Piece(f"CASE WHEN {' OR '.join(lacking)} THEN N'' ELSE {field} END")


# -- patterns


def like(printer: Printer, call: Call | Agg) -> Piece:
    """LIKE; `[` begins a class of characters there, so it is escaped. Without case both sides are lower."""
    x, pattern, escape = call.args
    if not isinstance(pattern, Lit) or not isinstance(pattern.value, str):
        return printer.refuse_function(call, Refusal("[ is a wildcard there", "give a constant pattern"))
    told = _escaped(pattern.value, literal_text(escape))
    if told is None:
        return printer.refuse_function(call, Refusal("its pattern ends with its escape", "double the escape"))
    left = printer.scalar(x).within(SUM)
    if isinstance(call, Call) and call.fn == "ilike":
        left, told = f"LOWER({printer.text(x)})", told.lower()
    text = f"{left} LIKE {constant(told)}"
    return Piece(f"{text} ESCAPE N'{_ESCAPE}'" if _ESCAPE in told else text, COMPARISON)


def _escaped(pattern: str, escape: str) -> str | None:
    out, chars = list[str](), iter(pattern)
    for char in chars:
        if escape and char == escape:
            literal_char = next(chars, None)
            if literal_char is None:
                return None
            out.append(_ESCAPE + literal_char if literal_char in "%_[\\" else literal_char)
        else:
            out.append(_ESCAPE + char if char in ("[", "\\") else char)
    return "".join(out)


# -- lists and documents


def string_agg(printer: Printer, call: Call | Agg) -> Piece:
    """STRING_AGG of long texts; NULLs are left out."""
    assert isinstance(call, Agg)
    x, separator = call.args
    if not call.order_by:
        return printer.refuse_function(call, Refusal("its order would be by chance", "give string_agg an ORDER BY"))
    if not isinstance(separator, Lit):
        return printer.refuse_function(call, Refusal("its separator is a constant", "give a constant"))
    order = ", ".join(printer.sort_key(k) for k in call.order_by)
    long = f"CAST({printer.text(_as_text(x))} AS NVARCHAR(MAX))"
    return Piece(f"STRING_AGG({long}, {constant(literal_text(separator))}) WITHIN GROUP (ORDER BY {order}){OVER_MARK}")


def json_text(printer: Printer, call: Call | Agg) -> Piece:
    """JSON_QUERY has objects and arrays, JSON_VALUE all else: NULL in its lax mode where there is nothing, and where there are
    more than 4000 characters. So a longer document is read in the strict mode, in which both are errors.
    """
    x, *path = call.args
    keys = [step.value for step in path if isinstance(step, Lit)]
    if not isinstance(x, Col) or not keys or len(keys) != len(path):
        return printer.refuse_function(call, Refusal("only a column can be walked", "name the keys as constants"))
    steps = "".join(f"[{key}]" if isinstance(key, int) else f'."{_key(str(key))}"' for key in keys)
    if any(isinstance(key, int) and key < 0 for key in keys):
        return printer.refuse_function(call, Refusal("elements are counted from the start", "give a position from 0"))
    text, walked = printer.text(x), constant(f"${steps}")
    lax, strict = f"JSON_VALUE({text}, {walked})", f"JSON_VALUE({text}, {constant(f'strict ${steps}')})"
    value = f"CASE WHEN DATALENGTH({text}) > 8000 THEN {strict} ELSE {lax} END"
    return Piece(f"COALESCE(JSON_QUERY({text}, {walked}), {value})")


def _key(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')


FUNCTIONS: dict[str, Rendering] = {
    **{
        name: compared(symbol)
        for name, symbol in {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}.items()
    },
    "in_list": in_list,
    "concat_op": concat_op,
    "concat": concat,
    "concat_ws": concat_ws,
    "lower": "LOWER({0})",
    "upper": "UPPER({0})",
    "initcap": Refusal("it has no INITCAP", "store the label as it is shown"),
    "length": length,
    "substring": substring,
    "left": part_of("LEFT"),
    "right": part_of("RIGHT"),
    "trim": trimmed("LTRIM(RTRIM({0}))"),
    "ltrim": trimmed("LTRIM({0})"),
    "rtrim": trimmed("RTRIM({0})"),
    "replace": replaced,
    "lpad": padded("left"),
    "rpad": padded("right"),
    "repeat": repeat,
    "reverse": "REVERSE({0})",
    "split_part": split_part,
    "strpos": strpos,
    "starts_with": starts_with,
    "like": like,
    "ilike": like,
    "regexp_like": _PATTERNS,
    "regexp_extract": _PATTERNS,
    "regexp_replace": _PATTERNS,
    "md5": Refusal("HASHBYTES reads UTF-16, not UTF-8", "compute the digest where the text is loaded"),
    "format_number": Refusal("FORMAT depends on a culture", "format the number where it is shown"),
    "string_agg": string_agg,
    "json_text": json_text,
}
