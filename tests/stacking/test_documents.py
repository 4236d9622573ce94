"""Pathways as JSON: what is written is read the same, and what is wrong is named with its place."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacking import Condition, Pathway, flaws
from stacking.constraints import AwardedFrom, AwardedWithin, CreditsAtLeast, LevelAtLeast, Recognised, ResultAtLeast
from stacking.documents import read, write
from stacking.members import NotAPathway
from stacking.model import Kind
from tests.stacking.pathways import achievement, component, pathway, pathways

WHO: dict[str, Any] = {"identifier": "https://laurel.example/pathways/p", "version": 1}
CONSTRAINTS = (
    Recognised(),
    LevelAtLeast(6),
    AwardedFrom(date(2020, 1, 31)),
    AwardedWithin(months=66, days=8),
    ResultAtLeast("urn:grade", Decimal("1.5")),
    CreditsAtLeast(Decimal(5)),
)
SERIES: dict[str, Any] = {
    "name": "Data science and cybersecurity",
    "description": "Eight badges to a certificate.",
    "hasDestinationComponent": "certificate",
    "hasPart": [
        {
            "id": "certificate",
            "type": "CredentialComponent",
            "hasCondition": {
                "targetComponent": ["capstone"],
                "hasCondition": [{"logicalOperator": "or", "targetComponent": ["python", "r"], "requiredCredits": 5}],
            },
        },
        {"id": "capstone", "type": "AssessmentComponent", "proxyFor": [achievement("capstone")]},
        {"id": "python", "type": "CourseComponent", "proxyFor": [achievement("python")], "creditValue": 5},
        {
            "id": "r",
            "type": "CourseComponent",
            "proxyFor": [achievement("r")],
            "hasConstraint": [{"type": "AwardedWithin", "period": "P5Y6M"}, {"type": "LevelAtLeast", "level": 5}],
        },
    ],
    "sharing": [{"pathway": "https://other.example/p", "maximumCredits": 7.5}],
    "atMostOneOf": [[achievement("python"), achievement("r")]],
    "notForHoldersOf": [achievement("degree")],
}


@given(path=pathways())
def test_what_is_written_is_read_the_same(path: Pathway) -> None:
    assert read(json.loads(json.dumps(write(path))), **WHO) == path


def test_every_constraint_is_written_and_read() -> None:
    path = pathway(component("a", constraints=CONSTRAINTS), destination=Condition(("a",)))

    assert read(json.loads(json.dumps(write(path))), **WHO) == path


def test_a_document_in_ctdls_terms_is_understood() -> None:
    path = read(SERIES, **WHO)
    condition = path.components["certificate"].condition

    assert flaws(path) == ()
    assert condition is not None
    assert (condition.number, condition.conditions[0].number) == (2, 1)
    assert condition.conditions[0].credits == 5
    assert path.components["capstone"].kind is Kind.ASSESSMENT
    assert path.components["r"].constraints == (AwardedWithin(months=66), LevelAtLeast(5))
    assert path.sharing[0].credits == Decimal("7.5")


@pytest.mark.parametrize(
    ("where", "value", "message"),
    [
        (("name",), None, "missing"),
        (("name",), "", "1 to 2000"),
        (("hasPart",), {}, "list"),
        (("hasPart", 2, "id"), "capstone", "another"),
        (("hasPart", 0, "type"), "Badge", "CourseComponent"),
        (("hasPart", 0, "hasCondition"), [], "object"),
        (("hasPart", 0, "hasCondition", "requiredNumber"), 1.5, "whole"),
        (("hasPart", 0, "hasCondition", "requiredNumber"), True, "whole"),
        (("hasPart", 0, "hasCondition", "hasCondition", 0, "logicalOperator"), "xor", "and, or"),
        (("hasPart", 0, "hasCondition", "hasCondition", 0, "requiredCredits"), -1, "number"),
        (("hasPart", 2, "creditValue"), "5", "number"),
        (("hasPart", 2, "creditValue"), 0.001, "two decimal"),
        (("hasPart", 2, "creditValue"), float("inf"), "number"),
        (("hasPart", 3, "hasConstraint", 0, "period"), "P1H", "period"),
        (("hasPart", 3, "hasConstraint", 0, "period"), "P", "period"),
        (("hasPart", 3, "hasConstraint", 1, "level"), 9, "1 to 8"),
        (("hasPart", 3, "hasConstraint", 1, "type"), "Nice", "one of"),
        (("hasPart", 3, "hasConstraint", 1, "extra"), 1, "not a member"),
        (("sharing", 0, "maximumCredits"), None, "missing"),
        (("atMostOneOf",), [["a"], 1], "lists"),
        (("notForHoldersOf",), [1], "texts"),
        (("unknown",), 1, "not a member"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(where: tuple[str | int, ...], value: object, message: str) -> None:
    document = deepcopy(SERIES)
    place: Any = document
    for step in where[:-1]:
        place = place[step]
    if value is None:
        del place[where[-1]]
    else:
        place[where[-1]] = value
    with pytest.raises(NotAPathway) as caught:
        read(document, **WHO)

    assert any(problem.where == where and message in problem.message for problem in caught.value.problems)


def test_conditions_are_not_nested_without_end() -> None:
    condition: dict[str, Any] = {"targetComponent": ["python"]}
    for _ in range(13):
        condition = {"hasCondition": [condition]}
    document = deepcopy(SERIES)
    document["hasPart"][0]["hasCondition"] = condition
    with pytest.raises(NotAPathway, match="nested"):
        read(document, **WHO)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*SERIES, "id", "type"]), inner),
    max_leaves=12,
)


@given(document=JSON)
def test_whatever_comes_is_a_pathway_or_refused(document: object) -> None:
    try:
        read(document, **WHO)
    except NotAPathway as refused:
        assert refused.problems
