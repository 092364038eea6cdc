SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value]
FROM (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [placed].[ship_date]), CAST('0001-01-01' AS DATE)) AS [month],
    SUM(CASE WHEN [placed].[place] = CAST(CAST(([placed].[size] + (-1)) * 19 AS BIGINT) / 20 AS DECIMAL(38, 0)) + 1 THEN [placed].[measured] * (1 - CAST(([placed].[size] + (-1)) * 19 % 20 AS FLOAT) / CAST(20 AS FLOAT)) WHEN [placed].[place] = CAST(CAST(([placed].[size] + (-1)) * 19 AS BIGINT) / 20 AS DECIMAL(38, 0)) + 2 THEN [placed].[measured] * (CAST(([placed].[size] + (-1)) * 19 % 20 AS FLOAT) / CAST(20 AS FLOAT)) END) AS [value]
  FROM (
    SELECT
      [ship_date],
      [days_to_ship],
      CAST([days_to_ship] AS FLOAT) AS [measured],
      ROW_NUMBER() OVER (PARTITION BY DATEADD(month, DATEDIFF(month, '0001-01-01', [ship_date]), CAST('0001-01-01' AS DATE)) ORDER BY CASE WHEN CAST([days_to_ship] AS FLOAT) IS NULL THEN 1 ELSE 0 END, CAST([days_to_ship] AS FLOAT)) AS [place],
      COUNT_BIG(CAST([days_to_ship] AS FLOAT)) OVER (PARTITION BY DATEADD(month, DATEDIFF(month, '0001-01-01', [ship_date]), CAST('0001-01-01' AS DATE))) AS [size]
    FROM [orders]
    WHERE [ship_date] >= CAST(CAST(CAST(@from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
      AND [ship_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  ) AS [placed]
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [placed].[ship_date]), CAST('0001-01-01' AS DATE))
) AS [numbers]
