SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value]
FROM (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [result].[time]), CAST('0001-01-01' AS DATE)) AS [month],
    [result].[?column?] AS [value]
  FROM (
    SELECT
      [monthly_metrics].[month] AS [time],
      CAST([monthly_metrics].[marketing_spend] AS FLOAT) / NULLIF(CAST([monthly_metrics].[new_customers] AS FLOAT), 0) AS [?column?]
    FROM [monthly_metrics]
    WHERE [monthly_metrics].[month] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  ) AS [result]
  WHERE [result].[time] >= CAST(CAST(CAST(@from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [result].[time] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
) AS [numbers]
