"""The files of a project: which there are, which are refused, and what stands in them."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from kpictl.diagnostics import Diagnostic, Place, Span
from kpictl.project.findings import BadFile, UnreadableFile
from kpictl.records import dataclass
from kpictl.syntax.characters import LARGEST
from kpictl.syntax.findings import TooLarge

PROJECT_FILE = "kpi_project.yml"
PROFILES_FILE = "profiles.yml"
FOLDERS = (("kpis", (".yml", ".yaml")), ("analyses", (".sql",)), ("macros", (".sql",)))
"""Folders that are read, and the names' endings, in whatever case, that count there."""

_NAME = re.compile(r"[\w][\w .+@-]*")


class _Walk:
    def __init__(self, root: str, out: list[Diagnostic]) -> None:
        self.root = root
        self.real = os.path.realpath(root)
        self.out = out

    def below(self, folder: str, endings: tuple[str, ...]) -> Iterator[str]:
        """Paths relative to the root, in the order of names, with slashes."""
        try:
            with os.scandir(os.path.join(self.root, folder)) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except FileNotFoundError:
            return
        except OSError as error:
            self.out.append(_unreadable(folder, error))
            return
        for entry in found:
            name = entry.name
            if name.startswith("."):
                continue
            path = f"{folder}/{name}"
            if entry.is_dir(follow_symlinks=False):
                if self._plain(path, name):
                    yield from self.below(path, endings)
            elif entry.is_symlink() and os.path.isdir(entry.path):
                self._refuse(path, "is a link to a folder")
            elif name.lower().endswith(endings) and self._plain(path, name) and self._regular(path, entry):
                yield path

    def _plain(self, path: str, name: str) -> bool:
        if _NAME.fullmatch(name) and name.isprintable():
            return True
        self._refuse(path, "has a name with characters other than letters, digits, spaces and _ . + @ -")
        return False

    def _regular(self, path: str, entry: os.DirEntry[str]) -> bool:
        if entry.is_symlink() and not _below(os.path.realpath(entry.path), self.real):
            self._refuse(path, "is a link that leads out of the project")
            return False
        try:
            regular = entry.is_file()
        except OSError as error:
            self.out.append(_unreadable(path, error))
            return False
        if not regular:
            self._refuse(path, "is no regular file")
        return regular

    def _refuse(self, path: str, why: str) -> None:
        shown = path.encode("utf-8", "backslashreplace").decode()
        shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in shown)
        self.out.append(BadFile.at(_start(shown), f"this file {why}", help=["rename it, or put a copy in its place"]))


def paths(root: Path, out: list[Diagnostic]) -> list[str]:
    """Every file below the folders of a project that is read, relative to it; puts refusals into `out`."""
    walk = _Walk(str(root), out)
    return [path for folder, endings in FOLDERS for path in walk.below(folder, endings)]


@dataclass(frozen=True, slots=True)
class Contents:
    """What stands in the folders of a project: the bytes of each file by its path, in the order of reading."""

    files: Mapping[str, bytes]
    refused: tuple[Diagnostic, ...]
    """Why other files are not among them."""


def contents(root: Path) -> Contents:
    """Reads every file below the folders of a project."""
    refused: list[Diagnostic] = []
    found: dict[str, bytes] = {}
    for path in paths(root, refused):
        data = read_file(root, path, refused)
        if data is not None:
            found[path] = data
    return Contents(found, tuple(refused))


def read_file(root: Path, path: str, out: list[Diagnostic]) -> bytes | None:
    """The bytes of a regular file of a size that is read; None with a diagnostic otherwise."""
    try:
        handle = os.open(f"{root}/{path}", _HOW)
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                out.append(BadFile.at(_start(path), "this file is no regular file"))
                return None
            if status.st_size > LARGEST:
                message = f"this file has {status.st_size:,} bytes; the limit is {LARGEST:,}"
                out.append(TooLarge.at(_start(path), message, help=["split it into several files"]))
                return None
            return _all_bytes(handle, status.st_size)
        finally:
            os.close(handle)
    except OSError as error:
        out.append(_unreadable(path, error))
        return None


_HOW = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
"""Opening a pipe for reading would wait for a writer."""


def _all_bytes(handle: int, size: int) -> bytes:
    """A file that grows while it is read is cut at the largest size."""
    data = os.read(handle, size + 1)
    while len(data) < size and (more := os.read(handle, size - len(data))):
        data += more
    return data[: LARGEST + 1]


def leads_out(folder: Path, path: str) -> bool:
    """Whether a file is a link that leads out of its folder."""
    full = os.path.join(folder, path)
    return os.path.islink(full) and not _below(os.path.realpath(full), os.path.realpath(folder))


def refused_link(shown: str) -> Diagnostic:
    """The diagnostic of a file that leads out of its folder."""
    return BadFile.at(
        _start(shown), "this file is a link that leads out of its folder", help=["put a copy in its place"]
    )


def shown_text(root: Path, path: str) -> str | None:
    """The text of a file for a picture of it; None for what the project would not read either.

    What stands in a diagnostic is copied to terminals and logs: a link to a file elsewhere must not lead it there.
    """
    folder, name = (Path(path).parent, Path(path).name) if os.path.isabs(path) else (root, path)
    if not _below(os.path.realpath(folder / name), os.path.realpath(folder)):
        return None
    data = read_file(folder, name, [])
    return None if data is None else data.decode("utf-8", "replace")


def _below(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip(os.sep) + os.sep)


def _start(path: str) -> Span:
    return Span(path=path, line=1, column=1, end_line=1, end_column=1)


def _unreadable(path: str, error: OSError) -> Diagnostic:
    return UnreadableFile.at(_start(path), f"this file cannot be read: {error.strerror or error}")


def whole(path: str) -> Place:
    """The place of a file that is no YAML."""
    return Place(path)
