"""Accepted texts become exactly these trees; refused ones are refused with this code at these characters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from kpictl.diagnostics import Diagnostic, Place, Refused
from kpictl.sql.facts import Facts
from kpictl.sql.frontdoor import parsed_expression, parsed_query
from tests.sql.scopes import scope
from tests.sql.shown import show, show_query

HERE = Path(__file__).parent
PLACE = Place("kpis/x.yml", ("kpis", "x", "query"))
_SCOPE = ("dialect", "zone", "week_start", "main")


def cases(folder: str) -> list[Any]:
    return [
        pytest.param(case, id=f"{file.stem}-{number}")
        for file in sorted((HERE / folder).glob("*.yml"))
        for number, case in enumerate(yaml.safe_load(file.read_text()), 1)
    ]


def told_scope(case: dict[str, Any]) -> Any:
    return scope(**{key: case[key] for key in _SCOPE if key in case})


def read(case: dict[str, Any]) -> tuple[str, str, Facts]:
    if "main" in case:
        parsed = parsed_expression(case["sql"], told_scope(case), PLACE, aggregate=case.get("aggregate", False))
        return show(parsed.scalar), str(parsed.scalar.type), parsed.facts
    query = parsed_query(case["sql"], told_scope(case), PLACE)
    return show_query(query.query), ", ".join(str(t) for _, t in query.query.outputs), query.facts


@pytest.mark.parametrize("case", cases("accepted"))
def test_accepted(case: dict[str, Any]) -> None:
    shows, types, facts = read(case)
    assert shows == case["shows"]
    assert types == case["types"]
    assert told_facts(facts, case["sql"]) == case.get("facts", {})


def told_facts(facts: Facts, text: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: [text[p.start : p.end] for p in getattr(facts, name)]
        for name in ("integer_divisions", "looks_ahead", "untyped", "assumed_zones", "date_windows", "approximate")
    }
    found |= {"uses_now": facts.uses_now, "uses_current_date": facts.uses_current_date}
    return {name: value for name, value in found.items() if value}


@pytest.mark.parametrize("case", cases("refused"))
def test_refused(case: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        read(case)
    first = refused.value.diagnostics[0]
    assert first.code in case.get("codes", [case.get("code")]), first
    assert first.place is not None
    if "at" in case:
        assert characters(first, case["sql"]) == case["at"]
    if "help" in case:
        assert case["help"] in first.help
    assert case.get("says", "") in first.message


def characters(found: Diagnostic, text: str) -> str:
    assert isinstance(found.place, Place)
    return text[found.place.start : found.place.end]


def test_every_mistake_is_reported_at_once() -> None:
    text = "select amuont, lower(id), foo(1) from orders where sum(amount) > 1"
    with pytest.raises(Refused) as refused:
        parsed_query(text, scope(), PLACE)
    assert [d.code for d in refused.value.diagnostics] == ["KPI104", "KPI137", "KPI132", "KPI330"]


def test_one_mistake_is_reported_once() -> None:
    with pytest.raises(Refused) as refused:
        parsed_query("select * from nowhere n where n.a > 1 and b + 1 = c order by d", scope(), PLACE)
    assert [d.code for d in refused.value.diagnostics] == ["KPI133"]
