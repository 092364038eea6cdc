"""What the judges by Redshift's and Snowflake's manuals take for a recursive WITH, and what they must not take."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.corpus import corpus
from tests.meaning.checker import MeaningJudge
from tests.meaning.redshift import RedshiftJudge
from tests.meaning.snowflake import SnowflakeJudge
from tests.oracles.judge import Rejected
from tests.oracles.places import in_ci

_FIRST, _NEXT = (
    "SELECT CAST(1 AS DECIMAL(38, 0)) AS i",
    "SELECT CAST(n.i + 1 AS DECIMAL(38, 0)) AS i FROM n WHERE n.i < 3",
)
_TOTAL = "SELECT SUM(n.i) AS s FROM n"
_RIGHT = f"WITH RECURSIVE n (i) AS ({_FIRST} UNION ALL {_NEXT}) {_TOTAL}"
WRONG = {
    "names no columns": f"WITH RECURSIVE n AS ({_FIRST} UNION ALL {_NEXT}) {_TOTAL}",
    "drops duplicates": f"WITH RECURSIVE n (i) AS ({_FIRST} UNION {_NEXT}) {_TOTAL}",
    "has no type": f"WITH RECURSIVE n (i) AS (SELECT 1 AS i UNION ALL {_NEXT}) {_TOTAL}",
    "has two types": _RIGHT.replace("38, 0", "38, 2", 1),
    "limits": f"WITH RECURSIVE n (i) AS ({_FIRST} UNION ALL ({_NEXT} LIMIT 1)) {_TOTAL}",
    "groups": f"WITH RECURSIVE n (i) AS ({_FIRST} UNION ALL {_NEXT} GROUP BY n.i) {_TOTAL}",
}


@pytest.fixture(scope="module", params=(RedshiftJudge, SnowflakeJudge), ids=lambda made: made().name)
def judge(request: pytest.FixtureRequest) -> Iterator[MeaningJudge]:
    found: MeaningJudge = request.param()
    if reason := found.missing():
        (pytest.fail if in_ci() else pytest.skip)(reason)
    found.start()
    found.load(corpus.tables())
    yield found
    found.stop()


def test_a_typed_recursion_runs(judge: MeaningJudge) -> None:
    assert [int(row[0]) for row in judge.execute(_RIGHT).rows] == [6]


@pytest.mark.parametrize("sql", WRONG.values(), ids=WRONG.keys())
def test_another_is_rejected(judge: MeaningJudge, sql: str) -> None:
    with pytest.raises(Rejected, match="recursive WITH"):
        judge.execute(sql)


def test_redshift_has_no_with_inside_of_with(judge: MeaningJudge) -> None:
    sql = "WITH a AS (WITH b AS (SELECT 1 AS i) SELECT b.i FROM b) SELECT a.i FROM a"
    if judge.name == "snowflake":
        assert [int(row[0]) for row in judge.execute(sql).rows] == [1]
        return
    with pytest.raises(Rejected, match="with_in_with"):
        judge.execute(sql)
