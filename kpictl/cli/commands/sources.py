"""`kpictl sources import` and `kpictl sources refresh`."""

from __future__ import annotations

import os

import click

from kpictl import api
from kpictl.cli.findings import show_all
from kpictl.cli.options import command as make
from kpictl.cli.session import Session, Stop


@make(
    "sources",
    [
        click.Argument(["action"], type=click.Choice(["import", "refresh"]), metavar="import|refresh"),
        click.Argument(["names"], nargs=-1, metavar="[CONNECTION [TABLE]...]"),
    ],
)
def command(session: Session, action: str, names: tuple[str, ...]) -> int:
    """Keeps catalog.lock.json: the columns and types of sources that do not declare theirs.

    import CONNECTION [TABLE]... asks a connection for its tables, writes their columns, and prints the block of each that
    no source reads yet. refresh asks again for all that is written and says what was added, dropped or retyped, and which
    KPIs that reaches. compile and check read the file and never ask.
    """
    if action == "import" and not names:
        raise Stop("sources import: which connection?", "kpictl sources import CONNECTION [TABLE]...")
    if action == "refresh" and names:
        raise Stop("sources refresh takes no names: it asks again for all that is written")
    session, loaded = session.load()
    project = loaded.readable
    if project is None or project.output is None:
        return show_all(session, loaded.diagnostics)
    looked = api.import_sources(loaded, names[0], names[1:]) if action == "import" else api.refresh_sources(loaded)
    terminal = session.terminal
    _write(session, looked.catalogue.text())
    if looked.proposal:
        terminal.result(looked.proposal.rstrip("\n"))
    for change in looked.changes:
        reached = f"; read by {', '.join(change.kpis)}" if change.kpis else ""
        terminal.result(f"{change.connection}.{change.relation}: {change.what}{reached}")
    if action == "refresh" and not looked.changes and not looked.diagnostics:
        terminal.say("nothing has changed")
    return show_all(session, looked.diagnostics)


def _write(session: Session, text: str) -> None:
    """Writes the file where it differs, whole or not at all."""
    place = session.root / api.CATALOG_FILE
    if place.is_symlink():
        raise Stop(
            f"{place} is a symbolic link; kpictl writes only into the project", "remove it, and run again", code=1
        )
    data = text.encode()
    if place.is_file() and place.read_bytes() == data:
        return
    temporary = place.with_name(f"{place.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(data)
        temporary.replace(place)
    finally:
        temporary.unlink(missing_ok=True)
    session.terminal.say(f"wrote {api.CATALOG_FILE}")
