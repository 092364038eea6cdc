"""The latest values of KPIs as a table: value, bucket, change, a sparkline, and what is to be known about it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from kpictl import api
from kpictl.cli.charts import sparkline
from kpictl.cli.numbers import NumberStyle
from kpictl.cli.tables import Cell, Column, Styled, table
from kpictl.cli.terminal import Terminal
from kpictl.model.kpis import Kpi
from kpictl.stores import StoredValue as Value

if TYPE_CHECKING:
    from kpictl.project import Loaded

_STATUS_WORDS = {
    "no_data": "no data",
    "no_denominator": "nothing to divide by",
    "partial": "not final yet",
    "suppressed": "suppressed",
}
_FLAGS = ("restated", "late", "stale", "approximate")
_SPARK = 16


def style_of(kpi: Kpi | None) -> NumberStyle:
    """How the KPI's values are written."""
    return NumberStyle(unit=kpi.unit, format=kpi.format) if kpi is not None else NumberStyle()


def latest_table(
    loaded: Loaded, kpis: Sequence[Kpi], values: Iterable[Value], terminal: Terminal, failing: Collection[str]
) -> str:
    """One row a KPI (of its total), in the order given; KPIs without values, those without a total, and those that the
    last run could not compute (`failing`) say so.
    """
    series = by_kpi(value for value in values if not value.dimensions)
    columns = [
        Column("KPI", shrink=2),
        Column("value", right=True, shrink=0),
        Column("bucket", shrink=0),
        Column("change", right=True, shrink=0),
        Column("trend", shrink=0, style="chart"),
        Column("note", style="dim", shrink=3),
    ]
    without = [kpi.name for kpi in kpis if kpi.name not in series]
    split = api.stored_dimensions(loaded, without) if without else {}
    rows = []
    for kpi in kpis:
        *cells, note = (
            _row(kpi, series[kpi.name])
            if kpi.name in series
            else [kpi.name, "–", "", "", "", without_total(split.get(kpi.name, ())) or "never computed"]
        )
        notes = [note, "the last run failed" if kpi.name in failing else ""]
        rows.append([*cells, ", ".join(str(each) for each in notes if each)])
    return table(columns, rows, terminal)


def without_total(names: Sequence[str]) -> str:
    """How the values are read of a KPI whose query returns members and no total."""
    return f"no total: --by {','.join(names)}" if names else ""


def by_kpi(values: Iterable[Value]) -> Mapping[str, list[Value]]:
    """The values of each KPI, oldest first."""
    found: dict[str, list[Value]] = {}
    for value in values:
        found.setdefault(value.kpi, []).append(value)
    for each in found.values():
        each.sort(key=lambda value: value.time)
    return found


def _row(kpi: Kpi, series: Sequence[Value]) -> list[Cell]:
    style = style_of(kpi)
    last = newest(series)
    known = [value for value in series if value.time < last.time and value.value is not None]
    change: Cell = ""
    if last.value is not None and known and known[-1].value is not None:
        change = moved(style, last.value, known[-1].value, kpi.direction)
    line = sparkline([value.value for value in series], _SPARK)
    return [kpi.name, style.full(last.value), last.bucket, change, line, note_of(last)]


def newest(series: Sequence[Value]) -> Value:
    """The last value that is one; the last bucket where there is none."""
    return next((value for value in reversed(series) if value.value is not None), series[-1])


def moved(style: NumberStyle, new: float, old: float, direction: str | None) -> Cell:
    """The change, green when it goes where it should."""
    text = style.change(new, old)
    if new == old or direction is None or not text:
        return text
    return Styled(text, "good" if (new > old) == (direction == "up") else "bad")


def note_of(value: Value) -> str:
    """What a reader must know about a value: its status and flags, in words."""
    words = [_STATUS_WORDS[value.status]] if value.status in _STATUS_WORDS else []
    words += [flag for flag in _FLAGS if value.metadata.get(flag)]
    return ", ".join(words)
