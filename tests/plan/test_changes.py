"""How a definition that was changed is told from one that was only written otherwise, and what a plan may read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
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


def _values(project: Path, *kpis: str) -> list[tuple[object, ...]]:
    found = api.plan(api.load(project), kpis=kpis or ["revenue"], values=2)
    assert not found.over
    return [(each.kpi, each.bucket, each.stored, each.old, each.new, each.new_status) for each in found.values or ()]


def test_values_show_what_a_change_does_and_store_nothing(project: Path) -> None:
    api.run(api.load(project), kpis=["revenue"])
    _define(project, _FIRST.replace("> 0", "> 7"))
    assert _values(project) == [
        ("revenue", "2024-03-03", None, None, None, "no_data"),
        ("revenue", "2024-03-04", 5, 5, None, "no_data"),
    ]
    assert [each.value for each in api.values(api.load(project), kpis=["revenue"])] == [10, None, None, 5]
    assert len(api.runs(api.load(project), 10)) == 1


def test_a_late_row_is_no_part_of_what_a_change_does(project: Path) -> None:
    api.run(api.load(project), kpis=["revenue"])
    (project / "data/orders.csv").write_text(_ROWS + "2024-03-04 10:00:00+00,20\n2024-03-03 10:00:00+00,1\n")
    _define(project, _FIRST.replace("> 0", "> 7"))
    assert _values(project) == [
        ("revenue", "2024-03-03", None, 1, None, "no_data"),
        ("revenue", "2024-03-04", 5, 25, 20, "ok"),
    ]


def test_what_reads_a_changed_definition_is_computed_by_the_old_one(project: Path) -> None:
    rest = "  visits: {measure: count(*), source: orders, grain: day, start: 2024-03-01}\n" + (
        "  mean: {ratio: {numerator: revenue, denominator: visits}}\n"
        "  trailing: {cumulative: {of: revenue, window: 4d}, dimensions: []}\n"
    )
    names = ("visits", "mean", "trailing")
    _define(project, _FIRST + "\n" + rest)
    api.run(api.load(project), kpis=["revenue", *names])
    _define(project, _FIRST.replace("sum(amount)", "sum(amount) * 2") + "\n" + rest)
    assert [each for each in _values(project, *names) if each[1] == "2024-03-04"] == [
        ("mean", "2024-03-04", 5, 5, 10, "ok"),
        ("trailing", "2024-03-04", 15, 15, 30, "ok"),
    ]


def test_a_definition_over_another_source_cannot_be_made_again(project: Path) -> None:
    api.run(api.load(project), kpis=["revenue"])
    (project / "kpis/a.yml").write_text(f"{_SOURCE}  revenue: {_FIRST}\n".replace("integer", '"numeric(9,2)"'))
    assert [each[2:] for each in _values(project)] == [(None, None, None, "no_data"), (5, None, 5, "ok")]


def test_what_a_plan_writes_follows_its_schema(project: Path) -> None:
    schema = api.schema("plan")
    api.run(api.load(project), kpis=["revenue"])
    _define(project, _FIRST.replace("> 0", "> 7"))
    record = api.plan(api.load(project), kpis=["revenue"], values=2).record()
    assert record["steps"]
    jsonschema.validate(json.loads(json.dumps(record)), schema)


@pytest.mark.parametrize(("carry", "whole"), [("", True), (", carry: 1d", False)])
def test_a_stock_that_is_carried_without_limit_is_shown_to_read_all(project: Path, carry: str, whole: bool) -> None:
    rows = "".join(f"a,2024-02-{day:02} 09:00:00+00,1\n" for day in range(1, 29))
    (project / "data/balances.csv").write_text("account,at,amount\n" + rows)
    source = "{time: at, complete: now, key: [account, at], columns: {account: text, at: timestamptz, amount: integer}}"
    text = f"{{measure: sum(amount), source: balances, grain: day, over_time: last, entity: account{carry}}}"
    (project / "kpis/a.yml").write_text(f"sources:\n  balances: {source}\nkpis:\n  revenue: {text}\n")
    api.run(api.load(project), kpis=["revenue"], as_of=datetime(2024, 2, 28, tzinfo=UTC))
    found = api.plan(api.load(project), kpis=["revenue"], as_of=datetime(2024, 2, 29, tzinfo=UTC))
    [line] = found.lines
    assert line.reads_all_before is whole
    assert found.cost.rows is not None
    assert (found.cost.rows > 20) is whole
