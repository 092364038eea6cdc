-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit bigquery --target prod --out examples/nexpo/deploy/bigquery
-- job: daily-0100, "0 1 * * *"
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
  IF run_from IS NULL AND NOT (CASE WHEN EXTRACT(HOUR FROM DATETIME(kpictl_now, 'Europe/Berlin')) IN (1) THEN 1 ELSE 0 END = 1) THEN
    RETURN;
  END IF;

  -- Buckets: day
  SET kpictl_until = TIMESTAMP(DATE(kpictl_now, 'Europe/Berlin'), 'Europe/Berlin');
  SET kpictl_back = TIMESTAMP(DATE_SUB(DATE(kpictl_until, 'Europe/Berlin'), INTERVAL 1 DAY), 'Europe/Berlin');
  SET kpictl_last = (SELECT MIN(last_time) FROM (SELECT MAX(time) AS last_time FROM kpi_metrics WHERE grain = 'day' AND kpi_name IN ('page_views', 'error_pages', 'error_page_rate', 'daily_active_users', 'wau', 'mau', 'stickiness') GROUP BY kpi_name) AS known);
  SET kpictl_since = COALESCE(run_from, IF(kpictl_last < kpictl_back, kpictl_last, kpictl_back));
  SET kpictl_since = TIMESTAMP(DATE(kpictl_since, 'Europe/Berlin'), 'Europe/Berlin');
  CREATE OR REPLACE TEMP TABLE kpictl_buckets (start_time TIMESTAMP, bucket STRING);
  INSERT INTO kpictl_buckets (start_time, bucket)
SELECT
  TIMESTAMP(calendar_buckets.key_of, 'Europe/Berlin') AS start_time,
  FORMAT_DATE('%E4Y-%m-%d', calendar_buckets.key_of) AS bucket
FROM (SELECT key_of FROM UNNEST(GENERATE_DATE_ARRAY(DATE(kpictl_since, 'Europe/Berlin'), DATE(TIMESTAMP_SUB(kpictl_until, INTERVAL 1 MICROSECOND), 'Europe/Berlin'), INTERVAL 1 DAY)) AS key_of) AS calendar_buckets;

  -- kpi: page_views
  -- label: "Web events"
  -- description: "Events of the day."
  -- owner: "platform@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'page_views' AND grain = 'day' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'page_views',
  CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'day',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '85da4b9790a8aa635264bfa0f76554cd',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.day, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT
    DATE(CASE WHEN DATETIME(TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR), 'Europe/Berlin') = created_at THEN TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR) ELSE TIMESTAMP(created_at, 'Europe/Berlin') END, 'Europe/Berlin') AS day,
    COUNT(*) AS value
  FROM events
  WHERE CASE WHEN DATETIME(TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR), 'Europe/Berlin') = created_at THEN TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR) ELSE TIMESTAMP(created_at, 'Europe/Berlin') END >= kpictl_from
    AND CASE WHEN DATETIME(TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR), 'Europe/Berlin') = created_at THEN TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR) ELSE TIMESTAMP(created_at, 'Europe/Berlin') END < kpictl_to
  GROUP BY DATE(CASE WHEN DATETIME(TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR), 'Europe/Berlin') = created_at THEN TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR) ELSE TIMESTAMP(created_at, 'Europe/Berlin') END, 'Europe/Berlin')
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'page_views',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON(('{"platform":' || COALESCE(TO_JSON_STRING(n.platform), 'null') || '}')),
  PARSE_JSON('{}'),
  'day',
  b.bucket,
  TO_HEX(SHA256(('{"platform":' || COALESCE(TO_JSON_STRING(n.platform), 'null') || '}'))),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '85da4b9790a8aa635264bfa0f76554cd',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT TIMESTAMP(numbers.day, 'Europe/Berlin') AS time, numbers.value, numbers.platform
FROM (
  SELECT
    DATE(CASE WHEN DATETIME(TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR), 'Europe/Berlin') = created_at THEN TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR) ELSE TIMESTAMP(created_at, 'Europe/Berlin') END, 'Europe/Berlin') AS day,
    platform,
    COUNT(*) AS value
  FROM events
  WHERE CASE WHEN DATETIME(TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR), 'Europe/Berlin') = created_at THEN TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR) ELSE TIMESTAMP(created_at, 'Europe/Berlin') END >= kpictl_from
    AND CASE WHEN DATETIME(TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR), 'Europe/Berlin') = created_at THEN TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR) ELSE TIMESTAMP(created_at, 'Europe/Berlin') END < kpictl_to
  GROUP BY DATE(CASE WHEN DATETIME(TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR), 'Europe/Berlin') = created_at THEN TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR) ELSE TIMESTAMP(created_at, 'Europe/Berlin') END, 'Europe/Berlin'), platform
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'page_views' AND grain = 'day' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of page_views';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'page_views' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: error_pages
  -- label: "Error pages"
  -- description: "Error pages shown on the day."
  -- owner: "platform@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'error_pages' AND grain = 'day' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'error_pages',
  CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'day',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'ca87bb61c8d3f3dd610f263e29aed172',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.day, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT
    DATE(CASE WHEN DATETIME(TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR), 'Europe/Berlin') = created_at THEN TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR) ELSE TIMESTAMP(created_at, 'Europe/Berlin') END, 'Europe/Berlin') AS day,
    COUNT(*) AS value
  FROM events
  WHERE name = 'error_page'
    AND CASE WHEN DATETIME(TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR), 'Europe/Berlin') = created_at THEN TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR) ELSE TIMESTAMP(created_at, 'Europe/Berlin') END >= kpictl_from
    AND CASE WHEN DATETIME(TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR), 'Europe/Berlin') = created_at THEN TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR) ELSE TIMESTAMP(created_at, 'Europe/Berlin') END < kpictl_to
  GROUP BY DATE(CASE WHEN DATETIME(TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR), 'Europe/Berlin') = created_at THEN TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR) ELSE TIMESTAMP(created_at, 'Europe/Berlin') END, 'Europe/Berlin')
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'error_pages',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON(('{"platform":' || COALESCE(TO_JSON_STRING(n.platform), 'null') || '}')),
  PARSE_JSON('{}'),
  'day',
  b.bucket,
  TO_HEX(SHA256(('{"platform":' || COALESCE(TO_JSON_STRING(n.platform), 'null') || '}'))),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'ca87bb61c8d3f3dd610f263e29aed172',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT TIMESTAMP(numbers.day, 'Europe/Berlin') AS time, numbers.value, numbers.platform
FROM (
  SELECT
    DATE(CASE WHEN DATETIME(TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR), 'Europe/Berlin') = created_at THEN TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR) ELSE TIMESTAMP(created_at, 'Europe/Berlin') END, 'Europe/Berlin') AS day,
    platform,
    COUNT(*) AS value
  FROM events
  WHERE name = 'error_page'
    AND CASE WHEN DATETIME(TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR), 'Europe/Berlin') = created_at THEN TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR) ELSE TIMESTAMP(created_at, 'Europe/Berlin') END >= kpictl_from
    AND CASE WHEN DATETIME(TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR), 'Europe/Berlin') = created_at THEN TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR) ELSE TIMESTAMP(created_at, 'Europe/Berlin') END < kpictl_to
  GROUP BY DATE(CASE WHEN DATETIME(TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR), 'Europe/Berlin') = created_at THEN TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR) ELSE TIMESTAMP(created_at, 'Europe/Berlin') END, 'Europe/Berlin'), platform
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'error_pages' AND grain = 'day' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of error_pages';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'error_pages' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: error_page_rate
  -- label: "Error page rate"
  -- description: "Error pages as a share of the day's events."
  -- owner: "platform@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'error_page_rate' AND grain = 'day' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'error_page_rate',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'day',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n.time IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  '7b5dfaaaa49c2efe387bee0e09563fe4',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.day, 'Europe/Berlin') AS time, numbers.value, numbers.denominator
FROM (
  SELECT
    DATE(CASE WHEN DATETIME(TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR), 'Europe/Berlin') = created_at THEN TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR) ELSE TIMESTAMP(created_at, 'Europe/Berlin') END, 'Europe/Berlin') AS day,
    SAFE_DIVIDE(COALESCE(COUNTIF(name = 'error_page'), 0), COALESCE(COUNT(*), 0)) AS value,
    COALESCE(COUNT(*), 0) AS denominator
  FROM events
  WHERE CASE WHEN DATETIME(TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR), 'Europe/Berlin') = created_at THEN TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR) ELSE TIMESTAMP(created_at, 'Europe/Berlin') END >= kpictl_from
    AND CASE WHEN DATETIME(TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR), 'Europe/Berlin') = created_at THEN TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR) ELSE TIMESTAMP(created_at, 'Europe/Berlin') END < kpictl_to
  GROUP BY DATE(CASE WHEN DATETIME(TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR), 'Europe/Berlin') = created_at THEN TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR) ELSE TIMESTAMP(created_at, 'Europe/Berlin') END, 'Europe/Berlin')
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'error_page_rate',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON(('{"platform":' || COALESCE(TO_JSON_STRING(n.platform), 'null') || '}')),
  PARSE_JSON('{}'),
  'day',
  b.bucket,
  TO_HEX(SHA256(('{"platform":' || COALESCE(TO_JSON_STRING(n.platform), 'null') || '}'))),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n.time IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  '7b5dfaaaa49c2efe387bee0e09563fe4',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  TIMESTAMP(numbers.day, 'Europe/Berlin') AS time,
  numbers.value,
  numbers.platform,
  numbers.denominator
FROM (
  SELECT
    DATE(CASE WHEN DATETIME(TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR), 'Europe/Berlin') = created_at THEN TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR) ELSE TIMESTAMP(created_at, 'Europe/Berlin') END, 'Europe/Berlin') AS day,
    platform,
    SAFE_DIVIDE(COALESCE(COUNTIF(name = 'error_page'), 0), COALESCE(COUNT(*), 0)) AS value,
    COALESCE(COUNT(*), 0) AS denominator
  FROM events
  WHERE CASE WHEN DATETIME(TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR), 'Europe/Berlin') = created_at THEN TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR) ELSE TIMESTAMP(created_at, 'Europe/Berlin') END >= kpictl_from
    AND CASE WHEN DATETIME(TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR), 'Europe/Berlin') = created_at THEN TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR) ELSE TIMESTAMP(created_at, 'Europe/Berlin') END < kpictl_to
  GROUP BY DATE(CASE WHEN DATETIME(TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR), 'Europe/Berlin') = created_at THEN TIMESTAMP_SUB(TIMESTAMP(DATETIME_ADD(created_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 24 HOUR) ELSE TIMESTAMP(created_at, 'Europe/Berlin') END, 'Europe/Berlin'), platform
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'error_page_rate' AND grain = 'day' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of error_page_rate';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'error_page_rate' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: daily_active_users
  -- label: "Daily active users"
  -- description: "Users with at least one event on the day."
  -- owner: "product@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'daily_active_users' AND grain = 'day' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'daily_active_users',
  CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'day',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '63a9c591908a402550457db0fb809cbe',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.day, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT date AS day, COUNT(DISTINCT user_id) AS value
  FROM user_activity
  WHERE date >= DATE(kpictl_from, 'Europe/Berlin')
    AND date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY date
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'daily_active_users' AND grain = 'day' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of daily_active_users';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'daily_active_users' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 90 DAY), 'Europe/Berlin');

  -- kpi: wau
  -- label: "Weekly active users"
  -- description: "Users with at least one event on the day or the six days before."
  -- owner: "product@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'wau' AND grain = 'day' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'wau',
  CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'day',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '0e6cbafe95ced779ae9a6ecbfcfb3af0',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
WITH visits AS (
  SELECT DISTINCT date AS day, user_id AS entity_1
  FROM user_activity
  WHERE date >= DATE_ADD(DATE_SUB(DATE(kpictl_from, 'Europe/Berlin'), INTERVAL 7 DAY), INTERVAL 1 DAY)
    AND date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
),
spans AS (
  SELECT
    visits.day,
    LEAST(COALESCE(DATE_ADD(visits.day, INTERVAL 7 DAY), LEAD(visits.day, 1) OVER (PARTITION BY visits.entity_1 ORDER BY visits.day NULLS LAST)), COALESCE(LEAD(visits.day, 1) OVER (PARTITION BY visits.entity_1 ORDER BY visits.day NULLS LAST), DATE_ADD(visits.day, INTERVAL 7 DAY))) AS ends,
    CASE WHEN visits.entity_1 IS NULL THEN 0 ELSE 1 END AS counts
  FROM visits
),
changes AS (
  SELECT spans.day, SUM(spans.counts) AS change, COUNT(*) AS there
  FROM spans
  GROUP BY spans.day
  UNION ALL
  SELECT spans.ends AS day, -SUM(spans.counts) AS change, -COUNT(*) AS there
  FROM spans
  GROUP BY spans.ends
)
SELECT TIMESTAMP(numbers.day, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT days.day, SUM(CAST(changes.change AS NUMERIC)) AS value
  FROM (SELECT day FROM UNNEST(GENERATE_DATE_ARRAY(DATE(kpictl_from, 'Europe/Berlin'), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin'), INTERVAL 1 DAY)) AS day) AS days
  JOIN changes ON changes.day <= days.day
  GROUP BY days.day
  HAVING SUM(CAST(changes.there AS NUMERIC)) > 0
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'wau' AND grain = 'day' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of wau';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'wau' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: mau
  -- label: "Monthly active users"
  -- description: "Users with at least one event on the day or the 29 days before."
  -- owner: "product@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'mau' AND grain = 'day' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'mau',
  CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'day',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'f8a240370d111dd1b06513f45a67ba6e',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
WITH visits AS (
  SELECT DISTINCT date AS day, user_id AS entity_1
  FROM user_activity
  WHERE date >= DATE_ADD(DATE_SUB(DATE(kpictl_from, 'Europe/Berlin'), INTERVAL 30 DAY), INTERVAL 1 DAY)
    AND date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
),
spans AS (
  SELECT
    visits.day,
    LEAST(COALESCE(DATE_ADD(visits.day, INTERVAL 30 DAY), LEAD(visits.day, 1) OVER (PARTITION BY visits.entity_1 ORDER BY visits.day NULLS LAST)), COALESCE(LEAD(visits.day, 1) OVER (PARTITION BY visits.entity_1 ORDER BY visits.day NULLS LAST), DATE_ADD(visits.day, INTERVAL 30 DAY))) AS ends,
    CASE WHEN visits.entity_1 IS NULL THEN 0 ELSE 1 END AS counts
  FROM visits
),
changes AS (
  SELECT spans.day, SUM(spans.counts) AS change, COUNT(*) AS there
  FROM spans
  GROUP BY spans.day
  UNION ALL
  SELECT spans.ends AS day, -SUM(spans.counts) AS change, -COUNT(*) AS there
  FROM spans
  GROUP BY spans.ends
)
SELECT TIMESTAMP(numbers.day, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT days.day, SUM(CAST(changes.change AS NUMERIC)) AS value
  FROM (SELECT day FROM UNNEST(GENERATE_DATE_ARRAY(DATE(kpictl_from, 'Europe/Berlin'), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin'), INTERVAL 1 DAY)) AS day) AS days
  JOIN changes ON changes.day <= days.day
  GROUP BY days.day
  HAVING SUM(CAST(changes.there AS NUMERIC)) > 0
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'mau' AND grain = 'day' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of mau';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'mau' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: stickiness
  -- label: "Stickiness"
  -- description: "Daily by monthly active users, the share of the month's users who came on the day."
  -- owner: "product@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'stickiness' AND grain = 'day' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'stickiness',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'day',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n.time IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'ed0a9094d6147fba2b7fe4f5115f8b4a',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
WITH daily_active_users AS (
  SELECT date AS day, COUNT(DISTINCT user_id) AS value
  FROM user_activity
  WHERE date >= DATE(kpictl_from, 'Europe/Berlin')
    AND date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY date
),
visits AS (
  SELECT DISTINCT date AS day, user_id AS entity_1
  FROM user_activity
  WHERE date >= DATE_ADD(DATE_SUB(DATE(kpictl_from, 'Europe/Berlin'), INTERVAL 30 DAY), INTERVAL 1 DAY)
    AND date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
),
spans AS (
  SELECT
    visits.day,
    LEAST(COALESCE(DATE_ADD(visits.day, INTERVAL 30 DAY), LEAD(visits.day, 1) OVER (PARTITION BY visits.entity_1 ORDER BY visits.day NULLS LAST)), COALESCE(LEAD(visits.day, 1) OVER (PARTITION BY visits.entity_1 ORDER BY visits.day NULLS LAST), DATE_ADD(visits.day, INTERVAL 30 DAY))) AS ends,
    CASE WHEN visits.entity_1 IS NULL THEN 0 ELSE 1 END AS counts
  FROM visits
),
changes AS (
  SELECT spans.day, SUM(spans.counts) AS change, COUNT(*) AS there
  FROM spans
  GROUP BY spans.day
  UNION ALL
  SELECT spans.ends AS day, -SUM(spans.counts) AS change, -COUNT(*) AS there
  FROM spans
  GROUP BY spans.ends
),
mau AS (
  SELECT days.day, SUM(CAST(changes.change AS NUMERIC)) AS value
  FROM (SELECT day FROM UNNEST(GENERATE_DATE_ARRAY(DATE(kpictl_from, 'Europe/Berlin'), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin'), INTERVAL 1 DAY)) AS day) AS days
  JOIN changes ON changes.day <= days.day
  GROUP BY days.day
  HAVING SUM(CAST(changes.there AS NUMERIC)) > 0
),
buckets AS (
  SELECT daily_active_users.day
  FROM daily_active_users
  UNION DISTINCT
  SELECT mau.day
  FROM mau
)
SELECT TIMESTAMP(numbers.day, 'Europe/Berlin') AS time, numbers.value, numbers.denominator
FROM (
  SELECT
    buckets.day,
    SAFE_DIVIDE(COALESCE(daily_active_users.value, 0), COALESCE(mau.value, 0)) AS value,
    COALESCE(mau.value, 0) AS denominator
  FROM buckets
  LEFT JOIN daily_active_users ON daily_active_users.day = buckets.day
  LEFT JOIN mau ON mau.day = buckets.day
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'stickiness' AND grain = 'day' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of stickiness';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'stickiness' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 90 DAY), 'Europe/Berlin');
END;
