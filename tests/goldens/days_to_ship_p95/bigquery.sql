SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT DATE_TRUNC(measured.ship_date, MONTH) AS month, MIN(measured.percentile) AS value
  FROM (
    SELECT
      ship_date,
      days_to_ship,
      PERCENTILE_CONT(days_to_ship, 0.95) OVER (PARTITION BY DATE_TRUNC(ship_date, MONTH)) AS percentile
    FROM orders
    WHERE ship_date >= DATE(@from, 'Europe/Berlin')
      AND ship_date <= DATE(TIMESTAMP_SUB(@to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  ) AS measured
  GROUP BY DATE_TRUNC(measured.ship_date, MONTH)
) AS numbers
