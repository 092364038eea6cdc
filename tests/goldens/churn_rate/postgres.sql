SELECT
  CAST(user_metrics.cancelled_users AS double precision) / nullif(CAST(user_metrics.total_users AS double precision), 0) * 100 AS value
FROM user_metrics
