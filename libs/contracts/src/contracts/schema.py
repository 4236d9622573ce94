"""JSON Schemas of the payloads, for readers that are not Python. Generated from the models; never written by hand."""

import json
from importlib.resources import files
from typing import Any, cast

from contracts.payload import Payload

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(payload: type[Payload]) -> dict[str, Any]:
    """The whole schema of one event's data.

    It is open: a reader must accept members it does not know, because optional ones may be added to a version.
    """
    generated = payload.model_json_schema(mode="serialization")
    generated.pop("$defs", None)
    generated.pop("additionalProperties")
    members = {name: _member(described) for name, described in generated.pop("properties").items()}
    facts = {
        "$schema": DIALECT,
        "$id": f"urn:laurel:event:{payload.event_type}",
        "title": payload.event_type,
        "description": generated["description"],
        "type": "object",
        "properties": members,
    }
    return facts | {"required": _required(generated["required"], members)}


def _member(described: dict[str, Any]) -> dict[str, Any]:
    """Without pydantic's titles; a document is any object, so that nothing refers to a definition elsewhere."""
    kept = {name: value for name, value in described.items() if name not in {"title", "additionalProperties"}}
    if kept.get("default", "") is None:
        del kept["default"]
    return kept


def _required(required: list[str], members: dict[str, Any]) -> list[str]:
    """A constant is always written, so readers may rely on it as on any required member."""
    return [name for name in members if name in required or "const" in members[name]]


def published(payload: type[Payload]) -> str:
    """The schema file that ships with this package."""
    return (files("contracts") / "schemas" / f"{payload.event_type}.json").read_text()


def examples(payload: type[Payload]) -> list[dict[str, Any]]:
    """The golden examples of one event: `key`, `headers` and `data`, as they stand on the topic. Append-only."""
    directory = files("contracts") / "examples" / payload.event_type
    names = sorted(entry.name for entry in directory.iterdir())
    return [cast("dict[str, Any]", json.loads((directory / name).read_text())) for name in names]
