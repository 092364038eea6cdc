SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.region
FROM (
  SELECT
    CAST(DATE_TRUNC('month', order_date) AS DATE) AS "MONTH",
    region,
    CAST(COALESCE(COUNT(CASE WHEN order_number > 1 THEN 1 END), 0) AS DOUBLE) / NULLIF(CAST(COALESCE(COUNT(*), 0) AS DOUBLE), 0) AS value
  FROM orders
  WHERE order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(%(from)s AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(%(to)s AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE), region
) AS numbers
