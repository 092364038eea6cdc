-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit ddl --target prod --out examples/nexpo/deploy/ddl
-- It may be run again: what is there stays.

CREATE TABLE IF NOT EXISTS kpi_store (
    schema_version NUMBER(19, 0) NOT NULL COMMENT 'Version of these tables.',
    project VARCHAR NOT NULL COMMENT 'Name of the project; empty until one has written.',
    created_at TIMESTAMP_LTZ(6) NOT NULL COMMENT 'When the store was made.'
)
COMMENT = 'One row: which project\'s store this is.';

CREATE TABLE IF NOT EXISTS kpi_metrics (
    "TIME" TIMESTAMP_LTZ(6) NOT NULL COMMENT 'The bucket\'s start, an instant.',
    kpi_name VARCHAR(100) NOT NULL COMMENT 'The KPI.',
    kpi_value FLOAT COMMENT 'The value; NULL where there is none, never 0 because it is missing.',
    dimensions VARIANT NOT NULL COMMENT 'Declared dimensions and their members; `{}` is the total.',
    metadata VARIANT NOT NULL COMMENT 'Flags (restated, late, stale, approximate) and `exact`, the text that a double cannot hold.',
    grain VARCHAR NOT NULL COMMENT 'The bucket\'s unit: hour, day, week, month, quarter, year.',
    bucket VARCHAR NOT NULL COMMENT 'The bucket as people call it, in the reporting zone: 2024-06-30, 2024-W26, 2024-06.',
    dimensions_key VARCHAR NOT NULL COMMENT 'Hash of the canonical JSON (RFC 8785) of `dimensions`.',
    status VARCHAR NOT NULL COMMENT 'suppressed, partial, no_denominator, no_data or ok.',
    definition VARCHAR NOT NULL COMMENT 'Hash of the definition that computed it.',
    run_id VARCHAR NOT NULL COMMENT 'The run that wrote it.',
    known_at TIMESTAMP_LTZ(6) NOT NULL COMMENT 'When it was written.'
) CLUSTER BY (kpi_name, grain)
COMMENT = 'The current value of each KPI in each bucket.';

CREATE TABLE IF NOT EXISTS kpi_metrics_history (
    "TIME" TIMESTAMP_LTZ(6) NOT NULL COMMENT 'The bucket\'s start, an instant.',
    kpi_name VARCHAR(100) NOT NULL COMMENT 'The KPI.',
    kpi_value FLOAT COMMENT 'The value; NULL where there is none, never 0 because it is missing.',
    dimensions VARIANT NOT NULL COMMENT 'Declared dimensions and their members; `{}` is the total.',
    metadata VARIANT NOT NULL COMMENT 'Flags (restated, late, stale, approximate) and `exact`, the text that a double cannot hold.',
    grain VARCHAR NOT NULL COMMENT 'The bucket\'s unit: hour, day, week, month, quarter, year.',
    bucket VARCHAR NOT NULL COMMENT 'The bucket as people call it, in the reporting zone: 2024-06-30, 2024-W26, 2024-06.',
    dimensions_key VARCHAR NOT NULL COMMENT 'Hash of the canonical JSON (RFC 8785) of `dimensions`.',
    status VARCHAR NOT NULL COMMENT 'suppressed, partial, no_denominator, no_data or ok.',
    definition VARCHAR NOT NULL COMMENT 'Hash of the definition that computed it.',
    run_id VARCHAR NOT NULL COMMENT 'The run that wrote it.',
    known_at TIMESTAMP_LTZ(6) NOT NULL COMMENT 'When it was written.',
    superseded_at TIMESTAMP_LTZ(6) NOT NULL COMMENT 'When the value stopped being the current one.'
) CLUSTER BY (kpi_name, grain)
COMMENT = 'Values that were replaced or vanished.';

CREATE TABLE IF NOT EXISTS kpi_intervals (
    kpi_name VARCHAR(100) NOT NULL COMMENT 'The KPI.',
    grain VARCHAR NOT NULL COMMENT 'The buckets\' unit.',
    start_time TIMESTAMP_LTZ(6) NOT NULL COMMENT 'Start of the first bucket.',
    end_time TIMESTAMP_LTZ(6) NOT NULL COMMENT 'End of the last bucket.',
    definition VARCHAR NOT NULL COMMENT 'Hash of the definition.',
    run_id VARCHAR NOT NULL COMMENT 'The last run that added to it.'
)
COMMENT = 'Which buckets are done, as ranges.';

CREATE TABLE IF NOT EXISTS kpi_definitions (
    kpi_name VARCHAR(100) NOT NULL COMMENT 'The KPI.',
    definition VARCHAR NOT NULL COMMENT 'Hash of the definition.',
    grain VARCHAR NOT NULL COMMENT 'Its buckets\' unit.',
    zone VARCHAR NOT NULL COMMENT 'The reporting zone in which they are cut.',
    first_bucket TIMESTAMP_LTZ(6) NOT NULL COMMENT 'Start of its first bucket.',
    body VARIANT NOT NULL COMMENT 'The definition as it was written.',
    known_at TIMESTAMP_LTZ(6) NOT NULL COMMENT 'When it was first run.'
)
COMMENT = 'What each definition\'s hash meant.';

CREATE TABLE IF NOT EXISTS kpi_runs (
    run_id VARCHAR NOT NULL COMMENT 'The run.',
    kpi_name VARCHAR(100) NOT NULL COMMENT 'The KPI.',
    status VARCHAR NOT NULL COMMENT 'success, error, skipped.',
    as_of TIMESTAMP_LTZ(6) NOT NULL COMMENT 'The run\'s logical time.',
    started_at TIMESTAMP_LTZ(6) NOT NULL COMMENT 'When it was started.',
    seconds FLOAT NOT NULL COMMENT 'How long it took.',
    buckets NUMBER(19, 0) NOT NULL COMMENT 'Buckets computed.',
    written NUMBER(19, 0) NOT NULL COMMENT 'Values written.',
    message VARCHAR COMMENT 'Why it failed.'
)
COMMENT = 'What each run did with each KPI; failures stand here and never replace a value.';

CREATE TABLE IF NOT EXISTS kpi_audit (
    asked_at TIMESTAMP_LTZ(6) NOT NULL COMMENT 'When.',
    who VARCHAR NOT NULL COMMENT 'The user or token.',
    action VARCHAR NOT NULL COMMENT 'What was asked for.',
    details VARIANT NOT NULL COMMENT 'Its parameters.'
)
COMMENT = 'Who asked for what.';

CREATE TABLE IF NOT EXISTS kpi_seen (
    kpi_name VARCHAR(100) NOT NULL COMMENT 'The KPI.',
    grain VARCHAR NOT NULL COMMENT 'Its buckets\' unit.',
    definition VARCHAR NOT NULL COMMENT 'Hash of the definition.',
    evidence VARCHAR NOT NULL COMMENT 'JSON: `from` and `to` of what was looked at, and a digest of the rows by source and day.',
    run_id VARCHAR NOT NULL COMMENT 'The run.'
)
COMMENT = 'What the last run of each KPI saw of the rows within `lateness`, where `updated_at` proves which are the same.';
