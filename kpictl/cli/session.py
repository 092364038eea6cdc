"""What one invocation knows: the project's directory, the output, variables, and the terminal."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from kpictl.cli.terminal import Terminal
from kpictl.records import dataclass

if TYPE_CHECKING:
    from kpictl.project import Contents, Loaded

_MARKS = ("kpi_project.yml", "profiles.yml", "kpis")


class Stop(Exception):
    """Ends the command with a message and an exit code; `help` lines say the way out."""

    def __init__(self, message: str, *help: str, code: int = 2) -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The global options, resolved."""

    terminal: Terminal
    root: Path
    profiles_dir: Path | None
    target: str | None
    variables: Mapping[str, object]
    state: Path | None

    @property
    def target_dir(self) -> Path:
        """Where artifacts go. A `target` that leads out of the project is refused before anything is written."""
        place = self.root / "target"
        if place.is_symlink() or (place.exists() and not place.is_dir()):
            what = f"a symbolic link to {os.readlink(place)}" if place.is_symlink() else "no directory"
            raise Stop(f"{place} is {what}; kpictl writes only below the project", "remove it, and run again", code=1)
        return place

    def load(
        self,
        *,
        profile: bool = True,
        outlined: bool = False,
        contents: Contents | None = None,
        only: Collection[str] | None = None,
    ) -> tuple[Session, Loaded]:
        """Reads the project; from then on the secrets of its profile are redacted in all that the command writes.

        `contents` are its files where they were read already; `only` leaves out what other paths define; `outlined`
        takes no value of the profile.
        """
        from kpictl import api
        from kpictl.project import NoProject

        try:
            loaded = api.load(
                self.root,
                profiles_dir=self.profiles_dir,
                target=self.target,
                variables=self.variables,
                profile=profile,
                outlined=outlined,
                contents=contents,
                only=only,
                hide=self.terminal.hide,
            )
        except NoProject as error:
            raise Stop(error.message, error.help) from None
        self.terminal.hide(loaded.secrets)
        return self, loaded


def find_root(named: str | None) -> Path:
    """The directory asked for, else the nearest one at or above this that looks like a project, else this one."""
    if named is not None:
        root = Path(named)
        if not root.is_dir():
            raise Stop(f"--project-dir {named}: no such directory")
        return root.resolve()
    here = Path.cwd()
    for place in (here, *here.parents):
        if any((place / mark).exists() for mark in _MARKS[:2]):
            return place
    return here


def read_variables(text: str | None) -> dict[str, object]:
    """`--vars` as a mapping: YAML or JSON, `k: v` or `{k: v, l: w}`."""
    if text is None or not text.strip():
        return {}
    from kpictl.project import read_vars

    try:
        return read_vars(text)
    except ValueError as error:
        raise Stop(f"--vars: {error}", "write --vars 'name: value' or --vars '{a: 1, b: two}'") from None
