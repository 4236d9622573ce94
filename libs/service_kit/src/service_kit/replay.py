"""Reading whole topics from their start, for a projection that is built anew."""

from collections.abc import AsyncGenerator, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from contracts.topics import Topic
from service_kit.bus import BusUnavailable, Record
from service_kit.settings import KafkaSettings

POLL_MS = 1000
STALLED_POLLS = 60


async def replay(settings: KafkaSettings, topics: Sequence[Topic]) -> AsyncGenerator[Record, None]:
    """Every record that stood on the topics when this began, in order per partition.

    Joins no group and commits nothing. Raises BusUnavailable, also when the broker goes quiet for a minute before the
    end.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap_servers, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    try:
        await consumer.start()
        async for record in _until_the_ends(consumer, await _partitions(settings, topics)):
            yield record
    except (KafkaError, OSError) as error:
        raise BusUnavailable(repr(error)) from error
    finally:
        await consumer.stop()


async def _until_the_ends(consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> AsyncGenerator[Record, None]:
    consumer.assign(partitions)
    await consumer.seek_to_beginning(*partitions)
    ends = await consumer.end_offsets(partitions)
    quiet = 0
    while left := [p for p in partitions if await consumer.position(p) < ends[p]]:
        consumer.pause(*[p for p in partitions if p not in left])
        batches = await consumer.getmany(timeout_ms=POLL_MS)
        quiet = 0 if batches else quiet + 1
        if quiet > STALLED_POLLS:
            raise BusUnavailable(f"the broker went quiet before the end of {len(left)} partitions")
        for partition, records in batches.items():
            for raw in records:
                if raw.offset < ends[partition]:
                    yield Record(raw.topic, raw.key, raw.value, tuple(raw.headers), raw.partition, raw.offset)


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
