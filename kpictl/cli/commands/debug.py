"""`kpictl debug`."""

from __future__ import annotations

import sys

from kpictl import __version__, api
from kpictl.cli.findings import as_of_line, located, text_of
from kpictl.cli.options import command as make
from kpictl.cli.session import Session


@make("debug", [])
def command(session: Session) -> int:
    """Checks project, profile, each connection (latency, version, rights) and the store; says what to fix."""
    session, loaded = session.load()
    terminal = session.terminal
    _line(session, "kpictl", f"{__version__} on Python {sys.version_info[0]}.{sys.version_info[1]}", True)
    _line(
        session,
        "project",
        f"{loaded.project.settings.name} in {session.root}" if loaded.project else str(session.root),
        loaded.project is not None,
    )
    errors = [each for each in loaded.diagnostics if each.is_error]
    if errors or loaded.project is None:
        found = located(session, loaded.diagnostics)
        terminal.result("\n" + text_of(found, session.root, terminal, colour=terminal.colour_out))
        return 1
    project = loaded.project
    output = project.output
    _line(session, "output", output.name if output else "none", output is not None)
    for line in as_of_line(project):
        _line(session, "now", line.removeprefix("now is "), True)
    healthy = True
    for probe in api.probe(loaded):
        _line(session, probe.what, probe.answer, probe.well)
        for text in probe.help:
            terminal.result(f"    {text}")
        healthy = healthy and probe.well
    return 0 if healthy else 1


def _line(session: Session, what: str, answer: str, well: bool) -> None:
    mark = session.terminal.on_out("✓", "good") if well else session.terminal.on_out("✗", "bad")
    session.terminal.result(f"{mark} {what:<20} {answer}")
