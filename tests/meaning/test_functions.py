"""The cases of the functions on the targets that are checked against their manuals; instants may come as their UTC time.

With columns as arguments; those of which a rendering was once wrong with constants, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from kpictl.dialects import named
from kpictl.ir.functions import FUNCTIONS
from tests.dialects.cases import CASTS, cases
from tests.dialects.engine import Engine
from tests.oracles.judge import Answer
from tests.oracles.plugin import Counted

BEYOND = {
    **dict.fromkeys(
        "add-10 sub-10 mul-10 real_divide-5 sqrt-2 ln-2 log10-2".split(), "FLOAT holds neither NaN nor Infinity"
    ),
    "int_divide-2": "the least BIGINT by -1 is no BIGINT: an error",
    "exp-2": "what is below 1e-304 is 0",
    "time_floor-23": "Windows has one rule for Nepal, which had another one before 1986",
}
"""Cases that Synapse answers otherwise, each for a reason of its types."""
JUDGE_ALONE = {
    "ceil-1": "DuckDB's own CEIL",
    **dict.fromkeys(("left-3", "right-3"), "GREATEST of a NULL"),
    **dict.fromkeys(
        ("int_divide-1", "int_divide-2", "int_divide-6", "interval_part-6"), "the rule's quotient is a DOUBLE"
    ),
    **dict.fromkeys(("round-2", "round-3"), "DuckDB's ROUND of an integer stays in its type"),
    **dict.fromkeys(("trunc-6", "trunc-7", "round-9", "round-10"), "beyond 1e20 a double is no decimal: an error"),
    "exp-2": "what is below 1e-304 is 0",
    **dict.fromkeys(
        ("sum-11", "mul-6", "mul-7", "mul-14", "mul-15"),
        "DuckDB's products of decimals keep the digits of the wider one",
    ),
}
"""Cases in which the rules of Redshift and Snowflake, not the statements, end before the reference does."""
ONCE_WRONG = "left right upper lower approx_count_distinct months_between add_interval_in power ceil floor add".split()
PAIRS = [(target, fn) for target in ("synapse", "redshift", "snowflake") for fn in (CASTS, *FUNCTIONS)]


class InstantsEngine(Engine):
    """Instants as instants, whatever the engine's type for them."""

    wants_instants = False

    def run(self, query: Any) -> Answer:
        answer = super().run(query)
        if not self.wants_instants:
            return answer
        return Answer(answer.columns, [tuple(map(_instant, row)) for row in answer.rows])


def _instant(value: object) -> object:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


def _differences(engine: InstantsEngine, fn: str) -> Iterator[str]:
    for case in (case for case in cases() if case.fn == fn):
        if case.label in (BEYOND if engine.dialect.name == "synapse" else JUDGE_ALONE) or engine.refuses(case):
            continue
        engine.wants_instants = case.expression().type.kind.value == "timestamptz"
        yield from engine.differences(case, constants=False)
        if fn in ONCE_WRONG and engine.dialect.name != "synapse":
            yield from engine.differences(case, constants=True)


@pytest.mark.parametrize(("target", "fn"), PAIRS)
def test_as_the_reference(judge: Callable[[str], Counted], target: str, fn: str) -> None:
    engine = InstantsEngine(named(target), judge(target), {})
    engine.load()
    assert list(_differences(engine, fn)) == []
