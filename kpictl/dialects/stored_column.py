"""One column of a source, read from its stored form outside of a compiled query: what an engine asks of a time column."""

from __future__ import annotations

from collections.abc import Iterable

from kpictl.diagnostics import Refused
from kpictl.dialects.dialect import Dialect
from kpictl.dialects.physical import Stored
from kpictl.dialects.printer import Printer
from kpictl.ir.query import TableRef
from kpictl.ir.scalars import Col
from kpictl.model.sources import Column, Source


def stored_column(dialect: Dialect, column: Column, words: str) -> str:
    """The expression that reads a column, by its name alone, from the form that the words name; raises `Refused`."""
    printer = Printer(
        dialect,
        lambda source: (source,),
        {},
        lambda source: Stored(columns={column.name: words}),
        only=TableRef("t", "t"),
    )
    text = printer.scalar(Col(column.name, None, column.type, column.place)).text
    if printer.refusals:
        raise Refused(printer.refusals.values())
    return text


def named_form(sources: Iterable[Source], relation: str, column: str, target: str) -> tuple[Column, str] | None:
    """A relation's column and the words of its form on a target, where a source of that relation names one."""
    for source in sources:
        declared = source.column(column) if source.relation == relation else None
        words = None if declared is None else dict(declared.physical).get(target)
        if declared is not None and words is not None:
            return declared, words
    return None
