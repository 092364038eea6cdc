SELECT
  timezone('Europe/Berlin', CAST(numbers.month AS TIMESTAMP)) AS time,
  numbers.value,
  numbers.region,
  numbers.category
FROM (
  SELECT
    CAST(date_trunc('month', order_date) AS DATE) AS month,
    region,
    category,
    CAST(sum(profit) AS DOUBLE) / nullif(CAST(sum(amount) AS DOUBLE), 0) AS value
  FROM order_lines
  WHERE order_date >= CAST(timezone('Europe/Berlin', CAST($from AS TIMESTAMPTZ)) AS DATE)
    AND order_date <= CAST(timezone('Europe/Berlin', CAST($to AS TIMESTAMPTZ) - INTERVAL '1 MICROSECOND') AS DATE)
  GROUP BY CAST(date_trunc('month', order_date) AS DATE), region, category
) AS numbers
