"""`bigquery`: scheduled queries of BigQuery, a script for each schedule.

Schedules of the Data Transfer Service know UTC alone: a job ticks at its shortest gap, at most hourly, and its script
decides by the reporting zone (https://cloud.google.com/bigquery/docs/scheduling-queries).
"""

from __future__ import annotations

from collections.abc import Sequence

from kpictl.emit import warehouse
from kpictl.emit.emitter import Emission, Emitter, Files
from kpictl.emit.literals import json_document
from kpictl.emit.warehouse import Script
from kpictl.emit.warehouse_words import Words
from kpictl.model.cron import cron_times

WORDS = Words(
    dialect="bigquery",
    variable="kpictl_{}",
    literal="'{}'",
    joined="||",
    double="CAST({} AS FLOAT64)",
    finite="IF(IS_INF({0}) OR IS_NAN({0}), NULL, {0})",
    text="TO_JSON_STRING({})",
    document="PARSE_JSON({})",
    hashed="TO_HEX(SHA256({}))",
    often=lambda cron: True,
    # Texts with their escapes, names, parameters.
    mark=r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`|@(\w+)""",
)


def make(emission: Emission) -> Files:
    """`jobs/`, `schedules.json`, `deploy.sh`, `run.sh`."""

    def more(scripts: Sequence[Script]) -> Files:
        schedules = [
            {"job": each.name, "displayName": each.procedure, "schedule": every(each.cron)} for each in scripts
        ]
        values = {"header": emission.header, "scripts": scripts, "schedules": schedules}
        return {
            "schedules.json": json_document(schedules),
            "deploy.sh": emission.render("deploy.sh.j2", **values),
            "run.sh": emission.render("run.sh.j2", **values),
        }

    return warehouse.files(emission, WORDS, more)


def every(cron: str) -> str:
    """How often a job ticks, in the words of the service."""
    gap = cron_times(cron).shortest_gap
    return "every 1 hours" if gap >= 60 else f"every {max(5, gap)} minutes"


EMITTER = Emitter(name="bigquery", summary="scheduled queries of BigQuery that write kpi_metrics there", make=make)
