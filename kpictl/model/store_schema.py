"""The store's tables, as data: every store makes them in its own SQL, and the manual's page is written from them.

A value is named by (kpi_name, grain, time, dimensions_key). `dimensions` is `{}` for the total; adding up rows without a
filter on it counts everything twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from kpictl.model.durations import Duration
from kpictl.records import dataclass

SCHEMA_VERSION = 4
LEAST_RETENTION = Duration(2, "year")
"""What TimescaleDB keeps at least, whatever the KPIs say."""


class Form(Enum):
    """How a column is kept."""

    TEXT = "text"
    INSTANT = "instant"
    DOUBLE = "double"
    INTEGER = "integer"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class StoreColumn:
    name: str
    form: Form
    meaning: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class StoreTable:
    name: str
    meaning: str
    columns: tuple[StoreColumn, ...]
    since: int = 1
    """The version of the tables that brought it."""


_T, _I, _D, _N, _J = Form.TEXT, Form.INSTANT, Form.DOUBLE, Form.INTEGER, Form.JSON

VALUE_COLUMNS = (
    StoreColumn("time", _I, "The bucket's start, an instant."),
    StoreColumn("kpi_name", _T, "The KPI."),
    StoreColumn("kpi_value", _D, "The value; NULL where there is none, never 0 because it is missing.", False),
    StoreColumn("dimensions", _J, "Declared dimensions and their members; `{}` is the total."),
    StoreColumn(
        "metadata", _J, "Flags (restated, late, stale, approximate) and `exact`, the text that a double cannot hold."
    ),
    StoreColumn("grain", _T, "The bucket's unit: hour, day, week, month, quarter, year."),
    StoreColumn("bucket", _T, "The bucket as people call it, in the reporting zone: 2024-06-30, 2024-W26, 2024-06."),
    StoreColumn("dimensions_key", _T, "Hash of the canonical JSON (RFC 8785) of `dimensions`."),
    StoreColumn("status", _T, "suppressed, partial, no_denominator, no_data or ok."),
    StoreColumn("definition", _T, "Hash of the definition that computed it."),
    StoreColumn("run_id", _T, "The run that wrote it."),
    StoreColumn("known_at", _I, "When it was written."),
)

TABLES = (
    StoreTable(
        "kpi_store",
        "One row: which project's store this is.",
        (
            StoreColumn("schema_version", _N, "Version of these tables."),
            StoreColumn("project", _T, "Name of the project; empty until one has written."),
            StoreColumn("created_at", _I, "When the store was made."),
        ),
    ),
    StoreTable("kpi_metrics", "The current value of each KPI in each bucket.", VALUE_COLUMNS),
    StoreTable(
        "kpi_metrics_history",
        "Values that were replaced or vanished.",
        (*VALUE_COLUMNS, StoreColumn("superseded_at", _I, "When the value stopped being the current one.")),
    ),
    StoreTable(
        "kpi_intervals",
        "Which buckets are done, as ranges.",
        (
            StoreColumn("kpi_name", _T, "The KPI."),
            StoreColumn("grain", _T, "The buckets' unit."),
            StoreColumn("start_time", _I, "Start of the first bucket."),
            StoreColumn("end_time", _I, "End of the last bucket."),
            StoreColumn("definition", _T, "Hash of the definition."),
            StoreColumn("run_id", _T, "The last run that added to it."),
        ),
    ),
    StoreTable(
        "kpi_definitions",
        "What each definition's hash meant.",
        (
            StoreColumn("kpi_name", _T, "The KPI."),
            StoreColumn("definition", _T, "Hash of the definition."),
            StoreColumn("grain", _T, "Its buckets' unit."),
            StoreColumn("zone", _T, "The reporting zone in which they are cut."),
            StoreColumn("first_bucket", _I, "Start of its first bucket."),
            StoreColumn("body", _J, "The definition as it was written."),
            StoreColumn("known_at", _I, "When it was first run."),
        ),
    ),
    StoreTable(
        "kpi_runs",
        "What each run did with each KPI; failures stand here and never replace a value.",
        (
            StoreColumn("run_id", _T, "The run."),
            StoreColumn("kpi_name", _T, "The KPI."),
            StoreColumn("status", _T, "success, error, skipped."),
            StoreColumn("as_of", _I, "The run's logical time."),
            StoreColumn("started_at", _I, "When it was started."),
            StoreColumn("seconds", _D, "How long it took."),
            StoreColumn("buckets", _N, "Buckets computed."),
            StoreColumn("written", _N, "Values written."),
            StoreColumn("message", _T, "Why it failed.", False),
        ),
    ),
    StoreTable(
        "kpi_audit",
        "Who asked for what.",
        (
            StoreColumn("asked_at", _I, "When."),
            StoreColumn("who", _T, "The user or token."),
            StoreColumn("action", _T, "What was asked for."),
            StoreColumn("details", _J, "Its parameters."),
        ),
    ),
    StoreTable(
        "kpi_seen",
        "What the last run of each KPI saw of the rows within `lateness`, where `updated_at` proves which are the same.",
        (
            StoreColumn("kpi_name", _T, "The KPI."),
            StoreColumn("grain", _T, "Its buckets' unit."),
            StoreColumn("definition", _T, "Hash of the definition."),
            StoreColumn(
                "evidence",
                _T,
                "JSON: `from` and `to` of what was looked at, and a digest of the rows by source and day.",
            ),
            StoreColumn("run_id", _T, "The run."),
        ),
        since=3,
    ),
)


def longest(retentions: Iterable[Duration | None]) -> Duration:
    """How long the longest of the KPIs' retentions is, at least two years."""
    return max((LEAST_RETENTION, *filter(None, retentions)), key=lambda each: each.days_at_most)
