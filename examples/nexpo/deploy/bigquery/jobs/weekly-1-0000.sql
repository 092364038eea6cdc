-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit bigquery --target prod --out examples/nexpo/deploy/bigquery
-- job: weekly-1-0000, "0 0 * * 1"
-- deploy.sh and run.sh put run_from, run_to (TIMESTAMP) and @@dataset_id before it.
-- The same range of buckets again leaves the same rows.
BEGIN
  DECLARE kpictl_run_id STRING DEFAULT GENERATE_UUID();
  DECLARE kpictl_known_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP();
  DECLARE kpictl_now TIMESTAMP DEFAULT COALESCE(run_to, CURRENT_TIMESTAMP());
  DECLARE kpictl_since, kpictl_until, kpictl_back, kpictl_last TIMESTAMP;
  DECLARE kpictl_from, kpictl_to, kpictl_as_of TIMESTAMP;
  SET @@time_zone = 'UTC';
  -- It ticks more often than the schedule: the reporting zone decides.
  IF run_from IS NULL AND NOT (CASE WHEN EXTRACT(HOUR FROM DATETIME(kpictl_now, 'Europe/Berlin')) IN (0) AND EXTRACT(DAYOFWEEK FROM DATETIME(kpictl_now, 'Europe/Berlin')) - 1 IN (1) THEN 1 ELSE 0 END = 1) THEN
    RETURN;
  END IF;

  -- Buckets: week
  SET kpictl_until = TIMESTAMP(DATE_TRUNC(DATE(kpictl_now, 'Europe/Berlin'), WEEK(MONDAY)), 'Europe/Berlin');
  SET kpictl_back = TIMESTAMP(DATE_SUB(DATE_TRUNC(DATE(kpictl_until, 'Europe/Berlin'), WEEK(MONDAY)), INTERVAL 7 DAY), 'Europe/Berlin');
  SET kpictl_last = (SELECT MIN(last_time) FROM (SELECT MAX(time) AS last_time FROM kpi_metrics WHERE grain = 'week' AND kpi_name IN ('churn_rate') GROUP BY kpi_name) AS known);
  SET kpictl_since = COALESCE(run_from, IF(kpictl_last < kpictl_back, kpictl_last, kpictl_back));
  SET kpictl_since = TIMESTAMP(DATE_TRUNC(DATE(kpictl_since, 'Europe/Berlin'), WEEK(MONDAY)), 'Europe/Berlin');
  CREATE OR REPLACE TEMP TABLE kpictl_buckets (start_time TIMESTAMP, bucket STRING);
  INSERT INTO kpictl_buckets (start_time, bucket)
SELECT
  TIMESTAMP(calendar_buckets.key_of, 'Europe/Berlin') AS start_time,
  CONCAT(IFNULL(LPAD(CAST(EXTRACT(ISOYEAR FROM DATE_ADD(calendar_buckets.key_of, INTERVAL 3 DAY)) AS STRING), 4, '0'), ''), '-W', IFNULL(LPAD(CAST(EXTRACT(ISOWEEK FROM DATE_ADD(calendar_buckets.key_of, INTERVAL 3 DAY)) AS STRING), 2, '0'), '')) AS bucket
FROM (SELECT key_of FROM UNNEST(GENERATE_DATE_ARRAY(DATE_TRUNC(DATE(kpictl_since, 'Europe/Berlin'), WEEK(MONDAY)), DATE(TIMESTAMP_SUB(kpictl_until, INTERVAL 1 MICROSECOND), 'Europe/Berlin'), INTERVAL 7 DAY)) AS key_of) AS calendar_buckets;

  -- kpi: churn_rate
  -- label: "Churned subscribers"
  -- description: "Subscribers who have left, in percent of all that there ever were, as things stand."
  -- owner: "growth@nexpo.example"
  SET kpictl_from = TIMESTAMP(DATE_SUB(DATE_TRUNC(DATE(kpictl_until, 'Europe/Berlin'), WEEK(MONDAY)), INTERVAL 7 DAY), 'Europe/Berlin');
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'churn_rate' AND grain = 'week' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'churn_rate',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 THEN 'no_denominator' ELSE 'no_data' END,
  'a911d34a85967f722261c90955879e75',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  SAFE_DIVIDE(user_metrics.cancelled_users, user_metrics.total_users) * 100 AS value,
  user_metrics.total_users AS denominator
FROM user_metrics
) AS n ON b.start_time >= kpictl_from AND b.start_time < kpictl_to
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'churn_rate' AND grain = 'week' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of churn_rate';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'churn_rate' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 365 DAY), 'Europe/Berlin');
END;
