"""What somebody gets who installs the wheel: everything that a first project needs, from an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEEDED = (
    "kpictl/starter/kpi_project.yml",
    "kpictl/starter/kpis/shop.yml",
    "kpictl/starter/data/superstore_2017.csv",
    "kpictl/schemas/plan.schema.json",
    "kpictl/schemas/run_results.schema.json",
    "kpictl/emit/templates/jobs/README.md.j2",
    "kpictl/emit/templates/docker/Dockerfile.j2",
    "kpictl/py.typed",
)


def _run(*command: str | Path, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "HOME": str(cwd), "NO_COLOR": "1", "COLUMNS": "100", **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree without its development tools."""
    folder = tmp_path_factory.mktemp("wheel")
    environment = {name: value for name, value in os.environ.items() if name.lower().startswith(("pip", "http", "ssl"))}
    _run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT, cwd=folder, **environment)
    return next(folder.glob("kpictl-*.whl"))


def test_it_carries_what_is_needed(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        names = set(opened.namelist())
    assert [name for name in NEEDED if name not in names] == []
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/", "docs/"))]


def test_init_and_run_from_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    """The dependencies are those of this environment; kpictl itself is only the wheel's."""
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(site)
    empty = tmp_path / "empty"
    empty.mkdir()
    where = _run(sys.executable, "-c", "import kpictl; print(kpictl.__file__)", cwd=empty, PYTHONPATH=str(site))
    assert where.startswith(str(site))
    _run(sys.executable, "-m", "kpictl", "init", "shop", cwd=empty, PYTHONPATH=str(site))
    shown = _run(sys.executable, "-m", "kpictl", "run", cwd=empty / "shop", PYTHONPATH=str(site))
    assert "$713.79" in shown
