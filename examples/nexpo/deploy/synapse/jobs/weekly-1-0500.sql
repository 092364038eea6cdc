-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit synapse --target prod --out examples/nexpo/deploy/synapse
-- job: weekly-1-0500, "0 5 * * 1"
-- Without a range it computes what has ended and may have changed; the same range again leaves the same rows.
SET ANSI_NULLS ON;
SET ANSI_WARNINGS ON;
SET ARITHABORT ON;
SET CONCAT_NULL_YIELDS_NULL ON;
SET QUOTED_IDENTIFIER ON;
SET DATEFORMAT mdy;
SET ROWCOUNT 0;
GO
IF OBJECT_ID(N'dbo.kpi_weekly_1_0500', N'P') IS NOT NULL DROP PROCEDURE [dbo].[kpi_weekly_1_0500];
GO
CREATE PROCEDURE [dbo].[kpi_weekly_1_0500] @run_from DATETIME2(6), @run_to DATETIME2(6)
AS
BEGIN
  -- Instants are UTC.
  DECLARE @kpictl_run_id NVARCHAR(64) = CONVERT(NVARCHAR(64), NEWID());
  DECLARE @kpictl_known_at DATETIME2(6) = SYSUTCDATETIME();
  DECLARE @kpictl_now DATETIME2(6) = COALESCE(@run_to, SYSUTCDATETIME());
  DECLARE @kpictl_since DATETIME2(6), @kpictl_until DATETIME2(6), @kpictl_back DATETIME2(6), @kpictl_last DATETIME2(6);
  DECLARE @kpictl_from DATETIME2(6), @kpictl_to DATETIME2(6), @kpictl_as_of DATETIME2(6), @kpictl_twice BIGINT;
  BEGIN TRY

  -- Buckets: week
  SET @kpictl_until = CAST(CAST(DATEADD(day, DATEDIFF(day, '0001-01-01', CAST(CAST(CAST(@kpictl_now AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 7 * 7, CAST('0001-01-01' AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));
  SET @kpictl_back = CAST(CAST(DATEADD(day, -7, DATEADD(day, DATEDIFF(day, '0001-01-01', CAST(CAST(CAST(@kpictl_until AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 7 * 7, CAST('0001-01-01' AS DATE))) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));
  SET @kpictl_last = (SELECT MIN(last_time) FROM (SELECT MAX([time]) AS last_time FROM kpi_metrics WHERE grain = N'week' AND kpi_name IN (N'payment_attempts', N'failed_payments', N'payment_error_rate', N'support_contacts', N'sessions', N'median_session_length', N'buying_sessions', N'conversion_rate', N'cart_sessions', N'filled_and_bought', N'cart_abandonment_rate') GROUP BY kpi_name) AS known);
  SET @kpictl_since = COALESCE(@run_from, CASE WHEN @kpictl_last < @kpictl_back THEN @kpictl_last ELSE @kpictl_back END);
  SET @kpictl_since = CAST(CAST(DATEADD(day, DATEDIFF(day, '0001-01-01', CAST(CAST(CAST(@kpictl_since AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 7 * 7, CAST('0001-01-01' AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));
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
  CAST(COALESCE(CASE WHEN LEN(CAST(CAST(DATEPART(year, DATEADD(day, DATEDIFF(day, '0001-01-01', DATEADD(day, 3, [calendar_buckets].[key_of])) / 7 * 7 + 3, CAST('0001-01-01' AS DATE))) AS NVARCHAR(40)) COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') > 4 THEN LEFT(CAST(DATEPART(year, DATEADD(day, DATEDIFF(day, '0001-01-01', DATEADD(day, 3, [calendar_buckets].[key_of])) / 7 * 7 + 3, CAST('0001-01-01' AS DATE))) AS NVARCHAR(40)) COLLATE Latin1_General_100_BIN2_UTF8, 4) ELSE LEFT(REPLICATE(CAST(N'0' AS NVARCHAR(MAX)), 4), 5 - LEN(CAST(CAST(DATEPART(year, DATEADD(day, DATEDIFF(day, '0001-01-01', DATEADD(day, 3, [calendar_buckets].[key_of])) / 7 * 7 + 3, CAST('0001-01-01' AS DATE))) AS NVARCHAR(40)) COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.')) + CAST(DATEPART(year, DATEADD(day, DATEDIFF(day, '0001-01-01', DATEADD(day, 3, [calendar_buckets].[key_of])) / 7 * 7 + 3, CAST('0001-01-01' AS DATE))) AS NVARCHAR(40)) COLLATE Latin1_General_100_BIN2_UTF8 END, N'') AS NVARCHAR(MAX)) + N'-W' COLLATE Latin1_General_100_BIN2_UTF8 + COALESCE(CASE WHEN LEN(CAST(CAST(DATEPART(iso_week, DATEADD(day, 3, [calendar_buckets].[key_of])) AS NVARCHAR(40)) COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') > 2 THEN LEFT(CAST(DATEPART(iso_week, DATEADD(day, 3, [calendar_buckets].[key_of])) AS NVARCHAR(40)) COLLATE Latin1_General_100_BIN2_UTF8, 2) ELSE LEFT(REPLICATE(CAST(N'0' AS NVARCHAR(MAX)), 2), 3 - LEN(CAST(CAST(DATEPART(iso_week, DATEADD(day, 3, [calendar_buckets].[key_of])) AS NVARCHAR(40)) COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.')) + CAST(DATEPART(iso_week, DATEADD(day, 3, [calendar_buckets].[key_of])) AS NVARCHAR(40)) COLLATE Latin1_General_100_BIN2_UTF8 END, N'') AS [bucket]
FROM (
  SELECT
    DATEADD(day, 7 * (CAST(1000000 * [place].[n] + 100000 * [place_2].[n] AS DECIMAL(38, 0)) + 10000 * [place_3].[n] + 1000 * [place_4].[n] + 100 * [place_5].[n] + 10 * [place_6].[n] + [place_7].[n]), DATEADD(day, DATEDIFF(day, '0001-01-01', CAST(CAST(CAST(@kpictl_since AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 7 * 7, CAST('0001-01-01' AS DATE))) AS [key_of]
  FROM [digits] AS [place]
  CROSS JOIN [digits] AS [place_2]
  CROSS JOIN [digits] AS [place_3]
  CROSS JOIN [digits] AS [place_4]
  CROSS JOIN [digits] AS [place_5]
  CROSS JOIN [digits] AS [place_6]
  CROSS JOIN [digits] AS [place_7]
  WHERE 1000000 * [place].[n] <= DATEDIFF(day, DATEADD(day, DATEDIFF(day, '0001-01-01', CAST(CAST(CAST(@kpictl_since AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 7 * 7, CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_until AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 7 + 1
    AND 100000 * [place_2].[n] <= DATEDIFF(day, DATEADD(day, DATEDIFF(day, '0001-01-01', CAST(CAST(CAST(@kpictl_since AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 7 * 7, CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_until AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 7 + 1
    AND 10000 * [place_3].[n] <= DATEDIFF(day, DATEADD(day, DATEDIFF(day, '0001-01-01', CAST(CAST(CAST(@kpictl_since AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 7 * 7, CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_until AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 7 + 1
    AND 1000 * [place_4].[n] <= DATEDIFF(day, DATEADD(day, DATEDIFF(day, '0001-01-01', CAST(CAST(CAST(@kpictl_since AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 7 * 7, CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_until AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 7 + 1
    AND 100 * [place_5].[n] <= DATEDIFF(day, DATEADD(day, DATEDIFF(day, '0001-01-01', CAST(CAST(CAST(@kpictl_since AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 7 * 7, CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_until AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 7 + 1
    AND 10 * [place_6].[n] <= DATEDIFF(day, DATEADD(day, DATEDIFF(day, '0001-01-01', CAST(CAST(CAST(@kpictl_since AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 7 * 7, CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_until AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 7 + 1
    AND [place_7].[n] <= DATEDIFF(day, DATEADD(day, DATEDIFF(day, '0001-01-01', CAST(CAST(CAST(@kpictl_since AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 7 * 7, CAST('0001-01-01' AS DATE)), CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_until AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 7 + 1
    AND DATEADD(day, 7 * (CAST(1000000 * [place].[n] + 100000 * [place_2].[n] AS DECIMAL(38, 0)) + 10000 * [place_3].[n] + 1000 * [place_4].[n] + 100 * [place_5].[n] + 10 * [place_6].[n] + [place_7].[n]), DATEADD(day, DATEDIFF(day, '0001-01-01', CAST(CAST(CAST(@kpictl_since AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) / 7 * 7, CAST('0001-01-01' AS DATE))) <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_until AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
) AS [calendar_buckets];

  -- kpi: payment_attempts
  -- label: "Payment attempts"
  -- description: "Sessions of the week that reached the payment page."
  -- owner: "platform@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[week] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value]
FROM (
  SELECT
    DATEADD(day, DATEDIFF(day, '0001-01-01', [date]) / 7 * 7, CAST('0001-01-01' AS DATE)) AS [week],
    COUNT_BIG(*) AS [value]
  FROM [user_sessions]
  WHERE [checkouts] > 0
    AND [date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(day, DATEDIFF(day, '0001-01-01', [date]) / 7 * 7, CAST('0001-01-01' AS DATE))
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'payment_attempts' AND grain = N'week' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'payment_attempts',
  CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END,
  N'{}',
  N'{}',
  N'week',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'b6e434a110180d2f3e6d1d3102168a27',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'payment_attempts' AND grain = N'week' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of payment_attempts', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'payment_attempts' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: failed_payments
  -- label: "Failed payments"
  -- description: "Sessions of the week that reached the payment page and saw a payment error."
  -- owner: "platform@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[week] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value]
FROM (
  SELECT
    DATEADD(day, DATEDIFF(day, '0001-01-01', [date]) / 7 * 7, CAST('0001-01-01' AS DATE)) AS [week],
    COUNT_BIG(*) AS [value]
  FROM [user_sessions]
  WHERE [checkouts] > 0
    AND [payment_errors] > 0
    AND [date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(day, DATEDIFF(day, '0001-01-01', [date]) / 7 * 7, CAST('0001-01-01' AS DATE))
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'failed_payments' AND grain = N'week' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'failed_payments',
  CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END,
  N'{}',
  N'{}',
  N'week',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'868a09dc66b4ad3f8408d1fae7137cd8',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'failed_payments' AND grain = N'week' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of failed_payments', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'failed_payments' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: payment_error_rate
  -- label: "Payment error rate"
  -- description: "Share of the sessions at the payment page that saw a payment error."
  -- owner: "platform@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[week] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[denominator]
FROM (
  SELECT
    DATEADD(day, DATEDIFF(day, '0001-01-01', [date]) / 7 * 7, CAST('0001-01-01' AS DATE)) AS [week],
    CAST(COALESCE(COUNT_BIG(CASE WHEN [checkouts] > 0 AND [payment_errors] > 0 THEN 1 END), 0) AS FLOAT) / NULLIF(CAST(COALESCE(COUNT_BIG(CASE WHEN [checkouts] > 0 THEN 1 END), 0) AS FLOAT), 0) AS [value],
    COALESCE(COUNT_BIG(CASE WHEN [checkouts] > 0 THEN 1 END), 0) AS [denominator]
  FROM [user_sessions]
  WHERE ([checkouts] > 0 AND [payment_errors] > 0 OR [checkouts] > 0)
    AND [date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(day, DATEDIFF(day, '0001-01-01', [date]) / 7 * 7, CAST('0001-01-01' AS DATE))
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'payment_error_rate' AND grain = N'week' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'payment_error_rate',
  CAST(n.[value] AS FLOAT),
  N'{}',
  N'{}',
  N'week',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' WHEN COALESCE(n.[denominator], 0) = 0 AND n.[time] IS NOT NULL THEN N'no_denominator' ELSE N'no_data' END,
  N'fe48d6cf3163b2c65917c09e63ed437a',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'payment_error_rate' AND grain = N'week' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of payment_error_rate', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'payment_error_rate' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: support_contacts
  -- label: "Support contacts"
  -- description: "Sessions of the week with a support chat."
  -- owner: "platform@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[week] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value]
FROM (
  SELECT
    DATEADD(day, DATEDIFF(day, '0001-01-01', [date]) / 7 * 7, CAST('0001-01-01' AS DATE)) AS [week],
    COUNT_BIG(*) AS [value]
  FROM [user_sessions]
  WHERE [support_chats] > 0
    AND [date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(day, DATEDIFF(day, '0001-01-01', [date]) / 7 * 7, CAST('0001-01-01' AS DATE))
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'support_contacts' AND grain = N'week' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'support_contacts',
  CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END,
  N'{}',
  N'{}',
  N'week',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'a2da2070a30b65afcb58bbd3fc024313',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'support_contacts' AND grain = N'week' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of support_contacts', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'support_contacts' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: sessions
  -- label: "Sessions"
  -- description: "Sessions that started in the week."
  -- owner: "product@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_finest') IS NOT NULL DROP TABLE #kpictl_finest;
  CREATE TABLE #kpictl_finest WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
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
    COUNT_BIG(*) AS [value]
  FROM [user_sessions]
  WHERE [date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(day, DATEDIFF(day, '0001-01-01', [date]) / 7 * 7, CAST('0001-01-01' AS DATE)), [platform] COLLATE Latin1_General_100_BIN2_UTF8, [channel] COLLATE Latin1_General_100_BIN2_UTF8, LEN(CAST([platform] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1, LEN(CAST([channel] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1
) AS [numbers];
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[week] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value]
FROM (
  SELECT
    DATEADD(day, DATEDIFF(day, '0001-01-01', [date]) / 7 * 7, CAST('0001-01-01' AS DATE)) AS [week],
    COUNT_BIG(*) AS [value]
  FROM [user_sessions]
  WHERE [date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(day, DATEDIFF(day, '0001-01-01', [date]) / 7 * 7, CAST('0001-01-01' AS DATE))
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'sessions' AND grain = N'week' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'sessions',
  CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END,
  N'{}',
  N'{}',
  N'week',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'072fdc5dfcb97662dcc21301b7dac784',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to
UNION ALL
SELECT
  b.start_time,
  N'sessions',
  CAST(n.[value] AS FLOAT),
  (N'{"channel":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[channel], 'json'), N'\/', N'/') + N'"', N'null') + N',"platform":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[platform], 'json'), N'\/', N'/') + N'"', N'null') + N'}'),
  N'{}',
  N'week',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', (N'{"channel":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[channel], 'json'), N'\/', N'/') + N'"', N'null') + N',"platform":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[platform], 'json'), N'\/', N'/') + N'"', N'null') + N'}')), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'072fdc5dfcb97662dcc21301b7dac784',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
JOIN #kpictl_finest AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'sessions' AND grain = N'week' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of sessions', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'sessions' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: median_session_length
  -- label: "Median session length"
  -- description: "Half of the week's sessions last longer."
  -- owner: "product@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_finest') IS NOT NULL DROP TABLE #kpictl_finest;
  CREATE TABLE #kpictl_finest WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[week] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[platform]
FROM (
  SELECT
    DATEADD(day, DATEDIFF(day, '0001-01-01', [placed].[date]) / 7 * 7, CAST('0001-01-01' AS DATE)) AS [week],
    [placed].[platform],
    SUM(CASE WHEN [placed].[place] = CAST(([placed].[size] + (-1)) * 1 AS BIGINT) / 2 + 1 THEN [placed].[measured] * (1 - CAST(([placed].[size] + (-1)) * 1 % 2 AS FLOAT) / CAST(2 AS FLOAT)) WHEN [placed].[place] = CAST(([placed].[size] + (-1)) * 1 AS BIGINT) / 2 + 2 THEN [placed].[measured] * (CAST(([placed].[size] + (-1)) * 1 % 2 AS FLOAT) / CAST(2 AS FLOAT)) END) AS [value]
  FROM (
    SELECT
      [date],
      [platform] COLLATE Latin1_General_100_BIN2_UTF8 AS [platform],
      [session_length],
      CAST([session_length] AS FLOAT) AS [measured],
      ROW_NUMBER() OVER (PARTITION BY DATEADD(day, DATEDIFF(day, '0001-01-01', [date]) / 7 * 7, CAST('0001-01-01' AS DATE)), [platform] COLLATE Latin1_General_100_BIN2_UTF8, LEN(CAST([platform] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1 ORDER BY CASE WHEN CAST([session_length] AS FLOAT) IS NULL THEN 1 ELSE 0 END, CAST([session_length] AS FLOAT)) AS [place],
      COUNT_BIG(CAST([session_length] AS FLOAT)) OVER (PARTITION BY DATEADD(day, DATEDIFF(day, '0001-01-01', [date]) / 7 * 7, CAST('0001-01-01' AS DATE)), [platform] COLLATE Latin1_General_100_BIN2_UTF8, LEN(CAST([platform] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1) AS [size]
    FROM [user_sessions]
    WHERE [date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
      AND [date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  ) AS [placed]
  GROUP BY DATEADD(day, DATEDIFF(day, '0001-01-01', [placed].[date]) / 7 * 7, CAST('0001-01-01' AS DATE)), [placed].[platform], LEN(CAST([placed].[platform] AS NVARCHAR(MAX)) + N'.') - 1
) AS [numbers];
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[week] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value]
FROM (
  SELECT
    DATEADD(day, DATEDIFF(day, '0001-01-01', [placed].[date]) / 7 * 7, CAST('0001-01-01' AS DATE)) AS [week],
    SUM(CASE WHEN [placed].[place] = CAST(([placed].[size] + (-1)) * 1 AS BIGINT) / 2 + 1 THEN [placed].[measured] * (1 - CAST(([placed].[size] + (-1)) * 1 % 2 AS FLOAT) / CAST(2 AS FLOAT)) WHEN [placed].[place] = CAST(([placed].[size] + (-1)) * 1 AS BIGINT) / 2 + 2 THEN [placed].[measured] * (CAST(([placed].[size] + (-1)) * 1 % 2 AS FLOAT) / CAST(2 AS FLOAT)) END) AS [value]
  FROM (
    SELECT
      [date],
      [session_length],
      CAST([session_length] AS FLOAT) AS [measured],
      ROW_NUMBER() OVER (PARTITION BY DATEADD(day, DATEDIFF(day, '0001-01-01', [date]) / 7 * 7, CAST('0001-01-01' AS DATE)) ORDER BY CASE WHEN CAST([session_length] AS FLOAT) IS NULL THEN 1 ELSE 0 END, CAST([session_length] AS FLOAT)) AS [place],
      COUNT_BIG(CAST([session_length] AS FLOAT)) OVER (PARTITION BY DATEADD(day, DATEDIFF(day, '0001-01-01', [date]) / 7 * 7, CAST('0001-01-01' AS DATE))) AS [size]
    FROM [user_sessions]
    WHERE [date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
      AND [date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  ) AS [placed]
  GROUP BY DATEADD(day, DATEDIFF(day, '0001-01-01', [placed].[date]) / 7 * 7, CAST('0001-01-01' AS DATE))
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'median_session_length' AND grain = N'week' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'median_session_length',
  CAST(n.[value] AS FLOAT),
  N'{}',
  N'{}',
  N'week',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'ded5b2754d4fa44b7dcf8eaff265c820',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to
UNION ALL
SELECT
  b.start_time,
  N'median_session_length',
  CAST(n.[value] AS FLOAT),
  (N'{"platform":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[platform], 'json'), N'\/', N'/') + N'"', N'null') + N'}'),
  N'{}',
  N'week',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', (N'{"platform":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[platform], 'json'), N'\/', N'/') + N'"', N'null') + N'}')), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'ded5b2754d4fa44b7dcf8eaff265c820',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
JOIN #kpictl_finest AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'median_session_length' AND grain = N'week' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of median_session_length', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'median_session_length' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: buying_sessions
  -- label: "Sessions with a purchase"
  -- description: "Sessions of the week in which something was bought."
  -- owner: "product@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_finest') IS NOT NULL DROP TABLE #kpictl_finest;
  CREATE TABLE #kpictl_finest WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
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
    COUNT_BIG(*) AS [value]
  FROM [user_sessions]
  WHERE [purchases] > 0
    AND [date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(day, DATEDIFF(day, '0001-01-01', [date]) / 7 * 7, CAST('0001-01-01' AS DATE)), [platform] COLLATE Latin1_General_100_BIN2_UTF8, [channel] COLLATE Latin1_General_100_BIN2_UTF8, LEN(CAST([platform] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1, LEN(CAST([channel] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1
) AS [numbers];
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[week] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value]
FROM (
  SELECT
    DATEADD(day, DATEDIFF(day, '0001-01-01', [date]) / 7 * 7, CAST('0001-01-01' AS DATE)) AS [week],
    COUNT_BIG(*) AS [value]
  FROM [user_sessions]
  WHERE [purchases] > 0
    AND [date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(day, DATEDIFF(day, '0001-01-01', [date]) / 7 * 7, CAST('0001-01-01' AS DATE))
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'buying_sessions' AND grain = N'week' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'buying_sessions',
  CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END,
  N'{}',
  N'{}',
  N'week',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'71c7523595a40ddd25ec07ce8d6e39ff',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to
UNION ALL
SELECT
  b.start_time,
  N'buying_sessions',
  CAST(n.[value] AS FLOAT),
  (N'{"channel":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[channel], 'json'), N'\/', N'/') + N'"', N'null') + N',"platform":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[platform], 'json'), N'\/', N'/') + N'"', N'null') + N'}'),
  N'{}',
  N'week',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', (N'{"channel":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[channel], 'json'), N'\/', N'/') + N'"', N'null') + N',"platform":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[platform], 'json'), N'\/', N'/') + N'"', N'null') + N'}')), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'71c7523595a40ddd25ec07ce8d6e39ff',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
JOIN #kpictl_finest AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'buying_sessions' AND grain = N'week' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of buying_sessions', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'buying_sessions' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: conversion_rate
  -- label: "Conversion rate"
  -- description: "Share of the week's sessions in which something was bought."
  -- owner: "product@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_finest') IS NOT NULL DROP TABLE #kpictl_finest;
  CREATE TABLE #kpictl_finest WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[week] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[platform],
  [numbers].[channel],
  [numbers].[denominator]
FROM (
  SELECT
    DATEADD(day, DATEDIFF(day, '0001-01-01', [date]) / 7 * 7, CAST('0001-01-01' AS DATE)) AS [week],
    [platform] COLLATE Latin1_General_100_BIN2_UTF8 AS [platform],
    [channel] COLLATE Latin1_General_100_BIN2_UTF8 AS [channel],
    CAST(COALESCE(COUNT_BIG(CASE WHEN [purchases] > 0 THEN 1 END), 0) AS FLOAT) / NULLIF(CAST(COALESCE(COUNT_BIG(*), 0) AS FLOAT), 0) AS [value],
    COALESCE(COUNT_BIG(*), 0) AS [denominator]
  FROM [user_sessions]
  WHERE [date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(day, DATEDIFF(day, '0001-01-01', [date]) / 7 * 7, CAST('0001-01-01' AS DATE)), [platform] COLLATE Latin1_General_100_BIN2_UTF8, [channel] COLLATE Latin1_General_100_BIN2_UTF8, LEN(CAST([platform] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1, LEN(CAST([channel] COLLATE Latin1_General_100_BIN2_UTF8 AS NVARCHAR(MAX)) + N'.') - 1
) AS [numbers];
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[week] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[denominator]
FROM (
  SELECT
    DATEADD(day, DATEDIFF(day, '0001-01-01', [date]) / 7 * 7, CAST('0001-01-01' AS DATE)) AS [week],
    CAST(COALESCE(COUNT_BIG(CASE WHEN [purchases] > 0 THEN 1 END), 0) AS FLOAT) / NULLIF(CAST(COALESCE(COUNT_BIG(*), 0) AS FLOAT), 0) AS [value],
    COALESCE(COUNT_BIG(*), 0) AS [denominator]
  FROM [user_sessions]
  WHERE [date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(day, DATEDIFF(day, '0001-01-01', [date]) / 7 * 7, CAST('0001-01-01' AS DATE))
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'conversion_rate' AND grain = N'week' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'conversion_rate',
  CAST(n.[value] AS FLOAT),
  N'{}',
  N'{}',
  N'week',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' WHEN COALESCE(n.[denominator], 0) = 0 AND n.[time] IS NOT NULL THEN N'no_denominator' ELSE N'no_data' END,
  N'e3265483804a59d7b29af63f8e2482a8',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to
UNION ALL
SELECT
  b.start_time,
  N'conversion_rate',
  CAST(n.[value] AS FLOAT),
  (N'{"channel":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[channel], 'json'), N'\/', N'/') + N'"', N'null') + N',"platform":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[platform], 'json'), N'\/', N'/') + N'"', N'null') + N'}'),
  N'{}',
  N'week',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', (N'{"channel":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[channel], 'json'), N'\/', N'/') + N'"', N'null') + N',"platform":' + COALESCE(N'"' + REPLACE(STRING_ESCAPE([n].[platform], 'json'), N'\/', N'/') + N'"', N'null') + N'}')), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' WHEN COALESCE(n.[denominator], 0) = 0 AND n.[time] IS NOT NULL THEN N'no_denominator' ELSE N'no_data' END,
  N'e3265483804a59d7b29af63f8e2482a8',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
JOIN #kpictl_finest AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'conversion_rate' AND grain = N'week' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of conversion_rate', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'conversion_rate' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: cart_sessions
  -- label: "Sessions with a filled cart"
  -- description: "Sessions of the week in which something was put into the cart."
  -- owner: "product@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[week] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value]
FROM (
  SELECT
    DATEADD(day, DATEDIFF(day, '0001-01-01', [date]) / 7 * 7, CAST('0001-01-01' AS DATE)) AS [week],
    COUNT_BIG(*) AS [value]
  FROM [user_sessions]
  WHERE [carts] > 0
    AND [date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(day, DATEDIFF(day, '0001-01-01', [date]) / 7 * 7, CAST('0001-01-01' AS DATE))
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'cart_sessions' AND grain = N'week' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'cart_sessions',
  CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END,
  N'{}',
  N'{}',
  N'week',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'46390f9c90a46ce771b7ac3bf1e95db6',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'cart_sessions' AND grain = N'week' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of cart_sessions', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'cart_sessions' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: filled_and_bought
  -- label: "Carts that were bought"
  -- description: "Sessions of the week with both a filled cart and a purchase."
  -- owner: "product@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[week] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value]
FROM (
  SELECT
    DATEADD(day, DATEDIFF(day, '0001-01-01', [date]) / 7 * 7, CAST('0001-01-01' AS DATE)) AS [week],
    COUNT_BIG(*) AS [value]
  FROM [user_sessions]
  WHERE [carts] > 0
    AND [purchases] > 0
    AND [date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(day, DATEDIFF(day, '0001-01-01', [date]) / 7 * 7, CAST('0001-01-01' AS DATE))
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'filled_and_bought' AND grain = N'week' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'filled_and_bought',
  CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END,
  N'{}',
  N'{}',
  N'week',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CASE WHEN n.[time] IS NOT NULL THEN CAST(n.[value] AS FLOAT) ELSE 0 END IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'6eddb2d3fba1907b430c764f6740dc71',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'filled_and_bought' AND grain = N'week' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of filled_and_bought', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'filled_and_bought' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));

  -- kpi: cart_abandonment_rate
  -- label: "Cart abandonment"
  -- description: "Share of the sessions with a filled cart in which nothing was bought."
  -- owner: "product@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
SELECT
  CAST(CAST([numbers].[week] AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6)) AS [time],
  [numbers].[value],
  [numbers].[denominator]
FROM (
  SELECT
    DATEADD(day, DATEDIFF(day, '0001-01-01', [date]) / 7 * 7, CAST('0001-01-01' AS DATE)) AS [week],
    1 - CAST(COALESCE(COUNT_BIG(CASE WHEN [carts] > 0 AND [purchases] > 0 THEN 1 END), 0) AS FLOAT) / NULLIF(CAST(COALESCE(COUNT_BIG(CASE WHEN [carts] > 0 THEN 1 END), 0) AS FLOAT), 0) AS [value],
    COALESCE(COUNT_BIG(CASE WHEN [carts] > 0 THEN 1 END), 0) AS [denominator]
  FROM [user_sessions]
  WHERE ([carts] > 0 AND [purchases] > 0 OR [carts] > 0)
    AND [date] >= CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
    AND [date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY DATEADD(day, DATEDIFF(day, '0001-01-01', [date]) / 7 * 7, CAST('0001-01-01' AS DATE))
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'cart_abandonment_rate' AND grain = N'week' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'cart_abandonment_rate',
  CAST(n.[value] AS FLOAT),
  N'{}',
  N'{}',
  N'week',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' WHEN COALESCE(n.[denominator], 0) = 0 AND n.[time] IS NOT NULL THEN N'no_denominator' ELSE N'no_data' END,
  N'f64dfe9bbe8ce38351b0517a1ad1985d',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'cart_abandonment_rate' AND grain = N'week' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of cart_abandonment_rate', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'cart_abandonment_rate' AND [time] < CAST(CAST(DATEADD(day, -1826, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));
  END TRY
  BEGIN CATCH
    IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
    THROW;
  END CATCH;
END;
GO
