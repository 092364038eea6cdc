SELECT
  timezone('Europe/Berlin', CAST(numbers.month AS timestamp)) AS "time",
  numbers.value,
  numbers.contract
FROM (
  SELECT months.month, subscription_terms.contract, sum(subscription_terms.amount) AS value
  FROM generate_series(CAST(CAST(date_trunc('month', CAST(CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date) AS timestamp)) AS date) AS timestamp), CAST(CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date) AS timestamp), INTERVAL '1 MONTH') AS months(month)
  JOIN subscriptions AS subscription_terms ON subscription_terms.started_at <= least(CAST(CAST(CAST(CAST(months.month AS timestamp) + INTERVAL '1 MONTH' AS date) AS timestamp) - INTERVAL '1 DAY' AS date), CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)) AND (subscription_terms.ended_at IS NULL OR subscription_terms.ended_at > least(CAST(CAST(CAST(CAST(months.month AS timestamp) + INTERVAL '1 MONTH' AS date) AS timestamp) - INTERVAL '1 DAY' AS date), CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)))
  GROUP BY months.month, subscription_terms.contract
) AS numbers
