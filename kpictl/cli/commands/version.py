"""`kpictl version`."""

from kpictl import __version__
from kpictl.cli.options import command as make
from kpictl.cli.session import Session


@make("version", [])
def command(session: Session) -> int:
    """Prints the version."""
    session.terminal.result(f"kpictl {__version__}")
    return 0
