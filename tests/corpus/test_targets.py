"""The law of the corpus: on every target a query answers as KPI semantics say, or is refused for a reviewed reason.

From the author's text, as an analysis of a project, through the front door and the target's printer to the engine.
A query is run on every target of `kpictl.dialects.NAMES` that has a judge; a new target needs nothing here.
"""

from __future__ import annotations

from types import ModuleType

import pytest

from kpictl.dialects import named
from kpictl.plan.extensions import missing
from tests.corpus import corpus
from tests.corpus.extended import extended
from tests.corpus.outcomes import TARGETS, Bench, compiled, reviewed, wrong

CORPORA: tuple[ModuleType, ...] = (corpus, extended)
CASES = [
    pytest.param(target, source, case.id, id=f"{target}-{case.id}")
    for target in TARGETS
    for source in CORPORA
    for case in source.queries()
]


@pytest.mark.parametrize(("target", "source", "query"), CASES)
def test_same_or_refused(corpora: Bench, target: str, source: ModuleType, query: str) -> None:
    reason = wrong(target, query, corpora.outcome(source, target, query))
    assert reason is None, reason


@pytest.mark.parametrize("target", TARGETS)
def test_reviewed_refusals_are_of_queries_and_say_why(target: str) -> None:
    known = {query.id for source in CORPORA for query in source.queries()}
    for listed in reviewed(target).values():
        assert listed.query in known, listed.query
        assert listed.code.startswith("KPI"), listed
        assert len(listed.reason) > 20, listed


def test_nothing_needs_an_extension() -> None:
    for source in CORPORA:
        for one in compiled(source)["druid"].values():
            assert one.statement is None or missing(one.statement.sql, named("druid"), ()) is None, one.name


def test_printing_is_stable() -> None:
    first = {target: {n: c.statement for n, c in found.items()} for target, found in compiled(corpus).items()}
    compiled.cache_clear()
    assert first == {target: {n: c.statement for n, c in found.items()} for target, found in compiled(corpus).items()}
