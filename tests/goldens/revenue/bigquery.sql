SELECT
  TIMESTAMP(numbers.month, 'Europe/Berlin') AS time,
  numbers.value,
  numbers.region,
  numbers.category
FROM (
  SELECT DATE_TRUNC(order_date, MONTH) AS month, region, category, SUM(amount) AS value
  FROM order_lines
  WHERE order_date >= DATE(@from, 'Europe/Berlin')
    AND order_date <= DATE(TIMESTAMP_SUB(@to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_date, MONTH), region, category
) AS numbers
