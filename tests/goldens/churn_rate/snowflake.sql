SELECT
  CAST(user_metrics.cancelled_users AS DOUBLE) / NULLIF(CAST(user_metrics.total_users AS DOUBLE), 0) * 100 AS value
FROM user_metrics
