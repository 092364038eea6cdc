"""The Worker that `emit terraform --cloud cloudflare` deploys, run by workerd: the read API from snapshots."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.emit import tools
from tests.emit.projects import emitted, shop
from tests.oracles import places

_HOST = Path(__file__).parent / "terraform" / "worker_host.js"
_CONFIG = """using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "host.js", esModule = embed "host.js"), (name = "worker.js", esModule = embed "worker.js")],
    compatibilityDate = "2026-11-01",
    durableObjectNamespaces = [(className = "Host", uniqueKey = "host", enableSql = true)],
    durableObjectStorage = (localDisk = "disk"),
    bindings = [(name = "HOST", durableObjectNamespace = "Host")])),
    (name = "disk", disk = (path = "FOLDER", writable = true))],
  sockets = [(name = "http", address = "127.0.0.1:PORT", http = (), service = "main")]);
"""
_VALUES = [
    {"name": "revenue", "time": "2025-01-01", "value": 100},
    {"name": "revenue", "time": "2025-01-02", "value": 150},
    {"name": "revenue", "time": "2025-01-02", "value": 90, "dimensions": {"country": "DE"}},
    {"name": "revenue", "time": "2025-01-02", "value": 60, "dimensions": {"country": "FR"}},
    {"name": "none", "time": "2025-01-01", "value": None},
    {"name": "bad name; DROP TABLE kpi_metrics", "time": "2025-01-01", "value": 1},
    {"name": "revenue", "time": "yesterday", "value": 1},
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = places.npm_folder("workerd")
    if not places.complete(folder):
        tools.lacking("workerd is missing: python -m tests.emit.tools")
    base = tmp_path_factory.mktemp("worker")
    files = emitted(shop(base / "shop"), "terraform", cloud="cloudflare")
    script = files["microservices/kpi-engine/provider-specific/cloudflare/worker.js"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = _CONFIG.replace("PORT", str(port)).replace("FOLDER", str(base / "disk"))
    tools.put(base, {"worker.js": script, "host.js": _HOST.read_text(), "config.capnp": config})
    (base / "disk").mkdir()
    log = (base / "log").open("w+")
    command = [folder / "node_modules/.bin/workerd", "serve", "--experimental", "config.capnp"]
    process = subprocess.Popen(command, cwd=base, stdout=log, stderr=subprocess.STDOUT)
    try:
        at = f"http://127.0.0.1:{port}"
        for _ in range(250):
            if process.poll() is not None:
                break
            try:
                urllib.request.urlopen(f"{at}/-/ready", timeout=2).close()
                break
            except OSError:
                time.sleep(0.02)
        assert process.poll() is None, (base / "log").read_text()
        yield at
    finally:
        process.terminate()
        process.wait(10)
        log.close()


def _ask(at: str, path: str, body: object = None, method: str | None = None) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(at + path, data, method=method), timeout=10) as answer:
            text, status = answer.read().decode(), answer.status
    except urllib.error.HTTPError as error:
        with error:
            text, status = error.read().decode(), error.code
    return status, json.loads(text) if text.startswith(("{", "[")) else text


def test_the_read_api(address: str) -> None:
    """In the order of a day: nothing yet, then messages, then a tick that copies from the service."""
    assert _ask(address, "/health") == (200, {"status": "ok", "slot": "green"})
    assert _ask(address, "/health/detailed")[0] == 503
    assert _ask(address, "/api/kpis") == (200, {"kpis": []})
    assert _ask(address, "/api/kpis/revenue")[0] == 404

    assert _ask(address, "/-/queue", _VALUES)[1] == "kept"
    assert _ask(address, "/-/queue", _VALUES)[1] == "kept"
    assert _ask(address, "/api/kpis") == (200, {"kpis": [{"name": "revenue"}, {"name": "none"}]})
    latest = {"name": "revenue", "time": "2025-01-02", "value": 150}
    assert _ask(address, "/api/kpis/revenue") == (200, latest)
    assert _ask(address, "/api/kpis/realtime/revenue") == (200, latest)
    assert _ask(address, "/api/kpis/none") == (200, {"name": "none", "time": "2025-01-01", "value": None})
    status, history = _ask(address, "/api/kpis/revenue/history")
    assert status == 200
    assert sorted((v["time"], v["value"]) for v in history["values"]) == [
        ("2025-01-01", 100), ("2025-01-02", 60), ("2025-01-02", 90), ("2025-01-02", 150),
    ]  # fmt: skip
    assert len(_ask(address, "/api/kpis/revenue/history?from=2025-01-01&to=2025-01-02")[1]["values"]) == 1
    trend = _ask(address, "/api/kpis/revenue/trend")[1]
    assert (trend["value"], trend["before"], trend["change"], trend["change_pct"]) == (150, 100, 50, 50)
    assert _ask(address, "/api/kpis/none/trend")[1]["change"] is None
    assert _ask(address, "/health/detailed")[0] == 200

    asked = _ask(address, "/-/tick")[1]
    assert asked == [
        "POST /api/kpis/trigger/revenue Bearer t",
        "GET /api/kpis Bearer t",
        "GET /api/kpis/revenue Bearer t",
        "GET /api/kpis/revenue/history Bearer t",
    ]
    assert _ask(address, "/api/kpis/revenue")[1]["value"] == 7
    assert _ask(address, "/api/kpis/revenue/trend")[1]["value"] == 7
    state = _ask(address, "/-/state")[1]
    assert state["archived"] == 3
    assert state["points"] > 10


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 404),
        ("/api", 404),
        ("/api/kpis/x%27%20OR%201=1", 404),
        ("/api/kpis/absent/history", 404),
        ("/api/kpis/revenue/history?from=1%27%20OR%20%271", 400),
        ("/api/kpis/revenue/history?limit=0", 400),
        ("/api/kpis/revenue/history?limit=1e9", 400),
        ("/api/kpis/revenue/forecast", 404),
    ],
)
def test_what_is_not_there(address: str, path: str, status: int) -> None:
    _ask(address, "/-/queue", _VALUES)
    assert _ask(address, path)[0] == status


def test_nothing_is_written_by_readers(address: str) -> None:
    for method in ("POST", "PUT", "DELETE"):
        assert _ask(address, "/api/kpis/revenue", {}, method)[0] == 405
