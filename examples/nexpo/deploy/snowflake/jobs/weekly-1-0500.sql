-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit snowflake --target prod --out examples/nexpo/deploy/snowflake
-- job: weekly-1-0500, "0 5 * * 1"
-- Without a range it computes what has ended and may have changed; the same range again leaves the same rows.
CREATE OR REPLACE PROCEDURE kpi_weekly_1_0500(run_from TIMESTAMP_LTZ, run_to TIMESTAMP_LTZ)
RETURNS VARCHAR
LANGUAGE SQL
EXECUTE AS CALLER
AS
$$
DECLARE
  kpictl_run_id VARCHAR DEFAULT UUID_STRING();
  kpictl_known_at TIMESTAMP_LTZ DEFAULT CURRENT_TIMESTAMP();
  kpictl_now TIMESTAMP_LTZ DEFAULT COALESCE(run_to, CURRENT_TIMESTAMP());
  kpictl_given TIMESTAMP_LTZ DEFAULT run_from;
  kpictl_since TIMESTAMP_LTZ DEFAULT NULL;
  kpictl_until TIMESTAMP_LTZ DEFAULT NULL;
  kpictl_back TIMESTAMP_LTZ DEFAULT NULL;
  kpictl_last TIMESTAMP_LTZ DEFAULT NULL;
  kpictl_from TIMESTAMP_LTZ DEFAULT NULL;
  kpictl_to TIMESTAMP_LTZ DEFAULT NULL;
  kpictl_as_of TIMESTAMP_LTZ DEFAULT NULL;
  kpictl_twice INTEGER DEFAULT 0;
  two_rows EXCEPTION (-20001, 'two rows for a bucket');
BEGIN
  -- The numbers depend on these.
  ALTER SESSION SET TIMEZONE = 'UTC';
  ALTER SESSION SET WEEK_START = '1';
  ALTER SESSION SET WEEK_OF_YEAR_POLICY = '0';
  ALTER SESSION SET TIMESTAMP_TYPE_MAPPING = 'TIMESTAMP_NTZ';
  ALTER SESSION SET DATE_INPUT_FORMAT = 'AUTO';
  ALTER SESSION SET TIME_INPUT_FORMAT = 'AUTO';
  ALTER SESSION SET TIMESTAMP_INPUT_FORMAT = 'AUTO';
  ALTER SESSION SET ROWS_PER_RESULTSET = '0';
  ALTER SESSION SET DEFAULT_NULL_ORDERING = 'LAST';
  ALTER SESSION SET QUOTED_IDENTIFIERS_IGNORE_CASE = 'FALSE';

  -- Buckets: week
  kpictl_until := (SELECT CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATE_TRUNC('week', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_now AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ));
  kpictl_back := (SELECT CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -7, CAST(DATE_TRUNC('week', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ));
  kpictl_last := (SELECT MIN(last_time) FROM (SELECT MAX("TIME") AS last_time FROM kpi_metrics WHERE grain = 'week' AND kpi_name IN ('payment_attempts', 'failed_payments', 'payment_error_rate', 'support_contacts', 'sessions', 'median_session_length', 'buying_sessions', 'conversion_rate', 'cart_sessions', 'filled_and_bought', 'cart_abandonment_rate') GROUP BY kpi_name) AS known);
  kpictl_since := (SELECT COALESCE(:kpictl_given, IFF(:kpictl_last < :kpictl_back, :kpictl_last, :kpictl_back)));
  kpictl_since := (SELECT CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATE_TRUNC('week', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ));
  CREATE OR REPLACE TEMPORARY TABLE kpictl_buckets (start_time TIMESTAMP_LTZ(6), bucket VARCHAR);
  INSERT INTO kpictl_buckets (start_time, bucket)
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(calendar_buckets.key_of AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS start_time,
  COALESCE(LPAD(CAST(CAST(YEAROFWEEKISO(CAST(DATEADD(day, 3, calendar_buckets.key_of) AS DATE)) AS INTEGER) AS VARCHAR), 4, '0'), '') || '-W' || COALESCE(LPAD(CAST(CAST(WEEKISO(CAST(DATEADD(day, 3, calendar_buckets.key_of) AS DATE)) AS INTEGER) AS VARCHAR), 2, '0'), '') AS bucket
FROM (
  WITH digits AS (
    SELECT 0 AS n
    UNION ALL
    SELECT 1 AS n
    UNION ALL
    SELECT 2 AS n
    UNION ALL
    SELECT 3 AS n
    UNION ALL
    SELECT 4 AS n
    UNION ALL
    SELECT 5 AS n
    UNION ALL
    SELECT 6 AS n
    UNION ALL
    SELECT 7 AS n
    UNION ALL
    SELECT 8 AS n
    UNION ALL
    SELECT 9 AS n
  )
  SELECT
    CAST(DATEADD(day, CAST(7 * (1000000 * place.n + 100000 * place_2.n + 10000 * place_3.n + 1000 * place_4.n + 100 * place_5.n + 10 * place_6.n + place_7.n) AS NUMBER(38, 0)), CAST(DATE_TRUNC('week', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE)) AS DATE) AS key_of
  FROM digits AS place
  CROSS JOIN digits AS place_2
  CROSS JOIN digits AS place_3
  CROSS JOIN digits AS place_4
  CROSS JOIN digits AS place_5
  CROSS JOIN digits AS place_6
  CROSS JOIN digits AS place_7
  WHERE 1000000 * place.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('week', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('week', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 7)) / 7 AS NUMBER(38, 0)) + 1
    AND 100000 * place_2.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('week', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('week', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 7)) / 7 AS NUMBER(38, 0)) + 1
    AND 10000 * place_3.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('week', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('week', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 7)) / 7 AS NUMBER(38, 0)) + 1
    AND 1000 * place_4.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('week', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('week', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 7)) / 7 AS NUMBER(38, 0)) + 1
    AND 100 * place_5.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('week', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('week', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 7)) / 7 AS NUMBER(38, 0)) + 1
    AND 10 * place_6.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('week', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('week', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 7)) / 7 AS NUMBER(38, 0)) + 1
    AND place_7.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('week', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('week', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 7)) / 7 AS NUMBER(38, 0)) + 1
    AND CAST(DATEADD(day, CAST(7 * (1000000 * place.n + 100000 * place_2.n + 10000 * place_3.n + 1000 * place_4.n + 100 * place_5.n + 10 * place_6.n + place_7.n) AS NUMBER(38, 0)), CAST(DATE_TRUNC('week', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE)) AS DATE) <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
) AS calendar_buckets;

  -- kpi: payment_attempts
  -- label: "Payment attempts"
  -- description: "Sessions of the week that reached the payment page."
  -- owner: "platform@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'payment_attempts' AND grain = 'week' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'payment_attempts',
  CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'b6e434a110180d2f3e6d1d3102168a27',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers.week AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value
FROM (
  SELECT CAST(DATE_TRUNC('week', "DATE") AS DATE) AS week, COUNT(*) AS value
  FROM user_sessions
  WHERE checkouts > 0
    AND "DATE" >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND "DATE" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('week', "DATE") AS DATE)
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'payment_attempts' AND grain = 'week' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'payment_attempts' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: failed_payments
  -- label: "Failed payments"
  -- description: "Sessions of the week that reached the payment page and saw a payment error."
  -- owner: "platform@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'failed_payments' AND grain = 'week' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'failed_payments',
  CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '868a09dc66b4ad3f8408d1fae7137cd8',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers.week AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value
FROM (
  SELECT CAST(DATE_TRUNC('week', "DATE") AS DATE) AS week, COUNT(*) AS value
  FROM user_sessions
  WHERE checkouts > 0
    AND payment_errors > 0
    AND "DATE" >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND "DATE" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('week', "DATE") AS DATE)
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'failed_payments' AND grain = 'week' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'failed_payments' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: payment_error_rate
  -- label: "Payment error rate"
  -- description: "Share of the sessions at the payment page that saw a payment error."
  -- owner: "platform@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'payment_error_rate' AND grain = 'week' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'payment_error_rate',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."TIME" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'fe48d6cf3163b2c65917c09e63ed437a',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers.week AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.denominator
FROM (
  SELECT
    CAST(DATE_TRUNC('week', "DATE") AS DATE) AS week,
    CAST(COALESCE(COUNT(CASE WHEN checkouts > 0 AND payment_errors > 0 THEN 1 END), 0) AS DOUBLE) / NULLIF(CAST(COALESCE(COUNT(CASE WHEN checkouts > 0 THEN 1 END), 0) AS DOUBLE), 0) AS value,
    COALESCE(COUNT(CASE WHEN checkouts > 0 THEN 1 END), 0) AS denominator
  FROM user_sessions
  WHERE (checkouts > 0 AND payment_errors > 0 OR checkouts > 0)
    AND "DATE" >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND "DATE" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('week', "DATE") AS DATE)
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'payment_error_rate' AND grain = 'week' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'payment_error_rate' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: support_contacts
  -- label: "Support contacts"
  -- description: "Sessions of the week with a support chat."
  -- owner: "platform@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'support_contacts' AND grain = 'week' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'support_contacts',
  CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'a2da2070a30b65afcb58bbd3fc024313',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers.week AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value
FROM (
  SELECT CAST(DATE_TRUNC('week', "DATE") AS DATE) AS week, COUNT(*) AS value
  FROM user_sessions
  WHERE support_chats > 0
    AND "DATE" >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND "DATE" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('week', "DATE") AS DATE)
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'support_contacts' AND grain = 'week' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'support_contacts' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: sessions
  -- label: "Sessions"
  -- description: "Sessions that started in the week."
  -- owner: "product@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'sessions' AND grain = 'week' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'sessions',
  CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '072fdc5dfcb97662dcc21301b7dac784',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers.week AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value
FROM (
  SELECT CAST(DATE_TRUNC('week', "DATE") AS DATE) AS week, COUNT(*) AS value
  FROM user_sessions
  WHERE "DATE" >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND "DATE" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('week', "DATE") AS DATE)
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to
UNION ALL
SELECT
  b.start_time,
  'sessions',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON(('{"channel":' || COALESCE(TO_JSON(TO_VARIANT(n.channel)), 'null') || ',"platform":' || COALESCE(TO_JSON(TO_VARIANT(n.platform)), 'null') || '}')),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  SHA2(('{"channel":' || COALESCE(TO_JSON(TO_VARIANT(n.channel)), 'null') || ',"platform":' || COALESCE(TO_JSON(TO_VARIANT(n.platform)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '072fdc5dfcb97662dcc21301b7dac784',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers.week AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.platform,
  numbers.channel
FROM (
  SELECT
    CAST(DATE_TRUNC('week', "DATE") AS DATE) AS week,
    platform,
    channel,
    COUNT(*) AS value
  FROM user_sessions
  WHERE "DATE" >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND "DATE" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('week', "DATE") AS DATE), platform, channel
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'sessions' AND grain = 'week' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'sessions' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: median_session_length
  -- label: "Median session length"
  -- description: "Half of the week's sessions last longer."
  -- owner: "product@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'median_session_length' AND grain = 'week' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'median_session_length',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'ded5b2754d4fa44b7dcf8eaff265c820',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers.week AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value
FROM (
  SELECT
    CAST(DATE_TRUNC('week', placed."DATE") AS DATE) AS week,
    SUM(CASE WHEN placed.place = CAST(((placed.size + (-1)) * 1 - MOD((placed.size + (-1)) * 1, 2)) / 2 AS NUMBER(38, 0)) + 1 THEN placed.measured * (1 - CAST(MOD((placed.size + (-1)) * 1, NULLIF(2, 0)) AS DOUBLE) / CAST(2 AS DOUBLE)) WHEN placed.place = CAST(((placed.size + (-1)) * 1 - MOD((placed.size + (-1)) * 1, 2)) / 2 AS NUMBER(38, 0)) + 2 THEN placed.measured * (CAST(MOD((placed.size + (-1)) * 1, NULLIF(2, 0)) AS DOUBLE) / CAST(2 AS DOUBLE)) END) AS value
  FROM (
    SELECT
      "DATE",
      session_length,
      CAST(session_length AS DOUBLE) AS measured,
      ROW_NUMBER() OVER (PARTITION BY CAST(DATE_TRUNC('week', "DATE") AS DATE) ORDER BY CAST(session_length AS DOUBLE)) AS place,
      COUNT(CAST(session_length AS DOUBLE)) OVER (PARTITION BY CAST(DATE_TRUNC('week', "DATE") AS DATE)) AS size
    FROM user_sessions
    WHERE "DATE" >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
      AND "DATE" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  ) AS placed
  GROUP BY CAST(DATE_TRUNC('week', placed."DATE") AS DATE)
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to
UNION ALL
SELECT
  b.start_time,
  'median_session_length',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON(('{"platform":' || COALESCE(TO_JSON(TO_VARIANT(n.platform)), 'null') || '}')),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  SHA2(('{"platform":' || COALESCE(TO_JSON(TO_VARIANT(n.platform)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'ded5b2754d4fa44b7dcf8eaff265c820',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers.week AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.platform
FROM (
  SELECT
    CAST(DATE_TRUNC('week', placed."DATE") AS DATE) AS week,
    placed.platform,
    SUM(CASE WHEN placed.place = CAST(((placed.size + (-1)) * 1 - MOD((placed.size + (-1)) * 1, 2)) / 2 AS NUMBER(38, 0)) + 1 THEN placed.measured * (1 - CAST(MOD((placed.size + (-1)) * 1, NULLIF(2, 0)) AS DOUBLE) / CAST(2 AS DOUBLE)) WHEN placed.place = CAST(((placed.size + (-1)) * 1 - MOD((placed.size + (-1)) * 1, 2)) / 2 AS NUMBER(38, 0)) + 2 THEN placed.measured * (CAST(MOD((placed.size + (-1)) * 1, NULLIF(2, 0)) AS DOUBLE) / CAST(2 AS DOUBLE)) END) AS value
  FROM (
    SELECT
      "DATE",
      platform,
      session_length,
      CAST(session_length AS DOUBLE) AS measured,
      ROW_NUMBER() OVER (PARTITION BY CAST(DATE_TRUNC('week', "DATE") AS DATE), platform ORDER BY CAST(session_length AS DOUBLE)) AS place,
      COUNT(CAST(session_length AS DOUBLE)) OVER (PARTITION BY CAST(DATE_TRUNC('week', "DATE") AS DATE), platform) AS size
    FROM user_sessions
    WHERE "DATE" >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
      AND "DATE" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  ) AS placed
  GROUP BY CAST(DATE_TRUNC('week', placed."DATE") AS DATE), placed.platform
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'median_session_length' AND grain = 'week' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'median_session_length' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: buying_sessions
  -- label: "Sessions with a purchase"
  -- description: "Sessions of the week in which something was bought."
  -- owner: "product@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'buying_sessions' AND grain = 'week' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'buying_sessions',
  CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '71c7523595a40ddd25ec07ce8d6e39ff',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers.week AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value
FROM (
  SELECT CAST(DATE_TRUNC('week', "DATE") AS DATE) AS week, COUNT(*) AS value
  FROM user_sessions
  WHERE purchases > 0
    AND "DATE" >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND "DATE" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('week', "DATE") AS DATE)
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to
UNION ALL
SELECT
  b.start_time,
  'buying_sessions',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON(('{"channel":' || COALESCE(TO_JSON(TO_VARIANT(n.channel)), 'null') || ',"platform":' || COALESCE(TO_JSON(TO_VARIANT(n.platform)), 'null') || '}')),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  SHA2(('{"channel":' || COALESCE(TO_JSON(TO_VARIANT(n.channel)), 'null') || ',"platform":' || COALESCE(TO_JSON(TO_VARIANT(n.platform)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '71c7523595a40ddd25ec07ce8d6e39ff',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers.week AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.platform,
  numbers.channel
FROM (
  SELECT
    CAST(DATE_TRUNC('week', "DATE") AS DATE) AS week,
    platform,
    channel,
    COUNT(*) AS value
  FROM user_sessions
  WHERE purchases > 0
    AND "DATE" >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND "DATE" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('week', "DATE") AS DATE), platform, channel
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'buying_sessions' AND grain = 'week' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'buying_sessions' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: conversion_rate
  -- label: "Conversion rate"
  -- description: "Share of the week's sessions in which something was bought."
  -- owner: "product@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'conversion_rate' AND grain = 'week' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'conversion_rate',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."TIME" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'e3265483804a59d7b29af63f8e2482a8',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers.week AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.denominator
FROM (
  SELECT
    CAST(DATE_TRUNC('week', "DATE") AS DATE) AS week,
    CAST(COALESCE(COUNT(CASE WHEN purchases > 0 THEN 1 END), 0) AS DOUBLE) / NULLIF(CAST(COALESCE(COUNT(*), 0) AS DOUBLE), 0) AS value,
    COALESCE(COUNT(*), 0) AS denominator
  FROM user_sessions
  WHERE "DATE" >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND "DATE" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('week', "DATE") AS DATE)
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to
UNION ALL
SELECT
  b.start_time,
  'conversion_rate',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON(('{"channel":' || COALESCE(TO_JSON(TO_VARIANT(n.channel)), 'null') || ',"platform":' || COALESCE(TO_JSON(TO_VARIANT(n.platform)), 'null') || '}')),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  SHA2(('{"channel":' || COALESCE(TO_JSON(TO_VARIANT(n.channel)), 'null') || ',"platform":' || COALESCE(TO_JSON(TO_VARIANT(n.platform)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."TIME" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'e3265483804a59d7b29af63f8e2482a8',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers.week AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.platform,
  numbers.channel,
  numbers.denominator
FROM (
  SELECT
    CAST(DATE_TRUNC('week', "DATE") AS DATE) AS week,
    platform,
    channel,
    CAST(COALESCE(COUNT(CASE WHEN purchases > 0 THEN 1 END), 0) AS DOUBLE) / NULLIF(CAST(COALESCE(COUNT(*), 0) AS DOUBLE), 0) AS value,
    COALESCE(COUNT(*), 0) AS denominator
  FROM user_sessions
  WHERE "DATE" >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND "DATE" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('week', "DATE") AS DATE), platform, channel
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'conversion_rate' AND grain = 'week' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'conversion_rate' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: cart_sessions
  -- label: "Sessions with a filled cart"
  -- description: "Sessions of the week in which something was put into the cart."
  -- owner: "product@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'cart_sessions' AND grain = 'week' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'cart_sessions',
  CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '46390f9c90a46ce771b7ac3bf1e95db6',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers.week AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value
FROM (
  SELECT CAST(DATE_TRUNC('week', "DATE") AS DATE) AS week, COUNT(*) AS value
  FROM user_sessions
  WHERE carts > 0
    AND "DATE" >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND "DATE" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('week', "DATE") AS DATE)
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'cart_sessions' AND grain = 'week' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'cart_sessions' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: filled_and_bought
  -- label: "Carts that were bought"
  -- description: "Sessions of the week with both a filled cart and a purchase."
  -- owner: "product@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'filled_and_bought' AND grain = 'week' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'filled_and_bought',
  CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '6eddb2d3fba1907b430c764f6740dc71',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers.week AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value
FROM (
  SELECT CAST(DATE_TRUNC('week', "DATE") AS DATE) AS week, COUNT(*) AS value
  FROM user_sessions
  WHERE carts > 0
    AND purchases > 0
    AND "DATE" >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND "DATE" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('week', "DATE") AS DATE)
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'filled_and_bought' AND grain = 'week' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'filled_and_bought' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: cart_abandonment_rate
  -- label: "Cart abandonment"
  -- description: "Share of the sessions with a filled cart in which nothing was bought."
  -- owner: "product@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'cart_abandonment_rate' AND grain = 'week' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'cart_abandonment_rate',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'week',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."TIME" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'f64dfe9bbe8ce38351b0517a1ad1985d',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers.week AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.denominator
FROM (
  SELECT
    CAST(DATE_TRUNC('week', "DATE") AS DATE) AS week,
    1 - CAST(COALESCE(COUNT(CASE WHEN carts > 0 AND purchases > 0 THEN 1 END), 0) AS DOUBLE) / NULLIF(CAST(COALESCE(COUNT(CASE WHEN carts > 0 THEN 1 END), 0) AS DOUBLE), 0) AS value,
    COALESCE(COUNT(CASE WHEN carts > 0 THEN 1 END), 0) AS denominator
  FROM user_sessions
  WHERE (carts > 0 AND purchases > 0 OR carts > 0)
    AND "DATE" >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND "DATE" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('week', "DATE") AS DATE)
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'cart_abandonment_rate' AND grain = 'week' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'cart_abandonment_rate' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);
  RETURN kpictl_run_id;
EXCEPTION
  WHEN OTHER THEN
    ROLLBACK;
    RAISE;
END;
$$;
