"""The store's tables as numbered migrations: one list for every kind of store, each step in that store's SQL.

Every statement may be run again: it makes what is not there and leaves what is. A new store gets them all; an older one
those after its version, in one transaction. `ddl` prints them for who has the right to create where kpictl has not.
"""

from __future__ import annotations

from collections.abc import Callable

from kpictl.model.durations import Duration
from kpictl.model.store_schema import LEAST_RETENTION, SCHEMA_VERSION, TABLES, Form, StoreTable
from kpictl.records import dataclass

DIALECTS = ("duckdb", "postgres", "timescale")

_TYPES = {
    "duckdb": {
        Form.TEXT: "VARCHAR",
        Form.INSTANT: "TIMESTAMPTZ",
        Form.DOUBLE: "DOUBLE",
        Form.INTEGER: "BIGINT",
        Form.JSON: "JSON",
    },
    "postgres": {
        Form.TEXT: "TEXT",
        Form.INSTANT: "TIMESTAMPTZ",
        Form.DOUBLE: "DOUBLE PRECISION",
        Form.INTEGER: "BIGINT",
        Form.JSON: "JSONB",
    },
}
# `bucket` is a column of the table, so the hour is grouped by its expression, not by its name.
_HOURLY = """AS
SELECT {hour} AS bucket, kpi_name, grain, dimensions_key, {dimensions} AS dimensions,
    avg(kpi_value) AS avg_value, max(kpi_value) AS max_value, min(kpi_value) AS min_value, count(*) AS data_points
FROM kpi_metrics
WHERE status <> 'partial' AND {fresh}
GROUP BY {hour}, kpi_name, grain, dimensions_key{more}"""


@dataclass(frozen=True, slots=True)
class Migration:
    """A step from the version before to `number`."""

    number: int
    meaning: str
    statements: Callable[[str, Duration], tuple[str, ...]]
    """Given the dialect and how long TimescaleDB keeps values."""


def _tables(dialect: str, keep: Duration) -> tuple[str, ...]:
    made = tuple(_create(table, dialect) for table in TABLES if table.since == 1)
    return ("CREATE EXTENSION IF NOT EXISTS timescaledb", *made) if dialect == "timescale" else made


def _seen(dialect: str, keep: Duration) -> tuple[str, ...]:
    return tuple(_create(table, dialect) for table in TABLES if table.since == 3)


def _create(table: StoreTable, dialect: str) -> str:
    types = _TYPES["duckdb" if dialect == "duckdb" else "postgres"]
    lines = []
    for column in table.columns:
        kind = types[column.form]
        if column.name == "kpi_name" and dialect != "duckdb":
            kind = "VARCHAR(100)"
        lines.append(f"    {column.name} {kind}{' NOT NULL' if column.required else ''}")
    return f"CREATE TABLE IF NOT EXISTS {table.name} (\n" + ",\n".join(lines) + "\n)"


def _reading(dialect: str, keep: Duration) -> tuple[str, ...]:
    """What readers and writers of large stores need, and values by the hour."""
    if dialect == "duckdb":
        hour = "time_bucket(INTERVAL '1 hour', time)"
        body = _HOURLY.format(
            hour=hour, dimensions="any_value(dimensions)", fresh="json_extract(metadata, '$.stale') IS NULL", more=""
        )
        return (f"CREATE OR REPLACE VIEW kpi_hourly {body}",)
    if dialect == "postgres":
        body = _HOURLY.format(
            hour="date_trunc('hour', time, 'UTC')",
            dimensions="dimensions",
            fresh="NOT jsonb_exists(metadata, 'stale')",
            more=", dimensions",
        )
        brin = "CREATE INDEX IF NOT EXISTS idx_kpi_metrics_time ON kpi_metrics USING BRIN (time)"
        return (_KEY, *_indexes(brin), f"CREATE OR REPLACE VIEW kpi_hourly {body}")
    return (
        "SELECT create_hypertable('kpi_metrics', 'time', chunk_time_interval => INTERVAL '1 month', "
        "if_not_exists => true, migrate_data => true)",
        "CREATE UNIQUE INDEX IF NOT EXISTS kpi_metrics_identity ON kpi_metrics (kpi_name, grain, time, dimensions_key)",
        "CREATE INDEX IF NOT EXISTS idx_kpi_metrics_name_time ON kpi_metrics (kpi_name, time DESC)",
        *_indexes(),
        *_continuous(),
        "ALTER TABLE kpi_metrics SET (timescaledb.compress, timescaledb.compress_segmentby = 'kpi_name, grain', "
        "timescaledb.compress_orderby = 'time DESC, dimensions_key')",
        "SELECT add_compression_policy('kpi_metrics', INTERVAL '90 days', if_not_exists => true)",
        f"SELECT add_retention_policy('kpi_metrics', INTERVAL '{interval(keep)}', if_not_exists => true)",
    )


# One index says what a value is and finds a KPI's values by time: each index costs a new value more than its row does.
_KEY = "CREATE UNIQUE INDEX IF NOT EXISTS kpi_metrics_key ON kpi_metrics (kpi_name, time, grain, dimensions_key)"


def _one_index(dialect: str, keep: Duration) -> tuple[str, ...]:
    """Plain PostgreSQL had two indexes for that; TimescaleDB's are those of its chunks."""
    if dialect != "postgres":
        return ()
    olds = ("kpi_metrics_identity", "idx_kpi_metrics_name_time")
    return (_KEY, *(f"DROP INDEX IF EXISTS {old}" for old in olds))


def _indexes(*more: str) -> tuple[str, ...]:
    return (
        "CREATE INDEX IF NOT EXISTS idx_kpi_metrics_dimensions ON kpi_metrics USING GIN (dimensions)",
        *more,
        "CREATE INDEX IF NOT EXISTS idx_kpi_metrics_history_name_time ON kpi_metrics_history (kpi_name, time DESC)",
        "CREATE INDEX IF NOT EXISTS idx_kpi_intervals_name ON kpi_intervals (kpi_name)",
    )


def _continuous() -> tuple[str, ...]:
    """WITH DATA cannot run in a transaction; the policy fills it."""
    body = _HOURLY.format(
        hour="time_bucket('1 hour', time)",
        dimensions="dimensions",
        fresh="NOT jsonb_exists(metadata, 'stale')",
        more=", dimensions",
    )
    return (
        f"CREATE MATERIALIZED VIEW IF NOT EXISTS kpi_hourly WITH (timescaledb.continuous) {body}\nWITH NO DATA",
        # Values of any age may be restated, so what was invalidated is refreshed from the beginning.
        "SELECT add_continuous_aggregate_policy('kpi_hourly', start_offset => NULL, end_offset => INTERVAL '1 hour', "
        "schedule_interval => INTERVAL '1 hour', if_not_exists => true)",
    )


MIGRATIONS = (
    Migration(1, "the tables", _tables),
    Migration(2, "indexes, and kpi_hourly: final values by the hour", _reading),
    Migration(3, "kpi_seen: what `updated_at` proves", _seen),
    Migration(4, "one index of PostgreSQL for what two were for", _one_index),
)
assert MIGRATIONS[-1].number == SCHEMA_VERSION


def pending(version: int) -> tuple[Migration, ...]:
    """The migrations that a store of that version lacks."""
    return tuple(each for each in MIGRATIONS if each.number > version)


def interval(length: Duration) -> str:
    """A duration as PostgreSQL writes an interval."""
    return f"{length.n * 3} months" if length.unit == "quarter" else f"{length.n} {length.unit}s"


def ddl(dialect: str, *, keep: Duration = LEAST_RETENTION, schema: str = "") -> str:
    """The store's tables as a script for who may create them; run again, it changes nothing, and it upgrades an older store.

    `dialect` is one of `DIALECTS`, `keep` what TimescaleDB keeps, `schema` where the tables go (default: the session's).
    The store belongs to the first project that writes into it. Raises ValueError for another dialect.
    """
    if dialect not in DIALECTS:
        raise ValueError(f"no store is kept in {dialect}; stores are {', '.join(DIALECTS)}")
    lines = [f"-- The store of kpictl, version {SCHEMA_VERSION}, for {dialect}. It may be run again.", "", "BEGIN;"]
    if schema:
        name = '"' + schema.replace('"', '""') + '"'
        path = f"SET schema = {name}" if dialect == "duckdb" else f"SET LOCAL search_path = {name}, public"
        lines += ["", f"CREATE SCHEMA IF NOT EXISTS {name};", f"{path};"]
    for each in MIGRATIONS:
        lines += ["", f"-- {each.number}: {each.meaning}"]
        lines += [f"{statement};" for statement in each.statements(dialect, keep)]
    lines += ["", "-- The project that writes first puts its name here."]
    lines += [f"{statement};" for statement in stamped("")]
    return "\n".join([*lines, "", "COMMIT;", ""])


def stamped(project: str) -> tuple[str, ...]:
    """Statements that note the version, and the project of a new store ('' until one writes)."""
    name = "'" + project.replace("'", "''") + "'"
    return (
        "INSERT INTO kpi_store (schema_version, project, created_at)\n"
        f"SELECT {SCHEMA_VERSION}, {name}, now() WHERE NOT EXISTS (SELECT 1 FROM kpi_store)",
        f"UPDATE kpi_store SET schema_version = {SCHEMA_VERSION} WHERE schema_version < {SCHEMA_VERSION}",
    )
