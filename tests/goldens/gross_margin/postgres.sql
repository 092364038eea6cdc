SELECT
  timezone('Europe/Berlin', CAST(numbers.month AS timestamp)) AS "time",
  numbers.value,
  numbers.region,
  numbers.category
FROM (
  SELECT
    CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date) AS month,
    region,
    category,
    CAST(sum(profit) AS double precision) / nullif(CAST(sum(amount) AS double precision), 0) AS value
  FROM order_lines
  WHERE order_date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)
    AND order_date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)
  GROUP BY CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date), region, category
) AS numbers
