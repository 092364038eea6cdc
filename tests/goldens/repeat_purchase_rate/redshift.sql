SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.region
FROM (
  SELECT
    CAST(DATE_TRUNC('month', order_date) AS DATE) AS "month",
    region,
    CAST(COALESCE(COUNT(CASE WHEN order_number > 1 THEN 1 END), 0) AS DOUBLE PRECISION) / NULLIF(CAST(COALESCE(COUNT(*), 0) AS DOUBLE PRECISION), 0) AS "value"
  FROM orders
  WHERE order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(%(from)s AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(%(to)s AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE), region, LEN(region)
) AS numbers
