"""What a judge of any target answers to a tree; a statement carries its range and its as-of as literals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kpictl.diagnostics import Refused
from kpictl.ir.relations import Relation
from kpictl.model.project import Project
from kpictl.plan.compile import _Compiler
from kpictl.plan.compiled import Statement
from tests.corpus.compare import _instant
from tests.corpus.outcomes import text
from tests.laws.engine import Answer, told
from tests.laws.world import Range
from tests.oracles.plugin import Counted


def statement_of(project: Project, tree: Relation, target: str, over: Range) -> Statement | None:
    """The statement of a tree on a target; None where it is refused."""
    compiler = _Compiler(project, None, True, {})
    compiler.literals = {"from": over.start, "to": over.stop, "as_of": over.as_of}
    try:
        return compiler.statement(tree, target)
    except Refused:
        return None


def answer(
    judge: Counted,
    target: str,
    statement: Statement,
    dims: tuple[str, ...],
    session: Mapping[str, object] | None = None,
) -> Answer:
    """Its values by time and dimensions, in a session of those settings."""
    found = judge.execute(text(statement, target), settings={**(session or {}), **statement.settings})
    names = [name.lower() for name in found.columns]  # Snowflake's own case is the upper one
    rows = [dict(zip(names, row, strict=True)) for row in found.rows]
    return plain(told(rows, dims))


def plain(found: Answer) -> Answer:
    """Instants as UTC, truths as the numbers that some targets have for them."""
    return {
        tuple(_value(part) for part in key): {name: _value(value) for name, value in row.items()}
        for key, row in found.items()
    }


def _value(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    return found if isinstance(value, datetime | str) and (found := _instant(value)) is not None else value
