"""`cumulative:` - another KPI over a trailing window, or since the start of a period."""

from __future__ import annotations

from typing import Any

from kpictl.diagnostics import Place
from kpictl.model.keys import Block, Key
from kpictl.model.kpis import CumulativeSpec
from kpictl.model.readers import DurationText, Name, OneOf

NAME = "cumulative"
SPEC = CumulativeSpec
DOC = "A measure, or a ratio of measures, over a trailing window or since the start of a period."
PERIODS = ("week", "month", "quarter", "year", "fiscal_quarter", "fiscal_year")
KEYS = (
    Key(
        NAME,
        Block(
            "`cumulative`",
            (
                Key("of", Name(), "The KPI whose rows are put together: a measure, or a ratio of measures.", True),
                Key("window", DurationText(), "This length up to each bucket, such as 28d."),
                Key("to_date", OneOf(PERIODS), "From the start of the period that holds the bucket: month to date."),
            ),
        ),
        "The KPI, and either `window` or `to_date`. At a coarser grain it is the closing value.",
        True,
    ),
)


def bind(values: dict[str, Any], place: Place) -> CumulativeSpec:
    """The spec of values that are known to be right."""
    found = values[NAME]
    return CumulativeSpec(of=found["of"], window=found.get("window"), to_date=found.get("to_date"))
