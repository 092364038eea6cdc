"""The verifier says of each tree of `trees.yml` exactly what stands there."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from kpictl.ir.query import Query, Select
from kpictl.ir.relations import (
    Aggregate,
    Align,
    Densify,
    Derive,
    Derived,
    Filter,
    Finalize,
    Grain,
    Join,
    Opaque,
    OverTime,
    PerBucket,
    Read,
    Relation,
    Rollup,
    Scan,
    Sequence,
    Shift,
    Span,
    Standing,
    State,
    ValidAt,
    Window,
)
from kpictl.ir.scalars import Col, Lit
from kpictl.ir.verify import verify
from kpictl.kinds.build import TRUE
from kpictl.model.types import DATE, INTEGER
from tests.ir.cases import HERE

CASES: list[dict[str, Any]] = yaml.safe_load((HERE / "trees.yml").read_text(encoding="utf-8"))
AT, NUMBER = Col("at", None, DATE), (("value", Col("state", None, INTEGER)),)
LEAVES: dict[str, Relation] = {
    "Scan": Scan("orders", (("at", DATE),), time="at"),
    "Opaque": Opaque(Query(Select(())), ("orders",)),
}


@pytest.mark.parametrize("case", CASES, ids=[case["shows"] for case in CASES])
def test_verify(case: dict[str, Any]) -> None:
    assert list(verify(_tree(case["tree"]))) == case["says"]


def _tree(told: Any) -> Relation:
    if isinstance(told, str):
        return LEAVES[told]
    ((name, rest),) = told.items()
    if name == "Align":
        return Align(tuple((f"input_{n}", _tree(each)) for n, each in enumerate(rest, 1)), ())
    given = rest if isinstance(rest, dict) and "of" in rest else {"of": rest}
    return _node(name, _tree(given["of"]), given)


def _grain(given: dict[str, Any]) -> Grain | None:
    told = given.get("grain", "day")
    return None if told == "none" else Grain(*told.split())


def _node(name: str, below: Relation, given: dict[str, Any]) -> Relation:
    grain = _grain(given)
    days = grain or Grain("day")
    keys = tuple(given.get("keys", ()))
    length = Span(given["length"], "day") if "length" in given else None
    match name:
        case "Filter":
            return Filter(below, TRUE)
        case "Derive":
            return Derive(below, (("x", Lit(1, INTEGER)),))
        case "Join":
            return Join(below, _tree(given["right"]), "equi", TRUE, "other")
        case "ValidAt":
            return ValidAt(below, days, AT, AT)
        case "PerBucket":
            return PerBucket(below, days, AT, TRUE)
        case "Sequence":
            return Sequence(below, AT, (), ())
        case "Aggregate":
            fn, median = ("percentile_cont", True) if given.get("median") else ("count_rows", False)
            time = AT if given.get("time", True) else None
            states = (("state", State(fn, (AT,) if median else (), holistic=median)),)
            return Aggregate(below, time, grain, tuple((key, Col(key)) for key in keys), states)
        case "Rollup":
            return Rollup(below, keys, grain if "grain" in given else None)
        case "Window":
            return Window(below, days, length, given.get("to_date"))
        case "Finalize":
            return Finalize(below, NUMBER)
        case "Standing":
            return Standing(below, days, AT, (Col("id"),), ())
        case "OverTime":
            return OverTime(below, days, given.get("choose", "last"))
        case "Shift":
            return Shift(below, days, Span(1, "day"))
        case "Densify":
            return Densify(below, days)
        case "Derived":
            return Derived(below, NUMBER)
        case "Read":
            return Read(below, AT if grain else None, grain, (), NUMBER)
    raise LookupError(name)
