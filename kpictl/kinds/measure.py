"""`measure:` - one aggregate over the rows of a source, in buckets of time."""

from __future__ import annotations

from typing import Any

from kpictl.diagnostics import Place
from kpictl.model.keys import Key
from kpictl.model.kpis import MeasureSpec
from kpictl.model.readers import DurationText, Filled, Name, OneOf

NAME = "measure"
SPEC = MeasureSpec
DOC = "One aggregate over a source, in buckets of time."
KEYS = (
    Key(NAME, Filled(), "An aggregate such as sum(amount) or count(distinct user_id).", True),
    Key("source", Name(), "The source whose rows are aggregated.", True),
    Key("where", Filled(), "Which rows count: a condition in SQL."),
    Key("time", Filled(), "Another time column than the source's."),
    Key("window", DurationText(), "Aggregate over this length up to each bucket, instead of over the bucket."),
    Key(
        "over_time",
        OneOf(("last", "first", "avg", "max", "min")),
        "The measure is a stock: which value stands for a longer time.",
    ),
    Key("entity", Filled(), "Whose stock it is: the column by which closing values are taken."),
    Key("carry", DurationText(), "How long a stock's last value is carried on."),
)


def bind(values: dict[str, Any], place: Place) -> MeasureSpec:
    """The spec of values that are known to be right."""
    get = values.get
    return MeasureSpec(
        measure=values[NAME],
        source=values["source"],
        where=get("where"),
        window=get("window"),
        time=get("time"),
        over_time=get("over_time"),
        entity=get("entity"),
        carry=get("carry"),
    )
