"""`kpictl run`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from kpictl import __version__, api
from kpictl.cli import quiet_runs
from kpictl.cli.artifacts import write_json
from kpictl.cli.commands.show import selected
from kpictl.cli.findings import complain, keeping_settings, load_or_stop, located
from kpictl.cli.moments import as_of_option, moment, span
from kpictl.cli.options import command as make
from kpictl.cli.options import how_options, option, selector_options, what_options
from kpictl.cli.progress import progress
from kpictl.cli.reports import short_record
from kpictl.cli.session import Session, Stop
from kpictl.cli.value_table import latest_table
from kpictl.model.project import Project
from kpictl.runner.results import How, RunReport, RunResult
from kpictl.stores import StoredValue

if TYPE_CHECKING:
    from kpictl.project import Loaded


@make(
    "run",
    [
        *selector_options(),
        as_of_option("The logical time of the run."),
        *what_options(),
        *how_options(),
        option(
            "--audit",
            is_flag=True,
            help="Then look for rows that came later than `lateness`; they are told, not applied.",
        ),
        option("--no-table", is_flag=True, help="End without the table of values."),
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
    threads: int,
    fail_fast: bool,
    audit: bool,
    no_table: bool,
) -> int:
    """Computes what is due and stores it: each KPI up to the last tick of its schedule.

    A KPI that fails keeps its values; others go on, unless --fail-fast, and what reads it is skipped. Ends with the table of
    values.
    What happened is in target/run_results.json. `kpictl run target/plan.json` does exactly what `kpictl plan` showed, or
    nothing where definitions or the store have changed since.
    """
    if len(selectors) == 1 and selectors[0].endswith(".json"):
        if select or exclude or as_of or backfill or full_refresh or forward_only or audit:
            raise Stop(f"`{selectors[0]}` says all that is to be done", "run a plan without other options")
        return run_plan(session, selectors[0], How(threads=threads, fail_fast=fail_fast), no_table=no_table)
    if forward_only and (full_refresh or backfill is not None):
        raise Stop("--forward-only keeps what is done, so it goes with neither --full-refresh nor --backfill")
    if as_of is not None and backfill is not None:
        raise Stop("--as-of and --backfill cannot be used together", "a backfill is made as of now")
    session, loaded, project = load_or_stop(session)
    names = selected(session, project, (*selectors, *select), exclude)
    if not names:
        session.terminal.say("nothing is selected")
        return 0
    folder = session.target_dir
    when = moment(as_of, project, "--as-of")
    again = span(backfill, project, "--backfill") if backfill is not None else None
    options = {"kpis": names, "as_of": as_of, "forward_only": forward_only}
    asked = {"as_of": as_of, "backfill": backfill, "full_refresh": full_refresh}
    asked |= {"forward_only": True} if forward_only else {}
    quiet = None if again or full_refresh or audit else _quiet(session, project, options)
    now = api.logical_now(project, when)
    if quiet is not None and quiet_runs.recall(folder, quiet, now):
        report = _nothing(project, names, now)
    else:
        checked = api.check(loaded)
        if api.blocking(checked.diagnostics):
            complain(session.terminal, checked.diagnostics, session.root)
            return 1
        with keeping_settings(session), progress(session.terminal) as step:
            report = api.run(
                loaded,
                kpis=names,
                as_of=when,
                backfill=again,
                full_refresh=full_refresh,
                forward_only=forward_only,
                outcomes=checked.outcomes,
                how=How(threads=threads, fail_fast=fail_fast),
                on_step=step,
            )
        if quiet is not None and report.quiet_until is not None:
            after = _quiet(session, project, options)
            if after is not None and after.key == quiet.key:
                quiet_runs.remember(folder, after, report.as_of, report.quiet_until)
        if audit:
            found = api.late(loaded, kpis=names, as_of=when, outcomes=checked.outcomes)
            report = replace(report, diagnostics=(*report.diagnostics, *found))
    return end(session, loaded, names, report, asked, no_table=no_table)


def run_plan(session: Session, path: str, how: How, *, no_table: bool) -> int:
    """Does what a plan says, or nothing."""
    from pathlib import Path

    from kpictl.plan.plan import read_plan

    try:
        planned = read_plan(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise Stop(f"{path} cannot be read as a plan: {why}", "`kpictl plan` writes target/plan.json") from None
    session, loaded, project = load_or_stop(session)
    names = [name for name in project.kpis if name in planned.world]
    checked = api.check(loaded)
    if api.blocking(checked.diagnostics):
        complain(session.terminal, checked.diagnostics, session.root)
        return 1
    with keeping_settings(session), progress(session.terminal) as step:
        report = api.run(loaded, kpis=names, outcomes=checked.outcomes, planned=planned, how=how, on_step=step)
    asked = {"as_of": _iso(planned.as_of), "backfill": None, "full_refresh": False}
    return end(session, loaded, names, report, asked, no_table=no_table)


def end(
    session: Session,
    loaded: Loaded,
    names: Sequence[str],
    report: RunReport,
    asked: Mapping[str, object],
    *,
    no_table: bool,
) -> int:
    """Writes and tells what a run did; its exit code."""
    project = loaded.project
    assert project is not None
    write_json(session.target_dir / "run_results.json", _results(session, report, asked), session.terminal.redact)
    found = [*report.diagnostics, *(each for result in report.results for each in result.diagnostics)]
    complain(session.terminal, found, session.root)
    for result in report.results:
        if result.status == "error" and not result.diagnostics:
            session.terminal.complain(f"error: {result.unique_id}: {result.message}")
    if not no_table and not session.terminal.quiet:
        kpis = [project.kpis[name] for name in names]
        failing = [result.unique_id.removeprefix("kpi.") for result in report.results if result.failed]
        session.terminal.result(latest_table(loaded, kpis, _values(loaded, names), session.terminal, failing))
    session.terminal.say(_ending(session, project, report, asked.get("backfill") is not None))
    return 1 if any(result.failed for result in report.results) else 0


def _quiet(session: Session, project: Project, options: Mapping[str, object]) -> quiet_runs.QuietRun | None:
    from kpictl.stores import store_path

    return quiet_runs.state(session, store_path(project), options)


def _nothing(project: Project, names: Sequence[str], now: datetime) -> RunReport:
    """The report of a run that is known to have nothing to do."""
    at = datetime.now(UTC)
    results = tuple(RunResult(unique_id=project.kpis[name].unique_id, status="nothing_to_do") for name in names)
    return RunReport(run_id=uuid4().hex, as_of=now, started_at=at, finished_at=at, results=results)


def _values(loaded: Any, names: Sequence[str]) -> list[StoredValue]:
    return api.values(loaded, kpis=names, last=16)


def _ending(session: Session, project: Project, report: RunReport, backfill: bool) -> str:
    """`12 computed (4,310 values, 2 restated; 2 scans instead of 12), 3 up to date, 1 failed in 0.4 s`."""
    counts = Counter(result.status for result in report.results)
    parts = []
    if counts["success"]:
        before, after = report.scans
        shared = f"; {after:,} {'scan' if after == 1 else 'scans'} instead of {before:,}" if after < before else ""
        parts.append(f"{counts['success']} computed ({_written(report, 'success')}{shared})")
    if counts["nothing_to_do"]:
        parts.append(f"{counts['nothing_to_do']} up to date")
    for status, word in (("error", "failed"), ("skipped", "skipped")):
        if counts[status]:
            some = any(result.values for result in report.results if result.status == status)
            kept = f" (after {_written(report, status)})" if some else ""
            parts.append(f"{counts[status]} {word}{kept}")
    if not counts["success"] and not counts["error"] and not counts["skipped"]:
        if backfill:
            return "nothing to do: these buckets are not over, are kept no more, or belong to an earlier definition"
        return "nothing to do: every KPI is up to date"
    seconds = (report.finished_at - report.started_at).total_seconds()
    return f"{', '.join(parts)} in {seconds:.1f} s"


def _written(report: RunReport, status: str) -> str:
    """`4,310 values, 2 restated`: what was written of the KPIs that ended so."""
    found = [result for result in report.results if result.status == status]
    values, restated = sum(result.values for result in found), sum(result.restated for result in found)
    told = f"{values:,} {'value' if values == 1 else 'values'}"
    return f"{told}, {restated:,} restated" if restated else told


def _results(session: Session, report: RunReport, asked: Mapping[str, object]) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "kpictl_version": __version__,
        "run_id": report.run_id,
        "as_of": _iso(report.as_of),
        "asked": dict(asked),
        "started_at": _iso(report.started_at),
        "finished_at": _iso(report.finished_at),
        "scans": {"one_by_one": report.scans[0], "shared": report.scans[1]},
        "results": [
            {
                "unique_id": result.unique_id,
                "status": result.status,
                "buckets": result.buckets,
                "values": result.values,
                "restated": result.restated,
                "seconds": round(result.seconds, 3),
                "message": result.message,
                "diagnostics": [short_record(each) for each in located(session, result.diagnostics)],
            }
            for result in report.results
        ],
    }


def _iso(time: Any) -> str:
    return str(time.isoformat()).replace("+00:00", "Z")
