"""The report on an SD-JWT VC: every check passed, failed and unknown once; and nothing in doubt is valid."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credential_core import did, jose, sdjwt, token_status_list
from credential_core.errors import CredentialError
from credential_core.jose.jws import encode
from credential_core.jwk import to_jwk
from credential_core.keys import SigningKey
from credential_core.report import Outcome
from credential_core.verify import (
    Failure,
    KnownState,
    KnownStatus,
    Policy,
    SdJwtReport,
    Trust,
    TrustAnswer,
    sd_jwt_needs,
    trust_only,
    verify_sd_jwt,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ISSUER = SigningKey.from_seed(bytes(range(32)), "P-256")
HOLDER = SigningKey.from_seed(bytes(range(1, 33)), "P-256")
IDENTIFIER = "https://issuer.test"
METADATA = "https://issuer.test/.well-known/jwt-vc-issuer"
LIST = "https://issuer.test/statuslists/1"
VCT = "https://issuer.test/types/degree"
ASKED = sdjwt.ExpectedBinding("https://verifier.test", "n-1")
CLAIMS: dict[str, Any] = {
    "iss": IDENTIFIER,
    "vct": VCT,
    "iat": 1770000000,
    "exp": 1893456000,
    "given_name": "Ada",
    "status": {"status_list": {"idx": 3, "uri": LIST}},
}
ORDER = ["parse", "schema", "proof", "issuer_trust", "status", "validity_period"]


def issued(key: SigningKey = ISSUER, **changes: Any) -> str:
    claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}
    salts = (hashlib.sha256(number.to_bytes(4)).digest() for number in itertools.count())
    return sdjwt.issue(claims, key, disclosable=["/given_name"], salts=salts, holder=HOLDER.public)


def shown(**changes: Any) -> str:
    binding = {"key": HOLDER, "audience": ASKED.audience, "nonce": ASKED.nonce, "issued": NOW}
    return sdjwt.present(issued(), ["/given_name"], sdjwt.Binding(**{**binding, **changes}))


def signed(claims: Mapping[str, Any], header: Mapping[str, Any] | None = None) -> str:
    """What `issue` would not make."""
    return jose.sign(header or {"typ": "dc+sd-jwt"}, {**CLAIMS, **claims}, ISSUER) + "~"


def status_token(value: int = 0, **changes: Any) -> token_status_list.StatusToken:
    claims = {"sub": LIST, "iat": 1772000000, "ttl": 60, **changes}
    claims["status_list"] = token_status_list.encode({3: value}, length=16, bits=2)
    text = jose.sign({"typ": "statuslist+jwt"}, claims, ISSUER)
    return token_status_list.read_token(text, uri=LIST, key=ISSUER.public, now=NOW)


def judged(text: str, **changes: Any) -> SdJwtReport:
    given: dict[str, Any] = {
        "controllers": {METADATA: {"issuer": IDENTIFIER, "jwks": {"keys": [to_jwk(ISSUER.public)]}}},
        "status_lists": {LIST: status_token()},
        "now": NOW,
        "trusted_issuers": trust_only([IDENTIFIER], source="registry"),
    }
    return verify_sd_jwt(text, **{**given, **changes})


def doubts(report: SdJwtReport) -> list[tuple[str, str, str]]:
    wrong = (Outcome.FAILED, Outcome.UNKNOWN)
    return [(each.check, str(each.outcome), each.code) for each in report.checks if each.outcome in wrong]


def test_a_sound_one_is_valid_and_shows_its_claims() -> None:
    report = judged(issued())
    assert str(report.verdict) == "valid"
    assert [check.check for check in report.checks] == ORDER
    assert {check.outcome for check in report.checks} == {Outcome.PASSED}
    assert report.claims is not None
    assert report.claims["given_name"] == "Ada"
    assert report.summary == {"type": VCT, "issuer": {"id": IDENTIFIER}}


CHAIN = {"typ": "dc+sd-jwt", "x5c": ["MIIB"]}


@pytest.mark.parametrize(
    "controllers",
    [{}, {METADATA: Failure("status", "404", transient=False)}, {METADATA: {"issuer": IDENTIFIER}}],
)
def test_a_key_that_only_a_certificate_names_is_not_decided(controllers: dict[str, Any]) -> None:
    report = judged(signed({}, CHAIN), controllers=controllers)
    assert (str(report.verdict), doubts(report)) == ("indeterminate", [("proof", "unknown", "x5c_unsupported")])
    assert report.claims is None


def test_a_certificate_beside_a_key_that_the_issuer_names_changes_nothing() -> None:
    assert str(judged(signed({}, CHAIN)).verdict) == "valid"
    other = {"issuer": IDENTIFIER, "jwks": {"keys": [to_jwk(HOLDER.public)]}}
    report = judged(signed({}, CHAIN), controllers={METADATA: other})
    assert doubts(report) == [("proof", "failed", "signature_invalid")]


DID = "did:web:issuer.test"
METHOD: dict[str, Any] = {
    "id": f"{DID}#key",
    "type": "JsonWebKey",
    "controller": DID,
    "publicKeyJwk": to_jwk(ISSUER.public),
}


@pytest.mark.parametrize(
    ("method", "purpose", "code"),
    [
        ({"revoked": "2026-02-01T00:00:00Z"}, ["#key"], "method_revoked"),
        ({"revoked": "2026-02-01T00:00:00Z"}, [], "method_revoked"),
        ({"expires": "2026-02-01T00:00:00Z"}, ["#key"], "method_expired"),
        ({}, [], "method_not_authorized"),
    ],
)
def test_a_certificate_hides_nothing_that_the_issuer_says_of_the_key(
    method: dict[str, Any], purpose: list[str], code: str
) -> None:
    document = {"id": DID, "verificationMethod": [METHOD | method], "assertionMethod": [DID + one for one in purpose]}
    text = signed({"iss": DID}, {**CHAIN, "kid": f"{DID}#key"})
    changed = {"controllers": {DID: document}, "trusted_issuers": trust_only([DID], source="registry")}
    report = judged(text, **changed)
    assert ("proof", "failed", code) in doubts(report)
    assert str(report.verdict) == "invalid"


@pytest.mark.parametrize("metadata", [{"issuer": "https://other.test"}, {}])
def test_nor_that_it_is_another_issuers_word(metadata: dict[str, Any]) -> None:
    assert doubts(judged(signed({}, CHAIN), controllers={METADATA: metadata})) == [
        ("proof", "failed", "issuer_mismatch")
    ]


@pytest.mark.parametrize("issuer", ["did:other:1", "urn:x", None])
def test_of_an_issuer_that_cannot_be_asked_only_the_certificate_tells(issuer: str | None) -> None:
    assert ("proof", "unknown", "x5c_unsupported") in doubts(judged(signed({"iss": issuer}, CHAIN)))


def test_plain_data_holds_nothing_of_the_holder() -> None:
    assert "Ada" not in json.dumps(judged(issued()).to_dict())


def test_it_names_what_it_needs() -> None:
    needed = sd_jwt_needs(issued())
    assert (needed.controllers, needed.status_lists) == ((METADATA,), (LIST,))
    own = did.did_key(ISSUER.public)
    assert sd_jwt_needs(issued(iss=own, status=None)) == sd_jwt_needs("x") == sd_jwt_needs("")
    assert sd_jwt_needs(signed({"iss": 5, "status": {"status_list": 5}})).controllers == ()


def test_an_issuer_that_is_its_own_key() -> None:
    own = did.did_key(ISSUER.public)
    text = issued(iss=own)
    assert str(judged(text, trusted_issuers=trust_only([own])).verdict) == "valid"
    other = SigningKey.from_seed(bytes(range(2, 34)), "P-256")
    report = judged(issued(other, iss=own), trusted_issuers=trust_only([own]))
    assert doubts(report) == [("proof", "failed", "signature_invalid")]
    assert report.claims is None


def test_a_binding_that_was_asked_for() -> None:
    report = judged(shown(), binding=ASKED)
    assert str(report.verdict) == "valid"
    assert [(check.check, check.code) for check in report.checks][-1] == ("holder_binding", "key_binding_valid")
    for text, asked, policy, expected in (
        (issued(), ASKED, None, "key_binding_missing"),
        (issued(), None, Policy(require_holder_binding=True), "key_binding_missing"),
        (shown(), None, None, "key_binding_unexpected"),
        (shown(nonce="n-2"), ASKED, None, "key_binding_mismatch"),
        (shown(issued=NOW - timedelta(hours=1)), ASKED, None, "key_binding_stale"),
    ):
        report = judged(text, binding=asked, policy=policy)
        assert doubts(report) == [("holder_binding", "failed", expected)]


STATUSES: list[tuple[dict[str, Any], str, str]] = [
    ({"status_lists": {LIST: status_token(1)}}, "failed", "status_revoked"),
    ({"status_lists": {LIST: status_token(2)}}, "failed", "status_suspended"),
    ({"status_lists": {LIST: status_token(3)}}, "unknown", "status_value_unsupported"),
    ({"status_lists": {}}, "unknown", "status_list_unavailable"),
    ({"status_lists": {LIST: Failure("signature_invalid", "no")}}, "unknown", "status_list_unavailable"),
    ({"now": NOW + timedelta(seconds=60)}, "unknown", "status_list_stale"),
    ({"known_status": KnownStatus(KnownState.REVOKED, 2)}, "failed", "status_revoked"),
]


@pytest.mark.parametrize(("changes", "outcome", "code"), STATUSES)
def test_a_status_decides(changes: dict[str, Any], outcome: str, code: str) -> None:
    report = judged(issued(), **changes)
    assert doubts(report) == [("status", outcome, code)]
    assert str(report.verdict) == ("invalid" if outcome == "failed" else "indeterminate")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ({}, "status_type_unsupported"),
        (None, "status_type_unsupported"),
        ({"status_assertion": {}}, "status_type_unsupported"),
        ({"status_list": {"idx": 3, "uri": LIST}, "other": {}}, "status_type_unsupported"),
        ({"status_list": {"idx": 99, "uri": LIST}}, "status_index_out_of_range"),
        ({"status_list": {"idx": 3.0, "uri": LIST}}, "status_malformed"),
        ({"status_list": {"idx": 3, "uri": LIST + "#"}}, "status_list_unavailable"),
    ],
)
def test_a_status_that_cannot_be_read_is_unknown(status: Any, code: str) -> None:
    assert doubts(judged(signed({"status": status}))) == [("status", "unknown", code)]


def test_no_status_is_no_doubt() -> None:
    report = judged(issued(status=None), status_lists={})
    assert str(report.verdict) == "valid"
    check = report.check("status")
    assert check is not None
    assert (str(check.outcome), check.code) == ("skipped", "status_absent")


OTHERS: list[tuple[str, dict[str, Any], tuple[str, str, str]]] = [
    (issued(exp=1772366400), {}, ("validity_period", "failed", "expired")),
    (issued(nbf=1772366400 + 301), {}, ("validity_period", "failed", "not_yet_valid")),
    (issued(iat=1772366400 + 301), {}, ("validity_period", "failed", "jwt_issued_in_future")),
    (signed({"exp": "soon"}), {}, ("validity_period", "failed", "jwt_claim_malformed")),
    (issued(), {"vct": VCT + "/x"}, ("schema", "failed", "sd_jwt_type_unexpected")),
    (signed({"vct": ""}), {}, ("schema", "failed", "sd_jwt_claim_missing")),
    (issued(), {"trusted_issuers": trust_only([])}, ("issuer_trust", "unknown", "issuer_unknown")),
    (
        issued(),
        {"trusted_issuers": lambda _: TrustAnswer(Trust.DISTRUSTED)},
        ("issuer_trust", "failed", "issuer_distrusted"),
    ),
    (issued(HOLDER), {}, ("proof", "failed", "signature_invalid")),
    (issued(), {"controllers": {}}, ("proof", "unknown", "controller_unavailable")),
    (issued(), {"controllers": {METADATA: Failure("gone", "404", False)}}, ("proof", "failed", "controller_not_found")),
    (issued(), {"controllers": {METADATA: {"issuer": "https://other.test"}}}, ("proof", "failed", "issuer_mismatch")),
]


@pytest.mark.parametrize(("text", "changes", "expected"), OTHERS)
def test_each_check_stands_for_itself(text: str, changes: dict[str, Any], expected: tuple[str, str, str]) -> None:
    assert doubts(judged(text, **changes)) == [expected]


def test_a_key_that_was_ended_signs_no_more() -> None:
    web = "did:web:issuer.test"
    document = did.did_document(web, [did.VerificationMethod(f"{web}#1", web, ISSUER.public)])
    given = {"controllers": {web: document}, "trusted_issuers": trust_only([web])}
    assert str(judged(issued(iss=web), **given).verdict) == "valid"
    document["verificationMethod"][0]["revoked"] = "2026-02-01T00:00:00Z"
    assert doubts(judged(issued(iss=web), **given)) == [("proof", "failed", "method_revoked")]


def test_no_issuer_is_nobody() -> None:
    assert doubts(judged(issued(iss=None))) == [
        ("proof", "failed", "jwt_claim_missing"),
        ("issuer_trust", "failed", "issuer_missing"),
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "sd_jwt_malformed"),
        ("a.b.c", "sd_jwt_malformed"),
        (signed({}, {"typ": "JWT"}), "jwt_type_unsupported"),
        (signed({}) + encode(b'["salt-salt-salt-salt", "a", 1]') + "~", "sd_jwt_disclosure_unused"),
        (issued() * 2, "sd_jwt_digest_repeated"),
        ("x" * 300_000, "document_too_large"),
        (None, "sd_jwt_malformed"),
    ],
)
def test_what_cannot_be_read_is_rejected(text: Any, code: str) -> None:
    report = judged(text)
    assert doubts(report) == [("parse", "failed", code)]
    assert report.claims is None
    assert [check.check for check in report.checks] == ORDER


HOSTILE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from([LIST, IDENTIFIER, "https://[", "did:web:", "did:key:z", "https://u.test:x/?#"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["status_list", "idx", "uri", "jwk", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["iss", "vct", "iat", "nbf", "exp", "status", "cnf", "_sd_alg"]), HOSTILE),
    st.dictionaries(st.sampled_from(["kid", "typ", "jwk", "x5c"]), HOSTILE),
    st.dictionaries(st.sampled_from(["issuer", "jwks", "keys", "id", "verificationMethod"]), HOSTILE),
)
def test_any_claims_are_judged(claims: dict[str, Any], header: dict[str, Any], document: dict[str, Any]) -> None:
    """Signed by another, whatever it says: never valid, and always a report."""
    try:
        token = jose.sign({"typ": "dc+sd-jwt", **header}, {**CLAIMS, **claims}, HOLDER)
    except CredentialError:
        return
    for text in (token + "~", token):
        needed = sd_jwt_needs(text)
        controllers = dict.fromkeys(needed.controllers, document)
        assert str(judged(text, controllers=controllers, binding=ASKED).verdict) != "valid"
