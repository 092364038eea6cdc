"""What a measure's text says about adding up, read from its words alone: cheap enough for every KPI of a project."""

from __future__ import annotations

import re

from kpictl.model.kpis import ExprSpec, Kpi, MeasureSpec, RatioSpec

_CALL = re.compile(r"\s*([a-z_]\w*)\s*\(\s*(distinct\b)?\s*", re.IGNORECASE)
_ONE_COLUMN = re.compile(r"\s*([a-z_]\w*)\s*\(\s*(?:[a-z_]\w*\.)?([a-z_]\w*)\s*[),]", re.IGNORECASE)
_REASONS = {
    "avg": "an average",
    "median": "a median",
    "percentile": "a percentile",
    "percentile_cont": "a percentile",
    "percentile_disc": "a percentile",
    "approx_percentile": "a percentile",
    "min": "a minimum",
    "max": "a maximum",
    "approx_count_distinct": "a distinct count",
    "mode": "a mode",
    "stddev": "a deviation",
    "stddev_samp": "a deviation",
    "stddev_pop": "a deviation",
    "variance": "a variance",
    "var_samp": "a variance",
    "var_pop": "a variance",
}


def why_not_additive(kpi: Kpi) -> str:
    """Why values of parts do not add up to the whole, in a few words; empty when they do, or when it cannot be told."""
    spec = kpi.spec
    if isinstance(spec, RatioSpec):
        return "a ratio"
    if isinstance(spec, ExprSpec):
        return "a quotient" if "/" in spec.expr else ""
    if not isinstance(spec, MeasureSpec):
        return ""
    call = _CALL.match(spec.measure)
    if call is None:
        return ""
    if call[2]:
        return "a distinct count" if call[1].lower() == "count" else "an aggregate of distinct values"
    return _REASONS.get(call[1].lower(), "")


def is_additive(kpi: Kpi) -> bool:
    """Whether values of parts may be added: true also where the text does not tell."""
    return not why_not_additive(kpi)


def aggregated_column(measure: str) -> tuple[str, str, int, int] | None:
    """Aggregate and column of `sum(x)`, with the characters of x; None for anything but one bare column."""
    match = _ONE_COLUMN.match(measure)
    return None if match is None else (match[1].lower(), match[2].lower(), match.start(2), match.end(2))
