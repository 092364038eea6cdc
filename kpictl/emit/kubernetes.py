"""`kubernetes`: a Kustomize base that runs every schedule as a CronJob, components for the service and for Druid, overlays."""

from __future__ import annotations

from collections.abc import Sequence

from kpictl.emit.costs import monthly
from kpictl.emit.druid_cluster import druid_disk, druid_memory, druid_objects
from kpictl.emit.emitter import Emission, Emitter, Files
from kpictl.emit.schedules import Job, jobs
from kpictl.emit.yaml_text import yaml_documents

NAME = "kpi-engine"
_PORTS = {
    "postgres": (5432,), "timescale": (5432,), "redshift": (5439,), "synapse": (1433,), "mongodb": (27017,),
    "druid": (8082, 8888), "bigquery": (443,), "snowflake": (443,), "cosmosdb": (443,), "duckdb": (443,),
}  # fmt: skip
Object = dict[str, object]
_SERVICE_MEMORY = 6
"""GB: the limits of the service's two pods and of the one that ingests."""


def make(emission: Emission) -> Files:
    """Base, components, overlays."""
    runs = jobs(emission)
    base: dict[str, Sequence[Object]] = {
        "serviceaccount.yml": [_service_account()],
        "configmap.yml": [_config_map(emission)],
        "cronjobs.yml": [_cron_job(emission, job) for job in runs],
        "networkpolicy.yml": [_network_policy(emission)],
    }
    service: dict[str, Sequence[Object]] = {
        "engine.yml": [_deployment(emission, NAME, ["serve", "--host", "0.0.0.0", "--port", "8080"], probes=True)],
        "ingestion.yml": [_deployment(emission, "kpi-ingestion", ["ingest", "--watch"], probes=False)],
        "service.yml": [_service(), _disruption_budget()],
    }
    files: Files = {}
    _folder(emission, files, "base", base, _kustomization([*base]))
    _folder(emission, files, "components/service", service, _component([*service]))
    _folder(emission, files, "components/druid", {"druid.yml": druid_objects()}, _component(["druid.yml"]))
    for name, overlay in {**_overlays(runs), **_slots()}.items():
        _folder(emission, files, f"overlays/{name}", {}, overlay)
    _folder(emission, files, "overlays/front", {"service.yml": [_front()]}, _front_kustomization())
    memory, disk = druid_memory(), druid_disk()
    files["README.md"] = emission.render(
        "README.md.j2",
        emission=emission,
        jobs=runs,
        zone=emission.project.settings.timezone,
        cost_jobs=monthly(memory_gb=2 * len(runs), hours=30),
        memory_service=_SERVICE_MEMORY,
        cost_service=monthly(memory_gb=_SERVICE_MEMORY),
        memory_druid=memory,
        disk_druid=disk,
        cost_druid=monthly(memory_gb=memory, disk_gb=disk),
    )
    return files


def _folder(
    emission: Emission, files: Files, folder: str, contents: dict[str, Sequence[Object]], kustomization: Object
) -> None:
    for name, objects in {**contents, "kustomization.yml": [kustomization]}.items():
        text = yaml_documents(*objects)
        files[f"{folder}/{name}"] = emission.render("document.yml.j2", header=emission.header, body=text.rstrip("\n"))


# -- base


def labels(name: str = NAME) -> dict[str, str]:
    return {"app": name, "app.kubernetes.io/name": name, "app.kubernetes.io/part-of": NAME}


def _meta(name: str, app: str = NAME) -> Object:
    return {"name": name, "labels": labels(app)}


def _service_account() -> Object:
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": _meta(NAME),
        "automountServiceAccountToken": False,
    }


def _config_map(emission: Emission) -> Object:
    data = {"KPICTL_PROJECT_DIR": "/project", "NO_COLOR": "1"}
    if emission.project.output is not None:
        data["KPICTL_TARGET"] = emission.project.output.name
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _meta(NAME), "data": data}


def _cron_job(emission: Emission, job: Job) -> Object:
    pod = _pod(emission, ["run", *job.kpis]) | {"restartPolicy": "Never"}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": _meta(f"kpi-run-{job.name}"),
        "spec": {
            "schedule": job.cron,
            "timeZone": emission.project.settings.timezone,
            # A tick that was missed is caught up by the next: kpictl computes whatever is due.
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 3600,
            "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {
                "spec": {
                    "backoffLimit": 2,
                    "activeDeadlineSeconds": 14400,
                    "template": {"metadata": {"labels": labels()}, "spec": pod},
                }
            },
        },
    }


def _pod(emission: Emission, arguments: Sequence[str], **more: object) -> Object:
    container: Object = {
        "name": "kpictl",
        "image": NAME,
        "args": list(arguments),
        "envFrom": [{"configMapRef": {"name": NAME}}],
        "env": [
            # kpictl itself says which variable is missing, so a key that is not there must not keep the pod from starting.
            {"name": name, "valueFrom": {"secretKeyRef": {"name": NAME, "key": name, "optional": True}}}
            for name in emission.variables
        ],
        "resources": {"requests": {"cpu": "250m", "memory": "512Mi"}, "limits": {"cpu": "1", "memory": "2Gi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "target", "mountPath": "/project/target"}, {"name": "tmp", "mountPath": "/tmp"}],
        **more,
    }
    if not container["env"]:
        del container["env"]
    return {
        "serviceAccountName": NAME,
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "runAsGroup": 10001,
            "fsGroup": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [{"name": "target", "emptyDir": {}}, {"name": "tmp", "emptyDir": {}}],
    }


def _network_policy(emission: Emission) -> Object:
    output = emission.project.output
    kinds = {"timescale"} if output is None else {output.store.type, *(each.type for each in output.connections)}
    ports = sorted({port for kind in kinds for port in _PORTS.get(kind, ())} | {443})
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": _meta(NAME),
        "spec": {
            "podSelector": {"matchLabels": {"app.kubernetes.io/part-of": NAME, "app": NAME}},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": [{"podSelector": {}}], "ports": [{"port": 8080, "protocol": "TCP"}]}],
            "egress": [
                {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]},
                {"ports": [{"port": port, "protocol": "TCP"} for port in ports]},
            ],
        },
    }


# -- the service


def _deployment(emission: Emission, name: str, arguments: Sequence[str], *, probes: bool) -> Object:
    more: dict[str, object] = {}
    if probes:
        more["ports"] = [{"name": "http", "containerPort": 8080}]
        more["startupProbe"] = _probe("/health", failureThreshold=30, periodSeconds=2)
        more["livenessProbe"] = _probe("/health", periodSeconds=10)
        more["readinessProbe"] = _probe("/health/detailed", periodSeconds=10, timeoutSeconds=5)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _meta(name, name),
        "spec": {
            "replicas": 2 if probes else 1,
            "selector": {"matchLabels": {"app": name}},
            "strategy": {"type": "RollingUpdate" if probes else "Recreate"},
            "template": {"metadata": {"labels": labels(name)}, "spec": _pod(emission, arguments, **more)},
        },
    }


def _probe(path: str, **more: int) -> Object:
    return {"httpGet": {"path": path, "port": "http"}, **more}


def _service() -> Object:
    ports = [{"name": "http", "port": 80, "targetPort": "http"}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _meta(NAME),
        "spec": {"selector": {"app": NAME}, "ports": ports},
    }


def _disruption_budget() -> Object:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": _meta(NAME),
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": NAME}}},
    }


# -- Kustomize


def _kustomization(resources: Sequence[str]) -> Object:
    return {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": list(resources)}


def _component(resources: Sequence[str]) -> Object:
    return {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component", "resources": list(resources)}


def _overlays(runs: Sequence[Job]) -> dict[str, Object]:
    """dev computes once a day, at night, with little; prod has room."""
    small = {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"cpu": "500m", "memory": "1Gi"}}
    large = {"requests": {"cpu": "1", "memory": "2Gi"}, "limits": {"cpu": "2", "memory": "4Gi"}}
    found = {}
    for name, tag, resources in (("dev", "dev", small), ("prod", "stable", large)):
        path = "/spec/jobTemplate/spec/template/spec/containers/0/resources"
        patch = [{"op": "replace", "path": path, "value": resources}]
        found[name] = _kustomization(["../../base"]) | {
            "namespace": f"kpi-{name}",
            "images": [{"name": NAME, "newName": NAME, "newTag": tag}],
            "patches": [{"target": {"kind": "CronJob"}, "patch": yaml_documents(patch)}] if runs else [],
        }
    return found


SLOTS = ("blue", "green")


def _slots() -> dict[str, Object]:
    """Two releases side by side: names have the slot's prefix, pods its label."""
    return {
        slot: _kustomization(["../../base"])
        | {
            "namespace": "kpi-prod",
            "namePrefix": f"{slot}-",
            "labels": [{"pairs": {"slot": slot}, "includeSelectors": True}],
            "components": ["../../components/service"],
            "images": [{"name": NAME, "newName": NAME, "newTag": slot}],
        }
        for slot in SLOTS
    }


def _front() -> Object:
    """What users call: the pods of one slot, or of both for a canary."""
    service = _service()
    spec = service["spec"]
    assert isinstance(spec, dict)
    return service | {"spec": spec | {"selector": {"app": NAME, "slot": SLOTS[0]}}}


def _front_kustomization() -> Object:
    return _kustomization(["service.yml"]) | {"namespace": "kpi-prod"}


EMITTER = Emitter(
    name="kubernetes",
    summary="Kustomize base, components and overlays: a CronJob for each schedule, the service, Druid",
    make=make,
)
