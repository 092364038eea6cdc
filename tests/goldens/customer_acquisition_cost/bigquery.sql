SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT DATE_TRUNC(result.time, MONTH) AS month, result.`?column?` AS value
  FROM (
    SELECT
      monthly_metrics.month AS time,
      SAFE_DIVIDE(CAST(monthly_metrics.marketing_spend AS FLOAT64), monthly_metrics.new_customers) AS `?column?`
    FROM monthly_metrics
    WHERE monthly_metrics.month <= DATE(TIMESTAMP_SUB(@to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  ) AS result
  WHERE result.time >= DATE(@from, 'Europe/Berlin')
    AND result.time <= DATE(TIMESTAMP_SUB(@to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
) AS numbers
