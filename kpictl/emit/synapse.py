"""`synapse`: a stored procedure of a dedicated SQL pool for each schedule, with the pipeline and trigger that call it.

https://learn.microsoft.com/azure/data-factory/transform-data-using-stored-procedure,
https://learn.microsoft.com/azure/data-factory/how-to-create-schedule-trigger
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kpictl.dialects.synapse_zones import WINDOWS
from kpictl.emit import warehouse
from kpictl.emit.emitter import Emission, Emitter, Files
from kpictl.emit.literals import json_document
from kpictl.emit.warehouse import Script
from kpictl.emit.warehouse_words import Words
from kpictl.model.cron import cron_times

_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")

_GO = re.compile(r"\n(?=[ \t]*go\b)", re.IGNORECASE)


def _without_go(found: str) -> str:
    """A line of a text that says GO would end the batch for sqlcmd."""
    if not found.startswith("'") or not _GO.search(found):
        return found
    return _GO.sub("' + NCHAR(10) + N'", found)


WORDS = Words(
    dialect="synapse",
    variable="@kpictl_{}",
    literal="N'{}'",
    joined="+",
    double="CAST({} AS FLOAT)",
    finite="{}",
    # STRING_ESCAPE escapes the slash, too, which canonical JSON does not.
    text="N'\"' + REPLACE(STRING_ESCAPE({}, 'json'), N'\\/', N'/') + N'\"'",
    document="{}",
    hashed="LOWER(CONVERT(NVARCHAR(64), HASHBYTES('SHA2_256', {}), 2))",
    often=lambda cron: warehouse.of_either_day(cron) or len(cron_times(cron).months) < 12,
    relation="#kpictl_{kind}",
    buckets="#kpictl_buckets",
    # Texts, quoted names, parameters.
    mark=r"""'(?:''|[^'])*'|\[(?:\]\]|[^\]])*\]|"(?:""|[^"])*"|@(\w+)""",
    tidy=_without_go,
)


def make(emission: Emission) -> Files:
    """`jobs/` (procedures), `pipelines/`, `triggers/` and `deploy.sh`."""

    def more(scripts: Sequence[Script]) -> Files:
        zone = WINDOWS.get(emission.project.settings.timezone, "UTC")
        made: Files = {}
        for each in scripts:
            made[f"pipelines/{each.name}.json"] = json_document(_pipeline(each))
            made[f"triggers/{each.name}.json"] = json_document(_trigger(each, zone))
        made["deploy.sh"] = emission.render("deploy.sh.j2", header=emission.header, scripts=scripts)
        return made

    return warehouse.files(emission, WORDS, more)


def _pipeline(script: Script) -> dict[str, object]:
    nothing = {"value": None, "type": "DateTime"}
    activity = {
        "name": script.procedure,
        "type": "SqlPoolStoredProcedure",
        "sqlPool": {"referenceName": "KPI_POOL", "type": "SqlPoolReference"},
        "policy": {"timeout": "0.02:00:00", "retry": 2, "retryIntervalInSeconds": 60},
        "typeProperties": {
            "storedProcedureName": f"[dbo].[{script.procedure}]",
            "storedProcedureParameters": {"run_from": nothing, "run_to": nothing},
        },
    }
    described = f"KPIs of the schedule {script.cron}"
    return {
        "name": script.procedure,
        "properties": {"description": described, "activities": [activity], "concurrency": 1, "annotations": ["kpictl"]},
    }


def _trigger(script: Script, zone: str) -> dict[str, object]:
    reference = {"referenceName": script.procedure, "type": "PipelineReference"}
    return {
        "name": script.procedure,
        "properties": {
            "type": "ScheduleTrigger",
            "pipelines": [{"pipelineReference": reference, "parameters": {}}],
            "typeProperties": {"recurrence": recurrence(script.cron, zone)},
        },
    }


def recurrence(cron: str, zone: str) -> dict[str, object]:
    """A schedule as a trigger says it. Where it cannot (some months, either of two days), it ticks on every day, and
    the procedure decides."""
    times = cron_times(cron)
    schedule: dict[str, object] = {"minutes": list(times.minutes), "hours": list(times.hours)}
    frequency = "Day"
    if len(times.months) == 12 and not warehouse.of_either_day(cron):
        if len(times.weekdays) < 7:
            frequency, schedule["weekDays"] = "Week", [_DAYS[each] for each in times.weekdays]
        elif len(times.days) < 31:
            frequency, schedule["monthDays"] = "Month", list(times.days)
    made: dict[str, object] = {"frequency": frequency, "interval": 1, "startTime": "2024-01-01T00:00:00"}
    return {**made, "timeZone": zone, "schedule": schedule}


EMITTER = Emitter(name="synapse", summary="procedures and pipelines of Synapse that write kpi_metrics there", make=make)
