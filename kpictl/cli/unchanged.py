"""Nothing changed, nothing to do: remembers what a compilation was made of and what it wrote.

Keyed by the content of every file of the project, the options, the variables that the profile reads, and kpictl's
version; never by time alone. What was written is only looked at (size and time), and a file that was touched is made
again. A record that cannot be read is no record.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path

from kpictl import __version__
from kpictl.cli.artifacts import write_text
from kpictl.cli.session import Session

_FILES = ("kpi_project.yml", "catalog.lock.json")
_FOLDERS = ("kpis", "macros", "analyses")
_VARIABLE = re.compile(rb"env_var\(\s*['\"]([A-Za-z_][A-Za-z0-9_]*)['\"]")
_RECORD = Path(".cache") / "compiled.json"


def key_of(session: Session, options: Mapping[str, object]) -> str:
    """The hash of everything that a compilation depends on."""
    digest = blake2b(digest_size=16)
    given = {**options, "target": session.target, "vars": dict(session.variables), "version": __version__}
    digest.update(json.dumps(given, sort_keys=True, default=str).encode())
    for path in _inputs(session):
        try:
            data = path.read_bytes()
        except OSError:
            continue
        digest.update(b"\0%s\0%d\0" % (os.fsencode(path), len(data)))
        digest.update(data)
        if path.name == "profiles.yml":
            for name in sorted(set(_VARIABLE.findall(data))):
                digest.update(
                    name + b"=" + os.environ.get(name.decode(), "\0").encode("utf-8", "surrogateescape") + b"\0"
                )
    return digest.hexdigest()


def _inputs(session: Session) -> Iterator[Path]:
    yield (session.profiles_dir or session.root) / "profiles.yml"
    for name in _FILES:
        yield session.root / name
    for name in _FOLDERS:
        yield from _below(session.root / name)


def _below(folder: Path) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in found:
        if entry.is_dir():
            yield from _below(Path(entry.path))
        else:
            yield Path(entry.path)


def recall(target: Path, key: str) -> tuple[str, ...] | None:
    """What the same compilation said, when all that it wrote is still there; else None."""
    try:
        record = json.loads((target / _RECORD).read_text(encoding="utf-8"))
        if record["key"] != key:
            return None
        base = f"{target}/"
        for name, size, time in record["wrote"]:
            state = os.lstat(base + name)
            if state.st_size != size or state.st_mtime_ns != time:
                return None
        return tuple(str(line) for line in record["said"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remember(target: Path, key: str, said: Iterable[str], wrote: Iterable[str]) -> None:
    """Keeps a compilation that had nothing to complain about."""
    rows = []
    base = f"{target}/"
    for path in wrote:
        state = os.lstat(path)
        rows.append([path.removeprefix(base), state.st_size, state.st_mtime_ns])
    write_text(target / _RECORD, json.dumps({"key": key, "said": list(said), "wrote": rows}) + "\n")


def forget(target: Path) -> None:
    """Drops the record; called before anything is written, so that an interrupted compilation is not remembered."""
    (target / _RECORD).unlink(missing_ok=True)
