"""Definitions that are wrong, on every command that reads them: a finding at its characters with help, 1, no traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.faults.forks import Ended, Forks

TOLD: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "bad_input.yml").read_text("utf-8"))
KPIS: dict[str, Any] = TOLD["kpis"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("bad")
    for folder in ("kpis", "data"):
        (root / folder).mkdir()
    (root / "kpi_project.yml").write_text("name: bad\n")
    (root / "profiles.yml").write_text(yaml.safe_dump({"bad": TOLD["profile"]}))
    (root / "data/orders.csv").write_text("id,at,amount,t\n1,2024-01-01 00:00:00+00,1.5,a\n")
    lines = [f"sources: {json.dumps(TOLD['sources'])}", "kpis:"]
    lines.append("  weeks: {measure: sum(amount), source: orders, grain: week}")
    lines += [f"  {name}: {each['text']}" for name, each in KPIS.items()]
    (root / "kpis/k.yml").write_text("\n".join(lines) + "\n")
    return root


def _place(root: Path, name: str) -> str:
    """Where the words at fault are: path:line:column, from 1."""
    text, there = (root / "kpis/k.yml").read_text(), KPIS[name]["says"]["there"]
    number, line = next((n, each) for n, each in enumerate(text.splitlines(), 1) if each.startswith(f"  {name}:"))
    start = line.rindex(there) if KPIS[name]["says"]["code"] == "KPI135" else line.index(there, len(name) + 4)
    return f"kpis/k.yml:{number}:{start + 1}"


def _tells(root: Path, done: Ended, name: str) -> None:
    says = KPIS[name]["says"]
    assert f"error[{says['code']}]" in done.said
    assert f"{_place(root, name)}\n" in done.said
    assert says.get("help", "= help:") in done.said


def _ended(done: Ended) -> None:
    assert done.code == 1, done.said
    assert "Traceback" not in done.said
    assert "INTERNAL" not in done.said


@pytest.mark.parametrize("command", TOLD["all"], ids=" ".join)
def test_every_definition_is_told(forks: Forks, project: Path, command: list[str]) -> None:
    done = forks.run(project, *command)
    _ended(done)
    for name in KPIS:
        _tells(project, done, name)


@pytest.mark.parametrize("command", TOLD["one"], ids=lambda command: command[0])
def test_the_one_that_is_asked_for_is_told(forks: Forks, project: Path, command: list[str]) -> None:
    for name in KPIS:
        done = forks.run(project, *(word.format(kpi=name) for word in command))
        _ended(done)
        _tells(project, done, name)
        others = {each for each in KPIS if KPIS[each]["says"]["code"] != KPIS[name]["says"]["code"]}
        assert not any(_place(project, each) in done.said for each in others), done.said


@pytest.mark.parametrize(
    "command", [["show"], ["show", "sum_of_text"], ["history", "sum_of_text"], ["trend"], ["ls"], ["audit"]]
)
def test_what_is_stored_is_read_nevertheless(forks: Forks, project: Path, command: list[str]) -> None:
    """Commands that only read the store or list need no sound definition."""
    done = forks.run(project, *command)
    assert done.code == 0, done.said
    assert "Traceback" not in done.said
