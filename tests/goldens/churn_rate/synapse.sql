SELECT
  CAST([user_metrics].[cancelled_users] AS FLOAT) / NULLIF(CAST([user_metrics].[total_users] AS FLOAT), 0) * 100 AS [value]
FROM [user_metrics]
