SELECT
  CAST(CAST([numbers].[day] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value]
FROM (
  SELECT
    [date] AS [day],
    COUNT_BIG(DISTINCT CAST([user_id] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + NCHAR(1)) AS [value]
  FROM [user_activity]
  WHERE [date] >= CAST(CAST(CAST(@from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY [date]
) AS [numbers]
