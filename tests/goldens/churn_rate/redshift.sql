SELECT
  CAST(user_metrics.cancelled_users AS DOUBLE PRECISION) / NULLIF(CAST(user_metrics.total_users AS DOUBLE PRECISION), 0) * 100 AS "value"
FROM user_metrics
