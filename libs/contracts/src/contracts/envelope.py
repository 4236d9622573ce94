"""CloudEvents 1.0 in Kafka's binary content mode: attributes as `ce_*` headers, the payload as the record's value.

Source: CloudEvents 1.0, Kafka protocol binding 1.0 §3.2. Structured mode (§3.3) is read as well, never written.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from contracts.payload import Payload

SPEC_VERSION = "1.0"
JSON_TYPE = "application/json"
STRUCTURED_TYPE = "application/cloudevents+json"

Headers = tuple[tuple[str, bytes], ...]


class EnvelopeError(ValueError):
    """The record is not a CloudEvent that this reader understands."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One event as it travels. `source` and `id` together are its identity (CloudEvents 1.0 §3.1)."""

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    data: bytes

    def headers(self) -> Headers:
        """The record's headers, in a fixed order."""
        return tuple((name, value.encode()) for name, value in self.attributes().items())

    def attributes(self) -> dict[str, str]:
        """The same as text."""
        return {
            "ce_specversion": SPEC_VERSION,
            "ce_id": self.id,
            "ce_source": self.source,
            "ce_type": self.type,
            "ce_subject": self.subject,
            "ce_time": self.time.isoformat(),
            "content-type": JSON_TYPE,
        }


def envelope(payload: Payload, *, event_id: str, source: str, time: datetime) -> Envelope:
    """Wrap a payload. Its key becomes the event's subject."""
    return Envelope(event_id, source, payload.event_type, payload.key(), time, payload.model_dump_json().encode())


def read(headers: Iterable[tuple[str, bytes | None]], value: bytes | None) -> Envelope:
    """Read a record in either mode. Raises EnvelopeError for anything that is not a complete CloudEvents 1.0 event."""
    if value is None:
        raise EnvelopeError("the record has no value")
    try:
        named = {name.lower(): content.decode() for name, content in headers if content is not None}
    except UnicodeDecodeError as error:
        raise EnvelopeError("a header is not UTF-8") from error
    if named.get("content-type", "").lower().startswith(STRUCTURED_TYPE):
        return _read_structured(value)
    attributes = {name.removeprefix("ce_"): text for name, text in named.items() if name.startswith("ce_")}
    return _from_attributes(attributes, value)


def _read_structured(value: bytes) -> Envelope:
    try:
        event = json.loads(value)
    except (ValueError, RecursionError) as error:
        raise EnvelopeError("the structured event is not JSON") from error
    if not isinstance(event, dict) or "data" not in event:
        raise EnvelopeError("the structured event has no data")
    attributes = {name: text for name, text in event.items() if isinstance(text, str)}
    return _from_attributes(attributes, json.dumps(event["data"]).encode())


def _from_attributes(attributes: Mapping[str, str], data: bytes) -> Envelope:
    if attributes.get("specversion") != SPEC_VERSION:
        raise EnvelopeError(f"specversion is {attributes.get('specversion')!r}, not {SPEC_VERSION}")
    missing = [name for name in ("id", "source", "type", "time") if not attributes.get(name)]
    if missing:
        raise EnvelopeError(f"missing attributes: {', '.join(missing)}")
    try:
        time = datetime.fromisoformat(attributes["time"])
    except ValueError as error:
        raise EnvelopeError("time is not RFC 3339") from error
    if time.tzinfo is None:
        raise EnvelopeError("time has no offset")
    return Envelope(
        attributes["id"], attributes["source"], attributes["type"], attributes.get("subject", ""), time, data
    )
