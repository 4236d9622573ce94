"""The API's description as a page to read without a script: what stands in it for each operation."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.http.pages import html

Json = dict[str, Any]

NO_ANCHOR = re.compile(r"[^a-z0-9]+")
METHODS = ("get", "post", "put", "patch", "delete")


def plain_reference(document: Json) -> str:
    """The whole page. The operations stand in the order of the description, in the groups of its tags."""
    found: dict[str, list[Json]] = {tag["name"]: [] for tag in document["tags"]}
    for path, operations in document["paths"].items():
        for method in METHODS:
            if method in operations:
                found[operations[method]["tags"][0]].append(_operation(method, path, operations[method]))
    texts = {tag["name"]: tag.get("description", "") for tag in document["tags"]}
    groups = [
        {"id": _anchor(name), "name": name, "text": texts[name], "operations": operations}
        for name, operations in found.items()
        if operations
    ]
    return html("operations.html", version=document["info"]["version"], groups=groups)


def _operation(method: str, path: str, told: Json) -> Json:
    body = told.get("requestBody", {}).get("content", {})
    return {
        "id": told["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": told["summary"].rstrip("."),
        "text": told.get("description", ""),
        "scopes": sorted(set(_scopes(told))),
        "open": not told.get("security") or {} in told["security"],
        "parameters": [_parameter(one) for one in told.get("parameters", ())],
        "body": ", ".join(_named(kind, of) for kind, of in body.items()),
        "example": next(_examples(body), ""),
        "answers": [
            {"status": status, "text": answer["description"].rstrip(".")}
            for status, answer in told["responses"].items()
        ],
    }


def _scopes(told: Json) -> Iterator[str]:
    for requirement in told.get("security", ()):
        for scopes in requirement.values():
            yield from scopes


def _parameter(one: Json) -> Json:
    """Its place, kind and words."""
    text = one.get("description") or one["schema"].get("description", "")
    place = {"query": "in the query", "path": "in the path", "header": "header", "cookie": "cookie"}[one["in"]]
    required = bool(one.get("required")) and one["in"] != "path"
    return {"name": one["name"], "place": place, "required": required, "kind": _kind(one["schema"]), "text": text}


def _kind(schema: Mapping[str, Any]) -> str:
    """A schema in a few words."""
    if "$ref" in schema:
        return _last(schema["$ref"])
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    limits = [
        f"{word} {schema[name]}"
        for name, word in (("minimum", "from"), ("maximum", "to"), ("maxLength", "at most"), ("default", "otherwise"))
        if schema.get(name) is not None
    ]
    return " ".join([str(schema.get("format") or schema.get("type", "any")), *limits])


def _named(kind: str, of: Json) -> str:
    schema = of.get("schema", {})
    return f"{kind} ({_last(schema['$ref'])})" if "$ref" in schema else kind


def _examples(body: Json) -> Iterator[str]:
    for of in body.values():
        examples = of.get("examples", {})
        for example in (
            [of["example"]] if "example" in of else [one["value"] for one in examples.values() if "value" in one]
        ):
            yield example if isinstance(example, str) else json.dumps(example, indent=2, ensure_ascii=False)


def _last(reference: str) -> str:
    return reference.rsplit("/", 1)[-1]


def _anchor(name: str) -> str:
    return "group-" + NO_ANCHOR.sub("-", name.lower()).strip("-")
