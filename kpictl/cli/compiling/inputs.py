"""Everything that a compilation is made of: the files of the project, and a key for all the rest."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path

import kpictl
from kpictl.cli.session import Session
from kpictl.project.files import Contents, contents, leads_out, read_file
from kpictl.records import dataclass

_VARIABLE = re.compile(rb"env_var\(\s*['\"]([A-Za-z_][A-Za-z0-9_]*)['\"]")


@dataclass(frozen=True, slots=True)
class Inputs:
    """The files that hold definitions, a digest of each, and the key of what else counts.

    The key holds the options, the output and its variables, settings, macros, and the code that compiles: where it
    differs, nothing of an earlier compilation is right.
    """

    key: bytes
    contents: Contents
    digests: Mapping[str, bytes]


def inputs(session: Session, options: Mapping[str, object]) -> Inputs:
    """Reads all of them; never trusts a time."""
    found = contents(session.root)
    key = blake2b(digest_size=16)
    given = {**options, "target": session.target, "vars": dict(session.variables), "root": str(session.root)}
    key.update(json.dumps(given, sort_keys=True, default=str).encode())
    for part in (*_code(), *_settings(session)):
        key.update(b"\0%d\0" % len(part))
        key.update(part)
    digests: dict[str, bytes] = {}
    for path, data in found.files.items():
        digests[path] = blake2b(data, digest_size=16).digest()
        if path.startswith("macros/"):
            key.update(b"\0%s\0" % path.encode() + digests[path])
    return Inputs(key.digest(), found, digests)


def _settings(session: Session) -> Iterator[bytes]:
    folder = session.profiles_dir or session.root
    for path in (session.root / "kpi_project.yml", session.root / "catalog.lock.json"):
        yield _bytes(path)
    profiles = _bytes(folder / "profiles.yml")
    yield os.fsencode(folder)
    yield profiles
    for name in sorted(_variables(profiles)):
        yield f"{name}={os.environ.get(name, chr(0))}".encode("utf-8", "surrogateescape")


def _variables(profiles: bytes) -> set[str]:
    """The variables that a profile may read: those that it names, or all where a name is computed."""
    named = _VARIABLE.findall(profiles)
    return set(os.environ) if len(named) < profiles.count(b"env_var") else {name.decode() for name in named}


def _bytes(path: Path) -> bytes:
    """What the project would read of it: no pipes, no links that lead out."""
    return b"" if leads_out(path.parent, path.name) else read_file(path.parent, path.name, []) or b""


def _code() -> Iterator[bytes]:
    """What compiles: the version of kpictl and of Python, and the state of the modules, for those who change them."""
    yield f"{kpictl.__version__} {sys.version}".encode()
    yield from _modules(os.path.dirname(kpictl.__file__))
    parser = find_spec("sqlglot")
    if parser is not None and parser.origin is not None:
        state = os.stat(parser.origin)
        yield f"{parser.origin} {state.st_size} {state.st_mtime_ns}".encode()


def _modules(folder: str) -> Iterator[bytes]:
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        if entry.name.endswith(".py"):
            state = entry.stat()
            yield f"{entry.name} {state.st_size} {state.st_mtime_ns}".encode()
        elif entry.is_dir() and entry.name != "__pycache__":
            yield from _modules(entry.path)
