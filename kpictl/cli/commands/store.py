"""`kpictl store migrate|check|backup|restore`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from kpictl import api
from kpictl.cli.findings import show_all
from kpictl.cli.options import command as make
from kpictl.cli.options import option
from kpictl.cli.session import Session, Stop
from kpictl.project import Loaded
from kpictl.stores import open_keeper
from kpictl.stores.keeper import Keeper

_ACTIONS = ("migrate", "check", "backup", "restore")


@make(
    "store",
    [
        click.Argument(["action"], type=click.Choice(_ACTIONS), metavar="|".join(_ACTIONS)),
        click.Argument(["folder"], required=False, metavar="[FOLDER]"),
        option("--dry-run", is_flag=True, help="migrate: print the statements, change nothing."),
        option("--fix", is_flag=True, help="check: mend what can be, and compute it again from the source."),
        option("--replace", is_flag=True, help="restore: put the backup in the place of the values that are there."),
    ],
)
def command(session: Session, action: str, folder: str | None, dry_run: bool, fix: bool, replace: bool) -> int:
    """Looks after the store of the output: its tables, their consistency, and copies of it.

    migrate makes the tables or brings them up to date, in one transaction; a store of a newer kpictl is refused. check
    looks for rows that contradict each other: values twice, keys, values without a definition, holes in what the ledger
    says is done, histories out of order; --fix moves them to the history and computes their buckets again. backup FOLDER
    writes each table as Parquet, with a manifest; restore FOLDER puts such a copy into a store of any kind, all or nothing.
    A DuckDB file that is damaged is kept beside the restored one.
    """
    for flag, given, owner in (
        ("--dry-run", dry_run, "migrate"),
        ("--fix", fix, "check"),
        ("--replace", replace, "restore"),
    ):
        if given and action != owner:
            raise Stop(f"{flag} is of `store {owner}`, not of `store {action}`")
    if (action in ("backup", "restore")) != (folder is not None):
        needs = "needs a folder" if folder is None else "takes no folder"
        raise Stop(f"store {action} {needs}", f"kpictl store {action}{' FOLDER' if folder is None else ''}")
    session, loaded = session.load()
    project = loaded.readable
    if project is None or project.output is None:
        return show_all(session, loaded.diagnostics) or 1
    store = open_keeper(project)
    try:
        if action == "migrate":
            return _migrate(session, store, project.settings.name, dry_run)
        if action == "check":
            return _check(session, store, loaded, fix)
        assert folder is not None
        return _copy(session, store, project.settings.name, action, Path(folder), replace)
    finally:
        store.close()


def _migrate(session: Session, store: Keeper, project: str, dry_run: bool) -> int:
    from kpictl.stores.migrating import migrate

    done = migrate(store, project, dry_run=dry_run)
    if not done.steps:
        session.terminal.say(f"nothing to do: the store has version {done.before}")
        return 0
    for step in done.steps:
        session.terminal.result(f"-- {step.number}: {step.meaning}")
        if dry_run:
            for statement in step.statements(store.dialect, store.keep):
                session.terminal.result(f"{statement};")
    word = "would go" if dry_run else "went"
    session.terminal.say(f"the store {word} from version {done.before} to {done.after}")
    return 0


def _check(session: Session, store: Keeper, loaded: Loaded, fix: bool) -> int:
    from kpictl.stores.checking import check, mend
    from kpictl.stores.findings import StoreInconsistent

    faults = check(store)
    if not faults:
        session.terminal.say("the store is consistent")
        return 0
    place = loaded.readable.output.store.place if loaded.readable and loaded.readable.output else None
    help = () if fix else ("`kpictl store check --fix` moves it to the history and computes it again",)
    found = [StoreInconsistent.at(place, each.message(), help=help if each is faults[0] else ()) for each in faults]
    show_all(session, found)
    if not fix:
        return 1
    again = mend(store, faults, datetime.now(UTC))
    store.close()
    known = [name for name in again if loaded.readable is not None and name in loaded.readable.kpis]
    failed = False
    if known:
        report = api.run(loaded, kpis=known)
        show_all(session, [each for result in report.results for each in result.diagnostics])
        failed = any(result.failed for result in report.results)
    left = check(store)
    show_all(session, [StoreInconsistent.at(place, each.message()) for each in left])
    session.terminal.say(f"mended {len(faults) - len(left)} of {len(faults)}; computed {len(known)} KPIs again")
    return 1 if left or failed else 0


def _copy(session: Session, store: Keeper, project: str, action: str, folder: Path, replace: bool) -> int:
    from kpictl.stores.backups import backup, restore

    if action == "backup":
        found = backup(store, folder, project, datetime.now(UTC))
    else:
        found = restore(store, folder, project, replace=replace)
    values, old = found.rows["kpi_metrics"], found.rows["kpi_metrics_history"]
    word, way = ("wrote", "to") if action == "backup" else ("restored", "from")
    session.terminal.say(f"{word} {values:,} values and {old:,} earlier ones {way} {folder}")
    return 0
