"""A Druid cluster as the service's document names it: coordinator, historical, broker and middle manager."""

from __future__ import annotations

from collections.abc import Mapping

from kpictl.dialects.druid_extensions import LOADED as EXTENSIONS
from kpictl.emit.literals import json_literal
from kpictl.records import dataclass

VERSION = "33.0.0"
ZOOKEEPER = "3.9.3"
Object = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One kind of process: how many, its port, its heap, and its disk in GB."""

    name: str
    count: int
    port: int
    heap: str
    direct: str
    memory: str
    storage: int
    properties: Mapping[str, str]


ROLES = (
    Role(
        name="coordinator", count=1, port=8081, heap="2g", direct="512m", memory="4Gi", storage=20,
        properties={"druid.coordinator.asOverlord.enabled": "true",
                    "druid.coordinator.asOverlord.overlordService": "druid/overlord",
                    "druid.indexer.runner.type": "httpRemote", "druid.indexer.storage.type": "metadata"},
    ),
    Role(
        name="historical", count=3, port=8083, heap="4g", direct="5g", memory="12Gi", storage=100,
        properties={"druid.processing.numThreads": "3", "druid.processing.buffer.sizeBytes": "500MiB",
                    "druid.processing.numMergeBuffers": "2",
                    "druid.segmentCache.locations": '[{"path":"/druid/data/segments","maxSize":"90g"}]'},
    ),
    Role(
        name="broker", count=2, port=8082, heap="1536m", direct="1g", memory="4Gi", storage=0,
        properties={"druid.processing.numThreads": "1", "druid.processing.buffer.sizeBytes": "200MiB",
                    "druid.processing.numMergeBuffers": "2", "druid.sql.enable": "true",
                    "druid.broker.cache.useCache": "false"},
    ),
    Role(
        name="middlemanager", count=2, port=8091, heap="256m", direct="256m", memory="8Gi", storage=50,
        properties={"druid.worker.capacity": "3",
                    "druid.indexer.runner.javaOptsArray": '["-server","-Xms1g","-Xmx1g","-XX:MaxDirectMemorySize=1g"]',
                    "druid.indexer.task.baseTaskDir": "/druid/data/task"},
    ),
)  # fmt: skip


def druid_memory() -> int:
    """GB of the whole cluster."""
    return sum(role.count * int(role.memory.removesuffix("Gi")) for role in ROLES)


def druid_disk() -> int:
    """GB of the whole cluster."""
    return sum(role.count * role.storage for role in ROLES)


def common_properties() -> dict[str, str]:
    """What every process reads; the secrets are variables of the environment."""
    return {
        "druid.extensions.loadList": json_literal(EXTENSIONS),
        "druid.zk.service.host": "druid-zookeeper:2181",
        "druid.metadata.storage.type": "postgresql",
        "druid.metadata.storage.connector.connectURI": '{"type":"environment","variable":"DRUID_METADATA_URI"}',
        "druid.metadata.storage.connector.user": '{"type":"environment","variable":"DRUID_METADATA_USER"}',
        "druid.metadata.storage.connector.password": '{"type":"environment","variable":"DRUID_METADATA_PASSWORD"}',
        "druid.storage.type": "local",
        "druid.storage.storageDirectory": "/druid/deep-storage",
        "druid.indexer.logs.type": "file",
        "druid.indexer.logs.directory": "/druid/deep-storage/indexing-logs",
        "druid.sql.planner.sqlTimeZone": "UTC",
        "druid.generic.useDefaultValueForNull": "false",
        "druid.startup.logging.logProperties": "false",
    }


def properties(role: Role) -> dict[str, str]:
    """`runtime.properties` of a kind of process."""
    return {"druid.service": f"druid/{role.name}", "druid.plaintextPort": str(role.port), **role.properties}


def jvm_options(role: Role) -> list[str]:
    """https://druid.apache.org/docs/latest/configuration/#jvm-configuration-best-practices"""
    return [
        "-server",
        f"-Xms{role.heap}",
        f"-Xmx{role.heap}",
        f"-XX:MaxDirectMemorySize={role.direct}",
        "-XX:+ExitOnOutOfMemoryError",
        "-Duser.timezone=UTC",
        "-Dfile.encoding=UTF-8",
    ]


def druid_objects() -> list[Object]:
    """Stateful sets and services; label `app: druid-historical` and its like."""
    found: list[Object] = [_zookeeper(), _headless("druid-zookeeper", 2181), _deep_storage()]
    for role in ROLES:
        found += [_stateful_set(role), _headless(f"druid-{role.name}", role.port)]
    found += [_budget("historical"), _budget("broker")]
    return found


def _labels(name: str) -> dict[str, str]:
    return {"app": f"druid-{name}", "app.kubernetes.io/name": "druid", "app.kubernetes.io/component": name}


def _stateful_set(role: Role) -> Object:
    name = f"druid-{role.name}"
    settings = {**common_properties(), **properties(role)}
    environment: list[Object] = [{"name": key.replace(".", "_"), "value": value} for key, value in settings.items()]
    environment += [
        {"name": "DRUID_XMS", "value": role.heap},
        {"name": "DRUID_XMX", "value": role.heap},
        {"name": "DRUID_MAXDIRECTMEMORYSIZE", "value": role.direct},
    ]
    secrets: list[Object] = [
        {"name": key, "valueFrom": {"secretKeyRef": {"name": "druid-metadata", "key": key}}}
        for key in ("DRUID_METADATA_URI", "DRUID_METADATA_USER", "DRUID_METADATA_PASSWORD")
    ]
    mounts = [
        {"name": "deep-storage", "mountPath": "/druid/deep-storage"},
        {"name": "data", "mountPath": "/druid/data"},
    ]
    volumes: list[Object] = [{"name": "deep-storage", "persistentVolumeClaim": {"claimName": "druid-deep-storage"}}]
    if not role.storage:
        volumes.append({"name": "data", "emptyDir": {}})
    health = {"httpGet": {"path": "/status/health", "port": role.port}}
    container: Object = {
        "name": role.name,
        "image": f"apache/druid:{VERSION}",
        "args": ["middleManager" if role.name == "middlemanager" else role.name],
        "env": [*environment, *secrets],
        "ports": [{"containerPort": role.port}],
        "startupProbe": health | {"periodSeconds": 5, "failureThreshold": 60},
        "livenessProbe": health | {"periodSeconds": 30},
        "readinessProbe": health | {"periodSeconds": 10},
        "resources": {"requests": {"cpu": "500m", "memory": role.memory}, "limits": {"memory": role.memory}},
        "volumeMounts": mounts,
    }
    pod: Object = {
        "securityContext": {"runAsUser": 1000, "fsGroup": 1000},
        "containers": [container],
        "volumes": volumes,
    }
    spec: Object = {
        "serviceName": name,
        "replicas": role.count,
        "podManagementPolicy": "Parallel",
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": _labels(role.name)}, "spec": pod},
    }
    if role.storage:
        spec["volumeClaimTemplates"] = [_claim("data", "ReadWriteOnce", role.storage)]
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": _meta(name, role.name), "spec": spec}


def _zookeeper() -> Object:
    container = {
        "name": "zookeeper",
        "image": f"zookeeper:{ZOOKEEPER}",
        "ports": [{"containerPort": 2181}],
        "readinessProbe": {"tcpSocket": {"port": 2181}, "periodSeconds": 10},
        "resources": {"requests": {"cpu": "100m", "memory": "512Mi"}, "limits": {"memory": "1Gi"}},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": _meta("druid-zookeeper", "zookeeper"),
        "spec": {
            "serviceName": "druid-zookeeper",
            "replicas": 1,
            "selector": {"matchLabels": {"app": "druid-zookeeper"}},
            "template": {"metadata": {"labels": _labels("zookeeper")}, "spec": {"containers": [container]}},
            "volumeClaimTemplates": [_claim("data", "ReadWriteOnce", 10)],
        },
    }


def _claim(name: str, mode: str, size: int) -> Object:
    return {
        "metadata": {"name": name},
        "spec": {"accessModes": [mode], "resources": {"requests": {"storage": f"{size}Gi"}}},
    }


def _deep_storage() -> Object:
    claim = _claim("druid-deep-storage", "ReadWriteMany", 100)
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **claim}


def _headless(name: str, port: int) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _meta(name, name.removeprefix("druid-")),
        "spec": {"clusterIP": "None", "selector": {"app": name}, "ports": [{"port": port, "targetPort": port}]},
    }


def _budget(name: str) -> Object:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": _meta(f"druid-{name}", name),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": f"druid-{name}"}}},
    }


def _meta(name: str, component: str) -> Object:
    return {"name": name, "labels": _labels(component)}
