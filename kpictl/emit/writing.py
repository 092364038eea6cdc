"""Files into a folder: all or none, never through a link, and never over what somebody else wrote.

`.kpictl-emit.json` in the folder lists what was emitted there, by artifact, with a digest of each file: so what is left
over can be removed, and what was not ours is left alone.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from kpictl.diagnostics import Refused
from kpictl.emit.findings import NotOurs, OutsideOut
from kpictl.records import dataclass

RECORD = ".kpictl-emit.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How a folder differs from what was made; paths below it."""

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    """Emitted before, and made no more."""
    same: int = 0

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.gone)


def difference(out: Path, artifact: str, files: Mapping[str, str], *, root: Path | None = None) -> Difference:
    """How the folder differs; reads only. `root` is the project: no folder between it and `out` may be a link."""
    out = _plain(out)
    _refuse_links(out, root, (*files, RECORD))
    new, changed, same = [], [], 0
    is_there = _Present(out)
    for path, text in files.items():
        there = _read(f"{out}/{path}") if is_there(path) else None
        if there is None:
            new.append(path)
        elif there == text.encode():
            same += 1
        else:
            changed.append(path)
    ours, _ = _recorded(out, artifact)
    gone = [path for path, digest in ours.items() if path not in files and _digest(_read(out / path)) == digest]
    return Difference(new=tuple(new), changed=tuple(changed), gone=tuple(sorted(gone)), same=same)


def write(
    out: Path, artifact: str, files: Mapping[str, str], *, root: Path | None = None, force: bool = False
) -> Difference:
    """Makes the folder hold the files. Where anything fails before the last step, what stood there stands there still.

    Raises Refused at links, and at files that kpictl did not write.
    """
    out = _plain(out)
    found = difference(out, artifact, files, root=root)
    ours, others = _recorded(out, artifact)
    known = {*ours, *(path for listed in others.values() for path in listed)}
    foreign = [path for path in found.changed if path not in known]
    if foreign and not force:
        what = ", ".join(foreign[:3]) + (f" and {len(foreign) - 3} more" if len(foreign) > 3 else "")
        message = f"kpictl did not write {what} in {out}"
        raise Refused([NotOurs.at(None, message, help=["name another folder with --out, or say --force"])])
    record = {
        **others,
        artifact: {path: sha256(text.encode()).hexdigest() for path, text in files.items()},
    }
    sheet = json.dumps(dict(sorted(record.items())), indent=1) + "\n"
    if not found and _read(out / RECORD) == sheet.encode():
        return found
    out.mkdir(parents=True, exist_ok=True)
    staged = out / f".kpictl-emit.{os.getpid()}"
    written = [*((path, files[path]) for path in (*found.new, *found.changed)), (RECORD, sheet)]
    try:
        staged.mkdir()
        for folder in sorted({os.path.dirname(path) for path, _ in written} - {""}):
            (staged / folder).mkdir(parents=True, exist_ok=True)
        for path, text in written:
            _put(f"{staged}/{path}", text.encode())
        # A folder that was not there comes as a whole; the record comes last.
        is_there = _Present(out)
        for path in dict.fromkeys(is_there.first_absent(path) for path, _ in written):
            os.replace(f"{staged}/{path}", f"{out}/{path}")
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    for path in found.gone:
        _remove(out, path)
    return found


class _Present:
    """Which files and folders below a folder are there: each folder is listed once."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._names: dict[str, frozenset[str]] = {}

    def __call__(self, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        return name in self._listed(folder)

    def first_absent(self, path: str) -> str:
        """The path, or the first folder on the way to it that is not there."""
        folder = path.rpartition("/")[0]
        if not folder or self(folder):
            return path
        return self.first_absent(folder)

    def _listed(self, folder: str) -> frozenset[str]:
        if folder not in self._names:
            is_there = not folder or self(folder)
            try:
                self._names[folder] = frozenset(os.listdir(f"{self._out}/{folder}")) if is_there else frozenset()
            except (FileNotFoundError, NotADirectoryError):
                self._names[folder] = frozenset()
        return self._names[folder]


def _remove(out: Path, path: str) -> None:
    (out / path).unlink(missing_ok=True)
    for folder in (out / path).parents:
        if folder == out or any(folder.iterdir()):
            break
        folder.rmdir()


def _plain(out: Path) -> Path:
    """Absolute and without `..`, so that what is looked at is what is written."""
    return Path(os.path.normpath(out.absolute()))


def _refuse_links(out: Path, root: Path | None, paths: tuple[str, ...]) -> None:
    """No folder between the project and a file may be a link, nor the file itself."""
    base = out if root is None or not out.is_relative_to(root) else root
    named = [folder for folder in (out, *out.parents) if folder == out or (folder != base and base in folder.parents)]
    for place in named:
        if os.path.islink(place):
            raise _link(place, out)
    folders = {"/".join(parts[:n]) for path in paths for parts in (path.split("/"),) for n in range(1, len(parts))}
    is_there = _Present(out)
    for path, is_folder in (*((each, True) for each in sorted(folders)), *((each, False) for each in paths)):
        if not is_there(path):
            continue
        try:
            mode = os.lstat(f"{out}/{path}").st_mode
        except (FileNotFoundError, NotADirectoryError):
            continue
        if stat.S_ISLNK(mode):
            raise _link(out / path, out)
        if stat.S_ISDIR(mode) != is_folder:
            what = "no folder" if is_folder else "a folder"
            raise Refused([OutsideOut.at(None, f"{out / path} is {what}", help=["remove it, or name another folder"])])


def _link(place: Path, out: Path) -> Refused:
    message = f"{place} is a symbolic link; kpictl writes only below {out}"
    return Refused([OutsideOut.at(None, message, help=["remove the link, or name another folder with --out"])])


def _recorded(out: Path, artifact: str) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """What the artifact left here, and what others did; a record that cannot be read is none."""
    data = _read(out / RECORD)
    try:
        found = json.loads(data) if data is not None else {}
        lists = {
            str(name): {str(path): str(digest) for path, digest in listed.items() if _is_below(str(path))}
            for name, listed in found.items()
        }
    except (ValueError, AttributeError):
        return {}, {}
    return lists.pop(artifact, {}), lists


def _is_below(path: str) -> bool:
    return not path.startswith("/") and "\\" not in path and not {"", ".", ".."} & set(path.split("/"))


def _read(path: str | Path) -> bytes | None:
    """The bytes of a file, None where there is none; links are refused before."""
    try:
        handle = os.open(
            path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        )
    except OSError:
        return None
    try:
        with os.fdopen(handle, "rb") as file:
            return file.read()
    except OSError:
        return None


def _put(path: str, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o644)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]
    finally:
        os.close(handle)


def _digest(data: bytes | None) -> str | None:
    return None if data is None else sha256(data).hexdigest()
