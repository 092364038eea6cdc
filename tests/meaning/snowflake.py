"""Snowflake by its manual."""

from __future__ import annotations

from tests.meaning.checker import Manual, MeaningJudge
from tests.meaning.redshift import readable

MANUAL = Manual(
    name="snowflake",
    aggregates={
        "count": None,
        "sum": None,
        "avg": None,
        "min": None,
        "max": None,
        "booland_agg": None,
        "boolor_agg": None,
        "listagg": "listed",
    },
    renamed={"listagg": "string_agg", "booland_agg": "bool_and", "boolor_agg": "bool_or"},
    types={
        "NUMBER": "DECIMAL",
        "DECIMAL": "DECIMAL",
        "INTEGER": "HUGEINT",
        "DOUBLE": "DOUBLE",
        "VARCHAR": "VARCHAR",
        "DATE": "DATE",
        "TIMESTAMP_NTZ": "TIMESTAMP",
        "TIMESTAMP_LTZ": "TIMESTAMPTZ",
        "BOOLEAN": "BOOLEAN",
    },
    parts=frozenset({"dateadd", "datediff"}),
    missing=frozenset({"filter", "distinct_on", "range_offset", "try_cast", "is_true"}),
    zone="TIMEZONE",
    most_rows="ROWS_PER_RESULTSET",
    nulls_turned=("DEFAULT_NULL_ORDERING", "FIRST"),
    prepare=readable,
)


class SnowflakeJudge(MeaningJudge):
    """The judge as the registry makes it."""

    def __init__(self) -> None:
        super().__init__(MANUAL)
