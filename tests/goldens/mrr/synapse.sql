WITH [digits] AS (
  SELECT 0 AS [n]
  UNION ALL
  SELECT 1 AS [n]
  UNION ALL
  SELECT 2 AS [n]
  UNION ALL
  SELECT 3 AS [n]
  UNION ALL
  SELECT 4 AS [n]
  UNION ALL
  SELECT 5 AS [n]
  UNION ALL
  SELECT 6 AS [n]
  UNION ALL
  SELECT 7 AS [n]
  UNION ALL
  SELECT 8 AS [n]
  UNION ALL
  SELECT 9 AS [n]
)
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[contract]
FROM (
  SELECT
    [months].[month],
    [subscription_terms].[contract] COLLATE Latin1_General_100_BIN2_UTF8 AS [contract],
    SUM([subscription_terms].[amount]) AS [value]
  FROM (
    SELECT
      DATEADD(month, CAST(10000 * [place].[n] + 1000 * [place_2].[n] + 100 * [place_3].[n] + 10 * [place_4].[n] AS DECIMAL(38, 0)) + [place_5].[n], DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE))) AS [month]
    FROM [digits] AS [place]
    CROSS JOIN [digits] AS [place_2]
    CROSS JOIN [digits] AS [place_3]
    CROSS JOIN [digits] AS [place_4]
    CROSS JOIN [digits] AS [place_5]
    WHERE 10000 * [place].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND 1000 * [place_2].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND 100 * [place_3].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND 10 * [place_4].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND [place_5].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND DATEADD(month, CAST(10000 * [place].[n] + 1000 * [place_2].[n] + 100 * [place_3].[n] + 10 * [place_4].[n] AS DECIMAL(38, 0)) + [place_5].[n], DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE))) <= CAST(CAST(DATEADD(microsecond, -1, CAST(@to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  ) AS [months]
  JOIN [subscriptions] AS [subscription_terms] ON [subscription_terms].[started_at] <= CASE WHEN DATEADD(day, -1, DATEADD(month, 1, [months].[month])) IS NOT NULL AND (CAST(CAST(DATEADD(microsecond, -1, CAST(@to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) IS NULL OR DATEADD(day, -1, DATEADD(month, 1, [months].[month])) <= CAST(CAST(DATEADD(microsecond, -1, CAST(@to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) THEN DATEADD(day, -1, DATEADD(month, 1, [months].[month])) ELSE CAST(CAST(DATEADD(microsecond, -1, CAST(@to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) END AND ([subscription_terms].[ended_at] IS NULL OR [subscription_terms].[ended_at] > CASE WHEN DATEADD(day, -1, DATEADD(month, 1, [months].[month])) IS NOT NULL AND (CAST(CAST(DATEADD(microsecond, -1, CAST(@to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) IS NULL OR DATEADD(day, -1, DATEADD(month, 1, [months].[month])) <= CAST(CAST(DATEADD(microsecond, -1, CAST(@to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) THEN DATEADD(day, -1, DATEADD(month, 1, [months].[month])) ELSE CAST(CAST(DATEADD(microsecond, -1, CAST(@to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) END)
  GROUP BY [months].[month], [subscription_terms].[contract] COLLATE Latin1_General_100_BIN2_UTF8, LEN(CAST([subscription_terms].[contract] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1
) AS [numbers]
