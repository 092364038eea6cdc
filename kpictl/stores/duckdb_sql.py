"""The statements of a DuckDB store: stage, compare with what is there, replace. They mean what the PostgreSQL store's mean."""

from __future__ import annotations

from kpictl.model.store_schema import VALUE_COLUMNS
from kpictl.stores.canonical import dimensions_key
from kpictl.stores.store import Wish

NAMES = ", ".join(column.name for column in VALUE_COLUMNS)
_TOTAL_KEY = dimensions_key("{}")
_ROWS = "kpi_name, grain, time, dimensions_key"

PARTS = (
    ("new_rows", "batch INTEGER, slot INTEGER, member INTEGER, status INTEGER, note INTEGER, kpi_value DOUBLE"),
    ("new_batches", "batch INTEGER, kpi_name VARCHAR, grain VARCHAR, definition VARCHAR"),
    ("new_buckets", "slot INTEGER, time TIMESTAMPTZ, bucket VARCHAR"),
    ("new_members", "member INTEGER, dimensions JSON, dimensions_key VARCHAR"),
    ("new_notes", "note INTEGER, metadata JSON"),
    ("new_statuses", "number INTEGER, status VARCHAR"),
    ("ranges", "kpi_name VARCHAR, grain VARCHAR, start_time TIMESTAMPTZ, end_time TIMESTAMPTZ"),
)
STAGED = """
CREATE OR REPLACE TEMP VIEW staged AS
SELECT kpi_name, grain, time, dimensions_key, kpi_value, dimensions, metadata, bucket, s.status, definition
FROM new_rows JOIN new_batches USING (batch) JOIN new_buckets USING (slot) JOIN new_members USING (member)
JOIN new_notes USING (note) JOIN new_statuses AS s ON s.number = new_rows.status
"""
# A value is restated when it was final and differs by more than 1e-9 of its size.
DIFFERENCE = f"""
CREATE OR REPLACE TEMP TABLE difference AS
SELECT s.*, m.time IS NOT NULL AS existed, m.definition AS old_definition, m.known_at AS old_known_at,
    coalesce(m.status NOT IN ('partial') AND json_extract(m.metadata, '$.stale') IS NULL, false) AS was_final,
    m.time IS NOT NULL AND m.kpi_value IS NOT DISTINCT FROM s.kpi_value
        OR coalesce(abs(m.kpi_value - s.kpi_value) <= 1e-9 * greatest(abs(m.kpi_value), abs(s.kpi_value)), false)
        AS same_value,
    coalesce(m.status = s.status AND m.definition = s.definition AND CAST(json_merge_patch(m.metadata,
        '{{"restated":null,"late":null}}') AS VARCHAR) = CAST(json_merge_patch(s.metadata, '{{}}') AS VARCHAR), false)
        AS same_rest
FROM staged AS s LEFT JOIN kpi_metrics AS m USING ({_ROWS})
"""
_GONE = """
FROM kpi_metrics AS m WHERE EXISTS (
    SELECT 1 FROM ranges AS r
    WHERE r.kpi_name = m.kpi_name AND r.grain = m.grain AND m.time >= r.start_time AND m.time < r.end_time
) AND NOT EXISTS (
    SELECT 1 FROM difference AS d
    WHERE d.kpi_name = m.kpi_name AND d.grain = m.grain AND d.time = m.time
        AND d.dimensions_key = m.dimensions_key AND d.same_value AND d.same_rest
)
"""
_AS_KNOWN = f"""(
    SELECT {NAMES} FROM kpi_metrics WHERE known_at <= $known
    UNION ALL
    SELECT {NAMES} FROM kpi_metrics_history WHERE known_at <= $known AND superseded_at > $known
)"""
OVERLAP = """
SELECT EXISTS (SELECT 1 FROM kpi_metrics AS m JOIN ranges AS r
    ON r.kpi_name = m.kpi_name AND r.grain = m.grain AND m.time >= r.start_time AND m.time < r.end_time)
OR EXISTS (SELECT 1 FROM kpi_metrics AS m JOIN staged AS s USING (kpi_name, grain, time, dimensions_key))
"""
ALL_NEW = f"""
INSERT INTO kpi_metrics ({NAMES})
SELECT time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition,
    $run_id, $known_at
FROM staged
"""
_RESTATED = "existed AND was_final AND NOT same_value"
INSERT = f"""
INSERT INTO kpi_metrics ({NAMES})
SELECT time, kpi_name, kpi_value, dimensions,
    CASE WHEN {_RESTATED} THEN json_merge_patch(metadata,
        CASE WHEN old_definition = definition THEN '{{"late":true,"restated":true}}' ELSE '{{"restated":true}}' END)
    ELSE metadata END,
    grain, bucket, dimensions_key, status, definition, $run_id, greatest($known_at, coalesce(old_known_at, $known_at))
FROM difference WHERE NOT (same_value AND same_rest)
"""
MOVE_OLD = f"""
INSERT INTO kpi_metrics_history ({NAMES}, superseded_at) SELECT {NAMES}, greatest($known_at, known_at) {_GONE}
"""
DELETE_OLD = f"DELETE {_GONE}"
COUNT_NEW = "SELECT kpi_name, count(*), 0 FROM staged GROUP BY kpi_name"
COUNT_CHANGED = f"""
SELECT kpi_name, count(*), count(*) FILTER (WHERE {_RESTATED}) FROM difference
WHERE NOT (same_value AND same_rest) GROUP BY kpi_name
"""


def selection(wish: Wish) -> tuple[str, dict[str, object]]:
    """The statement that reads what is wished for, and its parameters."""
    conditions = ["kpi_name IN (SELECT unnest($names))"]
    given: dict[str, object] = {"names": list(wish.kpis)}
    for name, operator, bound in (("start", ">=", wish.start), ("stop", "<", wish.stop)):
        if bound is not None:
            conditions.append(f"time {operator} ${name}")
            given[name] = bound
    if wish.dimensions == ():
        conditions.append("dimensions_key = $total")
        given["total"] = _TOTAL_KEY
    elif wish.dimensions is not None:
        conditions.append("list_sort(json_keys(dimensions)) = list_sort(CAST($members AS VARCHAR[]))")
        given["members"] = list(wish.dimensions)
    source = "kpi_metrics"
    if wish.known_at is not None:
        source, given["known"] = _AS_KNOWN, wish.known_at
    text = f"SELECT {NAMES} FROM {source} WHERE {' AND '.join(conditions)}"
    if wish.last is not None:
        text += " QUALIFY dense_rank() OVER (PARTITION BY kpi_name, grain ORDER BY time DESC) <= $last"
        given["last"] = wish.last
    return f"{text} ORDER BY kpi_name, grain, time, CAST(dimensions AS VARCHAR)", given
