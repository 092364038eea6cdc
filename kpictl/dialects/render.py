"""From a canonical query to a statement of a target: its passes, its printing, its limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from kpictl.diagnostics import Refused
from kpictl.dialects.dialect import Dialect
from kpictl.dialects.marks import PARAMETER_MARK, unmark
from kpictl.dialects.names_apart import names_apart
from kpictl.dialects.physical import AS_DECLARED, Stored
from kpictl.dialects.printer import Printer
from kpictl.ir.query import Query
from kpictl.ir.scalars import Lit, Scalar
from kpictl.records import dataclass

Passed = dict[tuple[Callable[..., Query], int], tuple[Query, Query]]
"""By pass and tree (its identity, held by the first of the two): what the pass made of it. For one project's relations."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A statement in a target's syntax, its parameters in order of first use, and the settings it rests on."""

    sql: str
    parameters: tuple[str, ...]
    settings: Mapping[str, str]


def render(
    query: Query,
    dialect: Dialect,
    *,
    relations: Callable[[str], tuple[str, ...]],
    literals: Mapping[str, datetime] | None = None,
    stored: Callable[[str], Stored] = lambda source: AS_DECLARED,
    passed: Passed | None = None,
) -> Rendered:
    """Prints `query`; `relations` gives a source's name parts, `literals` the parameters that become constants.

    `stored` says how a source's columns are stored where that is not the target's default; `passed` keeps what passes made of
    trees, for the targets that come after (most leave most trees as they are, so that what one asks the others need not).
    Raises `Refused` with every construct that the target cannot say, at the author's characters.
    """
    passed = {} if passed is None else passed

    def after(apply: Callable[..., Query], *more: object) -> Query:
        key = (apply, id(query))
        if key not in passed:
            passed[key] = (query, apply(query, *more))
        return passed[key][1]

    for apply in dialect.passes:
        query = after(apply)
    query = after(names_apart, relations)
    printer = Printer(dialect, relations, dict(literals or {}), stored)
    sql = unmark(printer.query(query))
    for place, what, refusal in dialect.limits(query):
        printer.refuse(place, what, refusal)
    if printer.refusals:
        raise Refused(printer.refusals.values())
    if dialect.positional:
        return Rendered(*_numbered(sql), dialect.settings)
    return Rendered(sql, tuple(printer.parameters), dialect.settings)


def _numbered(sql: str) -> tuple[str, tuple[str, ...]]:
    """A statement whose parameters have no names: marks, and the name behind each, in the order of the text."""
    texts = sql.split(PARAMETER_MARK)
    return "?".join(texts[0::2]), tuple(texts[1::2])


def constants(dialect: Dialect) -> Callable[[Lit], str]:
    """How constants stand in a statement that `render` makes."""
    return expressions(dialect)


def expressions(dialect: Dialect) -> Callable[[Scalar], str]:
    """How scalars stand in such a statement; the columns are an answer's, of the values' own types."""
    printer = Printer(dialect, lambda source: (source,), {})
    return lambda scalar: unmark(printer.scalar(scalar).text)
