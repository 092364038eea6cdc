-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit bigquery --target prod --out examples/nexpo/deploy/bigquery
-- job: monthly-1-0500, "0 5 1 * *"
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
  IF run_from IS NULL AND NOT (CASE WHEN EXTRACT(HOUR FROM DATETIME(kpictl_now, 'Europe/Berlin')) IN (5) AND EXTRACT(DAY FROM DATETIME(kpictl_now, 'Europe/Berlin')) IN (1) THEN 1 ELSE 0 END = 1) THEN
    RETURN;
  END IF;

  -- Buckets: month
  SET kpictl_until = TIMESTAMP(DATE_TRUNC(DATE(kpictl_now, 'Europe/Berlin'), MONTH), 'Europe/Berlin');
  SET kpictl_back = TIMESTAMP(DATE_SUB(DATE_TRUNC(DATE(kpictl_until, 'Europe/Berlin'), MONTH), INTERVAL 1 MONTH), 'Europe/Berlin');
  SET kpictl_last = (SELECT MIN(last_time) FROM (SELECT MAX(time) AS last_time FROM kpi_metrics WHERE grain = 'month' AND kpi_name IN ('advertising_spend', 'revenue', 'return_on_ad_spend', 'gross_profit', 'gross_margin', 'discounted_revenue', 'discounted_share', 'order_count', 'average_order_value', 'units_sold', 'units_per_order', 'buyers', 'revenue_per_buyer', 'repeat_orders', 'repeat_purchase_rate', 'revenue_growth_yoy', 'mrr', 'active_subscribers', 'new_subscribers', 'arpu', 'monthly_revenue_growth', 'days_to_ship', 'days_to_ship_p95') GROUP BY kpi_name) AS known);
  SET kpictl_since = COALESCE(run_from, IF(kpictl_last < kpictl_back, kpictl_last, kpictl_back));
  SET kpictl_since = TIMESTAMP(DATE_TRUNC(DATE(kpictl_since, 'Europe/Berlin'), MONTH), 'Europe/Berlin');
  CREATE OR REPLACE TEMP TABLE kpictl_buckets (start_time TIMESTAMP, bucket STRING);
  INSERT INTO kpictl_buckets (start_time, bucket)
SELECT
  TIMESTAMP(calendar_buckets.key_of, 'Europe/Berlin') AS start_time,
  CONCAT(IFNULL(LPAD(CAST(EXTRACT(YEAR FROM calendar_buckets.key_of) AS STRING), 4, '0'), ''), '-', IFNULL(LPAD(CAST(EXTRACT(MONTH FROM calendar_buckets.key_of) AS STRING), 2, '0'), '')) AS bucket
FROM (SELECT key_of FROM UNNEST(GENERATE_DATE_ARRAY(DATE_TRUNC(DATE(kpictl_since, 'Europe/Berlin'), MONTH), DATE(TIMESTAMP_SUB(kpictl_until, INTERVAL 1 MICROSECOND), 'Europe/Berlin'), INTERVAL 1 MONTH)) AS key_of) AS calendar_buckets;

  -- kpi: advertising_spend
  -- label: "Advertising (invented spend)"
  -- description: "Advertising by month and channel. The spend is invented."
  -- owner: "growth@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'advertising_spend' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'advertising_spend',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '8bd8ab82938d4a95e29149f5f3c44c07',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT DATE_TRUNC(month, MONTH) AS month, SUM(spend) AS value
  FROM ad_spend
  WHERE month >= DATE(kpictl_from, 'Europe/Berlin')
    AND month <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(month, MONTH)
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'advertising_spend',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON(('{"channel":' || COALESCE(TO_JSON_STRING(n.channel), 'null') || '}')),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256(('{"channel":' || COALESCE(TO_JSON_STRING(n.channel), 'null') || '}'))),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '8bd8ab82938d4a95e29149f5f3c44c07',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value, numbers.channel
FROM (
  SELECT DATE_TRUNC(month, MONTH) AS month, channel, SUM(spend) AS value
  FROM ad_spend
  WHERE month >= DATE(kpictl_from, 'Europe/Berlin')
    AND month <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(month, MONTH), channel
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'advertising_spend' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of advertising_spend';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'advertising_spend' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: revenue
  -- label: "Revenue"
  -- description: "Sales of all order lines, by the month in which they were ordered."
  -- owner: "finance@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'revenue' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'revenue',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'a8aae27d487181c13f9210d7d519edd1',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT DATE_TRUNC(order_date, MONTH) AS month, SUM(amount) AS value
  FROM order_lines
  WHERE order_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND order_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_date, MONTH)
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'revenue',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON(('{"category":' || COALESCE(TO_JSON_STRING(n.category), 'null') || ',"region":' || COALESCE(TO_JSON_STRING(n.region), 'null') || '}')),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256(('{"category":' || COALESCE(TO_JSON_STRING(n.category), 'null') || ',"region":' || COALESCE(TO_JSON_STRING(n.region), 'null') || '}'))),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'a8aae27d487181c13f9210d7d519edd1',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  TIMESTAMP(numbers.month, 'Europe/Berlin') AS time,
  numbers.value,
  numbers.region,
  numbers.category
FROM (
  SELECT DATE_TRUNC(order_date, MONTH) AS month, region, category, SUM(amount) AS value
  FROM order_lines
  WHERE order_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND order_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_date, MONTH), region, category
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'revenue' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of revenue';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'revenue' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: return_on_ad_spend
  -- label: "Return on advertising (invented spend)"
  -- description: "Revenue by advertising. The spend is invented."
  -- owner: "growth@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'return_on_ad_spend' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'return_on_ad_spend',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n.time IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  '62792c2144bcfcbc393a3b3edee1e65d',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
WITH revenue AS (
  SELECT DATE_TRUNC(order_date, MONTH) AS month, SUM(amount) AS value
  FROM order_lines
  WHERE order_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND order_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_date, MONTH)
),
advertising_spend AS (
  SELECT DATE_TRUNC(month, MONTH) AS month, SUM(spend) AS value
  FROM ad_spend
  WHERE month >= DATE(kpictl_from, 'Europe/Berlin')
    AND month <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(month, MONTH)
),
buckets AS (
  SELECT revenue.month
  FROM revenue
  UNION DISTINCT
  SELECT advertising_spend.month
  FROM advertising_spend
)
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value, numbers.denominator
FROM (
  SELECT
    buckets.month,
    SAFE_DIVIDE(CAST(revenue.value AS FLOAT64), advertising_spend.value) AS value,
    advertising_spend.value AS denominator
  FROM buckets
  LEFT JOIN revenue ON revenue.month = buckets.month
  LEFT JOIN advertising_spend ON advertising_spend.month = buckets.month
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'return_on_ad_spend' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of return_on_ad_spend';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'return_on_ad_spend' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: gross_profit
  -- label: "Gross profit"
  -- description: "Profit of all order lines as the data states it."
  -- owner: "finance@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'gross_profit' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'gross_profit',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '21b509bd549e7a9c85d606fcd24c9724',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT DATE_TRUNC(order_date, MONTH) AS month, SUM(profit) AS value
  FROM order_lines
  WHERE order_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND order_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_date, MONTH)
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'gross_profit',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON(('{"category":' || COALESCE(TO_JSON_STRING(n.category), 'null') || ',"region":' || COALESCE(TO_JSON_STRING(n.region), 'null') || '}')),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256(('{"category":' || COALESCE(TO_JSON_STRING(n.category), 'null') || ',"region":' || COALESCE(TO_JSON_STRING(n.region), 'null') || '}'))),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '21b509bd549e7a9c85d606fcd24c9724',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  TIMESTAMP(numbers.month, 'Europe/Berlin') AS time,
  numbers.value,
  numbers.region,
  numbers.category
FROM (
  SELECT DATE_TRUNC(order_date, MONTH) AS month, region, category, SUM(profit) AS value
  FROM order_lines
  WHERE order_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND order_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_date, MONTH), region, category
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'gross_profit' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of gross_profit';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'gross_profit' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: gross_margin
  -- label: "Gross margin"
  -- description: "Gross profit as a share of revenue."
  -- owner: "finance@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'gross_margin' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'gross_margin',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n.time IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'd81f4b43f9094b3c12011113c70575df',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value, numbers.denominator
FROM (
  SELECT
    DATE_TRUNC(order_date, MONTH) AS month,
    SAFE_DIVIDE(CAST(SUM(profit) AS FLOAT64), SUM(amount)) AS value,
    SUM(amount) AS denominator
  FROM order_lines
  WHERE order_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND order_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_date, MONTH)
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'gross_margin',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON(('{"category":' || COALESCE(TO_JSON_STRING(n.category), 'null') || ',"region":' || COALESCE(TO_JSON_STRING(n.region), 'null') || '}')),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256(('{"category":' || COALESCE(TO_JSON_STRING(n.category), 'null') || ',"region":' || COALESCE(TO_JSON_STRING(n.region), 'null') || '}'))),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n.time IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'd81f4b43f9094b3c12011113c70575df',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  TIMESTAMP(numbers.month, 'Europe/Berlin') AS time,
  numbers.value,
  numbers.region,
  numbers.category,
  numbers.denominator
FROM (
  SELECT
    DATE_TRUNC(order_date, MONTH) AS month,
    region,
    category,
    SAFE_DIVIDE(CAST(SUM(profit) AS FLOAT64), SUM(amount)) AS value,
    SUM(amount) AS denominator
  FROM order_lines
  WHERE order_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND order_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_date, MONTH), region, category
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'gross_margin' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of gross_margin';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'gross_margin' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: discounted_revenue
  -- label: "Discounted revenue"
  -- description: "Sales of the order lines that were sold at a discount."
  -- owner: "finance@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'discounted_revenue' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'discounted_revenue',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '82c5a13ad0b8263007abbf646db61307',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT DATE_TRUNC(order_date, MONTH) AS month, SUM(CASE WHEN discount > 0 THEN amount END) AS value
  FROM order_lines
  WHERE order_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND order_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_date, MONTH)
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'discounted_revenue',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON(('{"category":' || COALESCE(TO_JSON_STRING(n.category), 'null') || ',"region":' || COALESCE(TO_JSON_STRING(n.region), 'null') || '}')),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256(('{"category":' || COALESCE(TO_JSON_STRING(n.category), 'null') || ',"region":' || COALESCE(TO_JSON_STRING(n.region), 'null') || '}'))),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '82c5a13ad0b8263007abbf646db61307',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  TIMESTAMP(numbers.month, 'Europe/Berlin') AS time,
  numbers.value,
  numbers.region,
  numbers.category
FROM (
  SELECT
    DATE_TRUNC(order_date, MONTH) AS month,
    region,
    category,
    SUM(CASE WHEN discount > 0 THEN amount END) AS value
  FROM order_lines
  WHERE order_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND order_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_date, MONTH), region, category
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'discounted_revenue' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of discounted_revenue';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'discounted_revenue' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: discounted_share
  -- label: "Share sold at a discount"
  -- description: "Discounted revenue as a share of revenue."
  -- owner: "finance@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'discounted_share' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'discounted_share',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n.time IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  '450349ed0ee113f6eb23c7f2656a69a1',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value, numbers.denominator
FROM (
  SELECT
    DATE_TRUNC(order_date, MONTH) AS month,
    SAFE_DIVIDE(CAST(SUM(CASE WHEN discount > 0 THEN amount END) AS FLOAT64), SUM(amount)) AS value,
    SUM(amount) AS denominator
  FROM order_lines
  WHERE order_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND order_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_date, MONTH)
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'discounted_share' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of discounted_share';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'discounted_share' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: order_count
  -- label: "Orders"
  -- description: "Orders placed in the month."
  -- owner: "finance@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'order_count' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'order_count',
  CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'f8fcdb5c612a37a517c6b881f4d5d95d',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT DATE_TRUNC(order_date, MONTH) AS month, COUNT(*) AS value
  FROM orders
  WHERE order_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND order_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_date, MONTH)
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'order_count',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON(('{"region":' || COALESCE(TO_JSON_STRING(n.region), 'null') || '}')),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256(('{"region":' || COALESCE(TO_JSON_STRING(n.region), 'null') || '}'))),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'f8fcdb5c612a37a517c6b881f4d5d95d',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value, numbers.region
FROM (
  SELECT DATE_TRUNC(order_date, MONTH) AS month, region, COUNT(*) AS value
  FROM orders
  WHERE order_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND order_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_date, MONTH), region
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'order_count' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of order_count';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'order_count' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: average_order_value
  -- label: "Average order value"
  -- description: "Revenue by orders."
  -- owner: "finance@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'average_order_value' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'average_order_value',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n.time IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  '23311ba39541612fbd32106465cbda6d',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
WITH revenue AS (
  SELECT DATE_TRUNC(order_date, MONTH) AS month, SUM(amount) AS value
  FROM order_lines
  WHERE order_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND order_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_date, MONTH)
),
order_count AS (
  SELECT DATE_TRUNC(order_date, MONTH) AS month, COUNT(*) AS value
  FROM orders
  WHERE order_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND order_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_date, MONTH)
),
buckets AS (
  SELECT revenue.month
  FROM revenue
  UNION DISTINCT
  SELECT order_count.month
  FROM order_count
)
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value, numbers.denominator
FROM (
  SELECT
    buckets.month,
    SAFE_DIVIDE(CAST(revenue.value AS FLOAT64), COALESCE(order_count.value, 0)) AS value,
    COALESCE(order_count.value, 0) AS denominator
  FROM buckets
  LEFT JOIN revenue ON revenue.month = buckets.month
  LEFT JOIN order_count ON order_count.month = buckets.month
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'average_order_value',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON(('{"region":' || COALESCE(TO_JSON_STRING(n.region), 'null') || '}')),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256(('{"region":' || COALESCE(TO_JSON_STRING(n.region), 'null') || '}'))),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n.time IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  '23311ba39541612fbd32106465cbda6d',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
WITH revenue AS (
  SELECT DATE_TRUNC(order_date, MONTH) AS month, region, SUM(amount) AS value
  FROM order_lines
  WHERE order_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND order_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_date, MONTH), region
),
order_count AS (
  SELECT DATE_TRUNC(order_date, MONTH) AS month, region, COUNT(*) AS value
  FROM orders
  WHERE order_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND order_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_date, MONTH), region
),
buckets AS (
  SELECT revenue.month, revenue.region
  FROM revenue
  UNION DISTINCT
  SELECT order_count.month, order_count.region
  FROM order_count
)
SELECT
  TIMESTAMP(numbers.month, 'Europe/Berlin') AS time,
  numbers.value,
  numbers.region,
  numbers.denominator
FROM (
  SELECT
    buckets.month,
    buckets.region,
    SAFE_DIVIDE(CAST(revenue.value AS FLOAT64), COALESCE(order_count.value, 0)) AS value,
    COALESCE(order_count.value, 0) AS denominator
  FROM buckets
  LEFT JOIN revenue ON revenue.month = buckets.month AND revenue.region IS NOT DISTINCT FROM buckets.region
  LEFT JOIN order_count ON order_count.month = buckets.month AND order_count.region IS NOT DISTINCT FROM buckets.region
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'average_order_value' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of average_order_value';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'average_order_value' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: units_sold
  -- label: "Units sold"
  -- description: "Pieces of all order lines, by the segment that the buyer belongs to."
  -- owner: "finance@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'units_sold' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'units_sold',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '76686586f67ca0bb7b74b1fa2e67072e',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT DATE_TRUNC(order_date, MONTH) AS month, SUM(CAST(quantity AS NUMERIC)) AS value
  FROM order_lines
  WHERE order_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND order_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_date, MONTH)
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'units_sold',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON(('{"buyer_segment":' || COALESCE(TO_JSON_STRING(n.buyer_segment), 'null') || '}')),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256(('{"buyer_segment":' || COALESCE(TO_JSON_STRING(n.buyer_segment), 'null') || '}'))),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '76686586f67ca0bb7b74b1fa2e67072e',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value, numbers.buyer_segment
FROM (
  SELECT
    DATE_TRUNC(order_lines.order_date, MONTH) AS month,
    buyer.segment AS buyer_segment,
    SUM(CAST(order_lines.quantity AS NUMERIC)) AS value
  FROM order_lines
  LEFT JOIN customers AS buyer ON order_lines.customer_id = buyer.customer_id
  WHERE order_lines.order_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND order_lines.order_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_lines.order_date, MONTH), buyer.segment
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'units_sold' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of units_sold';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'units_sold' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: units_per_order
  -- label: "Units per order"
  -- description: "Pieces by orders."
  -- owner: "finance@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'units_per_order' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'units_per_order',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n.time IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'aa1a7c144057f00407f2860eb5d21adb',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
WITH units_sold AS (
  SELECT DATE_TRUNC(order_date, MONTH) AS month, SUM(CAST(quantity AS NUMERIC)) AS value
  FROM order_lines
  WHERE order_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND order_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_date, MONTH)
),
order_count AS (
  SELECT DATE_TRUNC(order_date, MONTH) AS month, COUNT(*) AS value
  FROM orders
  WHERE order_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND order_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_date, MONTH)
),
buckets AS (
  SELECT units_sold.month
  FROM units_sold
  UNION DISTINCT
  SELECT order_count.month
  FROM order_count
)
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value, numbers.denominator
FROM (
  SELECT
    buckets.month,
    SAFE_DIVIDE(CAST(units_sold.value AS FLOAT64), COALESCE(order_count.value, 0)) AS value,
    COALESCE(order_count.value, 0) AS denominator
  FROM buckets
  LEFT JOIN units_sold ON units_sold.month = buckets.month
  LEFT JOIN order_count ON order_count.month = buckets.month
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'units_per_order' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of units_per_order';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'units_per_order' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: buyers
  -- label: "Buyers"
  -- description: "Customers with at least one order in the month."
  -- owner: "growth@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'buyers' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'buyers',
  CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '5c179d29c0e6c83f50359ae21e18e899',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT DATE_TRUNC(order_date, MONTH) AS month, COUNT(DISTINCT customer_id) AS value
  FROM orders
  WHERE order_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND order_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_date, MONTH)
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'buyers',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON(('{"segment":' || COALESCE(TO_JSON_STRING(n.segment), 'null') || '}')),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256(('{"segment":' || COALESCE(TO_JSON_STRING(n.segment), 'null') || '}'))),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '5c179d29c0e6c83f50359ae21e18e899',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value, numbers.segment
FROM (
  SELECT DATE_TRUNC(order_date, MONTH) AS month, segment, COUNT(DISTINCT customer_id) AS value
  FROM orders
  WHERE order_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND order_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_date, MONTH), segment
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'buyers' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of buyers';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'buyers' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: revenue_per_buyer
  -- label: "Revenue per buyer"
  -- description: "Revenue by the customers who ordered."
  -- owner: "growth@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'revenue_per_buyer' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'revenue_per_buyer',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n.time IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'e6411054a8ed6adb35ce84a3f72b826d',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
WITH revenue AS (
  SELECT DATE_TRUNC(order_date, MONTH) AS month, SUM(amount) AS value
  FROM order_lines
  WHERE order_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND order_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_date, MONTH)
),
buyers AS (
  SELECT DATE_TRUNC(order_date, MONTH) AS month, COUNT(DISTINCT customer_id) AS value
  FROM orders
  WHERE order_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND order_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_date, MONTH)
),
buckets AS (
  SELECT revenue.month
  FROM revenue
  UNION DISTINCT
  SELECT buyers.month
  FROM buyers
)
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value, numbers.denominator
FROM (
  SELECT
    buckets.month,
    SAFE_DIVIDE(CAST(revenue.value AS FLOAT64), COALESCE(buyers.value, 0)) AS value,
    COALESCE(buyers.value, 0) AS denominator
  FROM buckets
  LEFT JOIN revenue ON revenue.month = buckets.month
  LEFT JOIN buyers ON buyers.month = buckets.month
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'revenue_per_buyer' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of revenue_per_buyer';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'revenue_per_buyer' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: repeat_orders
  -- label: "Repeat orders"
  -- description: "Orders by customers who had ordered before."
  -- owner: "growth@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'repeat_orders' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'repeat_orders',
  CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '2a69214f74e7289cdbb55e6a2d255fa0',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT DATE_TRUNC(order_date, MONTH) AS month, COUNT(*) AS value
  FROM orders
  WHERE order_number > 1
    AND order_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND order_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_date, MONTH)
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'repeat_orders',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON(('{"region":' || COALESCE(TO_JSON_STRING(n.region), 'null') || '}')),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256(('{"region":' || COALESCE(TO_JSON_STRING(n.region), 'null') || '}'))),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '2a69214f74e7289cdbb55e6a2d255fa0',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value, numbers.region
FROM (
  SELECT DATE_TRUNC(order_date, MONTH) AS month, region, COUNT(*) AS value
  FROM orders
  WHERE order_number > 1
    AND order_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND order_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_date, MONTH), region
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'repeat_orders' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of repeat_orders';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'repeat_orders' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: repeat_purchase_rate
  -- label: "Repeat purchase rate"
  -- description: "Share of the orders that came from customers who had ordered before."
  -- owner: "growth@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'repeat_purchase_rate' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'repeat_purchase_rate',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n.time IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'b9b8502c5a78182a5162dabe54393160',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value, numbers.denominator
FROM (
  SELECT
    DATE_TRUNC(order_date, MONTH) AS month,
    SAFE_DIVIDE(COALESCE(COUNTIF(order_number > 1), 0), COALESCE(COUNT(*), 0)) AS value,
    COALESCE(COUNT(*), 0) AS denominator
  FROM orders
  WHERE order_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND order_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_date, MONTH)
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'repeat_purchase_rate',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON(('{"region":' || COALESCE(TO_JSON_STRING(n.region), 'null') || '}')),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256(('{"region":' || COALESCE(TO_JSON_STRING(n.region), 'null') || '}'))),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n.time IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  'b9b8502c5a78182a5162dabe54393160',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT
  TIMESTAMP(numbers.month, 'Europe/Berlin') AS time,
  numbers.value,
  numbers.region,
  numbers.denominator
FROM (
  SELECT
    DATE_TRUNC(order_date, MONTH) AS month,
    region,
    SAFE_DIVIDE(COALESCE(COUNTIF(order_number > 1), 0), COALESCE(COUNT(*), 0)) AS value,
    COALESCE(COUNT(*), 0) AS denominator
  FROM orders
  WHERE order_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND order_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_date, MONTH), region
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'repeat_purchase_rate' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of repeat_purchase_rate';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'repeat_purchase_rate' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: revenue_growth_yoy
  -- label: "Revenue growth on the year before"
  -- description: "Revenue of the month against the same month a year earlier."
  -- owner: "finance@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'revenue_growth_yoy' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'revenue_growth_yoy',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n.time IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  '649c551b3734e3ad319b9c2b72cd171b',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
WITH revenue AS (
  SELECT DATE_TRUNC(order_date, MONTH) AS month, SUM(amount) AS value
  FROM order_lines
  WHERE order_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND order_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_date, MONTH)
),
earlier AS (
  SELECT DATE_TRUNC(order_date, MONTH) AS month, SUM(amount) AS value
  FROM order_lines
  WHERE order_date >= DATE_TRUNC(DATE_SUB(DATE(kpictl_from, 'Europe/Berlin'), INTERVAL 12 MONTH), MONTH)
    AND order_date <= DATE_SUB(DATE_ADD(DATE_TRUNC(DATE_SUB(DATE_TRUNC(DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin'), MONTH), INTERVAL 12 MONTH), MONTH), INTERVAL 1 MONTH), INTERVAL 1 DAY)
  GROUP BY DATE_TRUNC(order_date, MONTH)
),
revenue_1_year AS (
  SELECT months.month, earlier.value
  FROM (SELECT month FROM UNNEST(GENERATE_DATE_ARRAY(DATE_TRUNC(DATE(kpictl_from, 'Europe/Berlin'), MONTH), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin'), INTERVAL 1 MONTH)) AS month) AS months
  JOIN earlier ON earlier.month = DATE_TRUNC(DATE_SUB(months.month, INTERVAL 12 MONTH), MONTH)
),
buckets AS (
  SELECT revenue.month
  FROM revenue
  UNION DISTINCT
  SELECT revenue_1_year.month
  FROM revenue_1_year
)
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value, numbers.denominator
FROM (
  SELECT
    buckets.month,
    SAFE_DIVIDE(CAST(revenue.value AS FLOAT64), CASE WHEN DATE_TRUNC(DATE_SUB(buckets.month, INTERVAL 12 MONTH), MONTH) >= DATE '2021-01-01' THEN revenue_1_year.value END) - 1 AS value,
    CASE WHEN DATE_TRUNC(DATE_SUB(buckets.month, INTERVAL 12 MONTH), MONTH) >= DATE '2021-01-01' THEN revenue_1_year.value END AS denominator
  FROM buckets
  LEFT JOIN revenue ON revenue.month = buckets.month
  LEFT JOIN revenue_1_year ON revenue_1_year.month = buckets.month
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'revenue_growth_yoy' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of revenue_growth_yoy';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'revenue_growth_yoy' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: mrr
  -- label: "MRR at month's end"
  -- description: "What the subscribers of each month's last day pay a month, from the dates on which they started and ended. All who have left did so on 2024-12-31, the only day that the data knows, so the last month falls steeply."
  -- owner: "finance@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'mrr' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'mrr',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '1ef043cab641c427792b51dbb9acbb20',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT months.month, SUM(subscription_terms.amount) AS value
  FROM (SELECT month FROM UNNEST(GENERATE_DATE_ARRAY(DATE_TRUNC(DATE(kpictl_from, 'Europe/Berlin'), MONTH), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin'), INTERVAL 1 MONTH)) AS month) AS months
  JOIN subscriptions AS subscription_terms ON subscription_terms.started_at <= LEAST(COALESCE(DATE_SUB(DATE_ADD(months.month, INTERVAL 1 MONTH), INTERVAL 1 DAY), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')) AND (subscription_terms.ended_at IS NULL OR subscription_terms.ended_at > LEAST(COALESCE(DATE_SUB(DATE_ADD(months.month, INTERVAL 1 MONTH), INTERVAL 1 DAY), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')))
  GROUP BY months.month
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'mrr',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON(('{"contract":' || COALESCE(TO_JSON_STRING(n.contract), 'null') || '}')),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256(('{"contract":' || COALESCE(TO_JSON_STRING(n.contract), 'null') || '}'))),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '1ef043cab641c427792b51dbb9acbb20',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value, numbers.contract
FROM (
  SELECT months.month, subscription_terms.contract, SUM(subscription_terms.amount) AS value
  FROM (SELECT month FROM UNNEST(GENERATE_DATE_ARRAY(DATE_TRUNC(DATE(kpictl_from, 'Europe/Berlin'), MONTH), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin'), INTERVAL 1 MONTH)) AS month) AS months
  JOIN subscriptions AS subscription_terms ON subscription_terms.started_at <= LEAST(COALESCE(DATE_SUB(DATE_ADD(months.month, INTERVAL 1 MONTH), INTERVAL 1 DAY), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')) AND (subscription_terms.ended_at IS NULL OR subscription_terms.ended_at > LEAST(COALESCE(DATE_SUB(DATE_ADD(months.month, INTERVAL 1 MONTH), INTERVAL 1 DAY), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')))
  GROUP BY months.month, subscription_terms.contract
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'mrr' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of mrr';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'mrr' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: active_subscribers
  -- label: "Active subscribers"
  -- description: "Subscribers on each month's last day."
  -- owner: "growth@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'active_subscribers' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'active_subscribers',
  CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '0c0bf7ab86ca91835dd33a6207fb7e44',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT months.month, COUNT(*) AS value
  FROM (SELECT month FROM UNNEST(GENERATE_DATE_ARRAY(DATE_TRUNC(DATE(kpictl_from, 'Europe/Berlin'), MONTH), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin'), INTERVAL 1 MONTH)) AS month) AS months
  JOIN subscriptions AS subscription_terms ON subscription_terms.started_at <= LEAST(COALESCE(DATE_SUB(DATE_ADD(months.month, INTERVAL 1 MONTH), INTERVAL 1 DAY), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')) AND (subscription_terms.ended_at IS NULL OR subscription_terms.ended_at > LEAST(COALESCE(DATE_SUB(DATE_ADD(months.month, INTERVAL 1 MONTH), INTERVAL 1 DAY), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')))
  GROUP BY months.month
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'active_subscribers',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON(('{"contract":' || COALESCE(TO_JSON_STRING(n.contract), 'null') || '}')),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256(('{"contract":' || COALESCE(TO_JSON_STRING(n.contract), 'null') || '}'))),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '0c0bf7ab86ca91835dd33a6207fb7e44',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value, numbers.contract
FROM (
  SELECT months.month, subscription_terms.contract, COUNT(*) AS value
  FROM (SELECT month FROM UNNEST(GENERATE_DATE_ARRAY(DATE_TRUNC(DATE(kpictl_from, 'Europe/Berlin'), MONTH), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin'), INTERVAL 1 MONTH)) AS month) AS months
  JOIN subscriptions AS subscription_terms ON subscription_terms.started_at <= LEAST(COALESCE(DATE_SUB(DATE_ADD(months.month, INTERVAL 1 MONTH), INTERVAL 1 DAY), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')) AND (subscription_terms.ended_at IS NULL OR subscription_terms.ended_at > LEAST(COALESCE(DATE_SUB(DATE_ADD(months.month, INTERVAL 1 MONTH), INTERVAL 1 DAY), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')))
  GROUP BY months.month, subscription_terms.contract
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'active_subscribers' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of active_subscribers';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'active_subscribers' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: new_subscribers
  -- label: "New subscribers"
  -- description: "Subscriptions that started in the month."
  -- owner: "growth@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'new_subscribers' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'new_subscribers',
  CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END,
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN CASE WHEN n.time IS NOT NULL THEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) ELSE 0 END IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'a8c03222019bd1c2b86e939d326cf157',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT DATE_TRUNC(started_at, MONTH) AS month, COUNT(*) AS value
  FROM subscriptions AS subscription_starts
  WHERE started_at >= DATE(kpictl_from, 'Europe/Berlin')
    AND started_at <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(started_at, MONTH)
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'new_subscribers',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON(('{"contract":' || COALESCE(TO_JSON_STRING(n.contract), 'null') || '}')),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256(('{"contract":' || COALESCE(TO_JSON_STRING(n.contract), 'null') || '}'))),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'a8c03222019bd1c2b86e939d326cf157',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value, numbers.contract
FROM (
  SELECT DATE_TRUNC(started_at, MONTH) AS month, contract, COUNT(*) AS value
  FROM subscriptions AS subscription_starts
  WHERE started_at >= DATE(kpictl_from, 'Europe/Berlin')
    AND started_at <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(started_at, MONTH), contract
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'new_subscribers' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of new_subscribers';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'new_subscribers' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: arpu
  -- label: "Revenue per subscriber"
  -- description: "MRR by active subscribers."
  -- owner: "finance@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'arpu' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'arpu',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' WHEN COALESCE(n.denominator, 0) = 0 AND n.time IS NOT NULL THEN 'no_denominator' ELSE 'no_data' END,
  '14bc111b3391fc5c541ec4e0c993f300',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
WITH mrr AS (
  SELECT months.month, SUM(subscription_terms.amount) AS value
  FROM (SELECT month FROM UNNEST(GENERATE_DATE_ARRAY(DATE_TRUNC(DATE(kpictl_from, 'Europe/Berlin'), MONTH), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin'), INTERVAL 1 MONTH)) AS month) AS months
  JOIN subscriptions AS subscription_terms ON subscription_terms.started_at <= LEAST(COALESCE(DATE_SUB(DATE_ADD(months.month, INTERVAL 1 MONTH), INTERVAL 1 DAY), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')) AND (subscription_terms.ended_at IS NULL OR subscription_terms.ended_at > LEAST(COALESCE(DATE_SUB(DATE_ADD(months.month, INTERVAL 1 MONTH), INTERVAL 1 DAY), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')))
  GROUP BY months.month
),
active_subscribers AS (
  SELECT months_2.month, COUNT(*) AS value
  FROM (SELECT month FROM UNNEST(GENERATE_DATE_ARRAY(DATE_TRUNC(DATE(kpictl_from, 'Europe/Berlin'), MONTH), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin'), INTERVAL 1 MONTH)) AS month) AS months_2
  JOIN subscriptions AS subscription_terms ON subscription_terms.started_at <= LEAST(COALESCE(DATE_SUB(DATE_ADD(months_2.month, INTERVAL 1 MONTH), INTERVAL 1 DAY), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')) AND (subscription_terms.ended_at IS NULL OR subscription_terms.ended_at > LEAST(COALESCE(DATE_SUB(DATE_ADD(months_2.month, INTERVAL 1 MONTH), INTERVAL 1 DAY), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')), DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')))
  GROUP BY months_2.month
),
buckets AS (
  SELECT mrr.month
  FROM mrr
  UNION DISTINCT
  SELECT active_subscribers.month
  FROM active_subscribers
)
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value, numbers.denominator
FROM (
  SELECT
    buckets.month,
    SAFE_DIVIDE(CAST(mrr.value AS FLOAT64), COALESCE(active_subscribers.value, 0)) AS value,
    COALESCE(active_subscribers.value, 0) AS denominator
  FROM buckets
  LEFT JOIN mrr ON mrr.month = buckets.month
  LEFT JOIN active_subscribers ON active_subscribers.month = buckets.month
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'arpu' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of arpu';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'arpu' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: monthly_revenue_growth
  -- label: "Revenue growth on the month before"
  -- description: "Growth of completed transactions in percent, with the month's revenue and customers beside it."
  -- owner: "finance@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_now;
  SET kpictl_as_of = kpictl_now;
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'monthly_revenue_growth' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_until;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'monthly_revenue_growth',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  'bbd20f0d740204ff3b4cb0612f3e14f2',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT
  TIMESTAMP(numbers.month, 'Europe/Berlin') AS time,
  numbers.value,
  numbers.revenue,
  numbers.customers
FROM (
  SELECT DATE_TRUNC(result.time, MONTH) AS month, result.value, result.revenue, result.customers
  FROM (
    WITH monthly_revenue AS (
      SELECT
        DATE_TRUNC(transactions.created_at, MONTH) AS month,
        SUM(transactions.amount) AS revenue,
        COUNT(DISTINCT transactions.user_id) AS customers
      FROM transactions
      WHERE transactions.status = 'completed'
        AND transactions.created_at <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
      GROUP BY DATE_TRUNC(transactions.created_at, MONTH)
    ),
    growth_calculation AS (
      SELECT
        monthly_revenue.month,
        monthly_revenue.revenue,
        monthly_revenue.customers,
        LAG(monthly_revenue.revenue, 1) OVER (ORDER BY monthly_revenue.month NULLS LAST) AS prev_revenue,
        SAFE_DIVIDE(CAST(monthly_revenue.revenue - LAG(monthly_revenue.revenue, 1) OVER (ORDER BY monthly_revenue.month NULLS LAST) AS FLOAT64), LAG(monthly_revenue.revenue, 1) OVER (ORDER BY monthly_revenue.month NULLS LAST)) * 100 AS growth_rate
      FROM monthly_revenue
    )
    SELECT
      growth_calculation.month AS time,
      growth_calculation.growth_rate AS value,
      growth_calculation.revenue,
      growth_calculation.customers
    FROM growth_calculation
    WHERE growth_calculation.growth_rate IS NOT NULL
  ) AS result
  WHERE result.time >= DATE(kpictl_from, 'Europe/Berlin')
    AND result.time <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_until;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'monthly_revenue_growth' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_until GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of monthly_revenue_growth';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'monthly_revenue_growth' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: days_to_ship
  -- label: "Days to ship"
  -- description: "Average days from order to shipment, of the orders that were shipped in the month."
  -- owner: "platform@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'days_to_ship' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'days_to_ship',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '1126f54d1db0e374d4fc2ac6cde52f46',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT
    DATE_TRUNC(ship_date, MONTH) AS month,
    SAFE_DIVIDE(CAST(SUM(CAST(days_to_ship AS NUMERIC)) AS FLOAT64), COUNT(days_to_ship)) AS value
  FROM orders
  WHERE ship_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND ship_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(ship_date, MONTH)
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to
UNION ALL
SELECT
  b.start_time,
  'days_to_ship',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON(('{"ship_mode":' || COALESCE(TO_JSON_STRING(n.ship_mode), 'null') || '}')),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256(('{"ship_mode":' || COALESCE(TO_JSON_STRING(n.ship_mode), 'null') || '}'))),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '1126f54d1db0e374d4fc2ac6cde52f46',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
JOIN (
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value, numbers.ship_mode
FROM (
  SELECT
    DATE_TRUNC(ship_date, MONTH) AS month,
    ship_mode,
    SAFE_DIVIDE(CAST(SUM(CAST(days_to_ship AS NUMERIC)) AS FLOAT64), COUNT(days_to_ship)) AS value
  FROM orders
  WHERE ship_date >= DATE(kpictl_from, 'Europe/Berlin')
    AND ship_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(ship_date, MONTH), ship_mode
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'days_to_ship' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of days_to_ship';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'days_to_ship' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');

  -- kpi: days_to_ship_p95
  -- label: "Days to ship, slowest 5 %"
  -- description: "95 of 100 orders that were shipped in the month took no longer."
  -- owner: "platform@nexpo.example"
  SET kpictl_from = kpictl_since;
  SET kpictl_to = kpictl_until;
  SET kpictl_as_of = TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND);
  BEGIN TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'days_to_ship_p95' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to;
  INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at)
SELECT
  b.start_time,
  'days_to_ship_p95',
  IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)),
  PARSE_JSON('{}'),
  PARSE_JSON('{}'),
  'month',
  b.bucket,
  TO_HEX(SHA256('{}')),
  CASE WHEN IF(IS_INF(CAST(n.value AS FLOAT64)) OR IS_NAN(CAST(n.value AS FLOAT64)), NULL, CAST(n.value AS FLOAT64)) IS NOT NULL THEN 'ok' ELSE 'no_data' END,
  '49ab062c0c23a2b23af1744b75d7dee3',
  kpictl_run_id,
  kpictl_known_at
FROM kpictl_buckets AS b
LEFT JOIN (
SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT DATE_TRUNC(measured.ship_date, MONTH) AS month, MIN(measured.percentile) AS value
  FROM (
    SELECT
      ship_date,
      days_to_ship,
      PERCENTILE_CONT(days_to_ship, 0.95) OVER (PARTITION BY DATE_TRUNC(ship_date, MONTH)) AS percentile
    FROM orders
    WHERE ship_date >= DATE(kpictl_from, 'Europe/Berlin')
      AND ship_date <= DATE(TIMESTAMP_SUB(kpictl_to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  ) AS measured
  GROUP BY DATE_TRUNC(measured.ship_date, MONTH)
) AS numbers
) AS n ON n.time = b.start_time
WHERE b.start_time >= kpictl_from AND b.start_time < kpictl_to;
  ASSERT NOT EXISTS (
    SELECT 1 FROM kpi_metrics WHERE kpi_name = 'days_to_ship_p95' AND grain = 'month' AND time >= kpictl_from AND time < kpictl_to GROUP BY time, dimensions_key HAVING COUNT(*) > 1
  ) AS 'two rows for a bucket of days_to_ship_p95';
  COMMIT TRANSACTION;
  DELETE FROM kpi_metrics WHERE kpi_name = 'days_to_ship_p95' AND time < TIMESTAMP(DATE_SUB(DATE(kpictl_known_at, 'Europe/Berlin'), INTERVAL 1826 DAY), 'Europe/Berlin');
END;
