"""Whose store it is, and of which version: the same words for every kind of store."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from kpictl.diagnostics import Diagnostic, Place, Refused
from kpictl.model.store_schema import SCHEMA_VERSION, TABLES
from kpictl.stores.findings import StoreFromTheFuture, StoreLocked, StoreOfAnotherProject, StoreOutdated
from kpictl.stores.noting import Ask


def check_owner(row: Sequence[Any], project: str, name: str, place: Place | None, *, write: bool) -> None:
    """Raises `Refused` where (schema_version, project) is not this program's to read, or to write.

    An older store is read as it is and written only after `store migrate`. A project '' is a store that nobody has written yet.
    """
    version, owner = int(row[0]), str(row[1])
    if version > SCHEMA_VERSION:
        message = f"the store {name} has tables of version {version}, this kpictl knows {SCHEMA_VERSION}"
        raise Refused([StoreFromTheFuture.at(place, message, help=["install the newer kpictl that wrote it"])])
    if owner not in ("", project):
        message = f"the store {name} belongs to the project `{owner}`, this one is `{project}`"
        raise Refused([StoreOfAnotherProject.at(place, message, help=["name another place under `store:`"])])
    if write and version < SCHEMA_VERSION:
        message = f"the store {name} has tables of version {version}, this kpictl writes {SCHEMA_VERSION}"
        help = ["`kpictl store backup FOLDER`, then `kpictl store migrate`; `--dry-run` shows what it would do"]
        raise Refused([StoreOutdated.at(place, message, help=help)])


def check_tables(
    ask: Ask,
    there: Collection[str],
    project: str,
    name: str,
    place: Place | None,
    unreadable: Callable[[str], Refused],
    *,
    write: bool,
) -> None:
    """That all tables are there, of this version and project; raises `Refused`. Who writes first gives a store its project."""
    if "kpi_store" not in there:
        raise unreadable("it has no table kpi_store")
    rows = ask("SELECT schema_version, project FROM kpi_store")
    if not rows:
        raise unreadable("its table kpi_store has no row")
    missing = [table.name for table in TABLES if table.name not in there and table.since <= int(rows[0][0])]
    if missing:
        raise unreadable(f"it has no table {missing[0]}")
    check_owner(rows[0], project, name, place, write=write)
    if write and not rows[0][1]:
        ask("UPDATE kpi_store SET project = ?", project)


def one_only(what: str, name: str, holder: str, place: Place | None) -> Diagnostic:
    """That another process does already what one process does for a store."""
    message = f"`kpictl {what}` of the store {name} runs already: {holder}"
    return StoreLocked.at(place, message, help=["one of them is enough: end that one first, or let it work"])
