"""How a definition that was changed is told from one that was only written otherwise, and what a plan may read."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from kpictl import api
from kpictl.diagnostics import Refused
from kpictl.plan.plan import read_plan
from kpictl.runner.overview import Overview

_PROFILE = """\
kpis:
  target: dev
  outputs:
    dev:
      store: {type: duckdb, path: target/kpis.duckdb}
      as_of: 2024-03-05
      connections: {app: {type: duckdb, files: data}}
"""
_SOURCE = "sources:\n  orders: {time: at, complete: now, columns: {at: timestamptz, amount: integer}}\nkpis:\n"
_ROWS = "at,amount\n2024-03-01 09:00:00+00,10\n2024-03-04 09:00:00+00,5\n"
_FIRST = "{measure: sum(amount), source: orders, where: amount > 0, grain: day, owner: a@x.example}"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "kpis").mkdir()
    (tmp_path / "profiles.yml").write_text(_PROFILE)
    (tmp_path / "kpi_project.yml").write_text("name: kpis\n")
    (tmp_path / "data/orders.csv").write_text(_ROWS)
    _define(tmp_path, _FIRST)
    return tmp_path


def _define(project: Path, text: str) -> None:
    (project / "kpis/a.yml").write_text(f"{_SOURCE}  revenue: {text}\n")


def _plan(project: Path) -> Overview:
    return api.plan(api.load(project), kpis=["revenue"])


@pytest.mark.parametrize(
    ("text", "change", "keys", "missing"),
    [
        (_FIRST, None, (), 0),
        (_FIRST.replace("amount > 0", "(amount)>0"), "cosmetic", ("where",), 0),
        (_FIRST.replace("a@x", "b@x"), "metadata", ("owner",), 0),
        (_FIRST.replace("}", ", label: Revenue}"), "metadata", ("label",), 0),
        (_FIRST.replace("> 0", "> 7"), "value-changing", ("where",), 4),
        (_FIRST.replace("grain: day", "grain: hour"), "grain-changing", ("grain",), 87),
    ],
)
def test_change(project: Path, text: str, change: str | None, keys: tuple[str, ...], missing: int) -> None:
    api.run(api.load(project), kpis=["revenue"])
    _define(project, text)
    found = _plan(project)
    assert [each.change.value for each in found.lines] == ([] if change is None else [change])
    for each in found.lines:
        assert each.keys == keys
        assert each.buckets["missing"] == missing


def test_metadata_is_known_once_it_was_run(project: Path) -> None:
    api.run(api.load(project), kpis=["revenue"])
    _define(project, _FIRST.replace("a@x", "b@x"))
    api.run(api.load(project), kpis=["revenue"], full_refresh=True)
    assert _plan(project).lines == ()


def test_a_plan_is_read_as_it_was_written_and_done_once(project: Path) -> None:
    found = _plan(project)
    read = read_plan(json.dumps(found.record()))
    assert read == found.plan
    report = api.run(api.load(project), kpis=["revenue"], planned=read)
    assert [(each.status, each.buckets) for each in report.results] == [("success", 4)]
    with pytest.raises(Refused, match="store holds of `revenue`"):
        api.run(api.load(project), kpis=["revenue"], planned=read)


def test_a_plan_is_refused_when_the_definition_is_another(project: Path) -> None:
    read = _plan(project).plan
    _define(project, _FIRST.replace("> 0", "> 7"))
    with pytest.raises(Refused, match="definition of `revenue`"):
        api.run(api.load(project), kpis=["revenue"], planned=read)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema_version": 1}', '{"schema_version": 1, "project": 3}'])
def test_what_is_no_plan(text: str) -> None:
    with pytest.raises(ValueError, match=r"plan|Expecting"):
        read_plan(text)


def test_values_show_what_a_change_does_and_store_nothing(project: Path) -> None:
    api.run(api.load(project), kpis=["revenue"])
    _define(project, _FIRST.replace("> 0", "> 7"))
    found = api.plan(api.load(project), kpis=["revenue"], values=2)
    assert [(each.bucket, each.stored, each.new, each.new_status) for each in found.values or ()] == [
        ("2024-03-03", None, None, "no_data"),
        ("2024-03-04", 5, None, "no_data"),
    ]
    assert [each.value for each in api.values(api.load(project), kpis=["revenue"])] == [10, None, None, 5]
    assert len(api.runs(api.load(project), 10)) == 1


def test_what_a_plan_writes_follows_its_schema(project: Path) -> None:
    schema = api.schema("plan")
    api.run(api.load(project), kpis=["revenue"])
    _define(project, _FIRST.replace("> 0", "> 7"))
    record = api.plan(api.load(project), kpis=["revenue"], values=2).record()
    assert record["steps"]
    jsonschema.validate(json.loads(json.dumps(record)), schema)
