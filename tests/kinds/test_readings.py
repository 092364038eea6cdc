"""Each query of `readings.yml` is read as it says there."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from kpictl.kinds.lower import Outcome
from tests.kinds.readings import lowered, read

_OWN = ("query", "schedule", "columns", "grain_of_kpi")
CASES: list[dict[str, Any]] = read("readings.yml")


@cache
def outcomes() -> Mapping[str, Outcome]:
    """Every case as a KPI of its own: `k`, the name that an INSERT among them names, is one of them."""
    found: dict[str, Outcome] = {}
    for n, case in enumerate(CASES):
        block = {"grain" if key == "grain_of_kpi" else key: case[key] for key in _OWN if key in case}
        found[str(n)] = lowered({"k": block})["k"]
    return found


@pytest.mark.parametrize("n", range(len(CASES)), ids=[case["query"][:60] for case in CASES])
def test_reading(n: int) -> None:
    case, found = CASES[n], outcomes()[str(n)]
    if "refused" in case:
        assert isinstance(found, tuple), found
        assert [f"{each.code} {each.message}" for each in found] == [case["refused"]]
        return
    assert not isinstance(found, tuple), found
    assert found.reading.value == case["reading"]
    assert list(found.dimensions) == case.get("dimensions", [])
    assert list(found.attributes) == case.get("attributes", [])
    assert [f"{hint.code} {hint.message}" for hint in found.hints] == ([case["hint"]] if "hint" in case else [])
    if "grain" in case:
        assert found.grain.unit == case["grain"]
    reasons = {reading.value: reason for reading, reason in found.why_not}
    for reading, reason in case.get("why_not", {}).items():
        assert reasons[reading] == reason
