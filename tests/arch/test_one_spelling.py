"""Members of bodies and query parameters are camelCase in every description, unless a standard spells them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from gateway.edge.routes import Room
from tests.arch.test_routes_are_guarded import app_of

CAMEL = re.compile(r"@?[a-z][a-zA-Z0-9]*")
SPELT_ELSEWHERE = {
    "/oauth/": "RFC 6749 and its family: 7591, 7592, 7009, 7662, 8693, 9126",
    "/.well-known/": "RFC 8414, RFC 9728 and OpenID Connect Discovery",
    "/ims/ob/v3p0/": "Open Badges 3.0: imsx_StatusInfo",
}
"""Beginnings of paths, and the standard that fixes the names there."""
OF_CASE = frozenset({"CFDocument", "CFItems", "CFAssociations"})
"""What 1EdTech CASE calls the parts of a package."""


def names(schema: Any) -> Iterator[str]:
    """Every property name of a schema, or of anything with schemas in it."""
    if isinstance(schema, list):
        for part in schema:
            yield from names(part)
    if isinstance(schema, Mapping):
        properties = schema.get("properties")
        if isinstance(properties, Mapping):
            yield from properties
        for part in schema.values():
            yield from names(part)


def asked(operation: Mapping[str, Any]) -> Iterator[str]:
    """The query parameters of an operation."""
    return (each["name"] for each in operation.get("parameters", ()) if each["in"] == "query")


def reached(start: Any, schemas: Mapping[str, Any]) -> dict[str, Any]:
    """The schemas that something refers to, however deep."""
    found: dict[str, Any] = {}
    left = re.findall(r"#/components/schemas/(\w+)", str(start))
    while left:
        if (name := left.pop()) not in found:
            found[name] = schemas[name]
            left += re.findall(r"#/components/schemas/(\w+)", str(schemas[name]))
    return found


@pytest.mark.parametrize("room", Room)
def test_every_name_is_camel_case(room: Room) -> None:
    description = app_of(room).openapi()
    ours = {of: each for of, each in description["paths"].items() if not of.startswith(tuple(SPELT_ELSEWHERE))}
    found = set()
    for path, operations in ours.items():
        used = [*names(operations), *(name for operation in operations.values() for name in asked(operation))]
        found |= {f"{path}: {name}" for name in used if not CAMEL.fullmatch(name)}
    for component, schema in reached(ours, description["components"]["schemas"]).items():
        found |= {f"{component}: {name}" for name in names(schema) if not CAMEL.fullmatch(name) and name not in OF_CASE}
    assert found == set()


def test_the_walk_sees_names_wherever_they_are() -> None:
    inner = {"type": "array", "items": {"properties": {"created_at": {}, "fine": {}}}}
    assert [*names({"anyOf": [{"properties": {"outer": inner}}]})] == ["outer", "created_at", "fine"]
    assert [*asked({"parameters": [{"in": "query", "name": "dry_run"}, {"in": "header", "name": "If-Match"}]})] == [
        "dry_run"
    ]
