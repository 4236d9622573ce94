"""Schemas, AsyncAPI document and event reference are what the models give today, and valid."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from contracts.__main__ import PACKAGE, main
from contracts.asyncapi import document
from contracts.payload import Payload
from contracts.reference import fill
from contracts.schema import examples, published, schema
from contracts.topics import EVENTS, TOPIC_OF, TOPICS

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@pytest.mark.parametrize("what", ["schemas", "asyncapi", "docs", "problems"])
def test_what_is_committed_is_fresh(what: str) -> None:
    assert main([what, "--check", "--root", str(ROOT)]) == 0


def test_a_stale_file_is_found_named_and_written_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "asyncapi.json").write_text("{}")

    assert main(["asyncapi", "--check", "--root", str(tmp_path)]) == 1
    assert "asyncapi.json" in capsys.readouterr().err
    assert main(["asyncapi", "--root", str(tmp_path)]) == 0
    assert main(["asyncapi", "--check", "--root", str(tmp_path)]) == 0


def test_no_schema_of_a_past_event_lies_about() -> None:
    assert {path.stem for path in (PACKAGE / "schemas").glob("*.json")} == set(EVENTS)


@pytest.mark.parametrize("payload", TOPIC_OF)
def test_a_schema_is_valid_stands_alone_and_lets_members_be_added(payload: type[Payload]) -> None:
    published_schema = json.loads(published(payload))

    Draft202012Validator.check_schema(published_schema)
    assert published_schema == schema(payload)
    assert "$ref" not in published(payload)
    Draft202012Validator(published_schema).validate(examples(payload)[0]["data"] | {"added_later": 1})


def test_the_asyncapi_document_is_valid() -> None:
    assert list(_asyncapi().iter_errors(document())) == []


@pytest.mark.parametrize(
    "path",
    [
        ("operations", "issuer-sends-credential-issued", "action"),
        ("channels", "credential-issued", "unknown"),
        ("components", "messages", "credentialIssued", "traits"),
        ("info",),
    ],
)
def test_the_validator_sees_what_is_wrong(path: tuple[str, ...]) -> None:
    broken = document()
    place: Any = broken
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = "wrong"

    assert not _asyncapi().is_valid(broken)


def _asyncapi() -> Draft7Validator:
    return Draft7Validator(json.loads(gzip.decompress((HERE / "asyncapi" / "3.0.0.json.gz").read_bytes())))


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    whole = document()
    for reference in _references(whole):
        place: Any = whole
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]
        assert place


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [found for member in node.values() for found in _references(member)]
    return [found for member in node for found in _references(member)] if isinstance(node, list) else []


def test_the_asyncapi_document_has_every_topic_producer_and_consumer() -> None:
    operations = document()["operations"]
    by_action = {(operation["action"], operation["channel"]["$ref"]) for operation in operations.values()}

    for topic in TOPICS:
        assert ("send", f"#/channels/{topic.name}") in by_action
        assert (("receive", f"#/channels/{topic.name}") in by_action) == bool(topic.consumers)
        assert (("send", f"#/channels/{topic.dead_letters}") in by_action) == bool(topic.consumers)


@pytest.mark.parametrize("payload", TOPIC_OF)
def test_the_golden_headers_fit_the_cloudevents_trait(payload: type[Payload]) -> None:
    components = document()["components"]
    own = components["messages"][payload.__name__[0].lower() + payload.__name__[1:]]["headers"]
    trait = components["messageTraits"]["cloudEvents"]["headers"]

    for example in examples(payload):
        Draft7Validator(trait).validate(example["headers"])
        Draft7Validator(own).validate(example["headers"])


def test_a_document_without_a_place_for_the_tables_is_refused() -> None:
    with pytest.raises(ValueError, match="no place"):
        fill("# Events\n")
