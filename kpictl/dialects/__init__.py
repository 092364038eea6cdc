"""The targets' ways of saying a query. A dialect's tables are loaded when they are used."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kpictl.dialects.dialect import Dialect

NAMES = ("duckdb", "postgres", "timescale", "redshift", "snowflake", "bigquery", "synapse", "druid")
"""Every dialect that kpictl compiles to."""


@cache
def named(name: str) -> Dialect:
    """The dialect of that name; raises KeyError for one that is not in `NAMES`."""
    if name not in NAMES:
        raise KeyError(name)
    found: Dialect = getattr(import_module(f"kpictl.dialects.{name}"), name.upper())
    return found


def too_old(dialect: Dialect, version: object) -> tuple[int, str] | None:
    """The oldest version that is right and why, where a version (`31.0.2`, 31) is before it; one that is no number is taken."""
    major = str(version).partition(".")[0]
    if dialect.oldest is None or not major.isdecimal() or int(major) >= dialect.oldest[0]:
        return None
    return dialect.oldest
