"""Datadog's own client takes the requests; monitors say what the thresholds say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

from tests.emit import tools
from tests.emit.projects import emitted, hostile, shop
from tests.emit.test_prometheus import _MORE
from tests.emit.tools import put, run

_CHECK = """
import json, pathlib
from datadog_api_client import ApiClient, Configuration
from datadog_api_client.model_utils import validate_and_convert_types
from datadog_api_client.v1.model.dashboard import Dashboard
from datadog_api_client.v1.model.monitor import Monitor
settings = Configuration()
def unparsed(value):
    if getattr(value, "_unparsed", False):
        return True
    inside = value if isinstance(value, list) else getattr(value, "_data_store", {}).values()
    return any(map(unparsed, inside))
for folder, model in (("monitors", Monitor), ("dashboards", Dashboard)):
    for path in sorted(pathlib.Path(folder).glob("*.json")):
        body = json.loads(path.read_bytes())
        try:
            found = validate_and_convert_types(body, (model,), ["x"], True, True, configuration=settings)
            assert not unparsed(found), "not understood"
        except Exception as error:
            print(path, type(error).__name__, str(error)[:300])
"""


def _checked(folder: Path) -> str:
    code, said = run(tools.python_of("datadog"), "-c", _CHECK, cwd=folder)
    assert code == 0, said
    return said


def _monitors(files: dict[str, str]) -> dict[str, dict[str, Any]]:
    return {path[9:-5]: json.loads(text) for path, text in files.items() if path.startswith("monitors/")}


def test_the_client_takes_them(tmp_path: Path) -> None:
    root = shop(tmp_path / "shop")
    (root / "kpis" / "more.yml").write_text(_MORE)
    files = emitted(root, "datadog")
    folder = put(tmp_path / "out", files)
    assert _checked(folder) == ""
    name = "monitors/revenue_warn_1.json"
    (folder / name).write_text(files[name].replace("query alert", "quary alert"))
    assert name in _checked(folder)
    conf = yaml.safe_load(files["openmetrics.d/conf.yaml"])
    assert "kpi_value" in conf["instances"][0]["metrics"]


def test_monitors_say_the_conditions(tmp_path: Path) -> None:
    root = shop(tmp_path / "shop")
    (root / "kpis" / "more.yml").write_text(_MORE)
    files = emitted(root, "datadog")
    queries = {name: monitor["query"] for name, monitor in _monitors(files).items()}
    value = "max:kpi_engine.kpi_value{kpi:revenue,total:true}"
    assert queries["revenue_warn_1"] == f"max(last_25h):{value} < 1000"
    assert queries["revenue_critical_2"] == f"max(last_5m):{value} < 100"
    both = {name: query for name, query in queries.items() if name.startswith("a_critical_2")}
    assert sorted(query.split("} ")[1] for query in both.values()) == ["< 3", "> 3"]
    change = next(query for name, query in queries.items() if name.endswith("change_pct"))
    assert re.fullmatch(r"max\(last_3h\):100 \* \(max:\S+ / max:\S+ - 1\) < -20", change)
    assert all(
        float(each["query"].split()[-1]) == each["options"]["thresholds"]["critical"]
        for each in _monitors(files).values()
    )
    left = files["README.md"].split("Not translated")[1]
    assert "a monitor compares with one number" in left
    assert "what time it is" in left


def test_texts_come_back(tmp_path: Path) -> None:
    """In titles, byte for byte; never in a message, where they could call somebody."""
    root, texts = hostile(tmp_path / "hostile")
    files = emitted(root, "datadog")
    boards = [json.loads(text) for path, text in files.items() if path.startswith("dashboards/")]
    titles = [widget["definition"]["title"] for board in boards for widget in board["widgets"]]
    assert sorted(titles) == sorted(texts)
    monitors = _monitors(files)
    assert len(monitors) == len(texts)
    assert not [each for each in monitors.values() if "@" in json.dumps(each) or "{{" in json.dumps(each)]
    assert _checked(put(tmp_path / "out", files)) == ""
