"""`expr:` - arithmetic over other KPIs."""

from __future__ import annotations

from typing import Any

from kpictl.diagnostics import Place
from kpictl.model.keys import Key
from kpictl.model.kpis import ExprSpec
from kpictl.model.readers import Filled

NAME = "expr"
SPEC = ExprSpec
DOC = "Arithmetic over other KPIs."
KEYS = (Key(NAME, Filled(), "An expression over the names of other KPIs, such as revenue / mau.", True),)


def bind(values: dict[str, Any], place: Place) -> ExprSpec:
    """The spec of values that are known to be right."""
    return ExprSpec(expr=values[NAME])
