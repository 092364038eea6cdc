"""`druid`: queries with their contexts, retention and compaction of each data source, and the cluster's properties."""

from __future__ import annotations

import re

from kpictl.emit.druid_cluster import ROLES, common_properties, jvm_options, properties
from kpictl.emit.emitter import Emission, Emitter, Files
from kpictl.emit.literals import json_document
from kpictl.model.durations import Duration
from kpictl.model.store_schema import longest
from kpictl.plan.compiled import Compiled, Statement

_ISO = {
    "second": "PT{}S",
    "minute": "PT{}M",
    "hour": "PT{}H",
    "day": "P{}D",
    "week": "P{}W",
    "month": "P{}M",
    "year": "P{}Y",
}
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def make(emission: Emission) -> Files:
    """Requests and configuration as JSON, properties as text."""
    compiled = emission.compiled("druid")
    files: Files = {}
    for kpi in emission.kpis:
        for path, body in _queries(compiled[kpi.name]).items():
            files[path] = json_document(body)
    kept = _data_sources(emission)
    for name, keep in kept.items():
        files[f"rules/{name}.json"] = json_document(_rules(keep))
        files[f"compaction/{name}.json"] = json_document(_compaction(name))
    files["cluster/_common/common.runtime.properties"] = _properties(emission, common_properties())
    for role in ROLES:
        files[f"cluster/{role.name}/runtime.properties"] = _properties(emission, properties(role))
        files[f"cluster/{role.name}/jvm.config"] = "\n".join(jvm_options(role)) + "\n"
    files["README.md"] = emission.render(
        "README.md.j2",
        emission=emission,
        queries=sum(path.startswith("queries/") for path in files),
        kept={name: "forever" if keep is None else str(keep) for name, keep in kept.items()},
        roles=ROLES,
    )
    return files


def iso_period(length: Duration) -> str:
    """A duration as ISO 8601 writes a period."""
    return f"P{length.n * 3}M" if length.unit == "quarter" else _ISO[length.unit].format(length.n)


def _queries(node: Compiled) -> dict[str, object]:
    """The bodies of `POST /druid/v2/sql`; values of parameters are examples, to be replaced."""
    found = {f"queries/{node.name}.json": node.statement, f"queries/{node.name}.total.json": node.total}
    return {path: _request(statement) for path, statement in found.items() if statement is not None}


def _request(statement: Statement) -> dict[str, object]:
    examples = {"from": "2024-01-01 00:00:00", "to": "2024-02-01 00:00:00", "as_of": "2024-01-31 23:59:59.999"}
    return {
        "query": statement.sql,
        "resultFormat": "object",
        "context": dict(statement.settings),
        "parameters": [{"type": "TIMESTAMP", "value": examples[each.name]} for each in statement.parameters],
        "_parameters": [each.name for each in statement.parameters],
    }


def _data_sources(emission: Emission) -> dict[str, Duration | None]:
    """What the KPIs read that is on Druid, and the values themselves, with how long each is kept."""
    found: dict[str, Duration | None] = {"kpi_metrics": longest(kpi.retention for kpi in emission.kpis)}
    output = emission.project.output
    on_druid = {each.name for each in output.connections if each.type == "druid"} if output is not None else set()
    for source in emission.project.sources.values():
        name = source.relation.rpartition(".")[2]
        if (source.connection in on_druid or (source.connection is None and on_druid)) and _NAME.fullmatch(name):
            found[name] = source.retention
    return found


def _rules(keep: Duration | None) -> list[dict[str, object]]:
    """https://druid.apache.org/docs/latest/operations/rule-configuration"""
    load = {"tieredReplicants": {"_default_tier": 2}, "useDefaultTierForNull": True}
    if keep is None:
        return [{"type": "loadForever", **load}]
    return [
        {"type": "loadByPeriod", "period": iso_period(keep), "includeFuture": True, **load},
        {"type": "dropForever"},
    ]


def _compaction(name: str) -> dict[str, object]:
    """https://druid.apache.org/docs/latest/api-reference/automatic-compaction-api"""
    return {
        "dataSource": name,
        # Late rows come in: a day is compacted once it has been left alone.
        "skipOffsetFromLatest": "P2D",
        "tuningConfig": {"partitionsSpec": {"type": "dynamic", "maxRowsPerSegment": 5000000}},
        "granularitySpec": {"segmentGranularity": "DAY"},
    }


def _properties(emission: Emission, values: dict[str, str]) -> str:
    return emission.render("runtime.properties.j2", header=emission.header, values=values)


EMITTER = Emitter(
    name="druid",
    summary="queries with their contexts, retention and compaction rules, a cluster's properties",
    make=make,
)
