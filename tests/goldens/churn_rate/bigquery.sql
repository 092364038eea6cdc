SELECT SAFE_DIVIDE(user_metrics.cancelled_users, user_metrics.total_users) * 100 AS value
FROM user_metrics
