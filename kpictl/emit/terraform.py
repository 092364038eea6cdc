"""`terraform`: the service's infrastructure, in the layout of its document, for one cloud or for all.

What is to be made (KPIs, jobs, Druid's nodes, alarms) is decided once, in modules that know no cloud; `provider-specific/`
has a module a cloud that makes it. The root composes them. With `--cloud all` each cloud has a root of its own below
`clouds/`, as Terraform configures every provider that has a resource block, used or not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kpictl.diagnostics import Refused, did_you_mean
from kpictl.emit import clouds
from kpictl.emit.clouds import Cloud
from kpictl.emit.druid_cluster import ROLES, VERSION, ZOOKEEPER, common_properties, jvm_options, properties
from kpictl.emit.emitter import Emission, Emitter, Files
from kpictl.emit.findings import UnknownCloud
from kpictl.emit.grafana import alert_rules, boards
from kpictl.emit.hcl import carried, filled, hcl_value
from kpictl.emit.literals import Text, json_document
from kpictl.emit.schedules import jobs
from kpictl.emit.start import start_lines
from kpictl.model.cron import five_fields
from kpictl.model.kpis import Kpi, QuerySpec
from kpictl.plan.compiled import Compiled
from kpictl.plan.schedule import DEFAULT

HOME = "microservices/kpi-engine"
GROUPS = (
    ("business_kpis", "Business", "business"),
    ("user_kpis", "User", "users"),
    ("performance_kpis", "Performance", "performance"),
    ("custom_kpis", "Custom", "custom"),
)
"""Variable, title, and category; a category that is none of these is among the custom ones."""
_FILES = {"business": "business", "users": "user", "performance": "performance", "custom": "custom"}
_ENGINES = (("bigquery", "BigQuery", "gcp"), ("synapse", "Synapse", "azure"))
_SHAPES = {
    "bigquery": "object({\n"
    "    enabled = bool\n"
    "    dataset = string\n"
    "    tables = map(object({\n"
    "      partition = string\n"
    "      cluster = list(string)\n"
    "      columns = list(object({ name = string, type = string, mode = string, description = string }))\n"
    "    }))\n"
    "    queries = map(object({ schedule = string, query = string }))\n"
    "  })",
    "synapse": "object({ enabled = bool, pool = string, sku = string, admin = string, storage = string })",
}
# The document's cluster; historical nodes are druid_cluster_size and druid_storage_size_gb.
_DRUID: dict[str, dict[str, object]] = {
    "coordinator": {"count": 1, "instance_type": "m5.large", "storage_gb": 20},
    "historical": {"instance_type": "r5.xlarge"},
    "broker": {"count": 2, "instance_type": "c5.large"},
    "middlemanager": {"count": 2, "instance_type": "m5.large", "storage_gb": 50},
}
_MODULES = {
    "analytics": ("druid", "timescaledb", "bigquery", "synapse", "variables", "outputs", "versions"),
    "data-pipeline": ("ingestion", "transformation", "aggregation", "streaming", "variables", "outputs"),
    "kpi-definitions": ("variables", "outputs"),
    "monitoring": ("dashboards", "alerts", "logs", "variables", "outputs", "versions"),
}


def make(emission: Emission) -> Files:
    """The modules, a root or several, values of variables, and what to do with them."""
    wanted = _clouds(emission.options.cloud or "aws")
    several = emission.options.cloud == "all"
    files = _Files(emission, _values(emission, wanted))
    for folder, names in _MODULES.items():
        for name in names:
            files.put(f"{HOME}/{folder}/{name}.tf", f"{folder}/{name}.tf.j2")
    for group, title, category in GROUPS:
        files.put(
            f"{HOME}/kpi-definitions/{_FILES[category]}-metrics.tf",
            "kpi-definitions/metrics.tf.j2",
            title=f"{title} KPIs",
            group=group,
            category=category,
            metrics=hcl_value(_metrics(emission, category, wanted), 2),
        )
    files.put(f"{HOME}/analytics/druid/start.sh", "analytics/druid/start.sh.j2")
    for name, (_, board) in boards(emission).items():
        files.made[f"{HOME}/monitoring/dashboards/{name}.json"] = json_document(board)
    files.made[f"{HOME}/monitoring/rules.json"] = json_document(alert_rules(emission))
    for cloud in wanted:
        _cloud(files, cloud, f"{HOME}/clouds/{cloud.name}" if several else HOME)
    depth = "../../../../" if several else "../../"
    # Depth of a root below terraform/, where the values are.
    # terraform.tfvars has the document's values; its development has a single node.
    for path, environment, nodes in (("terraform", "dev", 3), ("dev", "dev", 1), ("prod", "prod", 3)):
        files.put(f"{path}.tfvars", "values.tfvars.j2", environment=environment, nodes=nodes, clouds=wanted)
    files.put(f"{HOME}/README.md", "README.md.j2", clouds=wanted, several=several, depth=depth, jobs=jobs(emission))
    if any(cloud.unchecked for cloud in wanted):
        files.put(f"{HOME}/.checkov.yaml", "checkov.yaml.j2", clouds=wanted)
    files.put("README.md", "top.md.j2", clouds=wanted)
    return files.made


class _Files:
    """Renders templates to files; HCL in the columns of `terraform fmt`."""

    def __init__(self, emission: Emission, values: Mapping[str, object]) -> None:
        self.emission = emission
        self._values = values
        self.made: Files = {}

    def put(self, path: str, template: str, **values: object) -> None:
        known = {**self._values, **values}
        is_hcl = path.endswith((".tf", ".tfvars"))
        render = self.emission.render
        self.made[path] = filled(render, template, known) if is_hcl else render(template, **known)


def _clouds(name: str) -> Sequence[Cloud]:
    known = clouds.names()
    if name == "all":
        return [clouds.cloud(each) for each in known]
    if name not in known:
        near = did_you_mean(name, known)
        help = [f"did you mean `{near[0]}`?"] if near else []
        raise Refused(
            [
                UnknownCloud.at(
                    None, f"there is no cloud `{name}`", help=[*help, f"there are {', '.join(known)}, and all"]
                )
            ]
        )
    return [clouds.cloud(name)]


def _cloud(files: _Files, cloud: Cloud, root: str) -> None:
    """The root and the module of a cloud."""
    base = "." if root == HOME else "../.."
    provider = Text(files.emission.render(f"{cloud.name}/provider.tf.j2", header=files.emission.header, cloud=cloud))
    for name in ("main", "variables", "outputs", "versions"):
        files.put(f"{root}/{name}.tf", f"{name}.tf.j2", cloud=cloud, base=base, provider=provider)
    module = f"{HOME}/provider-specific/{cloud.name}"
    for name in ("variables", "versions"):
        files.put(f"{module}/{name}.tf", f"cloud-{name}.tf.j2", cloud=cloud)
    for name in cloud.files:
        files.put(f"{module}/{name}", f"{cloud.name}/{name}.j2", cloud=cloud)


def _values(emission: Emission, wanted: Sequence[Cloud]) -> dict[str, object]:
    """What every template may use."""
    output = emission.project.output
    environment = {"KPICTL_PROJECT_DIR": "/project", "NO_COLOR": "1"}
    if output is not None:
        environment["KPICTL_TARGET"] = output.name
    names = {job.cron: job.name for job in jobs(emission)}
    common = common_properties() | {"druid.zk.service.host": "${env:DRUID_ZOOKEEPER}"}
    common["druid.extensions.loadList"] = common["druid.extensions.loadList"].replace(
        "]", ', "druid-s3-extensions", "druid-google-extensions", "druid-azure-extensions"]'
    )
    return {
        "emission": emission,
        "header": emission.header,
        "zone": emission.project.settings.timezone,
        "variables": hcl_value(list(emission.variables), 4),
        "reads": emission.variables,
        "secrets": "Further variables of the service's environment, from the secret store"
        + (f"; the profile reads {', '.join(emission.variables)}." if emission.variables else "."),
        "environment": hcl_value(environment, 2),
        "start": start_lines(4),
        "store": None if output is None else output.store.type,
        "names": hcl_value(names, 2),
        "groups": GROUPS,
        "engines": _ENGINES,
        "shapes": {name: Text(text) for name, text in _SHAPES.items()},
        "druid": [_druid_variable(role, what, value) for role, all in _DRUID.items() for what, value in all.items()],
        "common": hcl_value(common, 2),
        "properties": hcl_value({role.name: properties(role) for role in ROLES}, 2),
        "jvm": hcl_value({role.name: jvm_options(role) for role in ROLES}, 2),
        "memory": hcl_value({role.name: role.memory for role in ROLES}, 2),
        "image": f"apache/druid:{VERSION}",
        "zookeeper": f"zookeeper:{ZOOKEEPER}",
        "clouds": wanted,
    }


def _druid_variable(role: str, what: str, value: object) -> dict[str, object]:
    name = f"druid_{role}_{what}"
    found: dict[str, object] = {"role": role, "what": what, "default": value, "type": "number"}
    if what == "instance_type":
        said = "Type of the {} nodes: one of the cloud, or one of AWS, for which the cloud's nearest is taken."
        return found | {
            "type": "string",
            "description": said.format(role),
            "condition": f'can(regex("^[A-Za-z0-9][A-Za-z0-9._-]{{1,60}}$", var.{name}))',
            "error": f"{name} must be the name of a type of instance.",
        }
    low, high = (1, 50) if what == "count" else (20, 16000)
    return found | {
        "description": f"{role.capitalize()} nodes of Druid." if what == "count" else f"Disk of a {role} node in GB.",
        "condition": f"var.{name} >= {low} && var.{name} <= {high} && floor(var.{name}) == var.{name}",
        "error": f"{name} must be a whole number from {low} to {high}.",
    }


def _metrics(emission: Emission, category: str, wanted: Sequence[Cloud]) -> dict[str, object]:
    known = {each for _, _, each in GROUPS}
    mine = [kpi for kpi in emission.kpis if (kpi.category if kpi.category in known else "custom") == category]
    if not mine:
        return {}
    engines = dict.fromkeys(["timescale", "druid", *(engine for cloud in wanted for engine in cloud.engines)])
    compiled = {engine: emission.compiled(engine) for engine in engines}
    own = emission.compiled(None)
    return {
        kpi.name: _metric(kpi, own[kpi.name], {engine: nodes[kpi.name] for engine, nodes in compiled.items()})
        for kpi in mine
    }


def _metric(kpi: Kpi, own: Compiled, compiled: Mapping[str, Compiled]) -> dict[str, object]:
    """A KPI as data; what it does not have is left out."""
    query = kpi.spec.query if isinstance(kpi.spec, QuerySpec) else own.statement.sql if own.statement else None
    texts = {
        "label": kpi.label,
        "description": kpi.description,
        "owner": kpi.owner,
        "category": kpi.category,
        "unit": kpi.unit,
        "kind": kpi.kind,
        "grain": own.lowered.grain.unit if own.lowered else kpi.grain,
        "schedule": five_fields(kpi.schedule or DEFAULT),
        "retention": None if kpi.retention is None else str(kpi.retention),
        "tags": list(kpi.tags),
        "dimensions": list(own.lowered.dimensions if own.lowered else kpi.dimensions),
        "query": query,
    }
    found: dict[str, object] = {}
    for key, value in texts.items():
        if value is not None and value != []:
            found |= carried(key, value)
    sql: dict[str, object] = {}
    for engine, node in compiled.items():
        if node.statement is not None:
            sql |= carried(engine, node.statement.sql)
    return found | {"sql": sql}


EMITTER = Emitter(
    name="terraform",
    summary="the service on AWS, Google Cloud, Azure, OCI, IBM Cloud or Cloudflare (--cloud; default: aws; all: each)",
    make=make,
    options=("cloud",),
    folder="terraform",
)
