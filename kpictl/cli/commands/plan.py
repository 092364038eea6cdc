"""`kpictl plan`."""

from __future__ import annotations

import json

import click

from kpictl import api
from kpictl.cli.artifacts import without_secrets, write_json
from kpictl.cli.commands.show import selected
from kpictl.cli.findings import complain, load_or_stop
from kpictl.cli.moments import as_of_option, moment, span
from kpictl.cli.options import command as make
from kpictl.cli.options import option, selector_options, what_options
from kpictl.cli.plan_view import plan_view
from kpictl.cli.session import Session, Stop


@make(
    "plan",
    [
        *selector_options(),
        as_of_option("The logical time of the run that is planned."),
        *what_options(),
        option(
            "--values",
            type=click.IntRange(1, 10_000),
            metavar="N",
            help="Compute the last N buckets of what has another meaning, by its old and its new definition.",
        ),
        option("--exit-code", is_flag=True, help="End with 3 where a run would compute something."),
        option("--format", type=click.Choice(["table", "json"]), default="table", help="json is what plan.json holds."),
    ],
)
def command(
    session: Session,
    selectors: tuple[str, ...],
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    as_of: str | None,
    backfill: str | None,
    full_refresh: bool,
    forward_only: bool,
    values: int | None,
    exit_code: bool,
    format: str,
) -> int:
    """Shows what a run would do and why; nothing is stored, and nothing computed without --values.

    New and changed definitions (by their meaning, so other words of the same meaning change nothing), missing, late, open
    and expired buckets; statements before and after KPIs share them, and about how many rows they read, beside the
    project's limits. `--values N` shows what a change does to reported numbers (of KPIs that are named, whatever changed).
    The plan is kept in target/plan.json: `kpictl run target/plan.json` does exactly that, or nothing.
    """
    if as_of is not None and backfill is not None:
        raise Stop("--as-of and --backfill cannot be used together", "a backfill is made as of now")
    session, loaded, project = load_or_stop(session)
    names = selected(session, project, (*selectors, *select), exclude)
    if not names:
        session.terminal.say("nothing is selected")
        return 0
    checked = api.check(loaded)
    if api.blocking(checked.diagnostics):
        complain(session.terminal, checked.diagnostics, session.root)
        return 1
    found = api.plan(
        loaded,
        kpis=names,
        as_of=moment(as_of, project, "--as-of"),
        backfill=span(backfill, project, "--backfill") if backfill is not None else None,
        full_refresh=full_refresh,
        forward_only=forward_only,
        values=values,
        every=bool(selectors or select),
        outcomes=checked.outcomes,
    )
    record = found.record()
    write_json(session.target_dir / "plan.json", record, session.terminal.redact)
    if format == "json":
        shown = without_secrets(record, session.terminal.redact)
        session.terminal.result(json.dumps(shown, indent=2, ensure_ascii=False))
    else:
        session.terminal.result(plan_view(found, project, session.terminal))
    refused = [each for _, diagnostics in found.plan.refused for each in diagnostics]
    complain(session.terminal, [*found.over, *refused], session.root)
    if refused or any(each.is_error for each in found.over):
        return 1
    computes = any(step.due or step.evaluations for step in found.plan.steps)  # a step may only note where one begins
    return 3 if exit_code and computes else 0
