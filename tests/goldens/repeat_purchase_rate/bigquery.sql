SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value, numbers.region
FROM (
  SELECT
    DATE_TRUNC(order_date, MONTH) AS month,
    region,
    SAFE_DIVIDE(COALESCE(COUNTIF(order_number > 1), 0), COALESCE(COUNT(*), 0)) AS value
  FROM orders
  WHERE order_date >= DATE(@from, 'Europe/Berlin')
    AND order_date <= DATE(TIMESTAMP_SUB(@to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(order_date, MONTH), region
) AS numbers
