"""What a warehouse schedules: a script for each schedule that writes `kpi_metrics` with the engine's own means.

The same steps everywhere, and idempotent: the due buckets from the calendar, then each KPI's rows of them replaced in one
transaction, then what is past its retention deleted. An engine differs in its words and in its template `job.sql.j2`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kpictl.dialects import named
from kpictl.emit.emitter import Emission, Files
from kpictl.emit.jobs import about
from kpictl.emit.literals import Text, json_document
from kpictl.emit.schedules import Job, jobs
from kpictl.emit.warehouse_calendar import Calendar, calendar_of, due
from kpictl.emit.warehouse_rows import Step, step_of
from kpictl.emit.warehouse_words import Words
from kpictl.ir.relations import Grain
from kpictl.model.cron import cron_times
from kpictl.model.store_schema import TABLES
from kpictl.plan.compiled import Compiled
from kpictl.records import dataclass

MOST = 100
"""KPIs of one script; engines limit a text to one or two megabytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """The KPIs of one grain."""

    of: Calendar
    steps: Sequence[Step]


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One job, or a part of a long one."""

    name: str
    procedure: str
    cron: str
    axes: Sequence[Axis]
    due: Text | None
    """Whether kpictl_now is in an hour of the schedule, in its zone; None: always."""

    @property
    def kpis(self) -> Sequence[str]:
        return [step.kpi.name for axis in self.axes for step in axis.steps]


def files(emission: Emission, words: Words, more: Callable[[Sequence[Script]], Files]) -> Files:
    """`jobs/NAME.sql` for each script, `manifest.json`, `README.md`, and what `more` adds."""
    scripts = _scripts(emission, words)
    settings = named(words.dialect).settings
    made: Files = {}
    for script in scripts:
        made[f"jobs/{script.name}.sql"] = emission.render(
            "job.sql.j2", header=emission.header, script=script, settings=settings, columns=_columns(words)
        )
    made |= more(scripts)
    there = {name for each in scripts for name in each.kpis}
    left_out = [kpi.name for kpi in emission.kpis if kpi.name not in there]
    made["manifest.json"] = json_document(
        {
            "made_by": list(emission.header),
            "project": emission.name,
            "timezone": emission.project.settings.timezone,
            "settings": dict(settings),
            "jobs": [
                {"name": each.name, "procedure": each.procedure, "cron": each.cron, "kpis": list(each.kpis)}
                for each in scripts
            ],
            "kpis": [about(step.kpi) for each in scripts for axis in each.axes for step in axis.steps],
            "left_out": left_out,
        }
    )
    made["README.md"] = emission.render(
        "README.md.j2", emission=emission, scripts=scripts, zone=emission.project.settings.timezone, left_out=left_out
    )
    return made


def of_either_day(cron: str) -> bool:
    """Whether a schedule ticks on days of the month and on days of the week, which most schedulers cannot say."""
    times = cron_times(cron)
    return not times.any_day and not times.any_weekday


def _columns(words: Words) -> Text:
    return Text(", ".join(words.quoted(column.name) for column in TABLES[1].columns))


def _scripts(emission: Emission, words: Words) -> Sequence[Script]:
    compiled = emission.answered(words.dialect)
    made = []
    for job in jobs(emission):
        names = [name for name in job.kpis if compiled[name].statement is not None]
        parts = [names[i : i + MOST] for i in range(0, len(names), MOST)]
        for number, part in enumerate(parts, 1):
            name = job.name if len(parts) == 1 else f"{job.name}-part-{number}"
            made.append(_script(emission, words, job, name, [compiled[each] for each in part]))
    return made


def _script(emission: Emission, words: Words, job: Job, name: str, nodes: Sequence[Compiled]) -> Script:
    by_grain: dict[Grain, list[Compiled]] = {}
    for node in nodes:
        if node.lowered is not None:
            by_grain.setdefault(node.lowered.grain, []).append(node)
    return Script(
        name=name,
        procedure="kpi_" + name.replace("-", "_"),
        cron=job.cron,
        axes=[_axis(emission, words, grain, found) for grain, found in by_grain.items()],
        due=due(words, job.cron, emission.project.settings.timezone) if words.often(job.cron) else None,
    )


def _axis(emission: Emission, words: Words, grain: Grain, nodes: Sequence[Compiled]) -> Axis:
    project = emission.project
    zone = project.settings.timezone
    return Axis(
        of=calendar_of(emission, words, grain, nodes),
        steps=[step_of(words, grain, project.kpis[node.name], node, zone) for node in nodes],
    )
