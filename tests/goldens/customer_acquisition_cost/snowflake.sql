SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value
FROM (
  SELECT
    CAST(DATE_TRUNC('month', result."TIME") AS DATE) AS "MONTH",
    result."?column?" AS value
  FROM (
    SELECT
      monthly_metrics."MONTH" AS "TIME",
      CAST(monthly_metrics.marketing_spend AS DOUBLE) / NULLIF(CAST(monthly_metrics.new_customers AS DOUBLE), 0) AS "?column?"
    FROM monthly_metrics
    WHERE monthly_metrics."MONTH" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(%(to)s AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  ) AS result
  WHERE result."TIME" >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(%(from)s AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND result."TIME" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(%(to)s AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
) AS numbers
