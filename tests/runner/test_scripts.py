"""Plays each case of `scripts/*.kpitest` step by step; then one run without the passes must come to the same series."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpictl import passes
from tests.runner.script import Case, World, comparable, read

_SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.kpitest"))
_CASES = [
    pytest.param(case, id=f"{path.stem}/{case.name.replace(' ', '-')}")
    for path in _SCRIPTS
    for case in read(path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("case", _CASES)
def test_step_by_step_and_rebuilt(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path)
    world.play(case)
    if world.diverges is not None or not world.runs:
        return
    grown = {name: [comparable(row) for row in world.stored(name)] for name in world.names}
    world.store = "target/rebuilt.duckdb"
    monkeypatch.setattr(passes, "PASSES", ())
    world.run([])
    for name in world.names:
        assert [comparable(row) for row in world.stored(name)] == grown[name], f"{name}: rebuilt differs from grown"
