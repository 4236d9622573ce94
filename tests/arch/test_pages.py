"""Every address that answers with a collection pages it: `limit`, `cursor`, `next` in the body and in Link."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from gateway.edge.routes import Room
from service_kit.pagination import MAX_LIMIT
from tests.arch.test_routes_are_guarded import app_of

ELSEWHERE = ("/oauth/", "/.well-known/", "/vc/", "/ims/ob/v3p0/")
"""Protocols of others, which page in their own way or not at all."""
Operation = Mapping[str, Any]


def resolved(schema: Operation, description: Operation) -> Operation:
    if "$ref" not in schema:
        return schema
    found: Operation = description["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def collections(room: Room) -> Iterator[tuple[str, Operation, Operation]]:
    """Path, operation and answer of every GET that gives an array, bare or as `items`."""
    description = app_of(room).openapi()
    for path, operations in description["paths"].items():
        if "get" not in operations or path.startswith(ELSEWHERE):
            continue
        for content in operations["get"]["responses"].get("200", {}).get("content", {}).values():
            answer = resolved(content.get("schema", {}), description)
            if answer.get("type") == "array" or "items" in answer.get("properties", {}):
                yield path, operations["get"], answer


@pytest.mark.parametrize("room", Room)
def test_every_collection_pages(room: Room) -> None:
    for path, operation, answer in collections(room):
        asked = {each["name"]: each for each in operation.get("parameters", ()) if each["in"] == "query"}
        assert {"limit", "cursor"} <= asked.keys(), f"{path} gives all at once"
        assert asked["limit"]["schema"]["maximum"] == MAX_LIMIT, path
        assert "next" in answer["properties"], f"{path} does not tell the next cursor"
        assert "Link" in operation["responses"]["200"].get("headers", {}), f"{path} does not describe Link"


def test_the_collections_are_found() -> None:
    found = {path for room in Room for path, _, _ in collections(room)}
    assert {"/clients", "/organizations/{organization}/members", "/courses", "/issuers", "/batches"} <= found
    assert {"/issuers/{slug}/keys", "/batches/{batch_id}/rows", "/verifications", "/stacks"} <= found
    assert {"/recognitions", "/recognition-agreements", "/learners/me/recognitions"} <= found
