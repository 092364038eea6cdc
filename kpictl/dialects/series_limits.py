"""Series of months that cannot be counted from their first time."""

from __future__ import annotations

from collections.abc import Iterator

from kpictl.diagnostics import Place
from kpictl.dialects.dialect import Refusal
from kpictl.ir.query import Query
from kpictl.passes.targets.series_by_number import uneven_series

_WHY = Refusal(
    "a day that a month lacks is lost to the months after it, and here only the number of months can be counted",
    "start on the first of a month, `date_trunc('month', ..)`, and step by months alone",
)


def no_uneven_series(query: Query) -> Iterator[tuple[Place | None, str, Refusal]]:
    """Every series of months from a day that may be the 29th or later, or by days beside months."""
    for series in uneven_series(query):
        yield getattr(series.start, "place", None), "generate_series by months from any day", _WHY
