"""Credentials of the W3C data model as SD-JWTs (VC-JOSE-COSE §3.2), by `@sd-jwt/core`: read here, and refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from credential_core import did, jose, sdjwt
from credential_core.errors import CredentialError
from credential_core.jwk import to_jwk
from credential_core.keys import SigningKey
from credential_core.report import Report, Verdict
from credential_core.verify import is_sd_jwt, parse, trust_only, verify, verify_presentation
from tests.conformance.test_jose import secret_jwk

pytestmark = pytest.mark.node

Node = Callable[[str, dict[str, Any]], Any]
Json = dict[str, Any]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
V2 = "https://www.w3.org/ns/credentials/v2"
EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"
ISSUER = SigningKey.from_seed(bytes(range(32)), "P-256")
HOLDER = SigningKey.from_seed(bytes(range(1, 33)), "P-256")
DID = did.did_key(ISSUER.public)
KID = did.did_key_verification_method(ISSUER.public)
OCCASION = {"domain": "https://verifier.test", "challenge": "n-1"}
FRAME = {"credentialSubject": {"_sd": ["degree", "name"]}}
CREDENTIAL: Json = {
    "@context": [V2, EXAMPLES],
    "id": "urn:uuid:7b1a2c34-8f4e-4a51-9a55-0d9f1e6b2c3d",
    "type": ["VerifiableCredential", "ExampleDegreeCredential"],
    "issuer": DID,
    "validFrom": "2026-01-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:ada", "name": "Ada", "degree": {"type": "Degree", "name": "Statistics"}},
    "cnf": {"jwk": to_jwk(HOLDER.public)},
}


def issued(node: Node, *, frame: Json | None = None, typ: str = "vc+sd-jwt", **changes: Any) -> str:
    claims = {name: value for name, value in {**CREDENTIAL, **changes}.items() if value is not None}
    header = {"typ": typ, "kid": KID} | ({"cty": "vc"} if typ == "vc+sd-jwt" else {})
    given = {"claims": claims, "frame": frame or FRAME, "jwk": secret_jwk(ISSUER), "header": header}
    return str(node("sdjwt.mjs", {"issue": given})["issued"])


def judged(body: Any, **more: Any) -> Report:
    parsed = parse(body, selective=True)
    return verify(parsed, controllers={}, status_lists={}, now=NOW, trusted_issuers=trust_only([DID]), **more)


def code(body: Any, **more: Any) -> tuple[Verdict, str]:
    report = judged(body, **more)
    proof = report.check("proof")
    assert proof is not None
    return report.verdict, proof.code


@pytest.mark.parametrize("typ", ["vc+sd-jwt", "sd+jwt"])
def test_what_is_shown_of_a_credential_is_valid(node: Node, typ: str) -> None:
    text = issued(node, typ=typ)
    assert not is_sd_jwt(text)
    assert parse(text, selective=True)["credentialSubject"] == CREDENTIAL["credentialSubject"]
    part = sdjwt.present(text, ["/credentialSubject/degree"])
    assert parse(part, selective=True)["credentialSubject"].keys() == {"id", "degree"}
    nothing = sdjwt.present(text, [])
    enveloped = {"@context": V2, "type": "EnvelopedVerifiableCredential", "id": f"data:application/vc+sd-jwt,{part}"}
    for body in (text, part, nothing, enveloped):
        assert judged(body).verdict is Verdict.VALID


def test_a_presentation_holds_it(node: Node) -> None:
    enveloped = {
        "@context": V2,
        "type": "EnvelopedVerifiableCredential",
        "id": f"data:application/vc+sd-jwt,{issued(node)}",
    }
    shown = {"@context": [V2], "type": ["VerifiablePresentation"], "verifiableCredential": [enveloped]}
    kid = did.did_key_verification_method(HOLDER.public)
    token = jose.issue_presentation({**shown, "holder": did.did_key(HOLDER.public)}, HOLDER, kid=kid)
    trusted = trust_only([DID])
    report = verify_presentation(parse(token), controllers={}, status_lists={}, now=NOW, trusted_issuers=trusted)
    assert [inner.report.verdict for inner in report.nested] == [Verdict.VALID]
    assert report.verdict is Verdict.VALID


def test_a_holder_bound_it_to_an_occasion(node: Node) -> None:
    bound = sdjwt.present(
        issued(node), ["/credentialSubject/name"], sdjwt.Binding(HOLDER, OCCASION["domain"], OCCASION["challenge"], NOW)
    )
    assert code(bound, **OCCASION) == (Verdict.VALID, "signature_valid")
    assert code(bound) == (Verdict.INVALID, "key_binding_unexpected")
    assert code(bound, domain=OCCASION["domain"]) == (Verdict.INVALID, "key_binding_missing")
    assert code(bound, domain="https://other.test", challenge="n-1") == (Verdict.INVALID, "key_binding_mismatch")
    assert code(issued(node), **OCCASION) == (Verdict.INVALID, "key_binding_missing")


def test_what_is_wrong_is_not_valid(node: Node) -> None:
    text = issued(node)
    jws, *disclosures = text.split("~")
    spoiled = "~".join([jws[:-8] + ("A" if jws[-8] != "A" else "B") + jws[-7:], *disclosures])
    assert code(spoiled) == (Verdict.INVALID, "signature_invalid")
    other = issued(node, issuer="did:example:other")
    assert code(other) == (Verdict.INVALID, "issuer_mismatch")
    ended = issued(node, validUntil="2026-02-01T00:00:00Z")
    assert judged(ended).verdict is Verdict.INVALID
    assert code(issued(node, aud="https://other.test")) == (Verdict.INVALID, "invalid_domain")
    assert judged(issued(node, issuer=None)).verdict is Verdict.INVALID


@pytest.mark.parametrize("member", ["type", "credentialStatus"])
def test_what_decides_is_not_the_holders_to_show(node: Node, member: str) -> None:
    status = {"type": "Policy", "id": "urn:x:status"}
    text = issued(node, credentialStatus=status, frame={"_sd": [member]})
    with pytest.raises(CredentialError, match="sd_jwt_claim_not_disclosable"):
        parse(text, selective=True)


def test_what_is_no_such_credential_is_left_to_others(node: Node) -> None:
    vct = issued(node, vct="https://issuer.test/types/degree")
    assert is_sd_jwt(vct)
    with pytest.raises(CredentialError, match="format_unsupported"):
        parse(vct, selective=True)
    with pytest.raises(CredentialError, match="format_unsupported"):
        parse(issued(node))
