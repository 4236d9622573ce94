"""A pathway version is compiled once, whoever asks; what is remembered is bounded."""

from __future__ import annotations

import pytest

from stacking.compiled import CompiledPathways
from stacking.members import NotAPathway

DOCUMENT = {
    "name": "Series",
    "hasDestinationComponent": "end",
    "hasPart": [
        {"id": "end", "hasCondition": {"targetComponent": ["a"]}},
        {"id": "a", "proxyFor": ["https://laurel.example/achievements/a"]},
    ],
}


def test_the_same_version_is_compiled_once() -> None:
    compiled = CompiledPathways()
    first, again = (compiled(DOCUMENT, identifier="p", version=1, digest="d") for _ in range(2))

    assert again is first
    assert [place.id for place in first.places] == ["a"]


@pytest.mark.parametrize("other", [{"identifier": "q"}, {"version": 2}, {"digest": "e"}])
def test_another_one_is_another(other: dict[str, object]) -> None:
    compiled, name = CompiledPathways(), {"identifier": "p", "version": 1, "digest": "d"}
    first = compiled(DOCUMENT, **name)  # type: ignore[arg-type]  # by name

    assert compiled(DOCUMENT, **name | other) is not first  # type: ignore[arg-type]  # by name


def test_the_one_not_met_for_longest_is_forgotten() -> None:
    compiled = CompiledPathways(most=2)
    first = compiled(DOCUMENT, identifier="p", version=1, digest="d")
    second = compiled(DOCUMENT, identifier="p", version=2, digest="d")
    assert compiled(DOCUMENT, identifier="p", version=1, digest="d") is first
    compiled(DOCUMENT, identifier="p", version=3, digest="d")

    assert compiled(DOCUMENT, identifier="p", version=1, digest="d") is first
    assert compiled(DOCUMENT, identifier="p", version=2, digest="d") is not second


def test_what_is_no_pathway_is_refused_each_time() -> None:
    compiled = CompiledPathways()
    for _ in range(2):
        with pytest.raises(NotAPathway):
            compiled({"name": "nothing"}, identifier="p", version=1, digest="d")
