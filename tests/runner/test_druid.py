"""Runs and `check --live` on Druid: what it lacks is told at the author's characters, and one that is gone stops no other."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kpictl import api
from tests.engines.canned import Canned, reply
from tests.oracles.judge import Table
from tests.oracles.plugin import Counted
from tests.runner.test_live import FILES, KPIS, project, said

ORDERS = Table(
    columns={"id": "bigint", "at": "timestamptz", "amount": "numeric", "note": "text"},
    rows=[(1, datetime(2024, 1, 1, tzinfo=UTC), 1.5, "a")],
    time="at",
)
STATUS = reply('{"version": "33.0.0"}')


def test_what_druid_lacks(judge: Callable[[str], Counted], tmp_path: Path) -> None:
    druid = judge("druid")
    druid.load({"orders": ORDERS})
    app = {"type": "druid", "url": druid.services.broker}
    more = "gone: {measure: count(*), source: vanished, grain: day}\n"
    found = said(project(tmp_path, KPIS + more, {"app": app, "other": app}))
    shown = {(each.diagnostic.code, there, each.diagnostic.message) for each, there in found}
    assert shown == {
        ("KPI908", "fee", "connection `app` has no column `fee` in `orders`"),
        ("KPI908", "vanished", "connection `app` has no table `vanished`"),
    }


DEATHS: dict[str, tuple[bytes | None, bytes | None]] = {
    "not there": (b"", b""),
    "hangs": (STATUS, None),
    "goes away": (STATUS, b""),
    "html": (STATUS, reply("<html>", status="503 Service Unavailable", kind="text/html")),
    "half a body": (STATUS, reply('["x"]\n["LONG"]\n["BIGINT"]\n[1]\n')),
}


@pytest.mark.parametrize("how", DEATHS)
def test_a_druid_that_is_gone_stops_no_other(how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_GRACE", "_CANCEL", "_PATIENCE"):
        monkeypatch.setattr(f"kpictl.engines.druid.{name}", 0.5)
    opened, asked = DEATHS[how]
    server = Canned({"GET": opened, "POST": asked})
    lost: dict[str, Any] = {
        "type": "druid", "url": f"http://127.0.0.1:{server.port}", "timeout": 0.5, "connect_timeout": 0.5,
    }  # fmt: skip
    kpis = KPIS + "fine: {measure: sum(amount), source: orders, grain: day}\n"
    root = project(tmp_path, kpis.replace("sum(fee)", "max(amount)"), {"app": FILES, "other": lost})
    began = time.monotonic()
    try:
        report = api.run(api.load(root), kpis=["here", "there", "also", "fine"], as_of=datetime(2024, 1, 3, tzinfo=UTC))
    finally:
        server.close()
    assert time.monotonic() - began < 20
    status = {result.unique_id: result.status for result in report.results}
    assert status == {"kpi.here": "success", "kpi.fine": "success", "kpi.there": "error", "kpi.also": "error"}
    codes = {d.code for result in report.results for d in result.diagnostics if d.is_error}
    assert codes <= {"KPI901", "KPI907"}
    assert codes
