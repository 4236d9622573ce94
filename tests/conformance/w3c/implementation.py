"""What the suites call an implementation: an issuer for each kind of key, and a verifier, over HTTP alone."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import text

from contracts.events import IssuerPublished, StatusListPublished
from service_kit.bus import Record
from service_kit.database import Database
from service_kit.inbox import Inbox, Outcome
from service_kit.testing import TokenMint
from tests.issuer.world import PAYLOADS

Json = dict[str, Any]
ORG = "6f0c1ad0-0000-4000-8000-0000000000c0"
SCOPES = ("issuers:manage", "credentials:issue-any", "credentials:revoke", "verifications:create")
KEYS = ("Ed25519", "P-256", "P-384")
STATUS = "status"
VERIFYING = ("/vc/credentials/verify", "/vc/presentations/")


@dataclass(frozen=True)
class PublishedList:
    """A status list, and where anybody reads it."""

    url: str
    credential: Mapping[str, Any]


class Implementation(ABC):
    """An issuer's and a verifier's endpoints, and the issuers that the suites are told of by their ids."""

    def __init__(self) -> None:
        self.ids: dict[str, str] = {}

    @abstractmethod
    async def send(self, method: str, path: str, body: Any) -> httpx.Response:
        """Call one of the endpoints, with a token that may."""

    @abstractmethod
    async def controller(self, identifier: str) -> Json:
        """The controller document of an issuer here, as last published."""

    @abstractmethod
    async def published(self) -> list[PublishedList]:
        """Every status list, oldest first, once it says what was set, to the verifier too."""

    async def prepare(self, prefix: str = "") -> None:
        """An issuer with one key of each kind, by did:key as the suites resolve them; and one that adds statuses."""
        for key in KEYS:
            self.ids[key] = await self._new_issuer(f"{prefix}{key.lower()}", method="key", keys=[key])
        self.ids[STATUS] = await self._new_issuer(f"{prefix}{STATUS}", method="web", keys=["Ed25519"])
        answer = await self.send("PUT", f"/issuers/{prefix}{STATUS}/policy", {"addsStatus": True})
        assert answer.status_code == 200, answer.text

    async def _new_issuer(self, slug: str, **members: Any) -> str:
        answer = await self.send("POST", "/issuers", {"name": slug, "slug": slug, **members})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def issue(self, credential: Json, *, form: str = "", by: str = "Ed25519", **options: Any) -> httpx.Response:
        """Issue as the suites do: the issuer's id is put where the credential leaves room for it."""
        document = copy.deepcopy(credential)
        issuer = document.setdefault("issuer", self.ids[by])
        if isinstance(issuer, dict) and str(issuer.get("id", "did:example:")).startswith("did:example:"):
            issuer["id"] = self.ids[by]
        path = f"/vc/{form}/credentials/issue" if form else "/vc/credentials/issue"
        return await self.send("POST", path, {"credential": document, "options": options})

    async def issued(self, credential: Json, **manner: Any) -> Json:
        """The same, where it must succeed."""
        answer = await self.issue(credential, **manner)
        assert answer.status_code == 201, answer.text
        return dict(answer.json()["verifiableCredential"])

    async def derived(self, credential: Json, *pointers: str) -> Json:
        """What a holder shows of a base proof."""
        body = {"verifiableCredential": credential, "options": {"selectivePointers": list(pointers)}}
        answer = await self.derive(body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json()["verifiableCredential"])

    async def derive(self, body: Json) -> httpx.Response:
        """Show a part of a credential."""
        return await self.send("POST", "/vc/credentials/derive", body)

    async def verify(self, credential: Any, **options: Any) -> httpx.Response:
        """Verify a credential."""
        body = {"verifiableCredential": credential, "options": {"checks": ["proof"], **options}}
        return await self.send("POST", "/vc/credentials/verify", body)

    async def verify_presentation(self, presentation: Any, **options: Any) -> httpx.Response:
        """Verify a presentation."""
        body = {"verifiablePresentation": presentation, "options": {"checks": [], **options}}
        return await self.send("POST", "/vc/presentations/verify", body)

    async def accepts(self, credential: Any, **options: Any) -> None:
        """200, and no errors: one suite takes any as a failure."""
        verified(await self.verify(credential, **options))

    async def refuses(self, credential: Any, **options: Any) -> Json:
        """Exactly 400, as the strictest of the suites asks. The answer."""
        return refused(await self.verify(credential, **options))

    async def accepts_presentation(self, presentation: Any, **options: Any) -> None:
        """200, and no errors."""
        verified(await self.verify_presentation(presentation, **options))

    async def refuses_presentation(self, presentation: Any, **options: Any) -> Json:
        """Exactly 400. The answer."""
        return refused(await self.verify_presentation(presentation, **options))

    async def set_status(self, command: Json) -> httpx.Response:
        """Set the status of a credential issued here."""
        return await self.send("POST", "/vc/credentials/status", command)


@dataclass
class InProcess(Implementation):
    """Two services in this process, and the bus between them by hand."""

    issuer: httpx.AsyncClient
    verifier: httpx.AsyncClient
    mint: TokenMint
    outbox: Database
    inbox: Inbox[Any]
    publish_lists: Callable[[], Awaitable[Any]]

    def __post_init__(self) -> None:
        super().__init__()

    async def send(self, method: str, path: str, body: Any) -> httpx.Response:
        """To the service whose path it is."""
        client = self.verifier if path.startswith(VERIFYING) else self.issuer
        return await client.request(method, path, json=body, headers=self.mint.headers(ORG, *SCOPES))

    async def controller(self, identifier: str) -> Json:
        """The controller document of an issuer here, as last published."""
        found = [
            IssuerPublished.model_validate_json(value)
            for _, headers, value in await self._outbox()
            if PAYLOADS[headers["ce_type"]] is IssuerPublished
        ]
        return dict(next(one.did_document for one in reversed(found) if one.issuer_id == identifier))

    async def _outbox(self) -> list[tuple[str, dict[str, str], bytes]]:
        async with self.outbox.connection() as connection:
            query = text("SELECT topic, headers, value FROM outbox ORDER BY sequence")
            return [(topic, dict(headers), bytes(value)) for topic, headers, value in await connection.execute(query)]

    async def published(self) -> list[PublishedList]:
        """Publish what has changed, and carry it to the verifier as the bus would. The lists, oldest first."""
        async with self.outbox.engine.begin() as connection:
            await connection.execute(text("UPDATE status_lists SET published_at = published_at - interval '1 minute'"))
        await self.publish_lists()
        lists = []
        for topic, headers, value in await self._outbox():
            kind = PAYLOADS[headers["ce_type"]]
            sent = tuple((name, content.encode()) for name, content in headers.items())
            if kind in (IssuerPublished, StatusListPublished):
                outcome = await self.inbox.process(Record(topic, b"", value, sent))
                assert outcome in (Outcome.APPLIED, Outcome.DUPLICATE)
            if kind is StatusListPublished:
                event = StatusListPublished.model_validate_json(value)
                lists.append(PublishedList(event.url, event.credential))
        return lists


def verified(answer: httpx.Response) -> Json:
    """The answer of a verifier that has nothing to say against it."""
    assert answer.status_code == 200, answer.text
    body: Json = answer.json()
    assert (body["verified"], body["errors"]) == (True, [])
    return body


def refused(answer: httpx.Response) -> Json:
    """The answer of one that has."""
    assert answer.status_code == 400, answer.text
    body: Json = answer.json()
    assert body.get("verified", False) is False
    return body
