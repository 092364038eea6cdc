"""Reads a project from its folder: every file, every mistake, and what they define."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from kpictl.diagnostics import Diagnostic, Refused
from kpictl.model.project import Output, Project, Settings
from kpictl.project.catalog import CATALOG_FILE, Catalogue, catalogue, with_columns
from kpictl.project.connection_keys import KNOWN_KEYS
from kpictl.project.definitions import Definitions
from kpictl.project.env_vars import Environment
from kpictl.project.files import PROFILES_FILE, PROJECT_FILE, Contents, leads_out, read_file, refused_link
from kpictl.project.files import contents as read_contents
from kpictl.project.kpi_blocks import Defaults
from kpictl.project.outline import outline
from kpictl.project.profiles import NoProfile, NoProject, bind_output
from kpictl.project.secrets import secrets_in_text, secrets_of, spellings
from kpictl.project.settings import bind_settings
from kpictl.records import dataclass
from kpictl.syntax import read
from kpictl.syntax.characters import decode

_LARGEST_PROFILE = 100_000
"""Bytes of profiles.yml."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What was read. `project` is None when a diagnostic is an error."""

    project: Project | None
    diagnostics: tuple[Diagnostic, ...]
    """Unsorted; places are resolved with `files`."""
    files: Mapping[str, bytes] = field(repr=False)
    """The bytes of every file that was read, by the path that places name."""
    readable: Project | None = None
    """What could be read in spite of errors, to be judged further: `project` itself where there are none."""
    catalogue: Catalogue = Catalogue()
    """What `catalog.lock.json` says; empty where there is none, or it is damaged."""
    unread: frozenset[str] = frozenset()
    """Names of sources and KPIs that stand in the files but could not be read; what reads them is not to blame."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """What must not be shown, for `kpictl.project.redact`."""
    variables: tuple[str, ...] = ()
    """Names of the variables that the selected output reads; only of a project that was loaded with `outlined`."""


def load(
    root: Path,
    *,
    profiles_dir: Path | None = None,
    target: str | None = None,
    variables: Mapping[str, object] | None = None,
    profile: bool = True,
    outlined: bool = False,
    environ: Mapping[str, str] | None = None,
    contents: Contents | None = None,
    only: Collection[str] | None = None,
    hide: Callable[[tuple[str, ...]], None] = lambda _secrets: None,
) -> Loaded:
    """Reads the project in a folder, with the selected output of its profile unless `profile` is false.

    `contents` are its files where they were read already; `only` leaves out what other paths define. `hide` is told
    what is secret as soon as it is read, so that even a failure of ours does not show it. `outlined` takes only types
    and names of the profile, and no value: nothing need be set, and a project without a profile is read, too.
    Raises NoProject and NoProfile where there is nothing to read; every other mistake is a diagnostic.
    """
    environ = os.environ if environ is None else environ
    reading = _Reading(Path(root), profiles_dir, hide)
    settings, defaults = reading.settings(variables or {})
    definitions = Definitions(defaults, reading.out)
    found = contents or read_contents(reading.root)
    reading.out.extend(found.refused)
    for path, data in found.files.items():
        if only is None or path in only:
            reading.definition(path, data, definitions)
    names: tuple[str, ...] = ()
    output, secrets = reading.output(settings, target, environ) if profile and not outlined else (None, ())
    if outlined:
        known_of = outline(reading.profiles_dir, settings.name, target)
        output, names = known_of.output, known_of.variables
    known = reading.catalogue()
    only = output.connections[0].name if output is not None and len(output.connections) == 1 else None
    readable = Project(
        root=str(reading.root.absolute()),
        settings=settings,
        sources=with_columns(definitions.sources, known, only) if known.relations else definitions.sources,
        kpis=definitions.kpis,
        analyses=definitions.analyses,
        tests=definitions.tests,
        macros=tuple(definitions.macros),
        output=output,
    )
    broken = any(diagnostic.is_error for diagnostic in reading.out)
    return Loaded(
        project=None if broken else readable,
        readable=readable,
        unread=definitions.unread,
        diagnostics=tuple(reading.out),
        catalogue=known,
        files=reading.files,
        secrets=secrets,
        variables=names,
    )


class _Reading:
    def __init__(self, root: Path, profiles_dir: Path | None, hide: Callable[[tuple[str, ...]], None]) -> None:
        self.root = root
        self.hide = hide
        self.profiles_dir = root if profiles_dir is None else Path(profiles_dir)
        self.out: list[Diagnostic] = []
        self.files: dict[str, bytes] = {}
        if not root.is_dir():
            raise NoProject(f"there is no folder {root}", "name a project's folder with --project-dir")
        if not (root / PROJECT_FILE).exists() and not (root / "kpis").is_dir():
            raise NoProject(
                f"{root} is no project: it has neither {PROJECT_FILE} nor kpis/",
                "make one with `kpictl init`, or name a project's folder with --project-dir",
            )

    def values(self, folder: Path, path: str, shown: str) -> Any:
        """The values of a YAML file, None when it cannot be read."""
        if leads_out(folder, path):
            self.out.append(refused_link(shown))
            return None
        data = read_file(folder, path, self.out)
        return None if data is None else self.parsed(shown, data)

    def parsed(self, shown: str, data: bytes) -> Any:
        self.files[shown] = data
        try:
            return read(shown, data)
        except Refused as refused:
            self.out.extend(refused.diagnostics)
            return None

    def settings(self, variables: Mapping[str, object]) -> tuple[Settings, Defaults]:
        before = len(self.out)
        exists = (self.root / PROJECT_FILE).exists()
        value = self.values(self.root, PROJECT_FILE, PROJECT_FILE) if exists else None
        if not exists or len(self.out) > before:
            value = {"name": self._name()}
        return bind_settings(value, PROJECT_FILE, variables, self.out)

    def catalogue(self) -> Catalogue:
        """The columns that connections were found to have."""
        if not os.path.lexists(self.root / CATALOG_FILE):
            return Catalogue()
        if leads_out(self.root, CATALOG_FILE):
            self.out.append(refused_link(CATALOG_FILE))
            return Catalogue()
        data = read_file(self.root, CATALOG_FILE, self.out)
        if data is None:
            return Catalogue()
        self.files[CATALOG_FILE] = data
        return catalogue(data, self.out)

    def _name(self) -> str:
        """A project without settings is called like its only profile, else like its folder."""
        data = None if leads_out(self.profiles_dir, PROFILES_FILE) else read_file(self.profiles_dir, PROFILES_FILE, [])
        try:
            value = read(PROFILES_FILE, data) if data is not None else None
        except Refused:
            value = None
        if isinstance(value, dict) and len(value) == 1:
            return str(next(iter(value)))
        return self.root.absolute().name or "project"

    def definition(self, path: str, data: bytes, definitions: Definitions) -> None:
        if not path.lower().endswith(".sql"):
            value = self.parsed(path, data)
            if value is not None:
                definitions.file(path, value)
            return
        self.files[path] = data
        try:
            definitions.sql(path, decode(path, data))
        except Refused as refused:
            self.out.extend(refused.diagnostics)

    def output(
        self, settings: Settings, target: str | None, environ: Mapping[str, str]
    ) -> tuple[Output | None, tuple[str, ...]]:
        if not (self.profiles_dir / PROFILES_FILE).exists():
            raise NoProfile(
                f"there is no {PROFILES_FILE} in {self.profiles_dir}",
                "write one (see `kpictl init`), or name its folder with --profiles-dir",
            )
        size = (self.profiles_dir / PROFILES_FILE).stat().st_size
        if size > _LARGEST_PROFILE:
            # It is not drawn either: what is secret in so much text could not be found soon enough.
            what = f"{PROFILES_FILE} has {size:,} bytes; the limit is {_LARGEST_PROFILE:,}"
            raise NoProfile(what, "keep in it what connections need, and nothing else")
        shown = _relative(self.profiles_dir / PROFILES_FILE, self.root)
        before = len(self.out)
        value = self.values(self.profiles_dir, PROFILES_FILE, shown)
        # A profile that cannot be read is drawn in a diagnostic all the same, so what looks secret in it is one.
        written = secrets_in_text(self.files.get(shown, b"").decode("utf-8", "replace"))
        if isinstance(value, dict):
            # Of all outputs: a diagnostic may draw any line of the file.
            written |= {text for text in secrets_of(value, KNOWN_KEYS) if "{{" not in text}
        known = spellings(written)
        self.hide(known)
        if len(self.out) > before or not settings.name:
            return None, known
        environment = Environment(environ, lambda value: self.hide(spellings((value,))))
        output, secrets = bind_output(value, shown, settings, target, environment, self.out)
        return output, tuple(dict.fromkeys((*secrets, *known)))


def _relative(path: Path, root: Path) -> str:
    absolute, base = path.absolute(), root.absolute()
    return absolute.relative_to(base).as_posix() if absolute.is_relative_to(base) else absolute.as_posix()
