-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit bigquery --target prod --out examples/nexpo/deploy/bigquery
-- job: cron-16ddb63454, "0 */6 * * *"
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
  IF run_from IS NULL AND NOT (CASE WHEN EXTRACT(HOUR FROM DATETIME(kpictl_now, 'Europe/Berlin')) IN (0, 6, 12, 18) THEN 1 ELSE 0 END = 1) THEN
    RETURN;
  END IF;

  -- Buckets: day
  SET kpictl_until = TIMESTAMP(DATE(kpictl_now, 'Europe/Berlin'), 'Europe/Berlin');
  SET kpictl_back = TIMESTAMP(DATE_SUB(DATE(kpictl_until, 'Europe/Berlin'), INTERVAL 1 DAY), 'Europe/Berlin');
  SET kpictl_last = (SELECT MIN(last_time) FROM (SELECT MAX(time) AS last_time FROM kpi_metrics WHERE grain = 'day' AND kpi_name IN ('session_duration') GROUP BY kpi_name) AS known);
  SET kpictl_since = COALESCE(run_from, IF(kpictl_last < kpictl_back, kpictl_last, kpictl_back));
  SET kpictl_since = TIMESTAMP(DATE(kpictl_since, 'Europe/Berlin'), 'Europe/Berlin');
  CREATE OR REPLACE TEMP TABLE kpictl_buckets (start_time TIMESTAMP, bucket STRING);
  INSERT INTO kpictl_buckets (start_time, bucket)
SELECT
  TIMESTAMP(calendar_buckets.key_of, 'Europe/Berlin') AS start_time,
  FORMAT_DATE('%E4Y-%m-%d', calendar_buckets.key_of) AS bucket
FROM (SELECT key_of FROM UNNEST(GENERATE_DATE_ARRAY(DATE(kpictl_since, 'Europe/Berlin'), DATE(TIMESTAMP_SUB(kpictl_until, INTERVAL 1 MICROSECOND), 'Europe/Berlin'), INTERVAL 1 DAY)) AS key_of) AS calendar_buckets;

  -- kpi: session_duration
  -- label: "Session duration"
  -- description: "Average length of a session in seconds, over today and the seven days before."
  -- owner: "product@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'session_duration' AND grain = 'day' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'session_duration',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'day',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '252467d89b33358c48a30ee7176f70ec',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
WITH states AS (
  SELECT
    date AS day,
    SUM(CAST(session_length AS NUMERIC)) AS sum_session_length,
    COUNT(session_length) AS count_session_length
  FROM user_sessions
  WHERE date >= DATE_ADD(DATE_SUB(DATE(kpictl_from, 'Europe/Berlin'), INTERVAL 8 DAY), INTERVAL 1 DAY)
    AND date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY date
)
SELECT TIMESTAMP(numbers.day, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT
    days.day,
    SAFE_DIVIDE(CAST(SUM(CAST(states.sum_session_length AS BIGNUMERIC)) AS FLOAT64), SUM(CAST(states.count_session_length AS NUMERIC))) AS value
  FROM (SELECT day FROM UNNEST(GENERATE_DATE_ARRAY(DATE(kpictl_from, 'Europe/Berlin'), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin'), INTERVAL 1 DAY)) AS day) AS days
  JOIN states ON states.day > DATE_SUB(days.day, INTERVAL 8 DAY) AND states.day <= days.day
  GROUP BY days.day
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'session_duration' AND grain = 'day' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of session_duration';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'session_duration' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 30 DAY), 'Europe/Berlin');
END;
