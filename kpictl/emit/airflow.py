"""`airflow`: a DAG for each schedule, with a task for each KPI behind those that it reads."""

from __future__ import annotations

from kpictl.emit.emitter import Emission, Emitter, Files
from kpictl.emit.schedules import jobs


def make(emission: Emission) -> Files:
    """One file of DAGs, and how to put it in place."""
    compiled = emission.compiled(emission.options.dialect)
    dags = []
    for job in jobs(emission):
        tasks = []
        for name in job.kpis:
            kpi, lowered = emission.project.kpis[name], compiled[name].lowered
            reads = [] if lowered is None else [each for each in lowered.upstream if each in job.kpis]
            tasks.append(
                {
                    "kpi": name,
                    "owner": kpi.owner or "kpictl",
                    "label": kpi.label or name,
                    "doc": kpi.description or "",
                    "after": reads,
                }
            )
        dags.append({"name": f"kpi_{job.name.replace('-', '_')}", "cron": job.cron, "tasks": tasks})
    values = {"emission": emission, "dags": dags, "zone": emission.project.settings.timezone}
    return {
        "dags/kpictl_dags.py": emission.render("dags.py.j2", **values),
        "README.md": emission.render("README.md.j2", **values, tasks=len(emission.kpis)),
    }


EMITTER = Emitter(name="airflow", summary="a DAG for each schedule, with a task for each KPI", make=make)
