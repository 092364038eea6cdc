"""Requests, rules and properties for Druid; the requests run on a real one."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from kpictl.emit.druid import iso_period
from kpictl.emit.druid_cluster import ROLES
from kpictl.model.durations import parse_duration
from tests.emit.druid_calls import is_property, post, typed
from tests.emit.projects import emitted, hostile, shop
from tests.oracles.druid_http import call
from tests.oracles.judge import Judge, Table


def _on_druid(root: Path) -> Path:
    text = (root / "profiles.yml").read_text()
    start = text.index("        app: ")
    (root / "profiles.yml").write_text(text[:start] + "        app: {type: druid, url: http://localhost:8082}\n")
    sources = root / "kpis" / "sources.yml"
    sources.write_text(sources.read_text() + "    retention: 400d\n")
    return root


def test_rules_and_queries(tmp_path: Path) -> None:
    files = emitted(_on_druid(shop(tmp_path / "shop")), "druid")
    assert json.loads(files["rules/orders.json"])[0]["period"] == "P400D"
    assert json.loads(files["rules/kpi_metrics.json"])[0]["period"] == "P2Y"
    query = json.loads(files["queries/revenue.json"])
    assert query["context"]["sqlTimeZone"] == "UTC"
    assert len(query["parameters"]) == len(query["_parameters"]) == query["query"].count("?")
    assert "druid.storage.type=local" in files["cluster/_common/common.runtime.properties"].splitlines()
    assert "druid.plaintextPort=8083" in files["cluster/historical/runtime.properties"].splitlines()


def test_a_real_druid_answers_the_requests(tmp_path: Path, judge: Callable[[str], Judge]) -> None:
    engine: Any = judge("druid")
    rows = [
        (1, 1, 10.0, "paid", "DE", "2024-01-02T10:00:00Z"),
        (2, 1, 5.0, "paid", "FR", "2024-01-02T23:30:00Z"),
        (3, 2, 99.0, "open", "DE", "2024-01-03T10:00:00Z"),
    ]
    columns = {
        "id": "bigint",
        "user_id": "bigint",
        "amount": "numeric(12,2)",
        "status": "text",
        "country": "text",
        "created_at": "timestamptz",
    }
    engine.load({"orders": Table(columns, [typed(columns, row) for row in rows], time="created_at")})
    files = emitted(_on_druid(shop(tmp_path / "shop")), "druid")
    body = json.loads(files["queries/revenue.total.json"])
    answer = engine.execute(body["query"], [each["value"] for each in body["parameters"]], body["context"])
    assert sorted(float(row[1]) for row in answer.rows) == [5.0, 10.0]


def test_a_real_druid_takes_dashboards_rules_and_compaction(tmp_path: Path, judge: Callable[[str], Judge]) -> None:
    """Rules and compaction of a data source that there is not, as the others are those of other tests."""
    engine: Any = judge("druid")
    files = emitted(_on_druid(shop(tmp_path / "shop")), "druid")
    columns = {
        "__time": "timestamptz",
        "kpi_name": "text",
        "dimensions": "text",
        "kpi_value": "double",
        "status": "text",
    }
    days = [datetime.fromisoformat(f"2024-01-0{day}T00:00:00Z") for day in (1, 2)]
    rows = [(day, name, "{}", 1.5, "ok") for day in days for name in ("revenue", "revenue_per_order")]
    engine.load({"kpi_metrics": Table(columns, rows, time="__time")})
    for category, wanted in (("business", "revenue"), ("custom", "revenue_per_order")):
        body = json.loads(files[f"dashboards/{category}.json"])
        found = call(engine.services.sql, {key: value for key, value in body.items() if key != "_parameters"})
        assert [(row["kpi_name"], row["kpi_value"]) for row in found] == [(wanted, 1.5)] * 2
    at = f"{engine.services.coordinator}/druid/coordinator/v1"
    rules = json.loads(files["rules/orders.json"])
    post(f"{at}/rules/emit_nothing", rules)
    kept = call(f"{at}/rules/emit_nothing")
    assert [(each["type"], each.get("period")) for each in kept] == [("loadByPeriod", "P400D"), ("dropForever", None)]
    compaction = json.loads(files["compaction/orders.json"]) | {"dataSource": "emit_nothing"}
    post(f"{at}/config/compaction", compaction)
    taken = call(f"{at}/config/compaction/emit_nothing")
    assert taken["granularitySpec"]["segmentGranularity"] == "DAY"
    assert taken["skipOffsetFromLatest"] == "P2D"


def test_druid_reads_each_property(tmp_path: Path, judge: Callable[[str], Judge]) -> None:
    judge("druid")
    files = emitted(_on_druid(shop(tmp_path / "shop")), "druid")
    lines = [line for path, text in files.items() if path.endswith(".properties") for line in text.splitlines()]
    names = {line.partition("=")[0] for line in lines if line and not line.startswith("#")}
    assert len(names) > 20
    assert sorted(name for name in names if not is_property(name)) == []
    found = {name: [bad for bad in _misspelt(name) if is_property(bad)] for name in names}
    assert {name: bad for name, bad in found.items() if bad} == {}


def _misspelt(name: str) -> list[str]:
    """A letter more at the end, one less, and one twice in the prefix."""
    middle = name.rindex(".") // 2
    return [name + "x", name[:-1], name[:middle] + name[middle] + name[middle:]]


@pytest.mark.parametrize(
    ("text", "period"), [("30d", "P30D"), ("2 quarters", "P6M"), ("1 year", "P1Y"), ("90m", "PT90M")]
)
def test_periods(text: str, period: str) -> None:
    length = parse_duration(text)
    assert length is not None
    assert iso_period(length) == period


def test_hostile_texts_stand_in_no_property(tmp_path: Path) -> None:
    root, _ = hostile(tmp_path / "hostile")
    for path, text in emitted(root, "druid").items():
        if path.endswith(".json"):
            json.loads(text)
        elif path.endswith(".properties"):
            assert all(line.startswith(("#", "druid.")) for line in text.splitlines())


def test_processes_fit_the_instances_of_the_document() -> None:
    """Heap and buffers leave a quarter of the memory; direct memory holds a buffer a thread, the merging ones, and one more."""
    for role in ROLES:
        direct = _mib(role.direct)
        limit = {"m5.large": 8, "r5.xlarge": 32, "c5.large": 4}[INSTANCES[role.name]] * 1024
        workers = int(role.properties.get("druid.worker.capacity", "0"))
        taken = _mib(role.heap) + direct + workers * 2 * 1024
        assert taken <= limit * 0.85, role.name
        # A pod's limit counts what the JVM takes besides, too.
        assert taken * 1.15 <= int(role.memory.removesuffix("Gi")) * 1024, role.name
        if "druid.processing.buffer.sizeBytes" in role.properties:
            said = role.properties
            buffers = int(said["druid.processing.numThreads"]) + int(said["druid.processing.numMergeBuffers"]) + 1
            assert buffers * int(said["druid.processing.buffer.sizeBytes"].removesuffix("MiB")) <= direct, role.name


INSTANCES = {"coordinator": "m5.large", "historical": "r5.xlarge", "broker": "c5.large", "middlemanager": "m5.large"}


def _mib(text: str) -> int:
    return int(text[:-1]) * {"m": 1, "g": 1024}[text[-1]]
