"""INSERTs of `inserts.yml`: the document's form is taken as its SELECT, every other one is refused at its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from kpictl.diagnostics import Place, Refused
from kpictl.sql.findings import InsertShape
from kpictl.sql.inserts import InsertQuery, insert_query, is_insert
from tests.sql.scopes import scope
from tests.sql.shown import show_query
from tests.sql.test_texts import characters

PLACE = Place("kpis/x.yml", ("kpis", "k", "query"))
CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "inserts.yml").read_text(encoding="utf-8"))
TAKEN = [pytest.param(case, id=case["shows"]) for case in CASES if "refused" not in case]
REFUSED = [pytest.param(case, id=case["shows"]) for case in CASES if "refused" in case]


def read(case: dict[str, Any]) -> InsertQuery | None:
    return insert_query(case["sql"], scope(), PLACE, kpi="k")


@pytest.mark.parametrize("case", TAKEN)
def test_taken(case: dict[str, Any]) -> None:
    found = read(case)
    if case.get("none"):
        assert found is None
        return
    assert found is not None
    assert is_insert(case["sql"])
    assert show_query(found.query) == case["query"]
    assert (found.time, found.value) == (case.get("time"), "value")
    assert list(found.dimensions) == case.get("dimensions", [])
    place = found.name_place
    assert (None if place is None else case["sql"][place.start : place.end]) == case.get("name")
    assert found.name_literal == ("k" if "name" in case else None)


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        read(case)
    first, *more = refused.value.diagnostics
    assert first.code == InsertShape.code
    assert first.message == case["refused"]
    assert [each.message for each in more] == case.get("also", [])
    if "at" in case:
        assert characters(first, case["sql"]) == case["at"]
    assert first.help
