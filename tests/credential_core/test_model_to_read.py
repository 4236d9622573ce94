"""What others issued may be written as 1EdTech's schemas for JSON-LD have it; what is issued here may not."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from credential_core import model
from credential_core.report import Report

Json = dict[str, Any]
SUBJECT = "credentialSubject"
ACHIEVEMENT = f"{SUBJECT}.achievement"
ALIGNMENT: Json = {"type": ["Alignment"], "targetName": "Level 6", "targetUrl": "https://levels.example/6"}
IDENTITY: Json = {
    "type": "IdentityObject",
    "hashed": False,
    "identityHash": "ada@students.example",
    "identityType": "emailAddress",
}
LEVEL: Json = {"id": "urn:x:level", "type": ["RubricCriterionLevel"], "name": "High"}
DESCRIBED: Json = {"id": "urn:x:result", "type": ["ResultDescription"], "name": "Grade", "resultType": "LetterGrade"}
ENTRY: Json = {"type": "IdentifierEntry", "identifier": "7", "identifierType": "systemId"}
ALONE: dict[str, Any] = {
    f"{SUBJECT}.identifier": IDENTITY,
    f"{SUBJECT}.result": {"type": ["Result"], "value": "A"},
    f"{ACHIEVEMENT}.alignment": ALIGNMENT,
    f"{ACHIEVEMENT}.tag": "statistics",
    f"{ACHIEVEMENT}.related": {"id": "urn:x:other", "type": ["Related"]},
    f"{ACHIEVEMENT}.otherIdentifier": ENTRY,
    f"{ACHIEVEMENT}.resultDescription": {**DESCRIBED, "allowedValue": "A", "rubricCriterionLevel": LEVEL},
    "issuer.otherIdentifier": ENTRY,
    "evidence": {"id": "https://works.example/1", "type": ["Evidence"], "name": "A thesis"},
}


def with_(document: Json, path: str, value: Any) -> Json:
    made = copy.deepcopy(document)
    *steps, last = path.split(".")
    place = made
    for step in steps:
        place = place[step]
    place[last] = value
    return made


def codes(violations: tuple[model.Violation, ...]) -> set[tuple[str, str]]:
    return {(one.path, one.code) for one in violations}


@pytest.fixture
def plain(unsigned: Json) -> Json:
    """One without results: what describes them may be exchanged."""
    bare = copy.deepcopy(unsigned)
    bare[SUBJECT].pop("result", None)
    return bare


@pytest.mark.parametrize("path", ALONE)
def test_one_value_may_stand_without_its_array(
    plain: Json, sign: Callable[[Json], Json], check: Callable[..., Report], path: str
) -> None:
    document = with_(plain, path, ALONE[path])
    assert (path, "array_expected") in codes(model.validate_credential(document))
    assert model.validate_to_read(document) == ()
    found = check(sign(document)).check("schema")
    assert found is not None
    assert found.code == "schema_valid"


def test_the_one_value_is_held_to_its_class(plain: Json) -> None:
    broken = {**IDENTITY, "hashed": "no"}
    read = model.validate_to_read(with_(plain, f"{SUBJECT}.identifier", broken))
    assert codes(read) == {(f"{SUBJECT}.identifier.hashed", "boolean_expected")}


def test_many_of_them_hide_nothing_else(plain: Json) -> None:
    levels = [{**LEVEL, "id": f"urn:x:{number}", "alignment": ALIGNMENT} for number in range(60)]
    document = with_(plain, f"{ACHIEVEMENT}.resultDescription", [{**DESCRIBED, "rubricCriterionLevel": levels}])
    document["evidence"] = [{"type": ["Work"]}]
    assert codes(model.validate_to_read(document)) == {("evidence[0].type", "type_missing")}


@pytest.mark.parametrize("judge", [model.validate_credential, model.validate_to_read])
def test_a_status_needs_a_type_and_no_id(plain: Json, judge: Callable[[Json], tuple[model.Violation, ...]]) -> None:
    entry = {"type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "7"}
    listed = entry | {"statusListCredential": "https://lists.example/1"}
    assert judge(plain | {"credentialStatus": listed}) == ()
    assert codes(judge(plain | {"credentialStatus": {"id": "urn:x:1"}})) == {
        ("credentialStatus.type", "member_missing")
    }
