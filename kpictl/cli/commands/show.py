"""`kpictl show`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kpictl import api
from kpictl.cli.findings import chosen, load_or_stop
from kpictl.cli.options import command as make
from kpictl.cli.options import option, selector_options
from kpictl.cli.session import Session, Stop
from kpictl.cli.tables import Cell, Column, table
from kpictl.cli.value_formats import format_option, written
from kpictl.cli.value_table import by_kpi, latest_table, newest, note_of, style_of
from kpictl.diagnostics import did_you_mean
from kpictl.model.project import Project
from kpictl.stores import StoredValue

if TYPE_CHECKING:
    from kpictl.project import Loaded


@make(
    "show",
    [
        *selector_options(),
        option("--by", metavar="DIMENSION[,DIMENSION]", help="The members of dimensions instead of the total."),
        format_option(),
    ],
)
def command(
    session: Session,
    selectors: tuple[str, ...],
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    by: str | None,
    format: str,
) -> int:
    """Shows the latest value of each KPI, with its change and the buckets before."""
    session, loaded, project = load_or_stop(session)
    kpis = selected(session, project, (*selectors, *select), exclude)
    values = api.values(loaded, kpis=kpis, last=16 if not by else 1, by=dimensions_of(loaded, kpis, by))
    if format != "table":
        latest = [newest(series) for series in by_kpi(values).values()] if not by else values
        if format != "json" and not latest:
            session.terminal.say("no values yet: kpictl run")
            return 0
        session.terminal.result(written(latest, format))
    elif by:
        session.terminal.result(_members(session, project, values))
    else:
        shown = [project.kpis[name] for name in kpis]
        session.terminal.result(latest_table(loaded, shown, values, session.terminal, api.failing(loaded)))
    return 0


def selected(session: Session, project: Project, selectors: Sequence[str], exclude: Sequence[str]) -> list[str]:
    """Names of the KPIs that the selectors mean, in file order when nothing is selected."""
    nodes = chosen(session, project, selectors, exclude)
    names = {node.removeprefix("kpi.") for node in nodes if node.startswith("kpi.")}
    return [name for name in project.kpis if name in names]


def dimensions_of(loaded: Loaded, kpis: Sequence[str], by: str | None) -> tuple[str, ...]:
    """The dimensions of `--by`; one that no selected KPI declares or has stored ends the command with 2."""
    names = tuple(name.strip() for name in (by or "").split(",") if name.strip())
    declared = loaded.project.kpis if loaded.project is not None else {}
    known = {each for kpi in kpis for each in declared[kpi].dimensions}
    if not known.issuperset(names):
        known = known.union(*api.stored_dimensions(loaded, kpis).values())
    for name in names:
        if name not in known:
            near = did_you_mean(name, known)
            raise Stop(
                f"--by: no selected KPI has the dimension `{name}`", *([f"did you mean `{near[0]}`?"] if near else [])
            )
    return names


def _members(session: Session, project: Project, values: Sequence[StoredValue]) -> str:
    names = list(dict.fromkeys(name for value in values for name in value.dimensions))
    last = {kpi: max(value.time for value in series) for kpi, series in by_kpi(values).items()}
    shown = [value for value in values if value.time == last[value.kpi]]
    shown.sort(key=lambda value: (value.kpi, -(value.value or 0)))
    columns = [
        Column("KPI", shrink=2),
        *(Column(name) for name in names),
        Column("value", right=True, shrink=0),
        Column("bucket", shrink=0),
        Column("note", style="dim"),
    ]
    rows: list[list[Cell]] = [
        [
            value.kpi,
            *(_member(value.dimensions.get(name)) for name in names),
            style_of(project.kpis.get(value.kpi)).full(value.value),
            value.bucket,
            note_of(value),
        ]
        for value in shown
    ]
    return table(columns, rows, session.terminal)


def _member(value: object) -> str:
    return "(null)" if value is None else str(value)
