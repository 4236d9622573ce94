"""Presentations: who signed them for what occasion, and each credential in them with a report of its own."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from credential_core import did, proof
from credential_core.contexts import CREDENTIALS_V2
from credential_core.jose import enveloped, issue_credential, issue_presentation
from credential_core.keys import SigningKey
from credential_core.report import Report, Verdict
from credential_core.verify import (
    Policy,
    Recipient,
    parse,
)
from tests.credential_core.reports import only, outcome

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIST = "https://issuer.test/status-lists/1"
FIRST = "https://issuer.test/credentials/1"
SECOND = "https://issuer.test/credentials/2"
READ = Policy(inline_contexts=True)
Json = dict[str, Any]
Sign = Callable[[Json], Json]
Verify = Callable[..., Report]


def test_a_presentation_is_verified_with_each_credential(
    shown: Verify, present: Callable[..., Json], signed: Json, second: Json, status_list: Any
) -> None:
    for order in itertools.permutations([signed, second]):
        document = present(*order)
        assert shown(document).verdict is Verdict.VALID
        report = shown(document, status_lists={LIST: status_list(7)})
        assert report.verdict is Verdict.INVALID
        assert outcome(only(report, FIRST), "status") == ("failed", "status_revoked")
        assert only(report, SECOND).verdict is Verdict.VALID


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"challenge": "xyz"}, "invalid_challenge"),
        ({"domain": "other.test"}, "invalid_domain"),
    ],
)
def test_a_presentation_made_for_another_occasion_fails(
    shown: Verify, present: Callable[..., Json], signed: Json, changes: Json, code: str
) -> None:
    report = shown(present(signed), **changes)
    assert outcome(report, "proof") == ("failed", code)
    assert outcome(report, "credentials") == ("skipped", "credentials_not_checked")


def test_a_presentation_is_signed_by_its_holder(shown: Verify, present: Callable[..., Json], signed: Json) -> None:
    assert outcome(shown(present(signed, holder="did:example:other")), "proof") == ("failed", "issuer_mismatch")
    assert outcome(shown(present(signed, holder={"id": "did:example:other"})), "proof")[0] == "failed"
    assert outcome(shown(present(signed, purpose="assertionMethod")), "proof") == ("failed", "proof_purpose_mismatch")
    assert shown(present(signed, holder=None)).verdict is Verdict.VALID
    assert outcome(shown({**present(signed), "proof": []}), "proof") == ("failed", "proof_missing")


def test_one_that_may_be_unsigned_stands_for_its_credentials_alone(
    shown: Verify, present: Callable[..., Json], signed: Json, unsigned: Json, issuer: str, status_list: Any
) -> None:
    loose = {name: value for name, value in present(signed).items() if name != "proof"}
    assert outcome(shown(loose), "proof") == ("failed", "proof_missing")
    report = shown(loose, challenge=None, domain=None, may_be_unsigned=True)
    assert report.verdict is Verdict.VALID
    assert outcome(report, "proof") == ("skipped", "presentation_unsigned")
    assert outcome(report, "holder_binding") == ("skipped", "holder_unproven")
    unbound: Json = {"challenge": None, "domain": None, "may_be_unsigned": True}
    must = Policy(require_holder_binding=True)
    assert outcome(shown(loose, **unbound, policy=must), "holder_binding") == ("failed", "holder_unproven")
    revoked = shown(loose, **unbound, status_lists={LIST: status_list(7)})
    assert outcome(only(revoked, FIRST), "status") == ("failed", "status_revoked")
    assert revoked.verdict is Verdict.INVALID
    own = shown({**loose, "verifiableCredential": [{**unsigned, "issuer": issuer}]}, **unbound)
    assert outcome(only(own, FIRST), "proof") == ("failed", "proof_missing")
    for changes in ({"challenge": "abc"}, {"domain": "verifier.test"}):
        assert outcome(shown(loose, **{**unbound, **changes}), "proof") == ("failed", "proof_missing")
    for nothing in ({**loose, "verifiableCredential": []}, {**loose, "proof": []}, {**loose, "proof": None}):
        assert outcome(shown(nothing, **unbound), "proof") == ("failed", "proof_missing")
    forged = shown({**present(signed), "name": "Forged"}, **unbound)
    assert (outcome(forged, "proof")[0], forged.verdict) == ("failed", Verdict.INVALID)


def test_the_holder_need_not_be_the_subject_unless_the_policy_says_so(
    shown: Verify, present: Callable[..., Json], unsigned: Json, sign: Sign, issuer: str
) -> None:
    theirs = sign(unsigned)
    own = sign({**unsigned, "credentialSubject": {**unsigned["credentialSubject"], "id": issuer}})
    must = Policy(require_holder_binding=True)
    assert outcome(shown(present(own), policy=must), "holder_binding") == ("passed", "holder_is_subject")
    assert outcome(shown(present(own, theirs)), "holder_binding") == ("skipped", "holder_not_subject")
    assert outcome(shown(present(own, theirs), policy=must), "holder_binding") == ("failed", "holder_not_subject")
    assert outcome(shown(present(own, holder=None), policy=must), "holder_binding") == ("failed", "holder_unnamed")


def test_what_the_holder_says_themselves_needs_no_proof_of_its_own(
    shown: Verify, present: Callable[..., Json], unsigned: Json, issuer: str
) -> None:
    own = {**unsigned, "issuer": issuer}
    of_others = {**unsigned, "issuer": "did:example:other"}
    report = shown(present(own))
    assert outcome(only(report, FIRST), "proof") == ("passed", "asserted_by_holder")
    assert report.verdict is Verdict.VALID
    for document in (present(own, holder=None), present(of_others)):
        assert outcome(only(shown(document), FIRST), "proof") == ("failed", "proof_missing")
    undecided = shown({**present(own), "proof": {**present(own)["proof"], "cryptosuite": "bbs-2023"}})
    assert outcome(only(undecided, FIRST), "proof") == ("failed", "proof_missing")
    forged = shown({**present(own), "type": ["VerifiablePresentation", "Forged"]})
    assert (forged.verdict, forged.nested) == (Verdict.INVALID, ())


def test_a_credential_may_be_bound_to_an_occasion_too(check: Verify, unsigned: Json, key: SigningKey) -> None:
    how: Json = {"verification_method": did.did_key_verification_method(key.public), "created": NOW}
    options = proof.ProofOptions(domain="verifier.test", challenge="abc")
    bound = proof.sign(unsigned, key, **how, options=options)
    assert check(bound, domain="verifier.test", challenge="abc").verdict is Verdict.VALID
    assert outcome(check(bound, domain="other.test"), "proof") == ("failed", "invalid_domain")
    assert outcome(check(bound, challenge="xyz"), "proof") == ("failed", "invalid_challenge")
    assert outcome(check(proof.sign(unsigned, key, **how), challenge="abc"), "proof")[1] == "invalid_challenge"


def test_inline_contexts_are_read_where_the_policy_says_so(
    shown: Verify, check: Verify, unsigned: Json, issuer: str, key: SigningKey
) -> None:
    how: Json = {"verification_method": did.did_key_verification_method(key.public), "created": NOW}
    extra = {"Extra": "https://example.org/#Extra"}
    document = {
        "@context": [CREDENTIALS_V2, extra],
        "type": ["VerifiablePresentation", "Extra"],
        "holder": issuer,
        "verifiableCredential": [],
    }
    signed = proof.sign(document, key, **how, purpose="authentication", inline_contexts=True)
    inner = {"@context": [*unsigned["@context"], extra], "type": [*unsigned["type"], "Extra"]}
    credential = proof.sign({**unsigned, **inner}, key, **how, inline_contexts=True)
    for policy, expected in ((Policy(), ("unknown", "context_inline")), (READ, ("passed", "signature_valid"))):
        assert outcome(shown(signed, challenge=None, domain=None, policy=policy), "proof") == expected
        assert outcome(check(credential, policy=policy), "proof") == expected


def test_a_presentation_may_hold_an_enveloped_credential(
    shown: Verify, present: Callable[..., Json], unsigned: Json, key: SigningKey
) -> None:
    token = issue_credential(unsigned, key, kid=did.did_key_verification_method(key.public))
    report = shown(present(enveloped(token)))
    assert report.verdict is Verdict.VALID
    assert only(report, FIRST).verdict is Verdict.VALID


def test_a_presentation_may_itself_be_a_jwt(
    shown: Verify, signed: Json, issuer: str, key: SigningKey, present: Callable[..., Json]
) -> None:
    document = {name: value for name, value in present(signed).items() if name != "proof"}
    token = issue_presentation(
        document, key, kid=did.did_key_verification_method(key.public), audience="verifier.test", nonce="abc"
    )
    report = shown(parse(token))
    assert report.verdict is Verdict.VALID
    assert only(report, FIRST).verdict is Verdict.VALID
    assert shown(parse(token), challenge="xyz").verdict is Verdict.INVALID


@pytest.mark.parametrize("body", [b"{", {"type": "VerifiablePresentation"}, {"a": 2**60}, {}])
def test_what_is_no_presentation_has_a_report_too(shown: Verify, body: Any) -> None:
    assert shown(body).verdict is Verdict.INVALID


@pytest.mark.parametrize(
    ("recipient", "expected"),
    [
        (Recipient(identifier="ada@learner.test"), ("passed", "recipient_matches")),
        (Recipient(identifier="eve@learner.test"), ("failed", "recipient_mismatch")),
        (Recipient(identifier="ada@learner.test", identity_type="name"), ("failed", "recipient_mismatch")),
        (Recipient(id="did:example:ada"), ("failed", "recipient_mismatch")),
        (Recipient(id="did:example:ada", identifier="ada@learner.test"), ("passed", "recipient_matches")),
        (Recipient(), ("failed", "recipient_mismatch")),
    ],
)
def test_the_recipient_is_recognised(
    check: Verify, signed: Json, recipient: Recipient, expected: tuple[str, str]
) -> None:
    assert outcome(check(signed, recipient=recipient), "recipient") == expected
