-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit ddl --target prod --out examples/nexpo/deploy/ddl
-- It may be run again: what is there stays.

IF OBJECT_ID(N'dbo.kpi_store', N'U') IS NULL
CREATE TABLE [dbo].[kpi_store] (
    [schema_version] BIGINT NOT NULL,
    [project] NVARCHAR(4000) NOT NULL,
    [created_at] DATETIME2(6) NOT NULL
)
WITH (DISTRIBUTION = ROUND_ROBIN, HEAP);

IF OBJECT_ID(N'dbo.kpi_metrics', N'U') IS NULL
CREATE TABLE [dbo].[kpi_metrics] (
    [time] DATETIME2(6) NOT NULL,
    [kpi_name] NVARCHAR(100) NOT NULL,
    [kpi_value] FLOAT NULL,
    [dimensions] NVARCHAR(4000) NOT NULL,
    [metadata] NVARCHAR(4000) NOT NULL,
    [grain] NVARCHAR(4000) NOT NULL,
    [bucket] NVARCHAR(4000) NOT NULL,
    [dimensions_key] NVARCHAR(4000) NOT NULL,
    [status] NVARCHAR(4000) NOT NULL,
    [definition] NVARCHAR(4000) NOT NULL,
    [run_id] NVARCHAR(4000) NOT NULL,
    [known_at] DATETIME2(6) NOT NULL
)
WITH (DISTRIBUTION = HASH([kpi_name]), CLUSTERED COLUMNSTORE INDEX);

IF OBJECT_ID(N'dbo.kpi_metrics_history', N'U') IS NULL
CREATE TABLE [dbo].[kpi_metrics_history] (
    [time] DATETIME2(6) NOT NULL,
    [kpi_name] NVARCHAR(100) NOT NULL,
    [kpi_value] FLOAT NULL,
    [dimensions] NVARCHAR(4000) NOT NULL,
    [metadata] NVARCHAR(4000) NOT NULL,
    [grain] NVARCHAR(4000) NOT NULL,
    [bucket] NVARCHAR(4000) NOT NULL,
    [dimensions_key] NVARCHAR(4000) NOT NULL,
    [status] NVARCHAR(4000) NOT NULL,
    [definition] NVARCHAR(4000) NOT NULL,
    [run_id] NVARCHAR(4000) NOT NULL,
    [known_at] DATETIME2(6) NOT NULL,
    [superseded_at] DATETIME2(6) NOT NULL
)
WITH (DISTRIBUTION = HASH([kpi_name]), CLUSTERED COLUMNSTORE INDEX);

IF OBJECT_ID(N'dbo.kpi_intervals', N'U') IS NULL
CREATE TABLE [dbo].[kpi_intervals] (
    [kpi_name] NVARCHAR(100) NOT NULL,
    [grain] NVARCHAR(4000) NOT NULL,
    [start_time] DATETIME2(6) NOT NULL,
    [end_time] DATETIME2(6) NOT NULL,
    [definition] NVARCHAR(4000) NOT NULL,
    [run_id] NVARCHAR(4000) NOT NULL
)
WITH (DISTRIBUTION = ROUND_ROBIN, HEAP);

IF OBJECT_ID(N'dbo.kpi_definitions', N'U') IS NULL
CREATE TABLE [dbo].[kpi_definitions] (
    [kpi_name] NVARCHAR(100) NOT NULL,
    [definition] NVARCHAR(4000) NOT NULL,
    [grain] NVARCHAR(4000) NOT NULL,
    [zone] NVARCHAR(4000) NOT NULL,
    [first_bucket] DATETIME2(6) NOT NULL,
    [body] NVARCHAR(4000) NOT NULL,
    [known_at] DATETIME2(6) NOT NULL
)
WITH (DISTRIBUTION = ROUND_ROBIN, HEAP);

IF OBJECT_ID(N'dbo.kpi_runs', N'U') IS NULL
CREATE TABLE [dbo].[kpi_runs] (
    [run_id] NVARCHAR(4000) NOT NULL,
    [kpi_name] NVARCHAR(100) NOT NULL,
    [status] NVARCHAR(4000) NOT NULL,
    [as_of] DATETIME2(6) NOT NULL,
    [started_at] DATETIME2(6) NOT NULL,
    [seconds] FLOAT NOT NULL,
    [buckets] BIGINT NOT NULL,
    [written] BIGINT NOT NULL,
    [message] NVARCHAR(4000) NULL
)
WITH (DISTRIBUTION = ROUND_ROBIN, HEAP);

IF OBJECT_ID(N'dbo.kpi_audit', N'U') IS NULL
CREATE TABLE [dbo].[kpi_audit] (
    [asked_at] DATETIME2(6) NOT NULL,
    [who] NVARCHAR(4000) NOT NULL,
    [action] NVARCHAR(4000) NOT NULL,
    [details] NVARCHAR(4000) NOT NULL
)
WITH (DISTRIBUTION = ROUND_ROBIN, HEAP);

IF OBJECT_ID(N'dbo.kpi_seen', N'U') IS NULL
CREATE TABLE [dbo].[kpi_seen] (
    [kpi_name] NVARCHAR(100) NOT NULL,
    [grain] NVARCHAR(4000) NOT NULL,
    [definition] NVARCHAR(4000) NOT NULL,
    [evidence] NVARCHAR(4000) NOT NULL,
    [run_id] NVARCHAR(4000) NOT NULL
)
WITH (DISTRIBUTION = ROUND_ROBIN, HEAP);
