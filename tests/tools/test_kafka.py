"""The Kafka that tests and the local fleet stand on."""

from __future__ import annotations

import uuid

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from tools.kafka import Kafka, fleet_topics

pytestmark = pytest.mark.kafka


@pytest.mark.asyncio
async def test_a_record_produced_is_consumed(kafka_server: Kafka) -> None:
    topic = f"one-{uuid.uuid4().hex}"
    kafka_server.create_topics({topic: {}}, partitions=1)
    servers = kafka_server.bootstrap_servers

    async with AIOKafkaProducer(
        bootstrap_servers=servers, acks="all", enable_idempotence=kafka_server.idempotent
    ) as producer:
        await producer.send_and_wait(topic, b"value", key=b"key", headers=[("ce_id", b"1")])
    async with AIOKafkaConsumer(
        topic, bootstrap_servers=servers, group_id=None, auto_offset_reset="earliest"
    ) as consumer:
        record = await consumer.getone()

    assert (record.key, record.value, record.headers) == (b"key", b"value", (("ce_id", b"1"),))


@pytest.mark.asyncio
async def test_topics_keep_their_configuration_and_are_made_once(apache_kafka: Kafka) -> None:
    topics = fleet_topics()
    apache_kafka.create_topics(topics)
    apache_kafka.create_topics(topics)

    policies = await _configuration(apache_kafka, [*topics], "cleanup.policy")

    assert policies["achievement-published"] == "compact"
    assert policies["credential-issued"] == "delete"
    assert (await _configuration(apache_kafka, ["credential-issued"], "retention.ms")) == {"credential-issued": "-1"}
    assert (await _configuration(apache_kafka, ["credential-issued.dlq"], "retention.ms")) == {
        "credential-issued.dlq": "2592000000"
    }


async def _configuration(kafka: Kafka, topics: list[str], name: str) -> dict[str, str]:
    client = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    await client.start()
    try:
        resources = [ConfigResource(ConfigResourceType.TOPIC, topic) for topic in topics]
        answers = await client.describe_configs(resources)
    finally:
        await client.close()
    found = {}
    for answer in answers:
        for _, _, _, topic, entries in answer.resources:
            found[topic] = next(entry[1] for entry in entries if entry[0] == name)
    return found
