SELECT
  timezone('Europe/Berlin', CAST(numbers.month AS TIMESTAMP)) AS time,
  numbers.value,
  numbers.region
FROM (
  SELECT
    CAST(date_trunc('month', order_date) AS DATE) AS month,
    region,
    CAST(coalesce(count(*) FILTER (WHERE order_number > 1), 0) AS DOUBLE) / nullif(CAST(coalesce(count(*), 0) AS DOUBLE), 0) AS value
  FROM orders
  WHERE order_date >= CAST(timezone('Europe/Berlin', CAST($from AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(timezone('Europe/Berlin', CAST($to AS TIMESTAMPTZ) - INTERVAL '1 MICROSECOND') AS DATE)
  GROUP BY CAST(date_trunc('month', order_date) AS DATE), region
) AS numbers
