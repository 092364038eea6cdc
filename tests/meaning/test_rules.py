"""The rules themselves: each stands below its source, and each is needed: a wrong one makes a query of the corpora fail."""

from __future__ import annotations

import re

import pytest

from tests.corpus import corpus
from tests.corpus.extended import extended
from tests.corpus.outcomes import compiled, text
from tests.oracles.judge import Rejected
from tests.oracles.plugin import Bench, Counted, required

NOT_RULES = frozenset({"is_whole", "not_zero", "real_not_zero", "without_zone", "is_double", "naive"})
"""What several rules say together."""
FORBIDDEN = frozenset({"average_whole", "database_key", "matches_any_case"})
"""Meanings of T-SQL that no statement may come to: the mean of integers, and the database's collation."""
UNREACHED = {
    "redshift": {"f_regexp_instr", "f_regexp_replace", "f_last_day", "f_datediff_month"},
    "snowflake": {"f_last_day", "f_datediff_month", "f_parse_json", "f_startswith", "matches_like", "matches_ilike"},
    "synapse": {
        *("f_datalength", "f_eomonth", "f_json_query", "f_json_value_strict", "f_switchoffset", "style_23"),
        *("cast_bit", "cast_bit_text"),
        *FORBIDDEN,
    },
}
"""Rules of functions that no query of the corpora comes to; the cases of tests/dialects do, or of test_synapse.py."""


@pytest.fixture(scope="module", params=["redshift", "snowflake", "synapse"])
def judge(request: pytest.FixtureRequest, bench: Bench) -> Counted:
    """The session's own, which has read most statements already; no wrong rule stays in it."""
    return required(bench, request.param)


def test_each_rule_has_a_source(judge: Counted) -> None:
    rules = (judge.rules_file).read_text(encoding="utf-8")
    source = ""
    for line in rules.splitlines():
        if line.startswith("--"):
            source += line
        elif line.startswith("CREATE MACRO"):
            name = line.split()[2].partition("(")[0]
            assert name in NOT_RULES or re.search(r"\w+\.html|\{ms\}/[\w-]+/[\w-]+", source), f"{name} quotes no page"
        elif not line.strip():
            source = ""


def _answer(judge: Counted, sql: str) -> object:
    try:
        return sorted(map(repr, judge.execute(sql).rows))
    except Rejected:
        return "rejected"


def test_a_wrong_rule_fails_a_query(judge: Counted) -> None:
    """Each rule is replaced by NULL: some query that uses it must answer otherwise. Survivors are listed."""
    survivors = set(judge.rules) - NOT_RULES - UNREACHED[judge.name]
    for source in (corpus, extended):
        judge.load(source.tables())
        users: dict[str, list[str]] = {}
        for node in compiled(source)[judge.name].values():
            if node.statement is not None:
                judge.used.clear()
                judge.translated(text(node.statement, judge.name))
                for rule in judge.used:
                    users.setdefault(rule, []).append(text(node.statement, judge.name))
        assert users.keys().isdisjoint(FORBIDDEN)
        true: dict[str, object] = {}
        for rule in sorted(survivors & users.keys()):
            for sql in sorted(users[rule], key=len)[:_TRIED]:
                if sql not in true:
                    true[sql] = _answer(judge, sql)
                judge.mutate(rule, _wrong(judge.rules[rule]))
                try:
                    is_caught = true[sql] != _answer(judge, sql)
                finally:
                    judge.mutate(rule)
                if is_caught:
                    survivors.discard(rule)
                    break
    assert not survivors, f"no query of the corpora needs: {', '.join(sorted(survivors))}"


def _wrong(statement: str) -> str:
    """The rule with NULL as its meaning, in each of its arities."""
    head, *rest = re.split(r"(?<=[^,(]), (?=\()", statement)
    name, _, first = head.partition("(")
    arities = [first.partition(")")[0], *(each[1:].partition(")")[0] for each in rest)]
    return name + ", ".join(f"({arity}) AS NULL" for arity in arities) + ";"


_TRIED = 5
