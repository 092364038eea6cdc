"""`kpictl trend`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from kpictl import api
from kpictl.cli.charts import sparkline
from kpictl.cli.commands.show import selected
from kpictl.cli.findings import load_or_stop
from kpictl.cli.options import command as make
from kpictl.cli.options import option, selector_options
from kpictl.cli.session import Session
from kpictl.cli.tables import Cell, Column, table
from kpictl.cli.value_formats import format_option, written
from kpictl.cli.value_table import by_kpi, moved, style_of
from kpictl.model.kpis import Kpi
from kpictl.stores import StoredValue


@make(
    "trend",
    [
        *selector_options(),
        option(
            "--last", type=click.IntRange(2, 400), default=24, show_default=True, metavar="N", help="How many buckets."
        ),
        format_option(),
    ],
)
def command(
    session: Session,
    selectors: tuple[str, ...],
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    last: int,
    format: str,
) -> int:
    """Shows how KPIs moved over their last buckets: first and last value, change, lowest and highest."""
    session, loaded, project = load_or_stop(session)
    kpis = selected(session, project, (*selectors, *select), exclude)
    values = api.values(loaded, kpis=kpis, last=last)
    if format != "table":
        session.terminal.result(written(values, format))
        return 0
    series = by_kpi(values)
    columns = [
        Column("KPI", shrink=2),
        Column("from", shrink=0),
        Column("to", shrink=0),
        Column("first", right=True, shrink=0),
        Column("last", right=True, shrink=0),
        Column("change", right=True, shrink=0),
        Column("lowest", right=True, shrink=0),
        Column("highest", right=True, shrink=0),
        Column("trend", shrink=1, style="chart"),
    ]
    if session.terminal.width < 110:
        columns = [column for column in columns if column.title not in ("lowest", "highest")]
    rows = [_row(project.kpis[name], series.get(name, ()), [column.title for column in columns]) for name in kpis]
    session.terminal.result(table(columns, rows, session.terminal))
    return 0


def _row(kpi: Kpi, values: Sequence[StoredValue], titles: Sequence[str]) -> list[Cell]:
    style = style_of(kpi)
    known = [(value.bucket, value.value) for value in values if value.value is not None]
    if not known:
        return [{"KPI": kpi.name, "last": "–"}.get(title, "") for title in titles]
    (first, old), (last, new) = known[0], known[-1]
    numbers = [number for _, number in known]
    cells: dict[str, Cell] = {
        "KPI": kpi.name,
        "from": first if len(known) > 1 else "",
        "to": last,
        "first": style.full(old) if len(known) > 1 else "",
        "last": style.full(new),
        "change": moved(style, new, old, kpi.direction) if len(known) > 1 else "",
        "lowest": style.full(min(numbers)),
        "highest": style.full(max(numbers)),
        "trend": sparkline([value.value for value in values], 24),
    }
    return [cells[title] for title in titles]
