-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit bigquery --target prod --out examples/nexpo/deploy/bigquery
-- job: monthly-1-0000, "0 0 1 * *"
-- deploy.sh and run.sh put run_from, run_to (TIMESTAMP) and @@dataset_id before it.
-- The same range of buckets again leaves the same rows.
BEGIN
  DECLARE kpictl_run_id STRING DEFAULT GENERATE_UUID();
  DECLARE kpictl_known_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP();
  DECLARE kpictl_now TIMESTAMP DEFAULT COALESCE(run_to, CURRENT_TIMESTAMP());
  DECLARE kpictl_since, kpictl_until, kpictl_back, kpictl_last TIMESTAMP;
  DECLARE kpictl_from, kpictl_to, kpictl_as_of TIMESTAMP;
  SET @@time_zone = 'UTC';
  -- It ticks more often than the schedule: the reporting zone decides.
  IF run_from IS NULL AND NOT (CASE WHEN EXTRACT(HOUR FROM DATETIME(kpictl_now, 'Europe/Berlin')) IN (0) AND EXTRACT(DAY FROM DATETIME(kpictl_now, 'Europe/Berlin')) IN (1) THEN 1 ELSE 0 END = 1) THEN
    RETURN;
  END IF;

  -- Buckets: month
  SET kpictl_until = TIMESTAMP(DATE_TRUNC(DATE(kpictl_now, 'Europe/Berlin'), MONTH), 'Europe/Berlin');
  SET kpictl_back = TIMESTAMP(DATE_SUB(DATE_TRUNC(DATE(kpictl_until, 'Europe/Berlin'), MONTH), INTERVAL 1 MONTH), 'Europe/Berlin');
  SET kpictl_last = (SELECT MIN(last_time) FROM (SELECT MAX(time) AS last_time FROM kpi_metrics WHERE grain = 'month' AND kpi_name IN ('customer_acquisition_cost') GROUP BY kpi_name) AS known);
  SET kpictl_since = COALESCE(run_from, IF(kpictl_last < kpictl_back, kpictl_last, kpictl_back));
  SET kpictl_since = TIMESTAMP(DATE_TRUNC(DATE(kpictl_since, 'Europe/Berlin'), MONTH), 'Europe/Berlin');
  CREATE OR REPLACE TEMP TABLE kpictl_buckets (start_time TIMESTAMP, bucket STRING);
  INSERT INTO kpictl_buckets (start_time, bucket)
SELECT
  TIMESTAMP(calendar_buckets.key_of, 'Europe/Berlin') AS start_time,
  CONCAT(IFNULL(LPAD(CAST(EXTRACT(YEAR FROM calendar_buckets.key_of) AS STRING), 4, '0'), ''), '-', IFNULL(LPAD(CAST(EXTRACT(MONTH FROM calendar_buckets.key_of) AS STRING), 2, '0'), '')) AS bucket
FROM (SELECT key_of FROM UNNEST(GENERATE_DATE_ARRAY(DATE_TRUNC(DATE(kpictl_since, 'Europe/Berlin'), MONTH), DATE(TIMESTAMP_SUB(kpictl_until, INTERVAL 1 MICROSECOND), 'Europe/Berlin'), INTERVAL 1 MONTH)) AS key_of) AS calendar_buckets;

  -- kpi: customer_acquisition_cost
  -- label: "Customer acquisition cost (invented spend)"
  -- description: "Advertising by the subscribers who started in the month. The spend is invented."
  -- owner: "growth@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_now;
  SET kpictl_as_of = kpictl_now;
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'customer_acquisition_cost' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_until;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'customer_acquisition_cost',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n.time IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  '15fc20f0d497942e77596e0aac249bb2',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value, numbers.denominator
FROM (
  SELECT DATE_TRUNC(result.time, MONTH) AS month, result.`?column?` AS value, result.denominator
  FROM (
    SELECT
      monthly_metrics.month AS time,
      SAFE_DIVIDE(CAST(monthly_metrics.marketing_spend AS FLOAT64), monthly_metrics.new_customers) AS `?column?`,
      monthly_metrics.new_customers AS denominator
    FROM monthly_metrics
    WHERE monthly_metrics.month <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  ) AS result
  WHERE result.time >= DATE(kpictl_from, 'Europe/Berlin')
    AND result.time <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_until;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'customer_acquisition_cost' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_until GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of customer_acquisition_cost';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'customer_acquisition_cost' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1095 DAY), 'Europe/Berlin');
END;
