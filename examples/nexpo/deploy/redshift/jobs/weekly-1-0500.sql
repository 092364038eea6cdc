-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit redshift --target prod --out examples/nexpo/deploy/redshift
-- job: weekly-1-0500, "0 5 * * 1"
-- Without a range it computes what has ended and may have changed; the same range again leaves the same rows.
CREATE OR REPLACE PROCEDURE kpi_weekly_1_0500(run_from TIMESTAMPTZ, run_to TIMESTAMPTZ)
AS $kpictl$
DECLARE
  kpictl_run_id VARCHAR(64);
  kpictl_known_at TIMESTAMPTZ;
  kpictl_now TIMESTAMPTZ;
  kpictl_since TIMESTAMPTZ;
  kpictl_until TIMESTAMPTZ;
  kpictl_back TIMESTAMPTZ;
  kpictl_last TIMESTAMPTZ;
  kpictl_from TIMESTAMPTZ;
  kpictl_to TIMESTAMPTZ;
  kpictl_as_of TIMESTAMPTZ;
  kpictl_twice INTEGER;
BEGIN
  -- The numbers depend on these.
  SET timezone TO 'UTC';
  SET datestyle TO 'ISO, MDY';
  SET enable_case_sensitive_super_attribute TO 'true';
  SET navigate_super_null_on_error TO 'on';
  SET cast_super_null_on_error TO 'on';
  SET describe_field_name_in_uppercase TO 'off';
  kpictl_known_at := SYSDATE;
  kpictl_run_id := MD5(CAST(SYSDATE AS VARCHAR) || CAST(RANDOM() AS VARCHAR));
  kpictl_now := COALESCE(run_to, SYSDATE);

  -- Buckets: week
  kpictl_until := (SELECT TIMEZONE('Europe/Berlin', CAST(CAST(DATE_TRUNC('week', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_now AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP)));
  kpictl_back := (SELECT TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -7, CAST(DATE_TRUNC('week', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_until AS TIMESTAMPTZ)) AS DATE)) AS DATE)) AS DATE) AS TIMESTAMP)));
  kpictl_last := (SELECT MIN(last_time) FROM (SELECT MAX("time") AS last_time FROM kpi_metrics WHERE grain = 'week' AND kpi_name IN ('payment_attempts', 'failed_payments', 'payment_error_rate', 'support_contacts', 'sessions', 'median_session_length', 'buying_sessions', 'conversion_rate', 'cart_sessions', 'filled_and_bought', 'cart_abandonment_rate') GROUP BY kpi_name) AS known);
  kpictl_since := COALESCE(run_from, CASE WHEN kpictl_last < kpictl_back THEN kpictl_last ELSE kpictl_back END);
  kpictl_since := (SELECT TIMEZONE('Europe/Berlin', CAST(CAST(DATE_TRUNC('week', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_since AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP)));
  DROP TABLE IF EXISTS kpictl_buckets;
  CREATE TEMP TABLE kpictl_buckets (start_time TIMESTAMPTZ, bucket VARCHAR(40));
  INSERT INTO kpictl_buckets (start_time, bucket)
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
  TIMEZONE('Europe/Berlin', CAST(calendar_buckets.key_of AS TIMESTAMP)) AS start_time,
  COALESCE(LPAD(CAST(CAST(DATE_PART(year, DATEADD(day, 3, DATE_TRUNC('week', CAST(DATEADD(day, 3, calendar_buckets.key_of) AS DATE)))) AS INTEGER) AS VARCHAR(65535)), 4, '0'), '') || '-W' || COALESCE(LPAD(CAST(CAST(DATE_PART(week, CAST(DATEADD(day, 3, calendar_buckets.key_of) AS DATE)) AS INTEGER) AS VARCHAR(65535)), 2, '0'), '') AS bucket
FROM (
  SELECT
    CAST(DATEADD(day, CAST(7 * (1000000 * CAST(place.n AS DECIMAL(38, 0)) + 100000 * CAST(place_2.n AS DECIMAL(38, 0)) + 10000 * CAST(place_3.n AS DECIMAL(38, 0)) + 1000 * CAST(place_4.n AS DECIMAL(38, 0)) + 100 * CAST(place_5.n AS DECIMAL(38, 0)) + 10 * CAST(place_6.n AS DECIMAL(38, 0)) + place_7.n) AS BIGINT), CAST(DATE_TRUNC('week', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_since AS TIMESTAMPTZ)) AS DATE)) AS DATE)) AS DATE) AS key_of
  FROM digits AS place
  CROSS JOIN digits AS place_2
  CROSS JOIN digits AS place_3
  CROSS JOIN digits AS place_4
  CROSS JOIN digits AS place_5
  CROSS JOIN digits AS place_6
  CROSS JOIN digits AS place_7
  WHERE 1000000 * CAST(place.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('week', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_since AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_until AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 7 AS DECIMAL(38, 0)) + 1
    AND 100000 * CAST(place_2.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('week', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_since AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_until AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 7 AS DECIMAL(38, 0)) + 1
    AND 10000 * CAST(place_3.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('week', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_since AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_until AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 7 AS DECIMAL(38, 0)) + 1
    AND 1000 * CAST(place_4.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('week', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_since AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_until AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 7 AS DECIMAL(38, 0)) + 1
    AND 100 * CAST(place_5.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('week', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_since AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_until AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 7 AS DECIMAL(38, 0)) + 1
    AND 10 * CAST(place_6.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('week', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_since AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_until AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 7 AS DECIMAL(38, 0)) + 1
    AND place_7.n <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('week', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_since AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_until AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 7 AS DECIMAL(38, 0)) + 1
    AND CAST(DATEADD(day, CAST(7 * (1000000 * CAST(place.n AS DECIMAL(38, 0)) + 100000 * CAST(place_2.n AS DECIMAL(38, 0)) + 10000 * CAST(place_3.n AS DECIMAL(38, 0)) + 1000 * CAST(place_4.n AS DECIMAL(38, 0)) + 100 * CAST(place_5.n AS DECIMAL(38, 0)) + 10 * CAST(place_6.n AS DECIMAL(38, 0)) + place_7.n) AS BIGINT), CAST(DATE_TRUNC('week', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_since AS TIMESTAMPTZ)) AS DATE)) AS DATE)) AS DATE) <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_until AS TIMESTAMPTZ))))) AS DATE)
) AS calendar_buckets;

  -- kpi: payment_attempts
  -- label: "Payment attempts"
  -- description: "Sessions of the week that reached the payment page."
  -- owner: "platform@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'payment_attempts' AND grain = 'week' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'payment_attempts',
  CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'week',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'b6e434a110180d2f3e6d1d3102168a27',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMEZONE('Europe/Berlin', CAST(numbers.week AS TIMESTAMP)) AS "time", numbers."value"
FROM (
  SELECT CAST(DATE_TRUNC('week', "date") AS DATE) AS week, COUNT(*) AS "value"
  FROM user_sessions
  WHERE checkouts > 0
    AND "date" >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND "date" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('week', "date") AS DATE)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'payment_attempts' AND grain = 'week' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of payment_attempts';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'payment_attempts' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: failed_payments
  -- label: "Failed payments"
  -- description: "Sessions of the week that reached the payment page and saw a payment error."
  -- owner: "platform@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'failed_payments' AND grain = 'week' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'failed_payments',
  CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'week',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '868a09dc66b4ad3f8408d1fae7137cd8',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMEZONE('Europe/Berlin', CAST(numbers.week AS TIMESTAMP)) AS "time", numbers."value"
FROM (
  SELECT CAST(DATE_TRUNC('week', "date") AS DATE) AS week, COUNT(*) AS "value"
  FROM user_sessions
  WHERE checkouts > 0
    AND payment_errors > 0
    AND "date" >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND "date" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('week', "date") AS DATE)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'failed_payments' AND grain = 'week' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of failed_payments';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'failed_payments' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: payment_error_rate
  -- label: "Payment error rate"
  -- description: "Share of the sessions at the payment page that saw a payment error."
  -- owner: "platform@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'payment_error_rate' AND grain = 'week' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'payment_error_rate',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'week',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."time" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'fe48d6cf3163b2c65917c09e63ed437a',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers.week AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.denominator
FROM (
  SELECT
    CAST(DATE_TRUNC('week', "date") AS DATE) AS week,
    CAST(COALESCE(COUNT(CASE WHEN checkouts > 0 AND payment_errors > 0 THEN 1 END), 0) AS DOUBLE PRECISION) / NULLIF(CAST(COALESCE(COUNT(CASE WHEN checkouts > 0 THEN 1 END), 0) AS DOUBLE PRECISION), 0) AS "value",
    COALESCE(COUNT(CASE WHEN checkouts > 0 THEN 1 END), 0) AS denominator
  FROM user_sessions
  WHERE (checkouts > 0 AND payment_errors > 0 OR checkouts > 0)
    AND "date" >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND "date" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('week', "date") AS DATE)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'payment_error_rate' AND grain = 'week' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of payment_error_rate';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'payment_error_rate' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: support_contacts
  -- label: "Support contacts"
  -- description: "Sessions of the week with a support chat."
  -- owner: "platform@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'support_contacts' AND grain = 'week' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'support_contacts',
  CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'week',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'a2da2070a30b65afcb58bbd3fc024313',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMEZONE('Europe/Berlin', CAST(numbers.week AS TIMESTAMP)) AS "time", numbers."value"
FROM (
  SELECT CAST(DATE_TRUNC('week', "date") AS DATE) AS week, COUNT(*) AS "value"
  FROM user_sessions
  WHERE support_chats > 0
    AND "date" >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND "date" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('week', "date") AS DATE)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'support_contacts' AND grain = 'week' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of support_contacts';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'support_contacts' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: sessions
  -- label: "Sessions"
  -- description: "Sessions that started in the week."
  -- owner: "product@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'sessions' AND grain = 'week' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'sessions',
  CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'week',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '072fdc5dfcb97662dcc21301b7dac784',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMEZONE('Europe/Berlin', CAST(numbers.week AS TIMESTAMP)) AS "time", numbers."value"
FROM (
  SELECT CAST(DATE_TRUNC('week', "date") AS DATE) AS week, COUNT(*) AS "value"
  FROM user_sessions
  WHERE "date" >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND "date" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('week', "date") AS DATE)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'sessions',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE(('{"channel":' || COALESCE(JSON_SERIALIZE(CAST(n.channel AS SUPER)), 'null') || ',"platform":' || COALESCE(JSON_SERIALIZE(CAST(n.platform AS SUPER)), 'null') || '}')),
  JSON_PARSE('{}'),
  'week',
  b.bucket,
  SHA2(('{"channel":' || COALESCE(JSON_SERIALIZE(CAST(n.channel AS SUPER)), 'null') || ',"platform":' || COALESCE(JSON_SERIALIZE(CAST(n.platform AS SUPER)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '072fdc5dfcb97662dcc21301b7dac784',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers.week AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.platform,
  numbers.channel
FROM (
  SELECT
    CAST(DATE_TRUNC('week', "date") AS DATE) AS week,
    platform,
    channel,
    COUNT(*) AS "value"
  FROM user_sessions
  WHERE "date" >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND "date" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('week', "date") AS DATE), platform, channel, LEN(platform), LEN(channel)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'sessions' AND grain = 'week' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of sessions';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'sessions' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: median_session_length
  -- label: "Median session length"
  -- description: "Half of the week's sessions last longer."
  -- owner: "product@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'median_session_length' AND grain = 'week' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'median_session_length',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'week',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'ded5b2754d4fa44b7dcf8eaff265c820',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMEZONE('Europe/Berlin', CAST(numbers.week AS TIMESTAMP)) AS "time", numbers."value"
FROM (
  SELECT
    CAST(DATE_TRUNC('week', placed."date") AS DATE) AS week,
    SUM(CASE WHEN placed.place = CAST(CAST((CAST(placed.size AS DECIMAL(38, 0)) + (-1)) * 1 AS BIGINT) / 2 AS DECIMAL(38, 0)) + 1 THEN placed.measured * (1 - CAST(MOD((CAST(placed.size AS DECIMAL(38, 0)) + (-1)) * 1, NULLIF(2, 0)) AS DOUBLE PRECISION) / CAST(2 AS DOUBLE PRECISION)) WHEN placed.place = CAST(CAST((CAST(placed.size AS DECIMAL(38, 0)) + (-1)) * 1 AS BIGINT) / 2 AS DECIMAL(38, 0)) + 2 THEN placed.measured * (CAST(MOD((CAST(placed.size AS DECIMAL(38, 0)) + (-1)) * 1, NULLIF(2, 0)) AS DOUBLE PRECISION) / CAST(2 AS DOUBLE PRECISION)) END) AS "value"
  FROM (
    SELECT
      "date",
      session_length,
      CAST(session_length AS DOUBLE PRECISION) AS measured,
      ROW_NUMBER() OVER (PARTITION BY CAST(DATE_TRUNC('week', "date") AS DATE) ORDER BY CAST(session_length AS DOUBLE PRECISION)) AS place,
      COUNT(CAST(session_length AS DOUBLE PRECISION)) OVER (PARTITION BY CAST(DATE_TRUNC('week', "date") AS DATE)) AS size
    FROM user_sessions
    WHERE "date" >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
      AND "date" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  ) AS placed
  GROUP BY CAST(DATE_TRUNC('week', placed."date") AS DATE)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'median_session_length',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE(('{"platform":' || COALESCE(JSON_SERIALIZE(CAST(n.platform AS SUPER)), 'null') || '}')),
  JSON_PARSE('{}'),
  'week',
  b.bucket,
  SHA2(('{"platform":' || COALESCE(JSON_SERIALIZE(CAST(n.platform AS SUPER)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'ded5b2754d4fa44b7dcf8eaff265c820',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers.week AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.platform
FROM (
  SELECT
    CAST(DATE_TRUNC('week', placed."date") AS DATE) AS week,
    placed.platform,
    SUM(CASE WHEN placed.place = CAST(CAST((CAST(placed.size AS DECIMAL(38, 0)) + (-1)) * 1 AS BIGINT) / 2 AS DECIMAL(38, 0)) + 1 THEN placed.measured * (1 - CAST(MOD((CAST(placed.size AS DECIMAL(38, 0)) + (-1)) * 1, NULLIF(2, 0)) AS DOUBLE PRECISION) / CAST(2 AS DOUBLE PRECISION)) WHEN placed.place = CAST(CAST((CAST(placed.size AS DECIMAL(38, 0)) + (-1)) * 1 AS BIGINT) / 2 AS DECIMAL(38, 0)) + 2 THEN placed.measured * (CAST(MOD((CAST(placed.size AS DECIMAL(38, 0)) + (-1)) * 1, NULLIF(2, 0)) AS DOUBLE PRECISION) / CAST(2 AS DOUBLE PRECISION)) END) AS "value"
  FROM (
    SELECT
      "date",
      platform,
      session_length,
      CAST(session_length AS DOUBLE PRECISION) AS measured,
      ROW_NUMBER() OVER (PARTITION BY CAST(DATE_TRUNC('week', "date") AS DATE), platform, LEN(platform) ORDER BY CAST(session_length AS DOUBLE PRECISION)) AS place,
      COUNT(CAST(session_length AS DOUBLE PRECISION)) OVER (PARTITION BY CAST(DATE_TRUNC('week', "date") AS DATE), platform, LEN(platform)) AS size
    FROM user_sessions
    WHERE "date" >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
      AND "date" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  ) AS placed
  GROUP BY CAST(DATE_TRUNC('week', placed."date") AS DATE), placed.platform, LEN(placed.platform)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'median_session_length' AND grain = 'week' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of median_session_length';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'median_session_length' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: buying_sessions
  -- label: "Sessions with a purchase"
  -- description: "Sessions of the week in which something was bought."
  -- owner: "product@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'buying_sessions' AND grain = 'week' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'buying_sessions',
  CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'week',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '71c7523595a40ddd25ec07ce8d6e39ff',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMEZONE('Europe/Berlin', CAST(numbers.week AS TIMESTAMP)) AS "time", numbers."value"
FROM (
  SELECT CAST(DATE_TRUNC('week', "date") AS DATE) AS week, COUNT(*) AS "value"
  FROM user_sessions
  WHERE purchases > 0
    AND "date" >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND "date" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('week', "date") AS DATE)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'buying_sessions',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE(('{"channel":' || COALESCE(JSON_SERIALIZE(CAST(n.channel AS SUPER)), 'null') || ',"platform":' || COALESCE(JSON_SERIALIZE(CAST(n.platform AS SUPER)), 'null') || '}')),
  JSON_PARSE('{}'),
  'week',
  b.bucket,
  SHA2(('{"channel":' || COALESCE(JSON_SERIALIZE(CAST(n.channel AS SUPER)), 'null') || ',"platform":' || COALESCE(JSON_SERIALIZE(CAST(n.platform AS SUPER)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '71c7523595a40ddd25ec07ce8d6e39ff',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers.week AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.platform,
  numbers.channel
FROM (
  SELECT
    CAST(DATE_TRUNC('week', "date") AS DATE) AS week,
    platform,
    channel,
    COUNT(*) AS "value"
  FROM user_sessions
  WHERE purchases > 0
    AND "date" >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND "date" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('week', "date") AS DATE), platform, channel, LEN(platform), LEN(channel)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'buying_sessions' AND grain = 'week' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of buying_sessions';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'buying_sessions' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: conversion_rate
  -- label: "Conversion rate"
  -- description: "Share of the week's sessions in which something was bought."
  -- owner: "product@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'conversion_rate' AND grain = 'week' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'conversion_rate',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'week',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."time" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'e3265483804a59d7b29af63f8e2482a8',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers.week AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.denominator
FROM (
  SELECT
    CAST(DATE_TRUNC('week', "date") AS DATE) AS week,
    CAST(COALESCE(COUNT(CASE WHEN purchases > 0 THEN 1 END), 0) AS DOUBLE PRECISION) / NULLIF(CAST(COALESCE(COUNT(*), 0) AS DOUBLE PRECISION), 0) AS "value",
    COALESCE(COUNT(*), 0) AS denominator
  FROM user_sessions
  WHERE "date" >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND "date" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('week', "date") AS DATE)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'conversion_rate',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE(('{"channel":' || COALESCE(JSON_SERIALIZE(CAST(n.channel AS SUPER)), 'null') || ',"platform":' || COALESCE(JSON_SERIALIZE(CAST(n.platform AS SUPER)), 'null') || '}')),
  JSON_PARSE('{}'),
  'week',
  b.bucket,
  SHA2(('{"channel":' || COALESCE(JSON_SERIALIZE(CAST(n.channel AS SUPER)), 'null') || ',"platform":' || COALESCE(JSON_SERIALIZE(CAST(n.platform AS SUPER)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."time" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'e3265483804a59d7b29af63f8e2482a8',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers.week AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.platform,
  numbers.channel,
  numbers.denominator
FROM (
  SELECT
    CAST(DATE_TRUNC('week', "date") AS DATE) AS week,
    platform,
    channel,
    CAST(COALESCE(COUNT(CASE WHEN purchases > 0 THEN 1 END), 0) AS DOUBLE PRECISION) / NULLIF(CAST(COALESCE(COUNT(*), 0) AS DOUBLE PRECISION), 0) AS "value",
    COALESCE(COUNT(*), 0) AS denominator
  FROM user_sessions
  WHERE "date" >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND "date" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('week', "date") AS DATE), platform, channel, LEN(platform), LEN(channel)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'conversion_rate' AND grain = 'week' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of conversion_rate';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'conversion_rate' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: cart_sessions
  -- label: "Sessions with a filled cart"
  -- description: "Sessions of the week in which something was put into the cart."
  -- owner: "product@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'cart_sessions' AND grain = 'week' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'cart_sessions',
  CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'week',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '46390f9c90a46ce771b7ac3bf1e95db6',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMEZONE('Europe/Berlin', CAST(numbers.week AS TIMESTAMP)) AS "time", numbers."value"
FROM (
  SELECT CAST(DATE_TRUNC('week', "date") AS DATE) AS week, COUNT(*) AS "value"
  FROM user_sessions
  WHERE carts > 0
    AND "date" >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND "date" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('week', "date") AS DATE)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'cart_sessions' AND grain = 'week' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of cart_sessions';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'cart_sessions' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: filled_and_bought
  -- label: "Carts that were bought"
  -- description: "Sessions of the week with both a filled cart and a purchase."
  -- owner: "product@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'filled_and_bought' AND grain = 'week' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'filled_and_bought',
  CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'week',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '6eddb2d3fba1907b430c764f6740dc71',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMEZONE('Europe/Berlin', CAST(numbers.week AS TIMESTAMP)) AS "time", numbers."value"
FROM (
  SELECT CAST(DATE_TRUNC('week', "date") AS DATE) AS week, COUNT(*) AS "value"
  FROM user_sessions
  WHERE carts > 0
    AND purchases > 0
    AND "date" >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND "date" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('week', "date") AS DATE)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'filled_and_bought' AND grain = 'week' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of filled_and_bought';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'filled_and_bought' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: cart_abandonment_rate
  -- label: "Cart abandonment"
  -- description: "Share of the sessions with a filled cart in which nothing was bought."
  -- owner: "product@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'cart_abandonment_rate' AND grain = 'week' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'cart_abandonment_rate',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'week',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."time" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'f64dfe9bbe8ce38351b0517a1ad1985d',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers.week AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.denominator
FROM (
  SELECT
    CAST(DATE_TRUNC('week', "date") AS DATE) AS week,
    1 - CAST(COALESCE(COUNT(CASE WHEN carts > 0 AND purchases > 0 THEN 1 END), 0) AS DOUBLE PRECISION) / NULLIF(CAST(COALESCE(COUNT(CASE WHEN carts > 0 THEN 1 END), 0) AS DOUBLE PRECISION), 0) AS "value",
    COALESCE(COUNT(CASE WHEN carts > 0 THEN 1 END), 0) AS denominator
  FROM user_sessions
  WHERE (carts > 0 AND purchases > 0 OR carts > 0)
    AND "date" >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND "date" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('week', "date") AS DATE)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'cart_abandonment_rate' AND grain = 'week' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of cart_abandonment_rate';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'cart_abandonment_rate' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;
END;
$kpictl$ LANGUAGE plpgsql;
