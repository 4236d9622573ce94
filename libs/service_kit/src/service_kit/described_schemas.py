"""Schemas in a form that generators of clients build from, which say no less to a person or a validator.

What generators cannot do, and what is done about it here:

- An object that is described where it stands has no name, so each makes up one: such with a title are components.
- The title of a member or parameter is taken for a name, and two of one title for one thing: only components have one.
- A client that knows an `enum` refuses an answer with a value that was added later. Answers have texts with the known
  values as `examples`, but for enumerations that never grow.
- Constants of Go are names of the whole package, so `REVOKED` may be there once: parameters list their own values.
- A default that is an object is written into Go and PHP as no code of theirs.
- A choice between an object of any kind and a text is a class that does not compile in Java: it is anything.
- A bare object is taken by openapi-typescript for an empty one, and a component without content by Python's for none.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
Change = Callable[[Json], Json]

REFERENCE = "#/components/schemas/"
NULL = {"type": "null"}
OF_ONE = ("items", "additionalProperties", "not", "propertyNames", "contains")
OF_MANY = ("anyOf", "oneOf", "allOf", "prefixItems")
OF_NAMED = ("properties", "patternProperties", "$defs")


class TwoOfOneTitle(ValueError):
    """Two different objects are titled alike, so that one of them would be lost."""


def shape(document: Json, closed: Collection[str] = ()) -> None:
    """Bring every schema of a description into that form, in place. Raises TwoOfOneTitle.

    `closed` names the enumerations that get no further values: they stay what they are, in answers as well.
    """
    shaping = _Shaping(document["components"]["schemas"], closed)
    _shape_components(shaping, [operation.get("requestBody", {}) for operation in _operations(document)])
    for operation in _operations(document):
        for parameter in operation.get("parameters", ()):
            parameter["schema"] = shaping.parameter(parameter["schema"])
        for media in operation.get("requestBody", {}).get("content", {}).values():
            _replace(media, shaping.request)
        for answer in operation["responses"].values():
            for place in (*answer.get("content", {}).values(), *answer.get("headers", {}).values()):
                _replace(place, shaping.answer)
    document["components"]["schemas"] = {
        name: shaping.schemas[name] for name in sorted(_reached(shaping.schemas, document["paths"]))
    }


@dataclass(slots=True)
class _Shaping:
    """The components so far, by name; hoisting adds to them."""

    schemas: dict[str, Json]
    closed: Collection[str]

    def parameter(self, schema: Json) -> Json:
        """Of a parameter: values are listed where they may be sent."""
        return _everywhere(schema, lambda one: self._plain(self._listed(one)))

    def request(self, schema: Json) -> Json:
        """Of what is sent."""
        return _everywhere(schema, self._plain)

    def answer(self, schema: Json) -> Json:
        """Of what is given: open to values that were not known."""
        return _everywhere(schema, lambda one: self._plain(self._open(one)))

    def _listed(self, schema: Json) -> Json:
        target = self.schemas.get(_target(schema), {})
        return {**target, **_beside(schema)} if "enum" in target else schema

    def _open(self, schema: Json) -> Json:
        listed = schema if _target(schema) in self.closed else self._listed(schema)
        if "enum" not in listed or listed.get("type") != "string":
            return schema
        return {**_without(listed, "enum"), "examples": listed["enum"]}

    def _plain(self, schema: Json) -> Json:
        """A schema in others: a titled object or choice of objects becomes a component, and no other has a title."""
        if self.schemas.get(_target(schema), schema) == {}:
            return _beside(schema)
        schema = _united(schema)
        if isinstance(schema.get("default"), dict):
            schema = _without(schema, "default")
        if "discriminator" in schema:
            return self._named(self._choice(schema), schema)
        if {"title", "properties"} <= schema.keys():
            return self._named(schema["title"], schema)
        untitled = _without(schema, "title")
        if untitled.get("type") == "object" and "properties" not in untitled:
            return {"additionalProperties": True, **untitled}
        return untitled

    def _choice(self, schema: Json) -> str:
        """What a choice of objects is called: FastAPI titles it anew wherever it is an answer."""
        chosen = schema["discriminator"]
        known = (name for name, one in self.schemas.items() if one.get("discriminator") == chosen)
        return next(known, "") or str(schema["title"])

    def _named(self, name: str, schema: Json) -> Json:
        schema = {**schema, "title": name}
        if self.schemas.setdefault(name, schema) != schema:
            raise TwoOfOneTitle(f"there are two different objects of the title {name}")
        return {"$ref": REFERENCE + name}


def _united(schema: Json) -> Json:
    """Without a choice that has no name to be built by: between texts, or between an object of any kind and others."""
    choices = [one for one in schema.get("anyOf", ()) if one != NULL]
    if len(choices) > 1 and any(_is_any_object(one) for one in choices):
        return _without(schema, "anyOf")
    if len(choices) > 1 and all(one.get("type") == "string" for one in choices):
        return {**_without(schema, "anyOf"), "type": "string"}
    return schema


def _is_any_object(schema: Json) -> bool:
    return schema.get("type") == "object" and "properties" not in schema


def _shape_components(shaping: _Shaping, bodies: list[Json]) -> None:
    """What answers hold is open, unless a request may hold it as well."""
    sent = _reached(shaping.schemas, bodies)
    for name, schema in list(shaping.schemas.items()):
        shaping.schemas[name] = _inside(schema, shaping.request if name in sent else shaping.answer)


def _everywhere(schema: Json, change: Change) -> Json:
    """A schema with all schemas in it changed, the inner ones first."""
    return change(_inside(schema, lambda inner: _everywhere(inner, change)))


def _inside(schema: Json, change: Change) -> Json:
    found = dict(schema)
    for keyword in OF_NAMED:
        if keyword in found:
            found[keyword] = {name: change(one) for name, one in found[keyword].items()}
    for keyword in OF_ONE:
        if isinstance(found.get(keyword), dict):
            found[keyword] = change(found[keyword]) or (True if keyword == "additionalProperties" else {})
    for keyword in OF_MANY:
        if keyword in found:
            found[keyword] = [change(one) for one in found[keyword]]
    return found


def _replace(place: Json, change: Change) -> None:
    if "schema" in place:
        place["schema"] = change(place["schema"])


def _operations(document: Json) -> Iterator[Json]:
    for operations in document["paths"].values():
        yield from operations.values()


def _beside(schema: Json) -> Json:
    return _without(schema, "$ref")


def _without(schema: Json, keyword: str) -> Json:
    return {key: value for key, value in schema.items() if key != keyword}


def _target(schema: Mapping[str, Any]) -> str:
    return str(schema.get("$ref", "")).removeprefix(REFERENCE)


def _reached(schemas: Mapping[str, Json], start: Any) -> set[str]:
    """The names of all components that something refers to, however deep."""
    found: set[str] = set()
    left = list(_references(start))
    while left:
        if (name := left.pop()) not in found:
            found.add(name)
            left += _references(schemas[name])
    return found


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(target := value.get("$ref"), str) and target.startswith(REFERENCE):
            yield target.removeprefix(REFERENCE)
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _references(item)
