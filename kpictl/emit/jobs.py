"""`jobs`: plain SQL with a manifest, for people who have a scheduler of their own."""

from __future__ import annotations

from collections.abc import Mapping

from kpictl.emit.emitter import Emission, Emitter, Files
from kpictl.emit.literals import Text, json_document
from kpictl.emit.schedules import jobs
from kpictl.model.kpis import Kpi
from kpictl.plan.compiled import Compiled, Statement


def make(emission: Emission) -> Files:
    """A file for each statement, `manifest.json`, and what to do with them."""
    compiled = emission.compiled(emission.options.dialect)
    there = [kpi for kpi in emission.kpis if compiled[kpi.name].statement is not None]
    files: Files = {}
    for kpi in there:
        node = compiled[kpi.name]
        for path, statement in statements(node).items():
            files[path] = emission.render(
                "statement.sql.j2",
                header=emission.header,
                kpi=kpi,
                sql=Text(statement.sql.rstrip().rstrip(";")),
                parameters=[each.name for each in statement.parameters],
                settings=dict(statement.settings),
            )
    names = {kpi.name for kpi in there}
    files["manifest.json"] = json_document(
        {
            "made_by": list(emission.header),
            "schema_version": 1,
            "project": emission.name,
            "timezone": emission.project.settings.timezone,
            "jobs": [
                {"name": job.name, "cron": job.cron, "kpis": [name for name in job.kpis if name in names]}
                for job in jobs(emission)
            ],
            "kpis": [described(kpi, compiled[kpi.name]) for kpi in there],
        }
    )
    files["README.md"] = emission.render(
        "README.md.j2",
        emission=emission,
        jobs=jobs(emission),
        dialects=sorted({compiled[kpi.name].dialect for kpi in there}),
        kpis=len(there),
        left_out=len(compiled) - len(there),
    )
    return files


def statements(node: Compiled) -> Mapping[str, Statement]:
    """The statements of a KPI by file: by its dimensions, and of the total."""
    found = {f"sql/{node.name}.sql": node.statement, f"sql/{node.name}.total.sql": node.total}
    return {path: statement for path, statement in found.items() if statement is not None}


def about(kpi: Kpi) -> dict[str, object]:
    """What a manifest says of a KPI for people."""
    return {
        "name": kpi.name,
        "label": kpi.label,
        "description": kpi.description,
        "owner": kpi.owner,
        "category": kpi.category,
        "tags": list(kpi.tags),
        "unit": kpi.unit,
    }


def described(kpi: Kpi, node: Compiled) -> dict[str, object]:
    """A KPI in the manifest."""
    lowered = node.lowered
    return {
        **about(kpi),
        "grain": None if lowered is None else lowered.grain.unit,
        "dimensions": [] if lowered is None else list(lowered.dimensions),
        "reads": [] if lowered is None else list(lowered.upstream),
        "has_time": lowered is not None and lowered.reading.value != "snapshot",
        "retention": None if kpi.retention is None else str(kpi.retention),
        "dialect": node.dialect,
        "connection": node.connection,
        "settings": dict(node.statement.settings) if node.statement is not None else {},
        "statements": [
            {"file": path, "total": path.endswith(".total.sql"), "parameters": [p.name for p in statement.parameters]}
            for path, statement in statements(node).items()
        ],
    }


EMITTER = Emitter(
    name="jobs",
    summary="plain SQL files with a manifest, for a scheduler of your own",
    make=make,
    options=("dialect",),
)
