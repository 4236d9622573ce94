"""Presentations in a JWS (`vp+jwt`): by their holder, for one verifier."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from credential_core import did, jose
from credential_core.keys import SigningKey
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
