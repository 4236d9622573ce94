"""Badges of Open Badges 2.0 at POST /verifications: as JSON, in a JWS, in an image, or by their address."""

from __future__ import annotations

import base64
import copy
import json
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from credential_core.bake import Standard, bake
from credential_core.jose import RsaSigningKey
from credential_core.jose.jws import sign
from credential_core.verify import Failure, parse
from service_kit.ids import new_id
from service_kit.testing import BASE_URL
from tests.verifier.conftest import Verify, Web
from tests.verifier.world import codes

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

Json = dict[str, Any]
BASE = "https://badges.test"
ISSUER, CLASS, ASSERTION, KEY, REVOKED = (f"{BASE}/{name}" for name in ("issuer", "class", "1", "key", "revoked"))
CONTEXT = "https://w3id.org/openbadges/v2"
PRIVATE = rsa.generate_private_key(65537, 2048)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="9"/></svg>'
HOSTED_IMAGE = (
    'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="http://openbadges.org">'
    f'<openbadges:assertion verify="{ASSERTION}"/></svg>'
)
ACCEPTED = {"acceptUnknownIssuer": True}


def assertion(**changes: Any) -> Json:
    return {
        "@context": CONTEXT,
        "id": ASSERTION,
        "type": "Assertion",
        "recipient": {"type": "email", "identity": "sha256$00", "hashed": True, "salt": "s"},
        "badge": CLASS,
        "verification": {"type": "HostedBadge"},
        "issuedOn": "2024-01-01T00:00:00Z",
        **changes,
    }


def in_an_image(text: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(bake(SVG, text, standard=Standard.OB2)).decode()}"


@pytest.fixture
def hosted(web: Web) -> Json:
    """An assertion, and all that its issuer hosts."""
    pem = PRIVATE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    profile = {"name": "School", "url": BASE, "email": "b@badges.test", "publicKey": KEY, "revocationList": REVOKED}
    about = {"name": "Statistics", "description": "d", "image": f"{BASE}/i.png", "criteria": f"{BASE}/c"}
    documents: Json = {
        ASSERTION: assertion(),
        CLASS: {"@context": CONTEXT, "id": CLASS, "type": "BadgeClass", "issuer": ISSUER, **about},
        ISSUER: {"@context": CONTEXT, "id": ISSUER, "type": "Issuer", **profile},
        KEY: {"id": KEY, "type": "CryptographicKey", "owner": ISSUER, "publicKeyPem": pem},
        REVOKED: {"id": REVOKED, "type": "RevocationList", "issuer": ISSUER, "revokedAssertions": []},
    }
    web.documents.update(documents)
    return assertion()


async def test_whatever_way_it_comes(verify: Verify, hosted: Json, web: Web) -> None:
    text = json.dumps(hosted)
    for sent in (hosted, text, text.replace("/", "\\/"), ASSERTION, in_an_image(text), HOSTED_IMAGE):
        answer = await verify(sent, policy=ACCEPTED)
        assert (answer["verdict"], codes(answer)["proof"]) == ("valid", "hosted_by_issuer"), answer
        assert answer["credential"]["issuer"] == {"id": ISSUER, "name": "School"}
    doubted = await verify(hosted)
    assert (doubted["verdict"], codes(doubted)["issuer_trust"]) == ("indeterminate", "issuer_unknown")
    web.asked.clear()
    del web.documents[CLASS]
    answer = await verify(hosted, policy=ACCEPTED)
    assert (answer["verdict"], codes(answer)["proof"]) == ("indeterminate", "badge_document_unavailable")
    assert sorted(web.asked) == sorted({ASSERTION, CLASS})


async def test_a_credential_of_ours_is_not_judged_by_its_address(verify: Verify, web: Web) -> None:
    answer = await verify(f"{BASE_URL}/credentials/{new_id()}", policy=ACCEPTED)
    assert (answer["verdict"], codes(answer)["parse"]) == ("indeterminate", "badge_document_unavailable")
    assert "by its document or image, which its learner has" in answer["checks"][0]["detail"]
    assert web.asked == []


async def test_a_signed_one(verify: Verify, hosted: Json, web: Web) -> None:
    signed = assertion(id="urn:uuid:1", verification={"type": "SignedBadge", "creator": KEY})
    token = sign({}, signed, RsaSigningKey(PRIVATE))
    for sent in (token, in_an_image(token)):
        answer = await verify(sent, policy=ACCEPTED)
        assert (answer["verdict"], codes(answer)["proof"]) == ("valid", "signature_valid"), answer
    forged = sign({}, signed, RsaSigningKey(rsa.generate_private_key(65537, 2048)))
    assert (await verify(forged, policy=ACCEPTED))["verdict"] == "invalid"
    revoked = copy.deepcopy(web.documents[REVOKED])
    assert isinstance(revoked, dict)
    web.documents[REVOKED] = {**revoked, "revokedAssertions": [{"id": "urn:uuid:1"}]}
    answer = await verify(token, policy=ACCEPTED)
    assert (answer["verdict"], codes(answer)["status"]) == ("invalid", "status_revoked")


async def test_what_is_hosted_decides(verify: Verify, hosted: Json, web: Web) -> None:
    changed = await verify({**hosted, "issuedOn": "2023-01-01T00:00:00Z"}, policy=ACCEPTED)
    assert (changed["verdict"], codes(changed)["proof"]) == ("invalid", "hosted_copy_differs")
    web.documents[ASSERTION] = {**hosted, "revoked": True}
    assert codes(await verify(hosted, policy=ACCEPTED))["status"] == "status_revoked"
    web.documents[ASSERTION] = Failure("status", "404", transient=False)
    assert (await verify(hosted, policy=ACCEPTED))["verdict"] == "invalid"
    gone = await verify(ASSERTION, policy=ACCEPTED)
    assert (gone["verdict"], codes(gone)["parse"]) == ("indeterminate", "badge_document_unavailable")


async def test_an_accepted_issuer(client: httpx.AsyncClient, verify: Verify, hosted: Json) -> None:
    answer = await client.put(f"/verifications/trusted-issuers/{ISSUER.replace(':', '%3A').replace('/', '%2F')}")
    assert answer.status_code in (200, 201, 204), answer.text
    answered = await verify(hosted)
    assert (answered["verdict"], codes(answered)["issuer_trust"]) == ("valid", "issuer_accepted_by_policy")


async def test_addresses_of_anything_else(verify: Verify, web: Web) -> None:
    web.documents[f"{BASE}/page"] = {"@context": "https://schema.org", "id": f"{BASE}/page"}
    web.documents[f"{BASE}/jws"] = parse(sign({"typ": "JWT"}, assertion(), RsaSigningKey(PRIVATE)))
    for address in (f"{BASE}/page", f"{BASE}/jws"):
        answer = await verify(address)
        assert (answer["verdict"], codes(answer)["parse"]) == ("indeterminate", "format_unsupported")
    for odd in ("http://badges.test/1", "https://", "https://badges.test/nothing here"):
        assert (await verify(odd))["verdict"] != "valid"


async def test_the_vc_api_takes_none(client: httpx.AsyncClient, hosted: Json, web: Web) -> None:
    for sent in (hosted, json.dumps(hosted), ASSERTION):
        answer = await client.post("/vc/credentials/verify", json={"verifiableCredential": sent})
        assert answer.status_code == 400
    assert web.asked == []
