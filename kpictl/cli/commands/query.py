"""`kpictl query`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from kpictl import api
from kpictl.cli.findings import complain, load_or_stop
from kpictl.cli.moments import moment
from kpictl.cli.options import command as make
from kpictl.cli.options import option
from kpictl.cli.session import Session, Stop
from kpictl.cli.tables import Cell, Column, table
from kpictl.cli.value_formats import format_option, text_of
from kpictl.cli.value_table import style_of
from kpictl.diagnostics import Refused, did_you_mean
from kpictl.model.project import Project

if TYPE_CHECKING:
    from kpictl.runner.question import Answer


@make(
    "query",
    [
        option("--kpis", required=True, metavar="KPI[,KPI]", help="Which KPIs, side by side."),
        option("--by", metavar="NAME[,NAME]", help="Dimensions, and at most one grain: hour, day, week, month, ..."),
        option("--where", metavar="SQL", help="Which rows count, for every KPI."),
        option("--from", "from_", metavar="TIME", help="First time; default: that of the first row."),
        option("--to", metavar="TIME", help="Before this time; default: now."),
        option("--having", metavar="SQL", help="Which rows of the answer stay: a condition over its columns."),
        option("--order-by", metavar="NAME[ desc][,..]", help="Columns of the answer; default: time, dimensions."),
        option("--limit", type=click.IntRange(min=1), metavar="N", help="At most N rows of the answer."),
        option("--explain", is_flag=True, help="Print the SQL, and ask nothing."),
        format_option(),
    ],
)
def command(
    session: Session,
    kpis: str,
    by: str | None,
    where: str | None,
    from_: str | None,
    to: str | None,
    having: str | None,
    order_by: str | None,
    limit: int | None,
    explain: bool,
    format: str,
) -> int:
    """Computes KPIs for a question of the moment, and stores nothing.

    Each KPI is computed from its rows at the grain and by the dimensions asked for, and the answers are aligned: nothing is
    joined row by row. Without a grain there is one number for the whole range. Buckets are whole: a range is widened to them.
    Rows without a time, or with an absurd one, and values that are NaN or infinite are counted on stderr. Where a grain is asked
    for, JSON and CSV say `partial` of each bucket: whether it is not final yet.
    """
    from kpictl.runner.question import UNITS, Question

    session, loaded, project = load_or_stop(session)
    names = _kpis(kpis, project)
    named = _listed(by)
    units = [name for name in named if name in UNITS]
    if len(units) > 1:
        raise Stop(f"--by: {' and '.join(units)} are two grains", "name one of them")
    start, stop = moment(from_, project, "--from"), moment(to, project, "--to")
    if start is not None and stop is not None and start >= stop:
        raise Stop(f"--to: {to} is not after {from_}", "the range is half-open: FROM is in it, TO is not")
    question = Question(
        kpis=names,
        dimensions=tuple(name for name in named if name not in UNITS),
        unit=units[0] if units else None,
        where=where,
        start=start,
        stop=stop,
        having=having,
        order_by=_order(order_by),
        limit=limit,
    )
    try:
        answer = api.query(loaded, question, only_sql=explain)
    except Refused as refused:
        if all(each.place is None or each.place.path.startswith("--") for each in refused.diagnostics):
            raise  # what an option says stands in no file
        complain(session.terminal, refused.diagnostics, session.root)
        return 1
    if explain:
        blocks = [
            f"-- {each.kpi}, on {each.connection or 'its connection'}\n{each.statement.sql}" for each in answer.asked
        ]
        session.terminal.result("\n\n".join(blocks))
    elif format == "table":
        session.terminal.result(_table(session, project, answer))
    else:
        records = [_record(row) | _partial(answer, row) for row in answer.rows]
        fields = list(records[0]) if records else [*answer.dimensions, *answer.kpis]
        session.terminal.result(text_of(records, fields, format))
    complain(session.terminal, answer.diagnostics, session.root)
    return 0


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in (text or "").split(",") if name.strip()))


def _kpis(text: str, project: Project) -> tuple[str, ...]:
    names = _listed(text)
    if not names:
        raise Stop("--kpis: no KPI is named", "`kpictl ls` lists them")
    for name in names:
        if name not in project.kpis:
            near = did_you_mean(name, project.kpis)
            raise Stop(f"--kpis: there is no KPI `{name}`", *([f"did you mean `{near[0]}`?"] if near else []))
    return names


def _order(text: str | None) -> tuple[tuple[str, bool], ...]:
    found = []
    for each in _listed(text):
        name, _, way = each.partition(" ")
        if way.strip().lower() not in ("", "asc", "desc"):
            raise Stop(f"--order-by: `{each}` is no column with `asc` or `desc`", "write `revenue desc, country`")
        found.append((name, way.strip().lower() == "desc"))
    return tuple(found)


def _table(session: Session, project: Project, answer: Answer) -> str:
    timed = any("bucket" in row for row in answer.rows)
    styles = {name: style_of(project.kpis[name]) for name in answer.kpis}
    columns = [
        *([Column("bucket", shrink=0)] if timed else []),
        *(Column(name) for name in answer.dimensions),
        *(Column(name, right=True, shrink=0) for name in answer.kpis),
        Column("note", style="dim"),
    ]
    rows: list[list[Cell]] = [
        [
            *([row["bucket"]] if timed else []),
            *("(null)" if row[name] is None else str(row[name]) for name in answer.dimensions),
            *(styles[name].full(row[name]) for name in answer.kpis),
            "not final yet" if answer.partial(row) else "",
        ]
        for row in answer.rows
    ]
    if not rows:
        session.terminal.say("no rows")
        return ""
    return table(columns, rows, session.terminal)


def _partial(answer: Answer, row: Mapping[str, Any]) -> dict[str, bool]:
    """Whether a bucket is not final yet."""
    return {"partial": answer.partial(row)} if "time" in row else {}


def _record(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as JSON holds it: instants in UTC, numbers and texts as they are."""
    return {
        name: value.isoformat().replace("+00:00", "Z")
        if hasattr(value, "isoformat")
        else value
        if value is None or isinstance(value, str | int | float | bool)
        else str(value)
        for name, value in row.items()
    }
