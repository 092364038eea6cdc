"""`query:` - plain SQL: a value, a time series, or a measure as of a date."""

from __future__ import annotations

from typing import Any

from kpictl.diagnostics import Place
from kpictl.model.keys import Block, Key
from kpictl.model.kpis import QuerySpec
from kpictl.model.readers import Filled

NAME = "query"
SPEC = QuerySpec
DOC = "Plain SQL: one value, or time, value and dimensions."
KEYS = (
    Key(
        NAME, Filled(), "One SELECT, in the project's dialect; may use {{ source() }}, {{ kpi() }}, {{ var() }}.", True
    ),
    Key(
        "columns",
        Block(
            "`columns`",
            (
                Key("time", Filled(), "The output that is the time."),
                Key("value", Filled(), "The output that is the value."),
            ),
        ),
        "Which outputs of the query are the time and the value, when they are called otherwise.",
    ),
)


def bind(values: dict[str, Any], place: Place) -> QuerySpec:
    """The spec of values that are known to be right."""
    columns = values.get("columns") or {}
    return QuerySpec(query=values[NAME], time_column=columns.get("time"), value_column=columns.get("value"))
