"""`ddl`: the store's tables for each engine, partitioned and clustered as that engine wants them, with comments."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kpictl.dialects import NAMES, named
from kpictl.emit.emitter import Emission, Emitter, Files
from kpictl.emit.literals import Text, backslash_sql_literal, sql_literal
from kpictl.model.durations import Duration
from kpictl.model.store_schema import LEAST_RETENTION, TABLES, Form, StoreColumn, StoreTable, longest
from kpictl.stores.migrations import DIALECTS as STORES
from kpictl.stores.migrations import MIGRATIONS, stamped

_VALUES = ("kpi_metrics", "kpi_metrics_history")
_TYPES = {
    "redshift": ("VARCHAR(65535)", "TIMESTAMPTZ", "DOUBLE PRECISION", "BIGINT", "SUPER"),
    "snowflake": ("VARCHAR", "TIMESTAMP_LTZ(6)", "FLOAT", "NUMBER(19, 0)", "VARIANT"),
    "bigquery": ("STRING", "TIMESTAMP", "FLOAT64", "INT64", "JSON"),
    # A columnstore holds no NVARCHAR(MAX).
    "synapse": ("NVARCHAR(4000)", "DATETIME2(6)", "FLOAT", "BIGINT", "NVARCHAR(4000)"),
    "druid": ("VARCHAR", "BIGINT", "DOUBLE", "BIGINT", "VARCHAR"),
}
_FORMS = (Form.TEXT, Form.INSTANT, Form.DOUBLE, Form.INTEGER, Form.JSON)


def make(emission: Emission) -> Files:
    """A script for each dialect, or for the one that is asked for."""
    asked = emission.options.dialect
    dialects = NAMES if asked is None else (asked,)
    keep = longest(kpi.retention for kpi in emission.kpis)
    files: Files = {}
    for dialect in dialects:
        for path, statements in scripts(dialect, keep).items():
            files[path] = emission.render("script.sql.j2", header=emission.header, statements=map(Text, statements))
    files["README.md"] = emission.render("README.md.j2", emission=emission, files=sorted(files))
    return files


def scripts(dialect: str, keep: Duration = LEAST_RETENTION) -> dict[str, Sequence[str]]:
    """The statements of a dialect by file; each may be run again."""
    if dialect in STORES:
        made = [each for step in MIGRATIONS for each in step.statements(dialect, keep)]
        comments = [each for table in TABLES for each in _comments(dialect, table)]
        return {f"{dialect}.sql": [*made, *comments, *stamped("")]}
    if dialect == "druid":
        return {"druid.sql": [_druid(TABLES[1])]}
    maker: Callable[[StoreTable], list[str]] = {
        "redshift": _redshift,
        "snowflake": _snowflake,
        "bigquery": _bigquery,
        "synapse": _synapse,
    }[dialect]
    found: dict[str, Sequence[str]] = {f"{dialect}.sql": [each for table in TABLES for each in maker(table)]}
    if dialect == "synapse":
        found["synapse_serverless.sql"] = [*_SERVERLESS, *(_external(table) for table in TABLES)]
    return found


def kind(dialect: str, column: StoreColumn) -> str:
    """The engine's type of a column."""
    if column.name == "kpi_name":
        if dialect in ("redshift", "snowflake"):
            return "VARCHAR(100)"
        if dialect == "synapse":
            return "NVARCHAR(100)"
    return _TYPES[dialect][_FORMS.index(column.form)]


def _columns(dialect: str, table: StoreTable, more: Callable[[StoreColumn], str] = lambda column: "") -> str:
    quote = named(dialect).quote
    lines = [
        f"    {quote(column.name)} {kind(dialect, column)}{' NOT NULL' if column.required else ''}{more(column)}"
        for column in table.columns
    ]
    return "(\n" + ",\n".join(lines) + "\n)"


def _comments(dialect: str, table: StoreTable) -> list[str]:
    quote = named(dialect).quote
    return [
        f"COMMENT ON TABLE {table.name} IS {sql_literal(table.meaning)}",
        *(
            f"COMMENT ON COLUMN {table.name}.{quote(column.name)} IS {sql_literal(column.meaning)}"
            for column in table.columns
        ),
    ]


def _redshift(table: StoreTable) -> list[str]:
    """https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_TABLE_NEW.html"""
    names = [column.name for column in table.columns]
    if table.name in _VALUES:
        spread = 'DISTSTYLE KEY DISTKEY (kpi_name) COMPOUND SORTKEY (kpi_name, "time")'
    elif "kpi_name" in names:
        spread = "DISTSTYLE KEY DISTKEY (kpi_name) SORTKEY (kpi_name)"
    else:
        spread = "DISTSTYLE ALL"
    body = f"CREATE TABLE IF NOT EXISTS {table.name} {_columns('redshift', table)}\n{spread}"
    return [body, *_comments("redshift", table)]


def _snowflake(table: StoreTable) -> list[str]:
    """https://docs.snowflake.com/en/sql-reference/sql/create-table"""
    more = _columns("snowflake", table, lambda column: f" COMMENT {backslash_sql_literal(column.meaning)}")
    cluster = " CLUSTER BY (kpi_name, grain)" if table.name in _VALUES else ""
    return [
        f"CREATE TABLE IF NOT EXISTS {table.name} {more}{cluster}\nCOMMENT = {backslash_sql_literal(table.meaning)}"
    ]


def _bigquery(table: StoreTable) -> list[str]:
    """https://cloud.google.com/bigquery/docs/reference/standard-sql/data-definition-language#create_table_statement"""
    more = _columns(
        "bigquery", table, lambda column: f" OPTIONS (description = {backslash_sql_literal(column.meaning)})"
    )
    names = [column.name for column in table.columns]
    parts = []
    if table.name in _VALUES:
        parts.append("PARTITION BY TIMESTAMP_TRUNC(time, DAY)")
    if "kpi_name" in names:
        parts.append("CLUSTER BY kpi_name" + (", grain" if table.name in _VALUES else ""))
    parts.append(f"OPTIONS (description = {backslash_sql_literal(table.meaning)})")
    return [f"CREATE TABLE IF NOT EXISTS {table.name} {more}\n" + "\n".join(parts)]


def _synapse(table: StoreTable) -> list[str]:
    """A dedicated SQL pool:
    https://learn.microsoft.com/sql/t-sql/statements/create-table-azure-sql-data-warehouse"""
    if table.name in _VALUES:
        how = "DISTRIBUTION = HASH([kpi_name]), CLUSTERED COLUMNSTORE INDEX"
    else:
        how = "DISTRIBUTION = ROUND_ROBIN, HEAP"
    return [
        f"IF OBJECT_ID(N'dbo.{table.name}', N'U') IS NULL\n"
        f"CREATE TABLE [dbo].[{table.name}] {_bracketed(table)}\nWITH ({how})"
    ]


_SERVERLESS = (
    "IF NOT EXISTS (SELECT 1 FROM sys.external_file_formats WHERE name = N'kpi_parquet')\n"
    "CREATE EXTERNAL FILE FORMAT [kpi_parquet] WITH (FORMAT_TYPE = PARQUET)",
)


def _external(table: StoreTable) -> str:
    """A serverless pool reads Parquet files; the data source `kpi_store` is made once, with its credential:
    https://learn.microsoft.com/azure/synapse-analytics/sql/develop-tables-external-tables"""
    return (
        f"IF OBJECT_ID(N'dbo.{table.name}') IS NULL\n"
        f"CREATE EXTERNAL TABLE [dbo].[{table.name}] {_bracketed(table)}\n"
        f"WITH (LOCATION = N'{table.name}/', DATA_SOURCE = [kpi_store], FILE_FORMAT = [kpi_parquet])"
    )


def _bracketed(table: StoreTable) -> str:
    lines = [
        f"    [{column.name}] {kind('synapse', column)}{' NOT NULL' if column.required else ' NULL'}"
        for column in table.columns
    ]
    return "(\n" + ",\n".join(lines) + "\n)"


def _druid(table: StoreTable) -> str:
    """Druid makes a table by ingesting: https://druid.apache.org/docs/latest/multi-stage-query/reference"""
    columns = [column for column in table.columns if column.name != "time"]
    extern = ", ".join(f'"{column.name}" {kind("druid", column)}' for column in columns)
    names = ",\n".join(f'    "{column.name}"' for column in columns)
    return (
        f'INSERT INTO "{table.name}"\nSELECT\n    MILLIS_TO_TIMESTAMP("time") AS "__time",\n{names}\n'
        "FROM TABLE(\n    EXTERN(\n"
        '        \'{"type": "inline", "data": "{}"}\',\n        \'{"type": "json"}\'\n'
        f'    )\n) EXTEND ("time" BIGINT, {extern})\nWHERE "time" IS NOT NULL\n'
        'PARTITIONED BY DAY\nCLUSTERED BY "kpi_name", "grain"'
    )


EMITTER = Emitter(
    name="ddl",
    summary="the tables of the store for each engine (--dialect: one of them)",
    make=make,
    options=("dialect",),
)
