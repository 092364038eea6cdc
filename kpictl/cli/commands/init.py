"""`kpictl init`."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from kpictl import api
from kpictl.cli.options import command as make
from kpictl.cli.session import Session, Stop
from kpictl.cli.terminal import visible

_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
_SCHEMA = Path(".kpictl") / "kpi.schema.json"


@make("init", [click.Argument(["name"], required=False)])
def command(session: Session, name: str | None) -> int:
    """Makes a project that runs at once: two KPIs, a little real data, a profile.

    NAME becomes a new folder; without it the project is made in this one. Files that exist are never overwritten.
    """
    folder, project = _where(name)
    starter = files("kpictl") / "starter"
    plan = list(_walk(starter, Path()))
    taken = [path for path, _ in plan if (folder / path).exists() or (folder / path).is_symlink()]
    if taken:
        shown = ", ".join(str(path) for path in taken[:3]) + (", ..." if len(taken) > 3 else "")
        raise Stop(f"{visible(str(folder))} already holds {shown}", "choose another name, or an empty folder")
    for path, content in plan:
        _write(folder / path, _filled(content.read_bytes(), project))
    _write(folder / _SCHEMA, (json.dumps(api.kpi_schema(), indent=2, ensure_ascii=False) + "\n").encode())
    session.terminal.say(f"made the project {project}: {len(plan) + 1} files")
    session.terminal.say(f"next: {f'cd {name} && ' if name else ''}kpictl run")
    return 0


def _where(name: str | None) -> tuple[Path, str]:
    """The folder and the name of the project; a name that could lead elsewhere is refused."""
    if name is None:
        folder = Path.cwd()
        word = re.sub(r"[^a-z0-9_]+", "_", folder.name.lower()).strip("_")
        return folder, word if _NAME.fullmatch(word) else "kpis"
    if not _NAME.fullmatch(name):
        raise Stop(
            f"`{visible(name[:120])}` is no name for a project",
            "names are lower case letters, digits and _, begin with a letter, and have at most 100 characters",
        )
    folder = Path.cwd() / name
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise Stop(f"{name} exists and is no folder")
    return folder, name


def _walk(folder: Traversable, below: Path) -> list[tuple[Path, Traversable]]:
    found = []
    for each in sorted(folder.iterdir(), key=lambda item: item.name):
        if each.name == "__pycache__":
            continue
        found += _walk(each, below / each.name) if each.is_dir() else [(below / each.name, each)]
    return found


def _filled(content: bytes, project: str) -> bytes:
    return content.replace(b"__PROJECT__", project.encode())


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(content)
