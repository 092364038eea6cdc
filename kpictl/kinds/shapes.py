"""Definitions that differ only in the constants of their comparisons share one shape: it is lowered once, with marks.

A shape is taken only where a constant can decide nothing: a text compared with a text column, a plain whole number
compared with a numeric column. Everything else of a definition is part of the shape; texts with comments, escapes or
templates are lowered by themselves.

Before: `where: country = 'DE' and amount > 7`. After: the shape `country = {0} and amount > {1}` and (`DE`, 7).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from functools import cache
from typing import Any

from kpictl.ir.scalars import Call, Col, Lit
from kpictl.kinds.lowered import Lowered
from kpictl.model.kpis import Kpi, MeasureSpec, QuerySpec
from kpictl.model.types import Kind
from kpictl.records import dataclass
from kpictl.sql.walk import find

Constant = str | int
_TOKEN = re.compile(
    r"(\s+)|'((?:[^'\\\x00-\x1f]|'')*)'|(\d{1,15})(?![\w.])|([A-Za-z_][\w.]*|\"[^\"\x00]*\"|\d[\w.]*)"
    r"|(<>|!=|<=|>=|\|\||::|->>?|--|/\*|[^\x00])"
)
_CONSTANT = re.compile(r"('(?:[^'\\\x00-\x1f]|'')*'|(?<![\w.])\d{1,15}(?![\w.]))")
"""A constant, where nothing hides it."""
_ENDS = frozenset((")", ",", ""))
_AFTER = _ENDS | {"and", "or", "then", "group", "order", "having", "union", "limit", "end"}
"""What may follow a constant that stands alone on its side of a comparison."""
_REFUSED = frozenset(("--", "/*", "$", "{", "\\", "'", '"'))
_COMPARISONS = frozenset(("eq", "ne", "lt", "le", "gt", "ge", "in_list"))
_SIGNS = frozenset(("=", "<>", "!=", "<", "<=", ">", ">="))
_INSERT = re.compile(r"\binsert\b", re.IGNORECASE)
_LONGEST = 20_000
_OTHER_NUMBER = 7_301
_FIRST_NUMBER = 736_150_090_000_000
_PLAIN = re.compile(r"\w|\w[\w .-]*\w", re.ASCII)
_SHORT, _FIRST_LENGTH = 99, 1_201


@dataclass(frozen=True, slots=True)
class Pattern:
    """A filter's text with numbered places, and the constants that stood there, each distinct one once."""

    text: str
    constants: tuple[Constant, ...]


def pattern(text: str) -> Pattern | None:
    """The pattern of a filter or query; None where there is nothing to take out, or the text is not plain enough."""
    return Patterns().of(text)


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where the constants of a text stand and which are taken out: `chunks[0] constant chunks[1] constant ...`."""

    chunks: tuple[str, ...]
    taken: tuple[bool, ...]


class Patterns:
    """Finds patterns. Texts with the same words between their constants are taken apart once.

    One expression finds the constants; the first text of its form is read token by token, and shared only when both
    see the same ones. Then no quoted name or comment hides one, and in texts with the same words neither.
    """

    def __init__(self) -> None:
        self._plans: dict[tuple[str, ...], _Plan | None] = {}

    def of(self, text: str) -> Pattern | None:
        """The pattern of a text."""
        key, constants = _apart(text)
        try:
            plan = self._plans[key]
        except KeyError:
            plan = self._plans[key] = _plan(text, constants)
        return None if plan is None else _filled(plan, constants)


def _apart(text: str) -> tuple[tuple[str, ...], list[str]]:
    """The words between the constants of a text with the constants' kinds, and the constants."""
    pieces = _CONSTANT.split(text)
    constants = pieces[1::2]
    return (*pieces[0::2], "".join("s" if each[0] == "'" else "i" for each in constants)), constants


def form_of(text: str) -> tuple[str, ...]:
    """What texts that differ in constants alone have in common; other texts may have one pattern, too, if differently spaced."""
    return _apart(text)[0]


def _plan(text: str, constants: list[str]) -> _Plan | None:
    """What is taken out of a text; None where that is nothing, or the text is not plain enough."""
    tokens = _tokens(text)
    if tokens is None or [token for kind, token in tokens if kind in "si"] != constants:
        return None
    chunks: list[str] = []
    words: list[str] = []
    taken: list[bool] = []
    lists: list[bool] = []
    two, one = "", ""
    for at, (kind, token) in enumerate(tokens):
        if kind in "si":
            after = tokens[at + 1][1].lower() if at + 1 < len(tokens) else ""
            alone = one in _SIGNS and two.isidentifier() and after in _AFTER
            listed = bool(lists) and lists[-1] and one in ("(", ",") and after in _ENDS
            taken.append(alone or listed)
            chunks.append(" ".join(words))
            words = []
            two, one = one, "'"
            continue
        if token == "(":
            lists.append(one == "in")
        elif token == ")" and lists:
            lists.pop()
        words.append(token)
        two, one = one, token.lower().rpartition(".")[2] if kind == "w" else token
    return _Plan((*chunks, " ".join(words)), tuple(taken)) if any(taken) else None


def _filled(plan: _Plan, constants: list[str]) -> Pattern:
    known: dict[Constant, int] = {}
    out = [plan.chunks[0]]
    for constant, taken, chunk in zip(constants, plan.taken, plan.chunks[1:], strict=True):
        if not taken:
            out.append(constant)
        elif constant[0] == "'":
            text = constant[1:-1].replace("''", "'")
            out.append(f"\x00{known.setdefault(text, len(known))}s")
        else:
            out.append(f"\x00{known.setdefault(int(constant), len(known))}i")
        out.append(chunk)
    return Pattern(" ".join(filter(None, out)), tuple(known))


def _tokens(text: str) -> list[tuple[str, str]] | None:
    """Kind (s text, i whole number, w word, o other) and text of each token, without blanks."""
    if len(text) > _LONGEST:
        return None
    found: list[tuple[str, str]] = []
    at = 0
    for match in _TOKEN.finditer(text):
        if match.start() != at:
            return None
        at = match.end()
        blank, quoted, number, word, other = match.groups()
        if blank is not None:
            continue
        if quoted is not None:
            if found and found[-1][0] == "w" and text[match.start() - 1 : match.start()].strip():
                return None  # E'..', U&'..', DATE'..'
            found.append(("s", match[0]))
        elif number is not None:
            found.append(("i", number))
        elif word is not None:
            found.append(("w", word))
        else:
            if other in _REFUSED:
                return None
            found.append(("o", other))
    return found if at == len(text) else None


def marks(constants: tuple[Constant, ...]) -> tuple[Constant, ...]:
    """For each constant one of its type that occurs nowhere else."""
    return tuple(f"kpictl~mark~{i}~" if isinstance(c, str) else _FIRST_NUMBER + i for i, c in enumerate(constants))


def other_marks(found: tuple[Constant, ...]) -> tuple[Constant, ...]:
    """For each mark another one, of another length and with all that a target may look at in a constant."""
    return tuple(
        f"kpictl's \\ %other\u00fc~mark~{i}~\n " if isinstance(c, str) else _OTHER_NUMBER + i
        for i, c in enumerate(found)
    )


def is_plain(constant: Constant) -> bool:
    """Whether it is a number, or a short text of letters, digits and the like, of which only its length is worth a look."""
    return not isinstance(constant, str) or (len(constant) <= _SHORT and _PLAIN.fullmatch(constant) is not None)


def long_marks(found: tuple[Constant, ...]) -> tuple[Constant, ...]:
    """For each mark another one; a text's length occurs nowhere else either."""
    return tuple(f"{c}{'m' * (_FIRST_LENGTH + i - len(c))}" if isinstance(c, str) else c for i, c in enumerate(found))


def short_marks(found: tuple[Constant, ...]) -> tuple[Constant, ...]:
    """For each mark another one that is plain."""
    return tuple(
        f"Other mark_{i}-0.9".ljust(_SHORT - 9 - i % 90, "Z") if isinstance(c, str) else _OTHER_NUMBER + i
        for i, c in enumerate(found)
    )


def with_constants(shape: Pattern, constants: tuple[Constant, ...]) -> str:
    """The filter's text with these constants."""

    def fill(match: re.Match[str]) -> str:
        value = constants[int(match[1])]
        return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)

    return re.sub(r"\x00(\d+)[si]", fill, shape.text)


def text_of(kpi: Kpi) -> str | None:
    """The text whose constants can be taken out: a measure's filter, a query."""
    match kpi.spec:
        case MeasureSpec(where=text):
            return text
        case QuerySpec(query=text):
            return None if "{{" in text or _INSERT.search(text) else text
    return None


def marked(kpi: Kpi, shape: Pattern) -> Kpi:
    """The KPI with marks for constants."""
    return _with_text(kpi, with_constants(shape, marks(shape.constants)))


def _with_text(kpi: Kpi, text: str | None) -> Kpi:
    if isinstance(kpi.spec, QuerySpec):
        return replace(kpi, spec=replace(kpi.spec, query=text or ""))
    assert isinstance(kpi.spec, MeasureSpec)
    return replace(kpi, spec=replace(kpi.spec, where=text))


def holds(lowered: Lowered, shape: Pattern) -> bool:
    """Whether every mark stands where a constant decides nothing: compared with a column of its own kind."""
    wanted = frozenset(marks(shape.constants))
    trees = [lowered.finest] if lowered.total is None else [lowered.finest, lowered.total]
    for tree in trees:
        everywhere: list[Constant] = []
        compared: list[Constant] = []
        for node in find(tree, (Lit, Call)):
            if isinstance(node, Call):
                compared += (_plain(lit.value) for lit in _compared(node) if _is_mark(lit, wanted))
            elif isinstance(node, Lit) and _is_mark(node, wanted):
                everywhere.append(_plain(node.value))
        if sorted(map(str, everywhere)) != sorted(map(str, compared)) or wanted - frozenset(compared):
            return False
    return not lowered.hints


def _is_mark(lit: Lit, wanted: frozenset[Constant]) -> bool:
    return type(lit.value) in (str, int) and lit.value in wanted


def _plain(value: object) -> Constant:
    assert isinstance(value, str | int)
    return value


def _compared(call: Call) -> Iterator[Lit]:
    """The constants that a comparison holds against its only column."""
    if call.fn not in _COMPARISONS:
        return
    columns = [argument for argument in call.args if isinstance(argument, Col)]
    if len(columns) == 1:
        yield from (each for each in call.args if isinstance(each, Lit) and _fits(each, columns[0]))


def _fits(lit: Lit, column: Col) -> bool:
    if isinstance(lit.value, str):
        return lit.type.kind is Kind.TEXT and column.type.kind is Kind.TEXT
    return lit.type.kind is Kind.INTEGER and column.type.is_numeric


def shape_key(kpi: Kpi, shape: Pattern) -> tuple[object, ...]:
    """What two definitions must have in common to be one shape."""
    spec: Any = kpi.spec
    own = tuple(getattr(spec, name) for name in _fields(spec.__class__))
    return (kpi.kind, own, shape.text, kpi.grain, kpi.schedule, kpi.dimensions, kpi.fill)


@cache
def _fields(kind: Any) -> tuple[str, ...]:
    """The fields of a spec without the text whose constants are taken out."""
    return tuple(field.name for field in fields(kind) if field.name not in ("where", "query"))
