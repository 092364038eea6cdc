"""`redshift`: a stored procedure for each schedule, and the schedules of EventBridge that call it by the Data API.

https://docs.aws.amazon.com/redshift/latest/dg/stored-procedure-overview.html,
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
"""

from __future__ import annotations

from collections.abc import Sequence

from kpictl.emit import warehouse
from kpictl.emit.emitter import Emission, Emitter, Files
from kpictl.emit.literals import json_document, json_literal
from kpictl.emit.warehouse import Script
from kpictl.emit.warehouse_words import Words
from kpictl.model.cron import cron_times

WORDS = Words(
    dialect="redshift",
    variable="kpictl_{}",
    literal="'{}'",
    joined="||",
    double="CAST({} AS DOUBLE PRECISION)",
    finite="CASE WHEN {0} NOT IN (CAST('NaN' AS DOUBLE PRECISION), CAST('Infinity' AS DOUBLE PRECISION), "
    "CAST('-Infinity' AS DOUBLE PRECISION)) THEN {0} END",
    text="JSON_SERIALIZE(CAST({} AS SUPER))",
    document="JSON_PARSE({})",
    hashed="SHA2({}, 256)",
    often=warehouse.of_either_day,
)


def make(emission: Emission) -> Files:
    """`jobs/` (procedures), `schedules/` and `deploy.sh`."""

    def more(scripts: Sequence[Script]) -> Files:
        zone = emission.project.settings.timezone
        made = {f"schedules/{each.name}.json": json_document(_schedule(each, zone)) for each in scripts}
        made["deploy.sh"] = emission.render("deploy.sh.j2", header=emission.header, scripts=scripts)
        return made

    return warehouse.files(emission, WORDS, more)


def _schedule(script: Script, zone: str) -> dict[str, object]:
    """What `aws scheduler create-schedule --cli-input-json` takes; `deploy.sh` puts in what begins with KPI_."""
    asked = {"WorkgroupName": "KPI_WORKGROUP", "Database": "KPI_DATABASE", "SecretArn": "KPI_SECRET_ARN"}
    asked["Sql"] = f"CALL {script.procedure}(NULL, NULL)"
    return {
        "Name": script.procedure,
        "Description": f"KPIs of the schedule {script.cron}",
        "ScheduleExpression": f"cron({aws_cron(script.cron)})",
        "ScheduleExpressionTimezone": zone,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {
            "Arn": "arn:aws:scheduler:::aws-sdk:redshiftdata:executeStatement",
            "RoleArn": "KPI_ROLE_ARN",
            "Input": json_literal(asked),
            "RetryPolicy": {"MaximumRetryAttempts": 2},
        },
    }


def aws_cron(cron: str) -> str:
    """Six fields as EventBridge wants them: one of the two days is `?`, Sunday is 1.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html. Where both days are restricted it ticks
    on every day, and the procedure decides.
    """
    minute, hour, day, month, weekday = (field.replace("*/", "0/") for field in cron.split())
    times = cron_times(cron)
    if warehouse.of_either_day(cron):
        day, weekday = "*", "?"
    elif len(times.weekdays) < 7:
        day, weekday = "?", ",".join(str(each + 1) for each in times.weekdays)
    else:
        day, weekday = day.replace("0/", "1/"), "?"
    return f"{minute} {hour} {day} {month.replace('0/', '1/')} {weekday} *"


EMITTER = Emitter(
    name="redshift", summary="procedures and schedules of Redshift that write kpi_metrics there", make=make
)
