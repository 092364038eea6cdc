"""Measures that differ only in the constants of their filters share one shape: it is lowered once, with marks as constants.

A shape is taken only where a constant can decide nothing: a text compared with a text column, a plain whole number
compared with a numeric column. Everything else of a definition is part of the shape. `where` texts that hold more than
comparisons, IN lists, AND, OR, NOT, NULL tests and parentheses are lowered by themselves.

Before: `where: country = 'DE' and amount > 7`. After: the shape `country = {0} and amount > {1}` and (`DE`, 7).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from kpictl.ir.scalars import Call, Col, Lit
from kpictl.kinds.lowered import Lowered
from kpictl.model.kpis import Kpi, MeasureSpec
from kpictl.model.types import Kind
from kpictl.sql.walk import walk

Constant = str | int
_TOKEN = re.compile(
    r"\s+|'((?:[^'\\\x00-\x1f]|'')*)'|(\d{1,15})(?![\w.])|([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)?)|(<>|!=|<=|>=|[=<>(),])"
)
_OPEN = frozenset(("in", "and", "or", "not", "(", ""))
"""What may stand before an opening parenthesis; after another word it would be a function's."""
_COMPARISONS = frozenset(("eq", "ne", "lt", "le", "gt", "ge", "in_list"))
_BEFORE_CONSTANTS = frozenset(("=", "<>", "!=", "<", "<=", ">", ">=", "(", ","))
_FIRST_NUMBER = 736_150_090_000_000


@dataclass(frozen=True, slots=True)
class Pattern:
    """A filter's text with numbered places, and the constants that stood there, each distinct one once."""

    text: str
    constants: tuple[Constant, ...]


def pattern(text: str) -> Pattern | None:
    """The pattern of a filter; None where its constants could mean more than themselves."""
    out: list[str] = []
    known: dict[tuple[type, Constant], int] = {}
    at, before = 0, ""
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            return None
        at = match.end()
        quoted, number, word, mark = match.groups()
        if quoted is not None or number is not None:
            value: Constant = quoted.replace("''", "'") if quoted is not None else int(number)
            if before not in _BEFORE_CONSTANTS:
                return None
            out.append(f"\x00{known.setdefault((type(value), value), len(known))}{'s' if quoted is not None else 'i'}")
            before = "'"
        elif word is not None:
            before = word.lower()
            out.append(word)
        elif mark is not None:
            if mark == "(" and before not in _OPEN:
                return None
            before = mark
            out.append(mark)
    return Pattern(" ".join(out), tuple(value for _, value in known))


def marks(constants: tuple[Constant, ...]) -> tuple[Constant, ...]:
    """For each constant one of its type that occurs nowhere else."""
    return tuple(f"kpictl~mark~{i}~" if isinstance(c, str) else _FIRST_NUMBER + i for i, c in enumerate(constants))


def with_constants(shape: Pattern, constants: tuple[Constant, ...]) -> str:
    """The filter's text with these constants."""

    def fill(match: re.Match[str]) -> str:
        value = constants[int(match[1])]
        return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)

    return re.sub(r"\x00(\d+)[si]", fill, shape.text)


def marked(kpi: Kpi, shape: Pattern) -> Kpi:
    """The KPI with marks for constants."""
    assert isinstance(kpi.spec, MeasureSpec)
    text = with_constants(shape, marks(shape.constants))
    return replace(kpi, spec=replace(kpi.spec, where=text))


def holds(lowered: Lowered, shape: Pattern) -> bool:
    """Whether every mark stands where a constant decides nothing: compared with a column of its own kind."""
    wanted = frozenset(marks(shape.constants))
    trees = [lowered.finest] if lowered.total is None else [lowered.finest, lowered.total]
    for tree in trees:
        everywhere = [n.value for n in walk(tree) if isinstance(n, Lit) and _is_mark(n, wanted)]
        compared = [lit.value for lit in _compared(tree) if _is_mark(lit, wanted)]
        if sorted(map(str, everywhere)) != sorted(map(str, compared)) or wanted - frozenset(map(_plain, compared)):
            return False
    return not lowered.hints


def _is_mark(lit: Lit, wanted: frozenset[Constant]) -> bool:
    return type(lit.value) in (str, int) and lit.value in wanted


def _plain(value: object) -> Constant:
    assert isinstance(value, str | int)
    return value


def _compared(tree: object) -> Iterator[Lit]:
    for node in walk(tree):
        if isinstance(node, Call) and node.fn in _COMPARISONS:
            columns = [a for a in node.args if isinstance(a, Col)]
            if len(columns) != 1:
                continue
            column = columns[0]
            for lit in node.args:
                if isinstance(lit, Lit) and _fits(lit, column):
                    yield lit


def _fits(lit: Lit, column: Col) -> bool:
    if isinstance(lit.value, str):
        return lit.type.kind is Kind.TEXT and column.type.kind is Kind.TEXT
    return lit.type.kind is Kind.INTEGER and column.type.is_numeric


def shape_key(kpi: Kpi, shape: Pattern) -> tuple[object, ...]:
    """What two measures must have in common to be one shape."""
    kinds = tuple(type(c) for c in shape.constants)
    assert isinstance(kpi.spec, MeasureSpec)
    return (replace(kpi.spec, where=None), shape.text, kinds, kpi.grain, kpi.schedule, kpi.dimensions, kpi.fill)
