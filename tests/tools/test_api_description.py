"""One description of the whole API: current, valid, with nothing lost and nothing named twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from gateway.edge.routes import Room
from service_kit.problems import MEDIA_TYPE
from tests.arch.test_routes_are_guarded import app_of, described
from tools.api.__main__ import OPENAPI, ROOT, main
from tools.api.examples import EXAMPLES
from tools.api.merge import Clash, merge

ANNOTATIONS = ("title", "description", "default", "deprecated", "examples", "readOnly", "writeOnly", "contentMediaType")
DOCUMENT: dict[str, Any] = json.loads(OPENAPI.read_text(encoding="utf-8"))


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_what_is_committed_is_what_the_services_describe() -> None:
    """To mend this, run `make api` and commit what it writes."""
    assert main(["--check"]) == 0
    assert (ROOT / "docs" / "openapi.json").resolve() == OPENAPI.resolve()


def test_it_is_valid_openapi_3_1() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors()) == []


def test_every_operation_of_every_room_is_in_it_once() -> None:
    theirs = {(str(room), *operation) for room in Room for operation in described(app_of(room))}
    assert {(operation["x-service"], method, path) for method, path, operation in operations()} == theirs


def test_what_the_edge_answers_is_described_everywhere() -> None:
    for method, path, operation in operations():
        known = operation["responses"]
        assert {"408", "429", "431", "503", "504"} <= known.keys(), (method, path)
        without_tokens = path.startswith(("/oauth/", "/login")) or path.endswith("/statements")
        assert "401" in known or without_tokens, (method, path)
    shown = DOCUMENT["paths"]["/achievements"]["get"]["responses"]["401"]
    assert shown["headers"].keys() == {"WWW-Authenticate", "RateLimit", "RateLimit-Policy"}
    assert shown["content"].keys() == {MEDIA_TYPE, "text/html"}


def test_every_reference_leads_somewhere() -> None:
    text = json.dumps(DOCUMENT)
    names = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert names <= DOCUMENT["components"]["schemas"].keys()
    assert DOCUMENT["components"]["schemas"].keys() <= names


def test_every_operation_is_named_tagged_and_summarized() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(set(names)) == len(names)
    assert all(name.isalnum() and name[0].islower() for name in names)
    assert [path for _, path, operation in operations() if not operation.get("summary")] == []
    assert {tag for _, _, operation in operations() for tag in operation["tags"]} <= {
        tag["name"] for tag in DOCUMENT["tags"]
    }


def test_every_scope_that_is_asked_for_can_be_had() -> None:
    flows = DOCUMENT["components"]["securitySchemes"]["oauth2"]["flows"]
    offered = set(flows["authorizationCode"]["scopes"])
    assert set(flows["clientCredentials"]["scopes"]) < offered
    needed = {
        scope
        for _, _, operation in operations()
        for requirement in operation["security"]
        for scope in requirement.get("oauth2", ())
    }
    assert {"credentials:issue", "verifications:create", "catalog:write"} <= needed <= offered


def test_whatever_is_named_is_explained() -> None:
    assert [tag["name"] for tag in DOCUMENT["tags"] if not tag.get("description")] == []
    for flow in DOCUMENT["components"]["securitySchemes"]["oauth2"]["flows"].values():
        assert [name for name, meaning in flow["scopes"].items() if meaning in ("", name)] == []


def schemas(value: Any) -> Iterator[dict[str, Any]]:
    """Every schema below a value of the document, but not what only looks like one: names and examples."""
    if isinstance(value, list):
        for item in value:
            yield from schemas(item)
        return
    if not isinstance(value, dict):
        return
    for name, member in value.items():
        if name == "schema":
            yield from inner(member)
        elif name == "schemas":
            for one in member.values():
                yield from inner(one)
        elif name not in ("example", "examples"):
            yield from schemas(member)


def inner(schema: Any) -> Iterator[dict[str, Any]]:
    """A schema, and those within it."""
    if not isinstance(schema, dict):
        return
    yield schema
    for keyword in ("properties", "patternProperties", "$defs"):
        for one in schema.get(keyword, {}).values():
            yield from inner(one)
    for keyword in ("items", "additionalProperties", "not", "propertyNames", "contains"):
        yield from inner(schema.get(keyword))
    for keyword in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for one in schema.get(keyword, ()):
            yield from inner(one)


def test_schemas_say_nothing_that_a_schema_cannot() -> None:
    """An unknown keyword is passed over by whoever validates: a limit of that name holds nobody."""
    known = {*Draft202012Validator.VALIDATORS, *ANNOTATIONS, "then", "else", "$defs", "discriminator", "example"}
    assert {name for schema in schemas(DOCUMENT) for name in schema} - known == set()


def test_schemas_are_titled_as_they_are_named() -> None:
    """Generators of clients go by the title: of two schemas of one title they make one, or drop what uses the other."""
    named = DOCUMENT["components"]["schemas"]
    assert {name: schema["title"] for name, schema in named.items() if schema.get("title", name) != name} == {}
    assert [name for name in named if not name.isalnum()] == []


def test_a_member_that_is_required_is_described() -> None:
    for schema in schemas(DOCUMENT):
        assert set(schema.get("required", ())) <= schema.get("properties", {}).keys(), schema


def test_every_refusal_has_a_form() -> None:
    for method, path, operation in operations():
        for status, answer in operation["responses"].items():
            if status >= "400" and status != "default":
                assert answer["content"], (method, path, status)
                problem = answer["content"].get(MEDIA_TYPE)
                assert problem is None or problem["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_an_answer_is_a_model_or_another_schema_and_not_both() -> None:
    for method, path, operation in operations():
        for status, answer in operation["responses"].items():
            for media_type, media in answer.get("content", {}).items():
                schema = media.get("schema", {})
                assert "$ref" not in schema or schema.keys() <= {"$ref", "description"}, (method, path, status)
                assert schema or not media_type.startswith("text/"), (method, path, status)


def test_every_answer_says_what_is_left_of_the_callers_rate() -> None:
    named = {name: {"$ref": f"#/components/headers/{name}"} for name in DOCUMENT["components"]["headers"]}
    assert set(named) == {"RateLimit", "RateLimit-Policy"}
    for method, path, operation in operations():
        for status, answer in operation["responses"].items():
            assert named.items() <= answer["headers"].items(), (method, path, status)


def test_no_address_of_a_machine_is_in_it() -> None:
    assert "localhost" not in OPENAPI.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_what_the_operation_takes(name: str) -> None:
    (operation,) = [operation for _, _, operation in operations() if operation["operationId"] == name]
    (media,) = [media for media in operation["requestBody"]["content"].values() if "example" in media]
    schema = {**media["schema"], "components": DOCUMENT["components"]}
    assert list(Draft202012Validator(schema).iter_errors(media["example"])) == []


class TestMerge:
    @staticmethod
    def part(path: str, operation: str, schema: dict[str, Any], method: str = "get") -> dict[str, Any]:
        answer = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
        found = {"operationId": operation, "responses": {"200": answer}}
        return {"paths": {path: {method: found}}, "components": {"schemas": {"Thing": schema}}}

    def test_schemas_that_differ_get_their_rooms_name_and_those_that_do_not_are_one(self) -> None:
        text, number = {"type": "string"}, {"type": "number"}
        apart = merge({"a": self.part("/a", "a", text), "b": self.part("/b", "b", number)}, {}, {})
        assert apart["components"]["schemas"] == {"AThing": text, "BThing": number}
        assert "#/components/schemas/BThing" in str(apart["paths"]["/b"])
        together = merge({"a": self.part("/a", "a", text), "b": self.part("/b", "b", text)}, {}, {})
        assert together["components"]["schemas"] == {"Thing": text}

    def test_what_gets_another_name_has_it_for_a_title(self) -> None:
        parts = {room: self.part(f"/{room}", room, {"title": "Thing", "type": room}) for room in ("a", "b")}
        schemas = merge(parts, {}, {})["components"]["schemas"]
        assert {name: schema["title"] for name, schema in schemas.items()} == {"AThing": "AThing", "BThing": "BThing"}

    def test_methods_of_one_address_may_come_from_two_rooms(self) -> None:
        both = merge({"a": self.part("/a", "a", {}), "b": self.part("/a", "b", {}, "post")}, {}, {})
        assert {method: operation["x-service"] for method, operation in both["paths"]["/a"].items()} == {
            "get": "a",
            "post": "b",
        }

    @pytest.mark.parametrize(
        ("path", "operation"), [("/a/{x}", "b"), ("/b", "a"), ("/a/{y}", "b")], ids=["operation", "name", "shape"]
    )
    def test_what_one_document_cannot_hold_is_refused(self, path: str, operation: str) -> None:
        with pytest.raises(Clash):
            merge({"a": self.part("/a/{x}", "a", {}), "b": self.part(path, operation, {})}, {}, {})
