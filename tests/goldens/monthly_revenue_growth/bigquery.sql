SELECT
  TIMESTAMP(numbers.month, 'Europe/Berlin') AS time,
  numbers.value,
  numbers.revenue,
  numbers.customers
FROM (
  SELECT DATE_TRUNC(result.time, MONTH) AS month, result.value, result.revenue, result.customers
  FROM (
    WITH monthly_revenue AS (
      SELECT
        DATE_TRUNC(transactions.created_at, MONTH) AS month,
        SUM(transactions.amount) AS revenue,
        COUNT(DISTINCT transactions.user_id) AS customers
      FROM transactions
      WHERE transactions.status = 'completed'
        AND transactions.created_at <= DATE(TIMESTAMP_SUB(@to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
      GROUP BY DATE_TRUNC(transactions.created_at, MONTH)
    ),
    growth_calculation AS (
      SELECT
        monthly_revenue.month,
        monthly_revenue.revenue,
        monthly_revenue.customers,
        LAG(monthly_revenue.revenue, 1) OVER (ORDER BY monthly_revenue.month NULLS LAST) AS prev_revenue,
        SAFE_DIVIDE(CAST(monthly_revenue.revenue - LAG(monthly_revenue.revenue, 1) OVER (ORDER BY monthly_revenue.month NULLS LAST) AS FLOAT64), LAG(monthly_revenue.revenue, 1) OVER (ORDER BY monthly_revenue.month NULLS LAST)) * 100 AS growth_rate
      FROM monthly_revenue
    )
    SELECT
      growth_calculation.month AS time,
      growth_calculation.growth_rate AS value,
      growth_calculation.revenue,
      growth_calculation.customers
    FROM growth_calculation
    WHERE growth_calculation.growth_rate IS NOT NULL
  ) AS result
  WHERE result.time >= DATE(@from, 'Europe/Berlin')
    AND result.time <= DATE(TIMESTAMP_SUB(@to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
) AS numbers
