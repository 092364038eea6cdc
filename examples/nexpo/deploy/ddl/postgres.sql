-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit ddl --target prod --out examples/nexpo/deploy/ddl
-- It may be run again: what is there stays.

CREATE TABLE IF NOT EXISTS kpi_store (
    schema_version BIGINT NOT NULL,
    project TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE IF NOT EXISTS kpi_metrics (
    time TIMESTAMPTZ NOT NULL,
    kpi_name VARCHAR(100) NOT NULL,
    kpi_value DOUBLE PRECISION,
    dimensions JSONB NOT NULL,
    metadata JSONB NOT NULL,
    grain TEXT NOT NULL,
    bucket TEXT NOT NULL,
    dimensions_key TEXT NOT NULL,
    status TEXT NOT NULL,
    definition TEXT NOT NULL,
    run_id TEXT NOT NULL,
    known_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE IF NOT EXISTS kpi_metrics_history (
    time TIMESTAMPTZ NOT NULL,
    kpi_name VARCHAR(100) NOT NULL,
    kpi_value DOUBLE PRECISION,
    dimensions JSONB NOT NULL,
    metadata JSONB NOT NULL,
    grain TEXT NOT NULL,
    bucket TEXT NOT NULL,
    dimensions_key TEXT NOT NULL,
    status TEXT NOT NULL,
    definition TEXT NOT NULL,
    run_id TEXT NOT NULL,
    known_at TIMESTAMPTZ NOT NULL,
    superseded_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE IF NOT EXISTS kpi_intervals (
    kpi_name VARCHAR(100) NOT NULL,
    grain TEXT NOT NULL,
    start_time TIMESTAMPTZ NOT NULL,
    end_time TIMESTAMPTZ NOT NULL,
    definition TEXT NOT NULL,
    run_id TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS kpi_definitions (
    kpi_name VARCHAR(100) NOT NULL,
    definition TEXT NOT NULL,
    grain TEXT NOT NULL,
    zone TEXT NOT NULL,
    first_bucket TIMESTAMPTZ NOT NULL,
    body JSONB NOT NULL,
    known_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE IF NOT EXISTS kpi_runs (
    run_id TEXT NOT NULL,
    kpi_name VARCHAR(100) NOT NULL,
    status TEXT NOT NULL,
    as_of TIMESTAMPTZ NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    seconds DOUBLE PRECISION NOT NULL,
    buckets BIGINT NOT NULL,
    written BIGINT NOT NULL,
    message TEXT
);

CREATE TABLE IF NOT EXISTS kpi_audit (
    asked_at TIMESTAMPTZ NOT NULL,
    who TEXT NOT NULL,
    action TEXT NOT NULL,
    details JSONB NOT NULL
);

CREATE UNIQUE INDEX IF NOT EXISTS kpi_metrics_key ON kpi_metrics (kpi_name, time, grain, dimensions_key);

CREATE INDEX IF NOT EXISTS idx_kpi_metrics_dimensions ON kpi_metrics USING GIN (dimensions);

CREATE INDEX IF NOT EXISTS idx_kpi_metrics_time ON kpi_metrics USING BRIN (time);

CREATE INDEX IF NOT EXISTS idx_kpi_metrics_history_name_time ON kpi_metrics_history (kpi_name, time DESC);

CREATE INDEX IF NOT EXISTS idx_kpi_intervals_name ON kpi_intervals (kpi_name);

CREATE OR REPLACE VIEW kpi_hourly AS
SELECT date_trunc('hour', time, 'UTC') AS bucket, kpi_name, grain, dimensions_key, dimensions AS dimensions,
    avg(kpi_value) AS avg_value, max(kpi_value) AS max_value, min(kpi_value) AS min_value, count(*) AS data_points
FROM kpi_metrics
WHERE status <> 'partial' AND NOT jsonb_exists(metadata, 'stale')
GROUP BY date_trunc('hour', time, 'UTC'), kpi_name, grain, dimensions_key, dimensions;

CREATE TABLE IF NOT EXISTS kpi_seen (
    kpi_name VARCHAR(100) NOT NULL,
    grain TEXT NOT NULL,
    definition TEXT NOT NULL,
    evidence TEXT NOT NULL,
    run_id TEXT NOT NULL
);

CREATE UNIQUE INDEX IF NOT EXISTS kpi_metrics_key ON kpi_metrics (kpi_name, time, grain, dimensions_key);

DROP INDEX IF EXISTS kpi_metrics_identity;

DROP INDEX IF EXISTS idx_kpi_metrics_name_time;

COMMENT ON TABLE kpi_store IS 'One row: which project''s store this is.';

COMMENT ON COLUMN kpi_store.schema_version IS 'Version of these tables.';

COMMENT ON COLUMN kpi_store.project IS 'Name of the project; empty until one has written.';

COMMENT ON COLUMN kpi_store.created_at IS 'When the store was made.';

COMMENT ON TABLE kpi_metrics IS 'The current value of each KPI in each bucket.';

COMMENT ON COLUMN kpi_metrics."time" IS 'The bucket''s start, an instant.';

COMMENT ON COLUMN kpi_metrics.kpi_name IS 'The KPI.';

COMMENT ON COLUMN kpi_metrics.kpi_value IS 'The value; NULL where there is none, never 0 because it is missing.';

COMMENT ON COLUMN kpi_metrics.dimensions IS 'Declared dimensions and their members; `{}` is the total.';

COMMENT ON COLUMN kpi_metrics.metadata IS 'Flags (restated, late, stale, approximate) and `exact`, the text that a double cannot hold.';

COMMENT ON COLUMN kpi_metrics.grain IS 'The bucket''s unit: hour, day, week, month, quarter, year.';

COMMENT ON COLUMN kpi_metrics.bucket IS 'The bucket as people call it, in the reporting zone: 2024-06-30, 2024-W26, 2024-06.';

COMMENT ON COLUMN kpi_metrics.dimensions_key IS 'Hash of the canonical JSON (RFC 8785) of `dimensions`.';

COMMENT ON COLUMN kpi_metrics.status IS 'suppressed, partial, no_denominator, no_data or ok.';

COMMENT ON COLUMN kpi_metrics.definition IS 'Hash of the definition that computed it.';

COMMENT ON COLUMN kpi_metrics.run_id IS 'The run that wrote it.';

COMMENT ON COLUMN kpi_metrics.known_at IS 'When it was written.';

COMMENT ON TABLE kpi_metrics_history IS 'Values that were replaced or vanished.';

COMMENT ON COLUMN kpi_metrics_history."time" IS 'The bucket''s start, an instant.';

COMMENT ON COLUMN kpi_metrics_history.kpi_name IS 'The KPI.';

COMMENT ON COLUMN kpi_metrics_history.kpi_value IS 'The value; NULL where there is none, never 0 because it is missing.';

COMMENT ON COLUMN kpi_metrics_history.dimensions IS 'Declared dimensions and their members; `{}` is the total.';

COMMENT ON COLUMN kpi_metrics_history.metadata IS 'Flags (restated, late, stale, approximate) and `exact`, the text that a double cannot hold.';

COMMENT ON COLUMN kpi_metrics_history.grain IS 'The bucket''s unit: hour, day, week, month, quarter, year.';

COMMENT ON COLUMN kpi_metrics_history.bucket IS 'The bucket as people call it, in the reporting zone: 2024-06-30, 2024-W26, 2024-06.';

COMMENT ON COLUMN kpi_metrics_history.dimensions_key IS 'Hash of the canonical JSON (RFC 8785) of `dimensions`.';

COMMENT ON COLUMN kpi_metrics_history.status IS 'suppressed, partial, no_denominator, no_data or ok.';

COMMENT ON COLUMN kpi_metrics_history.definition IS 'Hash of the definition that computed it.';

COMMENT ON COLUMN kpi_metrics_history.run_id IS 'The run that wrote it.';

COMMENT ON COLUMN kpi_metrics_history.known_at IS 'When it was written.';

COMMENT ON COLUMN kpi_metrics_history.superseded_at IS 'When the value stopped being the current one.';

COMMENT ON TABLE kpi_intervals IS 'Which buckets are done, as ranges.';

COMMENT ON COLUMN kpi_intervals.kpi_name IS 'The KPI.';

COMMENT ON COLUMN kpi_intervals.grain IS 'The buckets'' unit.';

COMMENT ON COLUMN kpi_intervals.start_time IS 'Start of the first bucket.';

COMMENT ON COLUMN kpi_intervals.end_time IS 'End of the last bucket.';

COMMENT ON COLUMN kpi_intervals.definition IS 'Hash of the definition.';

COMMENT ON COLUMN kpi_intervals.run_id IS 'The last run that added to it.';

COMMENT ON TABLE kpi_definitions IS 'What each definition''s hash meant.';

COMMENT ON COLUMN kpi_definitions.kpi_name IS 'The KPI.';

COMMENT ON COLUMN kpi_definitions.definition IS 'Hash of the definition.';

COMMENT ON COLUMN kpi_definitions.grain IS 'Its buckets'' unit.';

COMMENT ON COLUMN kpi_definitions.zone IS 'The reporting zone in which they are cut.';

COMMENT ON COLUMN kpi_definitions.first_bucket IS 'Start of its first bucket.';

COMMENT ON COLUMN kpi_definitions.body IS 'The definition as it was written.';

COMMENT ON COLUMN kpi_definitions.known_at IS 'When it was first run.';

COMMENT ON TABLE kpi_runs IS 'What each run did with each KPI; failures stand here and never replace a value.';

COMMENT ON COLUMN kpi_runs.run_id IS 'The run.';

COMMENT ON COLUMN kpi_runs.kpi_name IS 'The KPI.';

COMMENT ON COLUMN kpi_runs.status IS 'success, error, skipped.';

COMMENT ON COLUMN kpi_runs.as_of IS 'The run''s logical time.';

COMMENT ON COLUMN kpi_runs.started_at IS 'When it was started.';

COMMENT ON COLUMN kpi_runs.seconds IS 'How long it took.';

COMMENT ON COLUMN kpi_runs.buckets IS 'Buckets computed.';

COMMENT ON COLUMN kpi_runs.written IS 'Values written.';

COMMENT ON COLUMN kpi_runs.message IS 'Why it failed.';

COMMENT ON TABLE kpi_audit IS 'Who asked for what.';

COMMENT ON COLUMN kpi_audit.asked_at IS 'When.';

COMMENT ON COLUMN kpi_audit.who IS 'The user or token.';

COMMENT ON COLUMN kpi_audit.action IS 'What was asked for.';

COMMENT ON COLUMN kpi_audit.details IS 'Its parameters.';

COMMENT ON TABLE kpi_seen IS 'What the last run of each KPI saw of the rows within `lateness`, where `updated_at` proves which are the same.';

COMMENT ON COLUMN kpi_seen.kpi_name IS 'The KPI.';

COMMENT ON COLUMN kpi_seen.grain IS 'Its buckets'' unit.';

COMMENT ON COLUMN kpi_seen.definition IS 'Hash of the definition.';

COMMENT ON COLUMN kpi_seen.evidence IS 'JSON: `from` and `to` of what was looked at, and a digest of the rows by source and day.';

COMMENT ON COLUMN kpi_seen.run_id IS 'The run.';

INSERT INTO kpi_store (schema_version, project, created_at)
SELECT 4, '', now() WHERE NOT EXISTS (SELECT 1 FROM kpi_store);

UPDATE kpi_store SET schema_version = 4 WHERE schema_version < 4;
