"""A WITH query never stands before a table that another source is stored in."""

from __future__ import annotations

import pytest

from kpictl.diagnostics import Place
from kpictl.dialects.duckdb import DUCKDB
from kpictl.dialects.render import render
from kpictl.model.types import INTEGER
from kpictl.sql.frontdoor import query
from kpictl.sql.scope import Scope, Table

SCOPE = Scope(tables={"orders": Table("orders", {"id": INTEGER})})


@pytest.mark.parametrize(
    ("stored", "names"),
    [
        (("visits",), ["WITH visits_2 AS (", "FROM visits AS orders", "FROM visits_2 AS v"]),
        (("shop", "visits"), ["WITH visits AS (", "FROM shop.visits AS orders", "FROM visits AS v"]),
        (("orders",), ["WITH visits AS (", "FROM orders", "FROM visits AS v"]),
    ],
)
def test_another_name_where_they_meet(stored: tuple[str, ...], names: list[str]) -> None:
    text = "WITH visits AS (SELECT id FROM orders) SELECT v.id FROM visits v WHERE v.id IN (SELECT id FROM orders)"
    sql = render(query(text, SCOPE, Place("x.sql")), DUCKDB, relations=lambda source: stored).sql
    assert [name for name in names if name not in sql] == []
