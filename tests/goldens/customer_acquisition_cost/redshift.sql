SELECT TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time", numbers."value"
FROM (
  SELECT
    CAST(DATE_TRUNC('month', result."time") AS DATE) AS "month",
    result."?column?" AS "value"
  FROM (
    SELECT
      monthly_metrics."month" AS "time",
      CAST(monthly_metrics.marketing_spend AS DOUBLE PRECISION) / NULLIF(CAST(monthly_metrics.new_customers AS DOUBLE PRECISION), 0) AS "?column?"
    FROM monthly_metrics
    WHERE monthly_metrics."month" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(%(to)s AS TIMESTAMPTZ))))) AS DATE)
  ) AS result
  WHERE result."time" >= CAST(TIMEZONE('Europe/Berlin', CAST(%(from)s AS TIMESTAMPTZ)) AS DATE)
    AND result."time" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(%(to)s AS TIMESTAMPTZ))))) AS DATE)
) AS numbers
