"""The fleet without its process borders."""

from collections.abc import Iterator

import pytest

from tests.e2e.in_process import InProcess
from tools.kafka import Kafka
from tools.postgres import Server


@pytest.fixture(scope="session")
def in_process(
    request: pytest.FixtureRequest,
    postgres_server: Server,
    kafka_server: Kafka,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[InProcess]:
    """All five services in this process, on the shared PostgreSQL and Kafka.

    They trust the fleet's authority where a test has both: they read what it publishes by https.
    """
    has_both = any({"fleet", "in_process"} <= {*getattr(item, "fixturenames", ())} for item in request.session.items)
    authority = request.getfixturevalue("fleet").authority if has_both else None
    with InProcess(postgres_server, kafka_server, tmp_path_factory.mktemp("in-process"), authority) as world:
        yield world
