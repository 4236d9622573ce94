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


@pytest.mark.parametrize(
    ("path", "value", "violation"),
    [
        ("image", {"id": "urn:x:i", "type": ["Image"]}, ("image.type", "array_unexpected")),
        ("image", {"id": "urn:x:i", "type": "Image", "name": "A picture"}, ("image.name", "member_unknown")),
        (f"{SUBJECT}.identifier", [IDENTITY | {"id": "urn:x:1"}], (f"{SUBJECT}.identifier[0].id", "member_unknown")),
        (
            "issuer.otherIdentifier",
            [ENTRY | {"type": ["IdentifierEntry"]}],
            ("issuer.otherIdentifier[0].type", "array_unexpected"),
        ),
        (f"{ACHIEVEMENT}.inLanguage", "en-us", (f"{ACHIEVEMENT}.inLanguage", "language_malformed")),
    ],
)
def test_more_than_a_schema_wants_is_read_and_not_issued(
    plain: Json, path: str, value: Any, violation: tuple[str, str]
) -> None:
    document = with_(plain, path, value)
    assert codes(model.validate_credential(document)) == {violation}
    assert model.validate_to_read(document) == ()


def test_a_profile_of_others_too() -> None:
    picture = {"id": "https://u.example/1.png", "type": ["Image"], "name": "A picture"}
    assert model.validate_profile({"id": "urn:x:1", "type": ["Profile"], "image": picture}) == ()


def test_a_language_that_is_no_text_is_not_read(plain: Json) -> None:
    read = model.validate_to_read(with_(plain, f"{ACHIEVEMENT}.inLanguage", 5))
    assert codes(read) == {(f"{ACHIEVEMENT}.inLanguage", "text_expected")}


@pytest.mark.parametrize("language", ["de", "zh-Hans-CN", "es-419", "sgn"])
def test_languages_are_written_as_1edtechs_schemas_have_them(plain: Json, language: str) -> None:
    assert model.validate_credential(with_(plain, f"{ACHIEVEMENT}.inLanguage", language)) == ()


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
