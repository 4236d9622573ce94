"""The data models beside Open Badges 3.0 itself: VCDM 2.0 and 1.1, CLR 2.0, presentations, and rules across members."""

from __future__ import annotations

import copy
import hashlib
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credential_core import model
from credential_core.contexts import CREDENTIALS_V1, CREDENTIALS_V2, frozen_contexts
from credential_core.multibase import encode_base58, encode_base64url

CLR = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"
EXAMPLES = "1edtech-openbadges-spec/examples"


def codes(document: dict[str, Any]) -> set[tuple[str, str]]:
    return {(violation.path, violation.code) for violation in model.validate_credential(document)}


@pytest.fixture
def plain() -> dict[str, Any]:
    return {
        "@context": [CREDENTIALS_V2],
        "type": ["VerifiableCredential"],
        "issuer": "did:example:issuer",
        "credentialSubject": {"id": "did:example:subject"},
    }


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"@context": CREDENTIALS_V2},
        {"issuer": {"id": "did:example:issuer", "name": [{"@value": "Université", "@language": "fr"}]}},
        {"credentialSubject": [{"id": "did:example:a"}, {"id": "did:example:b"}]},
        {"name": {"@value": "اسم", "@language": "ar", "@direction": "rtl"}},
        {"name": [{"@value": "a", "@language": "en-GB"}, {"@value": "b", "@language": "de"}]},
        {"credentialStatus": [{"type": "A"}, {"type": "B", "id": "urn:b"}]},
        {"credentialSchema": {"id": "https://schema.test/1", "type": "JsonSchema"}},
        {"refreshService": [{"type": "R"}], "termsOfUse": {"type": "T"}, "evidence": {"type": ["E"]}},
        {"validFrom": "2026-01-01T00:00:00+01:00", "validUntil": "2025-12-31T23:00:00Z"},
    ],
)
def test_a_plain_credential_may_say(plain: dict[str, Any], changes: dict[str, Any]) -> None:
    assert codes({**plain, **changes}) == set()


@pytest.mark.parametrize(
    ("changes", "violation"),
    [
        ({"@context": ["https://other.test", CREDENTIALS_V2]}, ("@context", "context_missing")),
        ({"type": ["Other"]}, ("type", "type_missing")),
        ({"type": ["VerifiableCredential", 5]}, ("type[1]", "text_expected")),
        ({"id": ["urn:a", "urn:b"]}, ("id", "uri_expected")),
        ({"issuer": ["did:example:a"]}, ("issuer", "object_expected")),
        ({"issuer": {"name": "U"}}, ("issuer.id", "member_missing")),
        ({"issuer": None}, ("issuer", "member_null")),
        ({"credentialSubject": {}}, ("credentialSubject", "object_empty")),
        ({"credentialSubject": []}, ("credentialSubject", "object_expected")),
        ({"credentialSubject": "did:example:a"}, ("credentialSubject", "object_expected")),
        ({"credentialSubject": {"id": "Ada"}}, ("credentialSubject.id", "uri_expected")),
        ({"validFrom": "2026-01-01T00:00:00"}, ("validFrom", "date_malformed")),
        ({"name": {"@value": "a", "note": "b"}}, ("name", "text_expected")),
        ({"name": {"@value": "a", "@language": "not a tag"}}, ("name", "text_expected")),
        ({"name": {"@value": "a", "@direction": "up"}}, ("name", "text_expected")),
        ({"name": {"@language": "en"}}, ("name", "text_expected")),
        ({"description": 5}, ("description", "text_expected")),
        ({"credentialStatus": {"id": "urn:a"}}, ("credentialStatus.type", "member_missing")),
        ({"credentialSchema": {"type": "JsonSchema"}}, ("credentialSchema.id", "member_missing")),
        ({"refreshService": {"id": "urn:a"}}, ("refreshService.type", "member_missing")),
        ({"evidence": [{"id": "urn:a"}]}, ("evidence[0].type", "member_missing")),
        (
            {"validFrom": "2026-01-01T00:00:00Z", "validUntil": "2025-01-01T00:00:00Z"},
            ("validUntil", "period_reversed"),
        ),
    ],
)
def test_a_plain_credential_may_not_say(
    plain: dict[str, Any], changes: dict[str, Any], violation: tuple[str, str]
) -> None:
    assert violation in codes({**plain, **changes})


def sri(name: str, data: bytes) -> str:
    return f"{name}-{b64encode(hashlib.new(name, data).digest()).decode()}"


def test_both_known_revisions_of_the_base_context_have_their_digests(
    plain: dict[str, Any], load: Callable[[str], Any], vectors: Any
) -> None:
    earlier = (vectors / "jsonld-contexts/credentials-v2.2024-07-20.json").read_bytes()
    for data in (frozen_contexts()[CREDENTIALS_V2].read(), earlier):
        sha256 = hashlib.sha256(data).digest()
        for digest in (
            {"digestSRI": sri("sha256", data)},
            {"digestSRI": sri("sha384", data)},
            {"digestSRI": f"{sri('sha512', data)} {sri('sha256', data)}"},
            {"digestMultibase": encode_base64url(sha256)},
            {"digestMultibase": encode_base58(b"\x12\x20" + sha256)},
        ):
            assert codes({**plain, "relatedResource": {"id": CREDENTIALS_V2, **digest}}) == set()


GOOD = sri("sha256", b"content")


@pytest.mark.parametrize(
    ("resource", "violation"),
    [
        ("https://a.test", ("relatedResource[0]", "object_expected")),
        ({"digestSRI": GOOD}, ("relatedResource[0].id", "uri_expected")),
        ({"id": "https://a.test"}, ("relatedResource[0]", "digest_missing")),
        ({"id": CREDENTIALS_V2, "digestSRI": GOOD}, ("relatedResource[0].digestSRI", "digest_mismatch")),
        (
            {"id": CREDENTIALS_V2, "digestMultibase": encode_base64url(bytes(32))},
            ("relatedResource[0].digestMultibase", "digest_mismatch"),
        ),
        ({"id": "https://a.test", "digestSRI": "sha256-AAAA"}, ("relatedResource[0].digestSRI", "digest_malformed")),
        ({"id": "https://a.test", "digestSRI": "md5-AAAA"}, ("relatedResource[0].digestSRI", "digest_malformed")),
        ({"id": "https://a.test", "digestSRI": 5}, ("relatedResource[0].digestSRI", "digest_malformed")),
        (
            {"id": "https://a.test", "digestMultibase": "z0"},
            ("relatedResource[0].digestMultibase", "digest_malformed"),
        ),
        (
            {"id": "https://a.test", "digestSRI": GOOD, "mediaType": 5},
            ("relatedResource[0].mediaType", "text_expected"),
        ),
    ],
)
def test_a_related_resource_is_held_to_its_digest(
    plain: dict[str, Any], resource: Any, violation: tuple[str, str]
) -> None:
    assert violation in codes({**plain, "relatedResource": [resource]})


def test_a_related_resource_is_listed_once(plain: dict[str, Any]) -> None:
    resource = {"id": "https://a.test", "digestSRI": GOOD}
    assert codes({**plain, "relatedResource": [resource]}) == set()
    assert ("relatedResource[1].id", "resource_repeated") in codes({**plain, "relatedResource": [resource, resource]})


def test_version_1_1_has_its_own_dates(plain: dict[str, Any]) -> None:
    first = {**plain, "@context": [CREDENTIALS_V1], "issuanceDate": "2026-01-01T00:00:00Z"}
    assert codes(first) == set()
    assert ("issuanceDate", "member_missing") in codes({**plain, "@context": [CREDENTIALS_V1]})
    assert ("expirationDate", "date_malformed") in codes({**first, "expirationDate": "soon"})
    reversed_period = {**first, "expirationDate": "2025-01-01T00:00:00Z"}
    assert ("expirationDate", "period_reversed") in codes(reversed_period)


@pytest.mark.parametrize(
    ("changes", "violations"),
    [
        ({}, set()),
        ({"holder": "did:example:holder"}, set()),
        ({"holder": {"id": "did:example:holder"}}, set()),
        ({"holder": {"name": "Ada"}}, {("holder.id", "member_missing")}),
        ({"holder": 5}, {("holder", "object_expected")}),
        ({"type": ["Other"]}, {("type", "type_missing")}),
        ({"@context": []}, {("@context", "context_missing")}),
        ({"id": "here"}, {("id", "uri_expected")}),
        ({"verifiableCredential": ["eyJ.eyJ.sig"]}, {("verifiableCredential[0]", "object_expected")}),
        ({"verifiableCredential": [{}]}, {("verifiableCredential[0].type", "member_missing")}),
        ({"verifiableCredential": {"type": "VerifiableCredential"}}, set()),
    ],
)
def test_a_presentation_has_rules(changes: dict[str, Any], violations: set[tuple[str, str]]) -> None:
    document = {"@context": [CREDENTIALS_V2], "type": "VerifiablePresentation", **changes}
    assert {(found.path, found.code) for found in model.validate_presentation(document)} == violations


@pytest.mark.parametrize(
    ("changes", "violations"),
    [
        ({}, set()),
        ({"type": "Profile", "dateOfBirth": "1815-12-10"}, set()),
        ({"type": ["Person"]}, {("type", "type_missing")}),
        ({"id": "here"}, {("id", "uri_expected")}),
        ({"name": None}, {("name", "member_null")}),
        ({"parentOrg": {"type": ["Profile"]}}, {("parentOrg.id", "member_missing")}),
        ({"image": "https://a.example/i.png"}, {("image", "object_expected")}),
    ],
)
def test_a_profile_has_rules(changes: dict[str, Any], violations: set[tuple[str, str]]) -> None:
    document = {"id": "https://ada.example/", "type": ["Profile"], "name": "Ada", **changes}
    assert {(found.path, found.code) for found in model.validate_profile(document)} == violations


@pytest.mark.parametrize("name", ["linked-data-proof-clr-1", "linked-data-proof-clr-2", "linked-data-proof-clr-7"])
def test_the_published_records_follow_the_model(load: Callable[[str], Any], name: str) -> None:
    assert codes(load(f"{EXAMPLES}/{name}.json")) == set()


SUBJECT = "credentialSubject"


@pytest.mark.parametrize(
    ("path", "value", "violation"),
    [
        ("@context", [CREDENTIALS_V2, CLR], ("@context", "context_missing")),
        ("name", None, ("name", "member_null")),
        ("partial", "yes", ("partial", "boolean_expected")),
        (f"{SUBJECT}.type", "AchievementSubject", (f"{SUBJECT}.type", "type_missing")),
        (f"{SUBJECT}.verifiableCredential", [], (f"{SUBJECT}.verifiableCredential", "credentials_missing")),
        (f"{SUBJECT}.verifiableCredential", {"type": "A"}, (f"{SUBJECT}.verifiableCredential", "array_expected")),
        (f"{SUBJECT}.verifiableCredential", ["a.b.c"], (f"{SUBJECT}.verifiableCredential[0]", "object_expected")),
        (f"{SUBJECT}.achievement", [], (f"{SUBJECT}.association[0].targetId", "association_outside")),
        (
            f"{SUBJECT}.association.0.associationType",
            "isFriendOf",
            (f"{SUBJECT}.association[0].associationType", "value_not_in_enumeration"),
        ),
        (
            f"{SUBJECT}.association.0.sourceId",
            "urn:elsewhere",
            (f"{SUBJECT}.association[0].sourceId", "association_outside"),
        ),
        (f"{SUBJECT}.association.0", {"type": "Association"}, (f"{SUBJECT}.association[0].sourceId", "member_missing")),
    ],
)
def test_each_broken_rule_of_a_record_is_named(
    load: Callable[[str], Any], path: str, value: Any, violation: tuple[str, str]
) -> None:
    document = copy.deepcopy(load(f"{EXAMPLES}/linked-data-proof-clr-1.json"))
    place = document
    *steps, last = path.split(".")
    for step in steps:
        place = place[int(step) if step.isdigit() else step]
    place[int(last) if last.isdigit() else last] = value
    assert violation in codes(document)


def test_a_record_names_its_learner(load: Callable[[str], Any]) -> None:
    document = load(f"{EXAMPLES}/linked-data-proof-clr-1.json")
    del document[SUBJECT]["id"]
    assert (SUBJECT, "subject_unidentified") in codes(document)


def test_results_fit_the_achievement(load: Callable[[str], Any]) -> None:
    document = load("1edtech-public-validator/ob30/complete.json")
    subject = document[SUBJECT]
    subject["result"][1]["achievedLevel"] = "urn:other"
    subject["achievement"]["resultDescription"][1]["requiredLevel"] = "urn:other"
    assert codes(document) == {
        (f"{SUBJECT}.result[1].achievedLevel", "level_unknown"),
        (f"{SUBJECT}.achievement.resultDescription[1].requiredLevel", "level_unknown"),
    }


@pytest.mark.parametrize("value", ["ada@learner.test", "sha256$12", "sha512$" + "a" * 128])
def test_a_hashed_identity_holds_a_hash(unsigned: dict[str, Any], value: str) -> None:
    unsigned[SUBJECT]["identifier"][0]["identityHash"] = value
    assert codes(unsigned) == {(f"{SUBJECT}.identifier[0].identityHash", "identity_hash_malformed")}


HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from([CREDENTIALS_V1, CREDENTIALS_V2]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "type", "achievement", "association", "sourceId", "verifiableCredential", "digestSRI", "holder"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(
    st.sampled_from(["ClrCredential", "EndorsementCredential", "VerifiableCredential"]),
    st.dictionaries(
        st.sampled_from(["@context", "issuer", "credentialSubject", "relatedResource", "name", "holder", "proof"]),
        HOSTILE,
    ),
)
def test_validation_never_raises(name: str, document: dict[str, Any]) -> None:
    model.validate_credential({"type": [name], **document})
    model.validate_presentation(document)
