-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit snowflake --target prod --out examples/nexpo/deploy/snowflake
-- job: monthly-1-0000, "0 0 1 * *"
-- Without a range it computes what has ended and may have changed; the same range again leaves the same rows.
CREATE OR REPLACE PROCEDURE kpi_monthly_1_0000(run_from TIMESTAMP_LTZ, run_to TIMESTAMP_LTZ)
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

  -- Buckets: month
  kpictl_until := (SELECT CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_now AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ));
  kpictl_back := (SELECT CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(month, -1, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ));
  kpictl_last := (SELECT MIN(last_time) FROM (SELECT MAX("TIME") AS last_time FROM kpi_metrics WHERE grain = 'month' AND kpi_name IN ('customer_acquisition_cost') GROUP BY kpi_name) AS known);
  kpictl_since := (SELECT COALESCE(:kpictl_given, IFF(:kpictl_last < :kpictl_back, :kpictl_last, :kpictl_back)));
  kpictl_since := (SELECT CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ));
  CREATE OR REPLACE TEMPORARY TABLE kpictl_buckets (start_time TIMESTAMP_LTZ(6), bucket VARCHAR);
  INSERT INTO kpictl_buckets (start_time, bucket)
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(calendar_buckets.key_of AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS start_time,
  COALESCE(LPAD(CAST(CAST(YEAR(calendar_buckets.key_of) AS INTEGER) AS VARCHAR), 4, '0'), '') || '-' || COALESCE(LPAD(CAST(CAST(MONTH(calendar_buckets.key_of) AS INTEGER) AS VARCHAR), 2, '0'), '') AS bucket
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
    CAST(DATEADD(month, CAST(10000 * place.n + 1000 * place_2.n + 100 * place_3.n + 10 * place_4.n + place_5.n AS NUMBER(38, 0)), CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE)) AS DATE) AS key_of
  FROM digits AS place
  CROSS JOIN digits AS place_2
  CROSS JOIN digits AS place_3
  CROSS JOIN digits AS place_4
  CROSS JOIN digits AS place_5
  WHERE 10000 * place.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
    AND 1000 * place_2.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
    AND 100 * place_3.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
    AND 10 * place_4.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
    AND place_5.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
    AND CAST(DATEADD(month, CAST(10000 * place.n + 1000 * place_2.n + 100 * place_3.n + 10 * place_4.n + place_5.n AS NUMBER(38, 0)), CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_since AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE)) AS DATE) <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_until AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
) AS calendar_buckets;

  -- kpi: customer_acquisition_cost
  -- label: "Customer acquisition cost (invented spend)"
  -- description: "Advertising by the subscribers who started in the month. The spend is invented."
  -- owner: "growth@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_now;
  kpictl_as_of := kpictl_now;
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'customer_acquisition_cost' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_until;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'customer_acquisition_cost',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."TIME" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  '15fc20f0d497942e77596e0aac249bb2',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.denominator
FROM (
  SELECT
    CAST(DATE_TRUNC('month', result."TIME") AS DATE) AS "MONTH",
    result."?column?" AS value,
    result.denominator
  FROM (
    SELECT
      monthly_metrics."MONTH" AS "TIME",
      CAST(monthly_metrics.marketing_spend AS DOUBLE) / NULLIF(CAST(monthly_metrics.new_customers AS DOUBLE), 0) AS "?column?",
      monthly_metrics.new_customers AS denominator
    FROM monthly_metrics
    WHERE monthly_metrics."MONTH" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  ) AS result
  WHERE result."TIME" >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND result."TIME" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_until;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'customer_acquisition_cost' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_until GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'customer_acquisition_cost' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1095, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);
  RETURN kpictl_run_id;
EXCEPTION
  WHEN OTHER THEN
    ROLLBACK;
    RAISE;
END;
$$;
