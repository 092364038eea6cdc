-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit redshift --target prod --out examples/nexpo/deploy/redshift
-- job: monthly-1-0500, "0 5 1 * *"
-- Without a range it computes what has ended and may have changed; the same range again leaves the same rows.
CREATE OR REPLACE PROCEDURE kpi_monthly_1_0500(run_from TIMESTAMPTZ, run_to TIMESTAMPTZ)
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

  -- Buckets: month
  kpictl_until := (SELECT TIMEZONE('Europe/Berlin', CAST(CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_now AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP)));
  kpictl_back := (SELECT TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(month, -1, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_until AS TIMESTAMPTZ)) AS DATE)) AS DATE)) AS DATE) AS TIMESTAMP)));
  kpictl_last := (SELECT MIN(last_time) FROM (SELECT MAX("time") AS last_time FROM kpi_metrics WHERE grain = 'month' AND kpi_name IN ('advertising_spend', 'revenue', 'return_on_ad_spend', 'gross_profit', 'gross_margin', 'discounted_revenue', 'discounted_share', 'order_count', 'average_order_value', 'units_sold', 'units_per_order', 'buyers', 'revenue_per_buyer', 'repeat_orders', 'repeat_purchase_rate', 'revenue_growth_yoy', 'mrr', 'active_subscribers', 'new_subscribers', 'arpu', 'monthly_revenue_growth', 'days_to_ship', 'days_to_ship_p95') GROUP BY kpi_name) AS known);
  kpictl_since := COALESCE(run_from, CASE WHEN kpictl_last < kpictl_back THEN kpictl_last ELSE kpictl_back END);
  kpictl_since := (SELECT TIMEZONE('Europe/Berlin', CAST(CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_since AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP)));
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
  COALESCE(LPAD(CAST(CAST(DATE_PART(year, calendar_buckets.key_of) AS INTEGER) AS VARCHAR(65535)), 4, '0'), '') || '-' || COALESCE(LPAD(CAST(CAST(DATE_PART(month, calendar_buckets.key_of) AS INTEGER) AS VARCHAR(65535)), 2, '0'), '') AS bucket
FROM (
  SELECT
    CAST(DATEADD(month, CAST(10000 * CAST(place.n AS DECIMAL(38, 0)) + 1000 * CAST(place_2.n AS DECIMAL(38, 0)) + 100 * CAST(place_3.n AS DECIMAL(38, 0)) + 10 * CAST(place_4.n AS DECIMAL(38, 0)) + place_5.n AS BIGINT), CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_since AS TIMESTAMPTZ)) AS DATE)) AS DATE)) AS DATE) AS key_of
  FROM digits AS place
  CROSS JOIN digits AS place_2
  CROSS JOIN digits AS place_3
  CROSS JOIN digits AS place_4
  CROSS JOIN digits AS place_5
  WHERE 10000 * CAST(place.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_since AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_until AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
    AND 1000 * CAST(place_2.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_since AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_until AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
    AND 100 * CAST(place_3.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_since AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_until AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
    AND 10 * CAST(place_4.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_since AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_until AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
    AND place_5.n <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_since AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_until AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
    AND CAST(DATEADD(month, CAST(10000 * CAST(place.n AS DECIMAL(38, 0)) + 1000 * CAST(place_2.n AS DECIMAL(38, 0)) + 100 * CAST(place_3.n AS DECIMAL(38, 0)) + 10 * CAST(place_4.n AS DECIMAL(38, 0)) + place_5.n AS BIGINT), CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_since AS TIMESTAMPTZ)) AS DATE)) AS DATE)) AS DATE) <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_until AS TIMESTAMPTZ))))) AS DATE)
) AS calendar_buckets;

  -- kpi: advertising_spend
  -- label: "Advertising (invented spend)"
  -- description: "Advertising by month and channel. The spend is invented."
  -- owner: "growth@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'advertising_spend' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'advertising_spend',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '8bd8ab82938d4a95e29149f5f3c44c07',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time", numbers."value"
FROM (
  SELECT CAST(DATE_TRUNC('month', "month") AS DATE) AS "month", SUM(spend) AS "value"
  FROM ad_spend
  WHERE "month" >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND "month" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', "month") AS DATE)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'advertising_spend',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE(('{"channel":' || COALESCE(JSON_SERIALIZE(CAST(n.channel AS SUPER)), 'null') || '}')),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2(('{"channel":' || COALESCE(JSON_SERIALIZE(CAST(n.channel AS SUPER)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '8bd8ab82938d4a95e29149f5f3c44c07',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.channel
FROM (
  SELECT CAST(DATE_TRUNC('month', "month") AS DATE) AS "month", channel, SUM(spend) AS "value"
  FROM ad_spend
  WHERE "month" >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND "month" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', "month") AS DATE), channel, LEN(channel)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'advertising_spend' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of advertising_spend';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'advertising_spend' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: revenue
  -- label: "Revenue"
  -- description: "Sales of all order lines, by the month in which they were ordered."
  -- owner: "finance@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'revenue' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'revenue',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'a8aae27d487181c13f9210d7d519edd1',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time", numbers."value"
FROM (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "month", SUM(amount) AS "value"
  FROM order_lines
  WHERE order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'revenue',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE(('{"category":' || COALESCE(JSON_SERIALIZE(CAST(n.category AS SUPER)), 'null') || ',"region":' || COALESCE(JSON_SERIALIZE(CAST(n.region AS SUPER)), 'null') || '}')),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2(('{"category":' || COALESCE(JSON_SERIALIZE(CAST(n.category AS SUPER)), 'null') || ',"region":' || COALESCE(JSON_SERIALIZE(CAST(n.region AS SUPER)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'a8aae27d487181c13f9210d7d519edd1',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.region,
  numbers.category
FROM (
  SELECT
    CAST(DATE_TRUNC('month', order_date) AS DATE) AS "month",
    region,
    category,
    SUM(amount) AS "value"
  FROM order_lines
  WHERE order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE), region, category, LEN(region), LEN(category)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'revenue' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of revenue';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'revenue' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: return_on_ad_spend
  -- label: "Return on advertising (invented spend)"
  -- description: "Revenue by advertising. The spend is invented."
  -- owner: "growth@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'return_on_ad_spend' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'return_on_ad_spend',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."time" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  '62792c2144bcfcbc393a3b3edee1e65d',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
WITH revenue AS (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "month", SUM(amount) AS "value"
  FROM order_lines
  WHERE order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
),
advertising_spend AS (
  SELECT CAST(DATE_TRUNC('month', "month") AS DATE) AS "month", SUM(spend) AS "value"
  FROM ad_spend
  WHERE "month" >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND "month" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', "month") AS DATE)
),
buckets AS (
  SELECT revenue."month"
  FROM revenue
  UNION
  SELECT advertising_spend."month"
  FROM advertising_spend
)
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.denominator
FROM (
  SELECT
    buckets."month",
    CAST(revenue."value" AS DOUBLE PRECISION) / NULLIF(CAST(advertising_spend."value" AS DOUBLE PRECISION), 0) AS "value",
    advertising_spend."value" AS denominator
  FROM buckets
  LEFT JOIN revenue ON revenue."month" = buckets."month"
  LEFT JOIN advertising_spend ON advertising_spend."month" = buckets."month"
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'return_on_ad_spend' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of return_on_ad_spend';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'return_on_ad_spend' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: gross_profit
  -- label: "Gross profit"
  -- description: "Profit of all order lines as the data states it."
  -- owner: "finance@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'gross_profit' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'gross_profit',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '21b509bd549e7a9c85d606fcd24c9724',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time", numbers."value"
FROM (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "month", SUM(profit) AS "value"
  FROM order_lines
  WHERE order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'gross_profit',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE(('{"category":' || COALESCE(JSON_SERIALIZE(CAST(n.category AS SUPER)), 'null') || ',"region":' || COALESCE(JSON_SERIALIZE(CAST(n.region AS SUPER)), 'null') || '}')),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2(('{"category":' || COALESCE(JSON_SERIALIZE(CAST(n.category AS SUPER)), 'null') || ',"region":' || COALESCE(JSON_SERIALIZE(CAST(n.region AS SUPER)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '21b509bd549e7a9c85d606fcd24c9724',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.region,
  numbers.category
FROM (
  SELECT
    CAST(DATE_TRUNC('month', order_date) AS DATE) AS "month",
    region,
    category,
    SUM(profit) AS "value"
  FROM order_lines
  WHERE order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE), region, category, LEN(region), LEN(category)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'gross_profit' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of gross_profit';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'gross_profit' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: gross_margin
  -- label: "Gross margin"
  -- description: "Gross profit as a share of revenue."
  -- owner: "finance@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'gross_margin' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'gross_margin',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."time" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'd81f4b43f9094b3c12011113c70575df',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.denominator
FROM (
  SELECT
    CAST(DATE_TRUNC('month', order_date) AS DATE) AS "month",
    CAST(SUM(profit) AS DOUBLE PRECISION) / NULLIF(CAST(SUM(amount) AS DOUBLE PRECISION), 0) AS "value",
    SUM(amount) AS denominator
  FROM order_lines
  WHERE order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'gross_margin',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE(('{"category":' || COALESCE(JSON_SERIALIZE(CAST(n.category AS SUPER)), 'null') || ',"region":' || COALESCE(JSON_SERIALIZE(CAST(n.region AS SUPER)), 'null') || '}')),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2(('{"category":' || COALESCE(JSON_SERIALIZE(CAST(n.category AS SUPER)), 'null') || ',"region":' || COALESCE(JSON_SERIALIZE(CAST(n.region AS SUPER)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."time" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'd81f4b43f9094b3c12011113c70575df',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.region,
  numbers.category,
  numbers.denominator
FROM (
  SELECT
    CAST(DATE_TRUNC('month', order_date) AS DATE) AS "month",
    region,
    category,
    CAST(SUM(profit) AS DOUBLE PRECISION) / NULLIF(CAST(SUM(amount) AS DOUBLE PRECISION), 0) AS "value",
    SUM(amount) AS denominator
  FROM order_lines
  WHERE order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE), region, category, LEN(region), LEN(category)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'gross_margin' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of gross_margin';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'gross_margin' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: discounted_revenue
  -- label: "Discounted revenue"
  -- description: "Sales of the order lines that were sold at a discount."
  -- owner: "finance@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'discounted_revenue' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'discounted_revenue',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '82c5a13ad0b8263007abbf646db61307',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time", numbers."value"
FROM (
  SELECT
    CAST(DATE_TRUNC('month', order_date) AS DATE) AS "month",
    SUM(CASE WHEN discount > 0 THEN amount END) AS "value"
  FROM order_lines
  WHERE order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'discounted_revenue',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE(('{"category":' || COALESCE(JSON_SERIALIZE(CAST(n.category AS SUPER)), 'null') || ',"region":' || COALESCE(JSON_SERIALIZE(CAST(n.region AS SUPER)), 'null') || '}')),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2(('{"category":' || COALESCE(JSON_SERIALIZE(CAST(n.category AS SUPER)), 'null') || ',"region":' || COALESCE(JSON_SERIALIZE(CAST(n.region AS SUPER)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '82c5a13ad0b8263007abbf646db61307',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.region,
  numbers.category
FROM (
  SELECT
    CAST(DATE_TRUNC('month', order_date) AS DATE) AS "month",
    region,
    category,
    SUM(CASE WHEN discount > 0 THEN amount END) AS "value"
  FROM order_lines
  WHERE order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE), region, category, LEN(region), LEN(category)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'discounted_revenue' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of discounted_revenue';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'discounted_revenue' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: discounted_share
  -- label: "Share sold at a discount"
  -- description: "Discounted revenue as a share of revenue."
  -- owner: "finance@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'discounted_share' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'discounted_share',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."time" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  '450349ed0ee113f6eb23c7f2656a69a1',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.denominator
FROM (
  SELECT
    CAST(DATE_TRUNC('month', order_date) AS DATE) AS "month",
    CAST(SUM(CASE WHEN discount > 0 THEN amount END) AS DOUBLE PRECISION) / NULLIF(CAST(SUM(amount) AS DOUBLE PRECISION), 0) AS "value",
    SUM(amount) AS denominator
  FROM order_lines
  WHERE order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'discounted_share' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of discounted_share';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'discounted_share' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: order_count
  -- label: "Orders"
  -- description: "Orders placed in the month."
  -- owner: "finance@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'order_count' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'order_count',
  CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'f8fcdb5c612a37a517c6b881f4d5d95d',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time", numbers."value"
FROM (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "month", COUNT(*) AS "value"
  FROM orders
  WHERE order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'order_count',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE(('{"region":' || COALESCE(JSON_SERIALIZE(CAST(n.region AS SUPER)), 'null') || '}')),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2(('{"region":' || COALESCE(JSON_SERIALIZE(CAST(n.region AS SUPER)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'f8fcdb5c612a37a517c6b881f4d5d95d',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.region
FROM (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "month", region, COUNT(*) AS "value"
  FROM orders
  WHERE order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE), region, LEN(region)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'order_count' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of order_count';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'order_count' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: average_order_value
  -- label: "Average order value"
  -- description: "Revenue by orders."
  -- owner: "finance@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'average_order_value' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'average_order_value',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."time" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  '23311ba39541612fbd32106465cbda6d',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
WITH revenue AS (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "month", SUM(amount) AS "value"
  FROM order_lines
  WHERE order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
),
order_count AS (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "month", COUNT(*) AS "value"
  FROM orders
  WHERE order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
),
buckets AS (
  SELECT revenue."month"
  FROM revenue
  UNION
  SELECT order_count."month"
  FROM order_count
)
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.denominator
FROM (
  SELECT
    buckets."month",
    CAST(revenue."value" AS DOUBLE PRECISION) / NULLIF(CAST(COALESCE(order_count."value", 0) AS DOUBLE PRECISION), 0) AS "value",
    COALESCE(order_count."value", 0) AS denominator
  FROM buckets
  LEFT JOIN revenue ON revenue."month" = buckets."month"
  LEFT JOIN order_count ON order_count."month" = buckets."month"
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'average_order_value',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE(('{"region":' || COALESCE(JSON_SERIALIZE(CAST(n.region AS SUPER)), 'null') || '}')),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2(('{"region":' || COALESCE(JSON_SERIALIZE(CAST(n.region AS SUPER)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."time" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  '23311ba39541612fbd32106465cbda6d',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
WITH revenue AS (
  SELECT
    CAST(DATE_TRUNC('month', order_date) AS DATE) AS "month",
    region,
    SUM(amount) AS "value"
  FROM order_lines
  WHERE order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE), region, LEN(region)
),
order_count AS (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "month", region, COUNT(*) AS "value"
  FROM orders
  WHERE order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE), region, LEN(region)
),
buckets AS (
  SELECT texts."month", LEFT(texts.region, CAST(LEN(texts.region) - 1 AS INTEGER)) AS region
  FROM (
    SELECT revenue."month", revenue.region || CHR(1) AS region
    FROM revenue
    UNION
    SELECT order_count."month", order_count.region || CHR(1) AS region
    FROM order_count
  ) AS texts
)
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.region,
  numbers.denominator
FROM (
  SELECT
    buckets."month",
    buckets.region,
    CAST(revenue."value" AS DOUBLE PRECISION) / NULLIF(CAST(COALESCE(order_count."value", 0) AS DOUBLE PRECISION), 0) AS "value",
    COALESCE(order_count."value", 0) AS denominator
  FROM buckets
  LEFT JOIN revenue ON revenue."month" = buckets."month" AND COALESCE(revenue.region || CHR(1) = buckets.region || CHR(1), revenue.region || CHR(1) IS NULL AND buckets.region || CHR(1) IS NULL)
  LEFT JOIN order_count ON order_count."month" = buckets."month" AND COALESCE(order_count.region || CHR(1) = buckets.region || CHR(1), order_count.region || CHR(1) IS NULL AND buckets.region || CHR(1) IS NULL)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'average_order_value' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of average_order_value';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'average_order_value' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: units_sold
  -- label: "Units sold"
  -- description: "Pieces of all order lines, by the segment that the buyer belongs to."
  -- owner: "finance@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'units_sold' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'units_sold',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '76686586f67ca0bb7b74b1fa2e67072e',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time", numbers."value"
FROM (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "month", SUM(quantity) AS "value"
  FROM order_lines
  WHERE order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'units_sold',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE(('{"buyer_segment":' || COALESCE(JSON_SERIALIZE(CAST(n.buyer_segment AS SUPER)), 'null') || '}')),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2(('{"buyer_segment":' || COALESCE(JSON_SERIALIZE(CAST(n.buyer_segment AS SUPER)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '76686586f67ca0bb7b74b1fa2e67072e',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.buyer_segment
FROM (
  SELECT
    CAST(DATE_TRUNC('month', order_lines.order_date) AS DATE) AS "month",
    buyer.segment AS buyer_segment,
    SUM(order_lines.quantity) AS "value"
  FROM order_lines
  LEFT JOIN customers AS buyer ON order_lines.customer_id = buyer.customer_id AND LEN(order_lines.customer_id) = LEN(buyer.customer_id)
  WHERE order_lines.order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND order_lines.order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_lines.order_date) AS DATE), buyer.segment, LEN(buyer.segment)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'units_sold' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of units_sold';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'units_sold' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: units_per_order
  -- label: "Units per order"
  -- description: "Pieces by orders."
  -- owner: "finance@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'units_per_order' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'units_per_order',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."time" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'aa1a7c144057f00407f2860eb5d21adb',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
WITH units_sold AS (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "month", SUM(quantity) AS "value"
  FROM order_lines
  WHERE order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
),
order_count AS (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "month", COUNT(*) AS "value"
  FROM orders
  WHERE order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
),
buckets AS (
  SELECT units_sold."month"
  FROM units_sold
  UNION
  SELECT order_count."month"
  FROM order_count
)
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.denominator
FROM (
  SELECT
    buckets."month",
    CAST(units_sold."value" AS DOUBLE PRECISION) / NULLIF(CAST(COALESCE(order_count."value", 0) AS DOUBLE PRECISION), 0) AS "value",
    COALESCE(order_count."value", 0) AS denominator
  FROM buckets
  LEFT JOIN units_sold ON units_sold."month" = buckets."month"
  LEFT JOIN order_count ON order_count."month" = buckets."month"
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'units_per_order' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of units_per_order';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'units_per_order' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: buyers
  -- label: "Buyers"
  -- description: "Customers with at least one order in the month."
  -- owner: "growth@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'buyers' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'buyers',
  CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '5c179d29c0e6c83f50359ae21e18e899',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time", numbers."value"
FROM (
  SELECT
    CAST(DATE_TRUNC('month', order_date) AS DATE) AS "month",
    COUNT(DISTINCT customer_id || CHR(1)) AS "value"
  FROM orders
  WHERE order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'buyers',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE(('{"segment":' || COALESCE(JSON_SERIALIZE(CAST(n.segment AS SUPER)), 'null') || '}')),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2(('{"segment":' || COALESCE(JSON_SERIALIZE(CAST(n.segment AS SUPER)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '5c179d29c0e6c83f50359ae21e18e899',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.segment
FROM (
  SELECT
    CAST(DATE_TRUNC('month', order_date) AS DATE) AS "month",
    segment,
    COUNT(DISTINCT customer_id || CHR(1)) AS "value"
  FROM orders
  WHERE order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE), segment, LEN(segment)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'buyers' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of buyers';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'buyers' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: revenue_per_buyer
  -- label: "Revenue per buyer"
  -- description: "Revenue by the customers who ordered."
  -- owner: "growth@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'revenue_per_buyer' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'revenue_per_buyer',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."time" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'e6411054a8ed6adb35ce84a3f72b826d',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
WITH revenue AS (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "month", SUM(amount) AS "value"
  FROM order_lines
  WHERE order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
),
buyers AS (
  SELECT
    CAST(DATE_TRUNC('month', order_date) AS DATE) AS "month",
    COUNT(DISTINCT customer_id || CHR(1)) AS "value"
  FROM orders
  WHERE order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
),
buckets AS (
  SELECT revenue."month"
  FROM revenue
  UNION
  SELECT buyers."month"
  FROM buyers
)
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.denominator
FROM (
  SELECT
    buckets."month",
    CAST(revenue."value" AS DOUBLE PRECISION) / NULLIF(CAST(COALESCE(buyers."value", 0) AS DOUBLE PRECISION), 0) AS "value",
    COALESCE(buyers."value", 0) AS denominator
  FROM buckets
  LEFT JOIN revenue ON revenue."month" = buckets."month"
  LEFT JOIN buyers ON buyers."month" = buckets."month"
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'revenue_per_buyer' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of revenue_per_buyer';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'revenue_per_buyer' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: repeat_orders
  -- label: "Repeat orders"
  -- description: "Orders by customers who had ordered before."
  -- owner: "growth@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'repeat_orders' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'repeat_orders',
  CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '2a69214f74e7289cdbb55e6a2d255fa0',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time", numbers."value"
FROM (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "month", COUNT(*) AS "value"
  FROM orders
  WHERE order_number > 1
    AND order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'repeat_orders',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE(('{"region":' || COALESCE(JSON_SERIALIZE(CAST(n.region AS SUPER)), 'null') || '}')),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2(('{"region":' || COALESCE(JSON_SERIALIZE(CAST(n.region AS SUPER)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '2a69214f74e7289cdbb55e6a2d255fa0',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.region
FROM (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "month", region, COUNT(*) AS "value"
  FROM orders
  WHERE order_number > 1
    AND order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE), region, LEN(region)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'repeat_orders' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of repeat_orders';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'repeat_orders' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: repeat_purchase_rate
  -- label: "Repeat purchase rate"
  -- description: "Share of the orders that came from customers who had ordered before."
  -- owner: "growth@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'repeat_purchase_rate' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'repeat_purchase_rate',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."time" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'b9b8502c5a78182a5162dabe54393160',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.denominator
FROM (
  SELECT
    CAST(DATE_TRUNC('month', order_date) AS DATE) AS "month",
    CAST(COALESCE(COUNT(CASE WHEN order_number > 1 THEN 1 END), 0) AS DOUBLE PRECISION) / NULLIF(CAST(COALESCE(COUNT(*), 0) AS DOUBLE PRECISION), 0) AS "value",
    COALESCE(COUNT(*), 0) AS denominator
  FROM orders
  WHERE order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'repeat_purchase_rate',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE(('{"region":' || COALESCE(JSON_SERIALIZE(CAST(n.region AS SUPER)), 'null') || '}')),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2(('{"region":' || COALESCE(JSON_SERIALIZE(CAST(n.region AS SUPER)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."time" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'b9b8502c5a78182a5162dabe54393160',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.region,
  numbers.denominator
FROM (
  SELECT
    CAST(DATE_TRUNC('month', order_date) AS DATE) AS "month",
    region,
    CAST(COALESCE(COUNT(CASE WHEN order_number > 1 THEN 1 END), 0) AS DOUBLE PRECISION) / NULLIF(CAST(COALESCE(COUNT(*), 0) AS DOUBLE PRECISION), 0) AS "value",
    COALESCE(COUNT(*), 0) AS denominator
  FROM orders
  WHERE order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE), region, LEN(region)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'repeat_purchase_rate' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of repeat_purchase_rate';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'repeat_purchase_rate' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: revenue_growth_yoy
  -- label: "Revenue growth on the year before"
  -- description: "Revenue of the month against the same month a year earlier."
  -- owner: "finance@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'revenue_growth_yoy' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'revenue_growth_yoy',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."time" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  '649c551b3734e3ad319b9c2b72cd171b',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
WITH revenue AS (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "month", SUM(amount) AS "value"
  FROM order_lines
  WHERE order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
),
earlier AS (
  SELECT CAST(DATE_TRUNC('month', order_date) AS DATE) AS "month", SUM(amount) AS "value"
  FROM order_lines
  WHERE order_date >= CAST(DATE_TRUNC('month', CAST(DATEADD(month, -12, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE)) AS DATE)
    AND order_date <= CAST(DATEADD(day, -1, CAST(DATEADD(month, 1, CAST(DATE_TRUNC('month', CAST(DATEADD(month, -12, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS DATE)) AS DATE)) AS DATE)) AS DATE)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE)
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
revenue_1_year AS (
  SELECT months."month", earlier."value"
  FROM (
    SELECT
      CAST(DATEADD(month, CAST(10000 * CAST(place.n AS DECIMAL(38, 0)) + 1000 * CAST(place_2.n AS DECIMAL(38, 0)) + 100 * CAST(place_3.n AS DECIMAL(38, 0)) + 10 * CAST(place_4.n AS DECIMAL(38, 0)) + place_5.n AS BIGINT), CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE)) AS DATE) AS "month"
    FROM digits AS place
    CROSS JOIN digits AS place_2
    CROSS JOIN digits AS place_3
    CROSS JOIN digits AS place_4
    CROSS JOIN digits AS place_5
    WHERE 10000 * CAST(place.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND 1000 * CAST(place_2.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND 100 * CAST(place_3.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND 10 * CAST(place_4.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND place_5.n <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND CAST(DATEADD(month, CAST(10000 * CAST(place.n AS DECIMAL(38, 0)) + 1000 * CAST(place_2.n AS DECIMAL(38, 0)) + 100 * CAST(place_3.n AS DECIMAL(38, 0)) + 10 * CAST(place_4.n AS DECIMAL(38, 0)) + place_5.n AS BIGINT), CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE)) AS DATE) <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  ) AS months
  JOIN earlier ON earlier."month" = CAST(DATE_TRUNC('month', CAST(DATEADD(month, -12, months."month") AS DATE)) AS DATE)
),
buckets AS (
  SELECT revenue."month"
  FROM revenue
  UNION
  SELECT revenue_1_year."month"
  FROM revenue_1_year
)
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.denominator
FROM (
  SELECT
    buckets."month",
    CAST(revenue."value" AS DOUBLE PRECISION) / NULLIF(CAST(CASE WHEN CAST(DATE_TRUNC('month', CAST(DATEADD(month, -12, buckets."month") AS DATE)) AS DATE) >= (DATE '2021-01-01') THEN revenue_1_year."value" END AS DOUBLE PRECISION), 0) - 1 AS "value",
    CASE WHEN CAST(DATE_TRUNC('month', CAST(DATEADD(month, -12, buckets."month") AS DATE)) AS DATE) >= (DATE '2021-01-01') THEN revenue_1_year."value" END AS denominator
  FROM buckets
  LEFT JOIN revenue ON revenue."month" = buckets."month"
  LEFT JOIN revenue_1_year ON revenue_1_year."month" = buckets."month"
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'revenue_growth_yoy' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of revenue_growth_yoy';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'revenue_growth_yoy' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: mrr
  -- label: "MRR at month's end"
  -- description: "What the subscribers of each month's last day pay a month, from the dates on which they started and ended. All who have left did so on 2024-12-31, the only day that the data knows, so the last month falls steeply."
  -- owner: "finance@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'mrr' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'mrr',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '1ef043cab641c427792b51dbb9acbb20',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
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
SELECT TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time", numbers."value"
FROM (
  SELECT months."month", SUM(subscription_terms.amount) AS "value"
  FROM (
    SELECT
      CAST(DATEADD(month, CAST(10000 * CAST(place.n AS DECIMAL(38, 0)) + 1000 * CAST(place_2.n AS DECIMAL(38, 0)) + 100 * CAST(place_3.n AS DECIMAL(38, 0)) + 10 * CAST(place_4.n AS DECIMAL(38, 0)) + place_5.n AS BIGINT), CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE)) AS DATE) AS "month"
    FROM digits AS place
    CROSS JOIN digits AS place_2
    CROSS JOIN digits AS place_3
    CROSS JOIN digits AS place_4
    CROSS JOIN digits AS place_5
    WHERE 10000 * CAST(place.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND 1000 * CAST(place_2.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND 100 * CAST(place_3.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND 10 * CAST(place_4.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND place_5.n <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND CAST(DATEADD(month, CAST(10000 * CAST(place.n AS DECIMAL(38, 0)) + 1000 * CAST(place_2.n AS DECIMAL(38, 0)) + 100 * CAST(place_3.n AS DECIMAL(38, 0)) + 10 * CAST(place_4.n AS DECIMAL(38, 0)) + place_5.n AS BIGINT), CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE)) AS DATE) <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  ) AS months
  JOIN subscriptions AS subscription_terms ON subscription_terms.started_at <= LEAST(CAST(DATEADD(day, -1, CAST(DATEADD(month, 1, months."month") AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AND (subscription_terms.ended_at IS NULL OR subscription_terms.ended_at > LEAST(CAST(DATEADD(day, -1, CAST(DATEADD(month, 1, months."month") AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)))
  GROUP BY months."month"
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'mrr',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE(('{"contract":' || COALESCE(JSON_SERIALIZE(CAST(n.contract AS SUPER)), 'null') || '}')),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2(('{"contract":' || COALESCE(JSON_SERIALIZE(CAST(n.contract AS SUPER)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '1ef043cab641c427792b51dbb9acbb20',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
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
  TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.contract
FROM (
  SELECT months."month", subscription_terms.contract, SUM(subscription_terms.amount) AS "value"
  FROM (
    SELECT
      CAST(DATEADD(month, CAST(10000 * CAST(place.n AS DECIMAL(38, 0)) + 1000 * CAST(place_2.n AS DECIMAL(38, 0)) + 100 * CAST(place_3.n AS DECIMAL(38, 0)) + 10 * CAST(place_4.n AS DECIMAL(38, 0)) + place_5.n AS BIGINT), CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE)) AS DATE) AS "month"
    FROM digits AS place
    CROSS JOIN digits AS place_2
    CROSS JOIN digits AS place_3
    CROSS JOIN digits AS place_4
    CROSS JOIN digits AS place_5
    WHERE 10000 * CAST(place.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND 1000 * CAST(place_2.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND 100 * CAST(place_3.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND 10 * CAST(place_4.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND place_5.n <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND CAST(DATEADD(month, CAST(10000 * CAST(place.n AS DECIMAL(38, 0)) + 1000 * CAST(place_2.n AS DECIMAL(38, 0)) + 100 * CAST(place_3.n AS DECIMAL(38, 0)) + 10 * CAST(place_4.n AS DECIMAL(38, 0)) + place_5.n AS BIGINT), CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE)) AS DATE) <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  ) AS months
  JOIN subscriptions AS subscription_terms ON subscription_terms.started_at <= LEAST(CAST(DATEADD(day, -1, CAST(DATEADD(month, 1, months."month") AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AND (subscription_terms.ended_at IS NULL OR subscription_terms.ended_at > LEAST(CAST(DATEADD(day, -1, CAST(DATEADD(month, 1, months."month") AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)))
  GROUP BY months."month", subscription_terms.contract, LEN(subscription_terms.contract)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'mrr' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of mrr';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'mrr' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: active_subscribers
  -- label: "Active subscribers"
  -- description: "Subscribers on each month's last day."
  -- owner: "growth@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'active_subscribers' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'active_subscribers',
  CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '0c0bf7ab86ca91835dd33a6207fb7e44',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
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
SELECT TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time", numbers."value"
FROM (
  SELECT months."month", COUNT(*) AS "value"
  FROM (
    SELECT
      CAST(DATEADD(month, CAST(10000 * CAST(place.n AS DECIMAL(38, 0)) + 1000 * CAST(place_2.n AS DECIMAL(38, 0)) + 100 * CAST(place_3.n AS DECIMAL(38, 0)) + 10 * CAST(place_4.n AS DECIMAL(38, 0)) + place_5.n AS BIGINT), CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE)) AS DATE) AS "month"
    FROM digits AS place
    CROSS JOIN digits AS place_2
    CROSS JOIN digits AS place_3
    CROSS JOIN digits AS place_4
    CROSS JOIN digits AS place_5
    WHERE 10000 * CAST(place.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND 1000 * CAST(place_2.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND 100 * CAST(place_3.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND 10 * CAST(place_4.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND place_5.n <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND CAST(DATEADD(month, CAST(10000 * CAST(place.n AS DECIMAL(38, 0)) + 1000 * CAST(place_2.n AS DECIMAL(38, 0)) + 100 * CAST(place_3.n AS DECIMAL(38, 0)) + 10 * CAST(place_4.n AS DECIMAL(38, 0)) + place_5.n AS BIGINT), CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE)) AS DATE) <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  ) AS months
  JOIN subscriptions AS subscription_terms ON subscription_terms.started_at <= LEAST(CAST(DATEADD(day, -1, CAST(DATEADD(month, 1, months."month") AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AND (subscription_terms.ended_at IS NULL OR subscription_terms.ended_at > LEAST(CAST(DATEADD(day, -1, CAST(DATEADD(month, 1, months."month") AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)))
  GROUP BY months."month"
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'active_subscribers',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE(('{"contract":' || COALESCE(JSON_SERIALIZE(CAST(n.contract AS SUPER)), 'null') || '}')),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2(('{"contract":' || COALESCE(JSON_SERIALIZE(CAST(n.contract AS SUPER)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '0c0bf7ab86ca91835dd33a6207fb7e44',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
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
  TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.contract
FROM (
  SELECT months."month", subscription_terms.contract, COUNT(*) AS "value"
  FROM (
    SELECT
      CAST(DATEADD(month, CAST(10000 * CAST(place.n AS DECIMAL(38, 0)) + 1000 * CAST(place_2.n AS DECIMAL(38, 0)) + 100 * CAST(place_3.n AS DECIMAL(38, 0)) + 10 * CAST(place_4.n AS DECIMAL(38, 0)) + place_5.n AS BIGINT), CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE)) AS DATE) AS "month"
    FROM digits AS place
    CROSS JOIN digits AS place_2
    CROSS JOIN digits AS place_3
    CROSS JOIN digits AS place_4
    CROSS JOIN digits AS place_5
    WHERE 10000 * CAST(place.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND 1000 * CAST(place_2.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND 100 * CAST(place_3.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND 10 * CAST(place_4.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND place_5.n <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND CAST(DATEADD(month, CAST(10000 * CAST(place.n AS DECIMAL(38, 0)) + 1000 * CAST(place_2.n AS DECIMAL(38, 0)) + 100 * CAST(place_3.n AS DECIMAL(38, 0)) + 10 * CAST(place_4.n AS DECIMAL(38, 0)) + place_5.n AS BIGINT), CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE)) AS DATE) <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  ) AS months
  JOIN subscriptions AS subscription_terms ON subscription_terms.started_at <= LEAST(CAST(DATEADD(day, -1, CAST(DATEADD(month, 1, months."month") AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AND (subscription_terms.ended_at IS NULL OR subscription_terms.ended_at > LEAST(CAST(DATEADD(day, -1, CAST(DATEADD(month, 1, months."month") AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)))
  GROUP BY months."month", subscription_terms.contract, LEN(subscription_terms.contract)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'active_subscribers' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of active_subscribers';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'active_subscribers' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: new_subscribers
  -- label: "New subscribers"
  -- description: "Subscriptions that started in the month."
  -- owner: "growth@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'new_subscribers' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'new_subscribers',
  CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN n."time" IS NOT NULL THEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'a8c03222019bd1c2b86e939d326cf157',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time", numbers."value"
FROM (
  SELECT CAST(DATE_TRUNC('month', started_at) AS DATE) AS "month", COUNT(*) AS "value"
  FROM subscriptions AS subscription_starts
  WHERE started_at >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND started_at <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', started_at) AS DATE)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'new_subscribers',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE(('{"contract":' || COALESCE(JSON_SERIALIZE(CAST(n.contract AS SUPER)), 'null') || '}')),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2(('{"contract":' || COALESCE(JSON_SERIALIZE(CAST(n.contract AS SUPER)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'a8c03222019bd1c2b86e939d326cf157',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.contract
FROM (
  SELECT
    CAST(DATE_TRUNC('month', started_at) AS DATE) AS "month",
    contract,
    COUNT(*) AS "value"
  FROM subscriptions AS subscription_starts
  WHERE started_at >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND started_at <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', started_at) AS DATE), contract, LEN(contract)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'new_subscribers' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of new_subscribers';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'new_subscribers' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: arpu
  -- label: "Revenue per subscriber"
  -- description: "MRR by active subscribers."
  -- owner: "finance@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'arpu' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'arpu',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."time" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  '14bc111b3391fc5c541ec4e0c993f300',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
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
),
mrr AS (
  SELECT months."month", SUM(subscription_terms.amount) AS "value"
  FROM (
    SELECT
      CAST(DATEADD(month, CAST(10000 * CAST(place.n AS DECIMAL(38, 0)) + 1000 * CAST(place_2.n AS DECIMAL(38, 0)) + 100 * CAST(place_3.n AS DECIMAL(38, 0)) + 10 * CAST(place_4.n AS DECIMAL(38, 0)) + place_5.n AS BIGINT), CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE)) AS DATE) AS "month"
    FROM digits AS place
    CROSS JOIN digits AS place_2
    CROSS JOIN digits AS place_3
    CROSS JOIN digits AS place_4
    CROSS JOIN digits AS place_5
    WHERE 10000 * CAST(place.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND 1000 * CAST(place_2.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND 100 * CAST(place_3.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND 10 * CAST(place_4.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND place_5.n <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND CAST(DATEADD(month, CAST(10000 * CAST(place.n AS DECIMAL(38, 0)) + 1000 * CAST(place_2.n AS DECIMAL(38, 0)) + 100 * CAST(place_3.n AS DECIMAL(38, 0)) + 10 * CAST(place_4.n AS DECIMAL(38, 0)) + place_5.n AS BIGINT), CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE)) AS DATE) <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  ) AS months
  JOIN subscriptions AS subscription_terms ON subscription_terms.started_at <= LEAST(CAST(DATEADD(day, -1, CAST(DATEADD(month, 1, months."month") AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AND (subscription_terms.ended_at IS NULL OR subscription_terms.ended_at > LEAST(CAST(DATEADD(day, -1, CAST(DATEADD(month, 1, months."month") AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)))
  GROUP BY months."month"
),
digits_2 AS (
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
),
active_subscribers AS (
  SELECT months_2."month", COUNT(*) AS "value"
  FROM (
    SELECT
      CAST(DATEADD(month, CAST(10000 * CAST(place_6.n_2 AS DECIMAL(38, 0)) + 1000 * CAST(place_7.n_2 AS DECIMAL(38, 0)) + 100 * CAST(place_8.n_2 AS DECIMAL(38, 0)) + 10 * CAST(place_9.n_2 AS DECIMAL(38, 0)) + place_10.n_2 AS BIGINT), CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE)) AS DATE) AS "month"
    FROM digits_2 AS place_6
    CROSS JOIN digits_2 AS place_7
    CROSS JOIN digits_2 AS place_8
    CROSS JOIN digits_2 AS place_9
    CROSS JOIN digits_2 AS place_10
    WHERE 10000 * CAST(place_6.n_2 AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND 1000 * CAST(place_7.n_2 AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND 100 * CAST(place_8.n_2 AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND 10 * CAST(place_9.n_2 AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND place_10.n_2 <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND CAST(DATEADD(month, CAST(10000 * CAST(place_6.n_2 AS DECIMAL(38, 0)) + 1000 * CAST(place_7.n_2 AS DECIMAL(38, 0)) + 100 * CAST(place_8.n_2 AS DECIMAL(38, 0)) + 10 * CAST(place_9.n_2 AS DECIMAL(38, 0)) + place_10.n_2 AS BIGINT), CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)) AS DATE)) AS DATE) <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  ) AS months_2
  JOIN subscriptions AS subscription_terms ON subscription_terms.started_at <= LEAST(CAST(DATEADD(day, -1, CAST(DATEADD(month, 1, months_2."month") AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)) AND (subscription_terms.ended_at IS NULL OR subscription_terms.ended_at > LEAST(CAST(DATEADD(day, -1, CAST(DATEADD(month, 1, months_2."month") AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)))
  GROUP BY months_2."month"
),
buckets AS (
  SELECT mrr."month"
  FROM mrr
  UNION
  SELECT active_subscribers."month"
  FROM active_subscribers
)
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.denominator
FROM (
  SELECT
    buckets."month",
    CAST(mrr."value" AS DOUBLE PRECISION) / NULLIF(CAST(COALESCE(active_subscribers."value", 0) AS DOUBLE PRECISION), 0) AS "value",
    COALESCE(active_subscribers."value", 0) AS denominator
  FROM buckets
  LEFT JOIN mrr ON mrr."month" = buckets."month"
  LEFT JOIN active_subscribers ON active_subscribers."month" = buckets."month"
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'arpu' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of arpu';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'arpu' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: monthly_revenue_growth
  -- label: "Revenue growth on the month before"
  -- description: "Growth of completed transactions in percent, with the month's revenue and customers beside it."
  -- owner: "finance@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_now;
  kpictl_as_of := kpictl_now;
  DELETE FROM kpi_metrics WHERE kpi_name = 'monthly_revenue_growth' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_until;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'monthly_revenue_growth',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'bbd20f0d740204ff3b4cb0612f3e14f2',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
WITH monthly_revenue AS (
  SELECT
    CAST(DATE_TRUNC('month', transactions.created_at) AS DATE) AS "month",
    SUM(transactions.amount) AS revenue,
    COUNT(DISTINCT transactions.user_id || CHR(1)) AS customers
  FROM transactions
  WHERE (transactions.status = 'completed' AND LEN(transactions.status) = 9)
    AND transactions.created_at <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', transactions.created_at) AS DATE)
),
growth_calculation AS (
  SELECT
    monthly_revenue."month",
    monthly_revenue.revenue,
    monthly_revenue.customers,
    LAG(monthly_revenue.revenue, 1) OVER (ORDER BY monthly_revenue."month") AS prev_revenue,
    CAST(monthly_revenue.revenue - LAG(monthly_revenue.revenue, 1) OVER (ORDER BY monthly_revenue."month") AS DOUBLE PRECISION) / NULLIF(CAST(LAG(monthly_revenue.revenue, 1) OVER (ORDER BY monthly_revenue."month") AS DOUBLE PRECISION), 0) * 100 AS growth_rate
  FROM monthly_revenue
)
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.revenue,
  numbers.customers
FROM (
  SELECT
    CAST(DATE_TRUNC('month', result."time") AS DATE) AS "month",
    result."value",
    result.revenue,
    result.customers
  FROM (
    SELECT
      growth_calculation."month" AS "time",
      growth_calculation.growth_rate AS "value",
      growth_calculation.revenue,
      growth_calculation.customers
    FROM growth_calculation
    WHERE growth_calculation.growth_rate IS NOT NULL
  ) AS result
  WHERE result."time" >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND result."time" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_until;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'monthly_revenue_growth' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_until GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of monthly_revenue_growth';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'monthly_revenue_growth' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: days_to_ship
  -- label: "Days to ship"
  -- description: "Average days from order to shipment, of the orders that were shipped in the month."
  -- owner: "platform@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'days_to_ship' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'days_to_ship',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '1126f54d1db0e374d4fc2ac6cde52f46',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time", numbers."value"
FROM (
  SELECT
    CAST(DATE_TRUNC('month', ship_date) AS DATE) AS "month",
    CAST(SUM(days_to_ship) AS DOUBLE PRECISION) / NULLIF(CAST(COUNT(days_to_ship) AS DOUBLE PRECISION), 0) AS "value"
  FROM orders
  WHERE ship_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND ship_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', ship_date) AS DATE)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'days_to_ship',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE(('{"ship_mode":' || COALESCE(JSON_SERIALIZE(CAST(n.ship_mode AS SUPER)), 'null') || '}')),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2(('{"ship_mode":' || COALESCE(JSON_SERIALIZE(CAST(n.ship_mode AS SUPER)), 'null') || '}'), 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '1126f54d1db0e374d4fc2ac6cde52f46',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.ship_mode
FROM (
  SELECT
    CAST(DATE_TRUNC('month', ship_date) AS DATE) AS "month",
    ship_mode,
    CAST(SUM(days_to_ship) AS DOUBLE PRECISION) / NULLIF(CAST(COUNT(days_to_ship) AS DOUBLE PRECISION), 0) AS "value"
  FROM orders
  WHERE ship_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND ship_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', ship_date) AS DATE), ship_mode, LEN(ship_mode)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'days_to_ship' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of days_to_ship';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'days_to_ship' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;

  -- kpi: days_to_ship_p95
  -- label: "Days to ship, slowest 5 %"
  -- description: "95 of 100 orders that were shipped in the month took no longer."
  -- owner: "platform@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'days_to_ship_p95' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'days_to_ship_p95',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '49ab062c0c23a2b23af1744b75d7dee3',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time", numbers."value"
FROM (
  SELECT
    CAST(DATE_TRUNC('month', placed.ship_date) AS DATE) AS "month",
    SUM(CASE WHEN placed.place = CAST(CAST((CAST(placed.size AS DECIMAL(38, 0)) + (-1)) * 19 AS BIGINT) / 20 AS DECIMAL(38, 0)) + 1 THEN placed.measured * (1 - CAST(MOD((CAST(placed.size AS DECIMAL(38, 0)) + (-1)) * 19, NULLIF(20, 0)) AS DOUBLE PRECISION) / CAST(20 AS DOUBLE PRECISION)) WHEN placed.place = CAST(CAST((CAST(placed.size AS DECIMAL(38, 0)) + (-1)) * 19 AS BIGINT) / 20 AS DECIMAL(38, 0)) + 2 THEN placed.measured * (CAST(MOD((CAST(placed.size AS DECIMAL(38, 0)) + (-1)) * 19, NULLIF(20, 0)) AS DOUBLE PRECISION) / CAST(20 AS DOUBLE PRECISION)) END) AS "value"
  FROM (
    SELECT
      ship_date,
      days_to_ship,
      CAST(days_to_ship AS DOUBLE PRECISION) AS measured,
      ROW_NUMBER() OVER (PARTITION BY CAST(DATE_TRUNC('month', ship_date) AS DATE) ORDER BY CAST(days_to_ship AS DOUBLE PRECISION)) AS place,
      COUNT(CAST(days_to_ship AS DOUBLE PRECISION)) OVER (PARTITION BY CAST(DATE_TRUNC('month', ship_date) AS DATE)) AS size
    FROM orders
    WHERE ship_date >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
      AND ship_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  ) AS placed
  GROUP BY CAST(DATE_TRUNC('month', placed.ship_date) AS DATE)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'days_to_ship_p95' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of days_to_ship_p95';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'days_to_ship_p95' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1826, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;
END;
$kpictl$ LANGUAGE plpgsql;
