SELECT timezone('Europe/Berlin', CAST(numbers.month AS TIMESTAMP)) AS time, numbers.value
FROM (
  SELECT CAST(date_trunc('month', result.time) AS DATE) AS month, result."?column?" AS value
  FROM (
    SELECT
      monthly_metrics.month AS time,
      CAST(monthly_metrics.marketing_spend AS DOUBLE) / nullif(CAST(monthly_metrics.new_customers AS DOUBLE), 0) AS "?column?"
    FROM monthly_metrics
    WHERE monthly_metrics.month <= CAST(timezone('Europe/Berlin', CAST($to AS TIMESTAMPTZ) - INTERVAL '1 MICROSECOND') AS DATE)
  ) AS result
  WHERE result.time >= CAST(timezone('Europe/Berlin', CAST($from AS TIMESTAMPTZ)) AS DATE)
    AND result.time <= CAST(timezone('Europe/Berlin', CAST($to AS TIMESTAMPTZ) - INTERVAL '1 MICROSECOND') AS DATE)
) AS numbers
