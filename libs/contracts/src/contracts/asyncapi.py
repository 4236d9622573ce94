"""The AsyncAPI 3.0 description of the bus: channels, who sends and receives what, messages. Generated, never edited.

Source: AsyncAPI 3.0.0; Kafka bindings 0.5.0; CloudEvents 1.0 Kafka protocol binding 1.0 §3.2.
"""

from typing import Any

from contracts.envelope import JSON_TYPE, SPEC_VERSION
from contracts.payload import Payload
from contracts.schema import examples, schema
from contracts.topics import TOPIC_OF, TOPICS, Topic

BINDING = "0.5.0"
PARTITIONS = 12
DEAD_LETTER_MS = 30 * 24 * 3600 * 1000
SCHEMA_FORMAT = "application/schema+json;version=draft-07"
DESCRIPTION = (
    "Events between Laurel's services, as CloudEvents 1.0 in Kafka's binary content mode. Delivery is at least once; "
    "a record's key keeps one aggregate's events in order, and every payload's revision makes order and repetition "
    "harmless. No event carries a learner's data."
)

Node = dict[str, Any]


def document() -> Node:
    """The whole description."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Laurel events", "version": "1.0.0", "description": DESCRIPTION},
        "defaultContentType": JSON_TYPE,
        "servers": {"bus": _server()},
        "channels": _channels(),
        "operations": _operations(),
        "components": {
            "messages": {_name(payload): _message(payload) for payload in TOPIC_OF} | {"deadLetter": _dead_letter()},
            "messageTraits": {"cloudEvents": _cloud_events()},
        },
    }


def _server() -> Node:
    return {
        "host": "{bootstrap}",
        "protocol": "kafka",
        "description": "Apache Kafka 4",
        "variables": {
            "bootstrap": {"default": "127.0.0.1:19092", "description": "what LAUREL_KAFKA__BOOTSTRAP_SERVERS says"}
        },
    }


def _channels() -> Node:
    events = {topic.name: _channel(topic) for topic in TOPICS}
    return events | {topic.dead_letters: _dead_letter_channel(topic) for topic in TOPICS}


def _channel(topic: Topic) -> Node:
    keeps = "the newest record of each key" if topic.compacted else f"every record, {_time(topic)}"
    return {
        "address": topic.name,
        "description": f"Keyed by {topic.key}; keeps {keeps}.",
        "messages": {_name(payload): _reference("messages", _name(payload)) for payload in topic.payloads},
        "bindings": _channel_binding(_configuration(topic)),
    }


def _time(topic: Topic) -> str:
    return f"for {topic.days} day" if topic.days else "for ever"


def _configuration(topic: Topic) -> Node:
    """The Kafka binding has the policy as a list and the retention as a number."""
    told: Node = dict(topic.configuration)
    numbers = {"retention.ms": int(told["retention.ms"])} if "retention.ms" in told else {}
    return told | {"cleanup.policy": [told["cleanup.policy"]]} | numbers


def _dead_letter_channel(topic: Topic) -> Node:
    return {
        "address": topic.dead_letters,
        "description": f"Records of {topic.name} that a consumer could not process, as they came, with the reason.",
        "messages": {"deadLetter": _reference("messages", "deadLetter")},
        "bindings": _channel_binding({"cleanup.policy": ["delete"], "retention.ms": DEAD_LETTER_MS}),
    }


def _channel_binding(configuration: Node) -> Node:
    return {"kafka": {"partitions": PARTITIONS, "topicConfiguration": configuration, "bindingVersion": BINDING}}


def _operations() -> Node:
    found: Node = {}
    for topic in TOPICS:
        found[f"{topic.producer}-sends-{topic.name}"] = _operation("send", topic)
        for service in topic.consumers:
            found[f"{service}-receives-{topic.name}"] = _operation("receive", topic, group=service)
            found[f"{service}-gives-up-on-{topic.name}"] = _give_up(topic, service)
    return found


def _operation(action: str, topic: Topic, group: str | None = None) -> Node:
    operation: Node = {
        "action": action,
        "channel": _reference("channels", topic.name, root=""),
        "messages": [{"$ref": f"#/channels/{topic.name}/messages/{_name(payload)}"} for payload in topic.payloads],
    }
    if group:
        group_id = {"type": "string", "enum": [group]}
        operation["bindings"] = {"kafka": {"groupId": group_id, "bindingVersion": BINDING}}
    return operation


def _give_up(topic: Topic, service: str) -> Node:
    return {
        "action": "send",
        "summary": f"{service} puts aside what it cannot process, and goes on",
        "channel": _reference("channels", topic.dead_letters, root=""),
        "messages": [{"$ref": f"#/channels/{topic.dead_letters}/messages/deadLetter"}],
    }


def _message(payload: type[Payload]) -> Node:
    topic = TOPIC_OF[payload]
    described = schema(payload)
    described.pop("$id")
    described.pop("$schema")
    constants = {"ce_type": {"const": payload.event_type}, "ce_source": {"const": f"/{topic.producer}"}}
    key = {"type": "string", "description": topic.key}
    return {
        "name": payload.event_type,
        "title": payload.__name__,
        "summary": described["description"],
        "contentType": JSON_TYPE,
        "headers": {"type": "object", "properties": constants},
        "payload": {"schemaFormat": SCHEMA_FORMAT, "schema": described},
        "traits": [_reference("messageTraits", "cloudEvents")],
        "bindings": {"kafka": {"key": key, "bindingVersion": BINDING}},
        "examples": [{"headers": example["headers"], "payload": example["data"]} for example in examples(payload)[:1]],
    }


def _dead_letter() -> Node:
    added = {
        "dlq-reason": {"type": "string", "maxLength": 1000, "description": "why the record could not be processed"},
        "dlq-group": {"type": "string", "description": "the consumer group that gave up"},
        "dlq-partition": {"type": "string", "description": "where the record stood"},
        "dlq-offset": {"type": "string"},
    }
    return {
        "name": "dead letter",
        "summary": "A record as it came: its key, its value and its headers, and these headers after them.",
        "headers": {"type": "object", "required": [*added], "properties": added},
        "payload": {"description": "any bytes"},
    }


def _cloud_events() -> Node:
    text = {"type": "string", "minLength": 1}
    attributes = {
        "ce_specversion": {"const": SPEC_VERSION},
        "ce_id": text | {"description": "with ce_source the event's identity: a repeated delivery has both the same"},
        "ce_source": text | {"description": "the service that sends"},
        "ce_type": text,
        "ce_subject": {"type": "string", "description": "the record's key"},
        "ce_time": {"type": "string", "format": "date-time"},
        "content-type": {"const": JSON_TYPE},
    }
    required = [name for name in attributes if name != "ce_subject"]
    return {"headers": {"type": "object", "required": required, "properties": attributes}}


def _reference(kind: str, name: str, root: str = "components/") -> Node:
    return {"$ref": f"#/{root}{kind}/{name}"}


def _name(payload: type[Payload]) -> str:
    return payload.__name__[0].lower() + payload.__name__[1:]
