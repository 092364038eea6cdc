"""`store migrate`: tables of an earlier version brought to this one's, all steps in one transaction."""

from __future__ import annotations

from typing import Any

from kpictl.model.store_schema import SCHEMA_VERSION
from kpictl.records import dataclass
from kpictl.stores.keeper import Keeper, ask
from kpictl.stores.migrations import Migration, pending, stamped


@dataclass(frozen=True, slots=True)
class Migrated:
    """From which version to which, and by which steps."""

    before: int
    """0 where there was no store."""
    after: int
    steps: tuple[Migration, ...]


def migrate(store: Keeper, project: str, *, dry_run: bool = False) -> Migrated:
    """Makes the tables, or brings them up to date. Raises `Refused` for a newer store, another project's, or a damaged one.

    A dry run reads the version, makes nothing, and says what would be done.
    """
    if dry_run:
        with store.looking() as session:
            before = 0 if session is None else _version(store, session)
        return Migrated(before, SCHEMA_VERSION, pending(before))
    with store.changing(older=True) as session:
        before = _version(store, session)
        steps = pending(before)
        for each in steps:
            for statement in each.statements(store.dialect, store.keep):
                ask(store, session, statement)
        if steps:
            for statement in stamped(project):
                ask(store, session, statement)
    return Migrated(before, SCHEMA_VERSION, steps)


def _version(store: Keeper, session: Any) -> int:
    there = ask(
        store,
        session,
        "SELECT count(*) FROM information_schema.tables WHERE table_name = 'kpi_store' AND table_schema = current_schema()",
    )
    if there[0][0] == 0:
        return 0
    found = ask(store, session, "SELECT max(schema_version) FROM kpi_store")
    return int(found[0][0] or 0)
