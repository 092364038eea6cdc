"""Columns are read from the form that they are stored in, on the engine itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from kpictl.diagnostics import Place, Refused
from kpictl.dialects import named
from kpictl.dialects.physical import Stored
from kpictl.dialects.render import render
from kpictl.ir.query import Query
from kpictl.model.types import BOOLEAN, DATE, INTEGER, JSON, TIMESTAMP, TIMESTAMPTZ, Kind, Type
from kpictl.sql.frontdoor import query
from kpictl.sql.scope import Scope, Table
from tests.corpus.compare import difference
from tests.oracles.judge import Rejected, Row
from tests.oracles.judge import Table as Rows
from tests.oracles.plugin import Counted

SCOPE = Scope(
    tables={
        "stays": Table(
            "stays",
            {"id": INTEGER, "day": DATE, "wall": TIMESTAMP, "moment": TIMESTAMPTZ, "paid": BOOLEAN, "until": DATE},
        )
    }
)
STORED = Rows(
    {"id": "int", "day": "text", "wall": "bigint", "moment": "bigint", "paid": "int", "until": "bigint"},
    [
        (1, "29.02.2024", 1709251200, 1709251200250, 1, 1709251200000),
        (2, "31.12.1969", -1, -1, 0, -86400000),
        (3, None, None, None, None, None),
    ],
)
DMY = {"duckdb": "%d.%m.%Y", "postgres": "DD.MM.YYYY"}
TEXT = "SELECT id, day, wall, moment, paid, until FROM stays WHERE day < '2025-01-01' OR paid IS NULL ORDER BY id"
ROWS = (
    (
        1,
        date(2024, 2, 29),
        datetime(2024, 3, 1),
        datetime(2024, 3, 1, 0, 0, 0, 250_000, UTC),
        True,
        date(2024, 3, 1),
    ),
    (
        2,
        date(1969, 12, 31),
        datetime(1969, 12, 31, 23, 59, 59),
        datetime(1969, 12, 31, 23, 59, 59, 999_000, UTC),
        False,
        date(1969, 12, 31),
    ),
    (3, None, None, None, None, None),
)


def _printed(target: str, words: dict[str, str], sql: str = TEXT) -> str:
    tree = query(sql, SCOPE, Place("x.sql"))
    return render(tree, named(target), relations=lambda n: (n,), stored=lambda source: Stored(columns=words)).sql


@pytest.mark.parametrize("target", DMY)
def test_forms(judge: Callable[[str], Counted], target: str) -> None:
    engine = judge(target)
    engine.load({"stays": STORED})
    words = {
        "day": f"text {DMY[target]}",
        "wall": "seconds",
        "moment": "millis",
        "paid": "number",
        "until": "millis",
    }
    told = difference(ROWS, engine.execute(_printed(target, words)).rows, True)
    assert told is None, told


_ISO = {"day": "text", "wall": "text", "moment": "text", "paid": "text", "amount": "text", "n": "text", "doc": "text"}
_EPOCH = {"day": "millis", "wall": "seconds", "moment": "millis", "paid": "number"}
_PATTERNS = {
    "duckdb": {"day": "text %d.%m.%Y", "wall": "text %Y%m%d %H%M%S", "moment": "text %Y-%m-%dT%H:%M:%S%z"},
    "postgres": {"day": "text DD.MM.YYYY", "wall": "text YYYYMMDD HH24MISS"},
    "timescale": {"day": "text DD.MM.YYYY", "wall": "text YYYYMMDD HH24MISS"},
    "druid": {"day": "text dd.MM.yyyy", "wall": "text yyyyMMdd HHmmss", "moment": "text yyyy-MM-dd'T'HH:mm:ssZ"},
    "bigquery": {"day": "text %d.%m.%Y", "wall": "text %Y%m%d %H%M%S", "moment": "text %Y-%m-%dT%H:%M:%S%Ez"},
    "synapse": {"day": "text YYYY-MM-DD", "moment": "seconds"},
    "snowflake": {"day": "text YYYY-MM-DD"},
    "redshift": {"day": "text YYYY-MM-DD"},
}
_DECLARED = {
    "id": "int",
    "day": "date",
    "wall": "timestamp",
    "moment": "timestamptz",
    "paid": "boolean",
    "amount": "numeric(12,2)",
    "n": "int",
    "doc": "jsonb",
}
_STAYS = {
    "id": INTEGER,
    "day": DATE,
    "wall": TIMESTAMP,
    "moment": TIMESTAMPTZ,
    "paid": BOOLEAN,
    "amount": Type(Kind.DECIMAL, 12, 2),
    "n": INTEGER,
    "doc": JSON,
}
_DAYS = (date(2024, 2, 29), date(2024, 2, 29), date(1969, 12, 31))
_WALLS = (datetime(2024, 3, 1, 12, 30, 5), datetime(2024, 3, 31, 2, 30), datetime(1969, 12, 31, 23, 59, 59))
_MOMENTS = (datetime(2024, 3, 1, 23, 59, 59), datetime(2024, 3, 31, 0, 30), datetime(1969, 12, 31, 23, 59, 59))
_PLAIN: list[tuple[Any, ...]] = [
    (1, _DAYS[0], _WALLS[0], _MOMENTS[0].replace(tzinfo=UTC), True, Decimal("10.25"), 5, {"a": 1}),
    (2, _DAYS[1], _WALLS[1], _MOMENTS[1].replace(tzinfo=UTC), False, Decimal("-3.10"), -7, {"a": 2}),
    (3, _DAYS[2], _WALLS[2], _MOMENTS[2].replace(tzinfo=UTC), True, Decimal("0.00"), 0, {"b": 2}),
    (4, *[None] * 7),
]
_QUERIES = """
SELECT id, day, wall, moment, paid, amount, n FROM t ORDER BY id
SELECT id, CASE WHEN paid THEN day ELSE day + 1 END AS d, amount > 5 AS a, n * 2 AS b FROM t ORDER BY id
SELECT id FROM t WHERE day IN ('2024-02-29', '2024-03-01') AND paid IS NOT TRUE AND wall < timestamp '2024-12-31 00:00:00'
SELECT day, paid, count(*) AS c, sum(amount) AS s, min(moment) AS lo FROM t GROUP BY day, paid ORDER BY day, paid
SELECT id, lag(day) OVER (ORDER BY day, id) AS l, sum(n) OVER (PARTITION BY paid ORDER BY id) AS r FROM t ORDER BY id
SELECT t.id AS a, p.id AS b FROM t JOIN p ON t.day = p.day AND t.paid = p.paid AND t.moment <= p.moment ORDER BY 1, 2
SELECT t.id AS a, p.id AS b FROM t LEFT JOIN p ON t.moment = p.moment ORDER BY 1, 2
SELECT id FROM t WHERE day IN (SELECT day FROM p WHERE NOT paid) ORDER BY id
SELECT date_trunc('month', moment) AS m, count(*) FILTER (WHERE paid) AS c, max(day) AS d FROM t GROUP BY 1 ORDER BY 1
SELECT bool_or(paid) AS a, count(distinct day) AS b, avg(n) AS c, count(distinct paid) AS d FROM t
SELECT id, doc ->> 'a' AS a FROM t ORDER BY id
""".strip().splitlines()


def _kept(words: str | None, value: Any) -> Any:
    """A value in the form that some words name."""
    if value is None or words is None:
        return value
    form, _, pattern = words.partition(" ")
    if form == "number":
        return int(value)
    if form in ("seconds", "millis"):
        moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
        return int(moment.replace(tzinfo=UTC).timestamp()) * (1000 if form == "millis" else 1)
    if isinstance(value, datetime):
        if "HHmmss" in pattern or "HH24MISS" in pattern or "%H%M%S" in pattern:
            return value.strftime("%Y%m%d %H%M%S")
        if pattern:
            return (value + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S+02:00")
        return value.isoformat(" ")
    if isinstance(value, date):
        return value.strftime("%d.%m.%Y") if "." in pattern else value.isoformat()
    if isinstance(value, bool):
        return "t" if value else "false"
    return json.dumps(value) if isinstance(value, dict) else str(value)


def _kind(words: str) -> str:
    return "text" if words.startswith("text") else "bigint"


def _answer(engine: Counted, tree: Query, table: str, words: dict[str, str]) -> tuple[Row, ...]:
    """What a query says of `t`, kept as `table` in these forms."""
    found = render(
        tree,
        named(engine.name),
        relations=lambda name: (table if name == "t" else name,),
        stored=lambda name: Stored(columns=words if name == "t" else {}),
    )
    return tuple(engine.execute(found.sql, settings=found.settings).rows)


_REFUSED = {
    "synapse": "how timestamptz is read is the session's",
    "redshift": "only a SUPER column can be navigated",
}


@pytest.mark.parametrize("target", _PATTERNS)
def test_a_stored_form_answers_as_the_declared_type(judge: Callable[[str], Counted], target: str) -> None:
    engine = judge(target)
    words = {"epoch": _EPOCH, "iso": _ISO, "pattern": {**_ISO, **_PATTERNS[target]}}
    tables = {}
    for name, forms in words.items():
        kinds = {c: kind if c not in forms else _kind(forms[c]) for c, kind in _DECLARED.items()}
        rows = [tuple(_kept(forms.get(c), v) for c, v in zip(_DECLARED, row, strict=True)) for row in _PLAIN]
        tables[name] = Rows(kinds, rows)
    engine.load({**tables, "p": Rows(_DECLARED, _PLAIN)})
    scope = Scope(tables={name: Table(name, _STAYS) for name in ("t", "p")})
    refused = set()
    for sql in _QUERIES:
        tree = query(sql, scope, Place("x.sql"))
        told = _answer(engine, tree, "p", {})
        for name, forms in words.items():
            try:
                found = _answer(engine, tree, name, forms)
            except Refused as error:
                refused.add(error.diagnostics[0].message.rpartition(": ")[2])
                continue
            different = difference(told, found, True)
            assert different is None, f"{name}: {sql}: {different}"
    assert refused == ({_REFUSED[target]} if target in _REFUSED else set())


MALFORMED = [
    ("duckdb", "date", "text %Y-%m-%d", ["", "2024-02-30", "2024-02-03x", "03.02.2024"]),
    ("postgres", "date", "text YYYY-MM-DD", ["", "2024-02-30", "2024-02-03x", "2024-2-3", "03.02.2024"]),
    ("postgres", "timestamp", "text YYYY-MM-DD", ["", "2024-02-03 10:00:00"]),
    ("postgres", "timestamptz", "text YYYY-MM-DD HH24:MI:SS.US", ["", "2024-02-03", "2024-02-03 10:00:00.25+02"]),
    ("druid", "date", "text yyyy-MM-dd", ["", "2024-02-30", "2024-02-03x", "03.02.2024"]),
    ("druid", "boolean", "text", ["", "wahr"]),
    ("postgres", "boolean", "text", ["", "wahr"]),
    ("bigquery", "date", "text %Y-%m-%d", ["", "2024-02-30", "2024-02-03x", "03.02.2024"]),
]


@pytest.mark.parametrize(("target", "type", "words", "texts"), MALFORMED)
def test_a_text_that_has_not_the_form_fails(
    judge: Callable[[str], Counted], target: str, type: str, words: str, texts: list[str]
) -> None:
    engine = judge(target)
    engine.load({"odd": Rows({"id": "int", "x": "text"}, list(enumerate(texts)))})
    columns = {"id": INTEGER, "x": Type(Kind(type))}
    scope = Scope(tables={"odd": Table("odd", columns)})
    for n, text in enumerate(texts):
        tree = query(f"SELECT x FROM odd WHERE id = {n}", scope, Place("x.sql"))
        found = render(
            tree, named(target), relations=lambda name: (name,), stored=lambda source: Stored(columns={"x": words})
        )
        with pytest.raises(Rejected):
            print(text, engine.execute(found.sql, settings=found.settings).rows)


def test_a_pattern_with_an_offset_is_none_of_postgres() -> None:
    with pytest.raises(Refused):
        _printed("postgres", {"moment": "text YYYY-MM-DD HH24:MI:SSTZH"}, "SELECT max(moment) AS m FROM stays")


def test_an_unknown_form_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Refused) as found:
        _printed(
            "postgres",
            {"day": "julian", "paid": "text YN"},
            "SELECT count(*) FROM stays WHERE paid AND day > '2024-01-01'",
        )
    assert [d.code for d in found.value.diagnostics] == ["KPI504", "KPI504"]
    assert "`text <pattern>`" in found.value.diagnostics[1].help[0]
