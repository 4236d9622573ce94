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
from credential_core.verify import Failure, Needs, needs, parse, trust_only

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


@pytest.fixture
def judge(check: Callable[..., Report]) -> Callable[..., tuple[str, str, str]]:
    """Verify a compact JWS or document: the verdict, and the outcome and code of the proof check."""

    def run(token: Any, *keys: jose.Signer, **changes: Any) -> tuple[str, str, str]:
        given = {"controllers": {WEB: controller(WEB, *keys)}, "trusted_issuers": trust_only(TRUSTED)}
        report = check(parse(token), **{**given, **changes})
        found = report.check("proof")
        assert found is not None
        return str(report.verdict), str(found.outcome), found.code

    return run


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


class TestWhoseKeyItIs:
    """Open Badges: a key from a header or a URL is nobody's until the issuer's own document lists it."""

    def test_a_key_in_the_header_that_the_issuer_lists(self, judge: Any, credential: Json) -> None:
        token = jose.issue_open_badge(credential, P256)
        assert judge(token, ED25519, P256) == VALID

    def test_a_key_in_the_header_that_the_issuer_does_not_list(self, judge: Any, credential: Json) -> None:
        token = jose.issue_open_badge(credential, P256)
        assert judge(token, ED25519) == failed("method_not_authorized")

    @pytest.mark.parametrize(
        "found",
        [
            Failure("timeout", "no answer"),
            Failure("status", "404", transient=False),
            {"id": WEB, "type": "Profile"},
            {},
        ],
    )
    def test_a_key_in_the_header_and_no_document_to_ask(self, judge: Any, credential: Json, found: Any) -> None:
        token = jose.issue_open_badge(credential, P256)
        assert judge(token, controllers={WEB: found}) == BINDING

    def test_a_key_in_the_header_of_an_issuer_that_is_the_key(self, judge: Any, credential: Json) -> None:
        mine = {
            **credential,
            "issuer": {**credential["issuer"], "id": did.did_key(P256.public)},
            "credentialStatus": None,
        }
        token = jose.issue_open_badge({k: v for k, v in mine.items() if v is not None}, P256)
        assert judge(token, P256, controllers={}) == VALID
        forged = jose.issue_open_badge({k: v for k, v in mine.items() if v is not None}, ED25519)
        assert judge(forged, P256, controllers={}) == failed("method_not_authorized")

    def test_a_key_under_a_url(self, judge: Any, credential: Json) -> None:
        url = "https://keys.test/1.json"
        token = jose.issue_open_badge(credential, P256, kid=url)
        jwk = to_jwk(P256.public)
        assert judge(token, controllers={url: jwk, WEB: controller(WEB, P256)}) == VALID
        assert judge(token, controllers={url: jwk, WEB: controller(WEB, ED25519)}) == failed("method_not_authorized")
        assert judge(token, controllers={url: jwk}) == BINDING
        assert judge(token, controllers={WEB: controller(WEB, P256)})[2] == "controller_unavailable"
        assert judge(token, controllers={url: {"keys": [jwk]}})[2] == "method_type_unsupported"

    def test_a_key_under_the_url_that_is_the_issuer(self, judge: Any, credential: Json) -> None:
        token = jose.issue_open_badge({**credential, "issuer": {**credential["issuer"], "id": HTTPS}}, P256, kid=HTTPS)
        assert judge(token, controllers={HTTPS: to_jwk(P256.public)}, status_lists={})[1:] == VALID[1:]

    def test_a_method_of_another_controller(self, judge: Any, credential: Json) -> None:
        other = "did:web:mallory.test"
        for issue in (jose.issue_open_badge, jose.issue_credential):
            token = issue(credential, P256, kid=f"{other}#key-1")
            assert judge(token, controllers={other: controller(other, P256)}) == failed("issuer_mismatch")

    def test_a_key_that_has_ended(self, judge: Any, credential: Json) -> None:
        for member, code in (("revoked", "method_revoked"), ("expires", "method_expired")):
            document = controller(WEB, P256, **{member: "2026-02-01T00:00:00Z"})
            for token in (
                jose.issue_open_badge(credential, P256),
                jose.issue_open_badge(credential, P256, kid=f"{WEB}#key-1"),
                jose.issue_credential(credential, P256, kid=f"{WEB}#key-1"),
            ):
                assert judge(token, controllers={WEB: document}) == failed(code)

    def test_a_kid_and_another_key_beside_it(self, judge: Any, credential: Json) -> None:
        claims = jose.read(jose.issue_open_badge(credential, P256)).envelope.jws.claims
        header = {"typ": "JWT", "kid": f"{WEB}#key-1"}
        assert judge(jose.sign({**header, "jwk": to_jwk(P256.public)}, claims, P256), P256) == VALID
        mixed = jose.sign({**header, "jwk": to_jwk(ED25519.public)}, claims, P256)
        assert judge(mixed, P256)[2] == "jwt_key_mismatch"

    def test_a_document_in_a_jws_is_no_controller_document(self, judge: Any, credential: Json) -> None:
        document = parse(jose.sign({"typ": "JWT"}, controller(WEB, P256), ED25519))
        token = jose.issue_open_badge(credential, P256, kid=f"{WEB}#key-1")
        assert judge(token, controllers={WEB: document}) == failed("controller_malformed")

    def test_w3c_finds_a_key_of_the_issuer_or_one_by_a_short_name(self, judge: Any, credential: Json) -> None:
        header = {"typ": "vc+jwt", "cty": "vc", "iss": WEB}
        for named in (header, {**header, "kid": WEB}):
            token = jose.sign(named, credential, P256)
            assert judge(token, P256) == VALID
            assert judge(token, ED25519, P256) == VALID
            assert judge(token, OTHER_P256, P256) == VALID
            assert judge(token, OTHER_P256) == failed("signature_invalid")
            assert judge(token, ED25519) == failed("jwt_key_unnamed")
            assert judge(token) == failed("jwt_key_unnamed")
        assert judge(jose.sign({**header, "kid": "#key-2"}, credential, P256), ED25519, P256) == VALID
        assert judge(jose.sign({**header, "kid": "key-2"}, credential, P256), ED25519, P256) == VALID
        assert judge(jose.sign({**header, "kid": "key-3"}, credential, P256), P256) == failed("method_not_authorized")

    def test_a_short_name_may_be_that_of_the_jwk(self, judge: Any, credential: Json) -> None:
        def document(*names: str) -> Json:
            methods = [
                {
                    "id": f"{WEB}#{number}",
                    "type": "JsonWebKey",
                    "controller": WEB,
                    "publicKeyJwk": {**to_jwk(key.public), "kid": name},
                }
                for number, (name, key) in enumerate(zip(names, (ED25519, P256), strict=True))
            ]
            return {"id": WEB, "verificationMethod": methods, "assertionMethod": [each["id"] for each in methods]}

        token = jose.sign({"typ": "vc+jwt", "kid": "winter"}, credential, P256)
        assert judge(token, controllers={WEB: document("summer", "winter")}) == VALID
        assert judge(token, controllers={WEB: document("winter", "winter")}) == failed("method_not_authorized")
        assert judge(token, controllers={WEB: document("winter", "summer")}) == failed("jws_algorithm_mismatch")


OPEN_BADGES_RULES: dict[str, tuple[Json, Json, str]] = {
    "another iss": ({}, {"iss": "did:web:other.test"}, "jwt_claim_mismatch"),
    "another jti": ({}, {"jti": "urn:1"}, "jwt_claim_mismatch"),
    "another sub": ({}, {"sub": "did:example:eve"}, "jwt_claim_mismatch"),
    "another nbf": ({}, {"nbf": 1767225601}, "jwt_claim_mismatch"),
    "another exp": ({}, {"exp": 1893456001}, "jwt_claim_mismatch"),
    "no iss": ({}, {"iss": None}, "jwt_claim_missing"),
    "no jti": ({}, {"jti": None}, "jwt_claim_missing"),
    "no sub": ({}, {"sub": None}, "jwt_claim_missing"),
    "no nbf": ({}, {"nbf": None}, "jwt_claim_missing"),
    "no exp": ({}, {"exp": None}, "jwt_claim_missing"),
    "nbf as text": ({}, {"nbf": "1767225600"}, "jwt_claim_malformed"),
    "iat ahead": ({}, {"iat": 1893456000}, "jwt_issued_in_future"),
    "an audience": ({}, {"aud": "https://verifier.test"}, "jwt_claim_unexpected"),
    "a vp beside": ({}, {"vp": {}}, "jwt_claim_unexpected"),
    "a content type": ({"cty": "vc"}, {}, "jwt_header_unexpected"),
    "a chain": ({"x5c": ["MII"]}, {}, "jwt_header_unexpected"),
    "no key": ({"kid": None}, {}, "jwt_key_unnamed"),
}


@pytest.mark.parametrize("name", OPEN_BADGES_RULES)
def test_open_badges_rules(judge: Any, credential: Json, name: str) -> None:
    header, claims, code = OPEN_BADGES_RULES[name]
    made = jose.read(jose.issue_open_badge(credential, P256, kid=f"{WEB}#key-1")).envelope.jws
    plain = {k: v for k, v in made.header.items() if k != "alg"}
    assert judge(jose.sign(changed(plain, header), changed(made.claims, claims), P256), P256) == failed(code)


def changed(members: Any, changes: Json) -> Json:
    return {name: value for name, value in {**members, **changes}.items() if value is not None}


W3C_RULES: dict[str, tuple[Json, Json, tuple[str, str, str]]] = {
    "another iss": ({}, {"iss": "did:web:other.test"}, failed("jwt_claim_mismatch")),
    "another iss above": ({"iss": "did:web:other.test"}, {}, failed("jwt_claim_mismatch")),
    "another jti": ({}, {"jti": "urn:1"}, failed("jwt_claim_mismatch")),
    "another sub": ({}, {"sub": "did:example:eve"}, failed("jwt_claim_mismatch")),
    "a vc inside": ({}, {"vc": {}}, failed("jwt_claim_unexpected")),
    "a vp inside": ({}, {"vp": {}}, failed("jwt_claim_unexpected")),
    "past": ({}, {"exp": 1772000000}, failed("jwt_expired")),
    "future": ({}, {"nbf": 1773000000}, failed("jwt_not_yet_valid")),
    "iat ahead": ({}, {"iat": 1773000000}, failed("jwt_issued_in_future")),
    "an audience": ({}, {"aud": ["https://verifier.test"]}, failed("invalid_domain")),
    "another content": ({"cty": "vp"}, {}, failed("jwt_header_unexpected")),
    "a key in the header": ({"jwk": {}}, {}, ("indeterminate", "unknown", "jwt_header_unsupported")),
    "a chain": ({"x5c": ["MII"]}, {}, ("indeterminate", "unknown", "jwt_header_unsupported")),
    "as open badge": ({"typ": "JWT", "cty": None}, {}, failed("jwt_claim_missing")),
    "as presentation": ({"typ": "vp+jwt", "cty": "vp"}, {}, failed("proof_purpose_mismatch")),
    "all said twice": ({}, {"iss": WEB, "sub": "did:example:ada", "jti": "https://issuer.test/credentials/1"}, VALID),
}


@pytest.mark.parametrize("name", W3C_RULES)
def test_w3c_rules(judge: Any, credential: Json, name: str) -> None:
    header, claims, expected = W3C_RULES[name]
    plain = {"typ": "vc+jwt", "cty": "vc", "kid": f"{WEB}#key-1"}
    assert judge(jose.sign(changed(plain, header), changed(credential, claims), P256), P256) == expected


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
