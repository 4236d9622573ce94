"""Verification: each check and its codes, the three verdicts, and no way for a document to make it raise."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from credential_core import did, proof
from credential_core.errors import DidError, DocumentError
from credential_core.jose import issue_credential
from credential_core.keys import SigningKey
from credential_core.report import Check, Outcome, Report, Verdict, verdict_of
from credential_core.verify import (
    Failure,
    Needs,
    Policy,
    Trust,
    TrustAnswer,
    needs,
    parse,
    rejected,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIST = "https://issuer.test/status-lists/1"
WEB = "did:web:issuer.test"
WEB_METHOD = f"{WEB}#key-1"
Sign = Callable[[dict[str, Any]], dict[str, Any]]


def outcome(report: Report, name: str) -> tuple[str, str]:
    found = report.check(name)
    assert found is not None
    return str(found.outcome), found.code


def test_a_sound_credential_is_valid_and_says_why(check: Callable[..., Report], signed: dict[str, Any]) -> None:
    report = check(signed)
    assert report.verdict is Verdict.VALID
    assert [(c.check, c.code) for c in report.checks] == [
        ("parse", "parsed"),
        ("schema", "schema_valid"),
        ("proof", "signature_valid"),
        ("issuer_trust", "issuer_trusted"),
        ("status", "status_clear"),
        ("validity_period", "within_validity_period"),
    ]
    plain = report.to_dict()
    assert plain["verdict"] == "valid"
    assert plain["checks"][3]["source"] == "registry"
    assert plain["summary"]["achievement"]["name"] == "Statistics"
    assert "credentialSubject" not in plain["summary"]


@pytest.mark.parametrize("vocabulary", ["ob/vocab.html#OpenBadgeCredential", "clr/vocab.html#ClrCredential"])
def test_what_says_in_a_jwt_by_an_iri_what_it_is_is_held_to_its_model(
    check: Callable[..., Report], unsigned: dict[str, Any], key: SigningKey, vocabulary: str
) -> None:
    """Nobody reads it as JSON-LD there."""
    types = ["VerifiableCredential", f"https://purl.imsglobal.org/spec/vc/{vocabulary}"]
    kid = did.did_key_verification_method(key.public)
    good, bad = unsigned | {"type": types}, unsigned | {"type": types, "credentialSubject": {"id": "urn:x"}}
    reports = [check(parse(issue_credential(each, key, kid=kid))) for each in (good, bad)]
    expected = ("failed", "schema_invalid") if "clr" in vocabulary else ("passed", "schema_valid")
    assert [outcome(report, "schema") for report in reports] == [expected, ("failed", "schema_invalid")]
    assert {outcome(report, "proof") for report in reports} == {("passed", "signature_valid")}


def test_verdicts_follow_from_outcomes() -> None:
    def verdict(*outcomes: Outcome) -> Verdict:
        return verdict_of(Check("c", each, "code", "") for each in outcomes)

    assert verdict(Outcome.PASSED, Outcome.SKIPPED) is Verdict.VALID
    assert verdict(Outcome.PASSED, Outcome.UNKNOWN) is Verdict.INDETERMINATE
    for order in itertools.permutations((Outcome.PASSED, Outcome.UNKNOWN, Outcome.FAILED)):
        assert verdict(*order) is Verdict.INVALID


def test_tampering_is_found(check: Callable[..., Report], signed: dict[str, Any]) -> None:
    signed["credentialSubject"]["achievement"]["name"] = "Brain surgery"
    report = check(signed)
    assert report.verdict is Verdict.INVALID
    assert outcome(report, "proof") == ("failed", "signature_invalid")


def test_a_renamed_status_does_not_pass(check: Callable[..., Report], signed: dict[str, Any], status_list: Any) -> None:
    revoked = {LIST: status_list(7)}
    assert outcome(check(signed, status_lists=revoked), "status") == ("failed", "status_revoked")
    signed["https://www.w3.org/2018/credentials#credentialStatus"] = signed.pop("credentialStatus")
    assert check(signed, status_lists=revoked).verdict is Verdict.INVALID


def test_a_status_moved_elsewhere_does_not_pass(
    check: Callable[..., Report], unsigned: dict[str, Any], sign: Sign
) -> None:
    unsigned["credentialSubject"]["achievement"]["related"] = [{"id": unsigned["id"], "type": ["Related"]}]
    signed = sign(unsigned)
    signed["credentialSubject"]["achievement"]["related"][0] |= {
        "type": ["Related", "VerifiableCredential"],
        "credentialStatus": signed.pop("credentialStatus"),
    }
    assert outcome(check(signed), "proof") == ("failed", "root_id_repeated")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"proof": None}, ("failed", "proof_missing")),
        ({"proof": 5}, ("failed", "proof_malformed")),
        ({"proof": [{}] * 9}, ("failed", "too_many_proofs")),
        ({"proof": {"type": "RsaSignature2018"}}, ("unknown", "proof_type_unsupported")),
        ({"@context": ["https://www.w3.org/ns/credentials/v2", "https://evil.test/"]}, ("unknown", "context_unknown")),
        ({"@context": ["https://www.w3.org/ns/credentials/v2", {}]}, ("unknown", "context_inline")),
        ({"undefined": "x"}, ("failed", "term_undefined")),
        ({"issuer": {"id": "did:web:evil.test", "type": "Profile"}}, ("failed", "issuer_mismatch")),
    ],
)
def test_proof_outcomes(
    check: Callable[..., Report], signed: dict[str, Any], change: dict[str, Any], expected: tuple[str, str]
) -> None:
    report = check({**signed, **change})
    assert outcome(report, "proof") == expected
    assert report.verdict is not Verdict.VALID


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"verificationMethod": 5}, ("failed", "proof_malformed")),
        ({"verificationMethod": "did:example:1#k"}, ("unknown", "did_method_unsupported")),
        ({"verificationMethod": "did:web:other.test#k"}, ("failed", "issuer_mismatch")),
        ({"verificationMethod": "no fragment"}, ("failed", "method_malformed")),
        ({"created": "2027-01-01T00:00:00Z"}, ("failed", "proof_created_in_future")),
        ({"expires": "2026-02-01T00:00:00Z"}, ("failed", "proof_expired")),
        ({"proofPurpose": "authentication"}, ("failed", "proof_purpose_mismatch")),
        ({"created": 5}, ("failed", "date_malformed")),
    ],
)
def test_outcomes_of_a_changed_proof(
    check: Callable[..., Report], signed: dict[str, Any], change: dict[str, Any], expected: tuple[str, str]
) -> None:
    report = check({**signed, "proof": {**signed["proof"], **change}})
    assert outcome(report, "proof") == expected


def test_one_good_proof_among_unreadable_ones_is_enough(check: Callable[..., Report], signed: dict[str, Any]) -> None:
    unreadable = {"type": "DataIntegrityProof", "cryptosuite": "bbs-2023"}
    for order in ([signed["proof"], unreadable], [unreadable, signed["proof"]]):
        assert check({**signed, "proof": order}).verdict is Verdict.VALID


def test_one_bad_proof_spoils_the_set(check: Callable[..., Report], signed: dict[str, Any]) -> None:
    bad = {**signed["proof"], "created": "2026-01-03T00:00:00Z"}
    for order in ([signed["proof"], bad], [bad, signed["proof"]]):
        assert outcome(check({**signed, "proof": order}), "proof") == ("failed", "signature_invalid")


@pytest.fixture
def web_signed(unsigned: dict[str, Any], key: SigningKey) -> dict[str, Any]:
    """The same credential by an issuer with a did:web, without status."""
    del unsigned["credentialStatus"]
    unsigned["issuer"]["id"] = WEB
    return proof.sign(unsigned, key, verification_method=WEB_METHOD, created=NOW)


def web_document(key: SigningKey, **ends: datetime) -> dict[str, Any]:
    return did.did_document(WEB, [did.VerificationMethod(WEB_METHOD, WEB, key.public, **ends)])


def test_what_must_be_fetched_is_named(signed: dict[str, Any], web_signed: dict[str, Any]) -> None:
    assert needs(signed) == Needs(controllers=(), status_lists=(LIST,))
    assert (needs(web_signed).controllers, needs(web_signed).methods) == ((WEB,), (WEB_METHOD,))
    assert needs({"proof": 5, "credentialStatus": [5, {"type": "BitstringStatusListEntry"}]}).status_lists == ()


def test_a_did_web_issuer_is_verified_by_its_document(
    check: Callable[..., Report], web_signed: dict[str, Any], key: SigningKey
) -> None:
    report = check(web_signed, controllers={WEB: web_document(key)})
    assert report.verdict is Verdict.VALID
    assert outcome(report, "status") == ("skipped", "status_absent")


def test_a_revoked_key_is_held_and_listed_for_nothing(key: SigningKey) -> None:
    document = web_document(key, revoked=NOW)
    assert (document["assertionMethod"], document["authentication"]) == ([], [])
    assert did.holds_method(document, WEB_METHOD)
    assert not did.holds_method(document, f"{WEB}#another")
    with pytest.raises(DidError, match="listed for no purpose") as raised:
        did.assertion_method(document, WEB_METHOD)
    assert raised.value.code == "method_revoked"


@pytest.mark.parametrize(
    ("ends", "code"),
    [
        ({"revoked": NOW}, "method_revoked"),
        ({"expires": NOW - timedelta(days=1)}, "method_expired"),
    ],
)
def test_an_ended_key_proves_nothing(
    check: Callable[..., Report], web_signed: dict[str, Any], key: SigningKey, ends: dict[str, datetime], code: str
) -> None:
    report = check(web_signed, controllers={WEB: web_document(key, **ends)})
    assert outcome(report, "proof") == ("failed", code)


@pytest.mark.parametrize(
    ("controllers", "expected"),
    [
        ({}, ("unknown", "controller_unavailable")),
        ({WEB: Failure("timeout", "no answer")}, ("unknown", "controller_unavailable")),
        ({WEB: Failure("not_found", "404", transient=False)}, ("failed", "controller_not_found")),
        ({WEB: {"id": "did:web:other.test"}}, ("failed", "controller_mismatch")),
        ({WEB: {"id": WEB, "assertionMethod": []}}, ("failed", "method_not_authorized")),
        ({WEB: {}}, ("failed", "controller_malformed")),
    ],
)
def test_a_missing_controller_is_unknown_and_a_wrong_one_fails(
    check: Callable[..., Report], web_signed: dict[str, Any], controllers: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert outcome(check(web_signed, controllers=controllers), "proof") == expected


@pytest.mark.parametrize(
    ("trust", "policy", "expected", "verdict"),
    [
        (Trust.TRUSTED, Policy(), ("passed", "issuer_trusted"), Verdict.VALID),
        (Trust.UNKNOWN, Policy(), ("unknown", "issuer_unknown"), Verdict.INDETERMINATE),
        (Trust.UNKNOWN, Policy(accept_unknown_issuer=True), ("skipped", "issuer_unknown_accepted"), Verdict.VALID),
        (Trust.DISTRUSTED, Policy(accept_unknown_issuer=True), ("failed", "issuer_distrusted"), Verdict.INVALID),
    ],
)
def test_trust_and_policy(
    check: Callable[..., Report],
    signed: dict[str, Any],
    trust: Trust,
    policy: Policy,
    expected: tuple[str, str],
    verdict: Verdict,
) -> None:
    report = check(signed, trusted_issuers=lambda _: TrustAnswer(trust), policy=policy)
    assert (outcome(report, "issuer_trust"), report.verdict) == (expected, verdict)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2025, 12, 31, 23, 59, tzinfo=UTC), ("failed", "not_yet_valid")),
        (datetime(2026, 1, 1, tzinfo=UTC), ("passed", "within_validity_period")),
        (datetime(2029, 12, 31, 23, 59, tzinfo=UTC), ("passed", "within_validity_period")),
        (datetime(2030, 1, 1, tzinfo=UTC), ("failed", "expired")),
    ],
)
def test_the_validity_period(
    check: Callable[..., Report], signed: dict[str, Any], now: datetime, expected: tuple[str, str]
) -> None:
    assert outcome(check(signed, now=now), "validity_period") == expected


@pytest.mark.parametrize(
    ("validity", "expected"),
    [("soon", ("failed", "date_malformed")), (None, ("failed", "date_malformed"))],
)
def test_an_unreadable_period_fails(
    check: Callable[..., Report], signed: dict[str, Any], validity: Any, expected: tuple[str, str]
) -> None:
    assert outcome(check({**signed, "validFrom": validity}), "validity_period") == expected


def test_no_period_is_unknown(check: Callable[..., Report], signed: dict[str, Any]) -> None:
    del signed["validFrom"]
    assert outcome(check(signed), "validity_period") == ("unknown", "validity_period_unreadable")


def test_endorsements_are_announced(check: Callable[..., Report], unsigned: dict[str, Any], sign: Sign) -> None:
    unsigned["endorsementJwt"] = ["eyJ.eyJ.sig"]
    report = check(sign(unsigned))
    assert outcome(report, "endorsements") == ("skipped", "endorsements_invalid")
    assert report.verdict is Verdict.VALID


def test_schema_faults_are_told_briefly(check: Callable[..., Report], signed: dict[str, Any]) -> None:
    found = check({**signed, "evidence": [5] * 20}).check("schema")
    assert found is not None
    assert found.code == "schema_invalid"
    assert found.detail.endswith("and 15 more")


def test_each_version_has_its_own_members(check: Callable[..., Report], signed: dict[str, Any]) -> None:
    signed["@context"][0] = "https://www.w3.org/2018/credentials/v1"
    assert outcome(check(signed), "schema") == ("failed", "schema_invalid")
    assert outcome(check({**signed, "issuanceDate": signed["validFrom"]}), "schema") == ("passed", "schema_valid")


@pytest.mark.parametrize(
    ("body", "verdict"),
    [(b"{", Verdict.INVALID), (b"eyJhbGciOiJFZERTQSJ9.eyJhIjoxfQ.c2ln~", Verdict.INDETERMINATE)],
)
def test_a_body_that_cannot_be_read_has_a_report_too(body: bytes, verdict: Verdict) -> None:
    with pytest.raises(DocumentError) as refused:
        parse(body)
    report = rejected(refused.value)
    assert report.verdict is verdict
    assert [check.check for check in report.checks][1:] == [
        "schema",
        "proof",
        "issuer_trust",
        "status",
        "validity_period",
    ]
    assert {str(check.outcome) for check in report.checks[1:]} == {"skipped"}
    assert "summary" not in report.to_dict()


def test_verify_holds_the_budgets_itself(check: Callable[..., Report]) -> None:
    deep: Any = {}
    for _ in range(5000):
        deep = {"a": deep}
    assert outcome(check(deep), "parse") == ("failed", "document_too_deep")
