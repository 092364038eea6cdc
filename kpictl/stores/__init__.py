"""Where values are kept: one protocol, one file a kind of store."""

from __future__ import annotations

from pathlib import Path

from kpictl.diagnostics import Refused
from kpictl.model.project import Project
from kpictl.stores.findings import NoStore
from kpictl.stores.store import Batch, NewValues, RunRecord, Store, StoredValue, Wish

__all__ = ["Batch", "NewValues", "RunRecord", "Store", "StoredValue", "Wish", "open_store", "store_path"]

_DEFAULT = "target/kpis.duckdb"


def open_store(project: Project) -> Store:
    """The store of the project's output; nothing is opened or made before it is read or written."""
    path = store_path(project)
    output = project.output
    if path is not None and output is not None:
        from kpictl.stores.duckdb import DuckdbStore

        patience = float(str(output.store.options.get("lock_timeout", 60)))
        return DuckdbStore(path, project.settings.name, output.store.place, patience=patience)
    if output is None:
        raise Refused(
            [NoStore.at(None, "the project has no profile, so there is no store", help=["write profiles.yml"])]
        )
    message = f"a store of type {output.store.type} cannot be written yet"
    raise Refused(
        [NoStore.at(output.store.place, message, help=["use store: {type: duckdb, path: target/kpis.duckdb}"])]
    )


def store_path(project: Project) -> Path | None:
    """The file of a DuckDB store; None for another kind."""
    output = project.output
    if output is None or output.store.type != "duckdb":
        return None
    return (Path(project.root) / str(output.store.options.get("path", _DEFAULT))).absolute()
