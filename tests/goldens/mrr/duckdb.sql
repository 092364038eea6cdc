SELECT
  timezone('Europe/Berlin', CAST(numbers.month AS TIMESTAMP)) AS time,
  numbers.value,
  numbers.contract
FROM (
  SELECT months.month, subscription_terms.contract, sum(subscription_terms.amount) AS value
  FROM generate_series(CAST(date_trunc('month', CAST(timezone('Europe/Berlin', CAST($from AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(timezone('Europe/Berlin', CAST($to AS TIMESTAMPTZ) - INTERVAL '1 MICROSECOND') AS DATE), INTERVAL '1 MONTH') AS months(month)
  JOIN subscriptions AS subscription_terms ON subscription_terms.started_at <= least(CAST(CAST(months.month + INTERVAL '1 MONTH' AS DATE) - INTERVAL '1 DAY' AS DATE), CAST(timezone('Europe/Berlin', CAST($to AS TIMESTAMPTZ) - INTERVAL '1 MICROSECOND') AS DATE)) AND (subscription_terms.ended_at IS NULL OR subscription_terms.ended_at > least(CAST(CAST(months.month + INTERVAL '1 MONTH' AS DATE) - INTERVAL '1 DAY' AS DATE), CAST(timezone('Europe/Berlin', CAST($to AS TIMESTAMPTZ) - INTERVAL '1 MICROSECOND') AS DATE)))
  GROUP BY months.month, subscription_terms.contract
) AS numbers
