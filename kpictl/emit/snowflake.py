"""`snowflake`: a stored procedure and a task for each schedule (https://docs.snowflake.com/en/user-guide/tasks-intro)."""

from __future__ import annotations

from collections.abc import Sequence

from kpictl.dialects import named
from kpictl.emit import warehouse
from kpictl.emit.emitter import Emission, Emitter, Files
from kpictl.emit.warehouse import Script
from kpictl.emit.warehouse_words import Words

WORDS = Words(
    dialect="snowflake",
    variable=":kpictl_{}",
    literal="'{}'",
    joined="||",
    double="CAST({} AS FLOAT)",
    finite="CASE WHEN {0} NOT IN ('NaN'::FLOAT, 'inf'::FLOAT, '-inf'::FLOAT) THEN {0} END",
    text="TO_JSON(TO_VARIANT({}))",
    document="PARSE_JSON({})",
    hashed="SHA2({}, 256)",
    # Its cron knows zones, and takes both days as cron does.
    often=lambda cron: False,
)


def make(emission: Emission) -> Files:
    """`jobs/` (procedures) and `tasks.sql`."""

    def more(scripts: Sequence[Script]) -> Files:
        values = {
            "header": emission.header,
            "scripts": scripts,
            "zone": emission.project.settings.timezone,
            "settings": named("snowflake").settings,
        }
        return {"tasks.sql": emission.render("tasks.sql.j2", **values)}

    return warehouse.files(emission, WORDS, more)


EMITTER = Emitter(name="snowflake", summary="procedures and tasks of Snowflake that write kpi_metrics there", make=make)
