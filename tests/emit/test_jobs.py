"""Plain SQL with a manifest."""

from __future__ import annotations

import json
from pathlib import Path

from tests.emit.projects import emitted, hostile, shop


def test_manifest_and_files_agree(tmp_path: Path) -> None:
    files = emitted(shop(tmp_path / "shop"), "jobs")
    manifest = json.loads(files["manifest.json"])
    listed = [each["file"] for kpi in manifest["kpis"] for each in kpi["statements"]]
    assert sorted(listed) == sorted(path for path in files if path.endswith(".sql"))
    assert [(job["name"], job["cron"], job["kpis"]) for job in manifest["jobs"]] == [
        ("daily-0100", "0 1 * * *", ["revenue", "orders_placed"]),
        ("weekly-1-0500", "0 5 * * 1", ["revenue_per_order"]),
    ]
    assert "%(from)s" in files["sql/revenue.sql"]


def test_texts_come_back(tmp_path: Path) -> None:
    root, texts = hostile(tmp_path / "hostile")
    files = emitted(root, "jobs")
    kpis = json.loads(files["manifest.json"])["kpis"]
    assert [kpi["label"] for kpi in kpis] == texts
    assert [kpi["tags"] for kpi in kpis] == [[text] for text in texts]
    for i, text in enumerate(texts):
        head = files[f"sql/kpi_{i:02}.sql"].split("SELECT")[0].splitlines()
        assert all(line.startswith("-- ") for line in head)
        label = next(line for line in head if line.startswith("-- label: "))
        assert json.loads(label.removeprefix("-- label: ")) == text
