"""Hostile sessions change no answer: zones, orders, collations, styles and plans of a session other than the usual ones.

What a statement rests on stands in the target's `settings`, which whoever runs it applies; nothing else may matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType

import pytest

from kpictl.dialects import named
from kpictl.ir.functions import Role
from kpictl.model.types import Kind
from tests.corpus import corpus
from tests.corpus.compare import difference
from tests.corpus.extended import extended
from tests.corpus.outcomes import compiled, reviewed, text
from tests.dialects.cases import Case, cases
from tests.dialects.engine import Engine
from tests.oracles import Judge
from tests.oracles.places import in_ci
from tests.oracles.plugin import Counted
from tests.oracles.postgres_engine import PostgresJudge

HOSTILE: dict[str, dict[str, object]] = {
    "duckdb": {
        "TimeZone": "America/Havana",
        "Calendar": "japanese",
        "default_null_order": "NULLS_FIRST",
        "default_order": "DESC",
        "default_collation": "NOCASE",
        "integer_division": True,
        "ieee_floating_point_ops": False,
        "old_implicit_casting": True,
        "preserve_insertion_order": False,
        "ordered_aggregate_threshold": 1,
        "scalar_subquery_error_on_multiple_rows": False,
    },
    "postgres": {
        "TimeZone": "America/Havana",
        "DateStyle": "SQL, DMY",
        "IntervalStyle": "sql_standard",
        "search_path": "pg_catalog, public",
        "standard_conforming_strings": "off",
        "escape_string_warning": "off",
        "backslash_quote": "off",
        "extra_float_digits": "-15",
        "transform_null_equals": "on",
        "array_nulls": "off",
        "timezone_abbreviations": "India",
        "bytea_output": "escape",
        "enable_hashagg": "off",
        "enable_sort": "off",
        "work_mem": "64kB",
    },
}
"""PostgreSQL's is a session of a database of another collation, too."""
TARGETS = tuple(HOSTILE)


@pytest.fixture(scope="module")
def hostile_judge(judge: Callable[[str], Counted]) -> Iterator[Callable[[str], Judge]]:
    """judge(name): for PostgreSQL a server of its own, whose database sorts as people do."""
    icu = PostgresJudge(icu="en-US")
    started: list[Judge] = []

    def ask(name: str) -> Judge:
        if name != "postgres":
            return judge(name)
        if not started:
            if reason := icu.missing():
                (pytest.fail if in_ci() else pytest.skip)(reason)
            icu.start()
            started.append(icu)
        return icu

    yield ask
    icu.stop()


def session(target: str, kind: Kind | None = None) -> dict[str, object]:
    """The settings; PostgreSQL's driver reads instants and intervals in one style only."""
    found = dict(HOSTILE[target])
    if target == "postgres" and kind in (None, Kind.INTERVAL):
        del found["IntervalStyle"]
    if target == "postgres" and kind in (None, Kind.TIMESTAMPTZ):
        found["DateStyle"] = "ISO, DMY"
    return found


@pytest.mark.parametrize("target", TARGETS)
def test_the_sessions_are_hostile(hostile_judge: Callable[[str], Judge], target: str) -> None:
    """Each setting is one of the engine's own, and together they change what plain SQL answers."""
    ask = "SELECT x, now() FROM (SELECT 'a' AS x UNION ALL SELECT 'B' UNION ALL SELECT NULL) AS t ORDER BY x LIMIT 1"
    one = hostile_judge(target)
    one.load({})
    assert one.execute(ask, settings=session(target)).rows[0][0] != "B"


@pytest.mark.parametrize("fn", dict.fromkeys(case.fn for case in cases()))
@pytest.mark.parametrize("target", TARGETS)
def test_functions(hostile_judge: Callable[[str], Judge], target: str, fn: str) -> None:
    found: list[str] = []
    engine = Engine(named(target), hostile_judge(target), {})
    engine.load()
    for number, case in enumerate(case for case in cases() if case.fn == fn):
        engine.session = session(target, case.expression().type.kind)
        if not engine.refuses(case):
            found += engine.differences(case, constants=_with_constants(case, number))
    assert found == []


def _with_constants(case: Case, number: int) -> bool:
    """Columns; of scalar functions every fourth case with constants instead."""
    return case.role is Role.SCALAR and number % 4 == 3


@pytest.mark.parametrize("source", [corpus, extended], ids=["corpus", "extended"])
@pytest.mark.parametrize("target", TARGETS)
def test_corpus(hostile_judge: Callable[[str], Judge], target: str, source: ModuleType) -> None:
    one = hostile_judge(target)
    one.load(source.tables())
    found = {}
    for query in source.queries():
        statement = compiled(source)[target][query.id].statement
        if statement is None:
            assert query.id in reviewed(target)
            continue
        answer = one.execute(text(statement, target), settings={**session(target), **statement.settings})
        if told := difference(query.rows, answer.rows, query.ordered):
            found[query.id] = told
    assert found == {}
