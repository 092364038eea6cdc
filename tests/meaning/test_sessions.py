"""Hostile sessions change no answer on the targets that are checked against their manuals.

What a statement rests on stands in the target's `settings`; `rules/<target>.sessions.sql` says what a session's other value of
one would do. Each setting is needed: without it a case is answered otherwise, or the reason why none is stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import pytest

from kpictl.diagnostics import Refused
from kpictl.dialects import named
from kpictl.dialects.dialect import Dialect
from kpictl.ir.functions import FUNCTIONS
from tests.corpus import corpus
from tests.corpus.compare import difference
from tests.corpus.outcomes import compiled, text
from tests.dialects.cases import CASTS, Case, cases
from tests.meaning.test_functions import BEYOND, JUDGE_ALONE, InstantsEngine
from tests.oracles.judge import Rejected
from tests.oracles.plugin import Counted

HOSTILE: Mapping[str, Mapping[str, str]] = {
    "snowflake": {
        "TIMEZONE": "America/Havana",
        "WEEK_START": "7",
        "WEEK_OF_YEAR_POLICY": "1",
        "TIMESTAMP_TYPE_MAPPING": "TIMESTAMP_TZ",
        "DATE_INPUT_FORMAT": "DD/MM/YYYY",
        "TIME_INPUT_FORMAT": "HH12:MI AM",
        "TIMESTAMP_INPUT_FORMAT": "DD/MM/YYYY HH24:MI:SS",
        "DATE_OUTPUT_FORMAT": "DD/MM/YYYY",
        "TIMESTAMP_OUTPUT_FORMAT": "DD/MM/YYYY HH24:MI:SS",
        "TWO_DIGIT_CENTURY_START": "2000",
        "DEFAULT_NULL_ORDERING": "FIRST",
        "ROWS_PER_RESULTSET": "2",
        "QUOTED_IDENTIFIERS_IGNORE_CASE": "TRUE",
    },
    "redshift": {
        "timezone": "America/Havana",
        "datestyle": "SQL, DMY",
        "enable_numeric_rounding": "off",
        "enable_case_sensitive_super_attribute": "false",
        "navigate_super_null_on_error": "off",
        "cast_super_null_on_error": "off",
        "describe_field_name_in_uppercase": "on",
        "extra_float_digits": "-15",
    },
    "synapse": {
        "ANSI_NULLS": "OFF",
        "ANSI_WARNINGS": "OFF",
        "ARITHABORT": "OFF",
        "CONCAT_NULL_YIELDS_NULL": "OFF",
        "QUOTED_IDENTIFIER": "OFF",
        "DATEFIRST": "3",
        "DATEFORMAT": "dmy",
        "LANGUAGE": "Deutsch",
        "ROWCOUNT": "2",
    },
}
NEEDED_BY = {
    ("snowflake", "TIMEZONE"): "time_floor",
    ("snowflake", "WEEK_START"): "time_floor",
    ("snowflake", "DATE_INPUT_FORMAT"): CASTS,
    ("snowflake", "TIMESTAMP_INPUT_FORMAT"): CASTS,
    ("snowflake", "DEFAULT_NULL_ORDERING"): "first_value",
    ("snowflake", "ROWS_PER_RESULTSET"): "abs",
    ("redshift", "describe_field_name_in_uppercase"): "abs",
    ("synapse", "CONCAT_NULL_YIELDS_NULL"): "concat_op",
    ("synapse", "ROWCOUNT"): "abs",
}
"""A function with a case that fails in a hostile session without the setting."""
NOT_SEEN = {
    ("snowflake", "WEEK_OF_YEAR_POLICY"): "weeks are said by WEEKISO and YEAROFWEEKISO, which it does not change",
    (
        "snowflake",
        "TIMESTAMP_TYPE_MAPPING",
    ): "every timestamp is said with NTZ or LTZ; it is of a hand-written view's columns",
    ("snowflake", "TIME_INPUT_FORMAT"): "the judge has no times of day",
    ("snowflake", "QUOTED_IDENTIFIERS_IGNORE_CASE"): "the judge's names have no case",
    (
        "redshift",
        "timezone",
    ): "every change between an instant and a wall time names its zone; it is of how drivers read answers",
    (
        "redshift",
        "enable_case_sensitive_super_attribute",
    ): "no case of a function reads a key with capitals of a SUPER column",
    (
        "redshift",
        "navigate_super_null_on_error",
    ): "no case of a function reads a key of a SUPER column that is not there",
    ("redshift", "datestyle"): "the cases have dates in ISO's form only, which every style reads alike",
    ("redshift", "cast_super_null_on_error"): "the manual does not say which casts of SUPER fail",
    ("synapse", "ANSI_NULLS"): "nothing is compared with NULL itself, which is all that it changes",
    ("synapse", "ANSI_WARNINGS"): "with ARITHABORT ON an overflow ends the query",
    ("synapse", "ARITHABORT"): "with ANSI_WARNINGS ON an overflow ends the query",
    ("synapse", "QUOTED_IDENTIFIER"): "names stand in brackets",
    ("synapse", "DATEFORMAT"): "the cases have dates in ISO's form only, which every order reads alike",
}
TIMELY = ("date", "timestamp", "timestamptz", "jsonb")
TEXTUAL = (CASTS, "concat", "concat_op", "concat_ws", "first_value", "string_agg", "rank", "real_divide", "mul")


class _Hostile(InstantsEngine):
    """Finds each column whatever an answer calls it only as far as its position goes: names are what was asked for."""

    def run(self, query: object) -> object:  # type: ignore[override]
        answer = super().run(query)
        assert all(name == name.lower() for name in answer.columns), answer.columns
        return answer


def _wanted(target: str, case: Case) -> bool:
    """Cases over times and documents, and of texts, NULLs and quotients."""
    if case.label in (BEYOND if target == "synapse" else JUDGE_ALONE):
        return False
    return case.fn in TEXTUAL or any(kind.startswith(TIMELY) for _, kind in case.columns)


def _differences(judge: Counted, dialect: Dialect, fns: tuple[str, ...]) -> Iterator[str]:
    engine = _Hostile(dialect, judge, HOSTILE[dialect.name])
    engine.load()
    for case in (case for case in cases() if case.fn in fns):
        if engine.refuses(case):
            continue
        engine.wants_instants = case.expression().type.kind.value == "timestamptz"
        try:
            yield from engine.differences(case, constants=False)
            if case.fn == CASTS:
                yield from engine.differences(case, constants=True)
        except (AssertionError, LookupError, Refused, Rejected) as error:
            yield f"{case.label}: {error}"


@pytest.mark.parametrize("fn", dict.fromkeys(case.fn for case in cases()))
@pytest.mark.parametrize("target", HOSTILE)
def test_functions(judge: Callable[[str], Counted], target: str, fn: str) -> None:
    if any(_wanted(target, case) for case in cases() if case.fn == fn):
        assert [told for told in _differences(judge(target), named(target), (fn,)) if not _left_out(target, told)] == []


def _left_out(target: str, told: str) -> bool:
    return told.partition(" ")[0].rstrip(":") in (BEYOND if target == "synapse" else JUDGE_ALONE)


@pytest.mark.parametrize("target", HOSTILE)
def test_corpus(judge: Callable[[str], Counted], target: str) -> None:
    one = judge(target)
    one.load(corpus.tables())
    found = {}
    for query in corpus.queries():
        statement = compiled(corpus)[target][query.id].statement
        if statement is not None:
            answer = one.execute(text(statement, target), settings={**HOSTILE[target], **statement.settings})
            if told := difference(query.rows, answer.rows, query.ordered, booleans=one.has_boolean):
                found[query.id] = told
    assert found == {}


@pytest.mark.parametrize(("target", "setting"), NEEDED_BY)
def test_each_setting_is_needed(judge: Callable[[str], Counted], target: str, setting: str) -> None:
    dialect = named(target)
    kept = {name: value for name, value in dialect.settings.items() if name != setting}
    without = replace(dialect, settings=kept)
    assert next(_differences(judge(target), without, (NEEDED_BY[target, setting],)), None) is not None


def test_every_setting_is_spoken_of() -> None:
    made = {(target, name) for target in HOSTILE for name in named(target).settings}
    assert made == {*NEEDED_BY, *NOT_SEEN}
    assert [pair for pair in made if pair[1] not in HOSTILE[pair[0]]] == []
    assert set(NEEDED_BY.values()) <= {CASTS, *FUNCTIONS}
