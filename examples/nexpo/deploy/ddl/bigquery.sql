-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit ddl --target prod --out examples/nexpo/deploy/ddl
-- It may be run again: what is there stays.

CREATE TABLE IF NOT EXISTS kpi_store (
    schema_version INT64 NOT NULL OPTIONS (description = 'Version of these tables.'),
    project STRING NOT NULL OPTIONS (description = 'Name of the project; empty until one has written.'),
    created_at TIMESTAMP NOT NULL OPTIONS (description = 'When the store was made.')
)
OPTIONS (description = 'One row: which project\'s store this is.');

CREATE TABLE IF NOT EXISTS kpi_metrics (
    time TIMESTAMP NOT NULL OPTIONS (description = 'The bucket\'s start, an instant.'),
    kpi_name STRING NOT NULL OPTIONS (description = 'The KPI.'),
    kpi_value FLOAT64 OPTIONS (description = 'The value; NULL where there is none, never 0 because it is missing.'),
    dimensions JSON NOT NULL OPTIONS (description = 'Declared dimensions and their members; `{}` is the total.'),
    metadata JSON NOT NULL OPTIONS (description = 'Flags (restated, late, stale, approximate) and `exact`, the text that a double cannot hold.'),
    grain STRING NOT NULL OPTIONS (description = 'The bucket\'s unit: hour, day, week, month, quarter, year.'),
    bucket STRING NOT NULL OPTIONS (description = 'The bucket as people call it, in the reporting zone: 2024-06-30, 2024-W26, 2024-06.'),
    dimensions_key STRING NOT NULL OPTIONS (description = 'Hash of the canonical JSON (RFC 8785) of `dimensions`.'),
    status STRING NOT NULL OPTIONS (description = 'suppressed, partial, no_denominator, no_data or ok.'),
    definition STRING NOT NULL OPTIONS (description = 'Hash of the definition that computed it.'),
    run_id STRING NOT NULL OPTIONS (description = 'The run that wrote it.'),
    known_at TIMESTAMP NOT NULL OPTIONS (description = 'When it was written.')
)
PARTITION BY TIMESTAMP_TRUNC(time, DAY)
CLUSTER BY kpi_name, grain
OPTIONS (description = 'The current value of each KPI in each bucket.');

CREATE TABLE IF NOT EXISTS kpi_metrics_history (
    time TIMESTAMP NOT NULL OPTIONS (description = 'The bucket\'s start, an instant.'),
    kpi_name STRING NOT NULL OPTIONS (description = 'The KPI.'),
    kpi_value FLOAT64 OPTIONS (description = 'The value; NULL where there is none, never 0 because it is missing.'),
    dimensions JSON NOT NULL OPTIONS (description = 'Declared dimensions and their members; `{}` is the total.'),
    metadata JSON NOT NULL OPTIONS (description = 'Flags (restated, late, stale, approximate) and `exact`, the text that a double cannot hold.'),
    grain STRING NOT NULL OPTIONS (description = 'The bucket\'s unit: hour, day, week, month, quarter, year.'),
    bucket STRING NOT NULL OPTIONS (description = 'The bucket as people call it, in the reporting zone: 2024-06-30, 2024-W26, 2024-06.'),
    dimensions_key STRING NOT NULL OPTIONS (description = 'Hash of the canonical JSON (RFC 8785) of `dimensions`.'),
    status STRING NOT NULL OPTIONS (description = 'suppressed, partial, no_denominator, no_data or ok.'),
    definition STRING NOT NULL OPTIONS (description = 'Hash of the definition that computed it.'),
    run_id STRING NOT NULL OPTIONS (description = 'The run that wrote it.'),
    known_at TIMESTAMP NOT NULL OPTIONS (description = 'When it was written.'),
    superseded_at TIMESTAMP NOT NULL OPTIONS (description = 'When the value stopped being the current one.')
)
PARTITION BY TIMESTAMP_TRUNC(time, DAY)
CLUSTER BY kpi_name, grain
OPTIONS (description = 'Values that were replaced or vanished.');

CREATE TABLE IF NOT EXISTS kpi_intervals (
    kpi_name STRING NOT NULL OPTIONS (description = 'The KPI.'),
    grain STRING NOT NULL OPTIONS (description = 'The buckets\' unit.'),
    start_time TIMESTAMP NOT NULL OPTIONS (description = 'Start of the first bucket.'),
    end_time TIMESTAMP NOT NULL OPTIONS (description = 'End of the last bucket.'),
    definition STRING NOT NULL OPTIONS (description = 'Hash of the definition.'),
    run_id STRING NOT NULL OPTIONS (description = 'The last run that added to it.')
)
CLUSTER BY kpi_name
OPTIONS (description = 'Which buckets are done, as ranges.');

CREATE TABLE IF NOT EXISTS kpi_definitions (
    kpi_name STRING NOT NULL OPTIONS (description = 'The KPI.'),
    definition STRING NOT NULL OPTIONS (description = 'Hash of the definition.'),
    grain STRING NOT NULL OPTIONS (description = 'Its buckets\' unit.'),
    zone STRING NOT NULL OPTIONS (description = 'The reporting zone in which they are cut.'),
    first_bucket TIMESTAMP NOT NULL OPTIONS (description = 'Start of its first bucket.'),
    body JSON NOT NULL OPTIONS (description = 'The definition as it was written.'),
    known_at TIMESTAMP NOT NULL OPTIONS (description = 'When it was first run.')
)
CLUSTER BY kpi_name
OPTIONS (description = 'What each definition\'s hash meant.');

CREATE TABLE IF NOT EXISTS kpi_runs (
    run_id STRING NOT NULL OPTIONS (description = 'The run.'),
    kpi_name STRING NOT NULL OPTIONS (description = 'The KPI.'),
    status STRING NOT NULL OPTIONS (description = 'success, error, skipped.'),
    as_of TIMESTAMP NOT NULL OPTIONS (description = 'The run\'s logical time.'),
    started_at TIMESTAMP NOT NULL OPTIONS (description = 'When it was started.'),
    seconds FLOAT64 NOT NULL OPTIONS (description = 'How long it took.'),
    buckets INT64 NOT NULL OPTIONS (description = 'Buckets computed.'),
    written INT64 NOT NULL OPTIONS (description = 'Values written.'),
    message STRING OPTIONS (description = 'Why it failed.')
)
CLUSTER BY kpi_name
OPTIONS (description = 'What each run did with each KPI; failures stand here and never replace a value.');

CREATE TABLE IF NOT EXISTS kpi_audit (
    asked_at TIMESTAMP NOT NULL OPTIONS (description = 'When.'),
    who STRING NOT NULL OPTIONS (description = 'The user or token.'),
    action STRING NOT NULL OPTIONS (description = 'What was asked for.'),
    details JSON NOT NULL OPTIONS (description = 'Its parameters.')
)
OPTIONS (description = 'Who asked for what.');

CREATE TABLE IF NOT EXISTS kpi_seen (
    kpi_name STRING NOT NULL OPTIONS (description = 'The KPI.'),
    grain STRING NOT NULL OPTIONS (description = 'Its buckets\' unit.'),
    definition STRING NOT NULL OPTIONS (description = 'Hash of the definition.'),
    evidence STRING NOT NULL OPTIONS (description = 'JSON: `from` and `to` of what was looked at, and a digest of the rows by source and day.'),
    run_id STRING NOT NULL OPTIONS (description = 'The run.')
)
CLUSTER BY kpi_name
OPTIONS (description = 'What the last run of each KPI saw of the rows within `lateness`, where `updated_at` proves which are the same.');
