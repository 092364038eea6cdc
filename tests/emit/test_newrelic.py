"""New Relic's own client takes the requests, Terraform its provider's resources; conditions say what thresholds say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.emit import tools
from tests.emit.projects import emitted, hostile, shop
from tests.emit.terraform.terraform import terraform
from tests.emit.test_prometheus import _MORE
from tests.emit.tools import put, run


def _conditions(files: dict[str, str]) -> dict[str, dict[str, Any]]:
    return {
        path.split("/")[-1][:-5]: json.loads(text)["variables"]["condition"]
        for path, text in files.items()
        if path.startswith("conditions/")
    }


def _checked(folder: Path) -> str:
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.json"))
    code, said = run(tools.newrelic(), *paths, cwd=folder)
    assert code == 0, said
    return said


def _more(root: Path) -> Path:
    (root / "kpis" / "more.yml").write_text(_MORE)
    return root


def test_the_client_takes_them(tmp_path: Path) -> None:
    files = emitted(_more(shop(tmp_path / "shop")), "newrelic")
    folder = put(tmp_path / "out", files)
    assert _checked(folder) == ""
    name = "conditions/critical/revenue_critical_2.json"
    (folder / name).write_text(files[name].replace("thresholdDuration", "tresholdDuration"))
    board = "dashboards/business.json"
    (folder / board).write_text(files[board].replace("visualization", "visualisation"))
    said = _checked(folder)
    assert name in said
    assert board in said


def test_conditions_say_the_thresholds(tmp_path: Path) -> None:
    files = emitted(_more(shop(tmp_path / "shop")), "newrelic")
    found = _conditions(files)
    term = found["revenue_critical_2"]["terms"][0]
    assert (term["operator"], term["threshold"], term["thresholdDuration"]) == ("BELOW", 100.0, 300)
    term = found["revenue_warn_1"]["terms"][0]
    assert (term["operator"], term["threshold"], term["thresholdDuration"]) == ("BELOW", 1000.0, 86400)
    assert {found[f"a_critical_2{more}"]["terms"][0]["operator"] for more in ("", ".2")} == {"ABOVE", "BELOW"}
    assert all(each["terms"][0]["thresholdDuration"] % 60 == 0 for each in found.values())
    change = next(each for name, each in found.items() if name.endswith("change_pct"))
    assert change["nrql"]["query"].startswith("SELECT 100 * (latest(kpi_value) / latest(kpi_previous_value) - 1) FROM")
    left = files["README.md"].split("Not translated")[1]
    assert "a condition compares with one number" in left
    assert "what time it is" in left


def test_terraform_makes_the_same(tmp_path: Path) -> None:
    """Also of hostile texts: titles come back, the number of resources is that of the conditions."""
    root, texts = hostile(tmp_path / "hostile")
    files = emitted(_more(root), "newrelic")
    folder = put(tmp_path / "out", files)
    with terraform(folder / "terraform") as tool:
        tool.good(folder / "terraform", "fmt", "-check")
        tool.good(folder / "terraform", "init", "-no-color", "-input=false")
        plan = tool.plan(folder / "terraform", "-var=account_id=7", TF_VAR_api_key="canary-77")
        broken = folder / "terraform" / "alerts.tf"
        broken.write_text(broken.read_text().replace(" threshold ", " treshold "))
        assert tool.run(folder / "terraform", "validate", "-no-color")[0] != 0
    made = [each["values"] | {"kind": each["type"]} for each in plan["planned_values"]["root_module"]["resources"]]
    conditions = [each for each in made if each["kind"] == "newrelic_nrql_alert_condition"]
    asked = _conditions(files)
    assert {each["name"]: each["nrql"][0]["query"] for each in conditions} == {
        each["name"]: each["nrql"]["query"] for each in asked.values()
    }
    assert len(conditions) == len(asked)
    widgets = [
        widget["title"]
        for each in made
        if each["kind"] == "newrelic_one_dashboard"
        for page in each["page"]
        for widget in page["widget_line"]
    ]
    requested = [
        widget["title"]
        for path, text in files.items()
        if path.startswith("dashboards/")
        for page in json.loads(text)["variables"]["dashboard"]["pages"]
        for widget in page["widgets"]
    ]
    assert sorted(widgets) == sorted(requested)
    assert set(texts) <= set(widgets)
    assert _checked(folder) == ""
