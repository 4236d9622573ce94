"""The payloads: strict when written, tolerant when read, frozen in time by golden examples, and about no person."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from contracts.envelope import read
from contracts.events import credential_event_id
from contracts.payload import Payload
from contracts.schema import examples, schema
from contracts.topics import EVENTS, TOPIC_OF
from tests.contracts.payloads import payloads

EXAMPLES = [(payload, example) for payload in TOPIC_OF for example in examples(payload)]
PERSONAL = re.compile(
    r"e?mail|recipient|learner|student|holder|person|people|given|family|first|last|birth|phone|address|subject|"
    r"identity|user|actor|reason|salt|(^|_)name",
    re.IGNORECASE,
)


@pytest.mark.parametrize(("payload", "example"), EXAMPLES)
def test_every_golden_example_is_read_today_and_means_the_same(payload: type[Payload], example: dict[str, Any]) -> None:
    headers = [(name, text.encode()) for name, text in example["headers"].items()]

    event = read(headers, json.dumps(example["data"]).encode())
    parsed = EVENTS[event.type].parse(event.data)

    assert type(parsed) is payload
    assert parsed.key() == example["key"] == event.subject
    assert TOPIC_OF[payload].name == example["topic"]
    written = json.loads(parsed.model_dump_json())
    assert {name: written[name] for name in example["data"]} == example["data"]


@pytest.mark.parametrize(("payload", "example"), EXAMPLES)
def test_every_golden_example_fits_its_schema(payload: type[Payload], example: dict[str, Any]) -> None:
    Draft202012Validator(schema(payload), format_checker=Draft202012Validator.FORMAT_CHECKER).validate(example["data"])


def test_golden_examples_are_only_ever_added() -> None:
    directory = files("contracts") / "examples"
    noted = dict(line.split("  ")[::-1] for line in (directory / "SHA256SUMS").read_text().splitlines())
    found = {
        f"{payload.event_type}/{entry.name}": hashlib.sha256(entry.read_bytes()).hexdigest()
        for payload in TOPIC_OF
        for entry in (directory / payload.event_type).iterdir()
    }

    assert found == noted


@given(payload=payloads())
def test_what_is_written_is_read_and_fits_the_schema(payload: Payload) -> None:
    written = payload.model_dump_json().encode()

    assert type(payload).parse(written) == payload
    Draft202012Validator(schema(type(payload))).validate(json.loads(written))


@pytest.mark.parametrize("payload", TOPIC_OF)
def test_unknown_members_are_ignored_when_read_and_refused_when_written(payload: type[Payload]) -> None:
    data = examples(payload)[0]["data"]
    extended = data | {"added_later": {"deep": [1]}}

    assert payload.parse(json.dumps(extended).encode()) == payload.model_validate(data)
    with pytest.raises(ValidationError, match="added_later"):
        payload.model_validate(extended)


@pytest.mark.parametrize("payload", TOPIC_OF)
def test_a_required_member_that_is_missing_is_refused(payload: type[Payload]) -> None:
    data = examples(payload)[0]["data"]

    for name, field in payload.model_fields.items():
        if field.is_required():
            with pytest.raises(ValidationError, match=name):
                payload.parse(json.dumps({other: data[other] for other in data if other != name}).encode())


@pytest.mark.parametrize(
    "value", [b"", b"null", b"[]", b"\xff", b"{", b"[" * 100_000, b'{"a":"\\ud800"}', b'{"revision": NaN}']
)
@pytest.mark.parametrize("payload", TOPIC_OF)
def test_a_value_that_is_no_payload_is_refused(payload: type[Payload], value: bytes) -> None:
    with pytest.raises(ValidationError):
        payload.parse(value)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_document_with_a_number_that_json_does_not_have_is_refused(number: str) -> None:
    payload = EVENTS["status-list.published.v1"]
    data = examples(payload)[0]["data"] | {"credential": {"a": [{"b": "here"}]}}

    with pytest.raises(ValidationError, match="not finite"):
        payload.parse(json.dumps(data).replace('"here"', number).encode())


@pytest.mark.parametrize(
    ("event", "member", "value"),
    [
        ("credential.issued.v1", "state", "revoked"),
        ("credential.revoked.v1", "state", "issued"),
        ("credential.revoked.v1", "revision", 1),
        ("credential.issued.v1", "status_index", -1),
        ("credential.issued.v1", "issued_at", "2026-01-01T00:00:00"),
        ("issuer.published.v1", "revision", 0),
        ("issuer.published.v1", "profile", []),
    ],
)
def test_a_member_out_of_its_range_is_refused(event: str, member: str, value: object) -> None:
    data = examples(EVENTS[event])[0]["data"]

    with pytest.raises(ValidationError, match=member):
        EVENTS[event].parse(json.dumps(data | {member: value}).encode())


def test_a_payload_cannot_be_changed() -> None:
    payload = EVENTS["credential.revoked.v1"].model_validate(examples(EVENTS["credential.revoked.v1"])[0]["data"])

    with pytest.raises(ValidationError, match="frozen"):
        payload.revision = 9  # type: ignore[attr-defined]


@pytest.mark.parametrize("event", [name for name in EVENTS if name.startswith("credential.")])
def test_no_member_of_a_credential_event_is_about_a_person(event: str) -> None:
    assert not [name for name in EVENTS[event].model_fields if PERSONAL.search(name)]


@pytest.mark.parametrize(("payload", "example"), EXAMPLES)
def test_no_golden_example_holds_an_email_address(payload: type[Payload], example: dict[str, Any]) -> None:
    assert not [text for text in _texts(example) if re.search(r"\w@\w", text)]


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for member in members:
        yield from _texts(member)


@given(credential_id=st.text(), revision=st.integers(1, 2**31))
def test_the_id_of_a_credentials_event_is_the_name_based_uuid_of_its_revision(
    credential_id: str, revision: int
) -> None:
    named = uuid.uuid5(uuid.NAMESPACE_URL, f"{credential_id}#{revision}")
    assert credential_event_id(credential_id, revision) == str(named)
