-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit snowflake --target prod --out examples/nexpo/deploy/snowflake
-- job: cron-16ddb63454, "0 */6 * * *"
-- Without a range it computes what has ended and may have changed; the same range again leaves the same rows.
CREATE OR REPLACE PROCEDURE kpi_cron_16ddb63454(run_from TIMESTAMP_LTZ, run_to TIMESTAMP_LTZ)
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
  kpictl_last := (SELECT MIN(last_time) FROM (SELECT MAX("TIME") AS last_time FROM kpi_metrics WHERE grain = 'day' AND kpi_name IN ('session_duration') GROUP BY kpi_name) AS known);
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

  -- kpi: session_duration
  -- label: "Session duration"
  -- description: "Average length of a session in seconds, over today and the seven days before."
  -- owner: "product@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'session_duration' AND grain = 'day' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'session_duration',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'day',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '252467d89b33358c48a30ee7176f70ec',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
WITH states AS (
  SELECT
    "DATE" AS "DAY",
    SUM(session_length) AS sum_session_length,
    COUNT(session_length) AS count_session_length
  FROM user_sessions
  WHERE "DATE" >= CAST(DATEADD(day, 1, CAST(DATEADD(day, -8, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE)) AS DATE)
    AND "DATE" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY "DATE"
)
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."DAY" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value
FROM (
  SELECT
    days."DAY",
    CAST(SUM(states.sum_session_length) AS DOUBLE) / NULLIF(CAST(SUM(states.count_session_length) AS DOUBLE), 0) AS value
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
  JOIN states ON states."DAY" > CAST(DATEADD(day, -8, days."DAY") AS DATE) AND states."DAY" <= days."DAY"
  GROUP BY days."DAY"
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'session_duration' AND grain = 'day' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'session_duration' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -30, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);
  RETURN kpictl_run_id;
EXCEPTION
  WHEN OTHER THEN
    ROLLBACK;
    RAISE;
END;
$$;
