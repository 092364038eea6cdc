-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit snowflake --target prod --out examples/nexpo/deploy/snowflake
-- job: monthly-1-0500, "0 5 1 * *"
-- Without a range it computes what has ended and may have changed; the same range again leaves the same rows.
CREATE OR REPLACE PROCEDURE kpi_monthly_1_0500(run_from TIMESTAMP_LTZ, run_to TIMESTAMP_LTZ)
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
  kpictl_last := (SELECT MIN(last_time) FROM (SELECT MAX("TIME") AS last_time FROM kpi_metrics WHERE grain = 'month' AND kpi_name IN ('advertising_spend', 'revenue', 'return_on_ad_spend', 'gross_profit', 'gross_margin', 'discounted_revenue', 'discounted_share', 'order_count', 'average_order_value', 'units_sold', 'units_per_order', 'buyers', 'revenue_per_buyer', 'repeat_orders', 'repeat_purchase_rate', 'revenue_growth_yoy', 'mrr', 'active_subscribers', 'new_subscribers', 'arpu', 'monthly_revenue_growth', 'days_to_ship', 'days_to_ship_p95') GROUP BY kpi_name) AS known);
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

  -- kpi: advertising_spend
  -- label: "Advertising (invented spend)"
  -- description: "Advertising by month and channel. The spend is invented."
  -- owner: "growth@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'advertising_spend' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'advertising_spend',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '8bd8ab82938d4a95e29149f5f3c44c07',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value
FROM (
  SELECT CAST(DATE_TRUNC('month', "MONTH") AS DATE) AS "MONTH", SUM(spend) AS value
  FROM ad_spend
  WHERE "MONTH" >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND "MONTH" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', "MONTH") AS DATE)
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to
UNION ALL
SELECT
  b.start_time,
  'advertising_spend',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON(('{"channel":' || COALESCE(TO_JSON(TO_VARIANT(n.channel)), 'null') || '}')),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2(('{"channel":' || COALESCE(TO_JSON(TO_VARIANT(n.channel)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '8bd8ab82938d4a95e29149f5f3c44c07',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.channel
FROM (
  SELECT CAST(DATE_TRUNC('month', "MONTH") AS DATE) AS "MONTH", channel, SUM(spend) AS value
  FROM ad_spend
  WHERE "MONTH" >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND "MONTH" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', "MONTH") AS DATE), channel
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'advertising_spend' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'advertising_spend' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: revenue
  -- label: "Revenue"
  -- description: "Sales of all order lines, by the month in which they were ordered."
  -- owner: "finance@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'revenue' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'revenue',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'a8aae27d487181c13f9210d7d519edd1',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value
FROM (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "MONTH", SUM(amount) AS value
  FROM order_lines
  WHERE order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to
UNION ALL
SELECT
  b.start_time,
  'revenue',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON(('{"category":' || COALESCE(TO_JSON(TO_VARIANT(n.category)), 'null') || ',"region":' || COALESCE(TO_JSON(TO_VARIANT(n.region)), 'null') || '}')),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2(('{"category":' || COALESCE(TO_JSON(TO_VARIANT(n.category)), 'null') || ',"region":' || COALESCE(TO_JSON(TO_VARIANT(n.region)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'a8aae27d487181c13f9210d7d519edd1',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.region,
  numbers.category
FROM (
  SELECT
    CAST(DATE_TRUNC('month', order_date) AS DATE) AS "MONTH",
    region,
    category,
    SUM(amount) AS value
  FROM order_lines
  WHERE order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE), region, category
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'revenue' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'revenue' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: return_on_ad_spend
  -- label: "Return on advertising (invented spend)"
  -- description: "Revenue by advertising. The spend is invented."
  -- owner: "growth@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'return_on_ad_spend' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'return_on_ad_spend',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."TIME" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  '62792c2144bcfcbc393a3b3edee1e65d',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
WITH revenue AS (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "MONTH", SUM(amount) AS value
  FROM order_lines
  WHERE order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
),
advertising_spend AS (
  SELECT CAST(DATE_TRUNC('month', "MONTH") AS DATE) AS "MONTH", SUM(spend) AS value
  FROM ad_spend
  WHERE "MONTH" >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND "MONTH" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', "MONTH") AS DATE)
),
buckets AS (
  SELECT revenue."MONTH"
  FROM revenue
  UNION
  SELECT advertising_spend."MONTH"
  FROM advertising_spend
)
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.denominator
FROM (
  SELECT
    buckets."MONTH",
    CAST(revenue.value AS DOUBLE) / NULLIF(CAST(advertising_spend.value AS DOUBLE), 0) AS value,
    advertising_spend.value AS denominator
  FROM buckets
  LEFT JOIN revenue ON revenue."MONTH" = buckets."MONTH"
  LEFT JOIN advertising_spend ON advertising_spend."MONTH" = buckets."MONTH"
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'return_on_ad_spend' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'return_on_ad_spend' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: gross_profit
  -- label: "Gross profit"
  -- description: "Profit of all order lines as the data states it."
  -- owner: "finance@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'gross_profit' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'gross_profit',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '21b509bd549e7a9c85d606fcd24c9724',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value
FROM (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "MONTH", SUM(profit) AS value
  FROM order_lines
  WHERE order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to
UNION ALL
SELECT
  b.start_time,
  'gross_profit',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON(('{"category":' || COALESCE(TO_JSON(TO_VARIANT(n.category)), 'null') || ',"region":' || COALESCE(TO_JSON(TO_VARIANT(n.region)), 'null') || '}')),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2(('{"category":' || COALESCE(TO_JSON(TO_VARIANT(n.category)), 'null') || ',"region":' || COALESCE(TO_JSON(TO_VARIANT(n.region)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '21b509bd549e7a9c85d606fcd24c9724',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.region,
  numbers.category
FROM (
  SELECT
    CAST(DATE_TRUNC('month', order_date) AS DATE) AS "MONTH",
    region,
    category,
    SUM(profit) AS value
  FROM order_lines
  WHERE order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE), region, category
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'gross_profit' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'gross_profit' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: gross_margin
  -- label: "Gross margin"
  -- description: "Gross profit as a share of revenue."
  -- owner: "finance@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'gross_margin' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'gross_margin',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."TIME" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'd81f4b43f9094b3c12011113c70575df',
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
    CAST(DATE_TRUNC('month', order_date) AS DATE) AS "MONTH",
    CAST(SUM(profit) AS DOUBLE) / NULLIF(CAST(SUM(amount) AS DOUBLE), 0) AS value,
    SUM(amount) AS denominator
  FROM order_lines
  WHERE order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to
UNION ALL
SELECT
  b.start_time,
  'gross_margin',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON(('{"category":' || COALESCE(TO_JSON(TO_VARIANT(n.category)), 'null') || ',"region":' || COALESCE(TO_JSON(TO_VARIANT(n.region)), 'null') || '}')),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2(('{"category":' || COALESCE(TO_JSON(TO_VARIANT(n.category)), 'null') || ',"region":' || COALESCE(TO_JSON(TO_VARIANT(n.region)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."TIME" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'd81f4b43f9094b3c12011113c70575df',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.region,
  numbers.category,
  numbers.denominator
FROM (
  SELECT
    CAST(DATE_TRUNC('month', order_date) AS DATE) AS "MONTH",
    region,
    category,
    CAST(SUM(profit) AS DOUBLE) / NULLIF(CAST(SUM(amount) AS DOUBLE), 0) AS value,
    SUM(amount) AS denominator
  FROM order_lines
  WHERE order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE), region, category
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'gross_margin' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'gross_margin' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: discounted_revenue
  -- label: "Discounted revenue"
  -- description: "Sales of the order lines that were sold at a discount."
  -- owner: "finance@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'discounted_revenue' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'discounted_revenue',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '82c5a13ad0b8263007abbf646db61307',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value
FROM (
  SELECT
    CAST(DATE_TRUNC('month', order_date) AS DATE) AS "MONTH",
    SUM(CASE WHEN discount > 0 THEN amount END) AS value
  FROM order_lines
  WHERE order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to
UNION ALL
SELECT
  b.start_time,
  'discounted_revenue',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON(('{"category":' || COALESCE(TO_JSON(TO_VARIANT(n.category)), 'null') || ',"region":' || COALESCE(TO_JSON(TO_VARIANT(n.region)), 'null') || '}')),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2(('{"category":' || COALESCE(TO_JSON(TO_VARIANT(n.category)), 'null') || ',"region":' || COALESCE(TO_JSON(TO_VARIANT(n.region)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '82c5a13ad0b8263007abbf646db61307',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.region,
  numbers.category
FROM (
  SELECT
    CAST(DATE_TRUNC('month', order_date) AS DATE) AS "MONTH",
    region,
    category,
    SUM(CASE WHEN discount > 0 THEN amount END) AS value
  FROM order_lines
  WHERE order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE), region, category
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'discounted_revenue' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'discounted_revenue' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: discounted_share
  -- label: "Share sold at a discount"
  -- description: "Discounted revenue as a share of revenue."
  -- owner: "finance@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'discounted_share' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'discounted_share',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."TIME" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  '450349ed0ee113f6eb23c7f2656a69a1',
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
    CAST(DATE_TRUNC('month', order_date) AS DATE) AS "MONTH",
    CAST(SUM(CASE WHEN discount > 0 THEN amount END) AS DOUBLE) / NULLIF(CAST(SUM(amount) AS DOUBLE), 0) AS value,
    SUM(amount) AS denominator
  FROM order_lines
  WHERE order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'discounted_share' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'discounted_share' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: order_count
  -- label: "Orders"
  -- description: "Orders placed in the month."
  -- owner: "finance@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'order_count' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'order_count',
  CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'f8fcdb5c612a37a517c6b881f4d5d95d',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value
FROM (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "MONTH", COUNT(*) AS value
  FROM orders
  WHERE order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to
UNION ALL
SELECT
  b.start_time,
  'order_count',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON(('{"region":' || COALESCE(TO_JSON(TO_VARIANT(n.region)), 'null') || '}')),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2(('{"region":' || COALESCE(TO_JSON(TO_VARIANT(n.region)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'f8fcdb5c612a37a517c6b881f4d5d95d',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.region
FROM (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "MONTH", region, COUNT(*) AS value
  FROM orders
  WHERE order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE), region
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'order_count' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'order_count' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: average_order_value
  -- label: "Average order value"
  -- description: "Revenue by orders."
  -- owner: "finance@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'average_order_value' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'average_order_value',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."TIME" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  '23311ba39541612fbd32106465cbda6d',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
WITH revenue AS (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "MONTH", SUM(amount) AS value
  FROM order_lines
  WHERE order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
),
order_count AS (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "MONTH", COUNT(*) AS value
  FROM orders
  WHERE order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
),
buckets AS (
  SELECT revenue."MONTH"
  FROM revenue
  UNION
  SELECT order_count."MONTH"
  FROM order_count
)
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.denominator
FROM (
  SELECT
    buckets."MONTH",
    CAST(revenue.value AS DOUBLE) / NULLIF(CAST(COALESCE(order_count.value, 0) AS DOUBLE), 0) AS value,
    COALESCE(order_count.value, 0) AS denominator
  FROM buckets
  LEFT JOIN revenue ON revenue."MONTH" = buckets."MONTH"
  LEFT JOIN order_count ON order_count."MONTH" = buckets."MONTH"
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to
UNION ALL
SELECT
  b.start_time,
  'average_order_value',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON(('{"region":' || COALESCE(TO_JSON(TO_VARIANT(n.region)), 'null') || '}')),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2(('{"region":' || COALESCE(TO_JSON(TO_VARIANT(n.region)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."TIME" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  '23311ba39541612fbd32106465cbda6d',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
WITH revenue AS (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "MONTH", region, SUM(amount) AS value
  FROM order_lines
  WHERE order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE), region
),
order_count AS (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "MONTH", region, COUNT(*) AS value
  FROM orders
  WHERE order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE), region
),
buckets AS (
  SELECT revenue."MONTH", revenue.region
  FROM revenue
  UNION
  SELECT order_count."MONTH", order_count.region
  FROM order_count
)
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.region,
  numbers.denominator
FROM (
  SELECT
    buckets."MONTH",
    buckets.region,
    CAST(revenue.value AS DOUBLE) / NULLIF(CAST(COALESCE(order_count.value, 0) AS DOUBLE), 0) AS value,
    COALESCE(order_count.value, 0) AS denominator
  FROM buckets
  LEFT JOIN revenue ON revenue."MONTH" = buckets."MONTH" AND revenue.region IS NOT DISTINCT FROM buckets.region
  LEFT JOIN order_count ON order_count."MONTH" = buckets."MONTH" AND order_count.region IS NOT DISTINCT FROM buckets.region
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'average_order_value' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'average_order_value' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: units_sold
  -- label: "Units sold"
  -- description: "Pieces of all order lines, by the segment that the buyer belongs to."
  -- owner: "finance@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'units_sold' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'units_sold',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '76686586f67ca0bb7b74b1fa2e67072e',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value
FROM (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "MONTH", SUM(quantity) AS value
  FROM order_lines
  WHERE order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to
UNION ALL
SELECT
  b.start_time,
  'units_sold',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON(('{"buyer_segment":' || COALESCE(TO_JSON(TO_VARIANT(n.buyer_segment)), 'null') || '}')),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2(('{"buyer_segment":' || COALESCE(TO_JSON(TO_VARIANT(n.buyer_segment)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '76686586f67ca0bb7b74b1fa2e67072e',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.buyer_segment
FROM (
  SELECT
    CAST(DATE_TRUNC('month', order_lines.order_date) AS DATE) AS "MONTH",
    buyer.segment AS buyer_segment,
    SUM(order_lines.quantity) AS value
  FROM order_lines
  LEFT JOIN customers AS buyer ON order_lines.customer_id = buyer.customer_id
  WHERE order_lines.order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_lines.order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_lines.order_date) AS DATE), buyer.segment
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'units_sold' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'units_sold' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: units_per_order
  -- label: "Units per order"
  -- description: "Pieces by orders."
  -- owner: "finance@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'units_per_order' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'units_per_order',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."TIME" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'aa1a7c144057f00407f2860eb5d21adb',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
WITH units_sold AS (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "MONTH", SUM(quantity) AS value
  FROM order_lines
  WHERE order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
),
order_count AS (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "MONTH", COUNT(*) AS value
  FROM orders
  WHERE order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
),
buckets AS (
  SELECT units_sold."MONTH"
  FROM units_sold
  UNION
  SELECT order_count."MONTH"
  FROM order_count
)
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.denominator
FROM (
  SELECT
    buckets."MONTH",
    CAST(units_sold.value AS DOUBLE) / NULLIF(CAST(COALESCE(order_count.value, 0) AS DOUBLE), 0) AS value,
    COALESCE(order_count.value, 0) AS denominator
  FROM buckets
  LEFT JOIN units_sold ON units_sold."MONTH" = buckets."MONTH"
  LEFT JOIN order_count ON order_count."MONTH" = buckets."MONTH"
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'units_per_order' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'units_per_order' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: buyers
  -- label: "Buyers"
  -- description: "Customers with at least one order in the month."
  -- owner: "growth@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'buyers' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'buyers',
  CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '5c179d29c0e6c83f50359ae21e18e899',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value
FROM (
  SELECT
    CAST(DATE_TRUNC('month', order_date) AS DATE) AS "MONTH",
    COUNT(DISTINCT customer_id) AS value
  FROM orders
  WHERE order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to
UNION ALL
SELECT
  b.start_time,
  'buyers',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON(('{"segment":' || COALESCE(TO_JSON(TO_VARIANT(n.segment)), 'null') || '}')),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2(('{"segment":' || COALESCE(TO_JSON(TO_VARIANT(n.segment)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '5c179d29c0e6c83f50359ae21e18e899',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.segment
FROM (
  SELECT
    CAST(DATE_TRUNC('month', order_date) AS DATE) AS "MONTH",
    segment,
    COUNT(DISTINCT customer_id) AS value
  FROM orders
  WHERE order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE), segment
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'buyers' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'buyers' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: revenue_per_buyer
  -- label: "Revenue per buyer"
  -- description: "Revenue by the customers who ordered."
  -- owner: "growth@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'revenue_per_buyer' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'revenue_per_buyer',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."TIME" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'e6411054a8ed6adb35ce84a3f72b826d',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
WITH revenue AS (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "MONTH", SUM(amount) AS value
  FROM order_lines
  WHERE order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
),
buyers AS (
  SELECT
    CAST(DATE_TRUNC('month', order_date) AS DATE) AS "MONTH",
    COUNT(DISTINCT customer_id) AS value
  FROM orders
  WHERE order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
),
buckets AS (
  SELECT revenue."MONTH"
  FROM revenue
  UNION
  SELECT buyers."MONTH"
  FROM buyers
)
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.denominator
FROM (
  SELECT
    buckets."MONTH",
    CAST(revenue.value AS DOUBLE) / NULLIF(CAST(COALESCE(buyers.value, 0) AS DOUBLE), 0) AS value,
    COALESCE(buyers.value, 0) AS denominator
  FROM buckets
  LEFT JOIN revenue ON revenue."MONTH" = buckets."MONTH"
  LEFT JOIN buyers ON buyers."MONTH" = buckets."MONTH"
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'revenue_per_buyer' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'revenue_per_buyer' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: repeat_orders
  -- label: "Repeat orders"
  -- description: "Orders by customers who had ordered before."
  -- owner: "growth@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'repeat_orders' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'repeat_orders',
  CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '2a69214f74e7289cdbb55e6a2d255fa0',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value
FROM (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "MONTH", COUNT(*) AS value
  FROM orders
  WHERE order_number > 1
    AND order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to
UNION ALL
SELECT
  b.start_time,
  'repeat_orders',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON(('{"region":' || COALESCE(TO_JSON(TO_VARIANT(n.region)), 'null') || '}')),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2(('{"region":' || COALESCE(TO_JSON(TO_VARIANT(n.region)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '2a69214f74e7289cdbb55e6a2d255fa0',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.region
FROM (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "MONTH", region, COUNT(*) AS value
  FROM orders
  WHERE order_number > 1
    AND order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE), region
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'repeat_orders' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'repeat_orders' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: repeat_purchase_rate
  -- label: "Repeat purchase rate"
  -- description: "Share of the orders that came from customers who had ordered before."
  -- owner: "growth@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'repeat_purchase_rate' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'repeat_purchase_rate',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."TIME" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'b9b8502c5a78182a5162dabe54393160',
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
    CAST(DATE_TRUNC('month', order_date) AS DATE) AS "MONTH",
    CAST(COALESCE(COUNT(CASE WHEN order_number > 1 THEN 1 END), 0) AS DOUBLE) / NULLIF(CAST(COALESCE(COUNT(*), 0) AS DOUBLE), 0) AS value,
    COALESCE(COUNT(*), 0) AS denominator
  FROM orders
  WHERE order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to
UNION ALL
SELECT
  b.start_time,
  'repeat_purchase_rate',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON(('{"region":' || COALESCE(TO_JSON(TO_VARIANT(n.region)), 'null') || '}')),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2(('{"region":' || COALESCE(TO_JSON(TO_VARIANT(n.region)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."TIME" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'b9b8502c5a78182a5162dabe54393160',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.region,
  numbers.denominator
FROM (
  SELECT
    CAST(DATE_TRUNC('month', order_date) AS DATE) AS "MONTH",
    region,
    CAST(COALESCE(COUNT(CASE WHEN order_number > 1 THEN 1 END), 0) AS DOUBLE) / NULLIF(CAST(COALESCE(COUNT(*), 0) AS DOUBLE), 0) AS value,
    COALESCE(COUNT(*), 0) AS denominator
  FROM orders
  WHERE order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE), region
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'repeat_purchase_rate' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'repeat_purchase_rate' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: revenue_growth_yoy
  -- label: "Revenue growth on the year before"
  -- description: "Revenue of the month against the same month a year earlier."
  -- owner: "finance@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'revenue_growth_yoy' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'revenue_growth_yoy',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."TIME" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  '649c551b3734e3ad319b9c2b72cd171b',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
WITH revenue AS (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "MONTH", SUM(amount) AS value
  FROM order_lines
  WHERE order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
),
earlier AS (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "MONTH", SUM(amount) AS value
  FROM order_lines
  WHERE order_date >= CAST(DATE_TRUNC('month', CAST(DATEADD(month, -12, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE)) AS DATE)
    AND order_date <= CAST(DATEADD(day, -1, CAST(DATEADD(month, 1, CAST(DATE_TRUNC('month', CAST(DATEADD(month, -12, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE)) AS DATE)) AS DATE)) AS DATE)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
),
revenue_1_year AS (
  SELECT months."MONTH", earlier.value
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
      CAST(DATEADD(month, CAST(10000 * place.n + 1000 * place_2.n + 100 * place_3.n + 10 * place_4.n + place_5.n AS NUMBER(38, 0)), CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE)) AS DATE) AS "MONTH"
    FROM digits AS place
    CROSS JOIN digits AS place_2
    CROSS JOIN digits AS place_3
    CROSS JOIN digits AS place_4
    CROSS JOIN digits AS place_5
    WHERE 10000 * place.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND 1000 * place_2.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND 100 * place_3.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND 10 * place_4.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND place_5.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND CAST(DATEADD(month, CAST(10000 * place.n + 1000 * place_2.n + 100 * place_3.n + 10 * place_4.n + place_5.n AS NUMBER(38, 0)), CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE)) AS DATE) <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  ) AS months
  JOIN earlier ON earlier."MONTH" = CAST(DATE_TRUNC('month', CAST(DATEADD(month, -12, months."MONTH") AS DATE)) AS DATE)
),
buckets AS (
  SELECT revenue."MONTH"
  FROM revenue
  UNION
  SELECT revenue_1_year."MONTH"
  FROM revenue_1_year
)
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.denominator
FROM (
  SELECT
    buckets."MONTH",
    CAST(revenue.value AS DOUBLE) / NULLIF(CAST(CASE WHEN CAST(DATE_TRUNC('month', CAST(DATEADD(month, -12, buckets."MONTH") AS DATE)) AS DATE) >= CAST('2021-01-01' AS DATE) THEN revenue_1_year.value END AS DOUBLE), 0) - 1 AS value,
    CASE WHEN CAST(DATE_TRUNC('month', CAST(DATEADD(month, -12, buckets."MONTH") AS DATE)) AS DATE) >= CAST('2021-01-01' AS DATE) THEN revenue_1_year.value END AS denominator
  FROM buckets
  LEFT JOIN revenue ON revenue."MONTH" = buckets."MONTH"
  LEFT JOIN revenue_1_year ON revenue_1_year."MONTH" = buckets."MONTH"
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'revenue_growth_yoy' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'revenue_growth_yoy' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: mrr
  -- label: "MRR at month's end"
  -- description: "What the subscribers of each month's last day pay a month, from the dates on which they started and ended. All who have left did so on 2024-12-31, the only day that the data knows, so the last month falls steeply."
  -- owner: "finance@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'mrr' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'mrr',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '1ef043cab641c427792b51dbb9acbb20',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value
FROM (
  SELECT months."MONTH", SUM(subscription_terms.amount) AS value
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
      CAST(DATEADD(month, CAST(10000 * place.n + 1000 * place_2.n + 100 * place_3.n + 10 * place_4.n + place_5.n AS NUMBER(38, 0)), CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE)) AS DATE) AS "MONTH"
    FROM digits AS place
    CROSS JOIN digits AS place_2
    CROSS JOIN digits AS place_3
    CROSS JOIN digits AS place_4
    CROSS JOIN digits AS place_5
    WHERE 10000 * place.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND 1000 * place_2.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND 100 * place_3.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND 10 * place_4.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND place_5.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND CAST(DATEADD(month, CAST(10000 * place.n + 1000 * place_2.n + 100 * place_3.n + 10 * place_4.n + place_5.n AS NUMBER(38, 0)), CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE)) AS DATE) <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  ) AS months
  JOIN subscriptions AS subscription_terms ON subscription_terms.started_at <= LEAST_IGNORE_NULLS(CAST(DATEADD(day, -1, CAST(DATEADD(month, 1, months."MONTH") AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AND (subscription_terms.ended_at IS NULL OR subscription_terms.ended_at > LEAST_IGNORE_NULLS(CAST(DATEADD(day, -1, CAST(DATEADD(month, 1, months."MONTH") AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)))
  GROUP BY months."MONTH"
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to
UNION ALL
SELECT
  b.start_time,
  'mrr',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON(('{"contract":' || COALESCE(TO_JSON(TO_VARIANT(n.contract)), 'null') || '}')),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2(('{"contract":' || COALESCE(TO_JSON(TO_VARIANT(n.contract)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '1ef043cab641c427792b51dbb9acbb20',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.contract
FROM (
  SELECT months."MONTH", subscription_terms.contract, SUM(subscription_terms.amount) AS value
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
      CAST(DATEADD(month, CAST(10000 * place.n + 1000 * place_2.n + 100 * place_3.n + 10 * place_4.n + place_5.n AS NUMBER(38, 0)), CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE)) AS DATE) AS "MONTH"
    FROM digits AS place
    CROSS JOIN digits AS place_2
    CROSS JOIN digits AS place_3
    CROSS JOIN digits AS place_4
    CROSS JOIN digits AS place_5
    WHERE 10000 * place.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND 1000 * place_2.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND 100 * place_3.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND 10 * place_4.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND place_5.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND CAST(DATEADD(month, CAST(10000 * place.n + 1000 * place_2.n + 100 * place_3.n + 10 * place_4.n + place_5.n AS NUMBER(38, 0)), CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE)) AS DATE) <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  ) AS months
  JOIN subscriptions AS subscription_terms ON subscription_terms.started_at <= LEAST_IGNORE_NULLS(CAST(DATEADD(day, -1, CAST(DATEADD(month, 1, months."MONTH") AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AND (subscription_terms.ended_at IS NULL OR subscription_terms.ended_at > LEAST_IGNORE_NULLS(CAST(DATEADD(day, -1, CAST(DATEADD(month, 1, months."MONTH") AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)))
  GROUP BY months."MONTH", subscription_terms.contract
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'mrr' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'mrr' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: active_subscribers
  -- label: "Active subscribers"
  -- description: "Subscribers on each month's last day."
  -- owner: "growth@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'active_subscribers' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'active_subscribers',
  CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '0c0bf7ab86ca91835dd33a6207fb7e44',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value
FROM (
  SELECT months."MONTH", COUNT(*) AS value
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
      CAST(DATEADD(month, CAST(10000 * place.n + 1000 * place_2.n + 100 * place_3.n + 10 * place_4.n + place_5.n AS NUMBER(38, 0)), CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE)) AS DATE) AS "MONTH"
    FROM digits AS place
    CROSS JOIN digits AS place_2
    CROSS JOIN digits AS place_3
    CROSS JOIN digits AS place_4
    CROSS JOIN digits AS place_5
    WHERE 10000 * place.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND 1000 * place_2.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND 100 * place_3.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND 10 * place_4.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND place_5.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND CAST(DATEADD(month, CAST(10000 * place.n + 1000 * place_2.n + 100 * place_3.n + 10 * place_4.n + place_5.n AS NUMBER(38, 0)), CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE)) AS DATE) <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  ) AS months
  JOIN subscriptions AS subscription_terms ON subscription_terms.started_at <= LEAST_IGNORE_NULLS(CAST(DATEADD(day, -1, CAST(DATEADD(month, 1, months."MONTH") AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AND (subscription_terms.ended_at IS NULL OR subscription_terms.ended_at > LEAST_IGNORE_NULLS(CAST(DATEADD(day, -1, CAST(DATEADD(month, 1, months."MONTH") AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)))
  GROUP BY months."MONTH"
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to
UNION ALL
SELECT
  b.start_time,
  'active_subscribers',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON(('{"contract":' || COALESCE(TO_JSON(TO_VARIANT(n.contract)), 'null') || '}')),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2(('{"contract":' || COALESCE(TO_JSON(TO_VARIANT(n.contract)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '0c0bf7ab86ca91835dd33a6207fb7e44',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.contract
FROM (
  SELECT months."MONTH", subscription_terms.contract, COUNT(*) AS value
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
      CAST(DATEADD(month, CAST(10000 * place.n + 1000 * place_2.n + 100 * place_3.n + 10 * place_4.n + place_5.n AS NUMBER(38, 0)), CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE)) AS DATE) AS "MONTH"
    FROM digits AS place
    CROSS JOIN digits AS place_2
    CROSS JOIN digits AS place_3
    CROSS JOIN digits AS place_4
    CROSS JOIN digits AS place_5
    WHERE 10000 * place.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND 1000 * place_2.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND 100 * place_3.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND 10 * place_4.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND place_5.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND CAST(DATEADD(month, CAST(10000 * place.n + 1000 * place_2.n + 100 * place_3.n + 10 * place_4.n + place_5.n AS NUMBER(38, 0)), CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE)) AS DATE) <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  ) AS months
  JOIN subscriptions AS subscription_terms ON subscription_terms.started_at <= LEAST_IGNORE_NULLS(CAST(DATEADD(day, -1, CAST(DATEADD(month, 1, months."MONTH") AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AND (subscription_terms.ended_at IS NULL OR subscription_terms.ended_at > LEAST_IGNORE_NULLS(CAST(DATEADD(day, -1, CAST(DATEADD(month, 1, months."MONTH") AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)))
  GROUP BY months."MONTH", subscription_terms.contract
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'active_subscribers' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'active_subscribers' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: new_subscribers
  -- label: "New subscribers"
  -- description: "Subscriptions that started in the month."
  -- owner: "growth@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'new_subscribers' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'new_subscribers',
  CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."TIME" IS NOT NULL THEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'a8c03222019bd1c2b86e939d326cf157',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value
FROM (
  SELECT CAST(DATE_TRUNC('month', started_at) AS DATE) AS "MONTH", COUNT(*) AS value
  FROM subscriptions AS subscription_starts
  WHERE started_at >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND started_at <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', started_at) AS DATE)
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to
UNION ALL
SELECT
  b.start_time,
  'new_subscribers',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON(('{"contract":' || COALESCE(TO_JSON(TO_VARIANT(n.contract)), 'null') || '}')),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2(('{"contract":' || COALESCE(TO_JSON(TO_VARIANT(n.contract)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'a8c03222019bd1c2b86e939d326cf157',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.contract
FROM (
  SELECT CAST(DATE_TRUNC('month', started_at) AS DATE) AS "MONTH", contract, COUNT(*) AS value
  FROM subscriptions AS subscription_starts
  WHERE started_at >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND started_at <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', started_at) AS DATE), contract
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'new_subscribers' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'new_subscribers' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: arpu
  -- label: "Revenue per subscriber"
  -- description: "MRR by active subscribers."
  -- owner: "finance@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'arpu' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'arpu',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."TIME" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  '14bc111b3391fc5c541ec4e0c993f300',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
WITH mrr AS (
  SELECT months."MONTH", SUM(subscription_terms.amount) AS value
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
      CAST(DATEADD(month, CAST(10000 * place.n + 1000 * place_2.n + 100 * place_3.n + 10 * place_4.n + place_5.n AS NUMBER(38, 0)), CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE)) AS DATE) AS "MONTH"
    FROM digits AS place
    CROSS JOIN digits AS place_2
    CROSS JOIN digits AS place_3
    CROSS JOIN digits AS place_4
    CROSS JOIN digits AS place_5
    WHERE 10000 * place.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND 1000 * place_2.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND 100 * place_3.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND 10 * place_4.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND place_5.n <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND CAST(DATEADD(month, CAST(10000 * place.n + 1000 * place_2.n + 100 * place_3.n + 10 * place_4.n + place_5.n AS NUMBER(38, 0)), CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE)) AS DATE) <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  ) AS months
  JOIN subscriptions AS subscription_terms ON subscription_terms.started_at <= LEAST_IGNORE_NULLS(CAST(DATEADD(day, -1, CAST(DATEADD(month, 1, months."MONTH") AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AND (subscription_terms.ended_at IS NULL OR subscription_terms.ended_at > LEAST_IGNORE_NULLS(CAST(DATEADD(day, -1, CAST(DATEADD(month, 1, months."MONTH") AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)))
  GROUP BY months."MONTH"
),
active_subscribers AS (
  SELECT months_2."MONTH", COUNT(*) AS value
  FROM (
    WITH digits_2 AS (
      SELECT 0 AS n_2
      UNION ALL
      SELECT 1 AS n_2
      UNION ALL
      SELECT 2 AS n_2
      UNION ALL
      SELECT 3 AS n_2
      UNION ALL
      SELECT 4 AS n_2
      UNION ALL
      SELECT 5 AS n_2
      UNION ALL
      SELECT 6 AS n_2
      UNION ALL
      SELECT 7 AS n_2
      UNION ALL
      SELECT 8 AS n_2
      UNION ALL
      SELECT 9 AS n_2
    )
    SELECT
      CAST(DATEADD(month, CAST(10000 * place_6.n_2 + 1000 * place_7.n_2 + 100 * place_8.n_2 + 10 * place_9.n_2 + place_10.n_2 AS NUMBER(38, 0)), CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE)) AS DATE) AS "MONTH"
    FROM digits_2 AS place_6
    CROSS JOIN digits_2 AS place_7
    CROSS JOIN digits_2 AS place_8
    CROSS JOIN digits_2 AS place_9
    CROSS JOIN digits_2 AS place_10
    WHERE 10000 * place_6.n_2 <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND 1000 * place_7.n_2 <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND 100 * place_8.n_2 <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND 10 * place_9.n_2 <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND place_10.n_2 <= CAST((DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) - MOD(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)), 28)) / 28 AS NUMBER(38, 0)) + 1
      AND CAST(DATEADD(month, CAST(10000 * place_6.n_2 + 1000 * place_7.n_2 + 100 * place_8.n_2 + 10 * place_9.n_2 + place_10.n_2 AS NUMBER(38, 0)), CAST(DATE_TRUNC('month', CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE)) AS DATE) <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  ) AS months_2
  JOIN subscriptions AS subscription_terms ON subscription_terms.started_at <= LEAST_IGNORE_NULLS(CAST(DATEADD(day, -1, CAST(DATEADD(month, 1, months_2."MONTH") AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AND (subscription_terms.ended_at IS NULL OR subscription_terms.ended_at > LEAST_IGNORE_NULLS(CAST(DATEADD(day, -1, CAST(DATEADD(month, 1, months_2."MONTH") AS DATE)) AS DATE), CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)))
  GROUP BY months_2."MONTH"
),
buckets AS (
  SELECT mrr."MONTH"
  FROM mrr
  UNION
  SELECT active_subscribers."MONTH"
  FROM active_subscribers
)
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.denominator
FROM (
  SELECT
    buckets."MONTH",
    CAST(mrr.value AS DOUBLE) / NULLIF(CAST(COALESCE(active_subscribers.value, 0) AS DOUBLE), 0) AS value,
    COALESCE(active_subscribers.value, 0) AS denominator
  FROM buckets
  LEFT JOIN mrr ON mrr."MONTH" = buckets."MONTH"
  LEFT JOIN active_subscribers ON active_subscribers."MONTH" = buckets."MONTH"
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'arpu' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'arpu' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: monthly_revenue_growth
  -- label: "Revenue growth on the month before"
  -- description: "Growth of completed transactions in percent, with the month's revenue and customers beside it."
  -- owner: "finance@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_now;
  kpictl_as_of := kpictl_now;
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'monthly_revenue_growth' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_until;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'monthly_revenue_growth',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'bbd20f0d740204ff3b4cb0612f3e14f2',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.revenue,
  numbers.customers
FROM (
  SELECT
    CAST(DATE_TRUNC('month', result."TIME") AS DATE) AS "MONTH",
    result.value,
    result.revenue,
    result.customers
  FROM (
    WITH monthly_revenue AS (
      SELECT
        CAST(DATE_TRUNC('month', transactions.created_at) AS DATE) AS "MONTH",
        SUM(transactions.amount) AS revenue,
        COUNT(DISTINCT transactions.user_id) AS customers
      FROM transactions
      WHERE transactions.status = 'completed'
        AND transactions.created_at <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
      GROUP BY CAST(DATE_TRUNC('month', transactions.created_at) AS DATE)
    ),
    growth_calculation AS (
      SELECT
        monthly_revenue."MONTH",
        monthly_revenue.revenue,
        monthly_revenue.customers,
        LAG(monthly_revenue.revenue, 1) OVER (ORDER BY monthly_revenue."MONTH") AS prev_revenue,
        CAST(monthly_revenue.revenue - LAG(monthly_revenue.revenue, 1) OVER (ORDER BY monthly_revenue."MONTH") AS DOUBLE) / NULLIF(CAST(LAG(monthly_revenue.revenue, 1) OVER (ORDER BY monthly_revenue."MONTH") AS DOUBLE), 0) * 100 AS growth_rate
      FROM monthly_revenue
    )
    SELECT
      growth_calculation."MONTH" AS "TIME",
      growth_calculation.growth_rate AS value,
      growth_calculation.revenue,
      growth_calculation.customers
    FROM growth_calculation
    WHERE growth_calculation.growth_rate IS NOT NULL
  ) AS result
  WHERE result."TIME" >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND result."TIME" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_until;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'monthly_revenue_growth' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_until GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'monthly_revenue_growth' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: days_to_ship
  -- label: "Days to ship"
  -- description: "Average days from order to shipment, of the orders that were shipped in the month."
  -- owner: "platform@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'days_to_ship' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'days_to_ship',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '1126f54d1db0e374d4fc2ac6cde52f46',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value
FROM (
  SELECT
    CAST(DATE_TRUNC('month', ship_date) AS DATE) AS "MONTH",
    CAST(SUM(days_to_ship) AS DOUBLE) / NULLIF(CAST(COUNT(days_to_ship) AS DOUBLE), 0) AS value
  FROM orders
  WHERE ship_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND ship_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', ship_date) AS DATE)
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to
UNION ALL
SELECT
  b.start_time,
  'days_to_ship',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON(('{"ship_mode":' || COALESCE(TO_JSON(TO_VARIANT(n.ship_mode)), 'null') || '}')),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2(('{"ship_mode":' || COALESCE(TO_JSON(TO_VARIANT(n.ship_mode)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '1126f54d1db0e374d4fc2ac6cde52f46',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.ship_mode
FROM (
  SELECT
    CAST(DATE_TRUNC('month', ship_date) AS DATE) AS "MONTH",
    ship_mode,
    CAST(SUM(days_to_ship) AS DOUBLE) / NULLIF(CAST(COUNT(days_to_ship) AS DOUBLE), 0) AS value
  FROM orders
  WHERE ship_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND ship_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', ship_date) AS DATE), ship_mode
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'days_to_ship' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'days_to_ship' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);

  -- kpi: days_to_ship_p95
  -- label: "Days to ship, slowest 5 %"
  -- description: "95 of 100 orders that were shipped in the month took no longer."
  -- owner: "platform@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := (SELECT DATEADD(microsecond, -1, :kpictl_to));
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'days_to_ship_p95' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to;
  INSERT INTO kpi_metrics ("TIME", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'days_to_ship_p95',
  CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n.value AS FLOAT) NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN CAST(n.value AS FLOAT) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '49ab062c0c23a2b23af1744b75d7dee3',
  :kpictl_run_id,
  :kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value
FROM (
  SELECT
    CAST(DATE_TRUNC('month', placed.ship_date) AS DATE) AS "MONTH",
    SUM(CASE WHEN placed.place = CAST(((placed.size + (-1)) * 19 - MOD((placed.size + (-1)) * 19, 20)) / 20 AS NUMBER(38, 0)) + 1 THEN placed.measured * (1 - CAST(MOD((placed.size + (-1)) * 19, NULLIF(20, 0)) AS DOUBLE) / CAST(20 AS DOUBLE)) WHEN placed.place = CAST(((placed.size + (-1)) * 19 - MOD((placed.size + (-1)) * 19, 20)) / 20 AS NUMBER(38, 0)) + 2 THEN placed.measured * (CAST(MOD((placed.size + (-1)) * 19, NULLIF(20, 0)) AS DOUBLE) / CAST(20 AS DOUBLE)) END) AS value
  FROM (
    SELECT
      ship_date,
      days_to_ship,
      CAST(days_to_ship AS DOUBLE) AS measured,
      ROW_NUMBER() OVER (PARTITION BY CAST(DATE_TRUNC('month', ship_date) AS DATE) ORDER BY CAST(days_to_ship AS DOUBLE)) AS place,
      COUNT(CAST(days_to_ship AS DOUBLE)) OVER (PARTITION BY CAST(DATE_TRUNC('month', ship_date) AS DATE)) AS size
    FROM orders
    WHERE ship_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_from AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
      AND ship_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(:kpictl_to AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  ) AS placed
  GROUP BY CAST(DATE_TRUNC('month', placed.ship_date) AS DATE)
) AS numbers
) AS n ON n."TIME" = b.start_time
WHERE b.start_time >= :kpictl_from AND b.start_time < :kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'days_to_ship_p95' AND grain = 'month' AND "TIME" >= :kpictl_from AND "TIME" < :kpictl_to GROUP BY "TIME", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF (kpictl_twice > 0) THEN
    RAISE two_rows;
  END IF;
  COMMIT;
  DELETE FROM kpi_metrics WHERE kpi_name = 'days_to_ship_p95' AND "TIME" < CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(CAST(DATEADD(day, -1826, CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(:kpictl_known_at AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)) AS DATE) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ);
  RETURN kpictl_run_id;
EXCEPTION
  WHEN OTHER THEN
    ROLLBACK;
    RAISE;
END;
$$;
