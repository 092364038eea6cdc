"""How an engine says what the jobs of all warehouses say, and texts of SQL in its words. Variables are called kpictl_NAME."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from kpictl.dialects import named
from kpictl.dialects.render import render
from kpictl.ir.query import Output, Query, Select
from kpictl.ir.scalars import Case, Param, Scalar
from kpictl.kinds.build import lit
from kpictl.model.types import INTEGER, TIMESTAMPTZ
from kpictl.records import dataclass

DRIVER_MARK = r"%%|%\((\w+)\)s"
"""How drivers of Python mark parameters; other percent signs are doubled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How an engine says what all of them must say; `{}` stands for the operand."""

    dialect: str
    variable: str
    """A variable of the script in a statement."""
    literal: str
    joined: str
    """Between texts."""
    double: str
    finite: str
    """NULL of what is no finite number; `{0}` is a double."""
    text: str
    """A text as a JSON text, quotes included."""
    document: str
    """JSON text as what the column of the store holds."""
    hashed: str
    relation: str = "(\n{}\n)"
    """A statement as a relation; without `{}` it has been put into temporary tables `{kind}` before."""
    often: Callable[[str], bool]
    """Whether the engine's scheduler ticks more often than a schedule, so that the script decides."""
    buckets: str = "kpictl_buckets"
    mark: str = DRIVER_MARK
    """A parameter of a compiled text (group 1 is its name), or what must not be searched for one."""
    tidy: Callable[[str], str] = lambda found: found
    """Applied to each such thing that is no parameter."""

    def quoted(self, name: str) -> str:
        """A name as the engine quotes it."""
        return named(self.dialect).quote(name)


def at(name: str) -> Param:
    """A variable of a job that holds an instant."""
    return Param(name, TIMESTAMPTZ)


@lru_cache(maxsize=1024)
def said(words: Words, scalar: Scalar) -> str:
    """A scalar without columns, as the engine writes it."""
    found = render(Query(Select((Output("x", scalar),))), named(words.dialect), relations=lambda name: (name,)).sql
    expression, _, _ = found.removeprefix("SELECT").rpartition(" AS ")
    return with_variables(words, expression.strip())


def predicate(words: Words, condition: Scalar) -> str:
    """A condition, which some engines do not return as a value."""
    return f"({said(words, Case(((condition, lit(1)),), lit(0), INTEGER))} = 1)"


def with_variables(words: Words, sql: str, names: Mapping[str, str] | None = None) -> str:
    """A compiled text with the script's variables in the place of its parameters."""

    def variable(name: str) -> str:
        return words.variable.format((names or {}).get(name, name))

    def replaced(found: re.Match[str]) -> str:
        if found[1]:
            return variable(found[1])
        return "%" if found[0] == "%%" else words.tidy(found[0])

    return re.sub(words.mark, replaced, sql, flags=re.DOTALL)
