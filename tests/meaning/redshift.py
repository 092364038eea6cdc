"""Amazon Redshift by its manual."""

from __future__ import annotations

from tests.meaning.checker import Manual, MeaningJudge

_WITHIN = ") WITHIN GROUP ("


def readable(sql: str) -> str:
    """LISTAGG with its order inside, as DuckDB's parser has it; a backslash is written twice in a text of Redshift."""
    while (at := sql.find(_WITHIN)) >= 0:
        depth, end = 1, at + len(_WITHIN)
        while depth:
            depth += {"(": 1, ")": -1}.get(sql[end], 0)
            end += 1
        sql = f"{sql[:at]} {sql[at + len(_WITHIN) : end]}{sql[end:]}"
    return sql.replace("\\\\", "\\")


MANUAL = Manual(
    name="redshift",
    aggregates={
        "count": None,
        "sum": "total",
        "avg": "average",
        "min": None,
        "max": None,
        "bool_and": None,
        "bool_or": None,
        "listagg": None,
    },
    renamed={"listagg": "string_agg"},
    types={
        "BIGINT": "BIGINT",
        "INTEGER": "INTEGER",
        "DECIMAL": "DECIMAL",
        "DOUBLE": "DOUBLE",
        "DOUBLE PRECISION": "DOUBLE",
        "VARCHAR": "VARCHAR",
        "DATE": "DATE",
        "TIMESTAMP": "TIMESTAMP",
        "TIMESTAMPTZ": "TIMESTAMPTZ",
        "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ",
        "BOOLEAN": "BOOLEAN",
    },
    padded=True,
    parts=frozenset({"dateadd", "datediff", "date_part"}),
    missing=frozenset({"filter", "distinct_on", "range_frame", "is_distinct_from", "try_cast", "with_in_with"}),
    zone="timezone",
    capitals=("describe_field_name_in_uppercase", "on"),
    prepare=readable,
)


class RedshiftJudge(MeaningJudge):
    """The judge as the registry makes it."""

    def __init__(self) -> None:
        super().__init__(MANUAL)
