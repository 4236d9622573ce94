"""Building Open Badges 3.0 documents, and checking any document against the model."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credential_core import bitstring, model
from credential_core.errors import DocumentError
from credential_core.jsonld import to_quads

OB30 = "1edtech-public-validator/ob30"


def codes(document: Any) -> set[tuple[str, str]]:
    return {(violation.path, violation.code) for violation in model.validate_credential(document)}


def test_the_published_identity_hash() -> None:
    identity = model.hashed_identity("a@example.com", "emailAddress", "Kosher")
    assert identity["identityHash"] == "sha256$b5809d8a92f8858436d7e6b87c12ebc0ae1eac4baecc2c0b913aee2c922ef399"


def test_an_identity_matches_its_owner_only() -> None:
    hashed = model.hashed_identity("a@example.com", "emailAddress", "Kosher")
    plain = model.plain_identity("a@example.com", "emailAddress")
    upper = {**hashed, "identityHash": hashed["identityHash"].replace("b5809d", "B5809D")}
    for identity in (hashed, plain, upper):
        assert model.identity_matches(identity, "a@example.com", "emailAddress")
        assert not model.identity_matches(identity, "b@example.com", "emailAddress")
        assert not model.identity_matches(identity, "a@example.com", "sourcedId")
    assert not model.identity_matches(plain, "á@example.com", "emailAddress")


@pytest.mark.parametrize(
    "identity",
    [
        {},
        {"identityHash": 5},
        {"identityHash": "sha512$ab", "hashed": True},
        {"identityHash": "sha256", "hashed": True},
        {"identityHash": "sha256$é", "hashed": True},
        {"identityHash": "sha256$ab", "hashed": True, "salt": 5},
    ],
)
def test_a_malformed_identity_matches_nobody(identity: dict[str, Any]) -> None:
    assert not model.identity_matches({"identityType": "emailAddress", **identity}, "a@example.com", "emailAddress")


def test_a_built_credential_follows_the_model_and_its_contexts(unsigned: dict[str, Any]) -> None:
    assert model.validate_achievement_credential(unsigned) == ()
    assert to_quads(unsigned)


def test_empty_members_are_left_out() -> None:
    document = model.achievement_credential(
        credential_id="urn:uuid:1",
        issuer={"id": "https://u.test", "name": "U", "url": None, "otherIdentifier": []},
        achievement={
            "id": "urn:a",
            "name": "A",
            "description": "d",
            "criteria": {"id": "urn:c", "narrative": None},
            "tag": [],
        },
        subject_id="did:example:1",
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert document == {
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        ],
        "id": "urn:uuid:1",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "A",
        "issuer": {"type": ["Profile"], "id": "https://u.test", "name": "U"},
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {
            "id": "did:example:1",
            "type": ["AchievementSubject"],
            "achievement": {
                "type": ["Achievement"],
                "id": "urn:a",
                "name": "A",
                "description": "d",
                "criteria": {"id": "urn:c"},
            },
        },
    }


def test_a_builder_never_shares_what_it_was_given(unsigned: dict[str, Any]) -> None:
    achievement = {"id": "urn:a", "name": "A", "description": "d", "criteria": {"id": "urn:c"}}
    document = model.achievement_credential(
        credential_id="urn:1",
        issuer={"id": "urn:i"},
        achievement=achievement,
        subject_id="urn:s",
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
    )
    document["credentialSubject"]["achievement"]["criteria"]["id"] = "urn:changed"
    assert achievement["criteria"] == {"id": "urn:c"}


def test_extensions_bring_their_context() -> None:
    document = model.achievement_credential(
        credential_id="urn:1",
        issuer={"id": "urn:i"},
        achievement={"id": "urn:a", "name": "A", "description": "d", "criteria": {"id": "urn:c"}},
        subject_id="urn:s",
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        status={"id": "https://u.test/revocations", "type": "1EdTechRevocationList"},
    )
    assert document["@context"][2] == "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"
    assert to_quads(document)


def test_a_learner_must_be_named() -> None:
    with pytest.raises(DocumentError, match="subject_unidentified"):
        model.achievement_credential(
            credential_id="urn:1", issuer={}, achievement={}, valid_from=datetime(2026, 1, 1, tzinfo=UTC)
        )


@pytest.mark.parametrize(
    "name",
    [
        "simple",
        "complete",
        "endorsement-valid",
        "simple-err-expired",
        "simple-err-proof-value",
        "simple-eddsa-2022",
        "credential-status-revoked",
    ],
)
def test_published_samples_follow_the_model(load: Callable[[str], Any], name: str) -> None:
    assert model.validate_credential(load(f"{OB30}/{name}.json")) == ()


@pytest.mark.parametrize(
    ("name", "violation"),
    [
        ("simple-err-context", ("@context", "context_missing")),
        ("simple-err-issuer", ("issuer", "member_missing")),
        ("simple-err-evidence-type", ("evidence[1].type", "type_missing")),
        ("simple-noproof", ("credentialSubject.achievement", "member_missing")),
    ],
)
def test_published_faults_are_found(load: Callable[[str], Any], name: str, violation: tuple[str, str]) -> None:
    assert violation in codes(load(f"{OB30}/{name}.json"))


def test_every_sample_of_the_public_validator_has_a_test(load: Callable[[str], Any]) -> None:
    expected = load("1edtech-public-validator/EXPECTED.json")
    files = {
        file.removeprefix("ob30/") for row in expected.values() for file in row["files"] if file.startswith("ob30/")
    }
    covered = {
        "simple",
        "complete",
        "endorsement-valid",
        "simple-err-expired",
        "simple-err-proof-value",
        "simple-err-context",
        "simple-err-issuer",
        "simple-err-evidence-type",
        "credential-status-revoked",
        "simple-eddsa-2022",
    }
    assert files == {f"{name}.json" for name in covered}


SUBJECT = "credentialSubject"
ACHIEVEMENT = "credentialSubject.achievement"


@pytest.mark.parametrize(
    ("path", "value", "violation"),
    [
        ("@context", ["https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"], ("@context", "context_missing")),
        ("@context", ["https://www.w3.org/ns/credentials/v2"], ("@context", "context_missing")),
        ("type", ["OpenBadgeCredential"], ("type", "type_missing")),
        ("id", "relative", ("id", "uri_expected")),
        ("id", None, ("id", "member_null")),
        ("name", 5, ("name", "text_expected")),
        ("name", [{"@value": 5}], ("name", "text_expected")),
        ("issuer", "relative", ("issuer", "object_expected")),
        ("issuer", {"id": "urn:i", "type": "Organization"}, ("issuer.type", "type_missing")),
        ("issuer", {"type": "Profile"}, ("issuer.id", "member_missing")),
        ("validFrom", "2026-01-01", ("validFrom", "date_malformed")),
        ("validUntil", "2000-01-01T00:00:00Z", ("validUntil", "period_reversed")),
        ("credentialStatus", {"id": "urn:x"}, ("credentialStatus.type", "member_missing")),
        ("credentialStatus", [{"id": "urn:x", "type": "X"}], ("credentialStatus", "object_expected")),
        ("credentialSchema", [{"id": "urn:x"}], ("credentialSchema[0].type", "member_missing")),
        ("termsOfUse", {"id": "urn:x"}, ("termsOfUse.type", "member_missing")),
        ("evidence", {"type": "Evidence"}, ("evidence", "array_expected")),
        ("image", "https://u.test/i.png", ("image", "object_expected")),
        ("image", {"id": "urn:i", "type": "Picture"}, ("image.type", "type_missing")),
        ("endorsement", [{"type": "EndorsementCredential"}], ("endorsement[0].issuer", "member_missing")),
        (SUBJECT, [], (SUBJECT, "object_expected")),
        (f"{SUBJECT}.type", "Learner", (f"{SUBJECT}.type", "type_missing")),
        (f"{SUBJECT}.identifier", [], (SUBJECT, "subject_unidentified")),
        (f"{SUBJECT}.identifier", {"type": "IdentityObject"}, (f"{SUBJECT}.identifier", "array_expected")),
        (
            f"{SUBJECT}.identifier",
            [{"type": "IdentityObject", "hashed": "yes"}],
            (f"{SUBJECT}.identifier[0].hashed", "boolean_expected"),
        ),
        (
            f"{SUBJECT}.identifier",
            [{"type": "IdentityObject", "identityType": "shoe"}],
            (f"{SUBJECT}.identifier[0].identityType", "value_not_in_enumeration"),
        ),
        (f"{SUBJECT}.creditsEarned", "5", (f"{SUBJECT}.creditsEarned", "number_expected")),
        (f"{SUBJECT}.creditsEarned", True, (f"{SUBJECT}.creditsEarned", "number_expected")),
        (f"{SUBJECT}.activityStartDate", "2025", (f"{SUBJECT}.activityStartDate", "date_malformed")),
        (f"{SUBJECT}.source", "urn:x", (f"{SUBJECT}.source", "object_expected")),
        (
            f"{SUBJECT}.result",
            [{"type": "Result", "status": "Done"}],
            (f"{SUBJECT}.result[0].status", "value_not_in_enumeration"),
        ),
        (
            f"{SUBJECT}.result",
            [{"type": "Result", "status": "ext:Done"}],
            (f"{SUBJECT}.result[0].status", "value_not_in_enumeration"),
        ),
        (
            f"{SUBJECT}.result",
            [{"type": "Result", "resultDescription": "urn:other"}],
            (f"{SUBJECT}.result[0].resultDescription", "result_description_unknown"),
        ),
        (f"{ACHIEVEMENT}.criteria", {}, (f"{ACHIEVEMENT}.criteria", "criteria_empty")),
        (f"{ACHIEVEMENT}.criteria", "urn:c", (f"{ACHIEVEMENT}.criteria", "object_expected")),
        (f"{ACHIEVEMENT}.achievementType", "Medal", (f"{ACHIEVEMENT}.achievementType", "value_not_in_enumeration")),
        (f"{ACHIEVEMENT}.tag", ["a", 5], (f"{ACHIEVEMENT}.tag[1]", "text_expected")),
        (
            f"{ACHIEVEMENT}.alignment",
            [{"type": "Alignment"}],
            (f"{ACHIEVEMENT}.alignment[0].targetName", "member_missing"),
        ),
        (
            f"{ACHIEVEMENT}.resultDescription",
            [{"id": "urn:r", "type": "ResultDescription", "name": "n"}],
            (f"{ACHIEVEMENT}.resultDescription[0].resultType", "member_missing"),
        ),
    ],
)
def test_each_broken_rule_is_named_with_its_place(
    unsigned: dict[str, Any], path: str, value: Any, violation: tuple[str, str]
) -> None:
    document = copy.deepcopy(unsigned)
    place = document
    *steps, last = path.split(".")
    for step in steps:
        place = place[step]
    place[last] = value
    assert violation in codes(document)


def test_what_others_issued_may_have_several_statuses_and_is_read(unsigned: dict[str, Any]) -> None:
    """As VCDM 2.0 has it; the model of Open Badges has room for one, and so has what is issued here."""
    entry = {"id": "urn:x", "type": "X"}
    several = unsigned | {"credentialStatus": [entry, entry | {"id": "urn:y"}]}
    assert model.validate_to_read(several) == ()
    assert ("credentialStatus", "object_expected") in codes(several)
    broken = model.validate_to_read(several | {"credentialStatus": [entry, {"id": "urn:y"}, "urn:z"], "validFrom": "x"})
    assert {(one.path, one.code) for one in broken} == {
        ("validFrom", "date_malformed"),
        ("credentialStatus[1].type", "member_missing"),
        ("credentialStatus[2]", "object_expected"),
    }
    for document in (unsigned, unsigned | {"credentialStatus": []}, unsigned | {"credentialStatus": {"type": "X"}}):
        assert model.validate_to_read(document) == model.validate_credential(document)


@pytest.mark.parametrize("name", ["issuer", "validFrom", "credentialSubject", "id"])
def test_required_members_are_required(unsigned: dict[str, Any], name: str) -> None:
    del unsigned[name]
    assert (name, "member_missing") in codes(unsigned)


def test_a_result_of_type_status_needs_a_status(unsigned: dict[str, Any]) -> None:
    unsigned[SUBJECT]["achievement"]["resultDescription"][0]["resultType"] = "Status"
    assert ("credentialSubject.result[0].status", "member_missing") in codes(unsigned)


def test_enumerations_may_be_extended(unsigned: dict[str, Any]) -> None:
    unsigned[SUBJECT]["achievement"]["achievementType"] = "ext:Nanodegree"
    assert codes(unsigned) == set()


def test_an_issuer_may_be_a_bare_uri(unsigned: dict[str, Any]) -> None:
    assert codes({**unsigned, "issuer": "https://u.test"}) == set()


def test_a_credential_that_is_no_badge_is_held_to_the_base_model() -> None:
    document = bitstring.status_list_credential(
        list_url="urn:l",
        issuer="urn:i",
        purpose="revocation",
        bits=bitstring.StatusBits.empty(),
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        ttl_ms=1,
    )
    assert codes(document) == set()
    assert ("issuer", "member_missing") in codes({"type": "VerifiableCredential"})


def test_an_achievement_credential_is_asked_for(unsigned: dict[str, Any]) -> None:
    unsigned["type"] = ["VerifiableCredential"]
    found = model.validate_achievement_credential(unsigned)
    assert [violation.code for violation in found] == ["type_missing"]


def test_findings_are_bounded(unsigned: dict[str, Any]) -> None:
    unsigned["evidence"] = [5] * 1000
    assert len(model.validate_achievement_credential(unsigned)) == 50


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["VerifiableCredential", "OpenBadgeCredential"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "@context",
                    "issuer",
                    "credentialSubject",
                    "achievement",
                    "criteria",
                    "result",
                    "identifier",
                    "evidence",
                    "proof",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(
    st.dictionaries(
        st.sampled_from(["type", "@context", "issuer", "credentialSubject", "evidence", "proof", "validFrom"]), JSON
    )
)
def test_validation_never_raises(document: dict[str, Any]) -> None:
    model.validate_credential(document)
    model.validate_achievement_credential(document)
