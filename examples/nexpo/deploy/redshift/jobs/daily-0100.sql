-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit redshift --target prod --out examples/nexpo/deploy/redshift
-- job: daily-0100, "0 1 * * *"
-- Without a range it computes what has ended and may have changed; the same range again leaves the same rows.
CREATE OR REPLACE PROCEDURE kpi_daily_0100(run_from TIMESTAMPTZ, run_to TIMESTAMPTZ)
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

  -- Buckets: day
  kpictl_until := (SELECT TIMEZONE('Europe/Berlin', CAST(CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_now AS TIMESTAMPTZ)) AS DATE) AS TIMESTAMP)));
  kpictl_back := (SELECT TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_until AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP)));
  kpictl_last := (SELECT MIN(last_time) FROM (SELECT MAX("time") AS last_time FROM kpi_metrics WHERE grain = 'day' AND kpi_name IN ('page_views', 'error_pages', 'error_page_rate', 'daily_active_users', 'wau', 'mau', 'stickiness') GROUP BY kpi_name) AS known);
  kpictl_since := COALESCE(run_from, CASE WHEN kpictl_last < kpictl_back THEN kpictl_last ELSE kpictl_back END);
  kpictl_since := (SELECT TIMEZONE('Europe/Berlin', CAST(CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_since AS TIMESTAMPTZ)) AS DATE) AS TIMESTAMP)));
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
  TO_CHAR(CAST(calendar_buckets.key_of AS TIMESTAMP), 'YYYY-MM-DD') AS bucket
FROM (
  SELECT
    CAST(DATEADD(day, CAST(1000000 * CAST(place.n AS DECIMAL(38, 0)) + 100000 * CAST(place_2.n AS DECIMAL(38, 0)) + 10000 * CAST(place_3.n AS DECIMAL(38, 0)) + 1000 * CAST(place_4.n AS DECIMAL(38, 0)) + 100 * CAST(place_5.n AS DECIMAL(38, 0)) + 10 * CAST(place_6.n AS DECIMAL(38, 0)) + place_7.n AS BIGINT), CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_since AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS key_of
  FROM digits AS place
  CROSS JOIN digits AS place_2
  CROSS JOIN digits AS place_3
  CROSS JOIN digits AS place_4
  CROSS JOIN digits AS place_5
  CROSS JOIN digits AS place_6
  CROSS JOIN digits AS place_7
  WHERE 1000000 * CAST(place.n AS DECIMAL(38, 0)) <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_since AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_until AS TIMESTAMPTZ))))) AS DATE)) + 1
    AND 100000 * CAST(place_2.n AS DECIMAL(38, 0)) <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_since AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_until AS TIMESTAMPTZ))))) AS DATE)) + 1
    AND 10000 * CAST(place_3.n AS DECIMAL(38, 0)) <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_since AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_until AS TIMESTAMPTZ))))) AS DATE)) + 1
    AND 1000 * CAST(place_4.n AS DECIMAL(38, 0)) <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_since AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_until AS TIMESTAMPTZ))))) AS DATE)) + 1
    AND 100 * CAST(place_5.n AS DECIMAL(38, 0)) <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_since AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_until AS TIMESTAMPTZ))))) AS DATE)) + 1
    AND 10 * CAST(place_6.n AS DECIMAL(38, 0)) <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_since AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_until AS TIMESTAMPTZ))))) AS DATE)) + 1
    AND place_7.n <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_since AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_until AS TIMESTAMPTZ))))) AS DATE)) + 1
    AND CAST(DATEADD(day, CAST(1000000 * CAST(place.n AS DECIMAL(38, 0)) + 100000 * CAST(place_2.n AS DECIMAL(38, 0)) + 10000 * CAST(place_3.n AS DECIMAL(38, 0)) + 1000 * CAST(place_4.n AS DECIMAL(38, 0)) + 100 * CAST(place_5.n AS DECIMAL(38, 0)) + 10 * CAST(place_6.n AS DECIMAL(38, 0)) + place_7.n AS BIGINT), CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_since AS TIMESTAMPTZ)) AS DATE)) AS DATE) <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_until AS TIMESTAMPTZ))))) AS DATE)
) AS calendar_buckets;

  -- kpi: page_views
  -- label: "Web events"
  -- description: "Events of the day."
  -- owner: "platform@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'page_views' AND grain = 'day' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'page_views',
  CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'day',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '85da4b9790a8aa635264bfa0f76554cd',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMEZONE('Europe/Berlin', CAST(numbers."day" AS TIMESTAMP)) AS "time", numbers."value"
FROM (
  SELECT
    CAST(TIMEZONE('Europe/Berlin', TIMEZONE('Europe/Berlin', created_at)) AS DATE) AS "day",
    COUNT(*) AS "value"
  FROM events
  WHERE TIMEZONE('Europe/Berlin', created_at) >= CAST(kpictl_from AS TIMESTAMPTZ)
    AND TIMEZONE('Europe/Berlin', created_at) < CAST(kpictl_to AS TIMESTAMPTZ)
  GROUP BY CAST(TIMEZONE('Europe/Berlin', TIMEZONE('Europe/Berlin', created_at)) AS DATE)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'page_views',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE(('{"platform":' || COALESCE(JSON_SERIALIZE(CAST(n.platform AS SUPER)), 'null') || '}')),
  JSON_PARSE('{}'),
  'day',
  b.bucket,
  SHA2(('{"platform":' || COALESCE(JSON_SERIALIZE(CAST(n.platform AS SUPER)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '85da4b9790a8aa635264bfa0f76554cd',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."day" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.platform
FROM (
  SELECT
    CAST(TIMEZONE('Europe/Berlin', TIMEZONE('Europe/Berlin', created_at)) AS DATE) AS "day",
    platform,
    COUNT(*) AS "value"
  FROM events
  WHERE TIMEZONE('Europe/Berlin', created_at) >= CAST(kpictl_from AS TIMESTAMPTZ)
    AND TIMEZONE('Europe/Berlin', created_at) < CAST(kpictl_to AS TIMESTAMPTZ)
  GROUP BY CAST(TIMEZONE('Europe/Berlin', TIMEZONE('Europe/Berlin', created_at)) AS DATE), platform, LEN(platform)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'page_views' AND grain = 'day' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of page_views';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'page_views' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: error_pages
  -- label: "Error pages"
  -- description: "Error pages shown on the day."
  -- owner: "platform@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'error_pages' AND grain = 'day' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'error_pages',
  CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'day',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'ca87bb61c8d3f3dd610f263e29aed172',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMEZONE('Europe/Berlin', CAST(numbers."day" AS TIMESTAMP)) AS "time", numbers."value"
FROM (
  SELECT
    CAST(TIMEZONE('Europe/Berlin', TIMEZONE('Europe/Berlin', created_at)) AS DATE) AS "day",
    COUNT(*) AS "value"
  FROM events
  WHERE (name = 'error_page' AND LEN(name) = 10)
    AND TIMEZONE('Europe/Berlin', created_at) >= CAST(kpictl_from AS TIMESTAMPTZ)
    AND TIMEZONE('Europe/Berlin', created_at) < CAST(kpictl_to AS TIMESTAMPTZ)
  GROUP BY CAST(TIMEZONE('Europe/Berlin', TIMEZONE('Europe/Berlin', created_at)) AS DATE)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'error_pages',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE(('{"platform":' || COALESCE(JSON_SERIALIZE(CAST(n.platform AS SUPER)), 'null') || '}')),
  JSON_PARSE('{}'),
  'day',
  b.bucket,
  SHA2(('{"platform":' || COALESCE(JSON_SERIALIZE(CAST(n.platform AS SUPER)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'ca87bb61c8d3f3dd610f263e29aed172',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."day" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.platform
FROM (
  SELECT
    CAST(TIMEZONE('Europe/Berlin', TIMEZONE('Europe/Berlin', created_at)) AS DATE) AS "day",
    platform,
    COUNT(*) AS "value"
  FROM events
  WHERE (name = 'error_page' AND LEN(name) = 10)
    AND TIMEZONE('Europe/Berlin', created_at) >= CAST(kpictl_from AS TIMESTAMPTZ)
    AND TIMEZONE('Europe/Berlin', created_at) < CAST(kpictl_to AS TIMESTAMPTZ)
  GROUP BY CAST(TIMEZONE('Europe/Berlin', TIMEZONE('Europe/Berlin', created_at)) AS DATE), platform, LEN(platform)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'error_pages' AND grain = 'day' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of error_pages';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'error_pages' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: error_page_rate
  -- label: "Error page rate"
  -- description: "Error pages as a share of the day's events."
  -- owner: "platform@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'error_page_rate' AND grain = 'day' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'error_page_rate',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'day',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."time" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  '7b5dfaaaa49c2efe387bee0e09563fe4',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."day" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.denominator
FROM (
  SELECT
    CAST(TIMEZONE('Europe/Berlin', TIMEZONE('Europe/Berlin', created_at)) AS DATE) AS "day",
    CAST(COALESCE(COUNT(CASE WHEN name = 'error_page' AND LEN(name) = 10 THEN 1 END), 0) AS DOUBLE PRECISION) / NULLIF(CAST(COALESCE(COUNT(*), 0) AS DOUBLE PRECISION), 0) AS "value",
    COALESCE(COUNT(*), 0) AS denominator
  FROM events
  WHERE TIMEZONE('Europe/Berlin', created_at) >= CAST(kpictl_from AS TIMESTAMPTZ)
    AND TIMEZONE('Europe/Berlin', created_at) < CAST(kpictl_to AS TIMESTAMPTZ)
  GROUP BY CAST(TIMEZONE('Europe/Berlin', TIMEZONE('Europe/Berlin', created_at)) AS DATE)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'error_page_rate',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE(('{"platform":' || COALESCE(JSON_SERIALIZE(CAST(n.platform AS SUPER)), 'null') || '}')),
  JSON_PARSE('{}'),
  'day',
  b.bucket,
  SHA2(('{"platform":' || COALESCE(JSON_SERIALIZE(CAST(n.platform AS SUPER)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."time" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  '7b5dfaaaa49c2efe387bee0e09563fe4',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."day" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.platform,
  numbers.denominator
FROM (
  SELECT
    CAST(TIMEZONE('Europe/Berlin', TIMEZONE('Europe/Berlin', created_at)) AS DATE) AS "day",
    platform,
    CAST(COALESCE(COUNT(CASE WHEN name = 'error_page' AND LEN(name) = 10 THEN 1 END), 0) AS DOUBLE PRECISION) / NULLIF(CAST(COALESCE(COUNT(*), 0) AS DOUBLE PRECISION), 0) AS "value",
    COALESCE(COUNT(*), 0) AS denominator
  FROM events
  WHERE TIMEZONE('Europe/Berlin', created_at) >= CAST(kpictl_from AS TIMESTAMPTZ)
    AND TIMEZONE('Europe/Berlin', created_at) < CAST(kpictl_to AS TIMESTAMPTZ)
  GROUP BY CAST(TIMEZONE('Europe/Berlin', TIMEZONE('Europe/Berlin', created_at)) AS DATE), platform, LEN(platform)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'error_page_rate' AND grain = 'day' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of error_page_rate';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'error_page_rate' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: daily_active_users
  -- label: "Daily active users"
  -- description: "Users with at least one event on the day."
  -- owner: "product@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'daily_active_users' AND grain = 'day' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'daily_active_users',
  CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'day',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '63a9c591908a402550457db0fb809cbe',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMEZONE('Europe/Berlin', CAST(numbers."day" AS TIMESTAMP)) AS "time", numbers."value"
FROM (
  SELECT "date" AS "day", COUNT(DISTINCT user_id || CHR(1)) AS "value"
  FROM user_activity
  WHERE "date" >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND "date" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY "date"
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'daily_active_users' AND grain = 'day' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of daily_active_users';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'daily_active_users' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -90, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: wau
  -- label: "Weekly active users"
  -- description: "Users with at least one event on the day or the six days before."
  -- owner: "product@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'wau' AND grain = 'day' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'wau',
  CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'day',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '0e6cbafe95ced779ae9a6ecbfcfb3af0',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
WITH visits AS (
  SELECT texts."day", LEFT(texts.entity_1, CAST(LEN(texts.entity_1) - 1 AS INTEGER)) AS entity_1
  FROM (
    SELECT DISTINCT "date" AS "day", user_id || CHR(1) AS entity_1
    FROM user_activity
    WHERE "date" >= CAST(DATEADD(day, 1, CAST(DATEADD(day, -7, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE)) AS DATE)
      AND "date" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  ) AS texts
),
spans AS (
  SELECT
    visits."day",
    LEAST(CAST(DATEADD(day, 7, visits."day") AS DATE), LEAD(visits."day", 1) OVER (PARTITION BY visits.entity_1, LEN(visits.entity_1) ORDER BY visits."day")) AS ends,
    CASE WHEN visits.entity_1 IS NULL THEN 0 ELSE 1 END AS counts
  FROM visits
),
changes AS (
  SELECT spans."day", SUM(spans.counts) AS change, COUNT(*) AS there
  FROM spans
  GROUP BY spans."day"
  UNION ALL
  SELECT
    spans.ends AS "day",
    -CAST(SUM(spans.counts) AS DECIMAL(38, 0)) AS change,
    -CAST(COUNT(*) AS DECIMAL(38, 0)) AS there
  FROM spans
  GROUP BY spans.ends
),
digits AS (
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
SELECT TIMEZONE('Europe/Berlin', CAST(numbers."day" AS TIMESTAMP)) AS "time", numbers."value"
FROM (
  SELECT days."day", SUM(changes.change) AS "value"
  FROM (
    SELECT
      CAST(DATEADD(day, CAST(1000000 * CAST(place.n AS DECIMAL(38, 0)) + 100000 * CAST(place_2.n AS DECIMAL(38, 0)) + 10000 * CAST(place_3.n AS DECIMAL(38, 0)) + 1000 * CAST(place_4.n AS DECIMAL(38, 0)) + 100 * CAST(place_5.n AS DECIMAL(38, 0)) + 10 * CAST(place_6.n AS DECIMAL(38, 0)) + place_7.n AS BIGINT), CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS "day"
    FROM digits AS place
    CROSS JOIN digits AS place_2
    CROSS JOIN digits AS place_3
    CROSS JOIN digits AS place_4
    CROSS JOIN digits AS place_5
    CROSS JOIN digits AS place_6
    CROSS JOIN digits AS place_7
    WHERE 1000000 * CAST(place.n AS DECIMAL(38, 0)) <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) + 1
      AND 100000 * CAST(place_2.n AS DECIMAL(38, 0)) <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) + 1
      AND 10000 * CAST(place_3.n AS DECIMAL(38, 0)) <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) + 1
      AND 1000 * CAST(place_4.n AS DECIMAL(38, 0)) <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) + 1
      AND 100 * CAST(place_5.n AS DECIMAL(38, 0)) <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) + 1
      AND 10 * CAST(place_6.n AS DECIMAL(38, 0)) <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) + 1
      AND place_7.n <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) + 1
      AND CAST(DATEADD(day, CAST(1000000 * CAST(place.n AS DECIMAL(38, 0)) + 100000 * CAST(place_2.n AS DECIMAL(38, 0)) + 10000 * CAST(place_3.n AS DECIMAL(38, 0)) + 1000 * CAST(place_4.n AS DECIMAL(38, 0)) + 100 * CAST(place_5.n AS DECIMAL(38, 0)) + 10 * CAST(place_6.n AS DECIMAL(38, 0)) + place_7.n AS BIGINT), CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE) <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  ) AS days
  JOIN changes ON changes."day" <= days."day"
  GROUP BY days."day"
  HAVING SUM(changes.there) > 0
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'wau' AND grain = 'day' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of wau';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'wau' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: mau
  -- label: "Monthly active users"
  -- description: "Users with at least one event on the day or the 29 days before."
  -- owner: "product@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'mau' AND grain = 'day' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'mau',
  CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'day',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'f8a240370d111dd1b06513f45a67ba6e',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
WITH visits AS (
  SELECT texts."day", LEFT(texts.entity_1, CAST(LEN(texts.entity_1) - 1 AS INTEGER)) AS entity_1
  FROM (
    SELECT DISTINCT "date" AS "day", user_id || CHR(1) AS entity_1
    FROM user_activity
    WHERE "date" >= CAST(DATEADD(day, 1, CAST(DATEADD(day, -30, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE)) AS DATE)
      AND "date" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  ) AS texts
),
spans AS (
  SELECT
    visits."day",
    LEAST(CAST(DATEADD(day, 30, visits."day") AS DATE), LEAD(visits."day", 1) OVER (PARTITION BY visits.entity_1, LEN(visits.entity_1) ORDER BY visits."day")) AS ends,
    CASE WHEN visits.entity_1 IS NULL THEN 0 ELSE 1 END AS counts
  FROM visits
),
changes AS (
  SELECT spans."day", SUM(spans.counts) AS change, COUNT(*) AS there
  FROM spans
  GROUP BY spans."day"
  UNION ALL
  SELECT
    spans.ends AS "day",
    -CAST(SUM(spans.counts) AS DECIMAL(38, 0)) AS change,
    -CAST(COUNT(*) AS DECIMAL(38, 0)) AS there
  FROM spans
  GROUP BY spans.ends
),
digits AS (
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
SELECT TIMEZONE('Europe/Berlin', CAST(numbers."day" AS TIMESTAMP)) AS "time", numbers."value"
FROM (
  SELECT days."day", SUM(changes.change) AS "value"
  FROM (
    SELECT
      CAST(DATEADD(day, CAST(1000000 * CAST(place.n AS DECIMAL(38, 0)) + 100000 * CAST(place_2.n AS DECIMAL(38, 0)) + 10000 * CAST(place_3.n AS DECIMAL(38, 0)) + 1000 * CAST(place_4.n AS DECIMAL(38, 0)) + 100 * CAST(place_5.n AS DECIMAL(38, 0)) + 10 * CAST(place_6.n AS DECIMAL(38, 0)) + place_7.n AS BIGINT), CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS "day"
    FROM digits AS place
    CROSS JOIN digits AS place_2
    CROSS JOIN digits AS place_3
    CROSS JOIN digits AS place_4
    CROSS JOIN digits AS place_5
    CROSS JOIN digits AS place_6
    CROSS JOIN digits AS place_7
    WHERE 1000000 * CAST(place.n AS DECIMAL(38, 0)) <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) + 1
      AND 100000 * CAST(place_2.n AS DECIMAL(38, 0)) <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) + 1
      AND 10000 * CAST(place_3.n AS DECIMAL(38, 0)) <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) + 1
      AND 1000 * CAST(place_4.n AS DECIMAL(38, 0)) <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) + 1
      AND 100 * CAST(place_5.n AS DECIMAL(38, 0)) <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) + 1
      AND 10 * CAST(place_6.n AS DECIMAL(38, 0)) <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) + 1
      AND place_7.n <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) + 1
      AND CAST(DATEADD(day, CAST(1000000 * CAST(place.n AS DECIMAL(38, 0)) + 100000 * CAST(place_2.n AS DECIMAL(38, 0)) + 10000 * CAST(place_3.n AS DECIMAL(38, 0)) + 1000 * CAST(place_4.n AS DECIMAL(38, 0)) + 100 * CAST(place_5.n AS DECIMAL(38, 0)) + 10 * CAST(place_6.n AS DECIMAL(38, 0)) + place_7.n AS BIGINT), CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE) <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  ) AS days
  JOIN changes ON changes."day" <= days."day"
  GROUP BY days."day"
  HAVING SUM(changes.there) > 0
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'mau' AND grain = 'day' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of mau';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'mau' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: stickiness
  -- label: "Stickiness"
  -- description: "Daily by monthly active users, the share of the month's users who came on the day."
  -- owner: "product@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'stickiness' AND grain = 'day' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'stickiness',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'day',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."time" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'ed0a9094d6147fba2b7fe4f5115f8b4a',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
WITH daily_active_users AS (
  SELECT "date" AS "day", COUNT(DISTINCT user_id || CHR(1)) AS "value"
  FROM user_activity
  WHERE "date" >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND "date" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY "date"
),
visits AS (
  SELECT texts."day", LEFT(texts.entity_1, CAST(LEN(texts.entity_1) - 1 AS INTEGER)) AS entity_1
  FROM (
    SELECT DISTINCT "date" AS "day", user_id || CHR(1) AS entity_1
    FROM user_activity
    WHERE "date" >= CAST(DATEADD(day, 1, CAST(DATEADD(day, -30, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE)) AS DATE)
      AND "date" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  ) AS texts
),
spans AS (
  SELECT
    visits."day",
    LEAST(CAST(DATEADD(day, 30, visits."day") AS DATE), LEAD(visits."day", 1) OVER (PARTITION BY visits.entity_1, LEN(visits.entity_1) ORDER BY visits."day")) AS ends,
    CASE WHEN visits.entity_1 IS NULL THEN 0 ELSE 1 END AS counts
  FROM visits
),
changes AS (
  SELECT spans."day", SUM(spans.counts) AS change, COUNT(*) AS there
  FROM spans
  GROUP BY spans."day"
  UNION ALL
  SELECT
    spans.ends AS "day",
    -CAST(SUM(spans.counts) AS DECIMAL(38, 0)) AS change,
    -CAST(COUNT(*) AS DECIMAL(38, 0)) AS there
  FROM spans
  GROUP BY spans.ends
),
digits AS (
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
),
mau AS (
  SELECT days."day", SUM(changes.change) AS "value"
  FROM (
    SELECT
      CAST(DATEADD(day, CAST(1000000 * CAST(place.n AS DECIMAL(38, 0)) + 100000 * CAST(place_2.n AS DECIMAL(38, 0)) + 10000 * CAST(place_3.n AS DECIMAL(38, 0)) + 1000 * CAST(place_4.n AS DECIMAL(38, 0)) + 100 * CAST(place_5.n AS DECIMAL(38, 0)) + 10 * CAST(place_6.n AS DECIMAL(38, 0)) + place_7.n AS BIGINT), CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS "day"
    FROM digits AS place
    CROSS JOIN digits AS place_2
    CROSS JOIN digits AS place_3
    CROSS JOIN digits AS place_4
    CROSS JOIN digits AS place_5
    CROSS JOIN digits AS place_6
    CROSS JOIN digits AS place_7
    WHERE 1000000 * CAST(place.n AS DECIMAL(38, 0)) <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) + 1
      AND 100000 * CAST(place_2.n AS DECIMAL(38, 0)) <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) + 1
      AND 10000 * CAST(place_3.n AS DECIMAL(38, 0)) <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) + 1
      AND 1000 * CAST(place_4.n AS DECIMAL(38, 0)) <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) + 1
      AND 100 * CAST(place_5.n AS DECIMAL(38, 0)) <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) + 1
      AND 10 * CAST(place_6.n AS DECIMAL(38, 0)) <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) + 1
      AND place_7.n <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) + 1
      AND CAST(DATEADD(day, CAST(1000000 * CAST(place.n AS DECIMAL(38, 0)) + 100000 * CAST(place_2.n AS DECIMAL(38, 0)) + 10000 * CAST(place_3.n AS DECIMAL(38, 0)) + 1000 * CAST(place_4.n AS DECIMAL(38, 0)) + 100 * CAST(place_5.n AS DECIMAL(38, 0)) + 10 * CAST(place_6.n AS DECIMAL(38, 0)) + place_7.n AS BIGINT), CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE) <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  ) AS days
  JOIN changes ON changes."day" <= days."day"
  GROUP BY days."day"
  HAVING SUM(changes.there) > 0
),
buckets AS (
  SELECT daily_active_users."day"
  FROM daily_active_users
  UNION
  SELECT mau."day"
  FROM mau
)
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."day" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.denominator
FROM (
  SELECT
    buckets."day",
    CAST(COALESCE(daily_active_users."value", 0) AS DOUBLE PRECISION) / NULLIF(CAST(COALESCE(mau."value", 0) AS DOUBLE PRECISION), 0) AS "value",
    COALESCE(mau."value", 0) AS denominator
  FROM buckets
  LEFT JOIN daily_active_users ON daily_active_users."day" = buckets."day"
  LEFT JOIN mau ON mau."day" = buckets."day"
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'stickiness' AND grain = 'day' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of stickiness';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'stickiness' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -90, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;
END;
$kpictl$ LANGUAGE plpgsql;
