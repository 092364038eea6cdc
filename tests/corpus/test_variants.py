"""Law 8 on every target: texts that say the same answer the same (and where only the layout differs, print the same)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from types import ModuleType

import pytest

from tests.corpus import corpus
from tests.corpus.corpus import Query
from tests.corpus.extended import extended
from tests.corpus.outcomes import TARGETS, compiled, outcomes
from tests.corpus.variants import Varied, reformatted, variants
from tests.oracles.plugin import Counted

_EACH = 5
"""Of the many constructs each so manieth is varied, and asked where a statement costs a millisecond."""
CASES = [
    *(pytest.param(target, corpus, id=target) for target in TARGETS),
    *(pytest.param(target, extended, id=f"{target}-constructs") for target in ("duckdb", "postgres")),
]


@cache
def _varied(source: ModuleType) -> dict[str, tuple[str, Query]]:
    """By id of the variant: what kind of variant it is, and the query with its text."""
    queries = source.queries() if source is corpus else source.queries()[::_EACH]
    return {
        f"{query.id}__{n}": (name, replace(query, id=f"{query.id}__{n}", sql=text))
        for query in queries
        for n, (name, text) in enumerate(variants(query.sql))
    }


@cache
def _all(source: ModuleType) -> Varied:
    return Varied(source, (query for _, query in _varied(source).values()))


@pytest.mark.parametrize(("target", "source"), CASES)
def test_other_words_for_the_same(target: str, source: ModuleType, judge: Callable[[str], Counted]) -> None:
    """A variant of a query that answers the truth answers it too; one of a refused query is refused."""
    known = compiled(source)[target]
    found = outcomes(_all(source), target, judge(target))  # type: ignore[arg-type]
    kinds = {name: kind for name, (kind, _) in _varied(source).items()}
    wrong = []
    for name, outcome in found.items():
        compiles = known[name.rpartition("__")[0]].statement is not None
        expected = ("same", "not held", "accepted") if compiles else ("refused",)
        if outcome.word not in expected:
            wrong.append(f"{name} ({kinds[name]}): {outcome.word} {outcome.detail}\n{outcome.sql}")
    assert not wrong, "\n\n".join(wrong)
    assert len(found) > 50, "variants of most queries"


def test_layout_is_nothing() -> None:
    """Another case of keywords, other blanks and comments: the same bytes on every target."""
    for source in (corpus, extended):
        queries = source.queries()
        plain = compiled(source)
        changed = compiled(Varied(source, (replace(query, sql=str(reformatted(query.sql))) for query in queries)))  # type: ignore[arg-type]
        for target in TARGETS:
            told = {n: one.statement and one.statement.sql for n, one in plain[target].items()}
            other = {n: one.statement and one.statement.sql for n, one in changed[target].items()}
            assert _unlike(told, other) == []


def _unlike(one: Mapping[str, str | None], other: Mapping[str, str | None]) -> list[str]:
    return [f"{name}:\n{one[name]}\n{other[name]}" for name in one if one[name] != other[name]]
