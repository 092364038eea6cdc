"""Values of the service's Terraform variables as a project: KPIs by category, sources, connections. Nothing secret is taken."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from kpictl.diagnostics import Diagnostic
from kpictl.imports.findings import NotCarried
from kpictl.imports.hcl_values import Value
from kpictl.records import dataclass

GROUPS = {"business_kpis": "business", "user_kpis": "users", "performance_kpis": "performance", "custom_kpis": "custom"}
KEYS = ("query", "schedule", "retention", "label", "description", "owner", "unit")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
_TYPES = {
    "postgresql": ("postgres", "dsn"),
    "mongodb": ("mongodb", "uri"),
    "cosmosdb": ("cosmosdb", "uri"),
    "druid": ("druid", "url"),
    "redshift": ("redshift", "dsn"),
}
_DEPLOYMENT = frozenset(
    "instance_count cpu_units memory_mb druid_cluster_size druid_storage_size_gb timescale_storage_gb enable_streaming "
    "stream_buffer_size processing_interval deployment_slot active_slot canary_percentage images domain alert_email tags "
    "druid_coordinator_count druid_coordinator_instance_type druid_coordinator_storage_gb druid_historical_instance_type "
    "druid_broker_count druid_broker_instance_type druid_middlemanager_count druid_middlemanager_instance_type "
    "druid_middlemanager_storage_gb grafana_url grafana_datasource_uid kubernetes_context kubernetes_config_path".split()
)
_KNOWN = frozenset(("service_name", "environment", "source_databases", "enable_druid", "enable_timescaledb", *GROUPS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """Documents of YAML by path, variables of the environment that the profile reads, and what was left out."""

    documents: Mapping[str, Mapping[str, object]]
    variables: tuple[str, ...]
    left_out: tuple[Diagnostic, ...]


def carry(values: Mapping[str, Value]) -> Carried:
    """A project of the values; what has no place in it is named."""
    left_out: list[Diagnostic] = []
    documents: dict[str, Mapping[str, object]] = {}
    for group, category in GROUPS.items():
        kpis = _kpis(group, values[group], left_out) if group in values else {}
        if kpis:
            documents[f"kpis/{category}/terraform.yml"] = {"category": category, "kpis": kpis}
    sources: dict[str, object] = {}
    connections: dict[str, object] = {}
    variables = []
    for number, kind, reads in _databases(values.get("source_databases"), left_out):
        name = f"{kind}_{number}"
        variable = f"SOURCE_DATABASE_{number}"
        type_, key = _TYPES[kind]
        connections[name] = {"type": type_, key: _from(variable)}
        variables.append(variable)
        for table in reads:
            if table.plain() in sources:
                left_out.append(_no(table, f"source `{table.plain()}` is named by two databases; the first is taken"))
            else:
                sources[str(table.plain())] = {"connection": name, "relation": str(table.plain())}
    if sources:
        documents["kpis/sources.terraform.yml"] = {"sources": sources}
    name = _text(values, "service_name", "kpi-engine")
    project = re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_") or "kpi_engine"
    environment = _text(values, "environment", "dev")
    if _truth(values, "enable_druid") and connections:
        connections["druid"] = {"type": "druid", "url": _from("DRUID_URL")}
        variables.append("DRUID_URL")
    kind = "timescale" if _truth(values, "enable_timescaledb") else "postgres"
    output = {"store": {"type": kind, "dsn": _from("KPI_STORE_DSN")}, "connections": connections}
    documents["kpi_project.yml"] = {"name": project}
    documents["profiles.yml"] = {project: {"target": environment, "outputs": {environment: output}}}
    left_out += _others(values)
    return Carried(documents=documents, variables=("KPI_STORE_DSN", *variables), left_out=tuple(left_out))


def _kpis(group: str, value: Value, left_out: list[Diagnostic]) -> dict[str, object]:
    if not isinstance(value.is_, Mapping):
        left_out.append(_no(value, f"`{group}` is no map of KPIs"))
        return {}
    found: dict[str, object] = {}
    for name, kpi in value.is_.items():
        if not _NAME.fullmatch(name):
            left_out.append(_no(kpi, f"`{name[:120]}` is no name for a KPI: lower-case letters, digits and _"))
        elif not isinstance(kpi.is_, Mapping) or not isinstance(_of(kpi, "query"), str):
            left_out.append(_no(kpi, f"`{name}` has no query"))
        else:
            texts = {key: text for key in KEYS if isinstance(text := _of(kpi, key), str)}
            found[name] = texts
            for key, each in kpi.is_.items():
                if key not in KEYS or not isinstance(each.is_, str):
                    left_out.append(_no(each, f"`{key[:120]}` of {name} is not carried"))
    return found


def _of(kpi: Value, key: str) -> object:
    assert isinstance(kpi.is_, Mapping)
    return kpi.is_[key].is_ if key in kpi.is_ else None


def _databases(value: Value | None, left_out: list[Diagnostic]) -> Iterator[tuple[int, str, list[Value]]]:
    """Number, kind and tables of each database; the numbers are those of the service's secrets."""
    for number, each in enumerate(value.is_ if value is not None and isinstance(value.is_, tuple) else (), 1):
        fields: Mapping[str, Value] = each.is_ if isinstance(each.is_, Mapping) else {}
        kind = fields["type"].is_ if "type" in fields else None
        if not isinstance(kind, str) or kind not in _TYPES:
            left_out.append(_no(each, f"a database of type `{str(kind)[:120]}` is not carried"))
            continue
        tables = [each for key in ("tables", "collections") if key in fields for each in _items(fields[key])]
        yield number, kind, [table for table in tables if isinstance(table.is_, str)]


def _items(value: Value) -> tuple[Value, ...]:
    return value.is_ if isinstance(value.is_, tuple) else ()


def _others(values: Mapping[str, Value]) -> Iterator[Diagnostic]:
    for name, value in values.items():
        if name in _DEPLOYMENT:
            yield _no(value, f"`{name}` says how the service is deployed: it stays with Terraform")
        elif name in ("enable_bigquery", "enable_synapse"):
            if value.is_ is True:
                yield _no(value, f"`{name}`: add a connection to profiles.yml; its credentials are not in the file")
        elif name not in _KNOWN:
            yield _no(value, f"`{name}` is not known here")


def _text(values: Mapping[str, Value], name: str, default: str) -> str:
    found = values[name].is_ if name in values else None
    return found if isinstance(found, str) and found else default


def _truth(values: Mapping[str, Value], name: str) -> bool:
    return name in values and values[name].is_ is True


def _from(variable: str) -> str:
    return f"{{{{ env_var('{variable}') }}}}"


def _no(value: Value, message: str) -> Diagnostic:
    return NotCarried.at(value.place, message)
