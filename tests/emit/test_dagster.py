"""Dagster loads what is emitted, and runs each KPI behind those that it reads."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests.emit import tools
from tests.emit.projects import emitted, hostile, shop
from tests.emit.tools import put, run

_LOAD = """
import json, os, sys
os.environ["DAGSTER_HOME"] = os.getcwd()
import dagster
from kpictl_definitions import defs
dagster.Definitions.validate_loadable(defs)
graph = defs.resolve_asset_graph()
told = {
    "assets": {key.to_user_string(): {
        "reads": sorted(each.to_user_string() for each in graph.get(key).parent_keys),
        "description": graph.get(key).description,
        **{name: value.value for name, value in graph.get(key).metadata.items() if name in ("label", "owner", "category")},
    } for key in graph.get_all_asset_keys()},
    "schedules": {each.name: [each.cron_schedule, each.execution_timezone, each.job_name] for each in defs.schedules},
}
for name in sys.argv[1:]:
    told["ran"] = defs.resolve_job_def(name).execute_in_process().success
print("FOUND" + json.dumps(told))
"""


def _loaded(folder: Path, *jobs: str) -> dict[str, dict[str, dict[str, object]]]:
    (folder / "load.py").write_text(_LOAD)
    path = f"{folder}:{os.environ['PATH']}"
    code, said = run(tools.python_of("dagster"), "load.py", *jobs, cwd=folder, PATH=path, CALLS=str(folder / "calls"))
    assert code == 0, said[-3000:]
    found: dict[str, dict[str, dict[str, object]]] = json.loads(said.split("FOUND")[1].splitlines()[0])
    return found


def test_assets_and_schedules(tmp_path: Path) -> None:
    """The job is run with a program in kpictl's place that notes how it is called."""
    folder = put(tmp_path / "out", emitted(shop(tmp_path / "shop"), "dagster"))
    (folder / "kpictl").write_text('#!/bin/sh\necho "$@" >> "$CALLS"\n')
    (folder / "kpictl").chmod(0o755)
    found = _loaded(folder, "kpi_daily_0100")
    assert found["assets"]["kpi/revenue_per_order"]["reads"] == ["kpi/orders_placed", "kpi/revenue"]
    assert found["schedules"] == {
        "kpi_daily_0100_schedule": ["0 1 * * *", "Europe/Berlin", "kpi_daily_0100"],
        "kpi_weekly_1_0500_schedule": ["0 5 * * 1", "Europe/Berlin", "kpi_weekly_1_0500"],
    }
    assert found["ran"] is True
    calls = (folder / "calls").read_text().splitlines()
    assert sorted(calls) == [f"--project-dir /project run {kpi}" for kpi in ("orders_placed", "revenue")]


def test_words_of_python_are_names(tmp_path: Path) -> None:
    words = ("config", "return", "context", "list", "select")
    kpis = "".join(
        f"  {word}: {{measure: count(*), source: orders, grain: day, owner: a@b.example}}\n" for word in words
    )
    root = shop(tmp_path / "shop", kpis=f"kpis:\n{kpis}")
    found = _loaded(put(tmp_path / "out", emitted(root, "dagster")))["assets"]
    assert set(found) == {f"kpi/{word}" for word in words}


def test_texts_come_back(tmp_path: Path) -> None:
    root, texts = hostile(tmp_path / "hostile")
    found = _loaded(put(tmp_path / "out", emitted(root, "dagster")))["assets"]
    assert len(found) == len(texts)
    for i, text in enumerate(texts):
        asset = found[f"kpi/kpi_{i:02}"]
        assert [asset[key] for key in ("description", "label", "owner", "category")] == [text] * 4
