"""How far back buckets are computed and kept: a KPI's own retention, or what the store drops by itself."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kpictl import api
from kpictl.plan.compile import compile_project
from kpictl.plan.due import make_plan
from kpictl.plan.inputs import Asked, Extent
from kpictl.plan.state import Done, StoreState

_NOW = datetime(2024, 6, 1, tzinfo=UTC)
_KPIS = """\
sources:
  orders: {connection: app, time: at, timezone: UTC, columns: {id: bigint, at: timestamp}}
kpis:
  short: {measure: count(*), source: orders, grain: day, retention: 90d}
  long: {measure: count(*), source: orders, grain: day, retention: 3 years}
  unsaid: {measure: count(*), source: orders, grain: day}
"""
_STORES = {
    "duckdb": "{type: duckdb}",
    "postgres": "{type: postgres, host: db}",
    "timescale": "{type: timescale, host: db}",
}


@pytest.mark.parametrize(
    ("store", "kept"),
    [
        ("duckdb", {"short": "2024-03-03", "long": "2021-06-01", "unsaid": None}),
        ("postgres", {"short": "2024-03-03", "long": "2021-06-01", "unsaid": None}),
        # The policy keeps all values as long as the longest retention.
        ("timescale", {"short": "2024-03-03", "long": "2021-06-01", "unsaid": "2021-06-01"}),
    ],
)
def test_what_a_store_drops_is_neither_computed_nor_done(
    tmp_path: Path, store: str, kept: dict[str, str | None]
) -> None:
    (tmp_path / "kpis").mkdir()
    (tmp_path / "kpis/all.yml").write_text(_KPIS)
    (tmp_path / "kpi_project.yml").write_text("name: shop\n")
    output = f"{{store: {_STORES[store]}, connections: {{app: {{type: duckdb, files: .}}}}}}"
    (tmp_path / "profiles.yml").write_text(f"shop: {{target: dev, outputs: {{dev: {output}}}}}\n")
    project = api.load(tmp_path).project
    assert project is not None
    compiled = compile_project(project, (), [f"kpi.{name}" for name in kept], run=True)
    extents = {"orders": Extent(first=datetime(2019, 1, 1), last=datetime(2024, 6, 1))}
    plan = make_plan(project, compiled, StoreState(), Asked(now=_NOW), extents)
    found = {step.kpi: step.keep_from and f"{step.keep_from:%Y-%m-%d}" for step in plan.steps}
    assert found == kept
    firsts = {step.kpi: f"{step.due[0][0]:%Y-%m-%d}" for step in plan.steps}
    assert firsts == {name: at or "2019-01-01" for name, at in kept.items()}
    # What was done before it is not missing either.
    definitions = {each.name: each.lowered.fingerprint for each in compiled if each.lowered}
    before = (datetime(2019, 1, 1, tzinfo=UTC), datetime(2024, 5, 31, tzinfo=UTC))
    done = {(k, "day", d): Done(ranges=(before,), first_bucket=before[0]) for k, d in definitions.items()}
    again = make_plan(project, compiled, StoreState(done=done), Asked(now=_NOW), extents)
    assert {step.due for step in again.steps} == {((before[1], _NOW),)}
