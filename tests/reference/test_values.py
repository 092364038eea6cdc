"""The reference has every canonical function, and expressions have the values of the contract."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from kpictl.diagnostics import Place
from kpictl.ir.functions import FUNCTIONS, Role
from kpictl.ir.reference import AGGREGATES, SCALARS, WINDOWS, evaluate, fold, over
from kpictl.ir.scalars import Agg, Call, Col, Frame, FrameBound, Lit, Over, SortKey
from kpictl.sql.frontdoor import expression
from kpictl.sql.scope import Scope

CASES = yaml.safe_load((Path(__file__).parent / "values.yml").read_text())
X = Col("x")


@pytest.mark.parametrize(
    ("role", "told"), [(Role.SCALAR, SCALARS), (Role.AGGREGATE, AGGREGATES), (Role.WINDOW, WINDOWS)]
)
def test_every_function_has_its_reference(role: Role, told: dict[str, Any]) -> None:
    assert set(told) == {name for name, function in FUNCTIONS.items() if function.role is role}


@pytest.mark.parametrize(("text", "value"), CASES, ids=[text for text, _ in CASES])
def test_value(text: str, value: Any) -> None:
    found = evaluate(expression(text, Scope(), Place("x"), aggregate=False), {})
    if isinstance(found, Decimal):
        assert found == Decimal(str(value))
    else:
        assert (type(found), found) == (type(value), value)


def rows(*values: Any) -> list[dict[str, Any]]:
    return [{"x": v} for v in values]


@pytest.mark.parametrize(
    ("fn", "values", "result"),
    [
        ("sum", (), None),
        ("sum", (None,), None),
        ("sum", (2**62, 2**62, 2**62), 3 * 2**62),
        ("sum", (Decimal("0.1"), 2), Decimal("2.1")),
        ("sum", (0.1,) * 10, 1.0),
        ("count", (1, None), 1),
        ("count_rows", (1, None), 2),
        ("avg", (1, 2, None), 1.5),
        ("bool_and", (), None),
        ("stddev_samp", (1,), None),
        ("var_pop", (1, 3), 1.0),
        ("mode", (2, 1, 2, 1), 1),
        ("min", ("b", "B"), "B"),
    ],
)
def test_aggregate(fn: str, values: tuple[Any, ...], result: Any) -> None:
    args = () if fn == "count_rows" else (X,)
    assert fold(Agg(fn, args), rows(*values)) == result


@pytest.mark.parametrize(("p", "cont", "disc"), [("0", 1.0, 1), ("0.5", 2.5, 2), ("0.75", 3.25, 3), ("1", 4.0, 4)])
def test_percentiles(p: str, cont: float, disc: int) -> None:
    share = Lit(Decimal(p))
    assert fold(Agg("percentile_cont", (X, share)), rows(4, 1, None, 3, 2)) == cont
    assert fold(Agg("percentile_disc", (X, share)), rows(4, 1, None, 3, 2)) == disc


def test_windows() -> None:
    table = rows(3, 1, None, 1)
    ordered = (SortKey(X),)
    assert over(Over(Call("rank", ()), order_by=ordered), table) == [3, 1, 4, 1]
    assert over(Over(Call("lag", (X, Lit(1))), order_by=ordered), table) == [1, None, 3, 1]
    frame = Frame("rows", FrameBound(-1), FrameBound(0))
    assert over(Over(Agg("sum", (X,)), order_by=ordered, frame=frame), table) == [4, 1, 3, 2]
    assert over(Over(Agg("sum", (X,)), order_by=ordered), table) == [5, 2, 5, 2]
