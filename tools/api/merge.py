"""Five descriptions become one. A pure function of them, so the same descriptions always give the same bytes."""

import copy
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Json = dict[str, Any]
METHODS = ("get", "put", "post", "delete", "patch")
REFERENCE = "#/components/schemas/"


class Clash(ValueError):
    """Two services describe the same thing differently, and one document cannot hold both."""


def merge(descriptions: Mapping[str, Json], frame: Json, schemes: Json) -> Json:
    """One OpenAPI 3.1 document of every service's paths. `frame` is about the whole, `schemes` says how to sign in.

    Schemas of one name and different content get their service's name in front. Raises Clash.
    """
    parts = {room: copy.deepcopy(found) for room, found in descriptions.items()}
    names = _schema_names(parts)
    for room, part in parts.items():
        _rename(part, names[room])
    document = {
        "openapi": "3.1.0",
        **frame,
        "paths": _paths(parts),
        "components": {"schemas": _schemas(parts, names), "securitySchemes": schemes},
    }
    _check(document)
    return document


def _schema_names(parts: Mapping[str, Json]) -> dict[str, dict[str, str]]:
    """For each room, what its schemas are called in the whole."""
    owners: dict[str, dict[str, Json]] = defaultdict(dict)
    for room, part in parts.items():
        for name, schema in part["components"]["schemas"].items():
            owners[name][room] = schema
    return {
        room: {
            name: name if _is_one(parts, owners[name]) else f"{room.title()}{name}"
            for name in part["components"]["schemas"]
        }
        for room, part in parts.items()
    }


def _is_one(parts: Mapping[str, Json], owned: Mapping[str, Json]) -> bool:
    """Whether every room means the same by a name, in what it refers to as well."""
    meanings = [_unfolded(schema, parts[room]["components"]["schemas"], ()) for room, schema in owned.items()]
    return all(meaning == meanings[0] for meaning in meanings)


def _unfolded(value: Any, schemas: Json, seen: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        target = str(value.get("$ref", "")).removeprefix(REFERENCE)
        if "$ref" in value and target not in seen:
            return _unfolded(schemas[target], schemas, (*seen, target))
        return {name: _unfolded(member, schemas, seen) for name, member in value.items()}
    if isinstance(value, list):
        return [_unfolded(item, schemas, seen) for item in value]
    return value


def _rename(value: Any, names: Mapping[str, str]) -> None:
    """Point every reference at the new name, in place."""
    for node in _objects(value):
        target = node.get("$ref")
        if isinstance(target, str) and target.startswith(REFERENCE):
            node["$ref"] = REFERENCE + names[target.removeprefix(REFERENCE)]


def _objects(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
    inside: Iterable[Any] = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inside:
        yield from _objects(item)


def _schemas(parts: Mapping[str, Json], names: Mapping[str, Mapping[str, str]]) -> Json:
    found = {
        names[room][name]: _titled(schema, names[room][name])
        for room, part in parts.items()
        for name, schema in part["components"]["schemas"].items()
    }
    return dict(sorted(found.items()))


def _titled(schema: Json, name: str) -> Json:
    """With its name in the whole for a title: generators of clients call it by that, and take no two of one title."""
    return {**schema, "title": name} if "title" in schema else schema


def _paths(parts: Mapping[str, Json]) -> Json:
    paths: dict[str, Json] = defaultdict(dict)
    for room, part in parts.items():
        for path, operations in part["paths"].items():
            for method, operation in operations.items():
                if method in paths[path]:
                    raise Clash(f"{room} describes {method.upper()} {path}, and so does another")
                paths[path][method] = _operation(operation, room)
    return {
        path: {method: paths[path][method] for method in METHODS if method in paths[path]} for path in sorted(paths)
    }


def _operation(operation: Json, room: str) -> Json:
    """As its service has it, with the whole's name for an access token, and who answers."""
    security = [
        {("oauth2" if name == "accessToken" else name): needed for name, needed in requirement.items()}
        for requirement in operation.pop("security", [])
    ]
    return {**operation, "security": security, "x-service": room}


def _check(document: Json) -> None:
    """What no validator of OpenAPI checks. Raises Clash."""
    shapes: dict[str, str] = {}
    names: dict[str, str] = {}
    for path, operations in document["paths"].items():
        shape = "/".join("{}" if part.startswith("{") else part for part in path.split("/"))
        _only(shapes, shape, path)
        for method, operation in operations.items():
            _only(names, operation["operationId"], f"{method.upper()} {path}")
            for name in (name for requirement in operation["security"] for name in requirement):
                if name not in document["components"]["securitySchemes"]:
                    raise Clash(f"{method.upper()} {path} asks for {name}, which nobody describes")


def _only(taken: dict[str, str], key: str, by: str) -> None:
    if taken.setdefault(key, by) != by:
        raise Clash(f"{by} and {taken[key]} are both {key}")
