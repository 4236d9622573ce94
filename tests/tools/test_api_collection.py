"""The collection has every operation, gets tokens as the API gives them, and uses no variable it does not declare."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tools.api.__main__ import COLLECTION, OPENAPI
from tools.api.collection import sample
from tools.api.first_story import VARIABLES

MADE: dict[str, Any] = json.loads(COLLECTION.read_text(encoding="utf-8"))
DOCUMENT: dict[str, Any] = json.loads(OPENAPI.read_text(encoding="utf-8"))


def requests(folder: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in folder["item"]:
        if "item" in item:
            yield from requests(item)
        else:
            yield item["request"]


def test_every_operation_is_a_request() -> None:
    story, *folders = MADE["item"]
    made = {
        (request["method"].lower(), "/" + "/".join(re.sub(r"^:(.+)", r"{\1}", part) for part in request["url"]["path"]))
        for folder in folders
        for request in requests(folder)
    }
    assert made == {(method, path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert len(story["item"]) == 8


def test_it_is_what_postman_calls_version_2_1() -> None:
    assert MADE["info"]["schema"].endswith("/v2.1.0/collection.json")


def test_every_request_has_a_token_without_a_person_who_gets_one() -> None:
    token = {"key": "token", "value": "{{accessToken}}", "type": "string"}
    assert MADE["auth"] == {"type": "bearer", "bearer": [token]}
    (event,) = MADE["event"]
    assert event["listen"] == "prerequest"
    fetched = "\n".join(event["script"]["exec"])
    assert "{{baseUrl}}/oauth/token" in fetched
    assert "client_credentials" in fetched


def test_every_variable_is_declared_or_kept_by_a_step() -> None:
    text = json.dumps(MADE)
    used = set(re.findall(r"{{(\w+)}}", text))
    kept = set(re.findall(r"collectionVariables\.set\(\\\"(\w+)", text))
    assert used <= VARIABLES.keys() | kept
    assert VARIABLES.keys() == {one["key"] for one in MADE["variable"]}


def test_path_variables_have_a_place() -> None:
    for request in requests(MADE):
        parts = {part[1:] for part in request["url"]["path"] if part.startswith(":")}
        assert parts == {one["key"] for one in request["url"].get("variable", ())}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "b": {}}}, {"a": ""}),
        ({"anyOf": [{"type": "integer", "minimum": 3}, {"type": "null"}]}, 3),
        ({"type": "array", "minItems": 1, "items": {"enum": ["x", "y"]}}, ["x"]),
        ({"$ref": "#/components/schemas/T"}, True),
    ],
)
def test_a_sample_is_the_least_that_a_schema_asks_for(schema: dict[str, Any], value: Any) -> None:
    assert sample(schema, {"T": {"const": True}}) == value
