"""What holds for proofs of every suite: occasions, sets and chains, and how the proof check sums them up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from credential_core import did, proof, shape_memory
from credential_core.contexts import OPEN_BADGES_V3
from credential_core.errors import CredentialError, DocumentError, ProofError
from credential_core.keys import PublicKey, SigningKey
from credential_core.rdfc import Canonical, Quad, canonicalize
from credential_core.report import Check, Outcome, Report, Verdict
from credential_core.verify import trust_only
from credential_core.verify.proofs import Occasion, check_proofs

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ISSUER = "did:web:issuer.test"
KEYS = {
    "Ed25519": SigningKey.from_seed(bytes(range(32))),
    "P-256": SigningKey.from_seed(bytes(range(1, 33)), "P-256"),
    "P-384": SigningKey.from_seed(bytes(range(1, 49)), "P-384"),
}
METHODS = {algorithm: f"{ISSUER}#{algorithm}" for algorithm in KEYS}
CONTROLLERS = {
    ISSUER: did.did_document(
        ISSUER,
        [did.VerificationMethod(METHODS[algorithm], ISSUER, key.public) for algorithm, key in KEYS.items()],
        [METHODS["Ed25519"], METHODS["P-256"]],  # the P-384 key may only authenticate
    )
}
CREDENTIAL: dict[str, Any] = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiableCredential"],
    "issuer": ISSUER,
    "validFrom": "2026-01-01T00:00:00Z",
    "name": "A credential",
    "credentialSubject": {"id": "urn:uuid:1"},
}
PLAIN = [
    ("eddsa-rdfc-2022", "Ed25519"),
    ("eddsa-jcs-2022", "Ed25519"),
    ("ecdsa-rdfc-2019", "P-256"),
    ("ecdsa-rdfc-2019", "P-384"),
    ("ecdsa-jcs-2019", "P-256"),
    ("ecdsa-jcs-2019", "P-384"),
]


def sign(
    document: dict[str, Any], cryptosuite: str = "eddsa-rdfc-2022", algorithm: str = "Ed25519", **more: Any
) -> dict[str, Any]:
    given = {"created": NOW, "verification_method": METHODS[algorithm], "cryptosuite": cryptosuite, **more}
    return proof.sign(document, KEYS[algorithm], **given)


def with_options(document: dict[str, Any], **options: Any) -> dict[str, Any]:
    return sign(document, options=proof.ProofOptions(**options))


def verify(document: dict[str, Any], algorithm: str = "Ed25519", place: int = 0, **more: Any) -> None:
    proof.verify_proof(document, proof.proofs(document)[place], KEYS[algorithm].public, **more)


def checked(document: dict[str, Any], occasion: Occasion | None = None, now: datetime = NOW) -> Check:
    return check_proofs(document, CONTROLLERS, now, occasion or Occasion())


def outcome(document: dict[str, Any], occasion: Occasion | None = None) -> tuple[str, str]:
    check = checked(document, occasion)
    return str(check.outcome), check.code


PASSED = ("passed", "signature_valid")


@pytest.mark.parametrize(("cryptosuite", "algorithm"), PLAIN)
def test_each_suite_signs_and_holds(cryptosuite: str, algorithm: str) -> None:
    signed = sign(CREDENTIAL, cryptosuite, algorithm)
    assert sign(CREDENTIAL, cryptosuite, algorithm) == signed
    verify(signed, algorithm)
    for changed in (
        {**signed, "name": "B"},
        {**signed, "proof": {**signed["proof"], "created": "2026-01-01T00:00:00Z"}},
    ):
        with pytest.raises(ProofError, match="signature_invalid"):
            verify(changed, algorithm)


@pytest.mark.parametrize(("cryptosuite", "algorithm"), PLAIN)
@pytest.mark.parametrize("other", KEYS)
def test_each_suite_takes_its_kinds_of_key_only(cryptosuite: str, algorithm: str, other: str) -> None:
    if other == algorithm:
        return
    signed = sign(CREDENTIAL, cryptosuite, algorithm)
    family = cryptosuite.startswith("ecdsa") and other != "Ed25519"
    with pytest.raises(ProofError, match="proof_value_malformed" if family else "key_mismatch"):
        verify(signed, other)
    if not family:
        with pytest.raises(ProofError, match="key_mismatch"):
            sign(CREDENTIAL, cryptosuite, other)


@pytest.mark.parametrize("cryptosuite", ["eddsa-2022", "ecdsa-sd-2023", "bbs-2023", "Ed25519Signature2020", ""])
def test_legacy_and_unknown_suites_are_not_made(cryptosuite: str) -> None:
    with pytest.raises(ProofError, match="cryptosuite_unsupported"):
        sign(CREDENTIAL, cryptosuite)


def test_jcs_proofs_see_the_contexts_they_name_and_allow_more_behind() -> None:
    signed = sign(CREDENTIAL, "eddsa-jcs-2022")
    assert signed["proof"]["@context"] == CREDENTIAL["@context"]
    first, more = CREDENTIAL["@context"][0], "https://www.w3.org/ns/credentials/examples/v2"
    verify({**signed, "@context": [first, more]})
    for contexts in ([more, first], [more], []):
        with pytest.raises(ProofError, match="proof_context_mismatch"):
            verify({**signed, "@context": contexts})


def test_jcs_covers_what_rdf_does_not() -> None:
    signed = sign({**CREDENTIAL, "type": ["VerifiableCredential", "ExampleCredential"]}, "eddsa-jcs-2022")
    for changed in ({**signed, "type": signed["type"][::-1]}, {**signed, "name": None}):
        with pytest.raises(ProofError, match="signature_invalid"):
            verify(changed)


@pytest.mark.parametrize("made", ["u.test", ["u.test"]])
@pytest.mark.parametrize("expected", ["u.test", ["u.test"], {"u.test"}])
def test_a_proof_for_a_domain_holds_there(made: Any, expected: Any) -> None:
    verify(with_options(CREDENTIAL, domain=made, challenge="abc"), domain=expected, challenge="abc")


@pytest.mark.parametrize("made", [None, "other.test", ["u.test", "other.test"], []])
def test_a_proof_for_another_domain_does_not_hold(made: Any) -> None:
    with pytest.raises(ProofError, match="invalid_domain") as refused:
        verify(with_options(CREDENTIAL, domain=made), domain="u.test")
    assert proof.problem_type(refused.value).endswith("#INVALID_DOMAIN_ERROR")


@pytest.mark.parametrize("made", [None, "abd", ""])
def test_a_proof_for_another_challenge_does_not_hold(made: str | None) -> None:
    with pytest.raises(ProofError, match="invalid_challenge") as refused:
        verify(with_options(CREDENTIAL, challenge=made), challenge="abc")
    assert proof.problem_type(refused.value).endswith("#INVALID_CHALLENGE_ERROR")


def test_problems_have_their_published_names() -> None:
    assert proof.problem_type(ProofError("signature_invalid", "")).endswith("security#PROOF_VERIFICATION_ERROR")
    assert proof.problem_type(ProofError("key_mismatch", ""), generating=True).endswith("#PROOF_GENERATION_ERROR")
    assert proof.problem_type(DocumentError("term_undefined", "")).endswith("#PROOF_TRANSFORMATION_ERROR")


def test_a_proof_expires() -> None:
    signed = with_options(CREDENTIAL, expires=NOW + timedelta(days=1))
    assert outcome(signed) == PASSED
    late = checked(signed, now=NOW + timedelta(days=1))
    assert (late.outcome, late.code) == (Outcome.FAILED, "proof_expired")


def test_a_presentation_is_proved_for_authentication_by_its_holder() -> None:
    """Any document: its holder's key stands under `authentication`, and answers domain and challenge."""
    options = proof.ProofOptions(domain="u.test", challenge="abc")
    document = {name: value for name, value in CREDENTIAL.items() if name != "issuer"}
    signed = sign(document, "ecdsa-rdfc-2019", "P-384", purpose="authentication", options=options)
    occasion = Occasion(purpose="authentication", signer=ISSUER, domain="u.test", challenge="abc")
    assert outcome(signed, occasion) == PASSED
    assert outcome(signed) == ("failed", "issuer_mismatch")
    assert outcome(signed, Occasion("authentication", "did:web:other.test")) == ("failed", "issuer_mismatch")
    assert outcome(signed, Occasion("authentication", ISSUER, challenge="x")) == ("failed", "invalid_challenge")
    assert outcome(signed, Occasion("assertionMethod", ISSUER)) == ("failed", "method_not_authorized")


OTHER_KEY = SigningKey.from_seed(bytes(range(2, 34)))
OTHER = did.did_key(OTHER_KEY.public)


def signed_beside(document: dict[str, Any], controller: str = OTHER, **more: Any) -> dict[str, Any]:
    """Somebody else's proof, added."""
    name = f"{controller}#{OTHER_KEY.public.multibase}"
    return proof.sign(document, OTHER_KEY, verification_method=name, created=NOW, **more)


def test_others_may_sign_beside_the_issuer() -> None:
    signed = signed_beside(sign(CREDENTIAL))
    alone = {**signed, "proof": signed["proof"][1]}
    forged = [{**alone["proof"], "created": "2026-02-01T00:00:00Z"}, {**alone["proof"], "proofValue": "z1"}]
    for order in permutations(signed["proof"]):
        both = {**signed, "proof": list(order)}
        assert outcome(both) == PASSED
        assert checked(both).source == METHODS["Ed25519"]
        assert outcome({**both, "name": "Another"}) == ("failed", "signature_invalid")
        for wrong in forged:
            assert outcome({**both, "proof": [*order, wrong]})[0] == "failed"
    assert outcome(alone) == ("failed", "issuer_mismatch")
    late = sign(signed_beside(CREDENTIAL), options=proof.ProofOptions(expires=NOW))
    assert outcome(late) == ("failed", "proof_expired")


def test_whose_key_cannot_be_had_says_nothing_of_the_issuers() -> None:
    for controller in ("did:web:other.test", "did:other:1", "did:key:zNone"):
        signed = sign(signed_beside(CREDENTIAL, controller))
        assert outcome(signed) == PASSED
        unjudged = {**signed, "proof": [{**signed["proof"][0], "cryptosuite": "bbs-2023"}, signed["proof"][1]]}
        assert outcome(unjudged) == PASSED


def test_the_issuers_may_build_on_anothers() -> None:
    first = signed_beside(CREDENTIAL, options=proof.ProofOptions(id="urn:uuid:1"))
    chained = sign(first, options=proof.ProofOptions(previous_proof="urn:uuid:1"))
    assert outcome(chained) == PASSED
    unjudged = signed_beside(CREDENTIAL, "did:web:other.test", options=proof.ProofOptions(id="urn:uuid:1"))
    built = sign(unjudged, options=proof.ProofOptions(previous_proof="urn:uuid:1"))
    assert outcome(built) == ("unknown", "previous_proof_undecided")


def test_a_key_not_listed_to_assert_does_not_assert() -> None:
    assert outcome(sign(CREDENTIAL, "ecdsa-rdfc-2019", "P-384")) == ("failed", "method_not_authorized")


UNKNOWN_PROOF = {"type": "DataIntegrityProof", "cryptosuite": "bbs-2023", "verificationMethod": METHODS["Ed25519"]}


def mixed_proofs() -> dict[str, dict[str, Any]]:
    good = sign(CREDENTIAL)["proof"]
    return {"good": good, "bad": {**good, "nonce": "added"}, "unknown": UNKNOWN_PROOF}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("good", "good"), PASSED),
        (("good", "unknown"), PASSED),
        (("unknown", "unknown"), ("unknown", "cryptosuite_unsupported")),
        (("good", "bad"), ("failed", "signature_invalid")),
        (("bad", "unknown"), ("failed", "signature_invalid")),
        (("good", "bad", "unknown"), ("failed", "signature_invalid")),
    ],
)
def test_nothing_hides_a_failing_proof_in_any_order(names: tuple[str, ...], expected: tuple[str, str]) -> None:
    proofs = mixed_proofs()
    for order in permutations(names):
        assert outcome({**CREDENTIAL, "proof": [proofs[name] for name in order]}) == expected


@pytest.mark.parametrize(
    "member", ["type", "cryptosuite", "verificationMethod", "proofPurpose", "proofValue", "created"]
)
def test_a_proof_without_what_it_must_have_fails(member: str) -> None:
    signed = sign(CREDENTIAL)
    less = {name: value for name, value in signed["proof"].items() if name != member}
    assert outcome({**signed, "proof": less})[0] == "failed"
    assert outcome({**signed, "proof": [signed["proof"], less]})[0] == "failed"


def alike(children: int) -> dict[str, Any]:
    """Nodes that are alike make canonicalization search."""
    poison = {"type": "AchievementSubject", "result": [{"type": "Result", "alignment": [{}] * children}] * children}
    return {
        **CREDENTIAL,
        "@context": [*CREDENTIAL["@context"], OPEN_BADGES_V3],
        "credentialSubject": poison,
        "proof": [{**sign(CREDENTIAL)["proof"], "nonce": f"{number}"} for number in range(8)],
    }


@pytest.mark.parametrize(("children", "code"), [(5, "signature_invalid"), (7, "canonicalization_too_costly")])
def test_a_document_is_canonicalized_once_for_all_its_proofs(
    monkeypatch: pytest.MonkeyPatch, children: int, code: str
) -> None:
    """Nobody can multiply what one document may cost by the number of its proofs."""
    sizes: list[int] = []

    def counted(quads: list[Quad], **more: Any) -> Canonical:
        sizes.append(len(quads))
        return canonicalize(quads, **more)

    monkeypatch.setattr(shape_memory, "canonicalize", counted)
    document = alike(children)
    sizes.clear()
    assert outcome(document) == ("failed", code)
    assert len([size for size in sizes if size > 2 * children]) == 1  # the others are options of proofs
    assert checked(document) == checked({**document, "proof": document["proof"][::-1]})


def chain() -> dict[str, Any]:
    first = with_options(CREDENTIAL, id="urn:uuid:a")
    second = sign(first, "ecdsa-rdfc-2019", "P-256", options=proof.ProofOptions(id="urn:uuid:b"))
    third = sign(
        second,
        "eddsa-jcs-2022",
        options=proof.ProofOptions(id="urn:uuid:c", previous_proof=["urn:uuid:a", "urn:uuid:b"]),
    )
    return with_options(third, previous_proof="urn:uuid:c")


def test_a_chain_of_different_suites_holds_in_any_order_of_its_proofs() -> None:
    signed = chain()
    for order in permutations(signed["proof"]):
        assert outcome({**signed, "proof": list(order)}) == PASSED


def test_a_chain_breaks_with_any_of_its_links() -> None:
    links = chain()["proof"]
    for place in range(3):
        broken = {**CREDENTIAL, "proof": links[:place] + links[place + 1 :]}
        assert outcome(broken) == ("failed", "proof_chain_broken")
        changed = [{**link, "nonce": "x"} if at == place else link for at, link in enumerate(links)]
        assert outcome({**CREDENTIAL, "proof": changed}) == ("failed", "signature_invalid")
    named_twice = {**links[3], "previousProof": [links[2]["id"]] * 2}
    assert outcome({**CREDENTIAL, "proof": [*links[:3], named_twice]}) == ("failed", "proof_chain_broken")
    doubled = {**CREDENTIAL, "proof": [*links, links[0]]}
    assert outcome(doubled) == ("failed", "proof_chain_broken")


def test_a_chain_cannot_be_closed_to_a_ring() -> None:
    first, *rest = chain()["proof"]
    ring = {**first, "previousProof": "urn:uuid:c"}
    assert outcome({**CREDENTIAL, "proof": [ring, *rest]}) == ("failed", "signature_invalid")
    own = {**first, "previousProof": first["id"]}
    assert outcome({**CREDENTIAL, "proof": own}) == ("failed", "signature_invalid")


def test_what_builds_on_an_undecided_proof_is_undecided() -> None:
    unknown = {**UNKNOWN_PROOF, "proofPurpose": "assertionMethod", "id": "urn:uuid:u"}
    first = with_options({**CREDENTIAL, "proof": unknown}, id="urn:uuid:f", previous_proof="urn:uuid:u")
    last = with_options(first, previous_proof="urn:uuid:f")
    assert outcome(last)[0] == "unknown"
    assert outcome({**last, "proof": last["proof"][::-1]}) == outcome(last)


def test_a_proof_is_not_chained_to_one_that_is_not_there() -> None:
    with pytest.raises(ProofError, match="proof_chain_broken"):
        with_options(CREDENTIAL, previous_proof="urn:uuid:none")


def test_an_old_name_of_a_suite_passes_with_a_warning(load: Callable[[str], Any], check: Callable[..., Report]) -> None:
    document = load("1edtech-public-validator/ob30/simple-eddsa-2022.json")
    method = document["proof"][0]["verificationMethod"]
    controller, _, multibase = method.partition("#")
    public = PublicKey.from_multibase(multibase)
    controllers = {controller: did.did_document(controller, [did.VerificationMethod(method, controller, public)])}
    report = check(document, controllers=controllers)
    found = report.check("proof")
    assert found is not None
    assert (found.outcome, found.code) == (Outcome.PASSED, "signature_valid_legacy_suite")
    assert report.verdict is not Verdict.INVALID


@pytest.mark.parametrize(("cryptosuite", "algorithm"), [*PLAIN, ("ecdsa-sd-2023", "P-256")])
@pytest.mark.parametrize("kind", ["did:key", "did:jwk"])
def test_an_open_badge_by_each_suite_is_valid_as_a_whole(
    unsigned: dict[str, Any], check: Callable[..., Report], cryptosuite: str, algorithm: str, kind: str
) -> None:
    key = KEYS[algorithm]
    public = key.public
    issuer, method = (
        (did.did_key(public), did.did_key_verification_method(public))
        if kind == "did:key"
        else (did.did_jwk(public), did.did_jwk_verification_method(public))
    )
    document = {**unsigned, "issuer": {**unsigned["issuer"], "id": issuer}}
    del document["credentialStatus"]  # the list would be another issuer's
    given: dict[str, Any] = {"verification_method": method, "created": datetime(2026, 1, 2, tzinfo=UTC)}
    if cryptosuite == "ecdsa-sd-2023":
        given |= {"hmac_key": bytes(32), "ephemeral": KEYS["P-256"]}
        signed = proof.derive(proof.sign_selective(document, key, mandatory=[""], **given), [])
    else:
        signed = proof.sign(document, key, cryptosuite=cryptosuite, **given)
    assert check(signed, trusted_issuers=trust_only([issuer])).verdict is Verdict.VALID
    signed["credentialSubject"]["achievement"]["name"] = "Surgery"
    report = check(signed, trusted_issuers=trust_only([issuer]))
    assert report.verdict is Verdict.INVALID


HOSTILE: list[Any] = [None, True, 5, -1.5, "", "x", "\x07", [], {}, [[]], [{}], [None], {"id": {}}, "z", "u", "zz" * 60]


def test_a_hostile_member_of_a_proof_never_raises_anything_else() -> None:
    for cryptosuite, algorithm in PLAIN[:5]:
        signed = sign(CREDENTIAL, cryptosuite, algorithm)
        for member in [*signed["proof"], "previousProof", "domain", "challenge", "expires", "nonce", "id", "@context"]:
            for value in HOSTILE:
                changed = {**signed, "proof": {**signed["proof"], member: value}}
                assert checked(changed).outcome is not Outcome.PASSED or value in (None, []), (member, value)
                with pytest.raises(CredentialError):
                    verify({**changed, "name": "B"}, algorithm)
