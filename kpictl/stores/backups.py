"""`store backup` and `store restore`: a folder with one Parquet file a table and a manifest of what they must be.

A folder is written beside its place and moved there when it is whole. A backup goes into any kind of store.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import blake2b
from pathlib import Path

from kpictl.diagnostics import Refused
from kpictl.model.store_schema import SCHEMA_VERSION, TABLES
from kpictl.records import dataclass
from kpictl.stores.findings import BackupUnusable
from kpictl.stores.keeper import Keeper, ask
from kpictl.stores.migrations import pending, stamped

MANIFEST = "manifest.json"
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What a folder holds."""

    folder: Path
    schema_version: int
    project: str
    made_at: str
    rows: dict[str, int]


def backup(store: Keeper, folder: Path, project: str, now: datetime) -> Backup:
    """Writes all tables as they are at one instant. Raises `Refused` for a folder that is in use, or no store."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise _unusable(f"{folder} is there already", "name a folder that is empty or new")
    with _beside(folder) as part:
        tables: dict[str, dict[str, object]] = {}
        with store.looking() as session:
            if session is None:
                raise _unusable(
                    f"there is nothing to back up: the store {store.name} has not been made", "`kpictl run`"
                )
            version = int(ask(store, session, "SELECT schema_version FROM kpi_store")[0][0])
            for table in (each for each in TABLES if each.since <= version):
                file = part / f"{table.name}.parquet"
                rows = store.save(session, table.name, file)
                tables[table.name] = {"rows": rows, "blake2b": _digest(file)}
        at = now.isoformat().replace("+00:00", "Z")
        manifest = {"schema_version": version, "project": project, "made_at": at, "tables": tables}
        (part / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return read(folder)


def read(folder: Path) -> Backup:
    """The manifest of a backup. Raises `Refused` where a file is missing or is not what it was."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        tables = {str(name): (int(each["rows"]), str(each["blake2b"])) for name, each in found["tables"].items()}
        version, project, at = int(found["schema_version"]), str(found["project"]), str(found["made_at"])
    except OSError as error:
        raise _unusable(f"{folder} is no backup: {MANIFEST}: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _unusable(f"{folder} is no backup: its {MANIFEST} cannot be read") from None
    for table in (each for each in TABLES if each.since <= version):
        file = folder / f"{table.name}.parquet"
        if table.name not in tables or not file.is_file():
            raise _unusable(f"the backup {folder} has no {file.name}")
        if _digest(file) != tables[table.name][1]:
            raise _unusable(f"the backup {folder} is damaged: {file.name} is not what was written")
    rows = {name: count for name, (count, _) in tables.items()}
    return Backup(folder=folder, schema_version=version, project=project, made_at=at, rows=rows)


def restore(store: Keeper, folder: Path, project: str, *, replace: bool = False) -> Backup:
    """Puts a backup into the store, in one transaction. Raises `Refused` where values would be lost without `replace`."""
    found = read(folder)
    if found.schema_version > SCHEMA_VERSION:
        message = (
            f"the backup {folder} has tables of version {found.schema_version}, this kpictl knows {SCHEMA_VERSION}"
        )
        raise _unusable(message, "install the newer kpictl that wrote it")
    if found.project != project:
        raise _unusable(f"the backup {folder} belongs to the project `{found.project}`, this one is `{project}`")
    with store.changing(older=True, damaged=True) as session:
        for each in pending(0):
            for statement in each.statements(store.dialect, store.keep):
                ask(store, session, statement)
        (kept,) = ask(store, session, "SELECT count(*) FROM kpi_metrics")[0]
        if kept and not replace:
            message = f"the store {store.name} holds {kept:,} values"
            raise _unusable(message, "`--replace` puts the backup in their place")
        for table in TABLES:
            ask(store, session, f"DELETE FROM {table.name}")
            if table.name != "kpi_store" and table.since <= found.schema_version:
                store.load(folder / f"{table.name}.parquet", table.name, session)
        for statement in stamped(project):
            ask(store, session, statement)
    return found


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """A new folder that takes the other's place when all went well."""
    part = folder.with_name(f".{folder.name}.part-{os.getpid()}")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part.mkdir()
        yield part
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    except OSError as error:
        raise _unusable(f"the backup {folder} cannot be written: {error.strerror or error}") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _digest(file: Path) -> str:
    found = blake2b(digest_size=16)
    with open(file, "rb") as data:
        while block := data.read(_BLOCK):
            found.update(block)
    return found.hexdigest()


def _unusable(message: str, *help: str) -> Refused:
    return Refused([BackupUnusable.at(None, message, help=help)])
