"""Columns are read from the form that they are stored in, on the engine itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from kpictl.diagnostics import Place, Refused
from kpictl.dialects import named
from kpictl.dialects.physical import Stored
from kpictl.dialects.render import render
from kpictl.model.types import BOOLEAN, DATE, INTEGER, TIMESTAMP, TIMESTAMPTZ
from kpictl.sql.frontdoor import query
from kpictl.sql.scope import Scope, Table
from tests.corpus.compare import difference
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


def test_an_unknown_form_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Refused) as found:
        _printed(
            "postgres",
            {"day": "julian", "paid": "text YN"},
            "SELECT count(*) FROM stays WHERE paid AND day > '2024-01-01'",
        )
    assert [d.code for d in found.value.diagnostics] == ["KPI504", "KPI504"]
    assert "`text <pattern>`" in found.value.diagnostics[1].help[0]
