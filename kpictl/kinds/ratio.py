"""`ratio:` - one KPI by another one, at any grain the sum by the sum."""

from __future__ import annotations

from typing import Any

from kpictl.diagnostics import Place
from kpictl.model.keys import Block, Key
from kpictl.model.kpis import RatioSpec
from kpictl.model.readers import Name

NAME = "ratio"
SPEC = RatioSpec
DOC = "One KPI divided by another one."
KEYS = (
    Key(
        NAME,
        Block(
            "`ratio`",
            (
                Key("numerator", Name(), "The KPI above the line.", True),
                Key("denominator", Name(), "The KPI below the line.", True),
            ),
        ),
        "The two KPIs; where the denominator is zero there is no value.",
        True,
    ),
)


def bind(values: dict[str, Any], place: Place) -> RatioSpec:
    """The spec of values that are known to be right."""
    ratio = values[NAME]
    return RatioSpec(numerator=ratio["numerator"], denominator=ratio["denominator"])
