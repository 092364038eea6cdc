"""`kpictl audit`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import click

from kpictl import api
from kpictl.cli.findings import load_or_stop
from kpictl.cli.options import command as make
from kpictl.cli.options import option
from kpictl.cli.session import Session, Stop
from kpictl.cli.tables import Cell, Column, Styled, table
from kpictl.cli.terminal import visible
from kpictl.runner.results import FAILED
from kpictl.stores import RunRecord

_SHORT = 8
_WORDS = (("full_refresh", "full refresh"), ("forward_only", "forward only"), ("plan", "a plan"))


@make(
    "audit",
    [
        click.Argument(["run"], required=False, metavar="[RUN]"),
        option("--last", type=click.IntRange(min=1), default=20, show_default=True, metavar="N", help="How many runs."),
        option("--format", type=click.Choice(["table", "json"]), default="table", help="How they are written."),
    ],
)
def command(session: Session, run: str | None, last: int, format: str) -> int:
    """Lists the last runs: when, who, with which version, what was computed and how long it took.

    With RUN (the first characters of its id will do) each KPI of that run. Runs that had nothing to do leave no trace.
    """
    session, loaded, _ = load_or_stop(session, now=False)
    found: dict[str, list[RunRecord]] = {}
    for record in api.runs(loaded, last):
        found.setdefault(record.run_id, []).append(record)
    if run is not None:
        found = {name: rows for name, rows in found.items() if name.startswith(run)}
        if len(found) != 1:
            many = "several runs begin" if found else f"none of the last {last:,} runs begins"
            raise Stop(f"{many} with `{visible(run)}`", "`kpictl audit` lists them; --last N looks further back")
    if format == "json":
        records = [_record(name, rows) for name, rows in found.items()]
        session.terminal.result(json.dumps(records, indent=2, ensure_ascii=False))
    elif not found:
        session.terminal.say("no runs yet: kpictl run")
    elif run is not None:
        session.terminal.result(_kpis(session, next(iter(found.values()))))
    else:
        session.terminal.result(_runs(session, found))
    return 0


def _runs(session: Session, found: dict[str, list[RunRecord]]) -> str:
    columns = [
        Column("run", shrink=0),
        Column("started (UTC)", shrink=0),
        Column("who", shrink=2),
        Column("version", shrink=0),
        Column("KPIs", right=True, shrink=0),
        Column("failed", right=True, shrink=0),
        Column("values", right=True, shrink=0),
        Column("s", right=True, shrink=0),
        Column("asked", style="dim", shrink=3),
    ]
    rows: list[list[Cell]] = []
    for name, records in found.items():
        first = records[0]
        failed = sum(record.status in FAILED for record in records)
        bad: Cell = Styled(f"{failed:,}", "error") if failed else ""
        rows.append(
            [
                name[:_SHORT],
                f"{first.started_at:%Y-%m-%d %H:%M:%S}",
                first.asked.who if first.asked else "",
                first.asked.version if first.asked else "",
                f"{len(records):,}",
                bad,
                f"{sum(record.written for record in records):,}",
                f"{sum(record.seconds for record in records):.1f}",
                _options(first),
            ]
        )
    return table(columns, rows, session.terminal)


def _options(record: RunRecord) -> str:
    parts = [f"as of {record.as_of:%Y-%m-%d %H:%M}"]
    options = record.asked.options if record.asked else {}
    if "backfill" in options:
        start, stop = options["backfill"]
        parts.append(f"backfill {start[:10]}..{stop[:10]}")
    parts += [word for key, word in _WORDS if options.get(key)]
    return ", ".join(parts)


def _kpis(session: Session, records: Sequence[RunRecord]) -> str:
    columns = [
        Column("KPI", shrink=1),
        Column("status", shrink=0),
        Column("buckets", right=True, shrink=0),
        Column("values", right=True, shrink=0),
        Column("s", right=True, shrink=0),
        Column("message", shrink=3),
    ]
    rows: list[list[Cell]] = []
    for each in records:
        status: Cell = Styled(each.status, "error") if each.status in FAILED else each.status
        numbers = [f"{each.buckets:,}", f"{each.written:,}", f"{each.seconds:.1f}"]
        rows.append([each.kpi, status, *numbers, each.message or ""])
    return table(columns, rows, session.terminal)


def _record(name: str, records: Sequence[RunRecord]) -> dict[str, Any]:
    first = records[0]
    return {
        "run_id": name,
        "started_at": _iso(first.started_at),
        "as_of": _iso(first.as_of),
        "who": first.asked.who if first.asked else None,
        "version": first.asked.version if first.asked else None,
        "options": dict(first.asked.options) if first.asked else {},
        "statuses": dict(Counter(record.status for record in records)),
        "kpis": [
            {
                "kpi": each.kpi,
                "status": each.status,
                "buckets": each.buckets,
                "values": each.written,
                "seconds": round(each.seconds, 3),
                "message": each.message,
            }
            for each in records
        ],
    }


def _iso(time: Any) -> str:
    return str(time.isoformat()).replace("+00:00", "Z")
