"""The metrics that the service exports for Prometheus, as data: the server writes them, emitted rules read them.

A value's labels are `kpi`, `category` and one `dim_NAME` for each dimension; the total has no `dim_` label but
`total="true"`. Only final values are exported: the newest bucket that has ended.
"""

from __future__ import annotations

from kpictl.records import dataclass


@dataclass(frozen=True, slots=True)
class Metric:
    name: str
    kind: str
    """gauge or counter."""
    meaning: str


VALUE = Metric("kpi_value", "gauge", "The value of the newest bucket that has ended.")
PREVIOUS = Metric("kpi_previous_value", "gauge", "The value of the bucket before it.")
BUCKET_END = Metric("kpi_bucket_end_seconds", "gauge", "End of the newest bucket that has a value, in Unix time.")
COMPUTED = Metric("kpi_computed_seconds", "gauge", "When the KPI was computed last without a failure, in Unix time.")
ANOMALY = Metric("kpi_anomaly", "gauge", "Distance of the value from what was expected, in standard deviations.")
BURN_RATE = Metric("kpi_burn_rate", "gauge", "Rate at which the error budget of the goal burns; 1 uses it up exactly.")
FAILURES = Metric("kpi_failures_total", "counter", "Runs in which the KPI could not be computed.")

METRICS = (VALUE, PREVIOUS, BUCKET_END, COMPUTED, ANOMALY, BURN_RATE, FAILURES)
