"""`kpictl clean`."""

from __future__ import annotations

import shutil

from kpictl.cli.options import command as make
from kpictl.cli.options import option
from kpictl.cli.session import Session, Stop


@make("clean", [option("--dry-run", is_flag=True, help="Say what would go, remove nothing.")])
def command(session: Session, dry_run: bool) -> int:
    """Removes target/ of the project: compiled SQL, artifacts, caches, and the store if it stands there.

    Never touches anything else: a target/ that is a symbolic link is refused; links inside it are removed,
    not followed.
    """
    if not any((session.root / mark).exists() for mark in ("kpi_project.yml", "profiles.yml", "kpis")):
        raise Stop(f"{session.root} is no project: nothing is removed")
    place = session.target_dir
    if not place.exists():
        session.terminal.say("nothing to clean")
        return 0
    if not dry_run:
        shutil.rmtree(place)
    session.terminal.say(f"{'would remove' if dry_run else 'removed'} {place}")
    return 0
