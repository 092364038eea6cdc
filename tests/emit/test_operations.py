"""Airflow loads the DAGs, Kubernetes' schemas, Compose's loader and the schemas of workflows take the files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from kpictl import api
from tests.emit import tools
from tests.emit.projects import emitted, hostile, shop
from tests.emit.tools import put, run

_DAGS = """
import json, os, sys, tempfile
os.environ.update(AIRFLOW_HOME=tempfile.mkdtemp(prefix="airflow-"), AIRFLOW__CORE__LOAD_EXAMPLES="False",
                  AIRFLOW__CORE__UNIT_TEST_MODE="True")
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(dag_folder=sys.argv[1])
print("FOUND" + json.dumps({"errors": {k: v[-400:] for k, v in bag.import_errors.items()}, "dags": {
    name: {"zone": str(dag.timezone), "schedule": dag.schedule, "tasks": [
        [t.task_id, sorted(t.upstream_task_ids), t.owner, t.task_display_name, t.doc] for t in dag.topological_sort()]}
    for name, dag in bag.dags.items()}}))
"""
_KUBERNETES = """
import sys, kubernetes_validate, yaml
for document in yaml.safe_load_all(sys.stdin.read()):
    try:
        kubernetes_validate.validate(document, sys.argv[1], strict=True)
    except Exception as error:
        print(document.get("kind"), getattr(error, "message", None) or error)
"""


def _dags(folder: Path) -> dict[str, dict[str, object]]:
    (folder / "load.py").write_text(_DAGS)
    code, said = run(tools.python_of("airflow"), "load.py", folder / "dags", cwd=folder)
    assert code == 0, said
    found = json.loads(said.split("FOUND")[1].splitlines()[0])
    assert not found["errors"], found["errors"]
    dags: dict[str, dict[str, object]] = found["dags"]
    return dags


def test_airflow_loads_the_dags(tmp_path: Path) -> None:
    dags = _dags(put(tmp_path / "out", emitted(shop(tmp_path / "shop"), "airflow")))
    assert set(dags) == {"kpi_daily_0100", "kpi_weekly_1_0500"}
    assert dags["kpi_daily_0100"]["zone"] == "Europe/Berlin"
    assert [task[0] for task in dags["kpi_daily_0100"]["tasks"]] == ["revenue", "orders_placed"]  # type: ignore[attr-defined]


def test_airflow_keeps_the_order_and_the_texts(tmp_path: Path) -> None:
    root, texts = hostile(tmp_path / "hostile")
    (root / "kpis" / "more.yml").write_text(
        "kpis: {per_order: {ratio: {numerator: kpi_00, denominator: kpi_01}, owner: x@y.example}}"
    )
    dags = _dags(put(tmp_path / "out", emitted(root, "airflow")))
    tasks = {task[0]: task for dag in dags.values() for task in dag["tasks"]}  # type: ignore[attr-defined]
    assert tasks["per_order"][1] == ["kpi_00", "kpi_01"]
    for i, text in enumerate(texts):
        assert tasks[f"kpi_{i:02}"][2:] == [text, text, text]


@pytest.mark.parametrize("release", ["1.29", "1.33"])
def test_kubernetes_schemas_hold(release: str, tmp_path: Path) -> None:
    files = emitted(shop(tmp_path / "shop"), "kubernetes")
    python = tools.python_of("kubernetes")
    (tmp_path / "check.py").write_text(_KUBERNETES)
    objects = [text for path, text in files.items() if path.endswith(".yml") and not path.endswith("kustomization.yml")]
    assert len(objects) >= 8
    text = "---\n".join(objects)
    for stream, good in ((text, True), (text.replace("backoffLimit: 2", "backofLimit: 2"), False)):
        (tmp_path / "stream.yml").write_text(stream)
        _, said = run("sh", "-c", f"{python} check.py {release} < stream.yml", cwd=tmp_path)
        assert (said.strip() == "") is good, said


def test_kustomizations_name_what_is_there(tmp_path: Path) -> None:
    files = emitted(shop(tmp_path / "shop"), "kubernetes")
    for path, text in files.items():
        if not path.endswith("kustomization.yml"):
            continue
        folder = Path(path).parent
        for each in yaml.safe_load(text)["resources"]:
            place = str(folder / each) if "/" not in each else f"{each.removeprefix('../../')}/kustomization.yml"
            assert place in files


def test_names_of_the_document(tmp_path: Path) -> None:
    files = emitted(shop(tmp_path / "shop"), "kubernetes")
    objects = [
        each
        for path, text in files.items()
        if path.endswith(".yml")
        for each in yaml.safe_load_all(text)
        if "metadata" in each
    ]
    named = {(each["kind"], each["metadata"]["name"]) for each in objects}
    assert ("Deployment", "kpi-ingestion") in named
    historical = next(each for each in objects if each["metadata"]["name"] == "druid-historical" and "spec" in each)
    assert historical["metadata"]["labels"]["app"] == "druid-historical"
    jobs = [each for each in objects if each["kind"] == "CronJob"]
    assert [(job["spec"]["schedule"], job["spec"]["timeZone"]) for job in jobs] == [
        ("0 1 * * *", "Europe/Berlin"),
        ("0 5 * * 1", "Europe/Berlin"),
    ]
    container = jobs[0]["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
    assert container["args"] == ["run", "revenue", "orders_placed"]
    assert {each["name"] for each in container["env"]} == {"KPI_STORE_DSN", "PGPASSWORD"}
    assert not any("value" in each for each in container["env"])


def test_compose_starts_the_documents_services(tmp_path: Path) -> None:
    loader = tools.compose()
    folder = put(tmp_path / "out", emitted(shop(tmp_path / "shop"), "docker"))
    for profiles, services in (
        ((), {"druid", "timescaledb", "redis"}),
        (("mongo",), {"druid", "timescaledb", "redis", "mongodb"}),
    ):
        code, said = run(loader, "compose.yml", *profiles, cwd=folder, USER="ann")
        assert code == 0, said
        found = json.loads(said)
        assert set(found["services"]) == services
        assert found["services"]["timescaledb"]["environment"]["POSTGRES_USER"] == "ann"
        assert all("healthcheck" in each for each in found["services"].values())
    (folder / "compose.yml").write_text((folder / "compose.yml").read_text().replace("healthcheck:", "healthchek:", 1))
    assert run(loader, "compose.yml", cwd=folder)[0] == 1


def test_the_local_output_is_the_documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = shop(tmp_path / "shop")
    folder = put(tmp_path / "out", emitted(root, "docker"))
    for name in ("DRUID_URL", "TIMESCALE_URL"):
        monkeypatch.delenv(name, raising=False)
    loaded = api.load(root, profiles_dir=folder, target="local")
    assert loaded.project is not None, loaded.diagnostics
    assert loaded.project.output is not None
    assert loaded.project.output.store.options["dsn"] == "postgresql://localhost:5432/timescale"
    monkeypatch.setenv("TIMESCALE_URL", "postgresql://elsewhere:5432/x")
    again = api.load(root, profiles_dir=folder, target="local").project
    assert again is not None
    assert again.output is not None
    assert again.output.store.options["dsn"] == "postgresql://elsewhere:5432/x"


def test_the_image_runs_as_nobody_else(tmp_path: Path) -> None:
    text = emitted(shop(tmp_path / "shop"), "docker")["Dockerfile"]
    stages = [line for line in text.splitlines() if line.startswith("FROM ")]
    assert len(stages) == 2
    assert text.index("USER 10001:10001") < text.index("ENTRYPOINT")


@pytest.mark.parametrize(
    ("artifact", "file", "schema"),
    [("github", ".github/workflows/kpis.yml", "github-workflows"), ("gitlab", ".gitlab-ci.yml", "gitlab-ci")],
)
def test_schemas_of_pipelines_hold(artifact: str, file: str, schema: str, tmp_path: Path) -> None:
    text = emitted(shop(tmp_path / "shop"), artifact)[file]
    checker = tools.python_of("workflows").parent / "check-jsonschema"
    for stream, good in ((text, 0), (text.replace("timeout-minutes", "timeout-minits").replace("stage:", "stge:"), 1)):
        (tmp_path / "x.yml").write_text(stream)
        code, said = run(checker, "--builtin-schema", f"vendor.{schema}", "x.yml", cwd=tmp_path)
        assert code == good, said
    assert "canary" not in text
