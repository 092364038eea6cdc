"""Which KPIs and sources a definition names. Reads texts by their words only: cheap enough for every command."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpictl.diagnostics import Place
from kpictl.model.kpis import (
    CohortSpec,
    CumulativeSpec,
    ExprSpec,
    FunnelSpec,
    Kpi,
    MeasureSpec,
    QuerySpec,
    RatioSpec,
)
from kpictl.records import dataclass

_SKIPPED = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TEMPLATE = re.compile(r"\{\{-?\s*(kpi|source)\(\s*(['\"])([^'\"]*)\2\s*\)\s*-?\}\}")
_TABLE = re.compile(r"(?i)\b(?:from|join)\s+(?:lateral\s+|only\s+)?\"?([A-Za-z_][A-Za-z0-9_]*)\"?(?!\s*[(.])")
_QUALIFIED = re.compile(r"\b([A-Za-z_][A-Za-z0-9_]*)\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A name that a definition reads, and where it stands. `certain` is false for a bare table name in SQL."""

    kind: str
    """kpi or source."""
    name: str
    place: Place
    certain: bool = True


def references(kpi: Kpi) -> Iterator[Reference]:
    """Every KPI and source that the definition names, in the order of the text; a name may come twice."""
    match kpi.spec:
        case QuerySpec(query=query):
            yield from _of_query(query, kpi.place.child("query"))
        case MeasureSpec(source=source):
            yield Reference(kind="source", name=source, place=kpi.place.child("source"))
            yield from _of_measure(kpi)
        case RatioSpec(numerator=numerator, denominator=denominator):
            place = kpi.place.child("ratio")
            yield Reference(kind="kpi", name=numerator, place=place.child("numerator"))
            yield Reference(kind="kpi", name=denominator, place=place.child("denominator"))
        case ExprSpec(expr=expr):
            yield from _of_expr(expr, kpi.place.child("expr"))
        case CumulativeSpec(of=of):
            yield Reference(kind="kpi", name=of, place=kpi.place.child("cumulative", "of"))
        case FunnelSpec(source=source):
            yield Reference(kind="source", name=source, place=kpi.place.child("funnel", "source"))
        case CohortSpec(source=source):
            yield Reference(kind="source", name=source, place=kpi.place.child("cohort_retention", "source"))


def _of_expr(text: str, place: Place) -> Iterator[Reference]:
    """Words that are no function and no unit of a lag: `revenue / lag(revenue, 1 month) - 1` names revenue twice."""
    blank = _blanked(text)
    for word in _WORD.finditer(blank):
        before, after = blank[: word.start()].rstrip(), blank[word.end() :].lstrip()
        if not after.startswith("(") and not before[-1:].isdigit():
            yield Reference(kind="kpi", name=word[0], place=place.within(*word.span()), certain=False)


def _of_query(text: str, place: Place) -> Iterator[Reference]:
    if "{{" in text:
        for call in _TEMPLATE.finditer(text):
            yield Reference(kind=call[1], name=call[3], place=place.within(*call.span(3)))
    for table in _TABLE.finditer(_blanked(text)):
        yield Reference(kind="source", name=table[1].lower(), place=place.within(*table.span(1)), certain=False)


def _of_measure(kpi: Kpi) -> Iterator[Reference]:
    """Joined sources are read as `role.column`; a role that is called like its source counts as that source."""
    spec = kpi.spec
    assert isinstance(spec, MeasureSpec)
    for key, text in (("measure", spec.measure), ("where", spec.where or "")):
        for role in _QUALIFIED.finditer(_blanked(text)):
            yield Reference(
                kind="source", name=role[1].lower(), place=kpi.place.child(key).within(*role.span(1)), certain=False
            )


def _blanked(text: str) -> str:
    """The text with strings and comments overwritten by blanks, so that offsets stay true."""
    if "'" not in text and "--" not in text and "/*" not in text:
        return text
    return _SKIPPED.sub(lambda found: " " * len(found[0]), text)
