"""`dagster`: an asset for each KPI behind those that it reads, and a job and a schedule for all that tick together."""

from __future__ import annotations

from kpictl.emit.emitter import Emission, Emitter, Files
from kpictl.emit.schedules import jobs


def make(emission: Emission) -> Files:
    """One file of definitions, and how to put it in place."""
    compiled = emission.compiled(emission.options.dialect)
    assets = []
    for kpi in emission.kpis:
        lowered = compiled[kpi.name].lowered
        assets.append(
            {
                "kpi": kpi.name,
                "label": kpi.label or kpi.name,
                "owner": kpi.owner or "",
                "category": kpi.category or "",
                "description": kpi.description or "",
                "reads": [] if lowered is None else list(lowered.upstream),
            }
        )
    found = [
        {"name": f"kpi_{job.name.replace('-', '_')}", "cron": job.cron, "kpis": job.kpis} for job in jobs(emission)
    ]
    values = {"emission": emission, "assets": assets, "jobs": found, "zone": emission.project.settings.timezone}
    return {
        "kpictl_definitions.py": emission.render("definitions.py.j2", **values),
        "README.md": emission.render("README.md.j2", **values),
    }


EMITTER = Emitter(
    name="dagster", summary="an asset for each KPI, a job and a schedule for all that tick together", make=make
)
