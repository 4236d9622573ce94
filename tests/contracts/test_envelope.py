"""The CloudEvents envelope in both modes: what is written is read, and nothing hostile does more than be refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.envelope import STRUCTURED_TYPE, Envelope, EnvelopeError, envelope, read
from contracts.payload import Payload
from contracts.topics import EVENTS
from tests.contracts.payloads import INSTANTS, JSON, NAME, TEXT, payloads

STRUCTURED = (("content-type", f"{STRUCTURED_TYPE}; charset=UTF-8".encode()),)


@given(payload=payloads(), event_id=NAME, source=NAME, time=INSTANTS)
def test_binary_mode_carries_an_event_whole(payload: Payload, event_id: str, source: str, time: datetime) -> None:
    sent = envelope(payload, event_id=event_id, source=source, time=time)

    received = read(sent.headers(), sent.data)

    assert received == sent
    assert received.subject == payload.key()
    assert EVENTS[received.type].parse(received.data) == payload


@given(payload=payloads(), event_id=NAME, source=NAME, time=INSTANTS)
def test_structured_mode_says_the_same_as_binary_mode(
    payload: Payload, event_id: str, source: str, time: datetime
) -> None:
    sent = envelope(payload, event_id=event_id, source=source, time=time)

    received = read(STRUCTURED, structured(sent))

    assert (received.id, received.source, received.type, received.subject, received.time) == (
        sent.id,
        sent.source,
        sent.type,
        sent.subject,
        sent.time,
    )
    assert type(payload).parse(received.data) == payload


def structured(event: Envelope, **changes: object) -> bytes:
    """An event as another producer might write it (CloudEvents Kafka binding §3.3)."""
    attributes = {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "subject": event.subject,
        "time": event.time.isoformat(),
        "datacontenttype": "application/json",
        "data": json.loads(event.data),
    }
    return json.dumps(attributes | changes).encode()


HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["ce_id", "ce_type", "ce_time", "ce_specversion", "ce_source", "content-type"]) | TEXT,
        st.none() | st.binary(max_size=40) | st.sampled_from([b"1.0", b"2026-01-01T00:00:00Z", STRUCTURED[0][1]]),
    ),
    max_size=8,
)


@given(headers=HEADERS, value=st.none() | st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_whatever_arrives_is_read_or_refused(headers: list[tuple[str, bytes | None]], value: bytes | None) -> None:
    try:
        received = read(headers, value)
    except EnvelopeError:
        return
    assert received.id
    assert received.source
    assert received.type
    assert received.time.tzinfo is not None


ATTRIBUTES = {
    "specversion": "1.0",
    "id": "1",
    "source": "/x",
    "type": "t",
    "time": "2026-01-01T00:00:00Z",
    "data": 1,
}


@given(changes=st.dictionaries(st.sampled_from(sorted(ATTRIBUTES)) | TEXT, JSON, max_size=4))
def test_odd_attributes_of_a_structured_event_are_read_or_refused(changes: dict[str, object]) -> None:
    try:
        assert read(STRUCTURED, json.dumps(ATTRIBUTES | changes).encode()).data
    except EnvelopeError:
        return


GOOD = {
    "ce_specversion": "1.0",
    "ce_id": "1",
    "ce_source": "/issuer",
    "ce_type": "credential.issued.v1",
    "ce_time": "2026-01-01T00:00:00Z",
    "content-type": "application/json",
}


def as_headers(attributes: Mapping[str, str | None]) -> list[tuple[str, bytes | None]]:
    return [(name, None if text is None else text.encode()) for name, text in attributes.items()]


@pytest.mark.parametrize("missing", ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time"])
def test_a_required_attribute_that_is_missing_or_empty_is_refused(missing: str) -> None:
    for value in (None, ""):
        with pytest.raises(EnvelopeError):
            read(as_headers(GOOD | {missing: value}), b"{}")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ce_specversion", "0.3"),
        ("ce_specversion", "1.1"),
        ("ce_time", "yesterday"),
        ("ce_time", "2026-01-01T00:00:00"),
        ("ce_time", "99999-01-01T00:00:00Z"),
    ],
)
def test_an_attribute_that_means_nothing_is_refused(name: str, text: str) -> None:
    with pytest.raises(EnvelopeError):
        read(as_headers(GOOD | {name: text}), b"{}")


def test_a_record_without_a_value_is_refused() -> None:
    with pytest.raises(EnvelopeError, match="no value"):
        read(as_headers(GOOD), None)


def test_a_header_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(EnvelopeError, match="UTF-8"):
        read([*as_headers(GOOD), ("trace", b"\xff")], b"{}")


@pytest.mark.parametrize("value", [b"", b"[]", b"{}", b"null", b"{", b"[" * 100_000, b'{"data": 1}', b"\xff\xfe"])
def test_a_structured_event_that_is_none_is_refused(value: bytes) -> None:
    with pytest.raises(EnvelopeError):
        read(STRUCTURED, value)


def test_unknown_headers_and_extensions_are_ignored() -> None:
    plain = read(as_headers(GOOD), b"{}")
    more: dict[str, str | None] = {"ce_traceparent": "00-1", "X-Other": "y", "CE_Subject": "s", "null": None}

    extended = read(as_headers(GOOD | more), b"{}")

    assert extended == replace(plain, subject="s")
