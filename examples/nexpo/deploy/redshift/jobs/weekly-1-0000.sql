-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit redshift --target prod --out examples/nexpo/deploy/redshift
-- job: weekly-1-0000, "0 0 * * 1"
-- Without a range it computes what has ended and may have changed; the same range again leaves the same rows.
CREATE OR REPLACE PROCEDURE kpi_weekly_1_0000(run_from TIMESTAMPTZ, run_to TIMESTAMPTZ)
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
  kpictl_last := (SELECT MIN(last_time) FROM (SELECT MAX("time") AS last_time FROM kpi_metrics WHERE grain = 'week' AND kpi_name IN ('churn_rate') GROUP BY kpi_name) AS known);
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

  -- kpi: churn_rate
  -- label: "Churned subscribers"
  -- description: "Subscribers who have left, in percent of all that there ever were, as things stand."
  -- owner: "growth@nexpo.example"
  kpictl_from := (SELECT TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -7, CAST(DATE_TRUNC('week', CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_until AS TIMESTAMPTZ)) AS DATE)) AS DATE)) AS DATE) AS TIMESTAMP)));
  kpictl_to := kpictl_until;
  kpictl_as_of := kpictl_to - INTERVAL '1 microsecond';
  DELETE FROM kpi_metrics WHERE kpi_name = 'churn_rate' AND grain = 'week' AND "time" >= kpictl_from AND "time" < kpictl_to;
  INSERT INTO kpi_metrics ("time", kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'churn_rate',
  CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END,
  JSON_PARSE('{}'),
  JSON_PARSE('{}'),
  'week',
  b.bucket,
  SHA2('{}', 256),
  CASE WHEN CASE WHEN CAST(n."value" AS DOUBLE PRECISION) NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)) THEN CAST(n."value" AS DOUBLE PRECISION) END IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 THEN 'no_denominator' ELSE 'no_data' END,
  'a911d34a85967f722261c90955879e75',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  CAST(user_metrics.cancelled_users AS DOUBLE PRECISION) / NULLIF(CAST(user_metrics.total_users AS DOUBLE PRECISION), 0) * 100 AS "value",
  user_metrics.total_users AS denominator
FROM user_metrics
) AS n ON b.start_time >= kpictl_from AND b.start_time < kpictl_to
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  kpictl_twice := (SELECT COUNT(*) FROM (
    SELECT 1 AS twice FROM kpi_metrics WHERE kpi_name = 'churn_rate' AND grain = 'week' AND "time" >= kpictl_from AND "time" < kpictl_to GROUP BY "time", dimensions_key HAVING COUNT(*) > 1
  ) AS rows_twice);
  IF kpictl_twice > 0 THEN
    RAISE EXCEPTION 'two rows for a bucket of churn_rate';
  END IF;
  DELETE FROM kpi_metrics WHERE kpi_name = 'churn_rate' AND "time" < TIMEZONE('Europe/Berlin', CAST(CAST(DATEADD(day, -365, CAST(TIMEZONE('Europe/Berlin', CAST(kpictl_known_at AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS TIMESTAMP));
  -- What is written so far stays, whatever comes after; an error rolls back to here.
  COMMIT;
END;
$kpictl$ LANGUAGE plpgsql;
