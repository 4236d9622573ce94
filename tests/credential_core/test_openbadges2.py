"""Open Badges 2.0: hosted and signed assertions, and the ways to forge them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from hypothesis import given
from hypothesis import strategies as st

from credential_core import model
from credential_core.errors import CredentialError
from credential_core.jose import RsaSigningKey
from credential_core.jose.jws import sign as sign_jws
from credential_core.keys import SigningKey
from credential_core.openbadges2 import Badge, badge_needs, read_badge, verify_badge
from credential_core.report import Report, Verdict
from credential_core.verify import Failure, Recipient, trust_only

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BASE = "https://issuer.test"
ISSUER, BADGE, ASSERTION = f"{BASE}/issuer", f"{BASE}/badges/1", f"{BASE}/assertions/1"
KEY, REVOCATIONS = f"{BASE}/key", f"{BASE}/revocations"
SIGNED_ID = "urn:uuid:5e6b6f0e-7c1e-4a53-8a9e-1a0d8d1f6a11"
CONTEXT = "https://w3id.org/openbadges/v2"

Json = dict[str, Any]


@pytest.fixture(scope="module")
def pem() -> bytes:
    """The issuer's RSA key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture(scope="module")
def rsa_key(pem: bytes) -> RsaSigningKey:
    return RsaSigningKey.from_pem(pem)


def public_pem(pem: bytes) -> str:
    public = load_pem_private_key(pem, None).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture
def world(pem: bytes) -> Json:
    """Everything the issuer publishes."""
    return {
        ISSUER: {
            "@context": CONTEXT,
            "id": ISSUER,
            "type": "Issuer",
            "name": "University",
            "url": BASE,
            "email": "badges@issuer.test",
            "publicKey": KEY,
            "revocationList": REVOCATIONS,
        },
        BADGE: {
            "@context": CONTEXT,
            "id": BADGE,
            "type": "BadgeClass",
            "name": "Statistics",
            "description": "Makes statistics.",
            "image": f"{BASE}/image.png",
            "criteria": {"narrative": "Passed."},
            "issuer": ISSUER,
        },
        KEY: {
            "@context": CONTEXT,
            "id": KEY,
            "type": "CryptographicKey",
            "owner": ISSUER,
            "publicKeyPem": public_pem(pem),
        },
        REVOCATIONS: {"id": REVOCATIONS, "type": "RevocationList", "issuer": ISSUER, "revokedAssertions": []},
    }


def assertion(**changes: Any) -> Json:
    identity = model.hashed_identity("ada@learner.test", "emailAddress", "salty")
    return {
        "@context": CONTEXT,
        "id": ASSERTION,
        "type": "Assertion",
        "recipient": {"type": "email", "identity": identity["identityHash"], "hashed": True, "salt": "salty"},
        "badge": BADGE,
        "verification": {"type": "HostedBadge"},
        "issuedOn": "2026-01-01T00:00:00Z",
        **changes,
    }


def signed_assertion(**changes: Any) -> Json:
    return assertion(**{"id": SIGNED_ID, "verification": {"type": "SignedBadge", "creator": KEY}, **changes})


def judge(body: Any, documents: Json, **changes: Any) -> Report:
    given: Json = {"documents": documents, "now": NOW, "trusted_issuers": trust_only([ISSUER]), **changes}
    return verify_badge(read_badge(body), **given)


def outcome(report: Report, name: str) -> tuple[str, str]:
    found = report.check(name)
    assert found is not None
    return str(found.outcome), found.code


@pytest.fixture
def sign(rsa_key: RsaSigningKey) -> Callable[..., str]:
    return lambda document, key=rsa_key: sign_jws({}, document, key)


def test_a_hosted_badge_is_valid(world: Json) -> None:
    report = judge(json.dumps(assertion()), {**world, ASSERTION: assertion()})
    assert report.verdict is Verdict.VALID
    assert outcome(report, "proof") == ("passed", "hosted_by_issuer")
    assert report.summary == {
        "id": ASSERTION,
        "type": "Assertion",
        "name": "Statistics",
        "issuer": {"id": ISSUER, "name": "University"},
        "validFrom": "2026-01-01T00:00:00Z",
    }


def test_a_signed_badge_is_valid(world: Json, sign: Callable[..., str]) -> None:
    report = judge(sign(signed_assertion()), world)
    assert report.verdict is Verdict.VALID
    assert outcome(report, "proof") == ("passed", "signature_valid")
    assert outcome(report, "status") == ("passed", "status_clear")


@pytest.mark.parametrize("signed", [False, True])
def test_what_must_be_fetched_is_told_step_by_step(world: Json, sign: Callable[..., str], signed: bool) -> None:
    badge = read_badge(sign(signed_assertion()) if signed else assertion())
    served, steps = {**world, ASSERTION: assertion()}, 0
    documents: dict[str, Any] = {}
    while wanted := badge_needs(badge, documents):
        documents.update({name: served[name] for name in wanted})
        steps += 1
    assert set(documents) == ({BADGE, ISSUER, KEY, REVOCATIONS} if signed else {ASSERTION, BADGE, ISSUER})
    assert steps <= 4


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (None, ("unknown", "hosted_copy_unavailable")),
        (Failure("timeout", "no answer"), ("unknown", "hosted_copy_unavailable")),
        (Failure("status", "404", transient=False), ("failed", "hosted_copy_unavailable")),
        (assertion(issuedOn="2026-01-02T00:00:00Z"), ("failed", "hosted_copy_differs")),
    ],
)
def test_a_hosted_badge_is_what_is_hosted(world: Json, found: Any, expected: tuple[str, str]) -> None:
    report = judge(assertion(), world if found is None else {**world, ASSERTION: found})
    assert outcome(report, "proof") == expected
    assert report.verdict is not Verdict.VALID


@pytest.mark.parametrize(
    ("address", "policy", "holds"),
    [
        ("https://evil.test/assertions/1", None, False),
        ("http://issuer.test/assertions/1", None, False),
        ("https://issuer.test.evil.test/1", {"startsWith": "https://issuer.test"}, False),
        ("https://issuer.test/a/../b/1", {"startsWith": "https://issuer.test/a/"}, False),
        ("https://issuer.test/a/%2e%2E/b/1", {"startsWith": "https://issuer.test/a/"}, False),
        ("https://issuer.test@evil.test/1", None, False),
        ("https://issuer.test/b/1", {"startsWith": ["https://issuer.test/a/"]}, False),
        ("https://issuer.test/a/1", {"startsWith": ["https://issuer.test/a/"]}, True),
        ("https://badges.test/1", {"allowedOrigins": ["badges.test"]}, True),
        ("https://issuer.test/1", {"allowedOrigins": ["badges.test"]}, False),
        ("urn:uuid:1", None, False),
    ],
)
def test_a_hosted_badge_stands_where_the_issuer_says(world: Json, address: str, policy: Any, holds: bool) -> None:
    if policy is not None:
        world[ISSUER]["verification"] = policy
    document = assertion(id=address)
    report = judge(document, {**world, address: document})
    assert outcome(report, "proof") == (("passed", "hosted_by_issuer") if holds else ("failed", "hosted_elsewhere"))


def test_a_hosted_badge_says_itself_that_it_is_revoked(world: Json) -> None:
    gone = {"@context": CONTEXT, "id": ASSERTION, "type": "Assertion", "revoked": True, "revocationReason": "error"}
    report = judge(assertion(), {**world, ASSERTION: gone})
    assert outcome(report, "status") == ("failed", "status_revoked")


def test_a_forged_signature_fails(world: Json, sign: Callable[..., str], key: SigningKey) -> None:
    token = sign(signed_assertion())
    header, _, signature = token.split(".")
    other = sign(signed_assertion(issuedOn="2025-01-01T00:00:00Z")).split(".")[1]
    assert outcome(judge(f"{header}.{other}.{signature}", world), "proof") == ("failed", "signature_invalid")
    assert outcome(judge(sign(signed_assertion(), key), world), "proof") == ("failed", "jws_algorithm_mismatch")
    assert outcome(judge(signed_assertion(), world), "proof") == ("failed", "proof_missing")


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        (KEY, {"owner": "https://evil.test"}, ("failed", "controller_mismatch")),
        (KEY, {"publicKeyPem": "no key"}, ("failed", "key_malformed")),
        (KEY, {"publicKeyPem": 5}, ("failed", "key_malformed")),
        (KEY, {"id": "https://evil.test"}, ("unknown", "badge_document_unavailable")),
        (ISSUER, {"publicKey": "https://issuer.test/other"}, ("failed", "method_not_authorized")),
        (ISSUER, {"publicKey": []}, ("failed", "method_not_authorized")),
        (ISSUER, {"id": "https://evil.test"}, ("unknown", "badge_document_unavailable")),
        (BADGE, {"issuer": "https://evil.test"}, ("unknown", "badge_document_unavailable")),
        (BADGE, {"id": "https://evil.test"}, ("unknown", "badge_document_unavailable")),
    ],
)
def test_a_key_is_the_issuers(
    world: Json, sign: Callable[..., str], name: str, changes: Json, expected: tuple[str, str]
) -> None:
    world[name].update(changes)
    assert outcome(judge(sign(signed_assertion()), world), "proof") == expected


def test_a_profile_brought_along_does_not_count(world: Json, pem: bytes) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    evil = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    own_key = {"id": KEY, "owner": ISSUER, "publicKeyPem": public_pem(evil)}
    brought = {**world[BADGE], "issuer": {**world[ISSUER], "publicKey": own_key}}
    token = sign_jws({}, signed_assertion(badge=brought), RsaSigningKey.from_pem(evil))
    assert outcome(judge(token, world), "proof") == ("failed", "signature_invalid")


def test_a_key_may_stand_in_the_profile_and_a_class_in_the_assertion(world: Json, sign: Callable[..., str]) -> None:
    world[ISSUER]["publicKey"] = world.pop(KEY)
    document = signed_assertion(badge=world.pop(BADGE), verification={"type": "SignedBadge"})
    assert judge(sign(document), world).verdict is Verdict.VALID


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], ("passed", "status_clear")),
        (["urn:uuid:other"], ("passed", "status_clear")),
        ([SIGNED_ID], ("failed", "status_revoked")),
        ([{"id": SIGNED_ID, "revocationReason": "error"}], ("failed", "status_revoked")),
        ([{"uid": "u-1"}], ("failed", "status_revoked")),
        ([5], ("unknown", "status_list_malformed")),
        ([SIGNED_ID, 5], ("failed", "status_revoked")),
        ([5, SIGNED_ID], ("failed", "status_revoked")),
        ([{"id": []}], ("unknown", "status_list_malformed")),
        ({}, ("unknown", "status_list_malformed")),
    ],
)
def test_a_signed_badge_is_looked_up(
    world: Json, sign: Callable[..., str], rows: Any, expected: tuple[str, str]
) -> None:
    world[REVOCATIONS]["revokedAssertions"] = rows
    assert outcome(judge(sign(signed_assertion(uid="u-1")), world), "status") == expected


def test_a_list_that_cannot_be_had_leaves_it_open(world: Json, sign: Callable[..., str]) -> None:
    del world[REVOCATIONS]
    report = judge(sign(signed_assertion()), world)
    assert outcome(report, "status") == ("unknown", "status_list_unavailable")
    del world[ISSUER]["revocationList"]
    assert outcome(judge(sign(signed_assertion()), world), "status") == ("skipped", "status_absent")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"issuedOn": "2027-01-01T00:00:00Z"}, ("failed", "not_yet_valid")),
        ({"expires": "2026-02-01T00:00:00Z"}, ("failed", "expired")),
        ({"expires": "2027-02-01T00:00:00Z"}, ("passed", "within_validity_period")),
        ({"expires": "never"}, ("failed", "date_malformed")),
    ],
)
def test_dates_count(world: Json, changes: Json, expected: tuple[str, str]) -> None:
    document = assertion(**changes)
    assert outcome(judge(document, {**world, ASSERTION: document}), "validity_period") == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"@context": "https://other.test"},
        {"type": "Badge"},
        {"id": 5},
        {"verification": {"type": "Other"}},
        {"issuedOn": "yesterday"},
        {"recipient": {"type": "email", "identity": "a"}},
        {"recipient": {"type": "email", "hashed": False}},
    ],
)
def test_an_assertion_follows_its_model(world: Json, changes: Json) -> None:
    report = judge(assertion(**changes), world)
    assert outcome(report, "schema") == ("failed", "schema_invalid")


@pytest.mark.parametrize("name", ["name", "description", "image", "criteria"])
def test_a_badge_class_follows_its_model(world: Json, name: str) -> None:
    del world[BADGE][name]
    assert outcome(judge(assertion(), world), "schema") == ("failed", "schema_invalid")


@pytest.mark.parametrize(
    ("recipient", "expected"),
    [
        (Recipient(identifier="ada@learner.test"), "recipient_matches"),
        (Recipient(identifier="eve@learner.test"), "recipient_mismatch"),
        (Recipient(id="https://ada.test"), "recipient_mismatch"),
    ],
)
def test_the_recipient_is_recognised(world: Json, recipient: Recipient, expected: str) -> None:
    assert outcome(judge(assertion(), world, recipient=recipient), "recipient")[1] == expected


def test_a_recipient_may_be_a_page(world: Json) -> None:
    document = assertion(recipient={"type": "url", "identity": "https://ada.test", "hashed": False})
    report = judge(document, world, recipient=Recipient(id="https://ada.test"))
    assert outcome(report, "recipient") == ("passed", "recipient_matches")


HOSTILE: list[Any] = [None, 5, "x", "", [], {}, [[]], {"id": []}, {"type": [{}]}, "https://[", "\x07", True, [None]]


def test_hostile_values_never_make_it_raise_or_valid(world: Json, sign: Callable[..., str]) -> None:
    for name, value in itertools.product([*assertion(), "revoked", "expires", "uid", "verify"], HOSTILE):
        for document in (assertion(**{name: value}), signed_assertion(**{name: value})):
            report = judge(document, {**world, ASSERTION: assertion()})
            badge_needs(read_badge(document), world)
            assert report.verdict is not Verdict.VALID
    for address, value in itertools.product([ISSUER, BADGE, KEY, REVOCATIONS], HOSTILE):
        for name in [*world[address], "verification"]:
            documents = {**world, address: {**world[address], name: value}, ASSERTION: assertion()}
            judge(sign(signed_assertion()), documents)
            judge(assertion(), documents)


@given(st.text() | st.binary())
def test_only_credential_errors_leave_the_reader(body: str | bytes) -> None:
    try:
        assert isinstance(read_badge(body), Badge)
    except CredentialError as error:
        assert error.code.isidentifier()
