"""The interpreter answers the corpus' queries as the corpus says."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from types import ModuleType
from typing import Any

import pytest

from kpictl.diagnostics import Place, Refused
from kpictl.ir.reference.values import Json, as_json
from kpictl.ir.scalars import Interval
from kpictl.sql.frontdoor import query
from tests.corpus import corpus
from tests.corpus.compare import difference
from tests.corpus.extended import extended
from tests.corpus.outcomes import reviewed
from tests.corpus.scopes import scope
from tests.interpreter.queries import Reader

CASES = [
    pytest.param(source, case, id=case.id)
    for source in (corpus, extended)
    for case in source.queries()
    if case.id not in reviewed("every")
]


@cache
def rows(source: ModuleType) -> dict[str, list[dict[str, Any]]]:
    """The tables of a corpus as rows of values."""
    found = {}
    for name, table in source.tables().items():
        bases = table.bases()
        found[name] = [{c: _value(v, bases[c]) for c, v in zip(bases, row, strict=True)} for row in table.rows]
    return found


def _value(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == "jsonb":
        return as_json(value)
    return tuple(value) if kind == "text[]" else value


def _shown(value: Any) -> Any:
    """As drivers hand it over: JSON decoded, an interval's year as 365 days and its month as 30."""
    if isinstance(value, Json):
        return value.value
    if isinstance(value, Interval):
        years, months = divmod(value.months, 12)
        return timedelta(days=years * 365 + months * 30 + value.days, microseconds=value.micros)
    return value


@pytest.mark.parametrize(("source", "case"), CASES)
def test_corpus(source: ModuleType, case: corpus.Query) -> None:
    try:
        tree = query(case.sql, scope(source), Place("corpus.sql"))
    except Refused as refused:
        pytest.fail(str(refused))
    answer = Reader(rows(source), {"as_of": source.AS_OF}).rows(tree)
    found = [tuple(_shown(value) for value in row.values()) for row in answer]
    told = difference(case.rows, found, ordered=case.ordered)
    assert told is None, told
