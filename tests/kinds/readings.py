"""Projects of one KPI over the sources of this folder."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from kpictl.kinds.lower import Outcome, lower_project
from kpictl.project import load

HERE = Path(__file__).parent


def read(name: str) -> Any:
    """A data file of this folder, all values the texts that they are."""
    return yaml.load((HERE / name).read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def lowered(kpis: Mapping[str, Any], *, timezone: str = "Europe/Berlin") -> Mapping[str, Outcome]:
    """KPIs over the sources of this folder in the ir."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "kpis").mkdir()
        text = yaml.safe_dump({"sources": read("sources.yml"), "kpis": dict(kpis)}, default_flow_style=None)
        (root / "kpis" / "all.yml").write_text(text, encoding="utf-8")
        (root / "kpi_project.yml").write_text(f"name: kinds\ntimezone: {timezone}\n", encoding="utf-8")
        found = load(root, profiles_dir=None, target=None, variables=None, profile=False)
    assert found.project is not None, found.diagnostics
    return lower_project(found.project)
