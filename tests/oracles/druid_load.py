"""Rows into Druid tables by native batch ingestion, waiting until SQL sees them all.

The default physical form: the table's `time` is `__time` (1970-01-01 where it has none); other dates and timestamps
are BIGINT milliseconds, booleans BIGINT 0 and 1, numerics DOUBLE, jsonb COMPLEX<json>, text[] a multi-value VARCHAR.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from typing import Any

from tests.oracles.druid_http import DruidError, call, millis, query
from tests.oracles.druid_services import Services
from tests.oracles.judge import CannotHold, EngineLost, Table, Tables

_SECONDS = 300
_WORDS = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
_STORED: dict[str, tuple[str, Callable[[Any], object]]] = {
    "int": ("long", int),
    "bigint": ("long", int),
    "boolean": ("long", int),
    "numeric": ("double", float),
    "double": ("double", lambda value: float(value) if math.isfinite(value) else _WORDS[str(float(value))]),
    "date": ("long", millis),
    "timestamp": ("long", millis),
    "timestamptz": ("long", millis),
    "text": ("string", str),
    "text[]": ("string", list),
    "jsonb": ("json", lambda value: value),
}
_TYPES = {"long": "BIGINT", "string": "VARCHAR", "double": "DOUBLE", "json": "COMPLEX<json>"}


def load(services: Services, tables: Tables) -> None:
    """Replace these tables; returns once each row is seen by SQL."""
    specs = {name: _specification(name, table) for name, table in tables.items()}
    before = {name: version for name, (version, _) in _segments(services).items()}
    running = {name: call(services.tasks, spec)["task"] for name, spec in specs.items()}
    waiting = dict(tables)
    end = time.monotonic() + _SECONDS
    while waiting:
        running = {name: task for name, task in running.items() if not _done(services, name, task)}
        now = _segments(services)
        for name in [name for name in waiting if name not in running and name in now]:
            version, available = now[name]
            if available and version != before.get(name) and _visible(services, name, waiting[name]):
                del waiting[name]
        if time.monotonic() > end:
            raise EngineLost(f"not loaded in {_SECONDS} s: {sorted(waiting)}")
        time.sleep(0.1 if waiting else 0)


def _specification(name: str, table: Table) -> dict[str, object]:
    if not table.rows:
        raise CannotHold(f"{name}: Druid has no table without rows")
    kinds = table.bases()
    stored = {column: _STORED[kind][0] for column, kind in kinds.items() if column != table.time}
    return {
        "type": "index_parallel",
        "spec": {
            "dataSchema": {
                "dataSource": name,
                "timestampSpec": {"column": "__time", "format": "millis"},
                "dimensionsSpec": {
                    "dimensions": [
                        {"type": kind, "name": column, **({"formatVersion": 5} if kind == "json" else {})}
                        for column, kind in stored.items()
                    ]
                },
                "metricsSpec": [],
                "granularitySpec": {"segmentGranularity": "ALL", "queryGranularity": "NONE", "rollup": False},
            },
            "ioConfig": {
                "type": "index_parallel",
                "appendToExisting": False,
                "inputSource": {"type": "inline", "data": "\n".join(_lines(name, table, kinds))},
                "inputFormat": {"type": "json"},
            },
            "tuningConfig": {
                "type": "index_parallel",
                "maxNumConcurrentSubTasks": 1,
                "maxParseExceptions": 0,
                "logParseExceptions": True,
            },
        },
    }


def _lines(name: str, table: Table, kinds: dict[str, str]) -> list[str]:
    lines = []
    for row in table.rows:
        record: dict[str, object] = {} if table.time else {"__time": 0}
        for (column, kind), value in zip(kinds.items(), row, strict=True):
            record["__time" if column == table.time else column] = None if value is None else _STORED[kind][1](value)
        if record["__time"] is None:
            raise CannotHold(f"{name}: Druid drops a row whose {table.time} is NULL")
        lines.append(json.dumps(record))
    return lines


def _done(services: Services, name: str, task: str) -> bool:
    status = call(f"{services.tasks}/{task}/status")["status"]
    if status["status"] == "FAILED":
        raise CannotHold(f"{name}: {status.get('errorMsg')}")
    return bool(status["status"] == "SUCCESS")


def _segments(services: Services) -> dict[str, tuple[str, bool]]:
    """Table to (its newest version, whether all its segments can be queried); system tables cannot do MAX of text."""
    found: dict[str, tuple[str, bool]] = {}
    sql = (
        'SELECT "datasource", "version", is_available FROM sys.segments WHERE is_published = 1 AND is_overshadowed = 0'
    )
    for name, told, is_available in query(services.sql, sql, {}).rows:
        version, available = found.get(str(name), ("", True))
        found[str(name)] = (max(version, str(told)), available and is_available == 1)
    return found


def _visible(services: Services, name: str, table: Table) -> bool:
    """Whether SQL has its columns, no others and each in its type, and counts its rows: what it replaced stays known a while."""
    sql = "SELECT COLUMN_NAME, DATA_TYPE FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = ?"
    known = {str(column): kind for column, kind in query(services.sql, sql, {}, [name]).rows if column != "__time"}
    stored = {column: _TYPES[_STORED[kind][0]] for column, kind in table.bases().items() if column != table.time}
    given = {
        column
        for column, values in zip(table.columns, zip(*table.rows, strict=True), strict=True)
        if any(v is not None for v in values)
    }
    if known.keys() != stored.keys() or any(known[column] != stored[column] for column in given & stored.keys()):
        return False
    try:
        counted = query(services.sql, 'SELECT COUNT(*) FROM "{}"'.format(name.replace('"', '""')), {})
    except DruidError:
        return False
    return counted.rows == [(len(table.rows),)]
