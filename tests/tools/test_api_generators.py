"""The description is one that generators of clients can build from: no two things of one name in any language.

What each rule is for stands in `service_kit.described_schemas`; which generators were tried, in docs/clients.md.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any, ClassVar

import pytest
from jsonschema import Draft202012Validator

from service_kit.described_schemas import TwoOfOneTitle, shape
from service_kit.problems import MEDIA_TYPE
from tests.tools.test_api_description import DOCUMENT, inner, operations, schemas

SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
CLOSED = {"Outcome", "Verdict"}
BUILT_IN = """
any array attribute bigint binary blob bool boolean box byte bytes char class client configuration date datetime decimal
dict double duration enum error event exception false file float form function headers int integer interface iterator
list long map method model module none nothing null number object option optional package promise proc process
property range record ref request response result self set some static str string struct symbol table task thread
time true tuple type uint unit uri url uuid vec version void
"""
RESERVED = """
abstract async await begin break case catch chan const continue def default defer delete do elif else end ensure enum
except export extends extern fallthrough final finally fn for foreach from func function global go goto if impl import
in interface internal is lambda let loop match mod module move mut namespace native new nil not operator or package pass
private protected public raise range redo rescue retry return select self static struct super switch throw trait try
type typeof unless unsafe use using val var virtual void volatile when where while with yield
"""


def identifier(text: str) -> str:
    """What is left of a name when a language takes its signs and its case away."""
    return re.sub(r"[^0-9a-z]", "", text.lower())


def doubles(names: Iterable[str]) -> set[str]:
    return {name for name, times in Counter(map(identifier, names)).items() if times > 1}


def test_no_two_schemas_have_names_that_a_language_could_confuse() -> None:
    assert doubles(SCHEMAS) == set()
    assert {name for name in SCHEMAS if identifier(name) in BUILT_IN.split()} == set()


def test_no_schema_is_called_as_the_constructor_of_another() -> None:
    """Go has NewX for every X, and NullableX."""
    made = {before + name for name in SCHEMAS for before in ("New", "Nullable")}
    assert made & SCHEMAS.keys() == set()


def test_every_operation_id_is_an_identifier_everywhere() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert doubles(names) == set()
    assert [name for name in names if not re.fullmatch(r"[a-z][A-Za-z0-9]*", name) or name in RESERVED.split()] == []


def test_constants_of_one_package_are_there_once() -> None:
    members = [str(one) for schema in SCHEMAS.values() for one in schema.get("enum", ())]
    assert doubles(members) == set()
    for schema in schemas(DOCUMENT):
        assert doubles(map(str, schema.get("enum", ()))) == set(), schema


def test_members_of_one_object_and_parameters_of_one_operation_stay_apart() -> None:
    for schema in schemas(DOCUMENT):
        assert doubles(schema.get("properties", {})) == set(), schema
    for method, path, operation in operations():
        assert doubles(one["name"] for one in operation.get("parameters", ())) == set(), (method, path)


def test_answers_are_open_to_values_that_are_added() -> None:
    """A client made of an `enum` refuses what it does not know: those that never grow are named here."""
    sent = " ".join(str(operation.get("requestBody")) for _, _, operation in operations())
    reached: set[str] = set()
    left = set(re.findall(r"schemas/(\w+)", sent))
    while left:
        name = left.pop()
        reached.add(name)
        left |= set(re.findall(r"schemas/(\w+)'", str(SCHEMAS[name]))) - reached
    for name in SCHEMAS.keys() - reached - CLOSED:
        assert [one for one in inner(SCHEMAS[name]) if "enum" in one] == [], name
    for method, path, operation in operations():
        assert [one for one in schemas(operation["responses"]) if "enum" in one] == [], (method, path)


def test_only_components_have_titles_and_every_object_of_a_body_is_one() -> None:
    components = [id(schema) for schema in SCHEMAS.values()]
    for schema in schemas(DOCUMENT):
        assert "title" not in schema or id(schema) in components, schema
    for _, path, operation in operations():
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for media in (body.get("content", {}).get("application/json", {}) for body in bodies):
            assert not media.get("schema", {}).get("properties"), path


def test_an_answer_is_first_of_all_json() -> None:
    """Generated clients read an answer as the first of its media types."""
    for method, path, operation in operations():
        for status, answer in operation["responses"].items():
            media_types = list(answer.get("content", {}))
            if {"application/json", MEDIA_TYPE} & {*media_types}:
                assert media_types[0] in ("application/json", MEDIA_TYPE), (method, path, status)


def test_a_token_is_described_where_it_shows_more() -> None:
    """Generated clients send one only to operations that name it: nobody would see drafts of their own."""
    either: list[dict[str, list[str]]] = [{}, {"oauth2": []}]
    for path in ("/achievements", "/achievements/{achievement_id}", "/pathways/{pathway_id}"):
        assert DOCUMENT["paths"][path]["get"]["security"] == either, path


def test_an_operation_gives_one_thing() -> None:
    """Generated clients read whatever is no refusal as what the lowest status gives."""
    for method, path, operation in operations():
        good = [answer.get("content", {}) for status, answer in operation["responses"].items() if status < "300"]
        given = [content["application/json"]["schema"] for content in good if "application/json" in content]
        assert all(schema == given[0] for schema in given), (method, path)


def test_nothing_is_said_that_generators_write_down_wrongly() -> None:
    for schema in schemas(DOCUMENT):
        assert not isinstance(schema.get("default"), dict), schema
        assert not isinstance(schema.get("type"), list), schema
        choices = schema.get("anyOf", [])
        assert not any(one.get("type") == "object" for one in choices if len(choices) > 2), schema
        assert schema.get("additionalProperties") != {}, schema
        assert "\\x8" not in schema.get("pattern", ""), schema  # Ruby reads patterns as UTF-8
    assert {} not in SCHEMAS.values()


def test_every_example_is_of_its_schema() -> None:
    for schema in schemas(DOCUMENT):
        for example in [*schema.get("examples", ()), *([schema["example"]] if "example" in schema else ())]:
            found = Draft202012Validator({**schema, "components": DOCUMENT["components"]})
            assert list(found.iter_errors(example)) == [], schema


def described(schema: dict[str, Any], *, sent: bool, **components: Any) -> dict[str, Any]:
    body = {"content": {"application/json": {"schema": schema}}}
    operation = {"requestBody": body, "responses": {}} if sent else {"responses": {"200": body}}
    return {"paths": {"/a": {"post": operation}}, "components": {"schemas": components}}


class TestShape:
    STATE: ClassVar = {"type": "string", "enum": ["on", "off"], "title": "State", "description": "how it is"}
    REFERENCE: ClassVar = {"$ref": "#/components/schemas/State"}

    def test_an_enumeration_is_open_in_answers_and_stays_in_requests(self) -> None:
        given, taken = (described(self.REFERENCE, sent=sent, State=self.STATE) for sent in (False, True))
        shape(given)
        shape(taken)
        (answer,) = list(schemas(given["paths"]))
        assert answer == {"type": "string", "examples": ["on", "off"], "description": "how it is"}
        assert given["components"]["schemas"] == {}
        assert taken["components"]["schemas"] == {"State": self.STATE}

    def test_one_that_is_closed_stays_everywhere(self) -> None:
        given = described(self.REFERENCE, sent=False, State=self.STATE)
        shape(given, closed=["State"])
        assert given["components"]["schemas"] == {"State": self.STATE}

    def test_an_object_with_a_title_gets_a_name(self) -> None:
        thing = {"type": "object", "title": "Thing", "properties": {"a": {"type": "string", "title": "A"}}}
        given = described({"type": "array", "items": thing}, sent=False)
        shape(given)
        assert given["components"]["schemas"] == {"Thing": {**thing, "properties": {"a": {"type": "string"}}}}

    def test_two_objects_of_one_title_are_refused(self) -> None:
        both = [{"type": "object", "title": "Thing", "properties": {name: {}}} for name in "ab"]
        with pytest.raises(TwoOfOneTitle):
            shape(described({"prefixItems": both}, sent=True))

    def test_a_choice_that_no_class_can_hold_is_anything(self) -> None:
        given = described({"anyOf": [{"type": "object"}, {"type": "string"}], "description": "either"}, sent=True)
        shape(given)
        assert list(schemas(given["paths"])) == [{"description": "either"}]
