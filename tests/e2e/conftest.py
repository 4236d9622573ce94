"""The fleet without its process borders."""

from collections.abc import Iterator

import pytest

from tests.e2e.in_process import InProcess
from tools.kafka import Kafka
from tools.postgres import Server


@pytest.fixture(scope="session")
def in_process(
    postgres_server: Server, kafka_server: Kafka, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[InProcess]:
    """All five services in this process, on the shared PostgreSQL and Kafka."""
    with InProcess(postgres_server, kafka_server, tmp_path_factory.mktemp("in-process")) as world:
        yield world
