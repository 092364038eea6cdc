-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit synapse --target prod --out examples/nexpo/deploy/synapse
-- job: daily-0100, "0 1 * * *"
-- Without a range it computes what has ended and may have changed; the same range again leaves the same rows.
SET ANSI_NULLS ON;
SET ANSI_WARNINGS ON;
SET ARITHABORT ON;
SET CONCAT_NULL_YIELDS_NULL ON;
SET QUOTED_IDENTIFIER ON;
SET DATEFORMAT mdy;
SET ROWCOUNT 0;
GO
IF OBJECT_ID(N'dbo.kpi_daily_0100', N'P') IS NOT NULL DROP PROCEDURE [dbo].[kpi_daily_0100];
GO
CREATE PROCEDURE [dbo].[kpi_daily_0100] @run_from DATETIME2(6), @run_to DATETIME2(6)
AS
BEGIN
  -- Instants are UTC.
  DECLARE @kpictl_run_id NVARCHAR(64) = CONVERT(NVARCHAR(64), NEWID());
  DECLARE @kpictl_known_at DATETIME2(6) = SYSUTCDATETIME();
  DECLARE @kpictl_now DATETIME2(6) = COALESCE(@run_to, SYSUTCDATETIME());
  DECLARE @kpictl_since DATETIME2(6), @kpictl_until DATETIME2(6), @kpictl_back DATETIME2(6), @kpictl_last DATETIME2(6);
  DECLARE @kpictl_from DATETIME2(6), @kpictl_to DATETIME2(6), @kpictl_as_of DATETIME2(6), @kpictl_twice BIGINT;
  BEGIN TRY

  -- Buckets: day
  SET @kpictl_until = CAST(CAST(CAST(CAST(CAST(@kpictl_now AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));
  SET @kpictl_back = CAST(CAST(DATEADD(day, -1, CAST(CAST(CAST(@kpictl_until AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));
  SET @kpictl_last = (SELECT MIN(last_time) FROM (SELECT MAX([time]) AS last_time FROM kpi_metrics WHERE grain = N'day' AND kpi_name IN (N'page_views', N'error_pages', N'error_page_rate', N'daily_active_users', N'wau', N'mau', N'stickiness') GROUP BY kpi_name) AS known);
  SET @kpictl_since = COALESCE(@run_from, CASE WHEN @kpictl_last < @kpictl_back THEN @kpictl_last ELSE @kpictl_back END);
  SET @kpictl_since = CAST(CAST(CAST(CAST(CAST(@kpictl_since AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));
  IF OBJECT_ID(N'tempdb..#kpictl_buckets') IS NOT NULL DROP TABLE #kpictl_buckets;
  CREATE TABLE #kpictl_buckets WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
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
  CAST(CAST([calendar_buckets].[key_of] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [start_time],
  (SUBSTRING(CONVERT(NVARCHAR(26), CAST([calendar_buckets].[key_of] AS DATETIME2(6)), 121), 1, 10)) COLLATE Latin1_General_100_BIN2_UTF8 AS [bucket]
FROM (
  SELECT
    DATEADD(day, CAST(1000000 * [place].[n] + 100000 * [place_2].[n] AS DECIMAL(38, 0)) + 10000 * [place_3].[n] + 1000 * [place_4].[n] + 100 * [place_5].[n] + 10 * [place_6].[n] + [place_7].[n], CAST(CAST(CAST(@kpictl_since AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS [key_of]
  FROM [digits] AS [place]
  CROSS JOIN [digits] AS [place_2]
  CROSS JOIN [digits] AS [place_3]
  CROSS JOIN [digits] AS [place_4]
  CROSS JOIN [digits] AS [place_5]
  CROSS JOIN [digits] AS [place_6]
  CROSS JOIN [digits] AS [place_7]
  WHERE 1000000 * [place].[n] <= DATEDIFF(day, CAST(CAST(CAST(@kpictl_since AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_until AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
    AND 100000 * [place_2].[n] <= DATEDIFF(day, CAST(CAST(CAST(@kpictl_since AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_until AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
    AND 10000 * [place_3].[n] <= DATEDIFF(day, CAST(CAST(CAST(@kpictl_since AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_until AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
    AND 1000 * [place_4].[n] <= DATEDIFF(day, CAST(CAST(CAST(@kpictl_since AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_until AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
    AND 100 * [place_5].[n] <= DATEDIFF(day, CAST(CAST(CAST(@kpictl_since AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_until AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
    AND 10 * [place_6].[n] <= DATEDIFF(day, CAST(CAST(CAST(@kpictl_since AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_until AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
    AND [place_7].[n] <= DATEDIFF(day, CAST(CAST(CAST(@kpictl_since AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_until AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
    AND DATEADD(day, CAST(1000000 * [place].[n] + 100000 * [place_2].[n] AS DECIMAL(38, 0)) + 10000 * [place_3].[n] + 1000 * [place_4].[n] + 100 * [place_5].[n] + 10 * [place_6].[n] + [place_7].[n], CAST(CAST(CAST(@kpictl_since AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_until AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
) AS [calendar_buckets];

  -- kpi: page_views
  -- label: "Web events"
  -- description: "Events of the day."
  -- owner: "platform@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_finest') IS NOT NULL DROP TABLE #kpictl_finest;
  CREATE TABLE #kpictl_finest WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[day] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[platform]
FROM (
  SELECT
    CAST(CAST(CASE WHEN CAST(DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) = [created_at] THEN DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) ELSE CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) END AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) AS [day],
    [platform] COLLATE Latin1_General_100_BIN2_UTF8 AS [platform],
    COUNT_BIG(*) AS [value]
  FROM [events]
  WHERE CASE WHEN CAST(DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) = [created_at] THEN DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) ELSE CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) END >= CAST(@kpictl_from AS DATETIME2(6))
    AND CASE WHEN CAST(DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) = [created_at] THEN DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) ELSE CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) END < CAST(@kpictl_to AS DATETIME2(6))
  GROUP BY CAST(CAST(CASE WHEN CAST(DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) = [created_at] THEN DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) ELSE CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) END AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), [platform] COLLATE Latin1_General_100_BIN2_UTF8, LEN(CAST([platform] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1
) AS [numbers];
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[day] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value]
FROM (
  SELECT
    CAST(CAST(CASE WHEN CAST(DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) = [created_at] THEN DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) ELSE CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) END AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) AS [day],
    COUNT_BIG(*) AS [value]
  FROM [events]
  WHERE CASE WHEN CAST(DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) = [created_at] THEN DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) ELSE CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) END >= CAST(@kpictl_from AS DATETIME2(6))
    AND CASE WHEN CAST(DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) = [created_at] THEN DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) ELSE CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) END < CAST(@kpictl_to AS DATETIME2(6))
  GROUP BY CAST(CAST(CASE WHEN CAST(DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) = [created_at] THEN DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) ELSE CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) END AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'page_views' AND grain = N'day' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'page_views',
  CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END,
  N'{}',
  N'{}',
  N'day',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'85da4b9790a8aa635264bfa0f76554cd',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to
UNION ALL
SELECT
  b.start_time,
  N'page_views',
  CAST(n.[value] AS FLOAT),
  (N'{"platform":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[platform], 'json'), N'\/', N'/') + N'"', N'null') + N'}'),
  N'{}',
  N'day',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', (N'{"platform":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[platform], 'json'), N'\/', N'/') + N'"', N'null') + N'}')), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'85da4b9790a8aa635264bfa0f76554cd',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
JOIN #kpictl_finest AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'page_views' AND grain = N'day' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of page_views', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'page_views' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: error_pages
  -- label: "Error pages"
  -- description: "Error pages shown on the day."
  -- owner: "platform@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_finest') IS NOT NULL DROP TABLE #kpictl_finest;
  CREATE TABLE #kpictl_finest WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[day] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[platform]
FROM (
  SELECT
    CAST(CAST(CASE WHEN CAST(DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) = [created_at] THEN DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) ELSE CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) END AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) AS [day],
    [platform] COLLATE Latin1_General_100_BIN2_UTF8 AS [platform],
    COUNT_BIG(*) AS [value]
  FROM [events]
  WHERE ([name] COLLATE Latin1_General_100_BIN2_UTF8 = N'error_page' AND LEN(CAST([name] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1 = 10)
    AND CASE WHEN CAST(DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) = [created_at] THEN DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) ELSE CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) END >= CAST(@kpictl_from AS DATETIME2(6))
    AND CASE WHEN CAST(DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) = [created_at] THEN DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) ELSE CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) END < CAST(@kpictl_to AS DATETIME2(6))
  GROUP BY CAST(CAST(CASE WHEN CAST(DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) = [created_at] THEN DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) ELSE CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) END AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), [platform] COLLATE Latin1_General_100_BIN2_UTF8, LEN(CAST([platform] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1
) AS [numbers];
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[day] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value]
FROM (
  SELECT
    CAST(CAST(CASE WHEN CAST(DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) = [created_at] THEN DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) ELSE CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) END AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) AS [day],
    COUNT_BIG(*) AS [value]
  FROM [events]
  WHERE ([name] COLLATE Latin1_General_100_BIN2_UTF8 = N'error_page' AND LEN(CAST([name] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1 = 10)
    AND CASE WHEN CAST(DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) = [created_at] THEN DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) ELSE CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) END >= CAST(@kpictl_from AS DATETIME2(6))
    AND CASE WHEN CAST(DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) = [created_at] THEN DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) ELSE CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) END < CAST(@kpictl_to AS DATETIME2(6))
  GROUP BY CAST(CAST(CASE WHEN CAST(DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) = [created_at] THEN DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) ELSE CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) END AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'error_pages' AND grain = N'day' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'error_pages',
  CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END,
  N'{}',
  N'{}',
  N'day',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'ca87bb61c8d3f3dd610f263e29aed172',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to
UNION ALL
SELECT
  b.start_time,
  N'error_pages',
  CAST(n.[value] AS FLOAT),
  (N'{"platform":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[platform], 'json'), N'\/', N'/') + N'"', N'null') + N'}'),
  N'{}',
  N'day',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', (N'{"platform":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[platform], 'json'), N'\/', N'/') + N'"', N'null') + N'}')), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'ca87bb61c8d3f3dd610f263e29aed172',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
JOIN #kpictl_finest AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'error_pages' AND grain = N'day' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of error_pages', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'error_pages' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: error_page_rate
  -- label: "Error page rate"
  -- description: "Error pages as a share of the day's events."
  -- owner: "platform@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_finest') IS NOT NULL DROP TABLE #kpictl_finest;
  CREATE TABLE #kpictl_finest WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[day] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[platform],
  [numbers].[denominator]
FROM (
  SELECT
    CAST(CAST(CASE WHEN CAST(DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) = [created_at] THEN DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) ELSE CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) END AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) AS [day],
    [platform] COLLATE Latin1_General_100_BIN2_UTF8 AS [platform],
    CAST(COALESCE(COUNT_BIG(CASE WHEN [name] COLLATE Latin1_General_100_BIN2_UTF8 = N'error_page' AND LEN(CAST([name] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1 = 10 THEN 1 END), 0) AS FLOAT) / NULLIF(CAST(COALESCE(COUNT_BIG(*), 0) AS FLOAT), 0) AS [value],
    COALESCE(COUNT_BIG(*), 0) AS [denominator]
  FROM [events]
  WHERE CASE WHEN CAST(DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) = [created_at] THEN DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) ELSE CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) END >= CAST(@kpictl_from AS DATETIME2(6))
    AND CASE WHEN CAST(DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) = [created_at] THEN DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) ELSE CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) END < CAST(@kpictl_to AS DATETIME2(6))
  GROUP BY CAST(CAST(CASE WHEN CAST(DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) = [created_at] THEN DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) ELSE CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) END AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), [platform] COLLATE Latin1_General_100_BIN2_UTF8, LEN(CAST([platform] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1
) AS [numbers];
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[day] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[denominator]
FROM (
  SELECT
    CAST(CAST(CASE WHEN CAST(DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) = [created_at] THEN DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) ELSE CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) END AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) AS [day],
    CAST(COALESCE(COUNT_BIG(CASE WHEN [name] COLLATE Latin1_General_100_BIN2_UTF8 = N'error_page' AND LEN(CAST([name] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1 = 10 THEN 1 END), 0) AS FLOAT) / NULLIF(CAST(COALESCE(COUNT_BIG(*), 0) AS FLOAT), 0) AS [value],
    COALESCE(COUNT_BIG(*), 0) AS [denominator]
  FROM [events]
  WHERE CASE WHEN CAST(DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) = [created_at] THEN DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) ELSE CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) END >= CAST(@kpictl_from AS DATETIME2(6))
    AND CASE WHEN CAST(DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) = [created_at] THEN DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) ELSE CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) END < CAST(@kpictl_to AS DATETIME2(6))
  GROUP BY CAST(CAST(CASE WHEN CAST(DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) = [created_at] THEN DATEADD(hour, 1, CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6))) ELSE CAST([created_at] AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) END AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'error_page_rate' AND grain = N'day' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'error_page_rate',
  CAST(n.[value] AS FLOAT),
  N'{}',
  N'{}',
  N'day',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' WHEN COALESCE(n.[denominator], 0) = 0 AND n.[time] IS NOT NULL THEN N'no_denominator' ELSE N'no_data' END,
  N'7b5dfaaaa49c2efe387bee0e09563fe4',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to
UNION ALL
SELECT
  b.start_time,
  N'error_page_rate',
  CAST(n.[value] AS FLOAT),
  (N'{"platform":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[platform], 'json'), N'\/', N'/') + N'"', N'null') + N'}'),
  N'{}',
  N'day',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', (N'{"platform":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[platform], 'json'), N'\/', N'/') + N'"', N'null') + N'}')), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' WHEN COALESCE(n.[denominator], 0) = 0 AND n.[time] IS NOT NULL THEN N'no_denominator' ELSE N'no_data' END,
  N'7b5dfaaaa49c2efe387bee0e09563fe4',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
JOIN #kpictl_finest AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'error_page_rate' AND grain = N'day' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of error_page_rate', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'error_page_rate' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: daily_active_users
  -- label: "Daily active users"
  -- description: "Users with at least one event on the day."
  -- owner: "product@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[day] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value]
FROM (
  SELECT
    [date] AS [day],
    COUNT_BIG(DISTINCT CAST([user_id] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + NCHAR(1)) AS [value]
  FROM [user_activity]
  WHERE [date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY [date]
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'daily_active_users' AND grain = N'day' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'daily_active_users',
  CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END,
  N'{}',
  N'{}',
  N'day',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'63a9c591908a402550457db0fb809cbe',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'daily_active_users' AND grain = N'day' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of daily_active_users', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'daily_active_users' AND [time] < CAST(CAST(DATEADD(day, -90, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: wau
  -- label: "Weekly active users"
  -- description: "Users with at least one event on the day or the six days before."
  -- owner: "product@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
WITH [visits] AS (
  SELECT
    [texts].[day],
    LEFT([texts].[entity_1], LEN(CAST([texts].[entity_1] AS NVARCHAR(MAX)) + N'.') - 2) AS [entity_1]
  FROM (
    SELECT DISTINCT
      [date] AS [day],
      CAST([user_id] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + NCHAR(1) AS [entity_1]
    FROM [user_activity]
    WHERE [date] >= DATEADD(day, 1, DATEADD(day, -7, CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)))
      AND [date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  ) AS [texts]
),
[spans] AS (
  SELECT
    [visits].[day],
    CASE WHEN DATEADD(day, 7, [visits].[day]) IS NOT NULL AND (LEAD([visits].[day], 1) OVER (PARTITION BY [visits].[entity_1], LEN(CAST([visits].[entity_1] AS NVARCHAR(MAX)) + N'.') - 1 ORDER BY CASE WHEN [visits].[day] IS NULL THEN 1 ELSE 0 END, [visits].[day]) IS NULL OR DATEADD(day, 7, [visits].[day]) <= LEAD([visits].[day], 1) OVER (PARTITION BY [visits].[entity_1], LEN(CAST([visits].[entity_1] AS NVARCHAR(MAX)) + N'.') - 1 ORDER BY CASE WHEN [visits].[day] IS NULL THEN 1 ELSE 0 END, [visits].[day])) THEN DATEADD(day, 7, [visits].[day]) ELSE LEAD([visits].[day], 1) OVER (PARTITION BY [visits].[entity_1], LEN(CAST([visits].[entity_1] AS NVARCHAR(MAX)) + N'.') - 1 ORDER BY CASE WHEN [visits].[day] IS NULL THEN 1 ELSE 0 END, [visits].[day]) END AS [ends],
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
      DATEADD(day, CAST(1000000 * [place].[n] + 100000 * [place_2].[n] AS DECIMAL(38, 0)) + 10000 * [place_3].[n] + 1000 * [place_4].[n] + 100 * [place_5].[n] + 10 * [place_6].[n] + [place_7].[n], CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS [day]
    FROM [digits] AS [place]
    CROSS JOIN [digits] AS [place_2]
    CROSS JOIN [digits] AS [place_3]
    CROSS JOIN [digits] AS [place_4]
    CROSS JOIN [digits] AS [place_5]
    CROSS JOIN [digits] AS [place_6]
    CROSS JOIN [digits] AS [place_7]
    WHERE 1000000 * [place].[n] <= DATEDIFF(day, CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
      AND 100000 * [place_2].[n] <= DATEDIFF(day, CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
      AND 10000 * [place_3].[n] <= DATEDIFF(day, CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
      AND 1000 * [place_4].[n] <= DATEDIFF(day, CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
      AND 100 * [place_5].[n] <= DATEDIFF(day, CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
      AND 10 * [place_6].[n] <= DATEDIFF(day, CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
      AND [place_7].[n] <= DATEDIFF(day, CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
      AND DATEADD(day, CAST(1000000 * [place].[n] + 100000 * [place_2].[n] AS DECIMAL(38, 0)) + 10000 * [place_3].[n] + 1000 * [place_4].[n] + 100 * [place_5].[n] + 10 * [place_6].[n] + [place_7].[n], CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  ) AS [days]
  JOIN [changes] ON [changes].[day] <= [days].[day]
  GROUP BY [days].[day]
  HAVING SUM([changes].[there]) > 0
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'wau' AND grain = N'day' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'wau',
  CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END,
  N'{}',
  N'{}',
  N'day',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'0e6cbafe95ced779ae9a6ecbfcfb3af0',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'wau' AND grain = N'day' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of wau', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'wau' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: mau
  -- label: "Monthly active users"
  -- description: "Users with at least one event on the day or the 29 days before."
  -- owner: "product@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
WITH [visits] AS (
  SELECT
    [texts].[day],
    LEFT([texts].[entity_1], LEN(CAST([texts].[entity_1] AS NVARCHAR(MAX)) + N'.') - 2) AS [entity_1]
  FROM (
    SELECT DISTINCT
      [date] AS [day],
      CAST([user_id] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + NCHAR(1) AS [entity_1]
    FROM [user_activity]
    WHERE [date] >= DATEADD(day, 1, DATEADD(day, -30, CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)))
      AND [date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
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
      DATEADD(day, CAST(1000000 * [place].[n] + 100000 * [place_2].[n] AS DECIMAL(38, 0)) + 10000 * [place_3].[n] + 1000 * [place_4].[n] + 100 * [place_5].[n] + 10 * [place_6].[n] + [place_7].[n], CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS [day]
    FROM [digits] AS [place]
    CROSS JOIN [digits] AS [place_2]
    CROSS JOIN [digits] AS [place_3]
    CROSS JOIN [digits] AS [place_4]
    CROSS JOIN [digits] AS [place_5]
    CROSS JOIN [digits] AS [place_6]
    CROSS JOIN [digits] AS [place_7]
    WHERE 1000000 * [place].[n] <= DATEDIFF(day, CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
      AND 100000 * [place_2].[n] <= DATEDIFF(day, CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
      AND 10000 * [place_3].[n] <= DATEDIFF(day, CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
      AND 1000 * [place_4].[n] <= DATEDIFF(day, CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
      AND 100 * [place_5].[n] <= DATEDIFF(day, CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
      AND 10 * [place_6].[n] <= DATEDIFF(day, CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
      AND [place_7].[n] <= DATEDIFF(day, CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
      AND DATEADD(day, CAST(1000000 * [place].[n] + 100000 * [place_2].[n] AS DECIMAL(38, 0)) + 10000 * [place_3].[n] + 1000 * [place_4].[n] + 100 * [place_5].[n] + 10 * [place_6].[n] + [place_7].[n], CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  ) AS [days]
  JOIN [changes] ON [changes].[day] <= [days].[day]
  GROUP BY [days].[day]
  HAVING SUM([changes].[there]) > 0
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'mau' AND grain = N'day' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'mau',
  CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END,
  N'{}',
  N'{}',
  N'day',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'f8a240370d111dd1b06513f45a67ba6e',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'mau' AND grain = N'day' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of mau', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'mau' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: stickiness
  -- label: "Stickiness"
  -- description: "Daily by monthly active users, the share of the month's users who came on the day."
  -- owner: "product@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
WITH [daily_active_users] AS (
  SELECT
    [date] AS [day],
    COUNT_BIG(DISTINCT CAST([user_id] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + NCHAR(1)) AS [value]
  FROM [user_activity]
  WHERE [date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY [date]
),
[visits] AS (
  SELECT
    [texts].[day],
    LEFT([texts].[entity_1], LEN(CAST([texts].[entity_1] AS NVARCHAR(MAX)) + N'.') - 2) AS [entity_1]
  FROM (
    SELECT DISTINCT
      [date] AS [day],
      CAST([user_id] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + NCHAR(1) AS [entity_1]
    FROM [user_activity]
    WHERE [date] >= DATEADD(day, 1, DATEADD(day, -30, CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)))
      AND [date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
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
),
[mau] AS (
  SELECT [days].[day], SUM([changes].[change]) AS [value]
  FROM (
    SELECT
      DATEADD(day, CAST(1000000 * [place].[n] + 100000 * [place_2].[n] AS DECIMAL(38, 0)) + 10000 * [place_3].[n] + 1000 * [place_4].[n] + 100 * [place_5].[n] + 10 * [place_6].[n] + [place_7].[n], CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS [day]
    FROM [digits] AS [place]
    CROSS JOIN [digits] AS [place_2]
    CROSS JOIN [digits] AS [place_3]
    CROSS JOIN [digits] AS [place_4]
    CROSS JOIN [digits] AS [place_5]
    CROSS JOIN [digits] AS [place_6]
    CROSS JOIN [digits] AS [place_7]
    WHERE 1000000 * [place].[n] <= DATEDIFF(day, CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
      AND 100000 * [place_2].[n] <= DATEDIFF(day, CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
      AND 10000 * [place_3].[n] <= DATEDIFF(day, CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
      AND 1000 * [place_4].[n] <= DATEDIFF(day, CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
      AND 100 * [place_5].[n] <= DATEDIFF(day, CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
      AND 10 * [place_6].[n] <= DATEDIFF(day, CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
      AND [place_7].[n] <= DATEDIFF(day, CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) + 1
      AND DATEADD(day, CAST(1000000 * [place].[n] + 100000 * [place_2].[n] AS DECIMAL(38, 0)) + 10000 * [place_3].[n] + 1000 * [place_4].[n] + 100 * [place_5].[n] + 10 * [place_6].[n] + [place_7].[n], CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  ) AS [days]
  JOIN [changes] ON [changes].[day] <= [days].[day]
  GROUP BY [days].[day]
  HAVING SUM([changes].[there]) > 0
),
[buckets] AS (
  SELECT [daily_active_users].[day]
  FROM [daily_active_users]
  UNION
  SELECT [mau].[day]
  FROM [mau]
)
SELECT
  CAST(CAST([numbers].[day] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[denominator]
FROM (
  SELECT
    [buckets].[day],
    CAST(COALESCE([daily_active_users].[value], 0) AS FLOAT) / NULLIF(CAST(COALESCE([mau].[value], 0) AS FLOAT), 0) AS [value],
    COALESCE([mau].[value], 0) AS [denominator]
  FROM [buckets]
  LEFT JOIN [daily_active_users] ON [daily_active_users].[day] = [buckets].[day]
  LEFT JOIN [mau] ON [mau].[day] = [buckets].[day]
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'stickiness' AND grain = N'day' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'stickiness',
  CAST(n.[value] AS FLOAT),
  N'{}',
  N'{}',
  N'day',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' WHEN COALESCE(n.[denominator], 0) = 0 AND n.[time] IS NOT NULL THEN N'no_denominator' ELSE N'no_data' END,
  N'ed0a9094d6147fba2b7fe4f5115f8b4a',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'stickiness' AND grain = N'day' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of stickiness', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'stickiness' AND [time] < CAST(CAST(DATEADD(day, -90, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));
  END TRY
  BEGIN CATCH
    IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
    THROW;
  END CATCH;
END;
GO
