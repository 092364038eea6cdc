"""Judges: real engines, or their own parsers, that say whether compiled SQL is right.

In a test: ask for the fixture `judge`, then `judge("postgres").load(tables)` and `.execute(sql)`. On the command line:
`python -m tests.oracles --install | --status | --selftest [NAME ...]`.
"""

from __future__ import annotations

import importlib

from tests.oracles.judge import Answer, CannotHold, EngineLost, Evidence, Judge, Rejected, Row, Table, Tables

__all__ = [
    "NAMES",
    "Answer",
    "CannotHold",
    "EngineLost",
    "Judge",
    "Rejected",
    "Row",
    "Table",
    "Tables",
    "evidence",
    "make_judge",
]

_MODULES = {
    "duckdb": ("duckdb_engine", "DuckdbJudge"),
    "postgres": ("postgres_engine", "PostgresJudge"),
    "timescale": ("timescale_engine", "TimescaleJudge"),
    "druid": ("druid_engine", "DruidJudge"),
    "bigquery": ("bigquery_zetasql", "ZetasqlJudge"),
    "synapse": ("tests.meaning.synapse", "SynapseJudge"),
    "snowflake": ("tests.meaning.snowflake", "SnowflakeJudge"),
    "redshift": ("tests.meaning.redshift", "RedshiftJudge"),
}
NAMES = tuple(_MODULES)


def make_judge(name: str) -> Judge:
    """A judge that is not started yet; its heavy parts are imported or launched by `start()`."""
    return _class(name)()


def evidence(name: str) -> Evidence:
    """What a judge's word rests on, without making one."""
    return _class(name).evidence


def _class(name: str) -> type[Judge]:
    module, attribute = _MODULES[name]
    path = module if "." in module else f"tests.oracles.{module}"
    found: type[Judge] = getattr(importlib.import_module(path), attribute)
    return found
