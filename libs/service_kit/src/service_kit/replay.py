"""Reading whole topics from their start, for a projection that is built anew."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from contracts.topics import Topic
from service_kit.bus import Record
from service_kit.settings import KafkaSettings

STALLED_S = 60


async def replay(settings: KafkaSettings, topics: Sequence[Topic]) -> AsyncGenerator[Record, None]:
    """Every record that stood on the topics when this began, in order per partition.

    Joins no group and commits nothing. Raises TimeoutError when the broker goes quiet for a minute before the end.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap_servers, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        partitions = await _partitions(settings, topics)
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        while left := [p for p in partitions if await consumer.position(p) < ends[p]]:
            consumer.pause(*[p for p in partitions if p not in left])
            async with asyncio.timeout(STALLED_S):
                batches = await consumer.getmany(timeout_ms=1000)
            for partition, records in batches.items():
                for raw in records:
                    if raw.offset < ends[partition]:
                        yield Record(raw.topic, raw.key, raw.value, tuple(raw.headers), raw.partition, raw.offset)
    finally:
        await consumer.stop()


async def _partitions(settings: KafkaSettings, topics: Sequence[Topic]) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    await admin.start()
    try:
        described = await admin.describe_topics([topic.name for topic in topics])
    finally:
        await admin.close()
    return [
        TopicPartition(topic["topic"], partition["partition"])
        for topic in described
        for partition in topic["partitions"]
    ]
