SELECT
  timezone('Europe/Berlin', CAST(numbers.month AS TIMESTAMP)) AS time,
  numbers.value,
  numbers.revenue,
  numbers.customers
FROM (
  SELECT
    CAST(date_trunc('month', result.time) AS DATE) AS month,
    result.value,
    result.revenue,
    result.customers
  FROM (
    WITH monthly_revenue AS (
      SELECT
        CAST(date_trunc('month', transactions.created_at) AS DATE) AS month,
        sum(transactions.amount) AS revenue,
        count(DISTINCT transactions.user_id) AS customers
      FROM transactions
      WHERE transactions.status = 'completed'
        AND transactions.created_at <= CAST(timezone('Europe/Berlin', CAST($to AS TIMESTAMPTZ) - INTERVAL '1 MICROSECOND') AS DATE)
      GROUP BY CAST(date_trunc('month', transactions.created_at) AS DATE)
    ),
    growth_calculation AS (
      SELECT
        monthly_revenue.month,
        monthly_revenue.revenue,
        monthly_revenue.customers,
        lag(monthly_revenue.revenue, 1) OVER (ORDER BY monthly_revenue.month NULLS LAST) AS prev_revenue,
        CAST(monthly_revenue.revenue - lag(monthly_revenue.revenue, 1) OVER (ORDER BY monthly_revenue.month NULLS LAST) AS DOUBLE) / nullif(CAST(lag(monthly_revenue.revenue, 1) OVER (ORDER BY monthly_revenue.month NULLS LAST) AS DOUBLE), 0) * 100 AS growth_rate
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
  WHERE result.time >= CAST(timezone('Europe/Berlin', CAST($from AS TIMESTAMPTZ)) AS DATE)
    AND result.time <= CAST(timezone('Europe/Berlin', CAST($to AS TIMESTAMPTZ) - INTERVAL '1 MICROSECOND') AS DATE)
) AS numbers
