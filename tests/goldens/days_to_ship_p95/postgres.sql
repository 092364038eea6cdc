SELECT timezone('Europe/Berlin', CAST(numbers.month AS timestamp)) AS "time", numbers.value
FROM (
  SELECT
    CAST(date_trunc('month', CAST(ship_date AS timestamp)) AS date) AS month,
    percentile_cont(CAST(0.95 AS double precision)) WITHIN GROUP (ORDER BY CAST(days_to_ship AS double precision)) AS value
  FROM orders
  WHERE ship_date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)
    AND ship_date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)
  GROUP BY CAST(date_trunc('month', CAST(ship_date AS timestamp)) AS date)
) AS numbers
