"""`kpictl schedule`: catches up, goes on whatever fails, is alone, and stops when it is told to."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.cases import HERE
from tests.faults.forks import Forks

_MAIN = [sys.executable, "-m", "kpictl"]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The good project of the tests of bad input, under the real clock."""
    root = tmp_path / "shop"
    shutil.copytree(HERE / "project", root)
    profile = root / "profiles.yml"
    profile.write_text(profile.read_text().replace("      as_of: 2025-01-01\n", ""))
    settings = root / "kpi_project.yml"
    settings.write_text(settings.read_text() + "start: 2024-01-01\n")
    return root


def _begun(root: Path, *options: str) -> subprocess.Popen[str]:
    """A scheduler that has caught up."""
    environment = {**os.environ, "NO_COLOR": "1"}
    process = subprocess.Popen(
        [*_MAIN, "schedule", *options],
        cwd=root,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if " computed " in line or "nothing to do" in line or "failed" in line:
            return process
    raise AssertionError(f"it ended with {process.wait()}")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_stops_at_once_when_told_to(shop: Path, number: signal.Signals, code: int) -> None:
    process = _begun(shop)
    began = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    assert time.monotonic() - began < 5
    assert process.returncode == code
    assert out == ""
    assert err.splitlines()[-1].endswith("what was not finished is rolled back"), err


def test_one_process_schedules_for_a_store(shop: Path, forks: Forks) -> None:
    process = _begun(shop)
    try:
        ended = forks.run(shop, "schedule")
        assert ended.code == 1
        assert "KPI910" in ended.said
        assert f"process {process.pid} on" in ended.said
        assert forks.run(shop, "run").code == 0  # others may run
    finally:
        process.kill()
        process.communicate()
    ended = forks.run(shop, "schedule", "--once")
    assert ended.code == 0, ended.said


def test_once_tells_how_the_run_ended(shop: Path, forks: Forks) -> None:
    ended = forks.run(shop, "schedule", "--once")
    assert ended.code == 0, ended.said
    assert "computed" in ended.said
    (shop / "data/orders.csv").write_text("id,nothing\n1,2\n")
    ended = forks.run(shop, "schedule", "--once", "revenue")
    assert ended.code == 1
    assert "1 failed" in ended.said


def test_a_clock_that_stands_still_ticks_never(shop: Path, forks: Forks) -> None:
    profile = shop / "profiles.yml"
    profile.write_text(profile.read_text().replace("      connections:", "      as_of: 2025-01-01\n      connections:"))
    ended = forks.run(shop, "schedule")
    assert ended.code == 2
    assert "stands still" in ended.said
    assert forks.run(shop, "schedule", "--once").code == 0
