-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit redshift --target prod --out examples/nexpo/deploy/redshift
-- job: monthly-1-0000, "0 0 1 * *"
-- Without a range it computes what has ended and may have changed; the same range again leaves the same rows.
CREATE OR REPLACE PROCEDURE kpi_monthly_1_0000(run_from TIMESTAMPTZ, run_to TIMESTAMPTZ)
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
  kpictl_last := (SELECT MIN(last_time) FROM (SELECT MAX("time") AS last_time FROM kpi_metrics WHERE grain = 'month' AND kpi_name IN ('customer_acquisition_cost') GROUP BY kpi_name) AS known);
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

  -- kpi: customer_acquisition_cost
  -- label: "Customer acquisition cost (invented spend)"
  -- description: "Advertising by the subscribers who started in the month. The spend is invented."
  -- owner: "growth@nexpo.example"
  kpictl_from := kpictl_since;
  kpictl_to := kpictl_now;
  kpictl_as_of := kpictl_now;
  DELETE FROM kpi_metrics WHERE kpi_name = 'customer_acquisition_cost' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_until;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'customer_acquisition_cost',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'month',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n."time" IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  '15fc20f0d497942e77596e0aac249bb2',
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
    CAST(DATE_TRUNC('month', result."time") AS DATE) AS "month",
    result."?column?" AS "value",
    result.denominator
  FROM (
    SELECT
      monthly_metrics."month" AS "time",
      CAST(monthly_metrics.marketing_spend AS DOUBLE PRECISION) / NULLIF(CAST(monthly_metrics.new_customers AS DOUBLE PRECISION), 0) AS "?column?",
      monthly_metrics.new_customers AS denominator
    FROM monthly_metrics
    WHERE monthly_metrics."month" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
  ) AS result
  WHERE result."time" >= CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_from AS TIMESTAMPTZ)) AS DATE)
    AND result."time" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(kpictl_to AS TIMESTAMPTZ))))) AS DATE)
) AS numbers
) AS n ON n."time" = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_until;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'customer_acquisition_cost' AND grain = 'month' AND "time" >= kpictl_from AND "time" < kpictl_until GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of customer_acquisition_cost';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'customer_acquisition_cost' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -1095, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;
END;
$kpictl$ LANGUAGE plpgsql;
