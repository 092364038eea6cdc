"""examples/nexpo/deploy is what the definitions say now."""

from __future__ import annotations

from kpictl.emit import NAMES
from tests.emit.example import ROOT, main


def test_the_example_is_fresh() -> None:
    assert main("--check") == 0, "stale: make deploy"


def test_nothing_is_left_of_an_artifact_that_is_no_more() -> None:
    assert {path.name for path in (ROOT / "examples/nexpo/deploy").iterdir()} == set(NAMES)
