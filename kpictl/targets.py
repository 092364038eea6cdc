"""The targets, one line each: which engine runs a connection of which type, and which dialect it speaks."""

from __future__ import annotations

from pathlib import Path

from kpictl.diagnostics import Refused
from kpictl.engines import DryRuns, OpenCatalogue, OpenEngine
from kpictl.engines.findings import NoEngine
from kpictl.model.project import Connection, Project

RUNS = ("duckdb", "postgres", "timescale", "druid")
"""Connection types whose queries can be run; the others compile."""
DRY_RUNS = ("bigquery",)
"""Types that tell the bytes a statement would read."""
ASKED = (*RUNS, "redshift", "bigquery", "synapse", "snowflake")
"""Connection types that `check --live` and `sources import` can ask."""


def open_engine(project: Project, connection: Connection) -> OpenEngine:
    """Opens a connection of the project's output."""
    there = [each for each in project.sources.values() if each.connection in (None, connection.name)]
    if connection.type == "duckdb":
        from kpictl.engines.duckdb import open_duckdb
        from kpictl.stores import store_path

        return open_duckdb(connection, Path(project.root), store=store_path(project), sources=there)
    if connection.type in ("postgres", "timescale"):
        from kpictl.engines.postgres import open_postgres

        return open_postgres(connection, Path(project.root), there)
    if connection.type == "druid":
        from kpictl.engines.druid import open_druid

        return open_druid(connection, Path(project.root), there)
    message = f"connection `{connection.name}`: kpictl compiles for {connection.type} but does not run there yet"
    raise Refused([NoEngine.at(connection.place, message, help=[f"types that run: {', '.join(RUNS)}"])])


def open_dry_runs(project: Project, connection: Connection) -> DryRuns:
    """Opens a connection of one of `DRY_RUNS`."""
    from kpictl.engines.bigquery import open_bigquery

    return open_bigquery(connection, Path(project.root))


def open_catalogue(project: Project, connection: Connection) -> OpenCatalogue:
    """Opens a connection of the project's output to ask it: what it has, and whether it would plan a query."""
    if connection.type == "redshift":
        from kpictl.engines.redshift import open_redshift

        return open_redshift(connection, Path(project.root))
    if connection.type == "bigquery":
        from kpictl.engines.bigquery import open_bigquery

        return open_bigquery(connection, Path(project.root))
    if connection.type == "synapse":
        from kpictl.engines.synapse import open_synapse

        return open_synapse(connection, Path(project.root))
    if connection.type == "snowflake":
        from kpictl.engines.snowflake import open_snowflake

        return open_snowflake(connection, Path(project.root))
    if connection.type in RUNS:
        return open_engine(project, connection)
    message = f"connection `{connection.name}`: kpictl compiles for {connection.type} but cannot ask it yet"
    raise Refused([NoEngine.at(connection.place, message, help=[f"types that are asked: {', '.join(ASKED)}"])])
