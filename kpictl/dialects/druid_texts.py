"""How Druid says functions of text.

Lengths and positions are UTF-16 units, so characters are counted by regular expressions, which are Java's. Source:
Druid 33 manual, "SQL scalar functions", string functions; answers of Druid 33 itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from kpictl.dialects.dialect import Refusal
from kpictl.dialects.druid_casts import as_text, failing
from kpictl.dialects.druid_literals import text_literal
from kpictl.dialects.druid_sizes import double, whole
from kpictl.dialects.printer import Printer
from kpictl.dialects.standard import literal_text
from kpictl.dialects.templates import COMPARISON, SUM, Piece
from kpictl.ir.scalars import Agg, Call, Lit, Scalar


def concat(printer: Printer, call: Call | Agg) -> Piece:
    """NULL counts as empty; Druid's own is NULL of any NULL."""
    parts = [
        as_text(printer, a) if isinstance(a, Lit) and a.value is not None else f"COALESCE({as_text(printer, a)}, '')"
        for a in call.args
    ]
    return Piece(f"CONCAT({', '.join(parts)})" if len(parts) > 1 else parts[0])


def concat_ws(printer: Printer, call: Call | Agg) -> Piece:
    """Each part that is given behind a separator, and the first separator cut off."""
    separator, *parts = call.args
    between = printer.text(separator)
    size = len(literal_text(separator).encode("utf-16-le")) // 2
    pieces = [f"COALESCE(CONCAT({between}, {as_text(printer, p)}), '')" for p in parts]
    joined = f"CONCAT({', '.join(pieces)})" if len(pieces) > 1 else pieces[0]
    return Piece(f"COALESCE(SUBSTRING({joined}, {size + 1}), '')")


def length(printer: Printer, call: Call | Agg) -> Piece:
    return Piece(_length(printer.text(call.args[0])))


def _length(x: str) -> str:
    """Characters; Druid counts two for one beyond the basic plane."""
    return f"CHAR_LENGTH(REGEXP_REPLACE({x}, '[\\x{{10000}}-\\x{{10FFFF}}]', '.'))"


def strpos(printer: Printer, call: Call | Agg) -> Piece:
    x, part = (printer.text(a) for a in call.args)
    found = f"STRPOS({x}, {part})"
    return Piece(f"CASE WHEN {found} > 1 THEN {_length(f'SUBSTRING({x}, 1, {found} - 1)')} + 1 ELSE {found} END")


_COUNTED = Refusal(
    "it counts UTF-16 units, so only constant positions can be said in characters",
    "use a constant, split_part or a regular expression",
)


def _constants(args: tuple[Scalar, ...]) -> list[int] | None:
    values = [a.value for a in args if isinstance(a, Lit) and isinstance(a.value, int)]
    return values if len(values) == len(args) else None


def substring(printer: Printer, call: Call | Agg) -> Piece:
    x, numbers = printer.text(call.args[0]), _constants(call.args[1:])
    if numbers is None:
        return printer.refuse_function(call, _COUNTED)
    start = numbers[0]
    rest = "*"
    if len(numbers) > 1:
        rest = f"{{0,{max(numbers[1] - max(1 - start, 0), 0)}}}"
    skipped = f".{{0,{start - 1}}}" if start > 1 else ""
    return Piece(f"REGEXP_EXTRACT({x}, '(?s)^{skipped}(.{rest})', 1)")


def left(printer: Printer, call: Call | Agg) -> Piece:
    x, numbers = printer.text(call.args[0]), _constants(call.args[1:])
    if numbers is None:
        return printer.refuse_function(call, _COUNTED)
    n = numbers[0]
    if n >= 0:
        return Piece(f"REGEXP_EXTRACT({x}, '(?s)^.{{0,{n}}}')")
    return _dropped(x, f"^(.*).{{{-n}}}$")


def right(printer: Printer, call: Call | Agg) -> Piece:
    x, numbers = printer.text(call.args[0]), _constants(call.args[1:])
    if numbers is None:
        return printer.refuse_function(call, _COUNTED)
    n = numbers[0]
    return Piece(f"REGEXP_EXTRACT({x}, '(?s).{{0,{n}}}\\z')") if n >= 0 else _dropped(x, f"^.{{{-n}}}(.*)$")


def _dropped(x: str, pattern: str) -> Piece:
    """What is left when some characters are dropped, empty when there are not as many."""
    return Piece(f"CASE WHEN {x} IS NOT NULL THEN COALESCE(REGEXP_EXTRACT({x}, '(?s){pattern}', 1), '') END")


def trimming(name: str, plain: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x, *chars = (printer.text(a) for a in call.args)
        return Piece(f"{name}({x}, {chars[0]})" if chars else plain.format(x))

    return rendering


def replaced(printer: Printer, call: Call | Agg) -> Piece:
    """REPLACE fails of NULLs and puts a text between all characters where it looks for an empty one."""
    x, old, new = (printer.text(a) for a in call.args)
    if (
        isinstance(call.args[1], Lit)
        and call.args[1].value
        and isinstance(call.args[2], Lit)
        and call.args[2].value is not None
    ):
        return Piece(f"REPLACE({x}, {old}, {new})")
    return Piece(
        f"CASE WHEN {old} = '' AND {new} IS NOT NULL THEN {x}"
        f" WHEN {old} IS NOT NULL AND {new} IS NOT NULL THEN REPLACE({x}, {old}, {new}) END"
    )


def padded(side: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x, numbers = printer.text(call.args[0]), _constants(call.args[1:2])
        fill = literal_text(call.args[2]) if len(call.args) > 2 else " "
        if numbers is None or len(fill) != 1:
            return printer.refuse_function(
                call, Refusal("only a constant length and one character to pad with can be said", "use those")
            )
        n = max(numbers[0], 0)
        cut = f"REGEXP_EXTRACT({x}, '(?s)^.{{0,{n}}}')"
        pad = f"COALESCE(REPEAT({text_literal(fill)}, {n} - {_length(x)}), '')"
        return Piece(f"CONCAT({f'{pad}, {cut}' if side == 'left' else f'{cut}, {pad}'})")

    return rendering


def repeat(printer: Printer, call: Call | Agg) -> Piece:
    x, n = printer.text(call.args[0]), whole(printer, call.args[1]).text
    return Piece(f"CASE WHEN {n} > 0 THEN REPEAT({x}, {n}) WHEN {n} <= 0 AND {x} IS NOT NULL THEN '' END")


def split_part(printer: Printer, call: Call | Agg) -> Piece:
    x, numbers = printer.text(call.args[0]), _constants(call.args[2:])
    mark = call.args[1]
    if numbers is None or not isinstance(mark, Lit) or not literal_text(mark) or not numbers[0]:
        return printer.refuse_function(
            call, Refusal("the separator and the number must be constants", "use a regular expression")
        )
    n, between = numbers[0], re.escape(literal_text(mark))
    field = f"(?:(?!{between}).)*"
    if n > 0:
        skipped = f"(?:{field}{between}){{{n - 1}}}" if n > 1 else ""
        pattern = f"(?s)^{skipped}({field})"
    else:
        pattern = f"(?s)({field})(?:{between}{field}){{{-n - 1}}}\\z" if n < -1 else f"(?s)({field})\\z"
        pattern = pattern.replace("(?s)(", f"(?s)(?:^|{between})(", 1)
    extracted = f"REGEXP_EXTRACT({x}, {text_literal(pattern)}, 1)"
    return Piece(f"CASE WHEN {x} IS NOT NULL THEN COALESCE({extracted}, '') END")


def like(ignore_case: bool) -> Callable[[Printer, Call | Agg], Piece]:
    """LIKE has no escape of its own; without case both sides are lowered."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x, pattern, escape = call.args
        mark = literal_text(escape)
        if not isinstance(pattern, Lit):
            return printer.refuse_function(call, Refusal("a pattern must be a constant", "use strpos or starts_with"))
        if pattern.value is None:
            return Piece("CAST(NULL AS BOOLEAN)")
        wanted = literal_text(pattern)
        left_ = printer.scalar(x).within(SUM)
        if ignore_case:
            left_, wanted = f"LOWER({printer.text(x)})", wanted.lower()
        text = f"{left_} LIKE {text_literal(wanted)}"
        return Piece(f"{text} ESCAPE {text_literal(mark)}" if mark and mark in wanted else text, COMPARISON)

    return rendering


def regexp_like(printer: Printer, call: Call | Agg) -> Piece:
    pattern = literal_text(call.args[1])
    flags = "(?i)" if len(call.args) > 2 and "i" in literal_text(call.args[2]) else ""
    return Piece(f"REGEXP_LIKE({printer.text(call.args[0])}, {text_literal(flags + _unicode(pattern))})")


def regexp_extract(printer: Printer, call: Call | Agg) -> Piece:
    pattern = literal_text(call.args[1])
    group = min(re.compile(pattern).groups, 1)
    return Piece(f"REGEXP_EXTRACT({printer.text(call.args[0])}, {text_literal(_unicode(pattern))}, {group})")


def _unicode(pattern: str) -> str:
    """A word's characters as POSIX has them, letters and digits of any script; Java's are of ASCII."""
    out, inside, at = "", False, 0
    while at < len(pattern):
        pair = pattern[at : at + 2]
        if pair in ("\\w", "\\W"):
            letters = "\\p{L}\\p{N}_"
            negated = "^" if pair[1] == "W" else ""
            out += letters if inside else f"[{negated}{letters}]"
            at += 2
            continue
        if pair[0] == "\\":
            out += pair
            at += 2
            continue
        inside = pair[0] == "[" or (inside and pair[0] != "]")
        out += pair[0]
        at += 1
    return out


def regexp_replace(printer: Printer, call: Call | Agg) -> Piece:
    """Druid's replaces every match; the first alone is the one behind as little as possible."""
    x, pattern, new = printer.text(call.args[0]), literal_text(call.args[1]), literal_text(call.args[2])
    flags = literal_text(call.args[3]) if len(call.args) > 3 else ""
    if "\\" in new:
        return printer.refuse_function(call, Refusal("a replacement that quotes its match differs", "use plain text"))
    new = new.replace("$", "\\$")
    case = "(?i)" if "i" in flags else ""
    if "g" in flags:
        return Piece(f"REGEXP_REPLACE({x}, {text_literal(case + _unicode(pattern))}, {text_literal(new)})")
    if "\\" in pattern and re.search(r"\\\d", pattern):
        return printer.refuse_function(call, Refusal("back references count differently", "replace every match (`g`)"))
    first = f"{case}(?s:^(.*?))(?:{_unicode(pattern)})"
    return Piece(f"REGEXP_REPLACE({x}, {text_literal(first)}, {text_literal('$1' + new)})")


def format_number(printer: Printer, call: Call | Agg) -> Piece:
    """`FM999,999,990.00` as `%,.2f`; a number with more digits than the template has fails, as it would show `#`."""
    template = literal_text(call.args[1])
    found = re.fullmatch(r"FM([9,]*)0(?:\.(0+))?", template)
    if found is None or (("," in found[1]) and not re.fullmatch(r"9{0,3}(,9{3})*,9{2}", found[1])):
        return printer.refuse_function(call, Refusal("only FM999,990.00 and its like can be said", "use `format:`"))
    x = double(printer, call.args[0])
    digits, whole_digits = len(found[2] or ""), found[1].count("9") + 1
    shown = f"STRING_FORMAT('%{',' if ',' in found[1] else ''}.{digits}f', {x})"
    fits = f"ROUND(ABS({x}), {digits}) < {10**whole_digits}"
    fails = failing("a number does not fit its template", f"CAST({x} AS VARCHAR)", "VARCHAR")
    return Piece(f"CASE WHEN {fits} THEN {shown} WHEN {x} IS NOT NULL THEN {fails} END")
