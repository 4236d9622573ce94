"""Credentials in a JWS: both profiles issued, read and verified, and each of their rules broken once."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from credential_core import did, jose, proof
from credential_core.errors import CredentialError
from credential_core.jose.jws import encode
from credential_core.jwk import to_jwk
from credential_core.keys import SigningKey
from credential_core.report import Report
from credential_core.verify import Needs, needs, parse, trust_only

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIST = "https://issuer.test/status-lists/1"
WEB = "did:web:issuer.test"
HTTPS = "https://issuer.test/profile"
P256 = SigningKey.from_seed(bytes(range(32)), "P-256")
OTHER_P256 = SigningKey.from_seed(bytes(range(1, 33)), "P-256")
P384 = SigningKey.from_seed(bytes(range(48)), "P-384")
P521 = SigningKey.from_seed(bytes(range(66)), "P-521")
SECP256K1 = SigningKey.from_seed(bytes(range(32)), "secp256k1")
ED25519 = SigningKey.from_seed(bytes(range(32)))

TRUSTED = [WEB, HTTPS, did.did_key(ED25519.public), did.did_key(P256.public)]

Json = dict[str, Any]


@pytest.fixture(scope="session")
def rsa_key() -> jose.RsaSigningKey:
    private = rsa.generate_private_key(65537, 2048)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return jose.RsaSigningKey.from_pem(pem)


@pytest.fixture(params=["EdDSA", "ES256", "ES384", "ES512", "ES256K", "RS256"])
def signer(request: pytest.FixtureRequest) -> jose.Signer:
    keys: dict[str, Any] = {"EdDSA": ED25519, "ES256": P256, "ES384": P384, "ES512": P521, "ES256K": SECP256K1}
    found: jose.Signer = keys.get(request.param) or request.getfixturevalue("rsa_key")
    return found


def controller(issuer: str, *keys: jose.Signer, **method: Any) -> Json:
    """A controller document that lists each key, as JWK, under #key-1, #key-2 ..."""
    methods = [
        {"id": f"{issuer}#key-{n}", "type": "JsonWebKey", "controller": issuer, "publicKeyJwk": to_jwk(key.public)}
        for n, key in enumerate(keys, 1)
    ]
    ids = [each["id"] for each in methods]
    return {
        "id": issuer,
        "verificationMethod": [{**each, **method} for each in methods],
        "assertionMethod": ids,
        "authentication": ids,
    }


@pytest.fixture
def credential(unsigned: Json) -> Json:
    subject = {"id": "did:example:ada", **unsigned["credentialSubject"]}
    return {**unsigned, "issuer": {**unsigned["issuer"], "id": WEB}, "credentialSubject": subject}


def judging(check: Callable[..., Report]) -> Callable[..., tuple[str, str, str]]:
    """Verify a compact JWS or document: the verdict, and the outcome and code of the proof check."""

    def run(token: Any, *keys: jose.Signer, **changes: Any) -> tuple[str, str, str]:
        given = {"controllers": {WEB: controller(WEB, *keys)}, "trusted_issuers": trust_only(TRUSTED)}
        report = check(parse(token), **{**given, **changes})
        found = report.check("proof")
        assert found is not None
        return str(report.verdict), str(found.outcome), found.code

    return run


@pytest.fixture
def judge(check: Callable[..., Report]) -> Callable[..., tuple[str, str, str]]:
    return judging(check)


VALID = ("valid", "passed", "signature_valid")
BINDING = ("indeterminate", "unknown", "issuer_binding_unverified")


def failed(code: str) -> tuple[str, str, str]:
    return ("invalid", "failed", code)


def test_an_open_badge_signed_by_any_kind_of_key(judge: Any, credential: Json, signer: jose.Signer) -> None:
    token = jose.issue_open_badge(credential, signer, kid=f"{WEB}#key-1")
    read = jose.read(token)
    assert dict(read) == credential
    assert read.envelope.jws.header["typ"] == "JWT"
    assert {name: read.envelope.jws.claims[name] for name in ("iss", "sub", "jti", "nbf", "exp")} == {
        "iss": WEB,
        "sub": "did:example:ada",
        "jti": credential["id"],
        "nbf": 1767225600,
        "exp": 1893456000,
    }
    assert judge(token, signer) == VALID


def test_a_w3c_credential_signed_by_any_kind_of_key(judge: Any, credential: Json, signer: jose.Signer) -> None:
    token = jose.issue_credential(credential, signer, kid=f"{WEB}#key-1", issued=NOW, expires=NOW + timedelta(days=1))
    read = jose.read(token)
    assert dict(read) == credential
    assert read.envelope.jws.header["typ"] == "vc+jwt"
    assert read.envelope.jws.header["cty"] == "vc"
    assert judge(token, signer) == VALID


def test_what_must_be_fetched_is_named(credential: Json) -> None:
    def controllers(**header: Any) -> tuple[str, ...]:
        return needs(parse(jose.sign({"typ": "JWT", **header}, {"issuer": WEB}, P256))).controllers

    assert needs(parse(jose.issue_open_badge(credential, P256, kid=f"{WEB}#key-1"))) == Needs(
        (WEB,), (LIST,), methods=(f"{WEB}#key-1",)
    )
    assert controllers(kid="https://keys.test/1.json") == ("https://keys.test/1.json", WEB)
    assert controllers(jwk=to_jwk(P256.public)) == (WEB,)
    assert controllers(kid="#key-1") == (WEB,)
    assert controllers(kid="http://keys.test/1.json") == (WEB,)
    assert controllers(kid=5) == (WEB,)
    assert controllers(kid="did:key:z6Mk#z6Mk") == (WEB,)


def test_the_read_document_survives_a_pickle_and_keeps_its_envelope(judge: Any, credential: Json) -> None:
    read = parse(jose.issue_open_badge(credential, P256, kid=f"{WEB}#key-1"))
    assert judge(pickle.loads(pickle.dumps(read)), P256) == VALID  # noqa: S301  # our own pickle


def test_a_changed_copy_has_no_envelope_and_a_changed_document_does_not_fit_it(judge: Any, credential: Json) -> None:
    read = parse(jose.issue_open_badge(credential, P256, kid=f"{WEB}#key-1"))
    assert judge({**read, "name": "Surgery"}, P256) == failed("proof_missing")
    read["name"] = "Surgery"
    assert judge(read, P256) == failed("signature_invalid")


def changed(members: Any, changes: Json) -> Json:
    return {name: value for name, value in {**members, **changes}.items() if value is not None}


def test_the_dates_of_the_credential_still_count(judge: Any, check: Any, credential: Json) -> None:
    for issue in (jose.issue_open_badge, jose.issue_credential):
        token = issue({**credential, "validUntil": "2026-02-01T00:00:00Z"}, P256, kid=f"{WEB}#key-1")
        report = check(parse(token), controllers={WEB: controller(WEB, P256)}, trusted_issuers=trust_only([WEB]))
        assert (report.verdict, report.check("validity_period").code) == ("invalid", "expired")
        assert report.check("proof").code == "signature_valid"


def test_an_exp_alone_ends_an_open_badge(check: Any, credential: Json) -> None:
    made = jose.read(jose.issue_open_badge(credential, P256, kid=f"{WEB}#key-1")).envelope.jws
    claims = changed(made.claims, {"validUntil": None, "exp": 1769904000})
    token = jose.sign({"typ": "JWT", "kid": f"{WEB}#key-1"}, claims, P256)
    assert parse(token)["validUntil"] == "2026-02-01T00:00:00Z"
    report = check(parse(token), controllers={WEB: controller(WEB, P256)})
    assert report.check("validity_period").code == "expired"


def test_an_embedded_proof_inside_counts_too(judge: Any, credential: Json) -> None:
    inner = proof.sign(credential, ED25519, verification_method=f"{WEB}#key-1", created=NOW)
    token = jose.issue_open_badge(inner, P256, kid=f"{WEB}#key-2")
    assert judge(token, ED25519, P256) == VALID
    spoiled = jose.issue_open_badge({**inner, "name": "Surgery"}, P256, kid=f"{WEB}#key-2")
    assert judge(spoiled, ED25519, P256) == failed("signature_invalid")


@pytest.mark.parametrize(
    ("name", "content"), [("vc-ld+jwt", "vc"), ("vc+ld+json+jwt", "vc+ld+json"), ("vc+ld+json+jwt", None)]
)
def test_a_credential_by_the_name_of_a_draft(judge: Any, credential: Json, name: str, content: str | None) -> None:
    """As libraries of Spruce's and others' still sign them. The rules are the same."""
    plain = changed({"typ": name, "kid": f"{WEB}#key-1"}, {"cty": content})
    token = jose.sign(plain, credential, P256)
    wrapped = {**jose.enveloped(token), "id": f"data:application/{name},{token}"}
    assert judge(token, P256) == judge(wrapped, P256) == VALID
    assert judge(token, OTHER_P256) == failed("signature_invalid")
    for wrong, code in (({"cty": "vp"}, "jwt_header_unexpected"), ({"typ": "vp-ld+jwt"}, "proof_purpose_mismatch")):
        assert judge(jose.sign(changed(plain, wrong), credential, P256), P256) == failed(code)
    with pytest.raises(CredentialError, match="envelope_malformed"):
        parse({**wrapped, "id": f"data:application/vp-ld+jwt,{token}"})


def test_only_drafts_name_their_content_so(judge: Any, credential: Json) -> None:
    header = {"typ": "vc+jwt", "cty": "vc+ld+json", "kid": f"{WEB}#key-1"}
    assert judge(jose.sign(header, credential, P256), P256) == failed("jwt_header_unexpected")


def test_an_enveloped_credential_is_opened(judge: Any, credential: Json) -> None:
    wrapped = jose.enveloped(jose.issue_credential(credential, P256, kid=f"{WEB}#key-1"))
    assert judge(wrapped, P256) == VALID
    for spoiled in ({**wrapped, "name": "x"}, {**wrapped, "id": "data:text/plain,x"}, {**wrapped, "id": 5}):
        with pytest.raises(CredentialError, match="envelope_malformed"):
            parse(spoiled)
    with pytest.raises(CredentialError, match="jws_malformed"):
        parse({**wrapped, "id": "data:application/vc+jwt,x"})


VC_11 = {
    "@context": ["https://www.w3.org/2018/credentials/v1"],
    "type": ["VerifiableCredential"],
    "credentialSubject": {"name": "Ada"},
}


class TestDataModel11:
    """VC 1.1 under `vc`: read and verified, never written."""

    def token(self, vc: Json, **claims: Any) -> str:
        given = {"iss": WEB, "jti": "urn:uuid:1", "sub": "did:example:ada", "nbf": 1767225600}
        return jose.sign({"typ": "JWT", "kid": f"{WEB}#key-1"}, changed(given, {**claims, "vc": vc}), P256)

    def test_claims_stand_in_for_what_is_left_out(self, judge: Any) -> None:
        read = parse(self.token(VC_11, exp=1893456000))
        assert (read["issuer"], read["id"], read["credentialSubject"]["id"]) == (WEB, "urn:uuid:1", "did:example:ada")
        assert (read["issuanceDate"], read["expirationDate"]) == ("2026-01-01T00:00:00Z", "2030-01-01T00:00:00Z")
        assert judge(self.token(VC_11), P256)[1:] == VALID[1:]

    def test_what_contradicts_them_fails(self, judge: Any) -> None:
        for contrary in ({"issuer": "did:web:other.test"}, {"id": "urn:2"}, {"issuanceDate": "2026-01-02T00:00:00Z"}):
            assert judge(self.token({**VC_11, **contrary}), P256) == failed("jwt_claim_mismatch")
        assert judge(self.token(VC_11, exp=1772000000), P256) == failed("jwt_expired")

    def test_the_key_need_not_be_named(self, judge: Any) -> None:
        """VC Data Model 1.1 §6.3.1: `kid` MAY be there. Libraries leave it out, or name their DID only."""
        claims = {"iss": WEB, "jti": "urn:uuid:1", "sub": "did:example:ada", "nbf": 1767225600, "vc": VC_11}
        headers: list[Json] = [{}, {"kid": WEB}, {"kid": "#key-2"}, {"kid": "key-2"}]
        for named in headers:
            token = jose.sign({"typ": "JWT", **named}, claims, P256)
            assert judge(token, OTHER_P256, P256, ED25519)[1:] == VALID[1:]
            assert judge(token, ED25519, OTHER_P256) == failed("signature_invalid")
        eve = jose.sign({"typ": "JWT", "kid": HTTPS}, claims, P256)
        assert judge(eve, P256, controllers={WEB: controller(WEB, ED25519)})[0] != "valid"
        ended = controller(WEB, P256, revoked="2026-02-01T00:00:00Z")
        assert judge(jose.sign({"typ": "JWT"}, claims, P256), controllers={WEB: ended}) == failed("method_revoked")

    def test_a_vc_that_is_no_object(self) -> None:
        with pytest.raises(CredentialError, match="jwt_claim_malformed"):
            parse(jose.sign({"typ": "JWT"}, {"vc": "x"}, P256))


class TestIssuing:
    def test_a_credential_without_what_the_claims_take(self, credential: Json, unsigned: Json) -> None:
        for lacking in (unsigned, changed(credential, {"id": None}), {**credential, "issuer": {}}):
            with pytest.raises(CredentialError, match="jwt_claim_missing"):
                jose.issue_open_badge(lacking, P256)
        with pytest.raises(CredentialError, match="date_malformed"):
            jose.issue_open_badge(changed(credential, {"validFrom": None}), P256)

    def test_a_credential_with_a_member_named_like_a_claim(self, credential: Json) -> None:
        with pytest.raises(CredentialError, match="jwt_claim_unexpected"):
            jose.issue_open_badge({**credential, "exp": 1}, P256)
        with pytest.raises(CredentialError, match="jwt_claim_unexpected"):
            jose.issue_credential({**credential, "vc": {}}, P256, kid="#1")

    def test_values_that_are_no_json(self, credential: Json) -> None:
        with pytest.raises(CredentialError, match="json_malformed"):
            jose.issue_open_badge({**credential, "name": {1, 2}}, P256)
        with pytest.raises(CredentialError, match="json_malformed"):
            jose.sign({"kid": object()}, {}, P256)

    def test_keys_that_are_not_rsa(self) -> None:
        with pytest.raises(CredentialError, match="key_malformed"):
            jose.RsaSigningKey.from_pem(b"-----BEGIN PRIVATE KEY-----")
        assert "private" not in repr(jose.algorithms(P256.public))

    def test_a_document_too_large_for_a_token(self) -> None:
        with pytest.raises(CredentialError, match="document_too_large"):
            jose.sign({}, {"x": "y" * 200_000}, P256)


def test_a_jwk_for_another_algorithm_or_purpose_is_refused(judge: Any, credential: Json) -> None:
    claims = jose.read(jose.issue_open_badge(credential, P256)).envelope.jws.claims
    for member, value in (("alg", "ES384"), ("alg", "HS256"), ("use", "enc"), ("key_ops", ["encrypt"])):
        token = jose.sign({"typ": "JWT", "jwk": {**to_jwk(P256.public), member: value}}, claims, P256)
        assert judge(token, P256) == failed("key_use_mismatch")
    token = jose.sign({"typ": "JWT", "jwk": {**to_jwk(P256.public), "d": encode(P256.seed)}}, claims, P256)
    assert judge(token, P256) == failed("key_secret")


@pytest.mark.parametrize("issue", [jose.issue_open_badge, jose.issue_credential])
def test_a_status_claim_beside_the_credential_is_never_overlooked(judge: Any, credential: Json, issue: Any) -> None:
    made = jose.read(issue(credential, P256, kid=f"{WEB}#key-1")).envelope.jws
    for status in ({"status_list": {"idx": 1, "uri": LIST}}, {}, "revoked"):
        token = jose.sign(made.header, {**made.claims, "status": status}, P256)
        assert judge(token, P256)[0] == "indeterminate"
