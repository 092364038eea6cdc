"""Huge and deep texts are refused at once; they never take the parser down."""

from __future__ import annotations

import time

import pytest

from kpictl.diagnostics import Place, Refused
from kpictl.sql.frontdoor import parsed_expression, parsed_query
from tests.sql.scopes import scope

PLACE = Place("x.sql")
DEEP = {
    "parentheses": "SELECT " + "(" * 20_000 + "1" + ")" * 20_000,
    "unions": " UNION ALL ".join(["SELECT 1"] * 5_000),
    "long": "SELECT '" + "x" * 10_000_000 + "'",
    "functions": "SELECT " + "abs(" * 5_000 + "1" + ")" * 5_000,
    "cases": "SELECT " + "CASE WHEN true THEN " * 5_000 + "1" + " END" * 5_000,
    "nots": "SELECT " + "NOT " * 5_000 + "true",
    "minuses": "SELECT " + "- " * 5_000 + "1",
    "sums": "SELECT " + " + ".join(["1"] * 50_000),
    "brackets": "SELECT " + "array[" * 5_000 + "1" + "]" * 5_000,
    "queries": "SELECT * FROM " + "(SELECT * FROM " * 5_000 + "orders" + ")" * 5_000,
    "joins": "SELECT 1 FROM orders " + "JOIN orders " * 10_000,
    "opened": "SELECT " + "(" * 300,
    "closed": "SELECT " + ")" * 300,
    "casts": "SELECT 1" + "::int" * 20_000,
    "arrows": "SELECT props" + "->'a'" * 20_000 + " FROM users",
    "comments": "/*" * 50_000,
}


@pytest.mark.parametrize("name", DEEP)
def test_refused_within_two_seconds(name: str) -> None:
    start = time.process_time()
    with pytest.raises(Refused) as refused:
        parsed_query(DEEP[name], scope(), PLACE)
    assert time.process_time() - start < 2
    assert refused.value.diagnostics[0].code in ("KPI130", "KPI135", "KPI136", "KPI140")


@pytest.mark.parametrize("text", ["select 'a\0b'", "select 1 \0", "\0"])
def test_nul(text: str) -> None:
    with pytest.raises(Refused) as refused:
        parsed_query(text, scope(), PLACE)
    assert refused.value.diagnostics[0].code == "KPI131"


def test_what_people_write_is_not_refused() -> None:
    parsed_query("SELECT " + "(" * 60 + "1" + ")" * 60, scope(), PLACE)
    parsed_query(" UNION ALL ".join(["SELECT 1"] * 300), scope(), PLACE)
    parsed_query("SELECT " + " + ".join(["id"] * 100) + " FROM orders", scope(), PLACE)
    parsed_query("SELECT id FROM orders WHERE id IN (" + ", ".join(map(str, range(5_000))) + ")", scope(), PLACE)
    parsed_expression(" AND ".join(["id > 1"] * 2_000), scope(main="orders"), PLACE, aggregate=False)
