SELECT timezone('Europe/Berlin', CAST(numbers.month AS timestamp)) AS "time", numbers.value
FROM (
  SELECT
    CAST(date_trunc('month', CAST(result."time" AS timestamp)) AS date) AS month,
    result."?column?" AS value
  FROM (
    SELECT
      monthly_metrics.month AS "time",
      CAST(monthly_metrics.marketing_spend AS double precision) / nullif(CAST(monthly_metrics.new_customers AS double precision), 0) AS "?column?"
    FROM monthly_metrics
    WHERE monthly_metrics.month <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)
  ) AS result
  WHERE result."time" >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)
    AND result."time" <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)
) AS numbers
