"""AWS's own model of its interface takes the requests; alarms say what the thresholds say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kpictl.emit.alerts import compared
from kpictl.emit.cloudwatch import _within
from tests.emit import tools
from tests.emit.projects import emitted, hostile, shop
from tests.emit.test_prometheus import _MORE
from tests.emit.tools import put, run

_CHECK = """
import json, pathlib, botocore.session, botocore.validate
model = botocore.session.get_session().get_service_model("cloudwatch")
def check(operation, request):
    shape = model.operation_model(operation).input_shape
    return botocore.validate.ParamValidator().validate(request, shape).generate_report()
for path in sorted(pathlib.Path("alarms").glob("*.json")):
    print(check("PutMetricAlarm", json.loads(path.read_bytes())), end="")
for path in sorted(pathlib.Path("dashboards").glob("*.json")):
    print(check("PutDashboard", {"DashboardName": "x", "DashboardBody": path.read_text()}), end="")
"""


def _checked(folder: Path) -> str:
    code, said = run(tools.python_of("cloudwatch"), "-c", _CHECK, cwd=folder)
    assert code == 0, said
    return said


def _alarms(files: dict[str, str]) -> dict[str, dict[str, Any]]:
    return {path.split("/")[1][:-5]: json.loads(text) for path, text in files.items() if path.startswith("alarms/")}


def test_the_interface_takes_them(tmp_path: Path) -> None:
    root = shop(tmp_path / "shop")
    (root / "kpis" / "more.yml").write_text(_MORE)
    files = emitted(root, "cloudwatch")
    folder = put(tmp_path / "out", files)
    assert _checked(folder) == ""
    alarms = _alarms(files)
    assert len(alarms) == 9
    first = alarms["revenue_warn_1"]
    assert first["Metrics"][0]["Expression"] == "IF((m1 < 1000), 1, 0)"
    assert first["EvaluationPeriods"] == 25
    assert first["Metrics"][1]["MetricStat"]["Period"] == 3600
    assert "revenue_warn_1" in files["README.md"].split("`resolve` is not said")[1]
    stale = next(each for name, each in alarms.items() if name.endswith("_stale"))
    assert stale["TreatMissingData"] == "breaching"
    name = "alarms/revenue_warn_1.json"
    (folder / name).write_text(files[name].replace('"Threshold"', '"Treshold"').replace('"Tags": [', '"Tags": ["x", '))
    assert "Treshold" in _checked(folder)


@pytest.mark.parametrize("text", ["value < 1 or value between 5 and 7 or value > 100", "not value = 3", ">= 2", "= 0"])
def test_metric_math_means_the_condition(text: str) -> None:
    condition = compared(text)
    assert condition is not None
    math = _within("m1", condition.ranges()).replace("AND", "and").replace("OR", "or")
    for value in condition.samples:
        assert eval(math, {"m1": value}) is bool(condition.test(value)), (math, value)


def test_what_lasts_too_long_is_named(tmp_path: Path) -> None:
    limit = 'thresholds: [{when: "value < 1", severity: warn, for: 3}]'
    kpi = f"kpis: {{a: {{measure: count(*), source: orders, grain: week, owner: x@y.example, {limit}}}}}"
    files = emitted(shop(tmp_path / "shop", kpis=kpi), "cloudwatch")
    assert not _alarms(files)
    assert "more than seven days" in files["README.md"]


def test_texts_come_back(tmp_path: Path) -> None:
    root, texts = hostile(tmp_path / "hostile")
    files = emitted(root, "cloudwatch")
    alarms = _alarms(files)
    assert len(alarms) == len(texts)
    boards = [json.loads(text) for path, text in files.items() if path.startswith("dashboards/")]
    titles = [widget["properties"]["title"] for board in boards for widget in board["widgets"]]
    assert sorted(titles) == sorted(texts)
    for i, text in enumerate(texts):
        alarm = alarms[f"kpi_{i:02}_critical_1"]
        assert alarm["AlarmDescription"] == f"{text}: when value < 5\n{text}\n{text}"[:1024]
    assert _checked(put(tmp_path / "out", files)) == ""
