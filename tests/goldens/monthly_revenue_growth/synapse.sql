WITH [monthly_revenue] AS (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [transactions].[created_at]), CAST('0001-01-01' AS DATE)) AS [month],
    SUM([transactions].[amount]) AS [revenue],
    COUNT_BIG(DISTINCT CAST([transactions].[user_id] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + NCHAR(1)) AS [customers]
  FROM [transactions]
  WHERE ([transactions].[status] COLLATE Latin1_General_100_BIN2_UTF8 = N'completed' AND LEN(CAST([transactions].[status] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1 = 9)
    AND [transactions].[created_at] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [transactions].[created_at]), CAST('0001-01-01' AS DATE))
),
[growth_calculation] AS (
  SELECT
    [monthly_revenue].[month],
    [monthly_revenue].[revenue],
    [monthly_revenue].[customers],
    LAG([monthly_revenue].[revenue], 1) OVER (ORDER BY CASE WHEN [monthly_revenue].[month] IS NULL THEN 1 ELSE 0 END, [monthly_revenue].[month]) AS [prev_revenue],
    CAST([monthly_revenue].[revenue] - LAG([monthly_revenue].[revenue], 1) OVER (ORDER BY CASE WHEN [monthly_revenue].[month] IS NULL THEN 1 ELSE 0 END, [monthly_revenue].[month]) AS FLOAT) / NULLIF(CAST(LAG([monthly_revenue].[revenue], 1) OVER (ORDER BY CASE WHEN [monthly_revenue].[month] IS NULL THEN 1 ELSE 0 END, [monthly_revenue].[month]) AS FLOAT), 0) * 100 AS [growth_rate]
  FROM [monthly_revenue]
)
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[revenue],
  [numbers].[customers]
FROM (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [result].[time]), CAST('0001-01-01' AS DATE)) AS [month],
    [result].[value],
    [result].[revenue],
    [result].[customers]
  FROM (
    SELECT
      [growth_calculation].[month] AS [time],
      [growth_calculation].[growth_rate] AS [value],
      [growth_calculation].[revenue],
      [growth_calculation].[customers]
    FROM [growth_calculation]
    WHERE [growth_calculation].[growth_rate] IS NOT NULL
  ) AS [result]
  WHERE [result].[time] >= CAST(CAST(CAST(@from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [result].[time] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
) AS [numbers]
