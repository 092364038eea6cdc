"""A disk that is really full: a small file system in memory, mounted where only the command sees it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from kpictl import api
from tests.stores.kills import write_project

_MOUNT = 'mount -t tmpfs -o size="$1" none "$2" && shift 2 && exec "$@"'


@cache
def _missing() -> str | None:
    """Why no file system can be mounted here."""
    if not shutil.which("unshare"):
        return "there is no unshare"
    done = subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, text=True)
    return done.stderr.strip() or "mount was refused" if done.returncode else None


def _on_small_disk(root: Path, size: str, *steps: str) -> str:
    """Runs shell steps in the project, whose `small/` is a file system of that size; what they said on both streams."""
    if why := _missing():
        pytest.skip(why)
    (root / "small").mkdir(exist_ok=True)
    environment = {**os.environ, "NO_COLOR": "1", "KPICTL": f"{sys.executable} -m kpictl"}
    command = ["unshare", "-rm", "sh", "-c", _MOUNT, "sh", size, str(root / "small"), "sh", "-c", "\n".join(steps)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, env=environment, timeout=300)
    return done.stdout + done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """50 KPIs over a year, whose store is on the small disk."""
    return write_project(tmp_path / "p", "{type: duckdb, path: small/k.duckdb}")


@pytest.mark.parametrize("size", ["300k", "1m"])
def test_a_full_disk_is_said_and_a_later_run_is_right(project: Path, size: str) -> None:
    said = _on_small_disk(
        project,
        size,
        "$KPICTL run --quiet; echo ended $?",
        "$KPICTL show --quiet >/dev/null; echo shown $?",
        "mount -o remount,size=64m small",
        "$KPICTL run --quiet; echo again $?",
        "$KPICTL store check; echo checked $?",
        "cp small/k.duckdb kept.duckdb",
    )
    assert "ended 1" in said, said
    assert "No space left" in said
    assert "KPI914" in said or "KPI911" not in said
    assert "Traceback" not in said
    assert "internal error" not in said
    assert "again 0" in said, said
    assert "checked 0" in said, said
    _same_as_elsewhere(project)


def test_a_disk_that_is_full_in_a_later_run_keeps_what_was_there(project: Path) -> None:
    said = _on_small_disk(
        project,
        "64m",
        "$KPICTL run --quiet; echo first $?",
        "cp small/k.duckdb before.duckdb",
        "head -c 70000000 /dev/zero > small/fill 2>/dev/null",
        "$KPICTL run --full-refresh --quiet; echo full $?",
        "cmp small/k.duckdb before.duckdb || echo differs",
        "$KPICTL show --quiet > /dev/null; echo shown $?",
        "rm small/fill",
        "$KPICTL run --full-refresh --quiet; echo again $?",
        "cp small/k.duckdb kept.duckdb",
    )
    assert "first 0" in said, said
    assert "full 1" in said or "full 0" in said, said
    assert "Traceback" not in said
    assert "internal error" not in said
    assert "shown 0" in said, said
    assert "again 0" in said, said
    _same_as_elsewhere(project)


def test_a_full_disk_for_what_a_run_writes_beside_the_store(tmp_path: Path) -> None:
    root = write_project(tmp_path / "p", "{type: duckdb, path: k.duckdb}")
    said = _on_small_disk(
        root,
        "64k",
        "mkdir target && mount --bind small target",
        "head -c 70000 /dev/zero > target/fill 2>/dev/null",
        "$KPICTL run --quiet; echo ended $?",
        "rm target/fill",
        "$KPICTL run --quiet; echo again $?",
        "cp k.duckdb kept.duckdb",
    )
    assert "ended 1" in said, said
    assert "Traceback" not in said
    assert "internal error" not in said
    assert "again 0" in said, said
    _same_as_elsewhere(root)


def _same_as_elsewhere(root: Path) -> None:
    """The copy of the store holds the series of a run that had room."""
    found = {}
    for name, path in (("kept", "kept.duckdb"), ("roomy", "roomy.duckdb")):
        profile = root / "profiles.yml"
        lines = profile.read_text().splitlines()
        profile.write_text(
            "\n".join(f"      store: {{type: duckdb, path: {path}}}" if "store:" in line else line for line in lines)
            + "\n"
        )
        loaded = api.load(root)
        assert loaded.project is not None
        kpis = list(loaded.project.kpis)
        if name == "roomy":
            api.run(loaded, kpis=kpis)
        found[name] = {
            (v.kpi, v.time, tuple(v.dimensions.items())): (v.value, v.status)
            for by in ((), ("country",))
            for v in api.values(loaded, kpis=kpis, by=by)
        }
    assert found["kept"] == found["roomy"]
    assert len(found["kept"]) > 18_000
