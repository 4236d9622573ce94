"""A Postman collection (v2.1, which Bruno, Insomnia and Hoppscotch import as well) made from the merged description."""

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from tools.api.first_story import STORY, VARIABLES

Json = dict[str, Any]
SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
DESCRIPTION = """\
Made from /openapi.json. Set `baseUrl`, `clientId` and `clientSecret` (`make run` writes demonstration clients to
var/demo.json): an access token is fetched before a request, and another before it ends. The folder "First story" runs
from top to bottom (issue, verify, revoke, verify again), for a university, and for an employer by
`employerClientId` and `employerClientSecret`."""
BEARER = {"token": "{{accessToken}}"}
FETCH = """\
const client = pm.variables.get("clientId");
const kept = pm.collectionVariables;
if (client && (kept.get("accessTokenOf") !== client || Date.now() > Number(kept.get("accessTokenUntil")))) {
  pm.sendRequest({
    url: pm.variables.replaceIn("{{baseUrl}}/oauth/token"),
    method: "POST",
    auth: {type: "basic", basic: [
      {key: "username", value: client},
      {key: "password", value: pm.variables.get("clientSecret")},
    ]},
    body: {mode: "urlencoded", urlencoded: [{key: "grant_type", value: "client_credentials"}]},
  }, (error, answer) => {
    if (error || answer.code !== 200) {
      console.error("no access token:", error || answer.text());
      return;
    }
    kept.set("accessToken", answer.json().access_token);
    kept.set("accessTokenOf", client);
    kept.set("accessTokenUntil", String(Date.now() + (answer.json().expires_in - 60) * 1000));
  });
}"""
"""Runners without a person (newman, Bruno's) press no "Get New Access Token"."""
BASIC = {"username": "{{clientId}}", "password": "{{clientSecret}}"}


def collection(document: Json) -> Json:
    """Every operation in its tag's folder, behind a story that runs."""
    folders: dict[str, list[Json]] = defaultdict(list)
    for path, method, operation in _operations(document):
        folders[operation["tags"][0]].append(_item(document, path, method, operation))
    tags = [{"name": tag["name"], "description": tag.get("description", "")} for tag in document["tags"]]
    return {
        "info": {
            "_postman_id": str(uuid5(NAMESPACE_URL, document["servers"][0]["url"])),
            "name": document["info"]["title"],
            "description": DESCRIPTION,
            "schema": SCHEMA,
        },
        "auth": _auth("bearer", BEARER),
        "event": [{"listen": "prerequest", "script": {"type": "text/javascript", "exec": FETCH.splitlines()}}],
        "variable": [{"key": name, "value": value, "type": "string"} for name, value in VARIABLES.items()],
        "item": [STORY, *({**tag, "item": folders[tag["name"]]} for tag in tags)],
    }


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield path, method, operation


def _item(document: Json, path: str, method: str, operation: Json) -> Json:
    request: Json = {
        "method": method.upper(),
        "header": [_parameter(one) for one in _parameters(operation, "header")],
        "url": _url(path, operation),
        "description": operation.get("description", ""),
    }
    if auth := _authorization(operation):
        request["auth"] = auth
    if body := _body(document, operation):
        request["header"].append({"key": "Content-Type", "value": body.pop("type")})
        request["body"] = body
    return {"name": operation["summary"], "request": request}


def _url(path: str, operation: Json) -> Json:
    parts = [f":{part[1:-1]}" if part.startswith("{") else part for part in path.strip("/").split("/")]
    query = [_parameter(one) for one in _parameters(operation, "query")]
    asked = "&".join(f"{one['key']}={one['value']}" for one in query if not one.get("disabled"))
    url: Json = {"raw": "{{baseUrl}}/" + "/".join(parts) + (f"?{asked}" if asked else ""), "host": ["{{baseUrl}}"]}
    url |= {"path": parts, "query": query}
    if variables := [_parameter(one) for one in _parameters(operation, "path")]:
        url["variable"] = variables
    return url


def _parameters(operation: Json, place: str) -> list[Json]:
    return [one for one in operation.get("parameters", ()) if one["in"] == place]


def _parameter(one: Json) -> Json:
    found = {"key": one["name"], "value": "{{$guid}}" if one["name"] == "Idempotency-Key" else ""}
    if one.get("description"):
        found["description"] = one["description"]
    return found if one.get("required") or one["name"] == "Idempotency-Key" else {**found, "disabled": True}


def _authorization(operation: Json) -> Json | None:
    """None where the collection's own does."""
    names = [name for requirement in operation["security"] for name in requirement]
    if "oauth2" in names:
        return None
    if "clientSecretBasic" in names:
        return _auth("basic", BASIC)
    return {"type": "noauth"}


def _auth(kind: str, values: dict[str, str]) -> Json:
    return {"type": kind, kind: [{"key": key, "value": value, "type": "string"} for key, value in values.items()]}


def _body(document: Json, operation: Json) -> Json | None:
    if "requestBody" not in operation:
        return None
    name, media = next(iter(operation["requestBody"]["content"].items()))
    value = media["example"] if "example" in media else sample(media["schema"], document["components"]["schemas"])
    if name == "application/x-www-form-urlencoded":
        return {
            "type": name,
            "mode": "urlencoded",
            "urlencoded": [{"key": k, "value": str(v)} for k, v in value.items()],
        }
    return {
        "type": name,
        "mode": "raw",
        "raw": value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False),
        "options": {"raw": {"language": "json"}},
    }


def sample(schema: Json, schemas: Json, depth: int = 0) -> Any:
    """The least that a schema asks for, to be filled in."""
    if "$ref" in schema:
        return sample(schemas[schema["$ref"].rsplit("/", 1)[-1]], schemas, depth + 1) if depth < 8 else {}
    for known in ("example", "const", "default"):
        if known in schema:
            return schema[known]
    if schema.get("enum") or schema.get("examples"):
        return (schema.get("enum") or schema["examples"])[0]
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return sample(schema[several][0], schemas, depth + 1)
    return _plain(schema, schemas, depth)


def _plain(schema: Json, schemas: Json, depth: int) -> Any:
    kind = schema.get("type", "object")
    match kind[0] if isinstance(kind, list) else kind:
        case "object":
            members = schema.get("properties", {})
            return {name: sample(members.get(name, {}), schemas, depth + 1) for name in schema.get("required", ())}
        case "array":
            return [sample(schema["items"], schemas, depth + 1)] if schema.get("minItems") and "items" in schema else []
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return False
        case _:
            return ""
