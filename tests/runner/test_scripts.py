"""Plays each case of `scripts/*.kpitest` step by step; then one run without the passes must come to the same series.

A case that no single run can come to is played again without them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from kpictl import passes
from tests.runner.script import Case, World, comparable, read

_SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.kpitest"))
_READ = {
    f"{path.stem}/{case.name.replace(' ', '-')}": case
    for path in _SCRIPTS
    for case in read(path.read_text(encoding="utf-8"))
}
_CASES = [pytest.param(case, id=name) for name, case in _READ.items()]
_NOT_REBUILT = [pytest.param(case, id=name) for name, case in _READ.items() if not case.rebuilt]


@pytest.mark.parametrize("case", _CASES)
def test_step_by_step_and_rebuilt(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path)
    world.play(case)
    if not case.rebuilt:
        return
    grown = {name: [comparable(row) for row in world.stored(name)] for name in world.names}
    world.store = "target/rebuilt.duckdb"
    monkeypatch.setattr(passes, "PASSES", ())
    world.run([])
    for name in world.names:
        assert [comparable(row) for row in world.stored(name)] == grown[name], f"{name}: rebuilt differs from grown"


@pytest.mark.parametrize("case", _NOT_REBUILT)
def test_passes_off(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "PASSES", ())
    World(tmp_path).play(case)
