"""`kpictl history`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import click

from kpictl import api
from kpictl.cli.charts import BREAK, Point, bar_chart, line_chart
from kpictl.cli.commands.show import dimensions_of, selected
from kpictl.cli.findings import load_or_stop
from kpictl.cli.moments import moment
from kpictl.cli.options import command as make
from kpictl.cli.options import option
from kpictl.cli.session import Session
from kpictl.cli.tables import Cell, Column, table
from kpictl.cli.value_formats import format_option, written
from kpictl.cli.value_table import by_kpi, moved, note_of, style_of, without_total
from kpictl.model.kpis import Kpi
from kpictl.stores import StoredValue

if TYPE_CHECKING:
    from kpictl.project import Loaded

_BARS_UP_TO = 12


@make(
    "history",
    [
        click.Argument(["selectors"], nargs=-1, required=True, metavar="KPI..."),
        option("--from", "from_", metavar="TIME", help="First bucket."),
        option("--to", metavar="TIME", help="Before this time."),
        option("--known-at", metavar="TIME", help="As it was reported then, before later corrections."),
        option("--last", type=click.IntRange(min=1), metavar="N", help="The last N buckets only."),
        option("--by", metavar="DIMENSION[,DIMENSION]", help="A series for each member."),
        option("--chart", type=click.Choice(["auto", "line", "bar"]), default="auto", help="Lines from 13 buckets on."),
        format_option("chart", default="chart"),
    ],
)
def command(
    session: Session,
    selectors: tuple[str, ...],
    from_: str | None,
    to: str | None,
    known_at: str | None,
    last: int | None,
    by: str | None,
    chart: str,
    format: str,
) -> int:
    """Shows KPIs over time, as a chart or as data."""
    session, loaded, project = load_or_stop(session)
    names = selected(session, project, selectors, ())
    values = api.values(
        loaded,
        kpis=names,
        start=moment(from_, project, "--from"),
        stop=moment(to, project, "--to"),
        last=last,
        known_at=moment(known_at, project, "--known-at"),
        by=dimensions_of(loaded, names, by),
    )
    if format in ("json", "jsonl", "csv"):
        session.terminal.result(written(values, format))
        return 0
    series = by_kpi(values)
    blocks = []
    for name in names:
        kpi = project.kpis[name]
        if not series.get(name):
            session.terminal.say(f"{name}: {_nothing(loaded, name, by, known_at, ranged=bool(from_ or to))}")
        elif format == "table":
            blocks.append(_table(session, kpi, series[name]))
        else:
            blocks += _charts(session, kpi, series[name], chart)
    if blocks:
        session.terminal.result("\n\n".join(blocks))
    return 0


def _nothing(loaded: Loaded, name: str, by: str | None, known_at: str | None, *, ranged: bool) -> str:
    """Why there is nothing to show of a KPI."""
    split = api.stored_dimensions(loaded, [name])
    if name not in split:
        return f"no values here yet; `kpictl run {name}` computes them"
    if not by and not api.values(loaded, kpis=[name], last=1):
        return without_total(split[name])
    if known_at is None:
        return "no values in that range" if ranged else "no values by these dimensions"
    return f"nothing of {'that range' if ranged else 'it'} was reported by {known_at}"


def _charts(session: Session, kpi: Kpi, values: Sequence[StoredValue], chart: str) -> list[str]:
    """A chart for the total, or for each member."""
    members: dict[tuple[tuple[str, object], ...], list[StoredValue]] = {}
    for value in values:
        members.setdefault(tuple(value.dimensions.items()), []).append(value)
    return [_chart(session, kpi, part, series, chart) for part, series in members.items()]


def _chart(
    session: Session, kpi: Kpi, member: tuple[tuple[str, object], ...], values: Sequence[StoredValue], chart: str
) -> str:
    terminal, style = session.terminal, style_of(kpi)
    breaks = [False, *(now.definition != before.definition for before, now in pairwise(values))]
    points = [
        Point(label=value.bucket, value=value.value, open=value.status == "partial", broken=broken)
        for value, broken in zip(values, breaks, strict=True)
    ]
    known = [value for value in values if value.value is not None]
    title = terminal.on_out(kpi.label or kpi.name, "bold")
    where = "".join(f" · {name} {'(null)' if each is None else each}" for name, each in member)
    unit = f" · {kpi.unit}" if kpi.unit and kpi.format != "percent" else ""
    head = f"{title}{where}" + terminal.on_out(f" · by {values[0].grain}{unit}", "dim")
    if not known:
        return (
            f"{head}\n  {len(values)} bucket{'s' if len(values) > 1 else ''}, none with a value ({note_of(values[-1])})"
        )
    bars = chart == "bar" or (chart == "auto" and len(points) <= _BARS_UP_TO)
    body = bar_chart(points, style, terminal) if bars else line_chart(points, style, terminal)
    latest = known[-1]
    assert latest.value is not None
    foot = f"latest {style.full(latest.value)} ({latest.bucket})"
    if len(known) > 1:
        low = min(known, key=lambda value: value.value or 0)
        high = max(known, key=lambda value: value.value or 0)
        foot += f" · lowest {style.full(low.value)} ({low.bucket}) · highest {style.full(high.value)} ({high.bucket})"
    if bars and any(point.open for point in points):
        foot += " · * not final yet"
    if any(breaks):
        foot += f" · {BREAK} another definition from {', '.join(p.label for p in points if p.broken)}"
    return f"{head}\n\n{body}\n\n{terminal.on_out(foot, 'dim')}"


def _table(session: Session, kpi: Kpi, values: Sequence[StoredValue]) -> str:
    style = style_of(kpi)
    names = list(dict.fromkeys(name for value in values for name in value.dimensions))
    columns = [
        Column("bucket", shrink=0),
        *(Column(name) for name in names),
        Column(kpi.name, right=True, shrink=0),
        Column("change", right=True, shrink=0),
        Column("note", style="dim"),
    ]
    before: dict[tuple[object, ...], float] = {}
    definitions: dict[tuple[object, ...], str] = {}
    rows: list[list[Cell]] = []
    for value in values:
        member = tuple(value.dimensions.get(name) for name in names)
        old = before.get(member)
        change: Cell = (
            moved(style, value.value, old, kpi.direction) if value.value is not None and old is not None else ""
        )
        if value.value is not None:
            before[member] = value.value
        shown = ("(null)" if each is None else str(each) for each in member)
        known = definitions.setdefault(member, value.definition)
        notes = [note_of(value), "another definition from here" if known != value.definition else ""]
        definitions[member] = value.definition
        rows.append([value.bucket, *shown, style.full(value.value), change, ", ".join(filter(None, notes))])
    return table(columns, rows, session.terminal)
