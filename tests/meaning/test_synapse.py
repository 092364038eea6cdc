"""The rules of T-SQL answer what the manual's own examples answer, and reject what it says fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import pytest

from tests.oracles.judge import Rejected, Table
from tests.oracles.plugin import Counted

_B = "COLLATE Latin1_General_100_BIN2_UTF8"


def _utc(wall: str) -> str:
    """A wall time of Warsaw as the instant that it names."""
    local = f"CAST('{wall}' AS DATETIME2(6)) AT TIME ZONE 'Central European Standard Time'"
    return f"CAST({local} AT TIME ZONE 'UTC' AS DATETIME2(6))"


ANSWERS = [
    # precision-scale-and-length: its example of a scale reduced to 6
    ("CAST(0.0000009000 AS DECIMAL(30, 10)) * CAST(1.0000000000 AS DECIMAL(30, 10))", Decimal("0.000001")),
    ("7 / 2", 3),
    ("-7 / 2", -3),
    ("38 % 5", 3),
    ("ROUND(150.75, 0)", Decimal("151.00")),
    ("ROUND(150.75, 0, 1)", Decimal("150.00")),
    ("CAST(2.9 AS INT)", 2),
    ("CAST(N'' AS BIGINT)", 0),
    ("CAST(N'true' AS BIT)", 1),
    ("CAST(7 AS BIT)", 1),
    # at-time-zone: before the gap, in it, in the overlapped hour and after it, as UTC
    (_utc("2015-03-29T01:01:00"), datetime(2015, 3, 29, 0, 1)),
    (_utc("2015-03-29T02:01:00"), datetime(2015, 3, 29, 1, 1)),
    (_utc("2015-10-25T02:00:00"), datetime(2015, 10, 25, 0, 0)),
    (_utc("2015-10-25T03:01:00"), datetime(2015, 10, 25, 2, 1)),
    # datediff: boundaries, not lengths
    ("DATEDIFF(year, '2005-12-31 23:59:59.9999999', '2006-01-01 00:00:00.0000000')", 1),
    ("DATEDIFF(day, '2036-03-01', '2036-02-28')", -2),
    ("DATEADD(month, 1, CAST('2006-08-31' AS DATE))", date(2006, 9, 30)),
    ("EOMONTH(CAST('2024-02-10' AS DATE))", date(2024, 2, 29)),
    ("LEN(N'ab  ')", 2),
    ("DATALENGTH(N'ab ')", 6),
    (f"LEN(REPLICATE(N'x' {_B}, 4000) + N'y')", 4000),
    (f"LEN(CAST(REPLICATE(N'x' {_B}, 4000) AS NVARCHAR(MAX)) + N'y')", 4001),
    ("CASE WHEN N'a' = N'A ' THEN 1 ELSE 0 END", 1),
    (f"CASE WHEN N'a' {_B} = N'A' THEN 1 ELSE 0 END", 0),
    (f"CASE WHEN N'a' {_B} = N'a  ' THEN 1 ELSE 0 END", 1),
    ("CASE WHEN N'ABC' LIKE N'a_[c-d]' THEN 1 ELSE 0 END", 1),
    (f"CASE WHEN N'ABC' {_B} LIKE N'a%' THEN 1 ELSE 0 END", 0),
    (f"CASE WHEN N'50[' {_B} LIKE N'%\\[' ESCAPE N'\\' THEN 1 ELSE 0 END", 1),
    ("CASE WHEN N'a ' LIKE N'a' THEN 1 ELSE 0 END", 0),
    ("SUBSTRING(N'abc', 2, 100)", "bc"),
    (f"CHARINDEX(N'c' {_B}, N'abcabc', 4)", 6),
    ("CONVERT(NVARCHAR(10), CAST('2024-02-09' AS DATE), 23)", "2024-02-09"),
    ("CONVERT(NVARCHAR(26), CAST('2024-02-09T03:04:05.25' AS DATETIME2(6)), 121)", "2024-02-09 03:04:05.250000"),
    ('JSON_QUERY(N\'{"a": [1, 2], "b": 3}\', N\'$."a"\')', "[1,2]"),
    ('JSON_QUERY(N\'{"a": [1, 2], "b": 3}\', N\'$."b"\')', None),
    ('JSON_VALUE(N\'{"a": [1, 2], "b": 3}\', N\'$."a"\')', None),
    ('JSON_VALUE(N\'{"a": [1, 2], "b": 3}\', N\'strict $."b"\')', "3"),
    ("(SELECT AVG(t.n) AS mean FROM (SELECT 1 AS n UNION ALL SELECT 2 AS n) AS t)", 1),
    ("(SELECT COUNT_BIG(DISTINCT t.n) AS n FROM (SELECT N'a' AS n UNION ALL SELECT N'A ' AS n) AS t)", 1),
    ("DATEPART(iso_week, CAST('2021-01-03' AS DATE))", 53),
    ("(SELECT TOP (1) t.n FROM (SELECT 1 AS n UNION ALL SELECT NULL AS n) AS t ORDER BY t.n)", None),
]
REJECTED = [
    "SELECT 2147483647 + 1 AS x",
    "SELECT CAST(9223372036854775807 AS BIGINT) + CAST(1 AS BIGINT) AS x",
    "SELECT (SELECT SUM(t.n) AS s FROM (SELECT 2147483647 AS n UNION ALL SELECT 1 AS n) AS t) AS x",
    "SELECT 1 / 0 AS x",
    "SELECT CAST(N'' AS DECIMAL(38, 0)) AS x",
    "SELECT CAST(N'1.5' AS BIGINT) AS x",
    "SELECT DATEADD(second, CAST(3000000000 AS BIGINT), CAST('2024-01-01' AS DATETIME2(6))) AS x",
    "SELECT DATEADD(hour, 1, CAST('2024-01-01' AS DATE)) AS x",
    "SELECT LEFT(N'abc', -1) AS x",
    "SELECT JSON_VALUE(N'{}', N'strict $.\"a\"') AS x",
    "SELECT SUM(t.ok) AS x FROM t",
    "SELECT COUNT_BIG(*) AS n FROM t GROUP BY 1",
    "SELECT MAX(t.note) AS x FROM t GROUP BY (SELECT 1 AS one)",
    "SELECT SUM((SELECT 1 AS one)) AS x FROM t",
    "SELECT ROW_NUMBER() OVER (PARTITION BY t.note) AS n FROM t",
    "SELECT u.note FROM (SELECT t.note FROM t ORDER BY t.note) AS u",
    "SELECT t.note FROM t ORDER BY t.note, t.note",
    "SELECT DISTINCT t.note FROM t ORDER BY t.ok",
    "SELECT t.note FROM t GROUP BY GROUPING SETS ((t.note), ())",
    "SELECT t.note FROM t ORDER BY t.note OFFSET 1 ROWS",
    "SELECT GREATEST(1, 2) AS x",
    "SELECT DATETRUNC(month, t.at) AS x FROM t",
    f"SELECT CASE WHEN t.note {_B} = t.note COLLATE Latin1_General_100_CI_AS THEN 1 ELSE 0 END AS x FROM t",
    "SELECT note FROM t WHERE note = 1",
    "SELECT t.note + t.ok AS x FROM t",
]


@pytest.fixture
def synapse(judge: Callable[[str], Counted]) -> Counted:
    found = judge("synapse")
    columns = {"note": "text", "ok": "boolean", "at": "timestamptz"}
    found.load({"t": Table(columns, [("a", True, datetime(2024, 1, 1)), ("A", False, None)])})
    return found


@pytest.mark.parametrize(("expression", "answer"), ANSWERS, ids=[told for told, _ in ANSWERS])
def test_answers_as_the_manual(synapse: Counted, expression: str, answer: object) -> None:
    assert synapse.execute(f"SELECT {expression} AS x").rows == [(answer,)]


@pytest.mark.parametrize("sql", REJECTED)
def test_rejects_what_the_manual_does(synapse: Counted, sql: str) -> None:
    with pytest.raises(Rejected):
        synapse.execute(sql)
