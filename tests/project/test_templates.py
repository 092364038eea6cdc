"""Templates of queries: what they render to, and what is refused with its place (`templates.yml`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from kpictl.diagnostics import Place
from kpictl.project import load
from kpictl.project.jinja import TemplateProblem, render, rendered
from kpictl.syntax import locate

_CASES: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("templates.yml").read_text("utf-8"))
_MACROS = """
{% macro twice(x) %}{{ x }} * 2{% endmacro %}
{% macro four(x) %}{{ twice(twice(x)) }}{% endmacro %}
{% macro limit() %}{{ var('n') }}{% endmacro %}
"""
_VARS = (
    "{n: 10, price: 1.10, word: abc, quoted: '10', list: [1, 2], day: 2024-01-01, hex: 0x1F, old: 017, NO: on,"
    " map: {a: x}, yes: true, no: false, nothing: ~}"
)


def _project(root: Path, query: str = "select 1") -> Path:
    (root / "kpis").mkdir()
    (root / "macros").mkdir()
    (root / "macros" / "m.sql").write_text(_MACROS)
    (root / "kpi_project.yml").write_text(f"name: shop\nvars: {_VARS}\n")
    text = f"sources: {{orders: {{connection: app}}}}\nkpis:\n  k: {{query: select 1}}\n  t:\n    query: {json.dumps(query)}\n"
    (root / "kpis" / "a.yml").write_text(text)
    return root


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["template"])
def test_templates(case: dict[str, Any], tmp_path: Path) -> None:
    project = load(_project(tmp_path, case["template"]), profile=False).project
    assert project is not None
    if "gives" in case:
        found = render(case["template"], project)
        assert found.text == case["gives"]
        assert (*found.sources, *found.kpis, *found.variables) == tuple(case.get("reads", [])) or "reads" not in case
        return
    with pytest.raises(TemplateProblem) as problem:
        render(case["template"], project)
    assert problem.value.finding.code == case["refused"]
    assert case["message"] in problem.value.message
    assert case.get("help", "") in " ".join(problem.value.help)
    assert problem.value.line == case.get("line", problem.value.line)


def test_a_mistake_stands_at_its_line_of_the_block(tmp_path: Path) -> None:
    root = _project(tmp_path)
    text = "kpis:\n  t:\n    query: |\n      select {{ var('n') }}\n        , {{ var('nn') }}\n      from orders\n"
    (root / "kpis" / "a.yml").write_text(text)
    project = load(root, profile=False).project
    assert project is not None
    out: list[Any] = []
    rendered(project, out)
    (found,) = out
    assert isinstance(found.place, Place)
    span = locate(found.place, text.encode())
    assert (span.line, span.column, span.end_line, span.end_column) == (5, 9, 5, 26)


def test_only_queries_are_templates(tmp_path: Path) -> None:
    root = _project(tmp_path)
    text = "kpis: {t: {query: select 1, owner: \"{{ env_var('HOME') }}\", description: '{{ 7 * 7 }}'}}\n"
    (root / "kpis" / "a.yml").write_text(text)
    project = load(root, profile=False).project
    assert project is not None
    assert project.kpis["t"].owner == "{{ env_var('HOME') }}"
    assert project.kpis["t"].description == "{{ 7 * 7 }}"


def test_variables_of_the_command_line_win(tmp_path: Path) -> None:
    project = load(_project(tmp_path), profile=False, variables={"n": 16, "new": "yes", "no": True}).project
    assert project is not None
    assert render("{{ var('n') }} {{ var('new') }} {{ var('no') }}", project).text == "16 yes true"


@pytest.mark.parametrize("number", ["12345678901234567.89", "0.1000000000000000055", "1e400.1", "123456789012345678"])
def test_a_number_of_too_many_digits_is_no_variable(number: str, tmp_path: Path) -> None:
    root = _project(tmp_path)
    (root / "kpi_project.yml").write_text(f"name: shop\nvars:\n  n: {number}\n")
    loaded = load(root, profile=False)
    if number in ("1e400.1", "123456789012345678"):
        assert loaded.project is not None
        assert render("{{ var('n') }}", loaded.project).text == number
        return
    (found,) = loaded.diagnostics
    assert "more digits" in found.message
    assert found.place == Place("kpi_project.yml", ("vars", "n"))


def test_places_of_the_output_lead_back(tmp_path: Path) -> None:
    template = "select {{ var('n') }}, x from {{ source('orders') }} where y"
    project = load(_project(tmp_path), profile=False).project
    assert project is not None
    found = render(template, project)
    assert found.text == "select 10, x from orders where y"
    for word in ("select", ", x from", "where y"):
        at = found.text.index(word)
        place = found.place(Place("a.yml", ("q",)).within(at, at + len(word)))
        assert template[place.start : place.end] == word
