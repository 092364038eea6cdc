"""Terraform itself takes the files: formatted, valid, and planned for every cloud, environment, slot and canary."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kpictl.emit import clouds
from tests.emit.projects import emitted, shop
from tests.emit.terraform import schemas
from tests.emit.terraform.terraform import Terraform, terraform
from tests.emit.tools import put

HERE = Path(__file__).parent / "terraform"
CLOUDS = clouds.names()
HOME = "microservices/kpi-engine"
MATRIX = [(e, slot, canary) for e in ("dev", "prod") for slot in ("blue", "green") for canary in (0, 10, 100)]
PASSWORDS = ("user:pass@", "canary-77")


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The files of each cloud, and those of all."""
    base = tmp_path_factory.mktemp("terraform")
    root = shop(base / "shop")
    return {name: put(base / "out" / name, emitted(root, "terraform", cloud=name)) for name in (*CLOUDS, "all")}


@pytest.fixture(scope="module")
def tool(trees: dict[str, Path]) -> Iterator[Terraform]:
    with terraform(trees[CLOUDS[0]].parent) as found:
        yield found


@pytest.fixture(scope="module", params=CLOUDS)
def cloud(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def expected(cloud: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((HERE / "clouds" / f"{cloud}.yml").read_text())
    return found


@pytest.fixture(scope="module")
def root(cloud: str, trees: dict[str, Path], tool: Terraform, expected: dict[str, Any]) -> Path:
    """The root of a cloud, initialised; what must be given is in a file that terraform reads by itself."""
    tool.needs(clouds.cloud(cloud).provider)
    folder = trees[cloud] / HOME
    (folder / "given.auto.tfvars").write_text(
        "".join(f"{k} = {json.dumps(v)}\n" for k, v in expected["variables"].items())
    )
    tool.good(folder, "init", "-no-color", "-input=false")
    return folder


@pytest.fixture(scope="module")
def plans(root: Path, tool: Terraform, cloud: str) -> dict[str, dict[str, Any]]:
    """Every case of the matrix, and some more."""
    cases = {
        f"{e}_{slot}_{canary}": _variables(environment=e, active_slot=slot, canary_percentage=canary)
        for e, slot, canary in MATRIX
    }
    cases["deploying"] = _variables(deployment_slot="green")
    metadata = {f"DRUID_METADATA_{part}": f"canary-77 {part}" for part in ("URI", "USER", "PASSWORD")}
    dsn = {"KPI_STORE_DSN": "postgresql://kpi:canary-77@elsewhere/kpi", **metadata}
    cases["no_druid"] = _variables(enable_druid=False, enable_streaming=False)
    cases["no_timescaledb"] = _variables(enable_timescaledb=False, service_secrets=dsn)
    for engine in clouds.cloud(cloud).engines:
        cases[f"with_{engine}"] = _variables(**{f"enable_{engine}": True})
    cases["given"] = _variables(custom_kpis={"given": {"query": "SELECT 1"}})
    cases["sized"] = _variables(druid_storage_size_gb=500, kubernetes_context="here")
    cases["kubernetes"] = _variables(kubernetes_context="here")
    cases["single"] = _variables(druid_cluster_size=1, grafana_url="https://grafana.example", grafana_auth="canary-77")
    return tool.plans(root, cases)


def _variables(**values: object) -> str:
    lines = "".join(f"    {name} = {_hcl(value)}\n" for name, value in values.items())
    return f"  variables {{\n{lines}  }}\n"


def _hcl(value: object) -> str:
    return json.dumps(value)


def _resources(plan: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Planned values of what is made, by address."""
    return {
        each["address"]: {**each["change"]["after"], "@type": each["type"], "@name": each["name"]}
        for each in plan["resource_changes"]
        if each["mode"] == "managed"
    }


def _types(plan: dict[str, Any]) -> set[str]:
    return {each["@type"] for each in _resources(plan).values()}


def _at(value: Any, path: str) -> Any:
    for part in path.split("."):
        value = value[int(part)] if part.isdigit() else value[part]
    return value


def test_formatted(trees: dict[str, Path], tool: Terraform) -> None:
    tool.good(trees[CLOUDS[0]].parent, "fmt", "-check", "-diff", "-no-color", "-recursive", ".")


def test_quick_start(root: Path, tool: Terraform, expected: dict[str, Any]) -> None:
    """`terraform init`, then `plan -var-file="../../terraform.tfvars"`, with nothing else; no secret is seen."""
    plan = tool.plan(root, "-var-file=../../terraform.tfvars", f"-var-file={HERE / 'document.tfvars'}")
    text = json.dumps({k: v for k, v in plan.items() if k not in ("variables", "configuration")})
    hidden = [each for each in plan["resource_changes"] if each["type"] in expected["secret"]]
    for each in hidden:
        for part in (each, *_inside(plan["planned_values"], each["address"])):
            text = text.replace(json.dumps(part), "")
    assert "user:pass@" not in text
    assert "user:pass@" not in json.dumps(plan["configuration"])
    how = expected["jobs"]
    there = [r for r in _resources(plan).values() if r["@type"] == how["type"]]
    assert len(there) >= (1 if how.get("list") or how.get("one") else 5)


def test_values_of_environments(root: Path, tool: Terraform, cloud: str) -> None:
    """dev.tfvars and prod.tfvars; they are the same for every cloud."""
    if cloud != CLOUDS[0]:
        pytest.skip("asked of the first cloud")
    for environment in ("dev", "prod"):
        plan = tool.plan(root, f"-var-file=../../{environment}.tfvars")
        assert plan["variables"]["environment"]["value"] == environment
        assert _types(plan)


def _inside(module: Any, address: str) -> Iterator[Any]:
    if isinstance(module, dict):
        if module.get("address") == address:
            yield module
        for each in module.values():
            yield from _inside(each, address)
    elif isinstance(module, list):
        for each in module:
            yield from _inside(each, address)


@pytest.mark.parametrize(("environment", "slot", "canary"), MATRIX)
def test_weights(
    plans: dict[str, dict[str, Any]], expected: dict[str, Any], environment: str, slot: str, canary: int
) -> None:
    """They sum to 100, the canary gets its part, and a slot without part in it does not run."""
    plan = plans[f"{environment}_{slot}_{canary}"]
    other = "green" if slot == "blue" else "blue"
    wanted = {slot: 100 - canary, other: canary} if canary else {slot: 100}
    assert plan["output_changes"]["slots"]["after"] == wanted
    assert _weights(plan, expected) == sorted(wanted.values())
    assert _slots(plan, expected) == set(wanted)


def _weights(plan: dict[str, Any], expected: dict[str, Any]) -> list[float]:
    """The part of each slot, wherever the cloud keeps it."""
    how = expected["weights"]
    found: dict[str, float] = {}
    for address, made in _resources(plan).items():
        if (made["@type"], made["@name"]) != (how["type"], how["name"]):
            continue
        for i, entry in enumerate(_at(made, how["list"]) if how.get("list") else [made]):
            off = (how.get("enabled") and not entry[how["enabled"]]) or (how.get("drained") and entry[how["drained"]])
            weight = 0 if off else round(float(entry[how["weight"]]) * how.get("scale", 1))
            # Instances of a slot all have its weight.
            slot = re.sub(r'-\d+"]$', "", address) if how.get("shared") else f"{address}{i}"
            assert found.setdefault(slot, weight) == weight
    return sorted(found.values())


def _slots(plan: dict[str, Any], expected: dict[str, Any]) -> set[str]:
    there = [str(each.get("index")) for each in plan["resource_changes"] if each["type"] == expected["slot"]]
    return {found[1] for name in there if (found := re.fullmatch(r"(blue|green)(-\d+)?", name))}


def test_a_slot_that_is_deployed_runs_without_traffic(
    plans: dict[str, dict[str, Any]], expected: dict[str, Any]
) -> None:
    assert _slots(plans["deploying"], expected) == {"blue", "green"}
    assert _weights(plans["deploying"], expected) == [0, 100]


def test_what_holds_data_is_the_same_for_every_slot(plans: dict[str, dict[str, Any]], cloud: str, root: Path) -> None:
    types = clouds.cloud(cloud).stateful
    for environment in ("dev", "prod"):
        seen = []
        for slot in ("blue", "green"):
            for canary in (0, 10, 100):
                made = _resources(plans[f"{environment}_{slot}_{canary}"])
                seen.append({address: r for address, r in made.items() if r["@type"] in types})
        assert seen[0]
        assert all(each == seen[0] for each in seen)


def test_what_holds_data_knows_no_slot_and_is_not_destroyed(root: Path, cloud: str) -> None:
    """Neither directly nor through locals."""
    text = "\n".join(p.read_text() for p in (root / "provider-specific" / cloud).glob("*.tf"))
    local = dict(re.findall(r"^  (\w+)\s+= (.*(?:\n(?:    .*|  [}\])].*|))*)", text, re.M))
    blocks = re.findall(r'^resource "(\w+)" "\w+" \{\n.*?^\}', text, re.M | re.S)
    assert set(clouds.cloud(cloud).stateful) <= set(blocks)
    for found in re.finditer(r'^resource "(\w+)" "\w+" \{\n.*?^\}', text, re.M | re.S):
        if found[1] not in clouds.cloud(cloud).stateful:
            continue
        reached, open = set(), [found[0]]
        while open:
            body = open.pop()
            assert not re.search(r"var\.(slots|job_image)\b", body), found[0]
            for name in set(re.findall(r"\blocal\.(\w+)", body)) - reached:
                reached.add(name)
                open.append(local.get(name, ""))
        assert "prevent_destroy = true" in found[0], found[0]


def test_disabled_engines_make_nothing(plans: dict[str, dict[str, Any]], cloud: str, expected: dict[str, Any]) -> None:
    for engine, types in expected["engines"].items():
        own = engine in clouds.cloud(cloud).engines
        there, gone = (
            (f"with_{engine}", "dev_blue_0") if own else ("dev_blue_0", f"no_{engine}".replace("streaming", "druid"))
        )
        assert set(types) <= _types(plans[there])
        assert not set(types) & _types(plans[gone])


def test_druid_is_a_node_or_a_cluster_or_pods(plans: dict[str, dict[str, Any]], expected: dict[str, Any]) -> None:
    for kind in expected["engines"]["druid"][:1]:
        for case, count in (("dev_blue_0", 8), ("single", 1), ("kubernetes", 0)):
            assert len([r for r in _resources(plans[case]).values() if r["@type"] == kind]) == count, case
    pods = [r for r in _resources(plans["kubernetes"]).values() if r["@type"] == "kubernetes_stateful_set_v1"]
    labels = {r["metadata"][0]["name"]: r["spec"][0]["template"][0]["metadata"][0]["labels"]["app"] for r in pods}
    assert labels["druid-historical"] == "druid-historical"
    assert {r["metadata"][0]["name"]: int(r["spec"][0]["replicas"]) for r in pods} == {
        "druid-coordinator": 1, "druid-historical": 3, "druid-broker": 2, "druid-middlemanager": 2, "druid-zookeeper": 1,
    }  # fmt: skip


def test_pods_may_take_what_their_processes_do(plans: dict[str, dict[str, Any]]) -> None:
    """Heap and direct memory of the arguments, with room for the JVM itself."""
    made = _resources(plans["kubernetes"]).values()
    pods = [
        r["spec"][0]["template"][0]["spec"][0]["container"] for r in made if r["@type"] == "kubernetes_stateful_set_v1"
    ]
    assert len(pods) == 5
    for container in (each for pod in pods for each in pod):
        said = container["resources"][0]
        assert said["requests"]["cpu"]
        limit = int(said["limits"]["memory"].removesuffix("Gi")) * 1024
        text = " ".join(container["args"] or ())
        taken = [int(n) * {"m": 1, "g": 1024}[unit] for n, unit in re.findall(r"(?:-Xmx|MemorySize=)(\d+)([mg])", text)]
        assert len(taken) == (0 if container["name"] == "zookeeper" else 2)
        assert sum(taken) * 1.15 <= limit, container["name"]


def test_segments_fit_the_disk(plans: dict[str, dict[str, Any]]) -> None:
    for case, wanted in (("kubernetes", "80g"), ("sized", "400g")):
        maps = [r for r in _resources(plans[case]).values() if r["@type"] == "kubernetes_config_map_v1"]
        text = "".join(r["data"].get("runtime.properties", "") for r in maps)
        assert f'"maxSize":"{wanted}"' in text, case


def test_definitions_make_a_new_release(plans: dict[str, dict[str, Any]], cloud: str) -> None:
    """Containers read them when they start, so what runs already has to be replaced."""
    if cloud == "cloudflare":
        pytest.skip("Workers compute nothing")
    found = [
        set(re.findall(r"[0-9a-f]{64}", json.dumps(list(_resources(plans[case]).values()))))
        for case in ("dev_blue_0", "given")
    ]
    if not found[0]:
        pytest.skip("what a container is told is known after apply")
    assert found[0] != found[1]


def test_grafana_gets_boards_and_rules(plans: dict[str, dict[str, Any]]) -> None:
    assert not any(each.startswith("grafana_") for each in _types(plans["dev_blue_0"]))
    made = [r for r in _resources(plans["single"]).values() if r["@type"] == "grafana_rule_group"]
    assert len(made) == 1
    assert len(made[0]["rule"]) == 3
    assert "grafana_dashboard" in _types(plans["single"])


def test_names_and_tags(plans: dict[str, dict[str, Any]], expected: dict[str, Any]) -> None:
    for environment in ("dev", "prod"):
        made = _resources(plans[f"{environment}_blue_0"]).values()
        for kind, key in expected["named"].items():
            names = {r[key] for r in made if r["@type"] == kind}
            assert names, kind
            assert all(f"kpi-engine-{environment}" in name for name in names), names
        if expected["tags"] is None:
            continue
        tagged = [r for r in made if isinstance(r.get(expected["tags"]), dict)]
        assert tagged
        for each in tagged:
            tags = each[expected["tags"]]
            assert (tags["service"], tags["environment"]) == ("kpi-engine", environment), each


def test_no_secret_is_in_a_plan(plans: dict[str, dict[str, Any]], expected: dict[str, Any]) -> None:
    for name, plan in plans.items():
        kept = [each for each in plan["resource_changes"] if each["type"] not in expected["secret"]]
        text = json.dumps([kept, plan["output_changes"]])
        assert "canary-77" not in text, name


def test_no_secret_is_in_a_file_or_a_default(trees: dict[str, Path], cloud: str) -> None:
    for path in trees[cloud].rglob("*"):
        if path.suffix in (".tf", ".tfvars", ".sh", ".json", ".md") and ".terraform" not in path.parts:
            assert not re.search(r'(password|secret_string|token)\s*=\s*"[^"$]', path.read_text()), path


def test_schedules(root: Path, tool: Terraform, expected: dict[str, Any]) -> None:
    """What a cloud's scheduler is told of each form of cron."""
    if "schedules" not in expected:
        pytest.skip("this cloud has no schedules: kpictl schedule runs")
    kpis = {f"k{i}": {"query": "SELECT 1", "schedule": cron} for i, cron in enumerate(expected["schedules"])}
    plan = tool.plans(root, {"schedules": _variables(custom_kpis=kpis)})["schedules"]
    said = plan["output_changes"]["jobs"]["after"]
    how = expected["jobs"]
    made = {r.get("index"): r["change"]["after"] for r in plan["resource_changes"] if r["type"] == how["type"]}
    if how.get("list"):
        told = {entry[how["schedule"]] for each in made.values() for entry in each[how["list"]]}
        assert set(expected["schedules"].values()) <= told
        return
    for name, cron in said.items():
        if cron in expected["schedules"]:
            assert _at(made[name], how["schedule"]) == expected["schedules"][cron], cron
        if "zone" in how:
            assert _at(made[name], how["zone"]) == "Europe/Berlin"


def test_variables_are_validated(cloud: str, trees: dict[str, Path], tool: Terraform, tmp_path: Path) -> None:
    """Each line of the data file: a variable, values that are refused, and what else is given."""
    folder = put(tmp_path, {"variables.tf": (trees[cloud] / HOME / "variables.tf").read_text()})
    tool.good(folder, "init", "-no-color", "-input=false")
    rows = yaml.safe_load((HERE / "variables.yml").read_text())
    there = [row for row in rows if row[0].removeprefix("enable_") not in clouds.cloud(cloud).engines]
    given = yaml.safe_load((HERE / "clouds" / f"{cloud}.yml").read_text())["variables"]
    cases = {
        f"{variable}_{i}": f"  expect_failures = [var.{variable}]\n" + _variables(**{**given, variable: value, **more})
        for variable, values, more in (there if cloud == CLOUDS[0] else [row for row in there if "enable" in row[0]])
        for i, value in enumerate(values)
    }
    assert tool.refused(folder, cases) == set(cases)


def test_every_variable_has_type_description_and_validation(trees: dict[str, Path], cloud: str) -> None:
    text = (trees[cloud] / HOME / "variables.tf").read_text()
    blocks = re.findall(r'^variable "(\w+)" \{\n(.*?)^\}', text, re.M | re.S)
    assert len(blocks) == text.count("\nvariable ")
    for name, body in blocks:
        for part in (r"^  type +=", r"^  description +=", r"^  validation \{"):
            assert re.search(part, body, re.M), (name, part)
    wanted = set(re.findall(r"^(\w+) *=", (HERE / "document.tfvars").read_text(), re.M))
    assert wanted - {"query"} <= {name for name, _ in blocks}


def test_mutants_are_caught(root: Path, cloud: str, tool: Terraform, expected: dict[str, Any]) -> None:
    """A missing argument, a wrong type, an unknown block: terraform says so."""
    for file, old, new, says in expected["mutants"]:
        path = root / "provider-specific" / cloud / file
        text = path.read_text()
        assert re.search(_loose(old), text), old
        path.write_text(re.sub(_loose(old), lambda _, new=new: new, text, count=1))
        code, said = tool.run(root, "validate", "-no-color")
        path.write_text(text)
        assert code == 1, (file, old)
        assert says in " ".join(said.replace("│", " ").split()), said


def _loose(text: str) -> str:
    """A pattern of the text with any spaces, as columns depend on neighbours."""
    return re.sub(r"(\\ )+", " +", re.escape(text))


def test_keys_of_nested_attributes_are_known(root: Path, cloud: str, expected: dict[str, Any]) -> None:
    """Terraform drops those that a provider does not know, without a word."""
    if "nested" not in expected:
        pytest.skip("blocks, which terraform checks")
    provider = clouds.cloud(cloud).provider
    (schema,) = schemas.parts([provider], set(expected["nested"]), set(), set(expected["nested"].values())).values()
    text = "\n".join(path.read_text() for path in (root / "provider-specific" / cloud).glob("*.tf"))
    for kind, name in expected["nested"].items():
        known = set(_known(schema["resource_schemas"][kind]["block"]["attributes"][name]))
        for body in re.findall(rf'^resource "{kind}" .*?^\}}', text, re.M | re.S):
            (value,) = re.findall(rf"^  {name} += (.*?)^  [])}}]", body, re.M | re.S)
            keys = set(re.findall(r"(?:^|[{,]) *(\w+) += ", value, re.M))
            assert keys, kind
            assert keys <= known, keys - known


def _known(attribute: dict[str, Any]) -> Iterator[str]:
    """Names of what is inside, at any depth; those of a header are the user's."""
    for name, each in attribute.get("nested_type", {}).get("attributes", {}).items():
        yield name
        yield from _known(each)


def test_a_root_a_cloud(trees: dict[str, Path], cloud: str, tool: Terraform) -> None:
    """`--cloud all` writes shared modules once, and a root that needs its own provider alone."""
    tool.needs(clouds.cloud(cloud).provider)
    folder = trees["all"] / HOME / "clouds" / cloud
    tool.good(folder, "init", "-no-color", "-input=false")
    tool.good(folder, "validate", "-no-color")
    required = [each for path in trees["all"].rglob(f"{cloud}/versions.tf") for each in _sources(path)]
    assert {each for each in required if each not in _SHARED} == {clouds.cloud(cloud).source}
    assert not [
        each for path in (trees["all"] / HOME).glob("*/versions.tf") for each in _sources(path) if each not in _SHARED
    ]


_SHARED = ("grafana/grafana", "hashicorp/kubernetes", "hashicorp/random")


def _sources(path: Path) -> list[str]:
    return re.findall(r'source += "([^"]+)"', path.read_text())
