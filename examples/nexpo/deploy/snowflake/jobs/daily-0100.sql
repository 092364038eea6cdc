-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit snowflake --target prod --out examples/nexpo/deploy/snowflake
-- job: daily-0100, "0 1 * * *"
-- Without a range it computes what has ended and may have changed; the same range again leaves the same rows.
CREATE OR REPLACE PROCEDURE kpi_daily_0100(run_from TIMESTAMP_LTZ, run_to TIMESTAMP_LTZ)
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

  -- Buckets: day
  kpictl_until := (SELECT CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_now AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ));
  kpictl_back := (SELECT CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ));
  kpictl_last := (SELECT MIN(last_time) FROM (SELECT MAX("TIME") AS last_time FROM kpi_metrics WHERE grain = 'day' AND kpi_name IN ('page_views', 'error_pages', 'error_page_rate', 'daily_active_users', 'wau', 'mau', 'stickiness') GROUP BY kpi_name) AS known);
  kpictl_since := (SELECT COALESCE(:kpictl_given, IFF(:kpictl_last < :kpictl_back, :kpictl_last, :kpictl_back)));
  kpictl_since := (SELECT CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ));
  CREATE OR REPLACE TEMPORARY TABLE kpictl_buckets (start_time TIMESTAMP_LTZ(6), bucket VARCHAR);
  INSERT INTO kpictl_buckets (start_time, bucket)
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(calendar_buckets.key_of AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS start_time,
  TO_CHAR(CAST(calendar_buckets.key_of AS TIMESTAMP_NTZ), 'YYYY-MM-DD') AS bucket
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
    CAST(DATEADD(day, CAST(1000000 * place.n + 100000 * place_2.n + 10000 * place_3.n + 1000 * place_4.n + 100 * place_5.n + 10 * place_6.n + place_7.n AS NUMBER(38, 0)), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS key_of
  FROM digits AS place
  CROSS JOIN digits AS place_2
  CROSS JOIN digits AS place_3
  CROSS JOIN digits AS place_4
  CROSS JOIN digits AS place_5
  CROSS JOIN digits AS place_6
  CROSS JOIN digits AS place_7
  WHERE 1000000 * place.n <= DATEDIFF(day, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) + 1
    AND 100000 * place_2.n <= DATEDIFF(day, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) + 1
    AND 10000 * place_3.n <= DATEDIFF(day, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) + 1
    AND 1000 * place_4.n <= DATEDIFF(day, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) + 1
    AND 100 * place_5.n <= DATEDIFF(day, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) + 1
    AND 10 * place_6.n <= DATEDIFF(day, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) + 1
    AND place_7.n <= DATEDIFF(day, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) + 1
    AND CAST(DATEADD(day, CAST(1000000 * place.n + 100000 * place_2.n + 10000 * place_3.n + 1000 * place_4.n + 100 * place_5.n + 10 * place_6.n + place_7.n AS NUMBER(38, 0)), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
) AS calendar_buckets;

  -- kpi: page_views
  -- label: "Web events"
  -- description: "Events of the day."
  -- owner: "platform@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'page_views' AND grain = 'day' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'page_views',
  CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'day',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '85da4b9790a8aa635264bfa0f76554cd',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."DAY" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value
FROM (
  SELECT
    CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', created_at) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE) AS "DAY",
    COUNT(*) AS value
  FROM events
  WHERE CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', created_at) AS TIMESTAMP_LTZ) >= CAST(:kpictl_from AS TIMESTAMP_LTZ)
    AND CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', created_at) AS TIMESTAMP_LTZ) < CAST(:kpictl_to AS TIMESTAMP_LTZ)
  GROUP BY CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', created_at) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to
UNION ALL
SELECT
  b.start_time,
  'page_views',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON(('{"platform":' || COALESCE(TO_JSON(TO_VARIANT(n.platform)), 'null') || '}')),
  PARSE_JSON('{}'),
  'day',
  b.bucket,
  SHA2(('{"platform":' || COALESCE(TO_JSON(TO_VARIANT(n.platform)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '85da4b9790a8aa635264bfa0f76554cd',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."DAY" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.platform
FROM (
  SELECT
    CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', created_at) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE) AS "DAY",
    platform,
    COUNT(*) AS value
  FROM events
  WHERE CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', created_at) AS TIMESTAMP_LTZ) >= CAST(:kpictl_from AS TIMESTAMP_LTZ)
    AND CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', created_at) AS TIMESTAMP_LTZ) < CAST(:kpictl_to AS TIMESTAMP_LTZ)
  GROUP BY CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', created_at) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), platform
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'page_views' AND grain = 'day' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'page_views' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: error_pages
  -- label: "Error pages"
  -- description: "Error pages shown on the day."
  -- owner: "platform@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'error_pages' AND grain = 'day' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'error_pages',
  CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'day',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'ca87bb61c8d3f3dd610f263e29aed172',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."DAY" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value
FROM (
  SELECT
    CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', created_at) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE) AS "DAY",
    COUNT(*) AS value
  FROM events
  WHERE name = 'error_page'
    AND CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', created_at) AS TIMESTAMP_LTZ) >= CAST(:kpictl_from AS TIMESTAMP_LTZ)
    AND CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', created_at) AS TIMESTAMP_LTZ) < CAST(:kpictl_to AS TIMESTAMP_LTZ)
  GROUP BY CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', created_at) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to
UNION ALL
SELECT
  b.start_time,
  'error_pages',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON(('{"platform":' || COALESCE(TO_JSON(TO_VARIANT(n.platform)), 'null') || '}')),
  PARSE_JSON('{}'),
  'day',
  b.bucket,
  SHA2(('{"platform":' || COALESCE(TO_JSON(TO_VARIANT(n.platform)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'ca87bb61c8d3f3dd610f263e29aed172',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."DAY" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.platform
FROM (
  SELECT
    CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', created_at) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE) AS "DAY",
    platform,
    COUNT(*) AS value
  FROM events
  WHERE name = 'error_page'
    AND CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', created_at) AS TIMESTAMP_LTZ) >= CAST(:kpictl_from AS TIMESTAMP_LTZ)
    AND CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', created_at) AS TIMESTAMP_LTZ) < CAST(:kpictl_to AS TIMESTAMP_LTZ)
  GROUP BY CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', created_at) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), platform
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'error_pages' AND grain = 'day' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'error_pages' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: error_page_rate
  -- label: "Error page rate"
  -- description: "Error pages as a share of the day's events."
  -- owner: "platform@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'error_page_rate' AND grain = 'day' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'error_page_rate',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'day',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."TIME" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  '7b5dfaaaa49c2efe387bee0e09563fe4',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."DAY" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.denominator
FROM (
  SELECT
    CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', created_at) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE) AS "DAY",
    CAST(COALESCE(COUNT(CASE WHEN name = 'error_page' THEN 1 END), 0) AS DOUBLE) / NULLIF(CAST(COALESCE(COUNT(*), 0) AS DOUBLE), 0) AS value,
    COALESCE(COUNT(*), 0) AS denominator
  FROM events
  WHERE CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', created_at) AS TIMESTAMP_LTZ) >= CAST(:kpictl_from AS TIMESTAMP_LTZ)
    AND CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', created_at) AS TIMESTAMP_LTZ) < CAST(:kpictl_to AS TIMESTAMP_LTZ)
  GROUP BY CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', created_at) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to
UNION ALL
SELECT
  b.start_time,
  'error_page_rate',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON(('{"platform":' || COALESCE(TO_JSON(TO_VARIANT(n.platform)), 'null') || '}')),
  PARSE_JSON('{}'),
  'day',
  b.bucket,
  SHA2(('{"platform":' || COALESCE(TO_JSON(TO_VARIANT(n.platform)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."TIME" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  '7b5dfaaaa49c2efe387bee0e09563fe4',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."DAY" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.platform,
  numbers.denominator
FROM (
  SELECT
    CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', created_at) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE) AS "DAY",
    platform,
    CAST(COALESCE(COUNT(CASE WHEN name = 'error_page' THEN 1 END), 0) AS DOUBLE) / NULLIF(CAST(COALESCE(COUNT(*), 0) AS DOUBLE), 0) AS value,
    COALESCE(COUNT(*), 0) AS denominator
  FROM events
  WHERE CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', created_at) AS TIMESTAMP_LTZ) >= CAST(:kpictl_from AS TIMESTAMP_LTZ)
    AND CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', created_at) AS TIMESTAMP_LTZ) < CAST(:kpictl_to AS TIMESTAMP_LTZ)
  GROUP BY CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', created_at) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), platform
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'error_page_rate' AND grain = 'day' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'error_page_rate' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: daily_active_users
  -- label: "Daily active users"
  -- description: "Users with at least one event on the day."
  -- owner: "product@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'daily_active_users' AND grain = 'day' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'daily_active_users',
  CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'day',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '63a9c591908a402550457db0fb809cbe',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."DAY" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value
FROM (
  SELECT "DATE" AS "DAY", COUNT(DISTINCT user_id) AS value
  FROM user_activity
  WHERE "DATE" >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND "DATE" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY "DATE"
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'daily_active_users' AND grain = 'day' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'daily_active_users' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -90, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: wau
  -- label: "Weekly active users"
  -- description: "Users with at least one event on the day or the six days before."
  -- owner: "product@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'wau' AND grain = 'day' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'wau',
  CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'day',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '0e6cbafe95ced779ae9a6ecbfcfb3af0',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
WITH visits AS (
  SELECT DISTINCT "DATE" AS "DAY", user_id AS entity_1
  FROM user_activity
  WHERE "DATE" >= CAST(DATEADD(day, 1, CAST(DATEADD(day, -7, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE)) AS DATE)
    AND "DATE" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
),
spans AS (
  SELECT
    visits."DAY",
    LEAST_IGNORE_NULLS(CAST(DATEADD(day, 7, visits."DAY") AS DATE), LEAD(visits."DAY", 1) OVER (PARTITION BY visits.entity_1 ORDER BY visits."DAY")) AS ends,
    CASE WHEN visits.entity_1 IS NULL THEN 0 ELSE 1 END AS counts
  FROM visits
),
changes AS (
  SELECT spans."DAY", SUM(spans.counts) AS change, COUNT(*) AS there
  FROM spans
  GROUP BY spans."DAY"
  UNION ALL
  SELECT spans.ends AS "DAY", -SUM(spans.counts) AS change, -COUNT(*) AS there
  FROM spans
  GROUP BY spans.ends
)
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."DAY" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value
FROM (
  SELECT days."DAY", SUM(changes.change) AS value
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
      CAST(DATEADD(day, CAST(1000000 * place.n + 100000 * place_2.n + 10000 * place_3.n + 1000 * place_4.n + 100 * place_5.n + 10 * place_6.n + place_7.n AS NUMBER(38, 0)), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS "DAY"
    FROM digits AS place
    CROSS JOIN digits AS place_2
    CROSS JOIN digits AS place_3
    CROSS JOIN digits AS place_4
    CROSS JOIN digits AS place_5
    CROSS JOIN digits AS place_6
    CROSS JOIN digits AS place_7
    WHERE 1000000 * place.n <= DATEDIFF(day, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) + 1
      AND 100000 * place_2.n <= DATEDIFF(day, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) + 1
      AND 10000 * place_3.n <= DATEDIFF(day, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) + 1
      AND 1000 * place_4.n <= DATEDIFF(day, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) + 1
      AND 100 * place_5.n <= DATEDIFF(day, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) + 1
      AND 10 * place_6.n <= DATEDIFF(day, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) + 1
      AND place_7.n <= DATEDIFF(day, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) + 1
      AND CAST(DATEADD(day, CAST(1000000 * place.n + 100000 * place_2.n + 10000 * place_3.n + 1000 * place_4.n + 100 * place_5.n + 10 * place_6.n + place_7.n AS NUMBER(38, 0)), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  ) AS days
  JOIN changes ON changes."DAY" <= days."DAY"
  GROUP BY days."DAY"
  HAVING SUM(changes.there) > 0
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'wau' AND grain = 'day' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'wau' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: mau
  -- label: "Monthly active users"
  -- description: "Users with at least one event on the day or the 29 days before."
  -- owner: "product@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'mau' AND grain = 'day' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'mau',
  CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'day',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'f8a240370d111dd1b06513f45a67ba6e',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
WITH visits AS (
  SELECT DISTINCT "DATE" AS "DAY", user_id AS entity_1
  FROM user_activity
  WHERE "DATE" >= CAST(DATEADD(day, 1, CAST(DATEADD(day, -30, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE)) AS DATE)
    AND "DATE" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
),
spans AS (
  SELECT
    visits."DAY",
    LEAST_IGNORE_NULLS(CAST(DATEADD(day, 30, visits."DAY") AS DATE), LEAD(visits."DAY", 1) OVER (PARTITION BY visits.entity_1 ORDER BY visits."DAY")) AS ends,
    CASE WHEN visits.entity_1 IS NULL THEN 0 ELSE 1 END AS counts
  FROM visits
),
changes AS (
  SELECT spans."DAY", SUM(spans.counts) AS change, COUNT(*) AS there
  FROM spans
  GROUP BY spans."DAY"
  UNION ALL
  SELECT spans.ends AS "DAY", -SUM(spans.counts) AS change, -COUNT(*) AS there
  FROM spans
  GROUP BY spans.ends
)
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."DAY" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value
FROM (
  SELECT days."DAY", SUM(changes.change) AS value
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
      CAST(DATEADD(day, CAST(1000000 * place.n + 100000 * place_2.n + 10000 * place_3.n + 1000 * place_4.n + 100 * place_5.n + 10 * place_6.n + place_7.n AS NUMBER(38, 0)), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS "DAY"
    FROM digits AS place
    CROSS JOIN digits AS place_2
    CROSS JOIN digits AS place_3
    CROSS JOIN digits AS place_4
    CROSS JOIN digits AS place_5
    CROSS JOIN digits AS place_6
    CROSS JOIN digits AS place_7
    WHERE 1000000 * place.n <= DATEDIFF(day, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) + 1
      AND 100000 * place_2.n <= DATEDIFF(day, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) + 1
      AND 10000 * place_3.n <= DATEDIFF(day, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) + 1
      AND 1000 * place_4.n <= DATEDIFF(day, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) + 1
      AND 100 * place_5.n <= DATEDIFF(day, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) + 1
      AND 10 * place_6.n <= DATEDIFF(day, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) + 1
      AND place_7.n <= DATEDIFF(day, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) + 1
      AND CAST(DATEADD(day, CAST(1000000 * place.n + 100000 * place_2.n + 10000 * place_3.n + 1000 * place_4.n + 100 * place_5.n + 10 * place_6.n + place_7.n AS NUMBER(38, 0)), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  ) AS days
  JOIN changes ON changes."DAY" <= days."DAY"
  GROUP BY days."DAY"
  HAVING SUM(changes.there) > 0
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'mau' AND grain = 'day' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'mau' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: stickiness
  -- label: "Stickiness"
  -- description: "Daily by monthly active users, the share of the month's users who came on the day."
  -- owner: "product@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'stickiness' AND grain = 'day' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'stickiness',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'day',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."TIME" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'ed0a9094d6147fba2b7fe4f5115f8b4a',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
WITH daily_active_users AS (
  SELECT "DATE" AS "DAY", COUNT(DISTINCT user_id) AS value
  FROM user_activity
  WHERE "DATE" >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND "DATE" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY "DATE"
),
visits AS (
  SELECT DISTINCT "DATE" AS "DAY", user_id AS entity_1
  FROM user_activity
  WHERE "DATE" >= CAST(DATEADD(day, 1, CAST(DATEADD(day, -30, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE)) AS DATE)
    AND "DATE" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
),
spans AS (
  SELECT
    visits."DAY",
    LEAST_IGNORE_NULLS(CAST(DATEADD(day, 30, visits."DAY") AS DATE), LEAD(visits."DAY", 1) OVER (PARTITION BY visits.entity_1 ORDER BY visits."DAY")) AS ends,
    CASE WHEN visits.entity_1 IS NULL THEN 0 ELSE 1 END AS counts
  FROM visits
),
changes AS (
  SELECT spans."DAY", SUM(spans.counts) AS change, COUNT(*) AS there
  FROM spans
  GROUP BY spans."DAY"
  UNION ALL
  SELECT spans.ends AS "DAY", -SUM(spans.counts) AS change, -COUNT(*) AS there
  FROM spans
  GROUP BY spans.ends
),
mau AS (
  SELECT days."DAY", SUM(changes.change) AS value
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
      CAST(DATEADD(day, CAST(1000000 * place.n + 100000 * place_2.n + 10000 * place_3.n + 1000 * place_4.n + 100 * place_5.n + 10 * place_6.n + place_7.n AS NUMBER(38, 0)), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS "DAY"
    FROM digits AS place
    CROSS JOIN digits AS place_2
    CROSS JOIN digits AS place_3
    CROSS JOIN digits AS place_4
    CROSS JOIN digits AS place_5
    CROSS JOIN digits AS place_6
    CROSS JOIN digits AS place_7
    WHERE 1000000 * place.n <= DATEDIFF(day, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) + 1
      AND 100000 * place_2.n <= DATEDIFF(day, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) + 1
      AND 10000 * place_3.n <= DATEDIFF(day, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) + 1
      AND 1000 * place_4.n <= DATEDIFF(day, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) + 1
      AND 100 * place_5.n <= DATEDIFF(day, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) + 1
      AND 10 * place_6.n <= DATEDIFF(day, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) + 1
      AND place_7.n <= DATEDIFF(day, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) + 1
      AND CAST(DATEADD(day, CAST(1000000 * place.n + 100000 * place_2.n + 10000 * place_3.n + 1000 * place_4.n + 100 * place_5.n + 10 * place_6.n + place_7.n AS NUMBER(38, 0)), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  ) AS days
  JOIN changes ON changes."DAY" <= days."DAY"
  GROUP BY days."DAY"
  HAVING SUM(changes.there) > 0
),
buckets AS (
  SELECT daily_active_users."DAY"
  FROM daily_active_users
  UNION
  SELECT mau."DAY"
  FROM mau
)
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."DAY" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.denominator
FROM (
  SELECT
    buckets."DAY",
    CAST(COALESCE(daily_active_users.value, 0) AS DOUBLE) / NULLIF(CAST(COALESCE(mau.value, 0) AS DOUBLE), 0) AS value,
    COALESCE(mau.value, 0) AS denominator
  FROM buckets
  LEFT JOIN daily_active_users ON daily_active_users."DAY" = buckets."DAY"
  LEFT JOIN mau ON mau."DAY" = buckets."DAY"
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'stickiness' AND grain = 'day' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'stickiness' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -90, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);
  RETURN kpictl_run_id;
EXCEPTION
  WHEN OTHER THEN
    ROLLBACK;
    RAISE;
END;
$$;
