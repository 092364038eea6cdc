SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[region]
FROM (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    [region] COLLATE Latin1_General_100_BIN2_UTF8 AS [region],
    CAST(COALESCE(COUNT_BIG(CASE WHEN [order_number] > 1 THEN 1 END), 0) AS FLOAT) / NULLIF(CAST(COALESCE(COUNT_BIG(*), 0) AS FLOAT), 0) AS [value]
  FROM [orders]
  WHERE [order_date] >= CAST(CAST(CAST(@from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [order_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)), [region] COLLATE Latin1_General_100_BIN2_UTF8, LEN(CAST([region] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1
) AS [numbers]
