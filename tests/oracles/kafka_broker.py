"""A real Apache Kafka broker, one node in KRaft mode, from its Maven artifact; plain text on the loopback interface."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.oracles import pins, places, processes
from tests.oracles.judge import EngineLost

_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>oracles</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{kafka}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
"""
_SETTINGS = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
log.dirs={home}/data
num.partitions=1
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=true
log.flush.scheduler.interval.ms=9223372036854775807
"""
_PRODUCE = """
import sys
from confluent_kafka import Producer
producer = Producer({"bootstrap.servers": sys.argv[1], "log_level": 0})
for line in sys.stdin:
    producer.produce(sys.argv[2], value=line.rstrip("\\n"))
sys.exit(producer.flush(30))
"""


def _marks() -> tuple[str, ...]:
    return (pins.KAFKA, _POM)


def missing() -> str | None:
    """What would bring it; None when it is there."""
    folders = [places.maven_folder("kafka", _marks()), places.venv_folder("kafka")]
    return None if all(map(places.complete, folders)) else "the Kafka broker: python -m tests.emit.tools"


def install() -> None:
    places.maven("kafka", _marks(), _POM.format(kafka=pins.KAFKA))
    places.venv("kafka")


@contextlib.contextmanager
def broker() -> Iterator[str]:
    """`host:port` of a started broker."""
    home = Path(tempfile.mkdtemp(prefix="kafka-"))
    port, controller = processes.free_ports(2)
    settings = home / "server.properties"
    settings.write_text(_SETTINGS.format(port=port, controller=controller, home=home))
    found = places.maven_folder("kafka", _marks()) / "lib"
    jars = [str(jar) for jar in sorted(found.glob("*.jar")) if "log4j-slf4j" not in jar.name]
    java = [places.program("java"), "-Xmx256m", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
    java += ["-cp", os.pathsep.join(jars)]
    with open(home / "log", "wb") as log:
        format_ = ["kafka.tools.StorageTool", "format", "-c", str(settings), "-t", "MkU3OEVBNTcwNTJENDM2Qk"]
        subprocess.run([*java, *format_], check=True, stdout=log, stderr=log)
        process = subprocess.Popen([*java, "kafka.Kafka", str(settings)], stdout=log, stderr=log, cwd=home)
    try:
        processes.wait_until(lambda: processes.listens(port), process, 60, pause=0.1)
        yield f"127.0.0.1:{port}"
    except EngineLost as error:
        raise EngineLost(f"{error}: {(home / 'log').read_text(errors='replace')[-2000:]}") from None
    finally:
        processes.end(process)
        shutil.rmtree(home, ignore_errors=True)


def produce(server: str, topic: str, messages: Sequence[str]) -> None:
    """Sends each message and waits until the broker has them all; the topic is made by the first."""
    python = places.venv_folder("kafka") / "bin" / "python"
    subprocess.run([python, "-c", _PRODUCE, server, topic], input="\n".join(messages) + "\n", text=True, check=True)
