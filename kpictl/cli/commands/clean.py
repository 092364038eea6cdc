"""`kpictl clean`."""

from __future__ import annotations

import shutil
from pathlib import Path

from kpictl.cli.options import command as make
from kpictl.cli.options import option
from kpictl.cli.session import Session, Stop

_MAGIC = b"DUCK"
_MAGIC_AT = 8
"""Where a DuckDB file says what it is (https://duckdb.org/docs/stable/internals/storage)."""


@make("clean", [option("--dry-run", is_flag=True, help="Say what would go, remove nothing.")])
def command(session: Session, dry_run: bool) -> int:
    """Removes target/ of the project: compiled SQL, artifacts and caches, all of which can be made again.

    Values cannot: a store that stands in target/ stays. Never touches anything else: a target/ that is a symbolic
    link is refused; links inside it are removed, not followed.
    """
    if not any((session.root / mark).exists() for mark in ("kpi_project.yml", "profiles.yml", "kpis")):
        raise Stop(f"{session.root} is no project: nothing is removed")
    place = session.target_dir
    kept = _kept(place)
    goes = [each for each in _entries(place) if each not in kept]
    if not goes and (kept or not place.exists()):
        session.terminal.say("nothing to clean")
        return 0
    if not dry_run:
        for each in goes:
            _remove(each)
        if not kept:
            place.rmdir()
    what = f"what can be made again in {place}" if kept else str(place)
    session.terminal.say(f"{'would remove' if dry_run else 'removed'} {what}")
    for each in kept:
        if each.suffix not in (".wal", ".lock"):
            session.terminal.say(f"kept {each}: the values of a store cannot be made again")
    return 0


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.exists() else []


def _kept(folder: Path) -> list[Path]:
    """The stores in a folder, with what DuckDB and kpictl keep beside each, and folders that hold a store."""
    stores = [each for each in _entries(folder) if _is_store(each)]
    beside = {each for each in _entries(folder) if any(each.name.startswith(store.name) for store in stores)}
    folders = [each for each in _entries(folder) if each.is_dir() and not each.is_symlink()]
    return sorted(beside.union(each for each in folders if any(map(_is_store, each.rglob("*")))))


def _is_store(path: Path) -> bool:
    if path.suffix in (".sql", ".json") or path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(_MAGIC_AT + len(_MAGIC))[_MAGIC_AT:] == _MAGIC


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
