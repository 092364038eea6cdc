"""`docker`: an image of the project, and the local stack that the service's document starts with Compose."""

from __future__ import annotations

from kpictl.emit.continuous import requirement
from kpictl.emit.costs import monthly
from kpictl.emit.druid_cluster import VERSION as DRUID
from kpictl.emit.emitter import Emission, Emitter, Files
from kpictl.emit.start import start_lines

DRUID_URL = "http://localhost:8082"
TIMESCALE_URL = "postgresql://localhost:5432/timescale"
MONGO_URL = "mongodb://localhost:27017"


def make(emission: Emission) -> Files:
    """Dockerfile, what it leaves out, compose.yml, and a profile for it."""
    documents = {"compose.yml": _compose(), "profiles.yml": {emission.name: _profile(emission)}}
    files = {
        path: emission.render("document.yml.j2", header=emission.header, body=body) for path, body in documents.items()
    }
    for name in ("Dockerfile", "Dockerfile.dockerignore", "README.md"):
        files[name] = emission.render(
            f"{name}.j2",
            emission=emission,
            header=emission.header,
            package=requirement(emission),
            cost=monthly(memory_gb=2),
            start=start_lines(),
        )
    return files


def _compose() -> dict[str, object]:
    return {
        "name": "kpi-engine",
        "services": {
            "druid": {
                "image": f"apache/druid:{DRUID}",
                "entrypoint": ["/bin/bash", "-c"],
                # All processes of a small Druid in one container; the image's own entry point starts one.
                "command": [
                    "cd /opt/druid && bin/run-zk conf & "
                    "for each in coordinator historical middleManager; do /druid.sh $$each & done; exec /druid.sh broker"
                ],
                "environment": {
                    "DRUID_SINGLE_NODE_CONF": "nano-quickstart",
                    "druid_zk_service_host": "localhost",
                    "druid_extensions_loadList": '["druid-datasketches","druid-multi-stage-query"]',
                    "druid_metadata_storage_type": "derby",
                    "druid_storage_type": "local",
                    "druid_storage_storageDirectory": "/opt/druid/var/druid/segments",
                    "druid_sql_planner_sqlTimeZone": "UTC",
                },
                "ports": ["127.0.0.1:8082:8082", "127.0.0.1:8081:8081"],
                "volumes": ["druid:/opt/druid/var"],
                "healthcheck": _health(
                    ["CMD-SHELL", "wget -q -O - http://localhost:8082/status/health | grep true"], 60
                ),
            },
            "timescaledb": {
                "image": "timescale/timescaledb:2.17.2-pg16",
                # Trust, and reachable from this machine alone: TIMESCALE_URL has neither user nor password.
                "environment": {
                    "POSTGRES_DB": "timescale",
                    "POSTGRES_USER": "${USER:-postgres}",
                    "POSTGRES_HOST_AUTH_METHOD": "trust",
                },
                "ports": ["127.0.0.1:5432:5432"],
                "volumes": ["timescaledb:/var/lib/postgresql/data"],
                "healthcheck": _health(["CMD-SHELL", "pg_isready -d timescale"], 10),
            },
            "redis": {
                "image": "redis:7.4-alpine",
                "ports": ["127.0.0.1:6379:6379"],
                "healthcheck": _health(["CMD", "redis-cli", "ping"], 5),
            },
            "mongodb": {
                "image": "mongo:7.0",
                "profiles": ["mongo"],
                "ports": ["127.0.0.1:27017:27017"],
                "volumes": ["mongodb:/data/db"],
                "healthcheck": _health(["CMD", "mongosh", "--quiet", "--eval", "db.runCommand('ping').ok"], 15),
            },
        },
        "volumes": {"druid": {}, "timescaledb": {}, "mongodb": {}},
    }


def _health(test: list[str], start: int) -> dict[str, object]:
    return {"test": test, "interval": "10s", "timeout": "5s", "retries": 6, "start_period": f"{start}s"}


def _profile(emission: Emission) -> dict[str, object]:
    """The output `local`: every connection of the project, on the stack."""
    bound = {
        "druid": {"type": "druid", "url": _variable("DRUID_URL", DRUID_URL)},
        "mongodb": {"type": "mongodb", "uri": _variable("MONGO_URL", MONGO_URL), "database": "app"},
    }
    sql = {"type": "timescale", "dsn": _variable("TIMESCALE_URL", TIMESCALE_URL)}
    output = emission.project.output
    names = {each.name: each.type for each in output.connections} if output is not None else {}
    names = names or {
        str(each.connection): "timescale" for each in emission.project.sources.values() if each.connection
    }
    return {
        "target": "local",
        "outputs": {
            "local": {
                "store": sql,
                "connections": {name: bound.get(kind, sql) for name, kind in (names or {"app": ""}).items()},
            }
        },
    }


def _variable(name: str, default: str) -> str:
    return f"{{{{ env_var('{name}', '{default}') }}}}"


EMITTER = Emitter(
    name="docker",
    summary="Dockerfile, and Compose with Druid, TimescaleDB and Redis for local work",
    make=make,
)
