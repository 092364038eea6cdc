"""Files below `target/`: written only when they change, whole or not at all, never through a link."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kpictl.cli.session import Stop


def write_json(path: Path, body: Mapping[str, Any], redact: Callable[[str], str] = str) -> bool:
    """Writes an artifact without secrets; True when its bytes changed."""
    from msgspec import json

    values = body if redact is str else _clean(body, redact)
    return write_text(path, json.format(json.encode(values), indent=2).decode("utf-8") + "\n")


def _clean(value: Any, redact: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {key: _clean(each, redact) for key, each in value.items()}
    return [_clean(each, redact) for each in value] if isinstance(value, list | tuple) else value


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


def write_many(files: Mapping[str, str]) -> None:
    """Writes small files that can be made again: each only when it changed, every folder looked at once."""
    by_folder: dict[str, list[str]] = {}
    for path in files:
        folder, _, name = path.rpartition("/")
        by_folder.setdefault(folder, []).append(name)
    for folder, names in by_folder.items():
        make_folder(Path(folder))
        there = {entry.name for entry in os.scandir(folder) if not entry.is_symlink()}
        for name in names:
            path = f"{folder}/{name}"
            _write_one(path, files[path].encode("utf-8", "backslashreplace"), name in there)


def _write_one(name: str, data: bytes, exists: bool) -> None:
    if exists:
        with open(name, "rb") as file:
            if file.read() == data:
                return
    elif os.path.islink(name):
        os.unlink(name)
    handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        os.write(handle, data)
    finally:
        os.close(handle)


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
            if path not in kept and name.endswith(".sql"):
                os.unlink(path)
                removed += 1
        for name in folders:
            below = Path(place, name)
            if not below.is_symlink() and not any(below.iterdir()):
                below.rmdir()
    return removed
