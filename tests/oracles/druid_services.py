"""A throw-away Druid: ZooKeeper, coordinator with overlord, historical, indexer and broker in one JVM.

Real segments, the real native engine and SQL planner; Derby holds the metadata, a folder is deep storage. No
multi-stage engine and no druid-stats: their artefacts of this release are not on Maven Central. Extensions are found
on the class path, so the load list is empty.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.oracles import pins, places, processes
from tests.oracles.druid_http import DruidError, call
from tests.oracles.judge import EngineLost

_HERE = Path(__file__).parent / "druid"
_OPENED = (
    "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
    "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-opens=java.base/jdk.internal.ref=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
    "--add-opens=jdk.management/com.sun.management.internal=ALL-UNNAMED",
)
_JVM = (
    *("-Xms600m", "-Xmx900m", "-XX:MaxDirectMemorySize=700m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
    *("-XX:-UsePerfData", "-XX:MetaspaceSize=320m", "-XX:+UnlockDiagnosticVMOptions"),
    *("-XX:-BytecodeVerificationRemote", "-Duser.timezone=UTC", "-Dfile.encoding=UTF-8"),
    "-Djava.util.logging.manager=org.apache.logging.log4j.jul.LogManager",
)
# Each service loads these for itself (DruidOneJvm.java says why): whatever refers to Guice, and Calcite, in whose
# packages Druid has classes of its own.
_OWN = re.compile(r"(druid|guice|jersey|jackson-module-guice|maven-resolver|calcite)-")
_LOG4J = """<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="WARN">
  <Appenders>
    <Console name="out" target="SYSTEM_OUT"><PatternLayout pattern="%d{ISO8601} %p [%t] %c{1} - %m%n"/></Console>
  </Appenders>
  <Loggers><Root level="warn"><AppenderRef ref="out"/></Root></Loggers>
</Configuration>
"""
_HOSTILE = {
    "sqlTimeZone": "America/Havana",
    "sqlStringifyArrays": "true",
    "plannerStrategy": "DECOUPLED",
    "useApproximateCountDistinct": "true",
    "useApproximateTopN": "true",
    "useGroupingSetForExactDistinct": "false",
}
"""Defaults of the broker's query context that change answers where a statement does not say otherwise, so that every test on
Druid is one in a hostile session."""
_SECONDS_TO_START = 180


def _marks() -> tuple[str, ...]:
    return (pins.DRUID, (_HERE / "pom.xml").read_text(), (_HERE / "DruidOneJvm.java").read_text())


def folder() -> Path:
    """Where its jars are, or will be."""
    return places.maven_folder("druid", _marks())


def install() -> None:
    pom = (_HERE / "pom.xml").read_text().replace("@DRUID@", pins.DRUID)
    places.maven("druid", _marks(), pom, lambda made: places.javac(made, _HERE / "DruidOneJvm.java"))


class Services:
    """The running JVM: `sql` and `tasks` are the addresses that matter."""

    def __init__(self) -> None:
        names = ("zookeeper", "derby", "coordinator", "historical", "indexer", "broker")
        ports = dict(zip(names, processes.free_ports(len(names)), strict=True))
        self.broker = f"http://127.0.0.1:{ports['broker']}"
        self.coordinator = f"http://127.0.0.1:{ports['coordinator']}"
        self.sql = f"{self.broker}/druid/v2/sql"
        self.tasks = f"{self.coordinator}/druid/indexer/v1/task"
        self._data = Path(tempfile.mkdtemp(prefix="druid-"))
        _write_configuration(self._data, ports)
        with open(self._data / "druid.log", "wb") as log:
            self.process = subprocess.Popen(
                self._command(), stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=self._data, start_new_session=True
            )
        try:
            processes.wait_until(self._ready, self.process, _SECONDS_TO_START, pause=0.1)
            # What a load replaces leaves at once; for its first 15 minutes a coordinator lets it, and its types, stay.
            call(f"{self.coordinator}/druid/coordinator/v1/config", {"millisToWaitBeforeDeleting": 0})
        except BaseException as error:
            told = self.log()
            self.stop()
            raise EngineLost(f"{error}: {told}") from None

    def _command(self) -> list[str]:
        jars = sorted(str(path) for path in (folder() / "lib").glob("*.jar"))
        own = [jar for jar in jars if _OWN.match(os.path.basename(jar))]
        shared = [jar for jar in jars if jar not in own]
        classpath = os.pathsep.join([str(self._data / "conf"), str(folder() / "classes"), *shared])
        here = [f"-Dderby.stream.error.file={self._data}/derby.log", f"-Djava.io.tmpdir={self._data}/tmp"]
        main = ["-cp", classpath, "DruidOneJvm", str(self._data / "conf")]
        return [places.program("java"), *_JVM, *_OPENED, *here, *main, *own]

    def _ready(self) -> bool:
        try:
            answers = call(self.sql, {"query": "SELECT 1 AS x"}) == [{"x": 1}]
            return answers and bool(call(f"{self.coordinator}/druid/indexer/v1/workers"))
        except (EngineLost, DruidError, ValueError):
            return False

    def log(self) -> str:
        """The end of what the JVM said."""
        return (self._data / "druid.log").read_text(errors="replace")[-3000:]

    def stop(self) -> None:
        """The end of its standard input halts the JVM at once; Druid's own shutdown takes 20 s."""
        processes.end_by_input(self.process)
        shutil.rmtree(self._data, ignore_errors=True)


def _write_configuration(data: Path, ports: dict[str, int]) -> None:
    conf = data / "conf"
    for made in ("conf", "zk", "deep", "cache", "tasks", "tmp", "logs"):
        (data / made).mkdir(parents=True)
    for name, values in _properties(data, ports).items():
        (conf / f"{name}.properties").write_text("".join(f"{key}={value}\n" for key, value in values.items()))
    (conf / "log4j2.xml").write_text(_LOG4J)


def _properties(data: Path, ports: dict[str, int]) -> dict[str, dict[str, object]]:
    def service(name: str) -> dict[str, object]:
        return {"druid.service": f"druid/{name}", "druid.plaintextPort": ports[name]}

    buffers: dict[str, object] = {
        "druid.processing.buffer.sizeBytes": "16MiB",
        "druid.processing.numThreads": "2",
        "druid.processing.numMergeBuffers": "4",
    }
    return {
        "zookeeper": {"port": ports["zookeeper"], "dataDir": data / "zk"},
        "common": {
            "druid.host": "127.0.0.1",
            "druid.extensions.loadList": "[]",
            "druid.startup.logging.logProperties": "false",
            "druid.zk.service.host": f"127.0.0.1:{ports['zookeeper']}",
            "druid.metadata.storage.type": "derby",
            "druid.metadata.storage.connector.connectURI": (
                f"jdbc:derby://127.0.0.1:{ports['derby']}/{data}/metadata;create=true"
            ),
            "druid.metadata.storage.connector.host": "127.0.0.1",
            "druid.metadata.storage.connector.port": ports["derby"],
            "druid.storage.type": "local",
            "druid.storage.storageDirectory": data / "deep",
            "druid.indexer.logs.type": "file",
            "druid.indexer.logs.directory": data / "logs",
            "druid.emitter": "noop",
            "druid.monitoring.monitors": "[]",
            "druid.sql.enable": "true",
            "druid.lookup.enableLookupSyncOnStartup": "false",
            "druid.server.http.numThreads": "12",
            "druid.global.http.numConnections": "20",
            "druid.sql.planner.metadataRefreshPeriod": "PT0.2S",
        },
        "coordinator": {
            **service("coordinator"),
            "druid.coordinator.asOverlord.enabled": "true",
            "druid.coordinator.asOverlord.overlordService": "druid/overlord",
            "druid.coordinator.startDelay": "PT0.1S",
            "druid.coordinator.period": "PT0.3S",
            "druid.coordinator.period.indexingPeriod": "PT3600S",
            "druid.coordinator.period.metadataStoreManagementPeriod": "PT3600S",
            "druid.manager.segments.pollDuration": "PT0.3S",
            "druid.manager.rules.pollDuration": "PT1S",
            "druid.manager.config.pollDuration": "PT1S",
            # Milliseconds: how often lookups are sent to those who answer queries.
            "druid.manager.lookups.period": "500",
            "druid.indexer.runner.type": "httpRemote",
            "druid.indexer.storage.type": "metadata",
            "druid.indexer.queue.startDelay": "PT0.1S",
        },
        "historical": {
            **service("historical"),
            **buffers,
            "druid.segmentCache.locations": json.dumps([{"path": str(data / "cache"), "maxSize": "4GiB"}]),
            "druid.server.maxSize": "4GiB",
        },
        "indexer": {
            **service("indexer"),
            **buffers,
            "druid.worker.capacity": "2",
            "druid.indexer.task.baseTaskDir": data / "tasks",
        },
        "broker": {
            **service("broker"),
            **buffers,
            "druid.broker.http.numConnections": "10",
            **{f"druid.query.default.context.{key}": value for key, value in _HOSTILE.items()},
        },
    }
