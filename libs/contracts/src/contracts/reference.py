"""The generated parts of docs/events.md: a table of the topics, and each event with its members and one example."""

import json
from collections.abc import Mapping
from typing import Any

from contracts.payload import Payload
from contracts.schema import examples, schema
from contracts.topics import TOPICS, Topic

LONG = 60


def sections() -> dict[str, str]:
    """Generated text by the name of its place in the document."""
    return {
        "topics": _topics(),
        "events": "\n".join(_event(topic, event) for topic in TOPICS for event in topic.payloads),
    }


def fill(document: str) -> str:
    """The document with its generated parts fresh: what stands between `<!-- generated: x -->` and `<!-- end -->`."""
    for name, text in sections().items():
        before, begin, rest = document.partition(f"<!-- generated: {name} -->\n")
        _, end, after = rest.partition("<!-- end -->")
        if not end:
            raise ValueError(f"the document has no place for the generated {name}")
        document = before + begin + text + end + after
    return document


def _topics() -> str:
    head = "| topic | key | keeps | from | to | events |\n|---|---|---|---|---|---|\n"
    return head + "".join(_topic(topic) for topic in TOPICS)


def _topic(topic: Topic) -> str:
    keeps = "newest of each key" if topic.compacted else f"all of {topic.days} day" if topic.days else "all"
    events = ", ".join(f"`{payload.event_type}`" for payload in topic.payloads)
    consumers = ", ".join(topic.consumers)
    return f"| `{topic.name}` | `{topic.key}` | {keeps} | {topic.producer} | {consumers} | {events} |\n"


def _event(topic: Topic, payload: type[Payload]) -> str:
    described = schema(payload)
    rows = [_member(name, member, described["required"]) for name, member in described["properties"].items()]
    example = json.dumps(_shortened(examples(payload)[0]["data"]), indent=2, ensure_ascii=False)
    return (
        f"### {payload.event_type}\n\n{described['description']} On `{topic.name}`, from {topic.producer}.\n\n"
        f"| member | type | |\n|---|---|---|\n{''.join(rows)}\n```json\n{example}\n```\n"
    )


def _member(name: str, member: Mapping[str, Any], required: list[str]) -> str:
    notes = [member["description"]] if "description" in member else []
    if name not in required:
        notes.append(f"optional, {json.dumps(member['default'])} if absent" if "default" in member else "optional")
    return f"| `{name}` | {_type(member)} | {'; '.join(notes)} |\n"


def _type(member: Mapping[str, Any]) -> str:
    if "const" in member:
        return f"`{json.dumps(member['const'])}`"
    if "enum" in member:
        return " or ".join(f"`{json.dumps(choice)}`" for choice in member["enum"])
    if "anyOf" in member:
        return " or ".join(_type(choice) for choice in member["anyOf"])
    if "minimum" in member:
        return f"integer from {member['minimum']}"
    return "instant" if member.get("format") == "date-time" else str(member["type"])


def _shortened(value: Any) -> Any:
    """For reading: long texts keep their beginning only."""
    if isinstance(value, dict):
        return {name: _shortened(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_shortened(member) for member in value]
    return f"{value[:LONG]}..." if isinstance(value, str) and len(value) > 2 * LONG else value
