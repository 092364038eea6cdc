"""The targets' ways of saying a query. A dialect's tables are loaded when they are used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kpictl.dialects.dialect import Dialect

NAMES = ("duckdb", "postgres", "timescale", "redshift", "snowflake", "bigquery", "synapse", "druid")
"""Every dialect that kpictl compiles to."""


def named(name: str) -> Dialect:
    """The dialect of that name; raises KeyError for one that is not in `NAMES`."""
    if name not in NAMES:
        raise KeyError(name)
    found: Dialect = getattr(import_module(f"kpictl.dialects.{name}"), name.upper())
    return found
