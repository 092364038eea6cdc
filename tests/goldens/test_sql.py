"""The SQL of a dozen KPIs of the example is what stands beside this file. KPICTL_UPDATE=1 writes it anew; read the difference."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from kpictl import api

HERE = Path(__file__).parent
TARGETS = ("duckdb", "postgres", "bigquery", "redshift", "snowflake", "synapse", "druid")
KPIS = (
    "revenue churn_rate customer_acquisition_cost daily_active_users session_duration mrr days_to_ship_p95 mau"
    " monthly_revenue_growth conversion_rate repeat_purchase_rate gross_margin"
).split()


@cache
def printed() -> dict[tuple[str, str], str]:
    """By KPI and target: the statement, or the codes of the refusal."""
    loaded = api.load(HERE.parents[1], profile=False)
    found = {}
    for one in api.compile(loaded, dialects=TARGETS):
        refused = "\n".join(sorted({f"-- {d.code}: {d.message}" for d in one.diagnostics if d.is_error}))
        found[one.name, one.dialect] = (refused if one.statement is None else one.statement.sql) + "\n"
    return found


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("kpi", KPIS)
def test_as_it_was(kpi: str, target: str) -> None:
    path = HERE / kpi / f"{target}.sql"
    if os.environ.get("KPICTL_UPDATE"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(printed()[kpi, target], encoding="utf-8")
    assert path.read_text(encoding="utf-8") == printed()[kpi, target]
