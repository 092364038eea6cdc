WITH [visits] AS (
  SELECT
    [texts].[day],
    LEFT([texts].[entity_1], LEN(CAST([texts].[entity_1] AS NVARCHAR(MAX)) + N'.') - 2) AS [entity_1]
  FROM (
    SELECT DISTINCT
      [date] AS [day],
      CAST([user_id] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + NCHAR(1) AS [entity_1]
    FROM [user_activity]
    WHERE [date] >= DATEADD(day, 1, DATEADD(day, -30, CAST(CAST(CAST(@from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)))
      AND [date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  ) AS [texts]
),
[spans] AS (
  SELECT
    [visits].[day],
    CASE WHEN DATEADD(day, 30, [visits].[day]) IS NOT NULL AND (LEAD([visits].[day], 1) OVER (PARTITION BY [visits].[entity_1], LEN(CAST([visits].[entity_1] AS NVARCHAR(MAX)) + N'.') - 1 ORDER BY CASE WHEN [visits].[day] IS NULL THEN 1 ELSE 0 END, [visits].[day]) IS NULL OR DATEADD(day, 30, [visits].[day]) <= LEAD([visits].[day], 1) OVER (PARTITION BY [visits].[entity_1], LEN(CAST([visits].[entity_1] AS NVARCHAR(MAX)) + N'.') - 1 ORDER BY CASE WHEN [visits].[day] IS NULL THEN 1 ELSE 0 END, [visits].[day])) THEN DATEADD(day, 30, [visits].[day]) ELSE LEAD([visits].[day], 1) OVER (PARTITION BY [visits].[entity_1], LEN(CAST([visits].[entity_1] AS NVARCHAR(MAX)) + N'.') - 1 ORDER BY CASE WHEN [visits].[day] IS NULL THEN 1 ELSE 0 END, [visits].[day]) END AS [ends],
    CASE WHEN [visits].[entity_1] IS NULL THEN 0 ELSE 1 END AS [counts]
  FROM [visits]
),
[changes] AS (
  SELECT
    [spans].[day],
    SUM(CAST([spans].[counts] AS DECIMAL(38, 0))) AS [change],
    COUNT_BIG(*) AS [there]
  FROM [spans]
  GROUP BY [spans].[day]
  UNION ALL
  SELECT
    [spans].[ends] AS [day],
    -SUM(CAST([spans].[counts] AS DECIMAL(38, 0))) AS [change],
    -CAST(COUNT_BIG(*) AS DECIMAL(38, 0)) AS [there]
  FROM [spans]
  GROUP BY [spans].[ends]
),
[digits] AS (
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
  CAST(CAST([numbers].[day] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value]
FROM (
  SELECT [days].[day], SUM([changes].[change]) AS [value]
  FROM (
    SELECT
      DATEADD(day, CAST(1000000 * [place].[n] + 100000 * [place_2].[n] AS DECIMAL(38, 0)) + 10000 * [place_3].[n] + 1000 * [place_4].[n] + 100 * [place_5].[n] + 10 * [place_6].[n] + [place_7].[n], CAST(CAST(CAST(@from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS [day]
    FROM [digits] AS [place]
    CROSS JOIN [digits] AS [place_2]
    CROSS JOIN [digits] AS [place_3]
    CROSS JOIN [digits] AS [place_4]
    CROSS JOIN [digits] AS [place_5]
    CROSS JOIN [digits] AS [place_6]
    CROSS JOIN [digits] AS [place_7]
    WHERE 1000000 * [place].[n] <= DATEDIFF(day, CAST(CAST(CAST(@from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
      AND 100000 * [place_2].[n] <= DATEDIFF(day, CAST(CAST(CAST(@from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
      AND 10000 * [place_3].[n] <= DATEDIFF(day, CAST(CAST(CAST(@from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
      AND 1000 * [place_4].[n] <= DATEDIFF(day, CAST(CAST(CAST(@from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
      AND 100 * [place_5].[n] <= DATEDIFF(day, CAST(CAST(CAST(@from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
      AND 10 * [place_6].[n] <= DATEDIFF(day, CAST(CAST(CAST(@from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
      AND [place_7].[n] <= DATEDIFF(day, CAST(CAST(CAST(@from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
      AND DATEADD(day, CAST(1000000 * [place].[n] + 100000 * [place_2].[n] AS DECIMAL(38, 0)) + 10000 * [place_3].[n] + 1000 * [place_4].[n] + 100 * [place_5].[n] + 10 * [place_6].[n] + [place_7].[n], CAST(CAST(CAST(@from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) <= CAST(CAST(DATEADD(microsecond, -1, CAST(@to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  ) AS [days]
  JOIN [changes] ON [changes].[day] <= [days].[day]
  GROUP BY [days].[day]
  HAVING SUM([changes].[there]) > 0
) AS [numbers]
