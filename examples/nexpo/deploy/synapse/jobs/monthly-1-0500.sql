-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit synapse --target prod --out examples/nexpo/deploy/synapse
-- job: monthly-1-0500, "0 5 1 * *"
-- Without a range it computes what has ended and may have changed; the same range again leaves the same rows.
SET ANSI_NULLS ON;
SET ANSI_WARNINGS ON;
SET ARITHABORT ON;
SET CONCAT_NULL_YIELDS_NULL ON;
SET QUOTED_IDENTIFIER ON;
SET DATEFORMAT mdy;
SET ROWCOUNT 0;
GO
IF OBJECT_ID(N'dbo.kpi_monthly_1_0500', N'P') IS NOT NULL DROP PROCEDURE [dbo].[kpi_monthly_1_0500];
GO
CREATE PROCEDURE [dbo].[kpi_monthly_1_0500] @run_from DATETIME2(6), @run_to DATETIME2(6)
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
  SET @kpictl_last = (SELECT MIN(last_time) FROM (SELECT MAX([time]) AS last_time FROM kpi_metrics WHERE grain = N'month' AND kpi_name IN (N'advertising_spend', N'revenue', N'return_on_ad_spend', N'gross_profit', N'gross_margin', N'discounted_revenue', N'discounted_share', N'order_count', N'average_order_value', N'units_sold', N'units_per_order', N'buyers', N'revenue_per_buyer', N'repeat_orders', N'repeat_purchase_rate', N'revenue_growth_yoy', N'mrr', N'active_subscribers', N'new_subscribers', N'arpu', N'monthly_revenue_growth', N'days_to_ship', N'days_to_ship_p95') GROUP BY kpi_name) AS known);
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

  -- kpi: advertising_spend
  -- label: "Advertising (invented spend)"
  -- description: "Advertising by month and channel. The spend is invented."
  -- owner: "growth@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_finest') IS NOT NULL DROP TABLE #kpictl_finest;
  CREATE TABLE #kpictl_finest WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[channel]
FROM (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [month]), CAST('0001-01-01' AS DATE)) AS [month],
    [channel] COLLATE Latin1_General_100_BIN2_UTF8 AS [channel],
    SUM([spend]) AS [value]
  FROM [ad_spend]
  WHERE [month] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [month] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [month]), CAST('0001-01-01' AS DATE)), [channel] COLLATE Latin1_General_100_BIN2_UTF8, LEN(CAST([channel] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1
) AS [numbers];
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value]
FROM (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [month]), CAST('0001-01-01' AS DATE)) AS [month],
    SUM([spend]) AS [value]
  FROM [ad_spend]
  WHERE [month] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [month] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [month]), CAST('0001-01-01' AS DATE))
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'advertising_spend' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'advertising_spend',
  CAST(n.[value] AS FLOAT),
  N'{}',
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'8bd8ab82938d4a95e29149f5f3c44c07',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to
UNION ALL
SELECT
  b.start_time,
  N'advertising_spend',
  CAST(n.[value] AS FLOAT),
  (N'{"channel":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[channel], 'json'), N'\/', N'/') + N'"', N'null') + N'}'),
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', (N'{"channel":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[channel], 'json'), N'\/', N'/') + N'"', N'null') + N'}')), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'8bd8ab82938d4a95e29149f5f3c44c07',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
JOIN #kpictl_finest AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'advertising_spend' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of advertising_spend', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'advertising_spend' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: revenue
  -- label: "Revenue"
  -- description: "Sales of all order lines, by the month in which they were ordered."
  -- owner: "finance@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_finest') IS NOT NULL DROP TABLE #kpictl_finest;
  CREATE TABLE #kpictl_finest WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[region],
  [numbers].[category]
FROM (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    [region] COLLATE Latin1_General_100_BIN2_UTF8 AS [region],
    [category] COLLATE Latin1_General_100_BIN2_UTF8 AS [category],
    SUM([amount]) AS [value]
  FROM [order_lines]
  WHERE [order_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [order_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)), [region] COLLATE Latin1_General_100_BIN2_UTF8, [category] COLLATE Latin1_General_100_BIN2_UTF8, LEN(CAST([region] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1, LEN(CAST([category] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1
) AS [numbers];
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value]
FROM (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    SUM([amount]) AS [value]
  FROM [order_lines]
  WHERE [order_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [order_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE))
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'revenue' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'revenue',
  CAST(n.[value] AS FLOAT),
  N'{}',
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'a8aae27d487181c13f9210d7d519edd1',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to
UNION ALL
SELECT
  b.start_time,
  N'revenue',
  CAST(n.[value] AS FLOAT),
  (N'{"category":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[category], 'json'), N'\/', N'/') + N'"', N'null') + N',"region":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[region], 'json'), N'\/', N'/') + N'"', N'null') + N'}'),
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', (N'{"category":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[category], 'json'), N'\/', N'/') + N'"', N'null') + N',"region":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[region], 'json'), N'\/', N'/') + N'"', N'null') + N'}')), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'a8aae27d487181c13f9210d7d519edd1',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
JOIN #kpictl_finest AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'revenue' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of revenue', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'revenue' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: return_on_ad_spend
  -- label: "Return on advertising (invented spend)"
  -- description: "Revenue by advertising. The spend is invented."
  -- owner: "growth@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
WITH [revenue] AS (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    SUM([amount]) AS [value]
  FROM [order_lines]
  WHERE [order_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [order_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE))
),
[advertising_spend] AS (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [month]), CAST('0001-01-01' AS DATE)) AS [month],
    SUM([spend]) AS [value]
  FROM [ad_spend]
  WHERE [month] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [month] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [month]), CAST('0001-01-01' AS DATE))
),
[buckets] AS (
  SELECT [revenue].[month]
  FROM [revenue]
  UNION
  SELECT [advertising_spend].[month]
  FROM [advertising_spend]
)
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[denominator]
FROM (
  SELECT
    [buckets].[month],
    CAST([revenue].[value] AS FLOAT) / NULLIF(CAST([advertising_spend].[value] AS FLOAT), 0) AS [value],
    [advertising_spend].[value] AS [denominator]
  FROM [buckets]
  LEFT JOIN [revenue] ON [revenue].[month] = [buckets].[month]
  LEFT JOIN [advertising_spend] ON [advertising_spend].[month] = [buckets].[month]
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'return_on_ad_spend' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'return_on_ad_spend',
  CAST(n.[value] AS FLOAT),
  N'{}',
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' WHEN COALESCE(n.[denominator], 0) = 0 AND n.[time] IS NOT NULL THEN N'no_denominator' ELSE N'no_data' END,
  N'62792c2144bcfcbc393a3b3edee1e65d',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'return_on_ad_spend' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of return_on_ad_spend', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'return_on_ad_spend' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: gross_profit
  -- label: "Gross profit"
  -- description: "Profit of all order lines as the data states it."
  -- owner: "finance@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_finest') IS NOT NULL DROP TABLE #kpictl_finest;
  CREATE TABLE #kpictl_finest WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[region],
  [numbers].[category]
FROM (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    [region] COLLATE Latin1_General_100_BIN2_UTF8 AS [region],
    [category] COLLATE Latin1_General_100_BIN2_UTF8 AS [category],
    SUM([profit]) AS [value]
  FROM [order_lines]
  WHERE [order_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [order_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)), [region] COLLATE Latin1_General_100_BIN2_UTF8, [category] COLLATE Latin1_General_100_BIN2_UTF8, LEN(CAST([region] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1, LEN(CAST([category] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1
) AS [numbers];
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value]
FROM (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    SUM([profit]) AS [value]
  FROM [order_lines]
  WHERE [order_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [order_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE))
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'gross_profit' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'gross_profit',
  CAST(n.[value] AS FLOAT),
  N'{}',
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'21b509bd549e7a9c85d606fcd24c9724',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to
UNION ALL
SELECT
  b.start_time,
  N'gross_profit',
  CAST(n.[value] AS FLOAT),
  (N'{"category":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[category], 'json'), N'\/', N'/') + N'"', N'null') + N',"region":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[region], 'json'), N'\/', N'/') + N'"', N'null') + N'}'),
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', (N'{"category":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[category], 'json'), N'\/', N'/') + N'"', N'null') + N',"region":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[region], 'json'), N'\/', N'/') + N'"', N'null') + N'}')), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'21b509bd549e7a9c85d606fcd24c9724',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
JOIN #kpictl_finest AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'gross_profit' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of gross_profit', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'gross_profit' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: gross_margin
  -- label: "Gross margin"
  -- description: "Gross profit as a share of revenue."
  -- owner: "finance@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_finest') IS NOT NULL DROP TABLE #kpictl_finest;
  CREATE TABLE #kpictl_finest WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[region],
  [numbers].[category],
  [numbers].[denominator]
FROM (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    [region] COLLATE Latin1_General_100_BIN2_UTF8 AS [region],
    [category] COLLATE Latin1_General_100_BIN2_UTF8 AS [category],
    CAST(SUM([profit]) AS FLOAT) / NULLIF(CAST(SUM([amount]) AS FLOAT), 0) AS [value],
    SUM([amount]) AS [denominator]
  FROM [order_lines]
  WHERE [order_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [order_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)), [region] COLLATE Latin1_General_100_BIN2_UTF8, [category] COLLATE Latin1_General_100_BIN2_UTF8, LEN(CAST([region] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1, LEN(CAST([category] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1
) AS [numbers];
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[denominator]
FROM (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    CAST(SUM([profit]) AS FLOAT) / NULLIF(CAST(SUM([amount]) AS FLOAT), 0) AS [value],
    SUM([amount]) AS [denominator]
  FROM [order_lines]
  WHERE [order_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [order_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE))
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'gross_margin' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'gross_margin',
  CAST(n.[value] AS FLOAT),
  N'{}',
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' WHEN COALESCE(n.[denominator], 0) = 0 AND n.[time] IS NOT NULL THEN N'no_denominator' ELSE N'no_data' END,
  N'd81f4b43f9094b3c12011113c70575df',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to
UNION ALL
SELECT
  b.start_time,
  N'gross_margin',
  CAST(n.[value] AS FLOAT),
  (N'{"category":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[category], 'json'), N'\/', N'/') + N'"', N'null') + N',"region":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[region], 'json'), N'\/', N'/') + N'"', N'null') + N'}'),
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', (N'{"category":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[category], 'json'), N'\/', N'/') + N'"', N'null') + N',"region":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[region], 'json'), N'\/', N'/') + N'"', N'null') + N'}')), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' WHEN COALESCE(n.[denominator], 0) = 0 AND n.[time] IS NOT NULL THEN N'no_denominator' ELSE N'no_data' END,
  N'd81f4b43f9094b3c12011113c70575df',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
JOIN #kpictl_finest AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'gross_margin' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of gross_margin', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'gross_margin' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: discounted_revenue
  -- label: "Discounted revenue"
  -- description: "Sales of the order lines that were sold at a discount."
  -- owner: "finance@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_finest') IS NOT NULL DROP TABLE #kpictl_finest;
  CREATE TABLE #kpictl_finest WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[region],
  [numbers].[category]
FROM (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    [region] COLLATE Latin1_General_100_BIN2_UTF8 AS [region],
    [category] COLLATE Latin1_General_100_BIN2_UTF8 AS [category],
    SUM(CASE WHEN [discount] > 0 THEN [amount] END) AS [value]
  FROM [order_lines]
  WHERE [order_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [order_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)), [region] COLLATE Latin1_General_100_BIN2_UTF8, [category] COLLATE Latin1_General_100_BIN2_UTF8, LEN(CAST([region] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1, LEN(CAST([category] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1
) AS [numbers];
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value]
FROM (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    SUM(CASE WHEN [discount] > 0 THEN [amount] END) AS [value]
  FROM [order_lines]
  WHERE [order_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [order_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE))
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'discounted_revenue' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'discounted_revenue',
  CAST(n.[value] AS FLOAT),
  N'{}',
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'82c5a13ad0b8263007abbf646db61307',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to
UNION ALL
SELECT
  b.start_time,
  N'discounted_revenue',
  CAST(n.[value] AS FLOAT),
  (N'{"category":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[category], 'json'), N'\/', N'/') + N'"', N'null') + N',"region":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[region], 'json'), N'\/', N'/') + N'"', N'null') + N'}'),
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', (N'{"category":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[category], 'json'), N'\/', N'/') + N'"', N'null') + N',"region":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[region], 'json'), N'\/', N'/') + N'"', N'null') + N'}')), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'82c5a13ad0b8263007abbf646db61307',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
JOIN #kpictl_finest AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'discounted_revenue' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of discounted_revenue', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'discounted_revenue' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: discounted_share
  -- label: "Share sold at a discount"
  -- description: "Discounted revenue as a share of revenue."
  -- owner: "finance@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[denominator]
FROM (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    CAST(SUM(CASE WHEN [discount] > 0 THEN [amount] END) AS FLOAT) / NULLIF(CAST(SUM([amount]) AS FLOAT), 0) AS [value],
    SUM([amount]) AS [denominator]
  FROM [order_lines]
  WHERE [order_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [order_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE))
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'discounted_share' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'discounted_share',
  CAST(n.[value] AS FLOAT),
  N'{}',
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' WHEN COALESCE(n.[denominator], 0) = 0 AND n.[time] IS NOT NULL THEN N'no_denominator' ELSE N'no_data' END,
  N'450349ed0ee113f6eb23c7f2656a69a1',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'discounted_share' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of discounted_share', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'discounted_share' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: order_count
  -- label: "Orders"
  -- description: "Orders placed in the month."
  -- owner: "finance@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_finest') IS NOT NULL DROP TABLE #kpictl_finest;
  CREATE TABLE #kpictl_finest WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[region]
FROM (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    [region] COLLATE Latin1_General_100_BIN2_UTF8 AS [region],
    COUNT_BIG(*) AS [value]
  FROM [orders]
  WHERE [order_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [order_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)), [region] COLLATE Latin1_General_100_BIN2_UTF8, LEN(CAST([region] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1
) AS [numbers];
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value]
FROM (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    COUNT_BIG(*) AS [value]
  FROM [orders]
  WHERE [order_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [order_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE))
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'order_count' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'order_count',
  CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END,
  N'{}',
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'f8fcdb5c612a37a517c6b881f4d5d95d',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to
UNION ALL
SELECT
  b.start_time,
  N'order_count',
  CAST(n.[value] AS FLOAT),
  (N'{"region":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[region], 'json'), N'\/', N'/') + N'"', N'null') + N'}'),
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', (N'{"region":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[region], 'json'), N'\/', N'/') + N'"', N'null') + N'}')), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'f8fcdb5c612a37a517c6b881f4d5d95d',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
JOIN #kpictl_finest AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'order_count' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of order_count', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'order_count' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: average_order_value
  -- label: "Average order value"
  -- description: "Revenue by orders."
  -- owner: "finance@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_finest') IS NOT NULL DROP TABLE #kpictl_finest;
  CREATE TABLE #kpictl_finest WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
WITH [revenue] AS (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    [region] COLLATE Latin1_General_100_BIN2_UTF8 AS [region],
    SUM([amount]) AS [value]
  FROM [order_lines]
  WHERE [order_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [order_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)), [region] COLLATE Latin1_General_100_BIN2_UTF8, LEN(CAST([region] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1
),
[order_count] AS (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    [region] COLLATE Latin1_General_100_BIN2_UTF8 AS [region],
    COUNT_BIG(*) AS [value]
  FROM [orders]
  WHERE [order_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [order_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)), [region] COLLATE Latin1_General_100_BIN2_UTF8, LEN(CAST([region] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1
),
[buckets] AS (
  SELECT
    [texts].[month],
    LEFT([texts].[region], LEN(CAST([texts].[region] AS NVARCHAR(MAX)) + N'.') - 2) AS [region]
  FROM (
    SELECT [revenue].[month], CAST([revenue].[region] AS NVARCHAR(MAX)) + NCHAR(1) AS [region]
    FROM [revenue]
    UNION
    SELECT [order_count].[month], CAST([order_count].[region] AS NVARCHAR(MAX)) + NCHAR(1) AS [region]
    FROM [order_count]
  ) AS [texts]
)
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[region],
  [numbers].[denominator]
FROM (
  SELECT
    [buckets].[month],
    [buckets].[region],
    CAST([revenue].[value] AS FLOAT) / NULLIF(CAST(COALESCE([order_count].[value], 0) AS FLOAT), 0) AS [value],
    COALESCE([order_count].[value], 0) AS [denominator]
  FROM [buckets]
  LEFT JOIN [revenue] ON [revenue].[month] = [buckets].[month] AND CASE WHEN CAST([revenue].[region] AS NVARCHAR(MAX)) + NCHAR(1) = CAST([buckets].[region] AS NVARCHAR(MAX)) + NCHAR(1) OR (CAST([revenue].[region] AS NVARCHAR(MAX)) + NCHAR(1)) IS NULL AND (CAST([buckets].[region] AS NVARCHAR(MAX)) + NCHAR(1)) IS NULL THEN 1 ELSE 0 END = 1
  LEFT JOIN [order_count] ON [order_count].[month] = [buckets].[month] AND CASE WHEN CAST([order_count].[region] AS NVARCHAR(MAX)) + NCHAR(1) = CAST([buckets].[region] AS NVARCHAR(MAX)) + NCHAR(1) OR (CAST([order_count].[region] AS NVARCHAR(MAX)) + NCHAR(1)) IS NULL AND (CAST([buckets].[region] AS NVARCHAR(MAX)) + NCHAR(1)) IS NULL THEN 1 ELSE 0 END = 1
) AS [numbers];
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
WITH [revenue] AS (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    SUM([amount]) AS [value]
  FROM [order_lines]
  WHERE [order_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [order_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE))
),
[order_count] AS (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    COUNT_BIG(*) AS [value]
  FROM [orders]
  WHERE [order_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [order_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE))
),
[buckets] AS (
  SELECT [revenue].[month]
  FROM [revenue]
  UNION
  SELECT [order_count].[month]
  FROM [order_count]
)
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[denominator]
FROM (
  SELECT
    [buckets].[month],
    CAST([revenue].[value] AS FLOAT) / NULLIF(CAST(COALESCE([order_count].[value], 0) AS FLOAT), 0) AS [value],
    COALESCE([order_count].[value], 0) AS [denominator]
  FROM [buckets]
  LEFT JOIN [revenue] ON [revenue].[month] = [buckets].[month]
  LEFT JOIN [order_count] ON [order_count].[month] = [buckets].[month]
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'average_order_value' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'average_order_value',
  CAST(n.[value] AS FLOAT),
  N'{}',
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' WHEN COALESCE(n.[denominator], 0) = 0 AND n.[time] IS NOT NULL THEN N'no_denominator' ELSE N'no_data' END,
  N'23311ba39541612fbd32106465cbda6d',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to
UNION ALL
SELECT
  b.start_time,
  N'average_order_value',
  CAST(n.[value] AS FLOAT),
  (N'{"region":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[region], 'json'), N'\/', N'/') + N'"', N'null') + N'}'),
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', (N'{"region":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[region], 'json'), N'\/', N'/') + N'"', N'null') + N'}')), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' WHEN COALESCE(n.[denominator], 0) = 0 AND n.[time] IS NOT NULL THEN N'no_denominator' ELSE N'no_data' END,
  N'23311ba39541612fbd32106465cbda6d',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
JOIN #kpictl_finest AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'average_order_value' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of average_order_value', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'average_order_value' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: units_sold
  -- label: "Units sold"
  -- description: "Pieces of all order lines, by the segment that the buyer belongs to."
  -- owner: "finance@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_finest') IS NOT NULL DROP TABLE #kpictl_finest;
  CREATE TABLE #kpictl_finest WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[buyer_segment]
FROM (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_lines].[order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    [buyer].[segment] COLLATE Latin1_General_100_BIN2_UTF8 AS [buyer_segment],
    SUM(CAST([order_lines].[quantity] AS DECIMAL(38, 0))) AS [value]
  FROM [order_lines]
  LEFT JOIN [customers] AS [buyer] ON [order_lines].[customer_id] COLLATE Latin1_General_100_BIN2_UTF8 = [buyer].[customer_id] COLLATE Latin1_General_100_BIN2_UTF8 AND LEN(CAST([order_lines].[customer_id] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1 = LEN(CAST([buyer].[customer_id] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1
  WHERE [order_lines].[order_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [order_lines].[order_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_lines].[order_date]), CAST('0001-01-01' AS DATE)), [buyer].[segment] COLLATE Latin1_General_100_BIN2_UTF8, LEN(CAST([buyer].[segment] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1
) AS [numbers];
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value]
FROM (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    SUM(CAST([quantity] AS DECIMAL(38, 0))) AS [value]
  FROM [order_lines]
  WHERE [order_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [order_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE))
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'units_sold' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'units_sold',
  CAST(n.[value] AS FLOAT),
  N'{}',
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'76686586f67ca0bb7b74b1fa2e67072e',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to
UNION ALL
SELECT
  b.start_time,
  N'units_sold',
  CAST(n.[value] AS FLOAT),
  (N'{"buyer_segment":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[buyer_segment], 'json'), N'\/', N'/') + N'"', N'null') + N'}'),
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', (N'{"buyer_segment":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[buyer_segment], 'json'), N'\/', N'/') + N'"', N'null') + N'}')), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'76686586f67ca0bb7b74b1fa2e67072e',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
JOIN #kpictl_finest AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'units_sold' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of units_sold', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'units_sold' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: units_per_order
  -- label: "Units per order"
  -- description: "Pieces by orders."
  -- owner: "finance@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
WITH [units_sold] AS (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    SUM(CAST([quantity] AS DECIMAL(38, 0))) AS [value]
  FROM [order_lines]
  WHERE [order_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [order_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE))
),
[order_count] AS (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    COUNT_BIG(*) AS [value]
  FROM [orders]
  WHERE [order_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [order_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE))
),
[buckets] AS (
  SELECT [units_sold].[month]
  FROM [units_sold]
  UNION
  SELECT [order_count].[month]
  FROM [order_count]
)
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[denominator]
FROM (
  SELECT
    [buckets].[month],
    CAST([units_sold].[value] AS FLOAT) / NULLIF(CAST(COALESCE([order_count].[value], 0) AS FLOAT), 0) AS [value],
    COALESCE([order_count].[value], 0) AS [denominator]
  FROM [buckets]
  LEFT JOIN [units_sold] ON [units_sold].[month] = [buckets].[month]
  LEFT JOIN [order_count] ON [order_count].[month] = [buckets].[month]
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'units_per_order' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'units_per_order',
  CAST(n.[value] AS FLOAT),
  N'{}',
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' WHEN COALESCE(n.[denominator], 0) = 0 AND n.[time] IS NOT NULL THEN N'no_denominator' ELSE N'no_data' END,
  N'aa1a7c144057f00407f2860eb5d21adb',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'units_per_order' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of units_per_order', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'units_per_order' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: buyers
  -- label: "Buyers"
  -- description: "Customers with at least one order in the month."
  -- owner: "growth@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_finest') IS NOT NULL DROP TABLE #kpictl_finest;
  CREATE TABLE #kpictl_finest WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[segment]
FROM (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    [segment] COLLATE Latin1_General_100_BIN2_UTF8 AS [segment],
    COUNT_BIG(DISTINCT CAST([customer_id] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + NCHAR(1)) AS [value]
  FROM [orders]
  WHERE [order_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [order_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)), [segment] COLLATE Latin1_General_100_BIN2_UTF8, LEN(CAST([segment] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1
) AS [numbers];
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value]
FROM (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    COUNT_BIG(DISTINCT CAST([customer_id] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + NCHAR(1)) AS [value]
  FROM [orders]
  WHERE [order_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [order_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE))
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'buyers' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'buyers',
  CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END,
  N'{}',
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'5c179d29c0e6c83f50359ae21e18e899',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to
UNION ALL
SELECT
  b.start_time,
  N'buyers',
  CAST(n.[value] AS FLOAT),
  (N'{"segment":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[segment], 'json'), N'\/', N'/') + N'"', N'null') + N'}'),
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', (N'{"segment":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[segment], 'json'), N'\/', N'/') + N'"', N'null') + N'}')), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'5c179d29c0e6c83f50359ae21e18e899',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
JOIN #kpictl_finest AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'buyers' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of buyers', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'buyers' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: revenue_per_buyer
  -- label: "Revenue per buyer"
  -- description: "Revenue by the customers who ordered."
  -- owner: "growth@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
WITH [revenue] AS (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    SUM([amount]) AS [value]
  FROM [order_lines]
  WHERE [order_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [order_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE))
),
[buyers] AS (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    COUNT_BIG(DISTINCT CAST([customer_id] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + NCHAR(1)) AS [value]
  FROM [orders]
  WHERE [order_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [order_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE))
),
[buckets] AS (
  SELECT [revenue].[month]
  FROM [revenue]
  UNION
  SELECT [buyers].[month]
  FROM [buyers]
)
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[denominator]
FROM (
  SELECT
    [buckets].[month],
    CAST([revenue].[value] AS FLOAT) / NULLIF(CAST(COALESCE([buyers].[value], 0) AS FLOAT), 0) AS [value],
    COALESCE([buyers].[value], 0) AS [denominator]
  FROM [buckets]
  LEFT JOIN [revenue] ON [revenue].[month] = [buckets].[month]
  LEFT JOIN [buyers] ON [buyers].[month] = [buckets].[month]
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'revenue_per_buyer' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'revenue_per_buyer',
  CAST(n.[value] AS FLOAT),
  N'{}',
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' WHEN COALESCE(n.[denominator], 0) = 0 AND n.[time] IS NOT NULL THEN N'no_denominator' ELSE N'no_data' END,
  N'e6411054a8ed6adb35ce84a3f72b826d',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'revenue_per_buyer' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of revenue_per_buyer', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'revenue_per_buyer' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: repeat_orders
  -- label: "Repeat orders"
  -- description: "Orders by customers who had ordered before."
  -- owner: "growth@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_finest') IS NOT NULL DROP TABLE #kpictl_finest;
  CREATE TABLE #kpictl_finest WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[region]
FROM (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    [region] COLLATE Latin1_General_100_BIN2_UTF8 AS [region],
    COUNT_BIG(*) AS [value]
  FROM [orders]
  WHERE [order_number] > 1
    AND [order_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [order_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)), [region] COLLATE Latin1_General_100_BIN2_UTF8, LEN(CAST([region] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1
) AS [numbers];
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value]
FROM (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    COUNT_BIG(*) AS [value]
  FROM [orders]
  WHERE [order_number] > 1
    AND [order_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [order_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE))
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'repeat_orders' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'repeat_orders',
  CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END,
  N'{}',
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'2a69214f74e7289cdbb55e6a2d255fa0',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to
UNION ALL
SELECT
  b.start_time,
  N'repeat_orders',
  CAST(n.[value] AS FLOAT),
  (N'{"region":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[region], 'json'), N'\/', N'/') + N'"', N'null') + N'}'),
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', (N'{"region":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[region], 'json'), N'\/', N'/') + N'"', N'null') + N'}')), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'2a69214f74e7289cdbb55e6a2d255fa0',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
JOIN #kpictl_finest AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'repeat_orders' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of repeat_orders', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'repeat_orders' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: repeat_purchase_rate
  -- label: "Repeat purchase rate"
  -- description: "Share of the orders that came from customers who had ordered before."
  -- owner: "growth@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_finest') IS NOT NULL DROP TABLE #kpictl_finest;
  CREATE TABLE #kpictl_finest WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[region],
  [numbers].[denominator]
FROM (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    [region] COLLATE Latin1_General_100_BIN2_UTF8 AS [region],
    CAST(COALESCE(COUNT_BIG(CASE WHEN [order_number] > 1 THEN 1 END), 0) AS FLOAT) / NULLIF(CAST(COALESCE(COUNT_BIG(*), 0) AS FLOAT), 0) AS [value],
    COALESCE(COUNT_BIG(*), 0) AS [denominator]
  FROM [orders]
  WHERE [order_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [order_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)), [region] COLLATE Latin1_General_100_BIN2_UTF8, LEN(CAST([region] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1
) AS [numbers];
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[denominator]
FROM (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    CAST(COALESCE(COUNT_BIG(CASE WHEN [order_number] > 1 THEN 1 END), 0) AS FLOAT) / NULLIF(CAST(COALESCE(COUNT_BIG(*), 0) AS FLOAT), 0) AS [value],
    COALESCE(COUNT_BIG(*), 0) AS [denominator]
  FROM [orders]
  WHERE [order_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [order_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE))
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'repeat_purchase_rate' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'repeat_purchase_rate',
  CAST(n.[value] AS FLOAT),
  N'{}',
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' WHEN COALESCE(n.[denominator], 0) = 0 AND n.[time] IS NOT NULL THEN N'no_denominator' ELSE N'no_data' END,
  N'b9b8502c5a78182a5162dabe54393160',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to
UNION ALL
SELECT
  b.start_time,
  N'repeat_purchase_rate',
  CAST(n.[value] AS FLOAT),
  (N'{"region":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[region], 'json'), N'\/', N'/') + N'"', N'null') + N'}'),
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', (N'{"region":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[region], 'json'), N'\/', N'/') + N'"', N'null') + N'}')), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' WHEN COALESCE(n.[denominator], 0) = 0 AND n.[time] IS NOT NULL THEN N'no_denominator' ELSE N'no_data' END,
  N'b9b8502c5a78182a5162dabe54393160',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
JOIN #kpictl_finest AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'repeat_purchase_rate' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of repeat_purchase_rate', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'repeat_purchase_rate' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: revenue_growth_yoy
  -- label: "Revenue growth on the year before"
  -- description: "Revenue of the month against the same month a year earlier."
  -- owner: "finance@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
WITH [revenue] AS (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    SUM([amount]) AS [value]
  FROM [order_lines]
  WHERE [order_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [order_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE))
),
[earlier] AS (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE)) AS [month],
    SUM([amount]) AS [value]
  FROM [order_lines]
  WHERE [order_date] >= DATEADD(month, DATEDIFF(month, '0001-01-01', DATEADD(month, -12, CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE))), CAST('0001-01-01' AS DATE))
    AND [order_date] <= DATEADD(day, -1, DATEADD(month, 1, DATEADD(month, DATEDIFF(month, '0001-01-01', DATEADD(month, -12, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)))), CAST('0001-01-01' AS DATE))))
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [order_date]), CAST('0001-01-01' AS DATE))
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
[revenue_1_year] AS (
  SELECT [months].[month], [earlier].[value]
  FROM (
    SELECT
      DATEADD(month, CAST(10000 * [place].[n] + 1000 * [place_2].[n] + 100 * [place_3].[n] + 10 * [place_4].[n] AS DECIMAL(38, 0)) + [place_5].[n], DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE))) AS [month]
    FROM [digits] AS [place]
    CROSS JOIN [digits] AS [place_2]
    CROSS JOIN [digits] AS [place_3]
    CROSS JOIN [digits] AS [place_4]
    CROSS JOIN [digits] AS [place_5]
    WHERE 10000 * [place].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND 1000 * [place_2].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND 100 * [place_3].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND 10 * [place_4].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND [place_5].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND DATEADD(month, CAST(10000 * [place].[n] + 1000 * [place_2].[n] + 100 * [place_3].[n] + 10 * [place_4].[n] AS DECIMAL(38, 0)) + [place_5].[n], DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE))) <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  ) AS [months]
  JOIN [earlier] ON [earlier].[month] = DATEADD(month, DATEDIFF(month, '0001-01-01', DATEADD(month, -12, [months].[month])), CAST('0001-01-01' AS DATE))
),
[buckets] AS (
  SELECT [revenue].[month]
  FROM [revenue]
  UNION
  SELECT [revenue_1_year].[month]
  FROM [revenue_1_year]
)
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[denominator]
FROM (
  SELECT
    [buckets].[month],
    CAST([revenue].[value] AS FLOAT) / NULLIF(CAST(CASE WHEN DATEADD(month, DATEDIFF(month, '0001-01-01', DATEADD(month, -12, [buckets].[month])), CAST('0001-01-01' AS DATE)) >= CAST('2021-01-01' AS DATE) THEN [revenue_1_year].[value] END AS FLOAT), 0) - 1 AS [value],
    CASE WHEN DATEADD(month, DATEDIFF(month, '0001-01-01', DATEADD(month, -12, [buckets].[month])), CAST('0001-01-01' AS DATE)) >= CAST('2021-01-01' AS DATE) THEN [revenue_1_year].[value] END AS [denominator]
  FROM [buckets]
  LEFT JOIN [revenue] ON [revenue].[month] = [buckets].[month]
  LEFT JOIN [revenue_1_year] ON [revenue_1_year].[month] = [buckets].[month]
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'revenue_growth_yoy' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'revenue_growth_yoy',
  CAST(n.[value] AS FLOAT),
  N'{}',
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' WHEN COALESCE(n.[denominator], 0) = 0 AND n.[time] IS NOT NULL THEN N'no_denominator' ELSE N'no_data' END,
  N'649c551b3734e3ad319b9c2b72cd171b',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'revenue_growth_yoy' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of revenue_growth_yoy', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'revenue_growth_yoy' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: mrr
  -- label: "MRR at month's end"
  -- description: "What the subscribers of each month's last day pay a month, from the dates on which they started and ended. All who have left did so on 2024-12-31, the only day that the data knows, so the last month falls steeply."
  -- owner: "finance@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_finest') IS NOT NULL DROP TABLE #kpictl_finest;
  CREATE TABLE #kpictl_finest WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
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
      DATEADD(month, CAST(10000 * [place].[n] + 1000 * [place_2].[n] + 100 * [place_3].[n] + 10 * [place_4].[n] AS DECIMAL(38, 0)) + [place_5].[n], DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE))) AS [month]
    FROM [digits] AS [place]
    CROSS JOIN [digits] AS [place_2]
    CROSS JOIN [digits] AS [place_3]
    CROSS JOIN [digits] AS [place_4]
    CROSS JOIN [digits] AS [place_5]
    WHERE 10000 * [place].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND 1000 * [place_2].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND 100 * [place_3].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND 10 * [place_4].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND [place_5].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND DATEADD(month, CAST(10000 * [place].[n] + 1000 * [place_2].[n] + 100 * [place_3].[n] + 10 * [place_4].[n] AS DECIMAL(38, 0)) + [place_5].[n], DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE))) <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  ) AS [months]
  JOIN [subscriptions] AS [subscription_terms] ON [subscription_terms].[started_at] <= CASE WHEN DATEADD(day, -1, DATEADD(month, 1, [months].[month])) IS NOT NULL AND (CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) IS NULL OR DATEADD(day, -1, DATEADD(month, 1, [months].[month])) <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) THEN DATEADD(day, -1, DATEADD(month, 1, [months].[month])) ELSE CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) END AND ([subscription_terms].[ended_at] IS NULL OR [subscription_terms].[ended_at] > CASE WHEN DATEADD(day, -1, DATEADD(month, 1, [months].[month])) IS NOT NULL AND (CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) IS NULL OR DATEADD(day, -1, DATEADD(month, 1, [months].[month])) <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) THEN DATEADD(day, -1, DATEADD(month, 1, [months].[month])) ELSE CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) END)
  GROUP BY [months].[month], [subscription_terms].[contract] COLLATE Latin1_General_100_BIN2_UTF8, LEN(CAST([subscription_terms].[contract] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1
) AS [numbers];
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
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
  [numbers].[value]
FROM (
  SELECT [months].[month], SUM([subscription_terms].[amount]) AS [value]
  FROM (
    SELECT
      DATEADD(month, CAST(10000 * [place].[n] + 1000 * [place_2].[n] + 100 * [place_3].[n] + 10 * [place_4].[n] AS DECIMAL(38, 0)) + [place_5].[n], DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE))) AS [month]
    FROM [digits] AS [place]
    CROSS JOIN [digits] AS [place_2]
    CROSS JOIN [digits] AS [place_3]
    CROSS JOIN [digits] AS [place_4]
    CROSS JOIN [digits] AS [place_5]
    WHERE 10000 * [place].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND 1000 * [place_2].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND 100 * [place_3].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND 10 * [place_4].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND [place_5].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND DATEADD(month, CAST(10000 * [place].[n] + 1000 * [place_2].[n] + 100 * [place_3].[n] + 10 * [place_4].[n] AS DECIMAL(38, 0)) + [place_5].[n], DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE))) <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  ) AS [months]
  JOIN [subscriptions] AS [subscription_terms] ON [subscription_terms].[started_at] <= CASE WHEN DATEADD(day, -1, DATEADD(month, 1, [months].[month])) IS NOT NULL AND (CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) IS NULL OR DATEADD(day, -1, DATEADD(month, 1, [months].[month])) <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) THEN DATEADD(day, -1, DATEADD(month, 1, [months].[month])) ELSE CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) END AND ([subscription_terms].[ended_at] IS NULL OR [subscription_terms].[ended_at] > CASE WHEN DATEADD(day, -1, DATEADD(month, 1, [months].[month])) IS NOT NULL AND (CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) IS NULL OR DATEADD(day, -1, DATEADD(month, 1, [months].[month])) <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) THEN DATEADD(day, -1, DATEADD(month, 1, [months].[month])) ELSE CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) END)
  GROUP BY [months].[month]
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'mrr' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'mrr',
  CAST(n.[value] AS FLOAT),
  N'{}',
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'1ef043cab641c427792b51dbb9acbb20',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to
UNION ALL
SELECT
  b.start_time,
  N'mrr',
  CAST(n.[value] AS FLOAT),
  (N'{"contract":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[contract], 'json'), N'\/', N'/') + N'"', N'null') + N'}'),
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', (N'{"contract":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[contract], 'json'), N'\/', N'/') + N'"', N'null') + N'}')), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'1ef043cab641c427792b51dbb9acbb20',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
JOIN #kpictl_finest AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'mrr' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of mrr', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'mrr' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: active_subscribers
  -- label: "Active subscribers"
  -- description: "Subscribers on each month's last day."
  -- owner: "growth@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_finest') IS NOT NULL DROP TABLE #kpictl_finest;
  CREATE TABLE #kpictl_finest WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
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
    COUNT_BIG(*) AS [value]
  FROM (
    SELECT
      DATEADD(month, CAST(10000 * [place].[n] + 1000 * [place_2].[n] + 100 * [place_3].[n] + 10 * [place_4].[n] AS DECIMAL(38, 0)) + [place_5].[n], DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE))) AS [month]
    FROM [digits] AS [place]
    CROSS JOIN [digits] AS [place_2]
    CROSS JOIN [digits] AS [place_3]
    CROSS JOIN [digits] AS [place_4]
    CROSS JOIN [digits] AS [place_5]
    WHERE 10000 * [place].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND 1000 * [place_2].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND 100 * [place_3].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND 10 * [place_4].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND [place_5].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND DATEADD(month, CAST(10000 * [place].[n] + 1000 * [place_2].[n] + 100 * [place_3].[n] + 10 * [place_4].[n] AS DECIMAL(38, 0)) + [place_5].[n], DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE))) <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  ) AS [months]
  JOIN [subscriptions] AS [subscription_terms] ON [subscription_terms].[started_at] <= CASE WHEN DATEADD(day, -1, DATEADD(month, 1, [months].[month])) IS NOT NULL AND (CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) IS NULL OR DATEADD(day, -1, DATEADD(month, 1, [months].[month])) <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) THEN DATEADD(day, -1, DATEADD(month, 1, [months].[month])) ELSE CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) END AND ([subscription_terms].[ended_at] IS NULL OR [subscription_terms].[ended_at] > CASE WHEN DATEADD(day, -1, DATEADD(month, 1, [months].[month])) IS NOT NULL AND (CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) IS NULL OR DATEADD(day, -1, DATEADD(month, 1, [months].[month])) <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) THEN DATEADD(day, -1, DATEADD(month, 1, [months].[month])) ELSE CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) END)
  GROUP BY [months].[month], [subscription_terms].[contract] COLLATE Latin1_General_100_BIN2_UTF8, LEN(CAST([subscription_terms].[contract] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1
) AS [numbers];
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
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
  [numbers].[value]
FROM (
  SELECT [months].[month], COUNT_BIG(*) AS [value]
  FROM (
    SELECT
      DATEADD(month, CAST(10000 * [place].[n] + 1000 * [place_2].[n] + 100 * [place_3].[n] + 10 * [place_4].[n] AS DECIMAL(38, 0)) + [place_5].[n], DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE))) AS [month]
    FROM [digits] AS [place]
    CROSS JOIN [digits] AS [place_2]
    CROSS JOIN [digits] AS [place_3]
    CROSS JOIN [digits] AS [place_4]
    CROSS JOIN [digits] AS [place_5]
    WHERE 10000 * [place].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND 1000 * [place_2].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND 100 * [place_3].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND 10 * [place_4].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND [place_5].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND DATEADD(month, CAST(10000 * [place].[n] + 1000 * [place_2].[n] + 100 * [place_3].[n] + 10 * [place_4].[n] AS DECIMAL(38, 0)) + [place_5].[n], DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE))) <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  ) AS [months]
  JOIN [subscriptions] AS [subscription_terms] ON [subscription_terms].[started_at] <= CASE WHEN DATEADD(day, -1, DATEADD(month, 1, [months].[month])) IS NOT NULL AND (CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) IS NULL OR DATEADD(day, -1, DATEADD(month, 1, [months].[month])) <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) THEN DATEADD(day, -1, DATEADD(month, 1, [months].[month])) ELSE CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) END AND ([subscription_terms].[ended_at] IS NULL OR [subscription_terms].[ended_at] > CASE WHEN DATEADD(day, -1, DATEADD(month, 1, [months].[month])) IS NOT NULL AND (CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) IS NULL OR DATEADD(day, -1, DATEADD(month, 1, [months].[month])) <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) THEN DATEADD(day, -1, DATEADD(month, 1, [months].[month])) ELSE CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) END)
  GROUP BY [months].[month]
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'active_subscribers' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'active_subscribers',
  CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END,
  N'{}',
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'0c0bf7ab86ca91835dd33a6207fb7e44',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to
UNION ALL
SELECT
  b.start_time,
  N'active_subscribers',
  CAST(n.[value] AS FLOAT),
  (N'{"contract":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[contract], 'json'), N'\/', N'/') + N'"', N'null') + N'}'),
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', (N'{"contract":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[contract], 'json'), N'\/', N'/') + N'"', N'null') + N'}')), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'0c0bf7ab86ca91835dd33a6207fb7e44',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
JOIN #kpictl_finest AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'active_subscribers' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of active_subscribers', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'active_subscribers' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: new_subscribers
  -- label: "New subscribers"
  -- description: "Subscriptions that started in the month."
  -- owner: "growth@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_finest') IS NOT NULL DROP TABLE #kpictl_finest;
  CREATE TABLE #kpictl_finest WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[contract]
FROM (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [started_at]), CAST('0001-01-01' AS DATE)) AS [month],
    [contract] COLLATE Latin1_General_100_BIN2_UTF8 AS [contract],
    COUNT_BIG(*) AS [value]
  FROM [subscriptions] AS [subscription_starts]
  WHERE [started_at] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [started_at] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [started_at]), CAST('0001-01-01' AS DATE)), [contract] COLLATE Latin1_General_100_BIN2_UTF8, LEN(CAST([contract] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1
) AS [numbers];
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value]
FROM (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [started_at]), CAST('0001-01-01' AS DATE)) AS [month],
    COUNT_BIG(*) AS [value]
  FROM [subscriptions] AS [subscription_starts]
  WHERE [started_at] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [started_at] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [started_at]), CAST('0001-01-01' AS DATE))
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'new_subscribers' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'new_subscribers',
  CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END,
  N'{}',
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'a8c03222019bd1c2b86e939d326cf157',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to
UNION ALL
SELECT
  b.start_time,
  N'new_subscribers',
  CAST(n.[value] AS FLOAT),
  (N'{"contract":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[contract], 'json'), N'\/', N'/') + N'"', N'null') + N'}'),
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', (N'{"contract":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[contract], 'json'), N'\/', N'/') + N'"', N'null') + N'}')), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'a8c03222019bd1c2b86e939d326cf157',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
JOIN #kpictl_finest AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'new_subscribers' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of new_subscribers', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'new_subscribers' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: arpu
  -- label: "Revenue per subscriber"
  -- description: "MRR by active subscribers."
  -- owner: "finance@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
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
),
[mrr] AS (
  SELECT [months].[month], SUM([subscription_terms].[amount]) AS [value]
  FROM (
    SELECT
      DATEADD(month, CAST(10000 * [place].[n] + 1000 * [place_2].[n] + 100 * [place_3].[n] + 10 * [place_4].[n] AS DECIMAL(38, 0)) + [place_5].[n], DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE))) AS [month]
    FROM [digits] AS [place]
    CROSS JOIN [digits] AS [place_2]
    CROSS JOIN [digits] AS [place_3]
    CROSS JOIN [digits] AS [place_4]
    CROSS JOIN [digits] AS [place_5]
    WHERE 10000 * [place].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND 1000 * [place_2].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND 100 * [place_3].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND 10 * [place_4].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND [place_5].[n] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND DATEADD(month, CAST(10000 * [place].[n] + 1000 * [place_2].[n] + 100 * [place_3].[n] + 10 * [place_4].[n] AS DECIMAL(38, 0)) + [place_5].[n], DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE))) <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  ) AS [months]
  JOIN [subscriptions] AS [subscription_terms] ON [subscription_terms].[started_at] <= CASE WHEN DATEADD(day, -1, DATEADD(month, 1, [months].[month])) IS NOT NULL AND (CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) IS NULL OR DATEADD(day, -1, DATEADD(month, 1, [months].[month])) <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) THEN DATEADD(day, -1, DATEADD(month, 1, [months].[month])) ELSE CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) END AND ([subscription_terms].[ended_at] IS NULL OR [subscription_terms].[ended_at] > CASE WHEN DATEADD(day, -1, DATEADD(month, 1, [months].[month])) IS NOT NULL AND (CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) IS NULL OR DATEADD(day, -1, DATEADD(month, 1, [months].[month])) <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) THEN DATEADD(day, -1, DATEADD(month, 1, [months].[month])) ELSE CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) END)
  GROUP BY [months].[month]
),
[digits_2] AS (
  SELECT 0 AS [n_2]
  UNION ALL
  SELECT 1 AS [n_2]
  UNION ALL
  SELECT 2 AS [n_2]
  UNION ALL
  SELECT 3 AS [n_2]
  UNION ALL
  SELECT 4 AS [n_2]
  UNION ALL
  SELECT 5 AS [n_2]
  UNION ALL
  SELECT 6 AS [n_2]
  UNION ALL
  SELECT 7 AS [n_2]
  UNION ALL
  SELECT 8 AS [n_2]
  UNION ALL
  SELECT 9 AS [n_2]
),
[active_subscribers] AS (
  SELECT [months_2].[month], COUNT_BIG(*) AS [value]
  FROM (
    SELECT
      DATEADD(month, CAST(10000 * [place_6].[n_2] + 1000 * [place_7].[n_2] + 100 * [place_8].[n_2] + 10 * [place_9].[n_2] AS DECIMAL(38, 0)) + [place_10].[n_2], DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE))) AS [month]
    FROM [digits_2] AS [place_6]
    CROSS JOIN [digits_2] AS [place_7]
    CROSS JOIN [digits_2] AS [place_8]
    CROSS JOIN [digits_2] AS [place_9]
    CROSS JOIN [digits_2] AS [place_10]
    WHERE 10000 * [place_6].[n_2] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND 1000 * [place_7].[n_2] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND 100 * [place_8].[n_2] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND 10 * [place_9].[n_2] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND [place_10].[n_2] <= DATEDIFF(day, DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 28 + 1
      AND DATEADD(month, CAST(10000 * [place_6].[n_2] + 1000 * [place_7].[n_2] + 100 * [place_8].[n_2] + 10 * [place_9].[n_2] AS DECIMAL(38, 0)) + [place_10].[n_2], DATEADD(month, DATEDIFF(month, '0001-01-01', CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)), CAST('0001-01-01' AS DATE))) <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  ) AS [months_2]
  JOIN [subscriptions] AS [subscription_terms] ON [subscription_terms].[started_at] <= CASE WHEN DATEADD(day, -1, DATEADD(month, 1, [months_2].[month])) IS NOT NULL AND (CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) IS NULL OR DATEADD(day, -1, DATEADD(month, 1, [months_2].[month])) <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) THEN DATEADD(day, -1, DATEADD(month, 1, [months_2].[month])) ELSE CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) END AND ([subscription_terms].[ended_at] IS NULL OR [subscription_terms].[ended_at] > CASE WHEN DATEADD(day, -1, DATEADD(month, 1, [months_2].[month])) IS NOT NULL AND (CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) IS NULL OR DATEADD(day, -1, DATEADD(month, 1, [months_2].[month])) <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) THEN DATEADD(day, -1, DATEADD(month, 1, [months_2].[month])) ELSE CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE) END)
  GROUP BY [months_2].[month]
),
[buckets] AS (
  SELECT [mrr].[month]
  FROM [mrr]
  UNION
  SELECT [active_subscribers].[month]
  FROM [active_subscribers]
)
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[denominator]
FROM (
  SELECT
    [buckets].[month],
    CAST([mrr].[value] AS FLOAT) / NULLIF(CAST(COALESCE([active_subscribers].[value], 0) AS FLOAT), 0) AS [value],
    COALESCE([active_subscribers].[value], 0) AS [denominator]
  FROM [buckets]
  LEFT JOIN [mrr] ON [mrr].[month] = [buckets].[month]
  LEFT JOIN [active_subscribers] ON [active_subscribers].[month] = [buckets].[month]
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'arpu' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'arpu',
  CAST(n.[value] AS FLOAT),
  N'{}',
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' WHEN COALESCE(n.[denominator], 0) = 0 AND n.[time] IS NOT NULL THEN N'no_denominator' ELSE N'no_data' END,
  N'14bc111b3391fc5c541ec4e0c993f300',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'arpu' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of arpu', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'arpu' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: monthly_revenue_growth
  -- label: "Revenue growth on the month before"
  -- description: "Growth of completed transactions in percent, with the month's revenue and customers beside it."
  -- owner: "finance@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_now;
  SET @kpictl_as_of = @kpictl_now;
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
WITH [monthly_revenue] AS (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [transactions].[created_at]), CAST('0001-01-01' AS DATE)) AS [month],
    SUM([transactions].[amount]) AS [revenue],
    COUNT_BIG(DISTINCT CAST([transactions].[user_id] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + NCHAR(1)) AS [customers]
  FROM [transactions]
  WHERE ([transactions].[status] COLLATE Latin1_General_100_BIN2_UTF8 = N'completed' AND LEN(CAST([transactions].[status] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1 = 9)
    AND [transactions].[created_at] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
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
  WHERE [result].[time] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [result].[time] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'monthly_revenue_growth' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_until;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'monthly_revenue_growth',
  CAST(n.[value] AS FLOAT),
  N'{}',
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'bbd20f0d740204ff3b4cb0612f3e14f2',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_until;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'monthly_revenue_growth' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_until GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of monthly_revenue_growth', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'monthly_revenue_growth' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: days_to_ship
  -- label: "Days to ship"
  -- description: "Average days from order to shipment, of the orders that were shipped in the month."
  -- owner: "platform@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_finest') IS NOT NULL DROP TABLE #kpictl_finest;
  CREATE TABLE #kpictl_finest WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[ship_mode]
FROM (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [ship_date]), CAST('0001-01-01' AS DATE)) AS [month],
    [ship_mode] COLLATE Latin1_General_100_BIN2_UTF8 AS [ship_mode],
    CAST(SUM(CAST([days_to_ship] AS DECIMAL(38, 0))) AS FLOAT) / NULLIF(CAST(COUNT_BIG([days_to_ship]) AS FLOAT), 0) AS [value]
  FROM [orders]
  WHERE [ship_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [ship_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [ship_date]), CAST('0001-01-01' AS DATE)), [ship_mode] COLLATE Latin1_General_100_BIN2_UTF8, LEN(CAST([ship_mode] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1
) AS [numbers];
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[month] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value]
FROM (
  SELECT
    DATEADD(month, DATEDIFF(month, '0001-01-01', [ship_date]), CAST('0001-01-01' AS DATE)) AS [month],
    CAST(SUM(CAST([days_to_ship] AS DECIMAL(38, 0))) AS FLOAT) / NULLIF(CAST(COUNT_BIG([days_to_ship]) AS FLOAT), 0) AS [value]
  FROM [orders]
  WHERE [ship_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [ship_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [ship_date]), CAST('0001-01-01' AS DATE))
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'days_to_ship' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'days_to_ship',
  CAST(n.[value] AS FLOAT),
  N'{}',
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'1126f54d1db0e374d4fc2ac6cde52f46',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to
UNION ALL
SELECT
  b.start_time,
  N'days_to_ship',
  CAST(n.[value] AS FLOAT),
  (N'{"ship_mode":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[ship_mode], 'json'), N'\/', N'/') + N'"', N'null') + N'}'),
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', (N'{"ship_mode":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[ship_mode], 'json'), N'\/', N'/') + N'"', N'null') + N'}')), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'1126f54d1db0e374d4fc2ac6cde52f46',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
JOIN #kpictl_finest AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'days_to_ship' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of days_to_ship', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'days_to_ship' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: days_to_ship_p95
  -- label: "Days to ship, slowest 5 %"
  -- description: "95 of 100 orders that were shipped in the month took no longer."
  -- owner: "platform@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
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
    WHERE [ship_date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
      AND [ship_date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  ) AS [placed]
  GROUP BY DATEADD(month, DATEDIFF(month, '0001-01-01', [placed].[ship_date]), CAST('0001-01-01' AS DATE))
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'days_to_ship_p95' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'days_to_ship_p95',
  CAST(n.[value] AS FLOAT),
  N'{}',
  N'{}',
  N'month',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'49ab062c0c23a2b23af1744b75d7dee3',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'days_to_ship_p95' AND grain = N'month' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of days_to_ship_p95', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'days_to_ship_p95' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));
  END TRY
  BEGIN CATCH
    IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
    THROW;
  END CATCH;
END;
GO
