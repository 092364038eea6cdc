-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit synapse --target prod --out examples/nexpo/deploy/synapse
-- job: cron-16ddb63454, "0 */6 * * *"
-- Without a range it computes what has ended and may have changed; the same range again leaves the same rows.
SET ANSI_NULLS ON;
SET ANSI_WARNINGS ON;
SET ARITHABORT ON;
SET CONCAT_NULL_YIELDS_NULL ON;
SET QUOTED_IDENTIFIER ON;
SET DATEFORMAT mdy;
SET ROWCOUNT 0;
GO
IF OBJECT_ID(N'dbo.kpi_cron_16ddb63454', N'P') IS NOT NULL DROP PROCEDURE [dbo].[kpi_cron_16ddb63454];
GO
CREATE PROCEDURE [dbo].[kpi_cron_16ddb63454] @run_from DATETIME2(6), @run_to DATETIME2(6)
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
  SET @kpictl_last = (SELECT MIN(last_time) FROM (SELECT MAX([time]) AS last_time FROM kpi_metrics WHERE grain = N'day' AND kpi_name IN (N'session_duration') GROUP BY kpi_name) AS known);
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

  -- kpi: session_duration
  -- label: "Session duration"
  -- description: "Average length of a session in seconds, over today and the seven days before."
  -- owner: "product@nexpo.example"
  SET @kpictl_from = @kpictl_since;
  SET @kpictl_to = @kpictl_until;
  SET @kpictl_as_of = DATEADD(microsecond, -1, @kpictl_to);
  IF OBJECT_ID(N'tempdb..#kpictl_total') IS NOT NULL DROP TABLE #kpictl_total;
  CREATE TABLE #kpictl_total WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS
WITH [states] AS (
  SELECT
    [date] AS [day],
    SUM(CAST([session_length] AS DECIMAL(38, 0))) AS [sum_session_length],
    COUNT_BIG([session_length]) AS [count_session_length]
  FROM [user_sessions]
  WHERE [date] >= DATEADD(day, 1, DATEADD(day, -8, CAST(CAST(CAST(@kpictl_from AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)))
    AND [date] <= CAST(CAST(DATEADD(microsecond, -1, CAST(@kpictl_to AS DATETIME2(6))) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)
  GROUP BY [date]
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
  SELECT
    [days].[day],
    CAST(SUM([states].[sum_session_length]) AS FLOAT) / NULLIF(CAST(SUM(CAST([states].[count_session_length] AS DECIMAL(38, 0))) AS FLOAT), 0) AS [value]
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
  JOIN [states] ON [states].[day] > DATEADD(day, -8, [days].[day]) AND [states].[day] <= [days].[day]
  GROUP BY [days].[day]
) AS [numbers];
  BEGIN TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'session_duration' AND grain = N'day' AND [time] >= @kpictl_from AND [time] < @kpictl_to;
  INSERT INTO [dbo].[kpi_metrics] ([time], [kpi_name], [kpi_value], [dimensions], [metadata], [grain], [bucket], [dimensions_key], [status], [definition], [run_id], [known_at])
SELECT
  b.start_time,
  N'session_duration',
  CAST(n.[value] AS FLOAT),
  N'{}',
  N'{}',
  N'day',
  b.bucket,
  LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', N'{}'), 2)),
  CASE WHEN CAST(n.[value] AS FLOAT) IS NOT NULL THEN N'ok' ELSE N'no_data' END,
  N'252467d89b33358c48a30ee7176f70ec',
  @kpictl_run_id,
  @kpictl_known_at
FROM #kpictl_buckets AS b
LEFT JOIN #kpictl_total AS n ON n.[time] = b.start_time
WHERE b.start_time >= @kpictl_from AND b.start_time < @kpictl_to;
  SET @kpictl_twice = (SELECT COUNT_BIG(*) FROM (
    SELECT 1 AS twice FROM [dbo].[kpi_metrics] WHERE kpi_name = N'session_duration' AND grain = N'day' AND [time] >= @kpictl_from AND [time] < @kpictl_to GROUP BY [time], [dimensions_key] HAVING COUNT_BIG(*) > 1
  ) AS rows_twice);
  IF @kpictl_twice > 0 THROW 50001, N'two rows for a bucket of session_duration', 1;
  COMMIT TRANSACTION;
  DELETE FROM [dbo].[kpi_metrics] WHERE kpi_name = N'session_duration' AND [time] < CAST(CAST(DATEADD(day, -30, CAST(CAST(CAST(@kpictl_known_at AS DATETIME2(6)) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time' AS DATETIME2(6)) AS DATE)) AS DATETIME2(6)) AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC' AS DATETIME2(6));
  END TRY
  BEGIN CATCH
    IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
    THROW;
  END CATCH;
END;
GO
