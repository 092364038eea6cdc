SELECT
  timezone('Europe/Berlin', CAST(numbers.month AS timestamp)) AS "time",
  numbers.value,
  numbers.revenue,
  numbers.customers
FROM (
  SELECT
    CAST(date_trunc('month', CAST(result."time" AS timestamp)) AS date) AS month,
    result.value,
    result.revenue,
    result.customers
  FROM (
    WITH monthly_revenue AS (
      SELECT
        CAST(date_trunc('month', CAST(transactions.created_at AS timestamp)) AS date) AS month,
        sum(transactions.amount) AS revenue,
        count(DISTINCT transactions.user_id) AS customers
      FROM transactions
      WHERE transactions.status = 'completed'
        AND transactions.created_at <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)
      GROUP BY CAST(date_trunc('month', CAST(transactions.created_at AS timestamp)) AS date)
    ),
    growth_calculation AS (
      SELECT
        monthly_revenue.month,
        monthly_revenue.revenue,
        monthly_revenue.customers,
        lag(monthly_revenue.revenue, 1) OVER (ORDER BY monthly_revenue.month) AS prev_revenue,
        CAST(monthly_revenue.revenue - lag(monthly_revenue.revenue, 1) OVER (ORDER BY monthly_revenue.month) AS double precision) / nullif(CAST(lag(monthly_revenue.revenue, 1) OVER (ORDER BY monthly_revenue.month) AS double precision), 0) * 100 AS growth_rate
      FROM monthly_revenue
    )
    SELECT
      growth_calculation.month AS "time",
      growth_calculation.growth_rate AS value,
      growth_calculation.revenue,
      growth_calculation.customers
    FROM growth_calculation
    WHERE growth_calculation.growth_rate IS NOT NULL
  ) AS result
  WHERE result."time" >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)
    AND result."time" <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)
) AS numbers
