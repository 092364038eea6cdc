"""Mutants of what DuckDB's renderings print: an operator swapped, a call dropped, a number moved, arguments exchanged."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from kpictl.dialects.dialect import Dialect, Refusal
from kpictl.dialects.duckdb import DUCKDB
from kpictl.dialects.printer import Printer
from kpictl.dialects.templates import Piece
from kpictl.ir.scalars import Agg, Call, Cast, Lit

Operation = Callable[[str], str]

_SWAPS = """
    min max|ceil floor|upper lower|ltrim rtrim|left right|lpad rpad|lag lead|rank dense_rank|first_value last_value
    first last|percent_rank cume_dist|bool_and bool_or|quantile_cont quantile_disc|stddev_samp stddev_pop
    var_samp var_pop|covar_samp covar_pop|sum fsum|avg favg|round trunc|ln log10|json_extract json_extract_string
    greatest least|regr_slope regr_intercept|to_months to_days|to_days to_microseconds|row_number rank
    starts_with contains|trim ltrim|list_contains list_position|count approx_count_distinct|strftime date_trunc
    """.replace("\n", "|")
_WORDS = """
    AND OR|LIKE ILIKE|TRUE FALSE|MONTH DAY|DAY HOUR|'month' 'quarter'|'week' 'day'|'day' 'hour'|'year' 'month'
    'quarter' 'month'|'isodow' 'dow'|'doy' 'day'|'isoyear' 'year'|'hour' 'minute'|'year' 'isoyear'|HOUR MINUTE
    MINUTE SECOND|HUGEINT BIGINT|BIGINT INTEGER
    """.replace("\n", "|")
_SYMBOLS = (
    ("< to <=", r"(?<![<>=|!-])<(?![=>])", "<="),
    ("<= to <", r"<=", "<"),
    ("> to >=", r"(?<![<>=-])>(?!=)", ">="),
    (">= to >", r">=", ">"),
    ("= to <>", r"(?<![<>!=])=(?![=>])", "<>"),
    ("<> to =", r"<>", "="),
    ("+ to -", r" \+ ", " - "),
    ("- to +", r" - ", " + "),
    ("* to /", r" \* ", " / "),
    ("/ to *", r" / ", " * "),
    ("// to /", r" // ", " / "),
    ("% to //", r" % ", " // "),
    ("|| to +", r" \|\| ", " || ' ' || "),
    ("without NOT", r"\bNOT ", ""),
    ("without minus", r"(?<![\w' ])-(?=[\w(])", ""),
    ("without DISTINCT", r"\bDISTINCT ", ""),
    ("without ESCAPE", r" ESCAPE '[^']*'", ""),
    ("without ELSE", r" ELSE .* END", " END"),
    ("zone to UTC", r"'[A-Z][a-z]+/[A-Za-z_]+'", "'UTC'"),
    ("UTC to a zone", r"'UTC'", "'Asia/Kolkata'"),
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A dialect that says one function otherwise, and the numbers of the calls to which that makes a difference."""

    name: str
    dialect: Dialect
    calls: tuple[int, ...]


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for pair in text.split("|"):
        if len(words := pair.split()) == 2:
            yield words[0], words[1]


def _regex(pattern: str, to: str) -> Operation:
    compiled = re.compile(pattern)
    return lambda text: compiled.sub(lambda _: to, text)


def operations(texts: list[str]) -> Iterator[tuple[str, Operation]]:
    """Every change of a function's texts."""
    for name, pattern, to in _SYMBOLS:
        yield name, _regex(pattern, to)
    for one, other in _pairs(_SWAPS):
        yield f"{one} to {other}", _regex(rf"\b{one}\(", f"{other}(")
        yield f"{other} to {one}", _regex(rf"\b{other}\(", f"{one}(")
    for one, other in _pairs(_WORDS):
        edge = r"\b" if one[0] != "'" else ""
        yield f"{one} to {other}", _regex(f"{edge}{one}{edge}", other)
        yield f"{other} to {one}", _regex(f"{edge}{other}{edge}", one)
    yield "numbers + 1", lambda text: re.sub(r"(?<![\w.'])\d+(?![\w.'])", lambda m: str(int(m[0]) + 1), text)
    called = {name for text in texts for name in re.findall(r"\b([A-Za-z_]\w*)\(", text)}
    for name in sorted(called - {"IN", "OVER", "AND", "OR", "FILTER", "EXISTS", "DECIMAL", "VALUES", "THEN", "WHEN"}):
        yield f"without {name}", _dropped(name)


def _dropped(name: str) -> Operation:
    """`name(a, b)` becomes `(a)`."""

    def change(text: str) -> str:
        at = text.find(name + "(")
        while at >= 0 and at > 0 and (text[at - 1].isalnum() or text[at - 1] == "_"):
            at = text.find(name + "(", at + 1)
        if at < 0:
            return text
        inside, end = _first_argument(text, at + len(name))
        return change(text[:at] + f"({inside})" + text[end:])

    return change


def _first_argument(text: str, start: int) -> tuple[str, int]:
    """The first argument of the parentheses that open at `start` (of CAST: what is cast), and where they close."""
    depth, quoted, cut = 0, False, None
    for at in range(start, len(text)):
        char = text[at]
        quoted ^= char == "'"
        if quoted:
            continue
        depth += (char in "([") - (char in ")]")
        if (
            depth == 1
            and cut is None
            and (char == "," or text.startswith(" AS ", at) or text.startswith(" ORDER BY ", at))
        ):
            cut = at
        if depth == 0:
            return text[start + 1 : cut or at].replace("DISTINCT ", ""), at + 1
    raise ValueError(text)


def mutants(fn: str, calls: list[Call | Agg]) -> Iterator[Mutant]:
    """The mutants of one function, with the numbers of those of its calls whose text they change."""
    rendering = DUCKDB.functions.get(fn)
    if rendering is None or isinstance(rendering, Refusal):
        return
    texts = [_apart(call)[0] for call in calls]
    for name, operation in operations(texts):
        changed = tuple(at for at, text in enumerate(texts) if operation(text) != text)
        if changed:
            yield Mutant(f"{fn}: {name}", _saying(fn, _with(operation)), changed)
    many = tuple(at for at, call in enumerate(calls) if len(call.args) > 1)
    if many and fn not in COMMUTE:
        yield Mutant(f"{fn}: arguments exchanged", _saying(fn, _exchanged), many)


def _printed(printer: Printer, call: Call | Agg) -> Piece:
    rendering = DUCKDB.functions[call.fn]
    if not isinstance(rendering, str):
        assert not isinstance(rendering, Refusal)
        return rendering(printer, call)
    arguments = printer.aggregate_arguments(call) if isinstance(call, Agg) else [printer.scalar(a) for a in call.args]
    return DUCKDB.templates[call.fn].fill(arguments)


def _apart(call: Call | Agg, printer: Printer | None = None) -> tuple[str, Callable[[str], Piece]]:
    """The text of a call with marks for its arguments, which are no part of it, and how they are put back."""
    printer = printer or Printer(DUCKDB, lambda source: (source,), {})
    piece = _printed(printer, call)
    own = [a for a in call.args if isinstance(a, Call | Agg | Cast) or (isinstance(a, Lit) and " " in str(a.value))]
    inner = sorted({printer.text(a) for a in own}, key=len, reverse=True)
    text = piece.text
    for at, each in enumerate(inner):
        text = text.replace(each, f"\x01{chr(65 + at)}\x01")

    def whole(changed: str) -> Piece:
        for at, each in enumerate(inner):
            changed = changed.replace(f"\x01{chr(65 + at)}\x01", each)
        return Piece(changed, piece.binds)

    return text, whole


Changed = Callable[[Printer, Call | Agg], Piece]


def _saying(fn: str, rendering: Changed) -> Dialect:
    return replace(DUCKDB, functions={**DUCKDB.functions, fn: rendering})


def _with(operation: Operation) -> Changed:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        text, whole = _apart(call, printer)
        return whole(operation(text))

    return rendering


def _exchanged(printer: Printer, call: Call | Agg) -> Piece:
    if len(call.args) > 1:
        call = replace(call, args=(call.args[1], call.args[0], *call.args[2:]))
    return _printed(printer, call)


COMMUTE = frozenset(
    "eq ne same and or greatest least add mul interval_add corr covar_samp covar_pop count concat".split()
)
"""Functions to which the order of their arguments is nothing."""
