"""The W3C suite of the VC Data Model 2.0, where documents are secured by an envelope (its tag `EnvelopingProof`)."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any, ClassVar

import pytest

from credential_core import jose
from credential_core.jose import jws
from tests.conformance.w3c.credentials import (
    EXAMPLES,
    HOLDER,
    HOLDER_KEY,
    V2,
    Json,
    credential,
    held,
    lacking,
    presentation,
)
from tests.conformance.w3c.implementation import Implementation

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

SD_JWT = "data:application/vc+sd-jwt,"
METHOD = f"{HOLDER}#{HOLDER_KEY.public.multibase}"
KEYS = ["Ed25519", "P-256", "P-384"]


def enveloped_presentation(*credentials: Json) -> Json:
    """Secured by the holder's key."""
    token = jose.issue_presentation(presentation(*credentials, holder=HOLDER), HOLDER_KEY, kid=METHOD)
    return {"@context": V2, "type": "EnvelopedVerifiablePresentation", "id": f"data:application/vp+jwt,{token}"}


@pytest.mark.parametrize("key", KEYS)
class TestCredentials:
    async def issued(self, implementation: Implementation, key: str) -> Json:
        return await implementation.issued(credential(), form="vc-jwt", by=key)

    async def test_the_context_defines_it(self, implementation: Implementation, key: str) -> None:
        issued = await self.issued(implementation, key)
        await implementation.accepts(issued)
        wrong: list[list[str] | str] = [[], EXAMPLES]
        for context in wrong:
            await implementation.refuses({**issued, "@context": context})
        await implementation.refuses(lacking(issued, "@context"))

    async def test_the_id_is_a_data_url_of_the_credential(self, implementation: Implementation, key: str) -> None:
        issued = await self.issued(implementation, key)
        token = issued["id"].removeprefix("data:application/vc+jwt,")
        payload = token.split(".")[1]
        held_inside = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        assert {"@context", "type", "issuer", "credentialSubject"} <= held_inside.keys()
        await implementation.accepts(issued)
        await implementation.refuses({**issued, "id": token})

    async def test_the_type_is_that_of_an_envelope(self, implementation: Implementation, key: str) -> None:
        issued = await self.issued(implementation, key)
        assert "EnvelopedVerifiableCredential" in issued["type"]
        await implementation.refuses(lacking(issued, "type"))
        await implementation.refuses({**issued, "type": "VerifiableCredential"})

    async def test_it_is_shown_in_a_presentation(self, implementation: Implementation, key: str) -> None:
        issued = await self.issued(implementation, key)
        await implementation.accepts_presentation(enveloped_presentation(issued))
        await implementation.refuses_presentation(enveloped_presentation(lacking(issued, "type")))


class TestPresentations:
    async def test_the_context_defines_it(self, implementation: Implementation) -> None:
        shown = enveloped_presentation(held())
        await implementation.accepts_presentation(shown)
        for context in ([], [EXAMPLES]):
            await implementation.refuses_presentation({**shown, "@context": context})

    async def test_the_id_is_a_data_url(self, implementation: Implementation) -> None:
        shown = enveloped_presentation(held())
        await implementation.refuses_presentation({**shown, "id": shown["id"].partition(",")[2]})

    async def test_the_type_is_that_of_an_envelope(self, implementation: Implementation) -> None:
        shown = enveloped_presentation(held())
        await implementation.refuses_presentation({**shown, "type": ["VerifiablePresentation"]})

    async def test_one_for_another_audience_is_for_nobody_here(self, implementation: Implementation) -> None:
        document = presentation(held(), holder=HOLDER)
        token = jose.issue_presentation(document, HOLDER_KEY, kid=METHOD, audience="example.com", nonce="123456789")
        shown = {**enveloped_presentation(), "id": f"data:application/vp+jwt,{token}"}
        await implementation.accepts_presentation(shown, domain="example.com", challenge="123456789")
        await implementation.refuses_presentation(shown)
        await implementation.refuses_presentation(shown, domain="example.org", challenge="123456789")


class TestClaims:
    """Under the claims `vc` and `vp`, and named just a JWT: so the suite's own fixture comes, for `example.com`."""

    ASKED: ClassVar[Json] = {"domain": "example.com", "challenge": "123456789"}

    def token(self, name: str, document: Json, **claims: Any) -> str:
        return jose.sign({"typ": "JWT", "kid": METHOD}, {"iss": HOLDER, name: document, **claims}, HOLDER_KEY)

    def shown(self, media_type: str, **changes: Any) -> Json:
        held = self.token("vc", credential(issuer=HOLDER), sub="did:example:subject")
        inside = {"@context": V2, "type": "EnvelopedVerifiableCredential", "id": f"data:application/jwt,{held}"}
        claims = {"aud": "example.com", "nonce": "123456789"} | changes
        token = self.token("vp", presentation(inside, holder=HOLDER), **claims)
        return {"@context": V2, "type": "EnvelopedVerifiablePresentation", "id": f"data:{media_type},{token}"}

    @pytest.mark.parametrize("media_type", ["application/jwt", "application/vp+jwt"])
    async def test_a_presentation_of_a_credential(self, implementation: Implementation, media_type: str) -> None:
        shown = self.shown(media_type)
        await implementation.accepts_presentation(shown, **self.ASKED)
        for context in ([], ["https://www.w3.org/ns/credentials/examples/v2"]):
            await implementation.refuses_presentation({**shown, "@context": context}, **self.ASKED)
        await implementation.refuses_presentation({**shown, "id": shown["id"].partition(",")[2]}, **self.ASKED)
        await implementation.refuses_presentation({**shown, "type": ["VerifiablePresentation"]}, **self.ASKED)

    async def test_one_for_somebody_else(self, implementation: Implementation) -> None:
        shown = self.shown("application/jwt")
        for asked in ({}, {"challenge": "123456789"}, self.ASKED | {"challenge": "7"}, {"domain": "example.org"}):
            await implementation.refuses_presentation(shown, **asked)

    async def test_a_credential(self, implementation: Implementation) -> None:
        token = self.token("vc", credential(issuer=HOLDER), sub="did:example:subject")
        shown = {"@context": [V2], "type": ["EnvelopedVerifiableCredential"], "id": f"data:application/jwt,{token}"}
        await implementation.accepts(shown)
        await implementation.refuses({**shown, "id": f"data:text/plain,{token}"})


class TestSelective:
    """A credential as an SD-JWT (VC-JOSE-COSE §3.2): no suite asks a VC-API for it, wallets show it."""

    def token(self, **members: Any) -> str:
        disclosure = jws.encode(b'["c2FsdA","name","Ada"]')
        digest = jws.encode(hashlib.sha256(disclosure.encode()).digest())
        subject = {"id": "did:example:subject", "_sd": [digest]}
        claims = {**credential(issuer=HOLDER, credentialSubject=subject, **members), "_sd_alg": "sha-256"}
        return f"{jose.sign({'typ': 'vc+sd-jwt', 'kid': METHOD}, claims, HOLDER_KEY)}~{disclosure}~"

    async def test_a_credential_with_all_or_less(self, implementation: Implementation) -> None:
        token = self.token()
        for shown in (token, token.partition("~")[0] + "~"):
            enveloped = {"@context": [V2], "type": "EnvelopedVerifiableCredential", "id": f"{SD_JWT}{shown}"}
            for body in (shown, enveloped):
                await implementation.accepts(body)
            presented = enveloped_presentation(enveloped)
            await implementation.accepts_presentation(presented)

    async def test_one_that_is_wrong(self, implementation: Implementation) -> None:
        signed, disclosure, _ = self.token().split("~")
        forged = jws.encode(b'["c2FsdA","name","Eve"]')
        other = self.token(id="urn:uuid:0ad5d9a1-96b2-4a0f-b0a6-0a7f3a8b0a02").split("~")[0].rpartition(".")[2]
        for body in (f"{signed}~{forged}~", f"{signed.rpartition('.')[0]}.{other}~{disclosure}~"):
            await implementation.refuses(body)
        await implementation.refuses(self.token(validUntil="2020-01-01T00:00:00Z"))
        await implementation.refuses(self.token(), domain="example.com", challenge="123456789")


async def test_a_body_that_is_too_large(implementation: Implementation) -> None:
    large = credential(credentialSubject={"id": "did:example:subject", "name": "x" * 2_000_000})
    answers = [
        await implementation.issue(large),
        await implementation.verify(large),
        await implementation.verify_presentation(large),
    ]
    assert [answer.status_code for answer in answers] == [413, 413, 413]
