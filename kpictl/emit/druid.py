"""`druid`: queries with contexts, and of each data source how it is filled, kept and compacted; lookups; the cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kpictl.dialects import named
from kpictl.emit.alerts import slug
from kpictl.emit.costs import monthly
from kpictl.emit.druid_cluster import (
    ROLES,
    common_properties,
    druid_disk,
    druid_memory,
    jvm_options,
    properties,
)
from kpictl.emit.druid_ingestion import ingestion_files
from kpictl.emit.druid_rollups import roll_up
from kpictl.emit.druid_sources import data_sources, kept
from kpictl.emit.emitter import Emission, Emitter, Files
from kpictl.emit.literals import json_document
from kpictl.model.durations import Duration
from kpictl.model.kpis import Kpi
from kpictl.model.types import TIMESTAMPTZ
from kpictl.plan.compiled import Parameter, Statement

_ISO = {
    "second": "PT{}S",
    "minute": "PT{}M",
    "hour": "PT{}H",
    "day": "P{}D",
    "week": "P{}W",
    "month": "P{}M",
    "year": "P{}Y",
}
_RANGE = (Parameter(name="from", type=TIMESTAMPTZ), Parameter(name="to", type=TIMESTAMPTZ))


def make(emission: Emission) -> Files:
    """Requests, specifications and configuration as JSON, replacements as SQL, properties as text."""
    compiled = emission.compiled("druid")
    files: Files = {}
    for kpi in emission.kpis:
        files |= _queries("queries", kpi.name, compiled[kpi.name].statement, compiled[kpi.name].total)
    for category, kpis in emission.by_category.items():
        files[f"dashboards/{slug(category)}.json"] = json_document(_dashboard(kpis))
    for key in ("label", "unit", "owner", "category"):
        texts: Mapping[str, str | None] = {kpi.name: getattr(kpi, key) for kpi in emission.kpis}
        files[f"lookups/kpi_{key}.json"] = json_document(_lookup(texts))
    there, left = data_sources(emission)
    keep = kept(emission)
    for source in there:
        files |= ingestion_files(emission, source)
        rolled, unread = roll_up(emission, source)
        left = [*left, *unread]
        if rolled is not None:
            keep[rolled.name] = source.keep
            files |= ingestion_files(emission, source, rolled)
            for name, (finest, total) in rolled.queries.items():
                files |= _queries("queries/rollup", name, finest, total)
    for name, length in keep.items():
        files[f"rules/{name}.json"] = json_document(_rules(length))
        files[f"compaction/{name}.json"] = json_document(_compaction(name))
    files["cluster/_common/common.runtime.properties"] = _properties(emission, common_properties())
    for role in ROLES:
        files[f"cluster/{role.name}/runtime.properties"] = _properties(emission, properties(role))
        files[f"cluster/{role.name}/jvm.config"] = "\n".join(jvm_options(role)) + "\n"
    files["README.md"] = emission.render(
        "README.md.j2",
        emission=emission,
        queries=sum(path.startswith("queries/") for path in files),
        sources=[(source.name, source.time or "-", "yes" if source.appends else "no") for source in there],
        kept={name: "forever" if length is None else str(length) for name, length in keep.items()},
        left=left,
        roles=ROLES,
        memory=druid_memory(),
        disk=druid_disk(),
        cost=monthly(memory_gb=druid_memory(), disk_gb=druid_disk()),
    )
    return files


def iso_period(length: Duration) -> str:
    """A duration as ISO 8601 writes a period."""
    return f"P{length.n * 3}M" if length.unit == "quarter" else _ISO[length.unit].format(length.n)


def _queries(folder: str, name: str, finest: Statement | None, total: Statement | None) -> Files:
    """The bodies of `POST /druid/v2/sql`; values of parameters are examples, to be replaced."""
    found = {f"{folder}/{name}.json": finest, f"{folder}/{name}.total.json": total}
    return {path: json_document(_request(each)) for path, each in found.items() if each is not None}


def _dashboard(kpis: Sequence[Kpi]) -> dict[str, object]:
    """The stored values of a category's KPIs, for a chart: a series a KPI and combination of dimensions."""
    marks = ", ".join("?" for _ in kpis)
    sql = (
        'SELECT "__time" AS "time", "kpi_name", "dimensions", "kpi_value", "status" FROM "kpi_metrics"'
        ' WHERE "__time" >= CAST(? AS TIMESTAMP) AND "__time" < CAST(? AS TIMESTAMP)'
        f' AND "kpi_name" IN ({marks}) ORDER BY "__time"'
    )
    names = [{"type": "VARCHAR", "value": kpi.name} for kpi in kpis]
    made = _request(Statement(sql=sql, parameters=_RANGE, settings=named("druid").settings))
    given = made["parameters"]
    assert isinstance(given, list)
    return made | {"parameters": [*given, *names], "_parameters": ["from", "to", *("kpi" for _ in kpis)]}


def _lookup(texts: Mapping[str, str | None]) -> dict[str, object]:
    """https://druid.apache.org/docs/latest/querying/lookups#map-lookup; `LOOKUP(kpi_name, 'kpi_label')` in SQL."""
    return {"type": "map", "map": {name: text for name, text in texts.items() if text is not None}}


def _request(statement: Statement) -> dict[str, object]:
    examples = {"from": "2024-01-01 00:00:00", "to": "2024-02-01 00:00:00", "as_of": "2024-01-31 23:59:59.999"}
    return {
        "query": statement.sql,
        "resultFormat": "object",
        "context": dict(statement.settings),
        "parameters": [{"type": "TIMESTAMP", "value": examples[each.name]} for each in statement.parameters],
        "_parameters": [each.name for each in statement.parameters],
    }


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
    summary="ingestion, roll-ups, retention, compaction, lookups, queries with their contexts, a cluster's properties",
    make=make,
)
