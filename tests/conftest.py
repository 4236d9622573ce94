"""The servers that tests stand on: one PostgreSQL and one Kafka for a whole run, shared by all its workers.

A missing server is a loud skip on a developer's machine and a failure with CI=true.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from service_kit.runtime import COLLECT_AFTER
from tests.signatures import remember_signatures
from tools import kafka, postgres
from tools.fleet import Fleet
from tools.guard import guard
from tools.kafka import Kafka, Kind, LocalKafka
from tools.ports import free_ports
from tools.postgres import LocalPostgres, Server
from tools.process import StartFailed
from tools.secret_store import SecretStore
from tools.shared import one_for_all
from tools.suite.parts import FILES, note

ROOT = Path(__file__).resolve().parent.parent
IN_CI = os.environ.get("CI", "").lower() == "true"


MARKS_OF_FIXTURES = {"postgres_server": "db", "kafka_server": "kafka", "fleet": "fleet"}


# Many inputs, or whole programs: what is left without them takes less than a minute.
LONG = (
    "tests/arch/test_import_contracts.py",
    "tests/catalog/test_description.py",
    "tests/deploy",
    "tests/described",
    "tests/fuzz",
    "tests/gateway/edge",
    "tests/issuer/test_settings_and_description.py",
    "tests/service_kit/test_fetcher.py",
    "tests/tools/test_process.py",
    "tests/verifier/test_processes.py",
)


def pytest_configure() -> None:
    gc.set_threshold(*COLLECT_AFTER)
    remember_signatures()
    # How long an example takes says how busy the machine is, and nothing of what is tested.
    hypothesis.settings.register_profile("patient", parent=hypothesis.settings(), deadline=None)
    hypothesis.settings.load_profile("patient")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that uses a server carries its mark, so that no group of `make test` starts one by surprise."""
    for item in items:
        if item.path.relative_to(ROOT).as_posix().startswith(LONG):
            item.add_marker("long")
        for fixture in getattr(item, "fixturenames", ()):
            if fixture in MARKS_OF_FIXTURES:
                item.add_marker(MARKS_OF_FIXTURES[fixture])
    if FILES in os.environ:
        note(Path(os.environ[FILES]), ((item.path, {mark.name for mark in item.iter_markers()}) for item in items))


def pytest_collection_finish() -> None:
    """What was read so far stays: nothing looks through it for garbage while the tests run."""
    gc.freeze()


def missing(what: str) -> None:
    """Leave out the test, loudly; in CI nothing may be left out."""
    if IN_CI:
        pytest.fail(what, pytrace=False)
    pytest.skip(f"LEFT OUT: {what}")


@pytest.fixture(scope="session")
def run_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One directory for all workers of this run."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def postgres_server(run_directory: Path) -> Iterator[Server]:
    """A PostgreSQL that forgets on a power cut and is fast. DATABASE_URL names another one."""
    try:
        with contextlib.ExitStack() as stack:
            yield stack.enter_context(_postgres(run_directory / "postgres"))
    except StartFailed as failure:
        missing(str(failure))


@pytest.fixture(scope="session")
def kafka_server(run_directory: Path) -> Iterator[Kafka]:
    """One Kafka for the whole run: choose topic and group names that are yours alone, and never stop it."""
    try:
        with contextlib.ExitStack() as stack:
            yield stack.enter_context(_kafka(run_directory / "kafka"))
    except StartFailed as failure:
        missing(str(failure))


@pytest.fixture(scope="session")
def apache_kafka(kafka_server: Kafka) -> Kafka:
    """`kafka_server`, for tests of what the tansu fallback cannot do."""
    if kafka_server.kind is Kind.TANSU:
        missing(f"needs Apache Kafka, and {kafka.why_no_apache() or 'LAUREL_KAFKA_KIND asks for tansu'}")
    return kafka_server


@pytest.fixture(scope="session")
def fleet() -> Iterator[Fleet]:
    """The whole fleet, seeded, on servers of its own: leave it running and well.

    The issuer runs as three processes, as on Kubernetes, so that a test can hold its relay alone. It gives a silent bus
    up in half the usual time, so that an outage need not last as long.
    """
    with Fleet(split={"issuer"}, env={"issuer": {"LAUREL_KAFKA__REQUEST_TIMEOUT_S": "5"}}) as fleet:
        yield fleet


@contextlib.contextmanager
def _postgres(directory: Path) -> Iterator[Server]:
    url = os.environ.get("DATABASE_URL")
    if url:
        server = postgres.external(url, SecretStore(ROOT / "var" / "secrets"))
        yield server
        return server.drop_created()
    home = _scratch("laurel-postgres-")
    local = LocalPostgres(home / "postgres", free_ports(1)[0], log=home / "postgres.log", durable=False)

    def start() -> str:
        local.start()
        return json.dumps({"url": local.server.admin_url, "home": str(home)})

    with one_for_all(directory, start, local.remove) as address:
        place = json.loads(address)
        yield Server(place["url"], SecretStore(Path(place["home"]) / "secrets"))


@contextlib.contextmanager
def _kafka(directory: Path) -> Iterator[Kafka]:
    kind, _ = kafka.choose()
    if kind is Kind.EXTERNAL:
        yield kafka.external()
        return
    home = _scratch("laurel-kafka-")
    local = LocalKafka(kind, home, *free_ports(2), log=home / "kafka.log")

    def start() -> str:
        local.start()
        return local.cluster.bootstrap_servers

    with one_for_all(directory, start, local.stop) as address:
        yield Kafka(kind, address)


def _scratch(prefix: str) -> Path:
    """A directory that other users may enter (PostgreSQL is not root) and that is gone when we are."""
    directory = Path(tempfile.mkdtemp(prefix=prefix))
    directory.chmod(0o755)
    guard.scratch(directory)
    return directory
