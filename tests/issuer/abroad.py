"""Other people's documents on a web server of this machine, over https, and an issuer who has some there."""

from __future__ import annotations

import asyncio
import base64
import gzip
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from credential_core import did
from credential_core.bitstring import MINIMUM_LENGTH, StatusBits, entry, status_list_credential
from credential_core.jose import issue_credential
from credential_core.keys import SigningKey
from credential_core.model import achievement_credential, hashed_identity
from credential_core.proof import sign
from credential_core.revocation_list import revocation_list
from credential_core.timestamps import format_timestamp
from service_kit.clock import utc_now
from service_kit.ids import new_id
from tools.certificates import Certificate

Json = dict[str, Any]
NOW = utc_now().replace(microsecond=0)


@dataclass
class Site:
    """What is to be had there, and what was asked for."""

    origin: str = ""
    documents: dict[str, Any] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    held: tuple[asyncio.Event, asyncio.Event] | None = None

    def hold(self, asked: asyncio.Event, go: asyncio.Event) -> None:
        """From now on it says when it is asked, and answers when told."""
        self.held = (asked, go)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked[request.path] += 1
        if self.held:
            self.held[0].set()
            await self.held[1].wait()
        document = self.documents.get(request.path)
        return web.Response(status=404) if document is None else web.json_response(document)


@asynccontextmanager
async def serving(certificate: Certificate) -> AsyncIterator[Site]:
    """A site for as long as the context lasts."""
    site, app = Site(), web.Application()
    app.router.add_get("/{path:.*}", site.answer)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate.chain, certificate.private_key)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    site.origin = f"https://localhost:{runner.addresses[0][1]}"
    try:
        yield site
    finally:
        await runner.cleanup()


@dataclass
class Academy:
    """An issuer nobody here knows: a did:web on the site, with a status list there."""

    site: Site
    key: SigningKey = field(default_factory=lambda: SigningKey.from_seed(bytes(range(7, 39))))

    def __post_init__(self) -> None:
        self.did = did.did_web(self.site.origin, "academy")
        self.method = f"{self.did}#key-1"
        listed = did.VerificationMethod(self.method, self.did, self.key.public)
        self.site.documents["/academy/did.json"] = did.did_document(self.did, [listed])
        self.publish()

    @property
    def list_url(self) -> str:
        return f"{self.site.origin}/lists/1"

    def publish(self, *revoked: int) -> None:
        """The list with these bits set."""
        self.publish_list("/lists/1", "revocation", *revoked)

    def publish_list(self, path: str, purpose: str, *raised: int, size: int = 1) -> str:
        """A list of this purpose, of values so many bits wide, with the last bit of these set. Returns its address."""
        url, bits = self.site.origin + path, StatusBits.empty(MINIMUM_LENGTH * size)
        for index in raised:
            bits.set(index * size + size - 1, True)
        document = status_list_credential(
            list_url=url, issuer=self.did, purpose=purpose, bits=bits, valid_from=NOW, ttl_ms=60_000
        )
        self.site.documents[path] = self.signed(document)
        return url

    def publish_list_2021(self, path: str, *revoked: int) -> str:
        """A StatusList2021 of the years before Bitstring lists, in VC Data Model 1.1. Returns its address."""
        url, bits = self.site.origin + path, bytearray(MINIMUM_LENGTH // 8)
        for index in revoked:
            bits[index // 8] |= 0x80 >> index % 8
        document = {
            "@context": [
                "https://www.w3.org/2018/credentials/v1",
                "https://w3id.org/vc/status-list/2021/v1",
                "https://w3id.org/security/data-integrity/v2",
            ],
            "id": url,
            "type": ["VerifiableCredential", "StatusList2021Credential"],
            "issuer": self.did,
            "issuanceDate": format_timestamp(NOW),
            "credentialSubject": {
                "id": f"{url}#list",
                "type": "StatusList2021",
                "statusPurpose": "revocation",
                "encodedList": base64.urlsafe_b64encode(gzip.compress(bytes(bits))).decode().rstrip("="),
            },
        }
        self.site.documents[path] = self.signed(document)
        return url

    def publish_revoked(self, path: str, *ids: str) -> str:
        """A 1EdTechRevocationList of these. Returns its address."""
        url = self.site.origin + path
        self.site.documents[path] = revocation_list(url, self.did, dict.fromkeys(ids))
        return url

    def unsigned(self, *, index: int = 7, **changes: Any) -> Json:
        members: Json = {
            "credential_id": f"urn:uuid:{new_id()}",
            "issuer": {"id": self.did, "type": ["Profile"], "name": "The Academy"},
            "achievement": {
                "id": "urn:uuid:0e2a1c6a-1c0e-4d2c-9f43-7b1b1f0a2b3c",
                "name": "Statistics",
                "description": "Reads and makes statistics.",
                "criteria": {"narrative": "Passed the examination."},
            },
            "identifiers": [hashed_identity("ada@example.org", "emailAddress", salt="a random salt")],
            "valid_from": NOW,
            "status": entry(self.list_url, index, "revocation"),
        }
        return achievement_credential(**(members | changes))

    def signed(self, document: Json) -> Json:
        return sign(document, self.key, verification_method=self.method, created=NOW)

    def credential(self, **changes: Any) -> Json:
        return self.signed(self.unsigned(**changes))

    def token(self, document: Json) -> str:
        """As `vc+jwt`."""
        return issue_credential(document, self.key, kid=self.method)
