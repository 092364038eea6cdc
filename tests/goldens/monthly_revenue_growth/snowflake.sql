SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.revenue,
  numbers.customers
FROM (
  SELECT
    CAST(DATE_TRUNC('month', result."TIME") AS DATE) AS "MONTH",
    result.value,
    result.revenue,
    result.customers
  FROM (
    WITH monthly_revenue AS (
      SELECT
        CAST(DATE_TRUNC('month', transactions.created_at) AS DATE) AS "MONTH",
        SUM(transactions.amount) AS revenue,
        COUNT(DISTINCT transactions.user_id) AS customers
      FROM transactions
      WHERE transactions.status = 'completed'
        AND transactions.created_at <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(%(to)s AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
      GROUP BY CAST(DATE_TRUNC('month', transactions.created_at) AS DATE)
    ),
    growth_calculation AS (
      SELECT
        monthly_revenue."MONTH",
        monthly_revenue.revenue,
        monthly_revenue.customers,
        LAG(monthly_revenue.revenue, 1) OVER (ORDER BY monthly_revenue."MONTH") AS prev_revenue,
        CAST(monthly_revenue.revenue - LAG(monthly_revenue.revenue, 1) OVER (ORDER BY monthly_revenue."MONTH") AS DOUBLE) / NULLIF(CAST(LAG(monthly_revenue.revenue, 1) OVER (ORDER BY monthly_revenue."MONTH") AS DOUBLE), 0) * 100 AS growth_rate
      FROM monthly_revenue
    )
    SELECT
      growth_calculation."MONTH" AS "TIME",
      growth_calculation.growth_rate AS value,
      growth_calculation.revenue,
      growth_calculation.customers
    FROM growth_calculation
    WHERE growth_calculation.growth_rate IS NOT NULL
  ) AS result
  WHERE result."TIME" >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(%(from)s AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND result."TIME" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(%(to)s AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
) AS numbers
