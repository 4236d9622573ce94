"""Strategies for events."""

from __future__ import annotations

from datetime import UTC

from hypothesis import strategies as st
from pydantic import TypeAdapter

from contracts.payload import Payload
from contracts.schema import examples
from contracts.topics import TOPIC_OF

# Text that travels in UTF-8: everything but half surrogate pairs.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
NAME = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
INSTANTS = st.datetimes(timezones=st.just(UTC))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(TEXT, JSON, max_size=4)


@st.composite
def payloads(draw: st.DrawFn) -> Payload:
    """Any event, valid by construction: a golden example with some of its members replaced."""
    kind = draw(st.sampled_from(list(TOPIC_OF)))
    data = draw(st.sampled_from(examples(kind)))["data"]
    changes = {name: draw(_strategy(kind, name)) for name in draw(st.sets(st.sampled_from(sorted(data))))}
    return kind.model_validate(data | changes)


def _strategy(kind: type[Payload], name: str) -> st.SearchStrategy[object]:
    described = TypeAdapter(kind).json_schema()["properties"][name]
    if "enum" in described:
        return st.sampled_from(described["enum"])
    if "const" in described:
        return st.just(described["const"])
    if "enum" in described:
        return st.sampled_from(described["enum"])
    choices = [_of_type(choice) for choice in described.get("anyOf", [described])]
    return st.one_of(choices)


def _of_type(described: dict[str, object]) -> st.SearchStrategy[object]:
    if described.get("format") == "date-time":
        return INSTANTS
    return {
        "string": NAME,
        "integer": st.integers(2, 2**40),
        "boolean": st.booleans(),
        "object": DOCUMENTS,
        "null": st.none(),
    }[str(described["type"])]
