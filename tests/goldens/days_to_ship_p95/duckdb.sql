SELECT timezone('Europe/Berlin', CAST(numbers.month AS TIMESTAMP)) AS time, numbers.value
FROM (
  SELECT
    CAST(date_trunc('month', ship_date) AS DATE) AS month,
    quantile_cont(CAST(days_to_ship AS DOUBLE), 0.95) AS value
  FROM orders
  WHERE ship_date >= CAST(timezone('Europe/Berlin', CAST($from AS TIMESTAMPTZ)) AS DATE)
    AND ship_date <= CAST(timezone('Europe/Berlin', CAST($to AS TIMESTAMPTZ) - INTERVAL '1 MICROSECOND') AS DATE)
  GROUP BY CAST(date_trunc('month', ship_date) AS DATE)
) AS numbers
