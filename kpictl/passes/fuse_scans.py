"""Numbers of several KPIs over the same rows as one query, which reads them once.

    Finalize(Aggregate(Filter(Scan orders, paid and country = 'DE'), day, sum_amount))
    Finalize(Aggregate(Filter(Scan orders, paid and country = 'FR'), day, rows))

in one stage, each filter inside of its aggregates and what is common to all on the scan:

    SELECT day AS time, sum(amount) filter (country = 'DE') AS value_1, count(*) filter (country = 'DE') AS rows_1, ...
    FROM orders WHERE paid GROUP BY day

in two stages, where states can be merged: once by day, dimensions and whatever filters look at, then each number from those
few rows, at its own grain and dimensions:

    WITH states AS (SELECT day, country, sum(amount) AS sum_amount, count(*) AS rows FROM orders WHERE paid GROUP BY 1, 2)
    SELECT day AS time, sum(case when country = 'DE' then sum_amount end) AS value_1, ... FROM states GROUP BY day
    UNION ALL ...

A number over a window is made of the same states: they are merged to its own buckets, and these joined to a spine.

`rows_n` says whether the number's own filter left a row: without one it has none in that bucket. Integers and decimals are
the same as one by one to the last digit; doubles are summed in another order.
"""

from __future__ import annotations

from collections.abc import Sequence

from kpictl.ir.scalars import Col
from kpictl.passes.fusing.one_stage import one_stage
from kpictl.passes.fusing.readings import Form, Fused, Reading, common_conditions, shared_rows
from kpictl.passes.fusing.two_stages import two_stages


def fuse_scans(readings: Sequence[Reading], form: Form, few: frozenset[Col] = frozenset()) -> Fused:
    """One query for readings of one `rows_key`; in one stage they must have one grain, too.

    `few`: columns of few values, by which two stages group instead of by conditions on them.
    """
    common = common_conditions(readings)
    rows = shared_rows(readings, common)
    if form is Form.STATES:
        return two_stages(readings, rows, common, few)
    return one_stage(readings, rows, common, form)


def width(readings: Sequence[Reading]) -> int:
    """Columns that the fused query returns at most."""
    return sum(1 + (1 if each.where else 0) + (each.denominator is not None) for each in readings)
