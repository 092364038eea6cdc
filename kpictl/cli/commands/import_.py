"""`kpictl import`."""

from __future__ import annotations

from pathlib import Path

import click

from kpictl import api
from kpictl.cli.findings import complain
from kpictl.cli.options import command as make
from kpictl.cli.options import option
from kpictl.cli.session import Session, Stop
from kpictl.cli.terminal import visible

_MOST = 10_000_000


@make(
    "import",
    [
        click.Argument(["format"], type=click.Choice(["hcl"])),
        click.Argument(["file"], metavar="FILE"),
        option("--out", metavar="DIR", help="Where files go; default: the project."),
        option("--dry-run", is_flag=True, help="Write nothing; print what would be written."),
        option("--force", is_flag=True, help="Replace files that are there."),
    ],
)
def command(session: Session, format: str, file: str, out: str | None, dry_run: bool, force: bool) -> int:
    """Takes over definitions of another tool: `hcl` is a terraform.tfvars of the KPI service.

    KPIs (`business_kpis` and its like) go to kpis/, source_databases to sources and connections, settings to
    kpi_project.yml and profiles.yml. No connection string is written: the profile names variables of the environment.
    What could not be carried is named.
    """
    path = Path(file)
    try:
        if path.stat().st_size > _MOST:
            raise Stop(f"{visible(file)} is larger than {_MOST // 1_000_000} MB")
        data = path.read_bytes()
    except OSError as error:
        raise Stop(f"{visible(file)} cannot be read: {error.strerror}") from None
    made = api.import_hcl(file, data)
    folder = session.root if out is None else Path(out)
    taken = [name for name in made.files if (folder / name).exists() or (folder / name).is_symlink()]
    if taken and not force and not dry_run:
        raise Stop(f"{taken[0]} is there already", "name another folder with --out, or say --force")
    for name, text in made.files.items():
        if dry_run:
            session.terminal.result(f"# {name}\n{text}")
            continue
        _write(folder, name, text)
    complain(session.terminal, made.left_out, Path.cwd())
    session.terminal.say(f"{'would write' if dry_run else 'wrote'} {', '.join(made.files)}")
    session.terminal.say(f"the profile reads {', '.join(made.variables)} from the environment")
    if any(name.endswith("sources.terraform.yml") for name in made.files):
        session.terminal.say("next: kpictl sources import, for the columns of the sources")
    return 0


def _write(folder: Path, name: str, text: str) -> None:
    """Never through a link."""
    target = folder / name
    for place in (target, *target.parents):
        if place == folder:
            break
        if place.is_symlink():
            raise Stop(f"{place} is a symbolic link", "remove it, or name another folder with --out")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8", newline="")
