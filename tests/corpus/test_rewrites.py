"""Law 11: a refusal is no dead end. What its help says to write compiles, and answers what the refused text answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import pytest
import yaml

from kpictl.plan.compiled import Compiled
from tests.corpus import corpus
from tests.corpus.compare import difference
from tests.corpus.corpus import Query
from tests.corpus.outcomes import HERE, TARGETS, compiled, reviewed, text
from tests.corpus.variants import Varied
from tests.oracles.plugin import Counted

NO_SQL = (
    "join a table of dates",
    "join a table",
    "keep the elements in a table of their own",
    "format the number where it is shown",
    "store the label as it is shown",
    "choose the grain day",
    "start on the first of a month",
    "write a simpler pattern",
    "say `g` alone",
    "use LIKE",
    "use REPLACE",
    "use SPLIT_PART",
    "use to_char with a template",
    # another answer, or an answer shaped otherwise, that the author may take as well
    "use days",
    "take its parts",
    "write a simpler pattern",
    "say `g` alone, or use REPLACE",
    "use date_diff in days",
    "use lower or upper",
    "use plain text",
    "use that form",
    "use UTC, or the zone of a place with the same rules",
    "return the rows, or count them",
    "return the elements as rows",
    "test for values with = ANY",
    "take the fields that are needed",
    "group by the text itself",
    "leave the limit out",
    "give a constant that is not empty",
    "give constant steps",
    "name the keys as constants",
    "make the date, and add to it",
    "write timestamp '",
    "round the number and cast it",
    # needs to know how deep the data is, or what is in it
    "compute the digest where the text is loaded",
    "generate_series for dates; store a tree",
    "join the levels that there are",
    "join to a series over the whole range",
    "join and group, or use a window",
    "count the rows of each side by group",
    "ask for each grouping in a query of its own",
)
"""Helps that name no other text with the same answer: data to keep, or a choice that only the author can make."""


@dataclass(frozen=True, slots=True)
class Case:
    """A refused query, and what its help says to write instead."""

    help: str
    targets: tuple[str, ...]
    query: str
    rewrite: str


CASES = [
    Case(each["help"], tuple(each["targets"]), each["query"], each["rewrite"])
    for each in yaml.safe_load((HERE / "rewrites.yml").read_text())
]


def _query(name: str, sql: str) -> Query:
    return replace(corpus.queries()[0], id=name, sql=sql)


_KINDS = (("q", "query"), ("r", "rewrite"))


@cache
def _compiled() -> dict[tuple[str, str], Compiled]:
    queries = [_query(f"{kind}{n}", getattr(c, of)) for kind, of in _KINDS for n, c in enumerate(CASES)]
    found = compiled(Varied(corpus, queries))  # type: ignore[arg-type]
    return {(target, name): node for target, nodes in found.items() for name, node in nodes.items()}


@pytest.mark.parametrize(
    ("n", "target"), [pytest.param(n, t, id=f"{t}-{c.help[:30]}") for n, c in enumerate(CASES) for t in c.targets]
)
def test_the_rewrite_compiles_and_agrees(n: int, target: str, judge: Callable[[str], Counted]) -> None:
    refused, rewrite = _compiled()[target, f"q{n}"], _compiled()[target, f"r{n}"]
    helps = [line for each in refused.diagnostics for line in each.help]
    assert refused.statement is None, "it compiles now: the case is history"
    assert any(CASES[n].help in line for line in helps), helps
    assert rewrite.statement is not None, rewrite.diagnostics
    expected = _answer(judge("postgres"), _compiled()["postgres", f"q{n}"])
    got = _answer(judge(target), rewrite)
    assert expected, "the query has rows"
    assert difference(expected, got, False, booleans=judge(target).has_boolean) is None


def _answer(judge: Counted, node: Compiled) -> list[tuple[object, ...]]:
    assert node.statement is not None, node.diagnostics
    judge.load(corpus.tables())
    return judge.execute(text(node.statement, node.dialect), settings=node.statement.settings).rows


def test_every_suggestion_is_written_out() -> None:
    """The helps of the reviewed refusals are here, or name no text."""
    helps = {
        found[1].removesuffix(", instead")
        for target in TARGETS
        for each in reviewed(target).values()
        if (found := re.search(r"; instead: (.*)$", each.reason))
    }
    known = {case.help for case in CASES}
    missing = [h for h in helps if not any(h.startswith(k) for k in known) and not h.startswith(NO_SQL)]
    assert not missing
