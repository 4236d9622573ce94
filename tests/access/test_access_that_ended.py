"""Every protected operation of every service, built as it is run: a token that was ended opens none of them.

The services hear of it from the bus: a token revoked by itself, with those exchanged for it, with its grant, with its
client. The authorization server's own routes are asked the same in tests/gateway/test_routes.py.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Literal

import httpx
import pytest
from pydantic import SecretStr

import catalog.main
import issuer.main
import verifier.main
from catalog.settings import CatalogSettings
from contracts.envelope import envelope
from contracts.events import AccessRevoked
from gateway.edge.routes import Room
from issuer.adapters.unit_of_work import IssuerUnitOfWork
from issuer.events.handlers import SUBSCRIPTIONS
from issuer.settings import IssuerSettings
from service_kit.bus import Record
from service_kit.database import Database, open_database
from service_kit.ids import new_id
from service_kit.inbox import Inbox
from service_kit.runtime import Components
from service_kit.settings import AuthSettings, DatabaseSettings
from service_kit.testing import BASE_URL, MakeDatabase, TokenMint, asgi_client
from tests.arch.test_routes_are_guarded import GUARDED
from verifier.adapters.unit_of_work import UnitOfWork as VerifierUnitOfWork
from verifier.events.handlers import subscriptions
from verifier.settings import VerifierSettings

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

ORG = "6f0c1ad0-0000-4000-8000-0000000000e1"
NO_ID = "00000000-0000-4000-8000-000000000000"
SCOPES = (
    *("catalog:write", "issuers:manage", "credentials:issue", "credentials:issue-any", "credentials:revoke"),
    *("credentials:read", "verifications:create", "backpack:manage", "openid"),
)
ROOMS = [Room.CATALOG, Room.ISSUER, Room.VERIFIER]
Ended = Literal["token", "grant", "client"]


@contextmanager
def keys_at(mint: TokenMint) -> Iterator[str]:
    """The address of the authorization server's keys."""

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"keys": [mint.key.as_dict(private=False)]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/oauth/jwks"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Running:
    """A service as its composition root builds it, with the task that hears of access that ended."""

    room: Room
    client: httpx.AsyncClient
    inbox: Inbox[Any]
    mint: TokenMint

    async def ended(self, kind: Ended, identifier: str) -> None:
        """The authorization server says so over the bus."""
        now = datetime.now(UTC)
        payload = AccessRevoked(kind=kind, id=identifier, revoked_at=now, until=now + timedelta(minutes=10))
        event = envelope(payload, event_id=new_id(), source="/gateway", time=now)
        await self.inbox.process(Record("access-revoked", payload.key().encode(), event.data, event.headers()))

    async def call(self, operation: tuple[str, str], token: str) -> httpx.Response:
        method, template = operation
        names = [part[1:-1] for part in template.split("/") if part.startswith("{")]
        path = template.format(**dict.fromkeys(names, NO_ID))
        body: Any = {} if method in {"POST", "PUT", "PATCH"} else None
        return await self.client.request(method, path, json=body, headers={"Authorization": f"Bearer {token}"})


def _built(
    room: Room, database: DatabaseSettings, auth: AuthSettings
) -> tuple[AbstractAsyncContextManager[Components], Any]:
    """A service, and what makes its inbox of an open database."""
    common: dict[str, Any] = {
        "environment": "development",
        "public_base_url": BASE_URL,
        "database": database,
        "auth": auth,
    }
    elsewhere = "https://laurel.test"
    match room:
        case Room.CATALOG:
            return catalog.main.build(CatalogSettings(**common)), catalog.main.inbox
        case Room.ISSUER:
            key = SecretStr(base64.b64encode(bytes(32)).decode())
            settings = IssuerSettings(**common, did_web_origin=elsewhere, key_encryption_key=key)
            return issuer.main.build(settings), lambda db: Inbox(lambda: IssuerUnitOfWork(db), SUBSCRIPTIONS)
        case _:
            made = verifier.main.build(VerifierSettings(**common, did_web_origin=elsewhere, processes=1))
            return made, lambda db: Inbox(lambda: VerifierUnitOfWork(db), subscriptions())


@asynccontextmanager
async def running(room: Room, database: DatabaseSettings, mint: TokenMint) -> AsyncIterator[Running]:
    with keys_at(mint) as address:
        auth = AuthSettings(issuer=BASE_URL, jwks_url=address, audiences=(BASE_URL,))
        built, inbox_of = _built(room, database, auth)
        opened: Database
        async with built as components, open_database(database, "tests") as opened, asgi_client(components.app) as http:
            stop = asyncio.Event()
            serving = asyncio.gather(*(task(stop) for task in components.answering))
            try:
                yield Running(room, http, inbox_of(opened), mint)
            finally:
                stop.set()
                await serving


@pytest.fixture(params=ROOMS)
def prepared(request: pytest.FixtureRequest, make_database: MakeDatabase) -> tuple[Room, DatabaseSettings]:
    """A room and a database of its own, migrated before any loop runs."""
    return request.param, make_database(str(request.param))


async def test_what_ended_opens_nothing(prepared: tuple[Room, DatabaseSettings], mint: TokenMint) -> None:
    room, database = prepared
    grant, gone, kept, first = new_id(), new_id(), new_id(), new_id()
    tokens = {
        "revoked": mint.token(ORG, *SCOPES, jti=first),
        "exchanged for a revoked one": mint.token(ORG, *SCOPES, jti=f"{first}.{new_id()}"),
        "of a revoked grant": mint.token(ORG, *SCOPES, sub="anna", grant_id=grant),
        "of a retired client": mint.token(ORG, *SCOPES, client_id=gone, sub=gone),
        "exchanged by another client": mint.token(ORG, *SCOPES, client_id=kept, sub=gone),
    }
    good = mint.token(ORG, *SCOPES, client_id=kept, sub=kept)
    operations = sorted(GUARDED[room])
    async with running(room, database, mint) as service:
        before = [await service.call(operations[0], token) for token in tokens.values()]
        assert {answer.status_code for answer in before} & {401} == set()
        for kind, identifier in (("token", first), ("grant", grant), ("client", gone)):
            await service.ended(kind, identifier)  # type: ignore[arg-type]  # the three kinds there are
        await _heard(service, operations[0], list(tokens.values()))

        opened = [
            (operation, name)
            for operation in operations
            for name, token in tokens.items()
            if not _refused(await service.call(operation, token))
        ]
        shut = [operation for operation in operations if (await service.call(operation, good)).status_code == 401]

    assert (opened, shut) == ([], [])


async def _heard(service: Running, operation: tuple[str, str], tokens: list[str]) -> None:
    """Each process reads what ended a few times a second."""
    for token in tokens:
        async with asyncio.timeout(20):
            while (await service.call(operation, token)).status_code != 401:
                await asyncio.sleep(0.02)


def _refused(answer: httpx.Response) -> bool:
    said = answer.headers.get("www-authenticate", "")
    return answer.status_code == 401 and 'error="invalid_token"' in said and "token was revoked" in said
