"""Presentations in a JWS (`vp+jwt`, or under a claim `vp`): by their holder, for one verifier."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from credential_core import did, jose
from credential_core.errors import ProofError
from credential_core.keys import SigningKey
from credential_core.report import Report
from credential_core.verify import needs, parse, trust_only, verify_presentation
from credential_core.verify.proofs import Occasion, check_proofs

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

P256 = SigningKey.from_seed(bytes(range(32)), "P-256")
ED25519 = SigningKey.from_seed(bytes(range(32)))

Json = dict[str, Any]


class TestPresentations:
    """`vp+jwt`: by the holder, for one verifier."""

    HOLDER = did.did_key(P256.public)
    METHOD = did.did_key_verification_method(P256.public)

    def present(self, **changes: Any) -> Any:
        presentation = {
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": ["VerifiablePresentation"],
            "holder": self.HOLDER,
        }
        given = {"audience": "https://verifier.test", "nonce": "n-1", "issued": NOW}
        return parse(jose.issue_presentation(presentation, P256, kid=self.METHOD, **{**given, **changes}))

    def code(self, presentation: Any, **changes: Any) -> str:
        given = {
            "purpose": "authentication",
            "signer": self.HOLDER,
            "domain": "https://verifier.test",
            "challenge": "n-1",
        }
        return check_proofs(presentation, {}, NOW, Occasion(**{**given, **changes})).code

    def test_for_the_right_verifier(self) -> None:
        assert self.code(self.present()) == "signature_valid"
        assert needs(self.present()).controllers == ()

    def test_for_another_occasion(self) -> None:
        assert self.code(self.present(audience="https://other.test")) == "invalid_domain"
        assert self.code(self.present(audience=None)) == "invalid_domain"
        assert self.code(self.present(), domain=None) == "invalid_domain"
        assert self.code(self.present(nonce="n-2")) == "invalid_challenge"
        assert self.code(self.present(nonce=None)) == "invalid_challenge"
        assert self.code(self.present(issued=NOW + timedelta(hours=1))) == "jwt_issued_in_future"
        assert self.code(self.present(expires=NOW)) == "jwt_expired"

    def test_by_another_or_for_another_purpose(self) -> None:
        assert self.code(self.present(), signer=did.did_key(ED25519.public)) == "issuer_mismatch"
        assert self.code(self.present(), purpose="assertionMethod") == "proof_purpose_mismatch"

    def test_a_credential_is_no_presentation(self, unsigned: Json) -> None:
        mine = {**unsigned, "issuer": self.HOLDER}
        token = jose.issue_credential(mine, P256, kid=self.METHOD)
        assert self.code(parse(token), domain=None, challenge=None) == "proof_purpose_mismatch"
        posing = parse(jose.sign({"typ": "vp+jwt", "kid": self.METHOD}, mine, P256))
        assert self.code(posing, domain=None, challenge=None) == "jwt_claim_mismatch"

    def test_a_whole_presentation_of_enveloped_credentials(self, unsigned: Json) -> None:
        mine = {name: value for name, value in unsigned.items() if name != "credentialStatus"}
        issuer = did.did_key(ED25519.public)
        method = did.did_key_verification_method(ED25519.public)
        token = jose.issue_credential({**mine, "issuer": {**mine["issuer"], "id": issuer}}, ED25519, kid=method)
        for holder in ({"holder": self.HOLDER}, {}):
            presentation = {
                "@context": ["https://www.w3.org/ns/credentials/v2"],
                "type": ["VerifiablePresentation"],
                "verifiableCredential": [jose.enveloped(token)],
                **holder,
            }
            sent = jose.issue_presentation(
                presentation, P256, kid=self.METHOD, audience="https://verifier.test", nonce="n-1", issued=NOW
            )
            report = verify_presentation(
                parse(sent),
                controllers={},
                status_lists={},
                now=NOW,
                trusted_issuers=trust_only([issuer]),
                domain="https://verifier.test",
                challenge="n-1",
            )
            assert report.verdict == "valid", report.to_dict()


V1 = "https://www.w3.org/2018/credentials/v1"
V2 = "https://www.w3.org/ns/credentials/v2"


class TestDataModel1:
    """VC Data Model 1.1 §6.3.1: under the claim `vp`, and credentials under `vc`."""

    HOLDER = did.did_key(P256.public)
    METHOD = did.did_key_verification_method(P256.public)
    ISSUER = did.did_key(ED25519.public)
    ISSUED_BY = did.did_key_verification_method(ED25519.public)

    def credential(self, model: str = V2, *, claims: Json | None = None, **members: Any) -> str:
        """Without an id, and without dates in the second model: the least that a document may say."""
        vc = {"@context": [model], "type": ["VerifiableCredential"], "credentialSubject": {"name": "Ada"}, **members}
        header = {"typ": "JWT", "kid": self.ISSUED_BY}
        return jose.sign(header, {"iss": self.ISSUER, "vc": vc, **(claims or {})}, ED25519)

    def present(self, *held: Any, model: str = V2, claims: Json | None = None, **members: Any) -> str:
        vp = {"@context": [model], "type": ["VerifiablePresentation"], **members}
        vp |= {"verifiableCredential": list(held)} if held else {}
        bound = {"aud": "https://verifier.test", "nonce": "n-1"}
        made = {"iss": self.HOLDER, "vp": vp, **bound, **(claims or {})}
        return jose.sign({"typ": "JWT", "kid": self.METHOD}, made, P256)

    def report(self, sent: Any, **changes: Any) -> Report:
        given = {"domain": "https://verifier.test", "challenge": "n-1"} | changes
        return verify_presentation(
            parse(sent),
            controllers={},
            status_lists={},
            now=NOW,
            trusted_issuers=trust_only([self.ISSUER, self.HOLDER]),
            **given,
        )

    def code(self, sent: str, **changes: Any) -> str:
        found = self.report(sent, **changes).check("proof")
        assert found is not None
        return found.code

    def enveloped(self, token: str, kind: str = "EnvelopedVerifiableCredential") -> Json:
        return {"@context": V2, "type": kind, "id": f"data:application/jwt,{token}"}

    def test_a_presentation_of_the_second_model(self) -> None:
        held = self.enveloped(self.credential())
        for sent in (self.present(held), self.present(held, holder=self.HOLDER)):
            assert self.report(sent).verdict == "valid", self.report(sent).to_dict()
            around = self.enveloped(sent, "EnvelopedVerifiablePresentation")
            assert self.report(around).verdict == "valid"

    def test_a_presentation_of_the_first_model(self) -> None:
        dated = self.credential(V1, claims={"nbf": 1767225600, "jti": "urn:x:1"})
        report = self.report(self.present(dated, model=V1, id="urn:x:2", claims={"jti": "urn:x:2"}))
        assert report.verdict == "valid", report.to_dict()

    @pytest.mark.parametrize(
        ("claims", "members", "code"),
        [
            ({"iss": "did:example:eve"}, {}, "issuer_mismatch"),
            ({}, {"holder": "did:example:eve"}, "jwt_claim_mismatch"),
            ({"jti": "urn:x:1"}, {"id": "urn:x:2"}, "jwt_claim_mismatch"),
            ({}, {"id": "urn:x:2"}, "jwt_claim_missing"),
            ({"aud": "https://other.test"}, {}, "invalid_domain"),
            ({"nonce": "n-2"}, {}, "invalid_challenge"),
            ({"exp": 1}, {}, "jwt_expired"),
            ({}, {"type": ["VerifiableCredential"]}, "jwt_claim_mismatch"),
        ],
    )
    def test_claims_say_what_the_presentation_says(self, claims: Json, members: Json, code: str) -> None:
        assert self.code(self.present(claims=claims, **members)) == code

    def test_neither_names_its_key(self) -> None:
        vc = {"@context": [V2], "type": ["VerifiableCredential"], "credentialSubject": {"name": "Ada"}}
        held = jose.sign({"typ": "JWT"}, {"iss": self.ISSUER, "vc": vc}, ED25519)
        bound = {"aud": "https://verifier.test", "nonce": "n-1"}
        vp = {"@context": [V2], "type": ["VerifiablePresentation"], "verifiableCredential": [self.enveloped(held)]}
        for key, verdict in ((P256, "valid"), (ED25519, "invalid")):
            sent = jose.sign({"typ": "JWT"}, {"iss": self.HOLDER, "vp": vp, **bound}, key)
            assert self.report(sent).verdict == verdict

    def test_it_is_for_whoever_it_names(self) -> None:
        assert self.code(self.present(), domain=None) == "invalid_domain"

    def test_beside_vp_there_is_nothing_else(self) -> None:
        """Else it is taken for a credential of Open Badges, which has no such claim."""
        sent = self.present(claims={"credentialSubject": {"id": "did:example:x"}})
        assert self.report(sent).verdict == "invalid"
        odds: list[Any] = ["x", None, []]
        for odd in odds:
            with pytest.raises(ProofError, match="jwt_claim_malformed"):
                parse(jose.sign({"typ": "JWT", "kid": self.METHOD}, {"iss": self.HOLDER, "vp": odd}, P256))

    @pytest.mark.parametrize(
        ("claims", "members", "code"),
        [
            ({}, {"id": "urn:x:1"}, "jwt_claim_missing"),
            ({"jti": "urn:x:2"}, {"id": "urn:x:1"}, "jwt_claim_mismatch"),
            ({}, {"validFrom": "2026-01-01T00:00:00Z"}, "jwt_claim_missing"),
            ({"nbf": 1767225601}, {"validFrom": "2026-01-01T00:00:00Z"}, "jwt_claim_mismatch"),
            ({"nbf": 1767225600}, {"validFrom": "2026-01-01T00:00:00Z"}, "signature_valid"),
            ({"nbf": 1767225600, "exp": 1893456000}, {}, "signature_valid"),
            ({}, {"validUntil": "2030-01-01T00:00:00Z"}, "jwt_claim_missing"),
            ({"sub": "did:example:eve"}, {"credentialSubject": {"id": "did:example:ada"}}, "jwt_claim_mismatch"),
            ({}, {"credentialSubject": {"id": "did:example:ada"}}, "jwt_claim_missing"),
            ({"iss": "did:example:eve"}, {"issuer": "did:example:ada"}, "jwt_claim_mismatch"),
        ],
    )
    def test_claims_say_what_the_credential_says(self, claims: Json, members: Json, code: str) -> None:
        document = parse(self.credential(claims=claims, **members))
        assert check_proofs(document, {}, NOW).code == code
        if code == "signature_valid":
            assert document["validFrom"] == "2026-01-01T00:00:00Z"
