"""An as-of measure written as a query and the same KPI written as a measure are one tree of the ir."""

from __future__ import annotations

from typing import Any

import pytest

from kpictl.kinds.lowered import Lowered, Reading
from tests.kinds.readings import lowered, read

TWINS: list[dict[str, Any]] = read("twins.yml")


@pytest.mark.parametrize("twin", TWINS, ids=[twin["query"][:70] for twin in TWINS])
def test_a_query_and_its_measure_are_one_tree(twin: dict[str, Any]) -> None:
    dimensions = {"dimensions": twin["measure"]["dimensions"]} if "dimensions" in twin["measure"] else {}
    found = lowered({"asked": {"query": twin["query"], **dimensions}, "measured": twin["measure"]})
    asked, measured = found["asked"], found["measured"]
    assert isinstance(asked, Lowered), asked
    assert isinstance(measured, Lowered), measured
    assert asked.reading is Reading.AS_OF
    assert measured.reading is Reading.MEASURE
    assert asked.trees() == measured.trees()
    assert (asked.grain, asked.dimensions, asked.empty) == (measured.grain, measured.dimensions, measured.empty)
    assert asked.has_denominator == measured.has_denominator
