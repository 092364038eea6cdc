SELECT
  CAST("user_metrics"."cancelled_users" AS DOUBLE) / NULLIF("user_metrics"."total_users", 0) * 100 AS "value"
FROM "user_metrics"
