SELECT
  timezone('Europe/Berlin', CAST(numbers.month AS timestamp)) AS "time",
  numbers.value,
  numbers.region
FROM (
  SELECT
    CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date) AS month,
    region,
    CAST(coalesce(count(*) FILTER (WHERE order_number > 1), 0) AS double precision) / nullif(CAST(coalesce(count(*), 0) AS double precision), 0) AS value
  FROM orders
  WHERE order_date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)
    AND order_date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)
  GROUP BY CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date), region
) AS numbers
