"""What a scan costs, fused or one by one, in CPU seconds. The only place that holds such numbers.

Measured once on two idle cores with 10 million (DuckDB 2.0, Parquet) and 3 million rows (PostgreSQL 15);
`python -m benchmarks.fusion` measures the same shapes again. 100 KPIs `event_type = x AND country = y` by day over a year:

    CPU s                 one by one   aggregates with conditions   two stages
    DuckDB, 10M rows      4.5          2.0 (CASE)                   0.14
    PostgreSQL, 3M rows   13.4         4.3 (FILTER)                 0.36

Divided by rows and KPIs they give the constants below. Only their ratios matter: a wrong one costs time, never a number.
Exact distinct counts and percentiles are apart on DuckDB, where conditions inside of them cost 9 to 14 times the scan that
they save; PostgreSQL sorts for each of them anyway. There a finest set and its total are one statement with grouping sets:

    seconds                     distinct, apart   by sets   median, apart   by sets
    DuckDB, 3M rows             2.15              2.06      0.76            0.74
    PostgreSQL, 0.5M rows       2.24              1.70      2.97            1.67

The date of a row in a zone, computed, and looked up in a calendar (`kpictl/passes/by_calendar.py`), by day over a year:

    CPU s                       in UTC   in Europe/Berlin   with a calendar
    DuckDB, 3M rows             0.25     0.93               0.33 (0.014 for its 8,760 hours)
    PostgreSQL, 1M rows         0.64     0.89               0.89
"""

from __future__ import annotations

from datetime import timedelta

from kpictl.passes.fusing.readings import Form
from kpictl.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Seconds on one engine."""

    statement: float
    """A statement whatever it reads: parse, plan, metadata of files."""
    scan: float
    """A row that is read, filtered and aggregated once."""
    condition: float
    """A row and an aggregate with a condition of its own."""
    group: float
    """A row that is grouped by the keys of the first of two stages."""
    merge: float
    """A group of the first stage and an aggregate of the second."""
    zoned: float
    """A row's date in a zone that is not UTC."""
    looked_up: float | None
    """The same in a calendar; None where that gains nothing."""
    hour: float
    """An hour of a calendar."""
    conditional: Form
    """How this engine says an aggregate with a condition."""
    heavy_apart: bool
    """Whether distinct counts and percentiles with different filters are dearer in one statement than in several."""
    grouping_sets: bool
    """Whether distinct counts and percentiles of different dimensions are cheaper in one statement with grouping sets."""


COSTS = {
    "duckdb": Costs(
        statement=6e-3,
        scan=4.5e-9,
        condition=2e-9,
        group=14e-9,
        merge=15e-9,
        zoned=230e-9,
        looked_up=30e-9,
        hour=1.6e-6,
        conditional=Form.CASE,
        heavy_apart=True,
        grouping_sets=False,
    ),
    "postgres": Costs(
        statement=1e-3,
        scan=45e-9,
        condition=14e-9,
        group=120e-9,
        merge=60e-9,
        zoned=250e-9,
        looked_up=None,
        hour=0,
        conditional=Form.FILTER,
        heavy_apart=False,
        grouping_sets=True,
    ),
}
"""By dialect; KPIs in other dialects are computed one by one."""

COLUMNS = 1_200
"""Columns of a statement at most: PostgreSQL returns no more than 1,664."""
CELLS = 5_000_000
"""Numbers that a statement may return: they are held in memory, some 60 bytes each, until each KPI has taken its own."""
ROWS_AT_ONCE = 200_000
"""Rows of an answer, and values that wait to be written, that are held in memory at once; some 150 MB."""
OVERLAP = 1.5
"""How much longer than the longest range of its KPIs the range of a shared scan may be."""
LONG = timedelta(days=28)
"""For a shorter range nothing is asked of a source whose rows one number reads alone."""
FEW = 1_000
"""A column of at most so many values is grouped by; of more, a condition on it is."""
UNKNOWN_DISTINCT = 200
"""Values of a dimension or column about which nothing is known."""
UNKNOWN_ROWS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What is to be computed: rows read, numbers made of them, aggregates, groups of a first stage.

    `framed`: rows that windows merge in the second stage, each once for every bucket that reads it. `date`: seconds that a
    row's date takes in a KPI's own statement, `shared_date` in a shared one.
    """

    rows: float
    statements: int
    aggregates: int
    groups: float
    framed: float = 0
    date: float = 0
    shared_date: float = 0


def by_calendar(costs: Costs, rows: float, hours: float) -> float | None:
    """Seconds of a row's date, looked up in a calendar of so many hours; None where computing it is as good.

    A source has more rows than the range that is asked of it, so that a calendar must gain half at least.
    """
    if costs.looked_up is None:
        return None
    found = costs.looked_up + hours * costs.hour / max(rows, 1)
    return found if found < costs.zoned / 2 else None


def one_by_one(costs: Costs, size: Size) -> float:
    """Each number by its own statement."""
    return size.statements * (costs.statement + size.rows * (costs.scan + size.date)) + size.framed * costs.merge


def in_one_stage(costs: Costs, size: Size) -> float:
    """All numbers by one statement, each filter inside of its aggregates."""
    return costs.statement + size.rows * (costs.scan + size.shared_date + size.aggregates * costs.condition)


def in_two_stages(costs: Costs, size: Size) -> float:
    """States by dimensions and filters first, then all numbers from them."""
    groups = min(size.groups, size.rows)
    # As many groups as rows: the first stage has only made a copy.
    crowded = 1 + 4 * groups / max(size.rows, 1)
    merged = groups * size.aggregates + size.framed
    return costs.statement + size.rows * (costs.scan + size.shared_date + costs.group * crowded) + merged * costs.merge
