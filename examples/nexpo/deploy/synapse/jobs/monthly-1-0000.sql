-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit synapse --target prod --out examples/nexpo/deploy/synapse
-- job: monthly-1-0000, "0 0 1 * *"
-- Without a range it computes what has ended and may have changed; the same range again leaves the same rows.
SET ANSI_NULLS ON;
SET ANSI_WARNINGS ON;
SET ARITHABORT ON;
SET CONCAT_NULL_YIELDS_NULL ON;
SET QUOTED_IDENTIFIER ON;
SET DATEFORMAT mdy;
SET ROWCOUNT 0;
GO
IF OBJECT_ID(N'dbo.kpi_monthly_1_0000', N'P') IS NOT NULL DROP PROCEDURE [dbo].[kpi_monthly_1_0000];
GO
CREATE PROCEDURE [dbo].[kpi_monthly_1_0000] @run_from DATETIME2(6), @run_to DATETIME2(6)
AS
BEGIN
  -- Instants are UTC.
  DECLARE @kpictl_run_id NVARCHAR(64) = CONVERT(NVARCHAR(64), NEWID());
  DECLARE @kpictl_known_at DATETIME2(6) = SYSUTCDATETIME();
  DECLARE @kpictl_now DATETIME2(6) = COALESCE(@run_to, SYSUTCDATETIME());
  DECLARE @kpictl_since DATETIME2(6), @kpictl_until DATETIME2(6), @kpictl_back DATETIME2(6), @kpictl_last DATETIME2(6);
  DECLARE @kpictl_from DATETIME2(6), @kpictl_to DATETIME2(6), @kpictl_as_of DATETIME2(6), @kpictl_twice BIGINT;
  BEGIN TRY

  -- Buckets: month
  SET @kpictl_until = CAST(CAST(DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_now AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));
  SET @kpictl_back = CAST(CAST(DATEADD(month, -1, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_until AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE))) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));
  SET @kpictl_last = (SELECT MIN(last_time) FROM (SELECT MAX([time]) AS last_time FROM kpi_metrics WHERE grain = N'month' AND kpi_name IN (N'customer_acquisition_cost') GROUP BY kpi_name) AS known);
  SET @kpictl_since = COALESCE(@run_from, CASE WHEN @kpictl_last < @kpictl_back THEN @kpictl_last ELSE @kpictl_back END);
  SET @kpictl_since = CAST(CAST(DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_since AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));
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
  CAST(COALESCE(CASE WHEN LEN(CAST(CAST(DATEPART(year, [calendar_buckets].[key_of]) AS NVARCHAR(40)) COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') > 4 THEN LEFT(CAST(DATEPART(year, [calendar_buckets].[key_of]) AS NVARCHAR(40)) COLLATE Latin1_General_100_BIN2_UTF8, 4) ELSE LEFT(REPLICATE(CAST(N'0' AS NVARCHAR(MAX)), 4), 5 - LEN(CAST(CAST(DATEPART(year, [calendar_buckets].[key_of]) AS NVARCHAR(40)) COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.')) + CAST(DATEPART(year, [calendar_buckets].[key_of]) AS NVARCHAR(40)) COLLATE Latin1_General_100_BIN2_UTF8 END, N'') AS NVARCHAR(MAX)) + N'-' COLLATE Latin1_General_100_BIN2_UTF8 + COALESCE(CASE WHEN LEN(CAST(CAST(DATEPART(month, [calendar_buckets].[key_of]) AS NVARCHAR(40)) COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') > 2 THEN LEFT(CAST(DATEPART(month, [calendar_buckets].[key_of]) AS NVARCHAR(40)) COLLATE Latin1_General_100_BIN2_UTF8, 2) ELSE LEFT(REPLICATE(CAST(N'0' AS NVARCHAR(MAX)), 2), 3 - LEN(CAST(CAST(DATEPART(month, [calendar_buckets].[key_of]) AS NVARCHAR(40)) COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.')) + CAST(DATEPART(month, [calendar_buckets].[key_of]) AS NVARCHAR(40)) COLLATE Latin1_General_100_BIN2_UTF8 END, N'') AS [bucket]
FROM (
  SELECT
    DATEADD(month, CAST(10000 * [place].[n] + 1000 * [place_2].[n] + 100 * [place_3].[n] + 10 * [place_4].[n] AS DECIMAL(38, 0)) + [place_5].[n], DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_since AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE))) AS [key_of]
  FROM [digits] AS [place]
  CROSS JOIN [digits] AS [place_2]
  CROSS JOIN [digits] AS [place_3]
  CROSS JOIN [digits] AS [place_4]
  CROSS JOIN [digits] AS [place_5]
  WHERE 10000 * [place].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_since AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_until AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
    AND 1000 * [place_2].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_since AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_until AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
    AND 100 * [place_3].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_since AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_until AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
    AND 10 * [place_4].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_since AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_until AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
    AND [place_5].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_since AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_until AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
    AND DATEADD(month, CAST(10000 * [place].[n] + 1000 * [place_2].[n] + 100 * [place_3].[n] + 10 * [place_4].[n] AS DECIMAL(38, 0)) + [place_5].[n], DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_since AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE))) <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_until AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
) AS [calendar_buckets];

  -- kpi: customer_acquisition_cost
  -- label: "Customer acquisition cost (invented spend)"
  -- description: "Advertising by the subscribers who started in the month. The spend is invented."
  -- owner: "growth@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_now;
  SET @kpictl_as_of = @kpictl_now;
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[denominator]
FROM (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [result].[time]), CAST('0001-01-01' AS DATE)) AS [month],
    [result].[?column?] AS [value],
    [result].[denominator]
  FROM (
    SELECT
      [monthly_metrics].[month] AS [time],
      CAST([monthly_metrics].[marketing_spend] AS FLOAT) / NULLIF(CAST([monthly_metrics].[new_customers] AS FLOAT), 0) AS [?column?],
      [monthly_metrics].[new_customers] AS [denominator]
    FROM [monthly_metrics]
    WHERE [monthly_metrics].[month] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  ) AS [result]
  WHERE [result].[time] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [result].[time] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'customer_acquisition_cost' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_until;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'customer_acquisition_cost',
  CAST(n.[value] AS FLOAT),
  N'{}',
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' WHEN COALESCE(n.[denominator], 0) = 0 AND n.[time] IS NOT NULL THEN N'no_denominator' ELSE N'no_data' END,
  N'15fc20f0d497942e77596e0aac249bb2',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_until;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'customer_acquisition_cost' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_until GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of customer_acquisition_cost', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'customer_acquisition_cost' AND [time] < CAST(CAST(DATEADD(day, -1095, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));
  END TRY
  BEGIN CATCH
    IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
    THROW;
  END CATCH;
END;
GO
