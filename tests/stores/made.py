"""Stores with a few values, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from kpictl.stores import Batch, Wish
from kpictl.stores.duckdb import DuckdbStore
from kpictl.stores.store import NewValues, Store

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
LATER = datetime(2024, 3, 1, tzinfo=UTC)
TABLES = ("kpi_metrics", "kpi_metrics_history", "kpi_intervals", "kpi_definitions", "kpi_runs")


def day(n: int) -> datetime:
    """The start of the n-th day."""
    return FIRST + timedelta(days=n)


def values(numbers: Sequence[float | None], first: int = 0, status: str | None = "ok") -> NewValues:
    """A value a day from a day on."""
    made = NewValues()
    for n, number in enumerate(numbers, start=first):
        made.times.append(day(n))
        made.buckets.append(day(n).date().isoformat())
        made.values.append(None if number is None else float(number))
        made.statuses.append(status)  # type: ignore[arg-type]
        made.dimensions.append("{}")
        made.keys.append(_TOTAL)
        made.metadata.append("{}")
    return made


def batch(kpi: str, made: NewValues, first: int = 0, *, days: int | None = None, **more: Any) -> Batch:
    """A batch that covers as many days as it has values."""
    span = (day(first), day(first + (len(made) if days is None else days)))
    given = {"definition": "d1", "done": (span,), "body": "{}", **more}
    return Batch(kpi=kpi, grain="day", zone="UTC", first_bucket=FIRST, ranges=(span,), values=made, **given)


def store(path: Path, project: str = "shop", patience: float = 5.0) -> DuckdbStore:
    """A store in a file, which the first write makes."""
    return DuckdbStore(path, project, None, patience=patience)


def numbers(made: Store, kpi: str) -> list[float | None]:
    """The values of a KPI in the order of time."""
    return [value.value for value in made.values(Wish(kpis={kpi: None}, dimensions=None))]


def rows(path: Path, table: str) -> list[tuple[Any, ...]]:
    """All rows of a table, read without kpictl."""
    with duckdb.connect(str(path), read_only=True) as session:
        return session.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall()


def dump(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that a store holds."""
    return {table: rows(path, table) for table in TABLES}


def _total() -> str:
    from kpictl.stores.canonical import dimensions_key

    return dimensions_key("{}")


_TOTAL = _total()
