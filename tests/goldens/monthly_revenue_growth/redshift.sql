WITH monthly_revenue AS (
  SELECT
    CAST(DATE_TRUNC('month', transactions.created_at) AS DATE) AS "month",
    SUM(transactions.amount) AS revenue,
    COUNT(DISTINCT transactions.user_id || CHR(1)) AS customers
  FROM transactions
  WHERE (transactions.status = 'completed' AND LEN(transactions.status) = 9)
    AND transactions.created_at <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(%(to)s AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('month', transactions.created_at) AS DATE)
),
growth_calculation AS (
  SELECT
    monthly_revenue."month",
    monthly_revenue.revenue,
    monthly_revenue.customers,
    LAG(monthly_revenue.revenue, 1) OVER (ORDER BY monthly_revenue."month") AS prev_revenue,
    CAST(monthly_revenue.revenue - LAG(monthly_revenue.revenue, 1) OVER (ORDER BY monthly_revenue."month") AS DOUBLE PRECISION) / NULLIF(CAST(LAG(monthly_revenue.revenue, 1) OVER (ORDER BY monthly_revenue."month") AS DOUBLE PRECISION), 0) * 100 AS growth_rate
  FROM monthly_revenue
)
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.revenue,
  numbers.customers
FROM (
  SELECT
    CAST(DATE_TRUNC('month', result."time") AS DATE) AS "month",
    result."value",
    result.revenue,
    result.customers
  FROM (
    SELECT
      growth_calculation."month" AS "time",
      growth_calculation.growth_rate AS "value",
      growth_calculation.revenue,
      growth_calculation.customers
    FROM growth_calculation
    WHERE growth_calculation.growth_rate IS NOT NULL
  ) AS result
  WHERE result."time" >= CAST(TIMEZONE('Europe/Berlin', CAST(%(from)s AS TIMESTAMPTZ)) AS DATE)
    AND result."time" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(%(to)s AS TIMESTAMPTZ))))) AS DATE)
) AS numbers
