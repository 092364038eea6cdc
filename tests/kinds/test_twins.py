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


@pytest.mark.parametrize("rest", ["", ", where: kind = 'a'", ", dimensions: [kind]"])
@pytest.mark.parametrize("aggregate", ["sum(amount)", "count(distinct user_id)", "avg(amount)", "count(*)"])
@pytest.mark.parametrize("window", ["7d", "1 month"])
def test_a_measure_cumulated_over_a_window_is_the_measure_with_the_window(
    aggregate: str, window: str, rest: str
) -> None:
    dimensions = {"dimensions": ["kind"]} if "dimensions" in rest else {}
    where = {"where": "kind = 'a'"} if "where" in rest else {}
    of = {"measure": aggregate, "source": "activity", "grain": "day", **where, **dimensions}
    found = lowered(
        {
            "of": of,
            "whole": {**of, "window": window},
            "sum": {"cumulative": {"of": "of", "window": window}, **dimensions},
        }
    )
    whole, cumulated = found["whole"], found["sum"]
    assert isinstance(whole, Lowered), whole
    assert isinstance(cumulated, Lowered), cumulated
    assert cumulated.reading is Reading.DERIVED
    assert cumulated.trees() == whole.trees()
    assert (cumulated.empty, cumulated.lookback) == (whole.empty, whole.lookback)
