-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit bigquery --target prod --out examples/nexpo/deploy/bigquery
-- job: weekly-1-0500, "0 5 * * 1"
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
  IF run_from IS NULL AND NOT (CASE WHEN EXTRACT(HOUR FROM DATETIME(kpictl_now, 'Europe/Berlin')) IN (5) AND EXTRACT(DAYOFWEEK FROM DATETIME(kpictl_now, 'Europe/Berlin')) - 1 IN (1) THEN 1 ELSE 0 END = 1) THEN
    RETURN;
  END IF;

  -- Buckets: week
  SET kpictl_until = TIMESTAMP(DATE_TRUNC(DATE(kpictl_now, 'Europe/Berlin'), WEEK(MONDAY)), 'Europe/Berlin');
  SET kpictl_back = TIMESTAMP(DATE_SUB(DATE_TRUNC(DATE(kpictl_until, 'Europe/Berlin'), WEEK(MONDAY)), INTERVAL 7 DAY), 'Europe/Berlin');
  SET kpictl_last = (SELECT MIN(last_time) FROM (SELECT MAX(time) AS last_time FROM kpi_metrics WHERE grain = 'week' AND kpi_name IN ('payment_attempts', 'failed_payments', 'payment_error_rate', 'support_contacts', 'sessions', 'median_session_length', 'buying_sessions', 'conversion_rate', 'cart_sessions', 'filled_and_bought', 'cart_abandonment_rate') GROUP BY kpi_name) AS known);
  SET kpictl_since = COALESCE(run_from, IF(kpictl_last < kpictl_back, kpictl_last, kpictl_back));
  SET kpictl_since = TIMESTAMP(DATE_TRUNC(DATE(kpictl_since, 'Europe/Berlin'), WEEK(MONDAY)), 'Europe/Berlin');
  CREATE OR REPLACE TEMP TABLE kpictl_buckets (start_time TIMESTAMP, bucket STRING);
  INSERT INTO kpictl_buckets (start_time, bucket)
SELECT
  TIMESTAMP(calendar_buckets.key_of, 'Europe/Berlin') AS start_time,
  CONCAT(IFNULL(LPAD(CAST(EXTRACT(ISOYEAR FROM DATE_ADD(calendar_buckets.key_of, INTERVAL 3 DAY)) AS STRING), 4, '0'), ''), '-W', IFNULL(LPAD(CAST(EXTRACT(ISOWEEK FROM DATE_ADD(calendar_buckets.key_of, INTERVAL 3 DAY)) AS STRING), 2, '0'), '')) AS bucket
FROM (SELECT key_of FROM UNNEST(GENERATE_DATE_ARRAY(DATE_TRUNC(DATE(kpictl_since, 'Europe/Berlin'), WEEK(MONDAY)), DATE(TIMESTAMP_SUB(kpictl_until, INTERVAL 1 MICROSECOND), 'Europe/Berlin'), INTERVAL 7 DAY)) AS key_of) AS calendar_buckets;

  -- kpi: payment_attempts
  -- label: "Payment attempts"
  -- description: "Sessions of the week that reached the payment page."
  -- owner: "platform@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'payment_attempts' AND grain = 'week' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'payment_attempts',
  CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'b6e434a110180d2f3e6d1d3102168a27',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.week, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT DATE_TRUNC(date, WEEK(MONDAY)) AS week, COUNT(*) AS value
  FROM user_sessions
  WHERE checkouts > 0
    AND date >= DATE(kpictl_from, 'Europe/Berlin')
    AND date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(date, WEEK(MONDAY))
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'payment_attempts' AND grain = 'week' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of payment_attempts';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'payment_attempts' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: failed_payments
  -- label: "Failed payments"
  -- description: "Sessions of the week that reached the payment page and saw a payment error."
  -- owner: "platform@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'failed_payments' AND grain = 'week' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'failed_payments',
  CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '868a09dc66b4ad3f8408d1fae7137cd8',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.week, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT DATE_TRUNC(date, WEEK(MONDAY)) AS week, COUNT(*) AS value
  FROM user_sessions
  WHERE checkouts > 0
    AND payment_errors > 0
    AND date >= DATE(kpictl_from, 'Europe/Berlin')
    AND date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(date, WEEK(MONDAY))
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'failed_payments' AND grain = 'week' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of failed_payments';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'failed_payments' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: payment_error_rate
  -- label: "Payment error rate"
  -- description: "Share of the sessions at the payment page that saw a payment error."
  -- owner: "platform@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'payment_error_rate' AND grain = 'week' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'payment_error_rate',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n.time IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'fe48d6cf3163b2c65917c09e63ed437a',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.week, 'Europe/Berlin') AS time, numbers.value, numbers.denominator
FROM (
  SELECT
    DATE_TRUNC(date, WEEK(MONDAY)) AS week,
    SAFE_DIVIDE(COALESCE(COUNTIF(checkouts > 0 AND payment_errors > 0), 0), COALESCE(COUNTIF(checkouts > 0), 0)) AS value,
    COALESCE(COUNTIF(checkouts > 0), 0) AS denominator
  FROM user_sessions
  WHERE (checkouts > 0 AND payment_errors > 0 OR checkouts > 0)
    AND date >= DATE(kpictl_from, 'Europe/Berlin')
    AND date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(date, WEEK(MONDAY))
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'payment_error_rate' AND grain = 'week' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of payment_error_rate';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'payment_error_rate' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: support_contacts
  -- label: "Support contacts"
  -- description: "Sessions of the week with a support chat."
  -- owner: "platform@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'support_contacts' AND grain = 'week' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'support_contacts',
  CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'a2da2070a30b65afcb58bbd3fc024313',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.week, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT DATE_TRUNC(date, WEEK(MONDAY)) AS week, COUNT(*) AS value
  FROM user_sessions
  WHERE support_chats > 0
    AND date >= DATE(kpictl_from, 'Europe/Berlin')
    AND date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(date, WEEK(MONDAY))
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'support_contacts' AND grain = 'week' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of support_contacts';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'support_contacts' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: sessions
  -- label: "Sessions"
  -- description: "Sessions that started in the week."
  -- owner: "product@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'sessions' AND grain = 'week' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'sessions',
  CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '072fdc5dfcb97662dcc21301b7dac784',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.week, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT DATE_TRUNC(date, WEEK(MONDAY)) AS week, COUNT(*) AS value
  FROM user_sessions
  WHERE date >= DATE(kpictl_from, 'Europe/Berlin')
    AND date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(date, WEEK(MONDAY))
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'sessions',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON(('{"channel":' || COALESCE(TO_JSON_STRING(n.channel), 'null') || ',"platform":' || COALESCE(TO_JSON_STRING(n.platform), 'null') || '}')),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  TO_HEX(SHA256(('{"channel":' || COALESCE(TO_JSON_STRING(n.channel), 'null') || ',"platform":' || COALESCE(TO_JSON_STRING(n.platform), 'null') || '}'))),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '072fdc5dfcb97662dcc21301b7dac784',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  TIMESTAMP(numbers.week, 'Europe/Berlin') AS time,
  numbers.value,
  numbers.platform,
  numbers.channel
FROM (
  SELECT DATE_TRUNC(date, WEEK(MONDAY)) AS week, platform, channel, COUNT(*) AS value
  FROM user_sessions
  WHERE date >= DATE(kpictl_from, 'Europe/Berlin')
    AND date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(date, WEEK(MONDAY)), platform, channel
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'sessions' AND grain = 'week' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of sessions';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'sessions' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: median_session_length
  -- label: "Median session length"
  -- description: "Half of the week's sessions last longer."
  -- owner: "product@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'median_session_length' AND grain = 'week' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'median_session_length',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'ded5b2754d4fa44b7dcf8eaff265c820',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.week, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT DATE_TRUNC(measured.date, WEEK(MONDAY)) AS week, MIN(measured.percentile) AS value
  FROM (
    SELECT
      date,
      session_length,
      PERCENTILE_CONT(session_length, 0.5) OVER (PARTITION BY DATE_TRUNC(date, WEEK(MONDAY))) AS percentile
    FROM user_sessions
    WHERE date >= DATE(kpictl_from, 'Europe/Berlin')
      AND date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  ) AS measured
  GROUP BY DATE_TRUNC(measured.date, WEEK(MONDAY))
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'median_session_length',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON(('{"platform":' || COALESCE(TO_JSON_STRING(n.platform), 'null') || '}')),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  TO_HEX(SHA256(('{"platform":' || COALESCE(TO_JSON_STRING(n.platform), 'null') || '}'))),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'ded5b2754d4fa44b7dcf8eaff265c820',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT TIMESTAMP(numbers.week, 'Europe/Berlin') AS time, numbers.value, numbers.platform
FROM (
  SELECT
    DATE_TRUNC(measured.date, WEEK(MONDAY)) AS week,
    measured.platform,
    MIN(measured.percentile) AS value
  FROM (
    SELECT
      date,
      platform,
      session_length,
      PERCENTILE_CONT(session_length, 0.5) OVER (PARTITION BY DATE_TRUNC(date, WEEK(MONDAY)), platform) AS percentile
    FROM user_sessions
    WHERE date >= DATE(kpictl_from, 'Europe/Berlin')
      AND date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  ) AS measured
  GROUP BY DATE_TRUNC(measured.date, WEEK(MONDAY)), measured.platform
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'median_session_length' AND grain = 'week' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of median_session_length';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'median_session_length' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: buying_sessions
  -- label: "Sessions with a purchase"
  -- description: "Sessions of the week in which something was bought."
  -- owner: "product@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'buying_sessions' AND grain = 'week' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'buying_sessions',
  CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '71c7523595a40ddd25ec07ce8d6e39ff',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.week, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT DATE_TRUNC(date, WEEK(MONDAY)) AS week, COUNT(*) AS value
  FROM user_sessions
  WHERE purchases > 0
    AND date >= DATE(kpictl_from, 'Europe/Berlin')
    AND date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(date, WEEK(MONDAY))
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'buying_sessions',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON(('{"channel":' || COALESCE(TO_JSON_STRING(n.channel), 'null') || ',"platform":' || COALESCE(TO_JSON_STRING(n.platform), 'null') || '}')),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  TO_HEX(SHA256(('{"channel":' || COALESCE(TO_JSON_STRING(n.channel), 'null') || ',"platform":' || COALESCE(TO_JSON_STRING(n.platform), 'null') || '}'))),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '71c7523595a40ddd25ec07ce8d6e39ff',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  TIMESTAMP(numbers.week, 'Europe/Berlin') AS time,
  numbers.value,
  numbers.platform,
  numbers.channel
FROM (
  SELECT DATE_TRUNC(date, WEEK(MONDAY)) AS week, platform, channel, COUNT(*) AS value
  FROM user_sessions
  WHERE purchases > 0
    AND date >= DATE(kpictl_from, 'Europe/Berlin')
    AND date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(date, WEEK(MONDAY)), platform, channel
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'buying_sessions' AND grain = 'week' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of buying_sessions';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'buying_sessions' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: conversion_rate
  -- label: "Conversion rate"
  -- description: "Share of the week's sessions in which something was bought."
  -- owner: "product@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'conversion_rate' AND grain = 'week' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'conversion_rate',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n.time IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'e3265483804a59d7b29af63f8e2482a8',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.week, 'Europe/Berlin') AS time, numbers.value, numbers.denominator
FROM (
  SELECT
    DATE_TRUNC(date, WEEK(MONDAY)) AS week,
    SAFE_DIVIDE(COALESCE(COUNTIF(purchases > 0), 0), COALESCE(COUNT(*), 0)) AS value,
    COALESCE(COUNT(*), 0) AS denominator
  FROM user_sessions
  WHERE date >= DATE(kpictl_from, 'Europe/Berlin')
    AND date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(date, WEEK(MONDAY))
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'conversion_rate',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON(('{"channel":' || COALESCE(TO_JSON_STRING(n.channel), 'null') || ',"platform":' || COALESCE(TO_JSON_STRING(n.platform), 'null') || '}')),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  TO_HEX(SHA256(('{"channel":' || COALESCE(TO_JSON_STRING(n.channel), 'null') || ',"platform":' || COALESCE(TO_JSON_STRING(n.platform), 'null') || '}'))),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n.time IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'e3265483804a59d7b29af63f8e2482a8',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  TIMESTAMP(numbers.week, 'Europe/Berlin') AS time,
  numbers.value,
  numbers.platform,
  numbers.channel,
  numbers.denominator
FROM (
  SELECT
    DATE_TRUNC(date, WEEK(MONDAY)) AS week,
    platform,
    channel,
    SAFE_DIVIDE(COALESCE(COUNTIF(purchases > 0), 0), COALESCE(COUNT(*), 0)) AS value,
    COALESCE(COUNT(*), 0) AS denominator
  FROM user_sessions
  WHERE date >= DATE(kpictl_from, 'Europe/Berlin')
    AND date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(date, WEEK(MONDAY)), platform, channel
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'conversion_rate' AND grain = 'week' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of conversion_rate';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'conversion_rate' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: cart_sessions
  -- label: "Sessions with a filled cart"
  -- description: "Sessions of the week in which something was put into the cart."
  -- owner: "product@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'cart_sessions' AND grain = 'week' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'cart_sessions',
  CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '46390f9c90a46ce771b7ac3bf1e95db6',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.week, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT DATE_TRUNC(date, WEEK(MONDAY)) AS week, COUNT(*) AS value
  FROM user_sessions
  WHERE carts > 0
    AND date >= DATE(kpictl_from, 'Europe/Berlin')
    AND date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(date, WEEK(MONDAY))
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'cart_sessions' AND grain = 'week' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of cart_sessions';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'cart_sessions' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: filled_and_bought
  -- label: "Carts that were bought"
  -- description: "Sessions of the week with both a filled cart and a purchase."
  -- owner: "product@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'filled_and_bought' AND grain = 'week' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'filled_and_bought',
  CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '6eddb2d3fba1907b430c764f6740dc71',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.week, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT DATE_TRUNC(date, WEEK(MONDAY)) AS week, COUNT(*) AS value
  FROM user_sessions
  WHERE carts > 0
    AND purchases > 0
    AND date >= DATE(kpictl_from, 'Europe/Berlin')
    AND date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(date, WEEK(MONDAY))
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'filled_and_bought' AND grain = 'week' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of filled_and_bought';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'filled_and_bought' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: cart_abandonment_rate
  -- label: "Cart abandonment"
  -- description: "Share of the sessions with a filled cart in which nothing was bought."
  -- owner: "product@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'cart_abandonment_rate' AND grain = 'week' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'cart_abandonment_rate',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n.time IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'f64dfe9bbe8ce38351b0517a1ad1985d',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.week, 'Europe/Berlin') AS time, numbers.value, numbers.denominator
FROM (
  SELECT
    DATE_TRUNC(date, WEEK(MONDAY)) AS week,
    1 - SAFE_DIVIDE(COALESCE(COUNTIF(carts > 0 AND purchases > 0), 0), COALESCE(COUNTIF(carts > 0), 0)) AS value,
    COALESCE(COUNTIF(carts > 0), 0) AS denominator
  FROM user_sessions
  WHERE (carts > 0 AND purchases > 0 OR carts > 0)
    AND date >= DATE(kpictl_from, 'Europe/Berlin')
    AND date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(date, WEEK(MONDAY))
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'cart_abandonment_rate' AND grain = 'week' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of cart_abandonment_rate';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'cart_abandonment_rate' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');
END;
