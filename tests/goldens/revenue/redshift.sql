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
  WHERE order_date >= CAST(TIMEZONE('Europe/Berlin', CAST(%(from)s AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(%(to)s AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', order_date) AS DATE), region, category, LEN(region), LEN(category)
) AS numbers
