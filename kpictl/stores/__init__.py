"""Where values are kept: one protocol, one file a kind of store."""

from __future__ import annotations

from os.path import normpath
from pathlib import Path
from typing import TYPE_CHECKING

from kpictl.diagnostics import Place, Refused
from kpictl.model.project import Connection, Project
from kpictl.stores.findings import NoStore, StoreElsewhere, StoreWriteFailed
from kpictl.stores.store import Asker, Batch, NewValues, Recorded, RunRecord, Store, StoredValue, Wish, Written

__all__ = [
    "Asker",
    "Batch",
    "NewValues",
    "Recorded",
    "RunRecord",
    "Store",
    "StoredValue",
    "Wish",
    "Written",
    "open_keeper",
    "open_store",
    "store_path",
]

if TYPE_CHECKING:
    from kpictl.stores.duckdb import DuckdbStore
    from kpictl.stores.postgres import PostgresStore

_DEFAULT = "kpis.duckdb"
_PATIENCE = 60.0


def open_store(project: Project) -> Store:
    """The store of the project's output; nothing is opened or made before it is read or written."""
    return open_keeper(project)


def open_keeper(project: Project) -> DuckdbStore | PostgresStore:
    """The same store, with what looking after it takes."""
    path = store_path(project)
    output = project.output
    if path is not None and output is not None and _leads_out(project, path, output.store.place):
        message = f"the store {output.store.options.get('path', _DEFAULT)} leads through a link out of the project"
        help = ["name the place itself as `path:` of the store, or put a folder where the link is"]
        raise Refused([StoreElsewhere.at(output.store.place, message, help=help)])
    if path is not None and output is not None:
        from kpictl.stores.duckdb import DuckdbStore

        patience = float(str(output.store.options.get("lock_timeout", _PATIENCE)))
        return DuckdbStore(path, project.settings.name, output.store.place, patience=patience)
    if output is None:
        raise Refused(
            [NoStore.at(None, "the project has no profile, so there is no store", help=["write profiles.yml"])]
        )
    if output.store.type in ("postgres", "timescale"):
        return _server_store(project, output.store)
    message = f"a store of type {output.store.type} cannot be written; stores are duckdb, postgres and timescale"
    raise Refused([NoStore.at(output.store.place, message, help=["use store: {type: duckdb, path: kpis.duckdb}"])])


def _server_store(project: Project, bound: Connection) -> PostgresStore:
    from functools import partial

    from kpictl.model.store_schema import longest
    from kpictl.project.secrets import redact, secrets_of, spellings
    from kpictl.stores.postgres import PostgresStore
    from kpictl.stores.postgres_session import open_session
    from kpictl.stores.timescale import TimescaleStore

    patience = float(str(bound.options.get("lock_timeout", _PATIENCE)))
    secrets = spellings(secrets_of(bound.options))
    kind = TimescaleStore if bound.type == "timescale" else PostgresStore
    return kind(
        partial(open_session, bound, Path(project.root), lock_timeout=patience),
        project.settings.name,
        bound.place,
        name=server_name(bound),
        patience=patience,
        keep=longest(kpi.retention for kpi in project.kpis.values()),
        hide=lambda text: redact(text, secrets),
    )


def server_name(bound: Connection) -> str:
    """What messages call a store on a server: its type, and host and database where they are written as keys."""
    parts = [str(bound.options[key]) for key in ("host", "dbname", "database", "schema") if bound.options.get(key)]
    return f"{bound.type} ({'/'.join(parts)})" if parts else bound.type


def store_path(project: Project) -> Path | None:
    """The file of a DuckDB store; None for another kind."""
    output = project.output
    if output is None or output.store.type != "duckdb":
        return None
    return (Path(project.root) / str(output.store.options.get("path", _DEFAULT))).absolute()


def _leads_out(project: Project, path: Path, place: Place) -> bool:
    """Whether a path that is written below the project stands elsewhere; one that says so itself is the author's will."""
    root = Path(project.root)
    try:
        real = path.resolve()
        real.exists()
    except OSError as error:
        message = f"the store {str(path)[:200]} cannot be used: {error.strerror or error}"
        raise Refused([StoreWriteFailed.at(place, message)]) from None
    return Path(normpath(path)).is_relative_to(root) and not real.is_relative_to(root.resolve())
