"""Jobs: KPIs by schedule, one job for all that tick together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256

from kpictl.emit.emitter import Emission
from kpictl.model.cron import five_fields
from kpictl.plan.schedule import DEFAULT
from kpictl.records import dataclass

_FORMS = (
    (re.compile(r"(\d+) \* \* \* \*"), "hourly-{0:02}"),
    (re.compile(r"(\d+) (\d+) \* \* \*"), "daily-{1:02}{0:02}"),
    (re.compile(r"(\d+) (\d+) \* \* (\d)"), "weekly-{2}-{1:02}{0:02}"),
    (re.compile(r"(\d+) (\d+) (\d+) \* \*"), "monthly-{2}-{1:02}{0:02}"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """All KPIs of one schedule, each after what it reads."""

    name: str
    """Made of the schedule: lower-case letters, digits and `-`, at most 24."""
    cron: str
    """Five fields, in the project's zone."""
    kpis: tuple[str, ...]


def jobs(emission: Emission) -> Sequence[Job]:
    """One job a schedule, in the order of their names."""
    by_cron: dict[str, list[str]] = {}
    for kpi in emission.kpis:
        by_cron.setdefault(five_fields(kpi.schedule or DEFAULT), []).append(kpi.name)
    made = [Job(name=job_name(cron), cron=cron, kpis=tuple(kpis)) for cron, kpis in by_cron.items()]
    return sorted(made, key=lambda job: job.name)


def job_name(cron: str) -> str:
    """A short name for a schedule, the same in every artifact."""
    for form, name in _FORMS:
        found = form.fullmatch(cron)
        if found:
            return name.format(*map(int, found.groups()))
    return "cron-" + sha256(cron.encode()).hexdigest()[:10]
