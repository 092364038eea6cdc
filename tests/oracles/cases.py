"""What each judge must answer on one small table before its word on anything else counts.

The table holds every declared type, NULL everywhere, text with accents and quotes, an instant that is another day in
another zone. Each case is a statement and its rows; `bad` are statements that the engine must reject.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from tests.corpus.compare import difference
from tests.oracles.judge import Judge, Rejected, Row, Table

THINGS = Table(
    {
        "id": "int",
        "big": "bigint",
        "note": "text",
        "ok": "boolean",
        "amount": "numeric(12,2)",
        "ratio": "double",
        "day": "date",
        "wall": "timestamp",
        "moment": "timestamptz",
        "props": "jsonb",
        "tags": "text[]",
    },
    [
        (
            1,
            3_000_000_001,
            'Zoë said "it\'s"\n',
            True,
            Decimal("1.10"),
            0.1,
            date(2024, 2, 29),
            datetime(2024, 2, 29, 23, 30, 0, 250_000),
            datetime(2024, 12, 31, 23, 30, tzinfo=UTC),
            {"a": 1, "b": ["x", None]},
            ["x", "y"],
        ),
        (
            2,
            -1,
            "",
            False,
            Decimal("-220.05"),
            -2.5e-300,
            date(1969, 12, 31),
            datetime(1969, 12, 31, 0, 0),
            datetime(2024, 1, 1, tzinfo=UTC),
            {},
            ["z"],
        ),
        (3, None, None, None, None, None, None, None, datetime(2024, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC), None, None),
    ],
    time="moment",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """Statements with their rows, statements to reject, and whether only analysis is asked."""

    good: tuple[tuple[str, tuple[Row, ...] | None], ...]
    bad: tuple[str, ...]
    only_parsed: bool = False


def _rows(*names: str) -> tuple[Row, ...]:
    at = [list(THINGS.columns).index(name) for name in names]
    return tuple(tuple(row[i] for i in at) for row in THINGS.rows)


def _select(*names: str) -> tuple[str, tuple[Row, ...]]:
    return f"SELECT {', '.join(names)} FROM things ORDER BY id", _rows(*names)


_POSTGRES = Cases(
    good=(
        _select(*THINGS.columns),
        ("SELECT sum(amount), count(*) filter (where ok), 7 / 2 FROM things", ((Decimal("-218.95"), 1, 3),)),
        ("SELECT interval '14 months 16 days'", (("interval 38102400s",),)),
        ("SELECT lower('É') || 'a' < 'ü', 'a' < 'B' FROM things LIMIT 1", ((True, False),)),
    ),
    bad=(
        "SELECT nope FROM things",
        "SELECT id FROM nowhere",
        "SELECT note + 1 FROM things",
        "SELECT 1 FROM things WHERE WHERE",
    ),
)
_DRUID = tuple(
    (*row[:3], None if row[3] is None else int(bool(row[3])), *row[4:])
    for row in _rows("id", "big", "note", "ok", "amount", "ratio", "moment")
)
_ZETASQL_BAD = (
    "SELECT DATE_TRUNC('month', moment) FROM things",
    "SELECT id::int FROM things",
    "SELECT id, SUM(amount) FROM things",
    "SELECT TOP 5 id FROM things",
    "SELECT CAST(id AS VARCHAR) FROM things",
    "SELECT COUNT(*) FILTER (WHERE id > 1) FROM things",
    "FROM things |> AGGREGATE COUNT(*) n GROUP BY id",
)
_TSQL_GOOD = (
    "SELECT TOP 10 id FROM things ORDER BY id",
    "SELECT id, amount FROM dbo.things t WHERE t.ok = 1 ORDER BY t.[day] OFFSET 0 ROWS FETCH NEXT 5 ROWS ONLY",
    "SELECT FORMAT(wall, 'yyyy-MM') AS f, DATEADD(month, DATEDIFF(month, 0, wall), 0) AS m FROM things",
    "WITH c AS (SELECT 1 AS a) SELECT TRY_CAST(a AS DECIMAL(38, 9)) AS x, IIF(a > 1, 1, 0) AS i FROM c",
    "SELECT STRING_AGG(note, ',') WITHIN GROUP (ORDER BY id) AS s FROM things",
    "SELECT SUM(ratio) OVER (ORDER BY id ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS s FROM things",
    "SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY ratio) OVER (PARTITION BY note) AS p FROM things",
    "SELECT t.id FROM things AS t WHERE EXISTS (SELECT 1 FROM things AS u WHERE u.id = t.id) ORDER BY t.id",
)
_TSQL_BAD = (
    "SELECT id FROM things LIMIT 10",
    "SELECT id FROM things WHERE moment > INTERVAL '1' DAY",
    "SELECT id FROM things QUALIFY id = 1",
    "SELECT COUNT(*) FILTER (WHERE id > 1) FROM things",
    "SELECT id FROM things WHERE ok IS TRUE",
    "SELECT id = = 1 FROM things",
)
CASES = {
    "postgres": _POSTGRES,
    "timescale": Cases(
        good=(
            *_POSTGRES.good,
            ("SELECT time_bucket('1 day', moment) FROM things WHERE id = 2", ((date(2024, 1, 1),),)),
        ),
        bad=_POSTGRES.bad,
    ),
    "duckdb": Cases(
        good=(
            _select(*THINGS.columns),
            ("SELECT sum(amount), count(*) filter (where ok), 7 // 2 FROM things", ((Decimal("-218.95"), 1, 3),)),
            ("SELECT to_days(16) + to_months(14)", (("interval 38102400s",),)),
        ),
        bad=_POSTGRES.bad[:2],
    ),
    "bigquery": Cases(
        good=(
            _select(*THINGS.columns),
            ("SELECT SUM(amount), COUNTIF(ok), DIV(7, 2) FROM things", ((Decimal("-218.95"), 1, 3),)),
            (
                "SELECT TIMESTAMP_TRUNC(moment, WEEK(MONDAY), 'Europe/Berlin') FROM things WHERE id = 1",
                ((datetime(2024, 12, 29, 23, tzinfo=UTC),),),
            ),
            ("SELECT MAKE_INTERVAL(1, 2, 16)", (("interval 38102400s",),)),
            ("SELECT MAKE_INTERVAL(0, -14, -16, 1)", (("interval -38098800s",),)),
            (
                "SELECT CAST(1 AS NUMERIC) / 3, CAST('1e-30' AS BIGNUMERIC)",
                ((Decimal("0.333333333"), Decimal("1e-30")),),
            ),
            ("SELECT DISTINCT PERCENTILE_CONT(ratio, 0.5) OVER () FROM things", ((0.05,),)),
            ("SELECT ARRAY_AGG(id ORDER BY id DESC) a FROM things", (([3, 2, 1],),)),
        ),
        bad=(*_POSTGRES.bad, *_ZETASQL_BAD),
    ),
    "synapse": Cases(
        good=tuple((sql, None) for sql in _TSQL_GOOD),
        bad=(
            *_TSQL_BAD,
            "SELECT nope FROM things",
            "SELECT id FROM nowhere",
            "WITH c AS (SELECT id FROM things) SELECT zz FROM c",
            "SELECT t.id FROM things t JOIN things u ON t.id = u.idd ORDER BY t.id",
            "SELECT id::int AS x FROM things",
            "SELECT TRUE AS x",
        ),
        only_parsed=True,
    ),
    "druid": Cases(
        good=(
            (
                "SELECT id, big, note, ok, amount, ratio, __time FROM things GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY id",
                _DRUID,
            ),
            ("SELECT __time, props FROM things", tuple(sorted(_rows("moment", "props"), key=str))),
            ("SELECT SUM(big), COUNT(*) FILTER (WHERE ok = 1), 7 / 2 FROM things", ((3_000_000_000, 1, 3),)),
            (
                'SELECT id, MILLIS_TO_TIMESTAMP("day"), CAST(MILLIS_TO_TIMESTAMP("day") AS DATE), ok = 1, '
                "ratio * 1e300 * 1e300 FROM things GROUP BY 1, 2, 3, 4, 5 ORDER BY id",
                (
                    (1, date(2024, 2, 29), date(2024, 2, 29), True, float("inf")),
                    (2, date(1969, 12, 31), date(1969, 12, 31), False, -2.5e300),
                    (3, None, None, None, None),
                ),
            ),
        ),
        bad=(_POSTGRES.bad[0], _POSTGRES.bad[1], "SELECT note + 1 FROM things;", "SELECT date FROM things"),
    ),
}


def faults(judge: Judge) -> list[str]:
    """What this judge gets wrong; empty when it may judge."""
    found = []
    cases = CASES[judge.name]
    judge.load({"things": THINGS})
    for sql, rows in cases.good:
        judge.analyse(sql)
        if rows is not None and not cases.only_parsed:
            answered = judge.execute(sql).rows
            if told := difference(rows, answered, True, booleans=judge.has_boolean):
                found.append(f"{sql}: {told}")
    for sql in cases.bad:
        try:
            judge.analyse(sql)
        except Rejected:
            continue
        found.append(f"accepted: {sql}")
    return found
