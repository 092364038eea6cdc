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
  WHERE order_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(%(from)s AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND order_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(%(to)s AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE), region, category
) AS numbers
