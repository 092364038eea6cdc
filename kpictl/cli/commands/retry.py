"""`kpictl retry`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kpictl import api
from kpictl.cli.commands.run import end
from kpictl.cli.findings import complain, keeping_settings, load_or_stop
from kpictl.cli.moments import moment, span
from kpictl.cli.options import command as make
from kpictl.cli.options import how_options, option
from kpictl.cli.progress import progress
from kpictl.cli.session import Session, Stop
from kpictl.runner.results import FAILED, How


@make("retry", [*how_options(), option("--no-table", is_flag=True, help="End without the table of values.")])
def command(session: Session, threads: int, fail_fast: bool, no_table: bool) -> int:
    """Computes again what failed in the last run and what was skipped for it, with what that run was asked for.

    The last run is the one of target/run_results.json. Where nothing failed, nothing is done.
    """
    path = session.target_dir / "run_results.json"
    session, loaded, project = load_or_stop(session)
    last = _last(path)
    failed = {row["unique_id"] for row in last["results"] if row["status"] in FAILED}
    names = [name for name, kpi in project.kpis.items() if kpi.unique_id in failed]
    gone = sorted(failed - {project.kpis[name].unique_id for name in names})
    if gone:
        session.terminal.say(f"no longer in the project: {', '.join(node.removeprefix('kpi.') for node in gone)}")
    if not names:
        session.terminal.say("nothing to do: nothing failed in the last run")
        return 0
    checked = api.check(loaded)
    if api.blocking(checked.diagnostics):
        complain(session.terminal, checked.diagnostics, session.root)
        return 1
    asked = last.get("asked", {})
    backfill = asked.get("backfill")
    with keeping_settings(session), progress(session.terminal) as step:
        report = api.run(
            loaded,
            kpis=names,
            as_of=moment(asked.get("as_of"), project, "--as-of"),
            backfill=span(backfill, project, "--backfill") if backfill is not None else None,
            full_refresh=bool(asked.get("full_refresh")),
            forward_only=bool(asked.get("forward_only")),
            outcomes=checked.outcomes,
            how=How(threads=threads, fail_fast=fail_fast),
            on_step=step,
        )
    kept = {"as_of": asked.get("as_of"), "backfill": backfill, "full_refresh": bool(asked.get("full_refresh"))}
    kept |= {"forward_only": True} if asked.get("forward_only") else {}
    return end(session, loaded, names, report, kept, no_table=no_table)


def _last(path: Path) -> dict[str, Any]:
    """The results of the last run."""
    if not path.exists():
        raise Stop("there is no target/run_results.json: nothing was run here yet", "`kpictl run` computes what is due")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {**found, "results": [{key: row[key] for key in ("unique_id", "status")} for row in found["results"]]}
    except (OSError, ValueError, KeyError, TypeError):
        raise Stop(f"{path} cannot be read as the results of a run", "`kpictl run` writes it anew") from None
