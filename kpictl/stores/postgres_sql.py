"""The statements of a PostgreSQL store: stage, compare with what is there, replace. They mean what the DuckDB store's mean."""

from __future__ import annotations

from kpictl.model.store_schema import VALUE_COLUMNS
from kpictl.stores.canonical import dimensions_key
from kpictl.stores.store import Wish

NAMES = ", ".join(column.name for column in VALUE_COLUMNS)
READ = NAMES.replace("dimensions,", "dimensions::text,", 1).replace("metadata,", "metadata::text,", 1)
_TOTAL_KEY = dimensions_key("{}")
_ROWS = "kpi_name, grain, time, dimensions_key"

PARTS: dict[str, tuple[tuple[str, str], ...]] = {
    "new_batches": (("batch", "int4"), ("kpi_name", "text"), ("grain", "text"), ("definition", "text")),
    "new_buckets": (("slot", "int4"), ("time", "timestamptz"), ("bucket", "text")),
    "new_members": (("member", "int4"), ("dimensions", "jsonb"), ("dimensions_key", "text")),
    "new_notes": (("note", "int4"), ("metadata", "jsonb")),
    "new_statuses": (("status_number", "int4"), ("status", "text")),
    "ranges": (("kpi_name", "text"), ("grain", "text"), ("start_time", "timestamptz"), ("end_time", "timestamptz")),
}
"""Temporary tables of the few things that many rows name by number, and of the ranges that are replaced."""

STAGED = """
CREATE OR REPLACE TEMP VIEW staged AS
SELECT b.kpi_name, b.grain, t.time, m.dimensions_key, r.kpi_value, m.dimensions, n.metadata, t.bucket, s.status,
    b.definition
FROM new_rows AS r JOIN new_batches AS b USING (batch) JOIN new_buckets AS t USING (slot)
JOIN new_members AS m USING (member) JOIN new_notes AS n USING (note)
JOIN new_statuses AS s ON s.status_number = r.status
"""
# Without statistics the server takes a table for empty and compares each value with each: seconds become minutes. A
# hypertable has none of its own, and a partitioned table those of its partitions.
UNKNOWN_SIZE = """
SELECT bool_or(part.reltuples <= 0 AND pg_catalog.pg_relation_size(part.oid) > 0)
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_class AS part ON part.oid = c.oid
    OR c.relkind = 'p' AND part.oid IN (SELECT inhrelid FROM pg_catalog.pg_inherits WHERE inhparent = c.oid)
WHERE c.oid = 'kpi_metrics'::regclass
"""
OVERLAP = """
SELECT EXISTS (SELECT 1 FROM kpi_metrics AS m JOIN ranges AS r
    ON r.kpi_name = m.kpi_name AND r.grain = m.grain AND m.time >= r.start_time AND m.time < r.end_time)
OR EXISTS (SELECT 1 FROM kpi_metrics AS m JOIN new_batches AS b USING (kpi_name, grain) JOIN staged AS s
    USING (kpi_name, grain, time, dimensions_key))
"""
# Twice the same value in one batch is refused by the unique index, as everything that is no store of ours should be.
ALL_NEW = f"""
INSERT INTO kpi_metrics ({NAMES})
SELECT time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition,
    %(run_id)s::text, %(known_at)s::timestamptz
FROM staged
"""
# Doubles that differ are compared as numerics: a product or difference of extreme doubles is an error in PostgreSQL.
DIFFERENCE = f"""
CREATE TEMP TABLE difference ON COMMIT DROP AS
SELECT s.*, m.time IS NOT NULL AS existed, m.definition AS old_definition, m.known_at AS old_known_at,
    coalesce(m.status <> 'partial' AND NOT jsonb_exists(m.metadata, 'stale'), false) AS was_final,
    CASE WHEN m.time IS NULL THEN false
        WHEN m.kpi_value IS NOT DISTINCT FROM s.kpi_value THEN true
        ELSE coalesce(abs(m.kpi_value::numeric - s.kpi_value::numeric)
            <= 1e-9 * greatest(abs(m.kpi_value::numeric), abs(s.kpi_value::numeric)), false)
    END AS same_value,
    coalesce(m.status = s.status AND m.definition = s.definition
        AND m.metadata - 'restated' - 'late' = s.metadata, false) AS same_rest
FROM staged AS s LEFT JOIN kpi_metrics AS m USING ({_ROWS})
"""
_ROW = "({})".format(", ".join("{0}." + name for name in _ROWS.split(", ")))
# One pass: what is no longer so leaves the table for the history.
MOVE_OLD = f"""
WITH gone AS (
    DELETE FROM kpi_metrics AS m WHERE EXISTS (
        SELECT 1 FROM ranges AS r
        WHERE r.kpi_name = m.kpi_name AND r.grain = m.grain AND m.time >= r.start_time AND m.time < r.end_time
    ) AND NOT EXISTS (
        SELECT 1 FROM difference AS d WHERE {_ROW.format("d")} = {_ROW.format("m")} AND d.same_value AND d.same_rest
    )
    RETURNING {", ".join("m." + name for name in NAMES.split(", "))}
)
INSERT INTO kpi_metrics_history ({NAMES}, superseded_at)
SELECT {NAMES}, greatest(known_at, %(known_at)s::timestamptz) FROM gone
"""
_RESTATED = "existed AND was_final AND NOT same_value"
INSERT = f"""
INSERT INTO kpi_metrics ({NAMES})
SELECT time, kpi_name, kpi_value, dimensions,
    CASE WHEN {_RESTATED} THEN metadata ||
        CASE WHEN old_definition = definition THEN '{{"late":true,"restated":true}}'::jsonb
        ELSE '{{"restated":true}}'::jsonb END
    ELSE metadata END,
    grain, bucket, dimensions_key, status, definition, %(run_id)s::text,
    greatest(old_known_at, %(known_at)s::timestamptz)
FROM difference WHERE NOT (same_value AND same_rest)
"""
COUNT_NEW = "SELECT kpi_name, count(*) FROM new_rows JOIN new_batches USING (batch) GROUP BY kpi_name"
COUNT_CHANGED = f"""
SELECT kpi_name, count(*), count(*) FILTER (WHERE {_RESTATED}) FROM difference
WHERE NOT (same_value AND same_rest) GROUP BY kpi_name
"""
AS_KNOWN = f"""(
    SELECT {NAMES} FROM kpi_metrics WHERE known_at <= %(known)s
    UNION ALL
    SELECT {NAMES} FROM kpi_metrics_history WHERE known_at <= %(known)s AND superseded_at > %(known)s
) AS known_then"""
MEMBERS = """(SELECT array_agg(k COLLATE "C" ORDER BY k COLLATE "C") FROM jsonb_object_keys(dimensions) AS k)
    = %(members)s::text[]"""
HOLDER = """
SELECT a.pid, a.application_name, a.usename, a.client_addr::text, a.xact_start
FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_stat_activity AS a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
    AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
    AND l.classid = ((%(key)s::bigint >> 32) & 4294967295)::oid AND l.objid = (%(key)s::bigint & 4294967295)::oid
"""


def selection(wish: Wish) -> tuple[str, dict[str, object]]:
    """The statement that reads what is wished for, and its parameters."""
    conditions = ["kpi_name = ANY(%(names)s)"]
    given: dict[str, object] = {"names": list(wish.kpis)}
    for name, operator, bound in (("start", ">=", wish.start), ("stop", "<", wish.stop)):
        if bound is not None:
            conditions.append(f"time {operator} %({name})s")
            given[name] = bound
    if wish.dimensions == ():
        conditions.append("dimensions_key = %(total)s")
        given["total"] = _TOTAL_KEY
    elif wish.dimensions is not None:
        conditions.append(MEMBERS)
        given["members"] = sorted(wish.dimensions)
    source = "kpi_metrics"
    if wish.known_at is not None:
        source, given["known"] = AS_KNOWN, wish.known_at
    text = f"SELECT {NAMES} FROM {source} WHERE {' AND '.join(conditions)}"
    if wish.last is not None:
        ranked = text.replace(
            "SELECT ", "SELECT dense_rank() OVER (PARTITION BY kpi_name, grain ORDER BY time DESC) AS age, ", 1
        )
        text = f"SELECT {NAMES} FROM ({ranked}) AS ranked WHERE age <= %(last)s"
        given["last"] = wish.last
    order = 'ORDER BY kpi_name COLLATE "C", grain COLLATE "C", time'
    return f"SELECT {READ} FROM ({text}) AS found {order}", given
