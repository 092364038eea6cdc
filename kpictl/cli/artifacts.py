"""Files below `target/`: written only when they change, whole or not at all, never through a link."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from kpictl.cli.session import Stop
from kpictl.cli.terminal import Veil


def write_json(path: Path, body: Mapping[str, Any], veil: Veil | None = None) -> bool:
    """Writes an artifact without secrets; True when its bytes changed."""
    from msgspec import json

    values = without_secrets(body, veil) if veil else body
    return write_text(path, json.format(json.encode(values), indent=2).decode("utf-8") + "\n")


def without_secrets(value: Any, redact: Veil) -> Any:
    """Plain values with every text, keys too, redacted."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {redact(str(key)): without_secrets(each, redact) for key, each in value.items()}
    return [without_secrets(each, redact) for each in value] if isinstance(value, list | tuple) else value


def write_text(path: Path, text: str) -> bool:
    """Writes a file beside and moves it into place, so that a reader never sees half of it; True when it changed."""
    data = text.encode("utf-8", "backslashreplace")
    try:
        if not path.is_symlink() and path.read_bytes() == data:
            return False
    except OSError:
        pass
    make_folder(path.parent)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(data)
        os.replace(beside, path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    return True


def write_parts(path: Path, parts: Iterable[bytes]) -> bytes:
    """Writes a file part by part, as `write_text` does; the digest of what stands in it."""
    make_folder(path.parent)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    digest = blake2b(digest_size=16)
    try:
        with beside.open("wb", buffering=1 << 20) as file:
            for part in parts:
                digest.update(part)
                file.write(part)
        if path.is_symlink() or digest_of(path) != digest.digest():
            os.replace(beside, path)
        else:
            beside.unlink()
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return digest.digest()


def digest_of(path: Path) -> bytes | None:
    """The digest of a file, None where it cannot be read."""
    digest = blake2b(digest_size=16)
    try:
        with path.open("rb", buffering=0) as file:
            while part := file.read(1 << 20):
                digest.update(part)
    except OSError:
        return None
    return digest.digest()


class SmallFiles:
    """Writes many small files that can be made again: each only when it changed, every folder looked at once."""

    def __init__(self) -> None:
        self._there: dict[str, dict[str, bool]] = {}
        """By folder the names in it, and whether each is a link."""

    def write(self, path: str, data: bytes) -> tuple[int, int]:
        """Size and time of the file, as `os.lstat` tells them in nanoseconds."""
        folder, _, name = path.rpartition("/")
        there = self._there.get(folder)
        if there is None:
            make_folder(Path(folder))
            with os.scandir(folder) as entries:
                there = self._there[folder] = {entry.name: entry.is_symlink() for entry in entries}
        if there.get(name):
            os.unlink(path)
            del there[name]
        if name in there:
            handle = os.open(path, os.O_RDONLY | _BINARY)
            try:
                if os.read(handle, len(data) + 1) == data:
                    state = os.fstat(handle)
                    return state.st_size, state.st_mtime_ns
            finally:
                os.close(handle)
            # What stands there is good until the new text is complete: a disk may be full.
            beside = f"{path}.{os.getpid()}"
            state = _put(beside, data)
            os.replace(beside, path)
        else:
            state = _put(path, data)
        return state.st_size, state.st_mtime_ns


def _put(path: str, data: bytes) -> os.stat_result:
    """Writes a whole file, or leaves none."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _BINARY, 0o644)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]
        return os.fstat(handle)
    except OSError:
        os.unlink(path)
        raise
    finally:
        os.close(handle)


_BINARY = getattr(os, "O_BINARY", 0)


def make_folder(folder: Path) -> None:
    """Makes a folder; a symbolic link on the way below `target` is refused."""
    for part in (folder, *folder.parents):
        if part.is_symlink():
            raise Stop(f"{part} is a symbolic link; kpictl writes only below the project", code=1)
        if part.name == "target":
            break
    folder.mkdir(parents=True, exist_ok=True)


def remove_stale(folder: Path, kept: set[str]) -> int:
    """Removes compiled files that no node makes any more, and folders that they leave empty; how many files."""
    if not folder.is_dir() or folder.is_symlink():
        return 0
    removed = 0
    for place, folders, files in os.walk(folder, topdown=False, followlinks=False):
        for name in files:
            path = f"{place}/{name}"
            if path not in kept and name.lower().endswith(".sql"):
                os.unlink(path)
                removed += 1
        for name in folders:
            below = Path(place, name)
            if not below.is_symlink() and not any(below.iterdir()):
                below.rmdir()
    return removed
