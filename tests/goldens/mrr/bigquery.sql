SELECT TIMESTAMP(numbers.month, 'Europe/Berlin') AS time, numbers.value, numbers.contract
FROM (
  SELECT months.month, subscription_terms.contract, SUM(subscription_terms.amount) AS value
  FROM (SELECT month FROM UNNEST(GENERATE_DATE_ARRAY(DATE_TRUNC(DATE(@from, 'Europe/Berlin'), MONTH), DATE(TIMESTAMP_SUB(@to, INTERVAL 1 MICROSECOND), 'Europe/Berlin'), INTERVAL 1 MONTH)) AS month) AS months
  JOIN subscriptions AS subscription_terms ON subscription_terms.started_at <= LEAST(COALESCE(DATE_SUB(DATE_ADD(months.month, INTERVAL 1 MONTH), INTERVAL 1 DAY), DATE(TIMESTAMP_SUB(@to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')), DATE(TIMESTAMP_SUB(@to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')) AND (subscription_terms.ended_at IS NULL OR subscription_terms.ended_at > LEAST(COALESCE(DATE_SUB(DATE_ADD(months.month, INTERVAL 1 MONTH), INTERVAL 1 DAY), DATE(TIMESTAMP_SUB(@to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')), DATE(TIMESTAMP_SUB(@to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')))
  GROUP BY months.month, subscription_terms.contract
) AS numbers
