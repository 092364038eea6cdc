SELECT
  CAST(CAST([numbers].[week] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[platform],
  [numbers].[channel]
FROM (
  SELECT
    DATEADD(day, DATEDIFF(day, '0001-01-01', [date]) / 7 * 7, CAST('0001-01-01' AS DATE)) AS [week],
    [platform] COLLATE Latin1_General_100_BIN2_UTF8 AS [platform],
    [channel] COLLATE Latin1_General_100_BIN2_UTF8 AS [channel],
    CAST(COALESCE(COUNT_BIG(CASE WHEN [purchases] > 0 THEN 1 END), 0) AS FLOAT) / NULLIF(CAST(COALESCE(COUNT_BIG(*), 0) AS FLOAT), 0) AS [value]
  FROM [user_sessions]
  WHERE [date] >= CAST(CAST(CAST(@from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(day, DATEDIFF(day, '0001-01-01', [date]) / 7 * 7, CAST('0001-01-01' AS DATE)), [platform] COLLATE Latin1_General_100_BIN2_UTF8, [channel] COLLATE Latin1_General_100_BIN2_UTF8, LEN(CAST([platform] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1, LEN(CAST([channel] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1
) AS [numbers]
