"""Each room over a real database, behind a real HTTP server in a thread, for tests that are not async."""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr

import catalog.main
import registry.main
import verifier.main
from gateway.edge.routes import Room
from gateway.settings import GatewaySettings, PasswordSettings
from issuer.http.app import issuer_app
from issuer.main import more_parts, wire
from issuer.settings import IssuerSettings
from registry.adapters.readings import SqlReadings
from registry.adapters.statistics import SqlStatistics
from registry.settings import RegistrySettings
from service_kit.database import open_database
from service_kit.fetcher import open_fetcher
from service_kit.offload import offload
from service_kit.runtime import Server
from service_kit.settings import AuthSettings, DatabaseSettings, FetcherSettings, Settings
from service_kit.testing import BASE_URL, TokenMint, asgi_client
from tests.gateway.conftest import serving
from tests.gateway.harness import BASE, TLS
from tests.issuer.world import ALL_SCOPES, ORG, World
from tests.verifier.conftest import Web
from tools.ports import free_ports
from verifier.adapters.unit_of_work import UnitOfWork

AUTH = AuthSettings(issuer=BASE_URL, jwks_url=f"{BASE_URL}/oauth/jwks", audiences=(BASE_URL,))
KEY = SecretStr(base64.b64encode(bytes(range(32))).decode())
ORIGIN = "https://laurel.test"


@dataclass(frozen=True)
class Prepared:
    """An application, what an authorised caller sends, and values that lead to things that are there."""

    app: FastAPI
    headers: dict[str, str]
    known: dict[str, str] = field(default_factory=dict)


Build = Callable[[DatabaseSettings], AbstractAsyncContextManager[Prepared]]


@asynccontextmanager
async def _catalog(database: DatabaseSettings) -> AsyncIterator[Prepared]:
    mint = TokenMint()
    async with open_database(database, "tests") as opened:
        settings = Settings(public_base_url=BASE_URL, environment="development")
        app = catalog.main.app(settings, opened, mint.verifier())
        headers = mint.headers(ORG, "catalog:write")
        async with asgi_client(app) as client:
            client.headers.update(headers)
            course = (await client.post("/courses", json={"code": "A 1", "title": "Art"})).json()
            body = {"name": "Art", "description": "Art.", "criteria": {"narrative": "Paint."}}
            badge = (await client.post("/achievements", json=body | {"achievementType": "Badge"})).json()
            await client.post(badge["id"].removeprefix(BASE_URL) + "/publish")
        known = {"course_id": course["id"], "achievement_id": badge["id"].rsplit("/", 1)[-1], "version": "1"}
        yield Prepared(app, headers, known)


@asynccontextmanager
async def _issuer(database: DatabaseSettings) -> AsyncIterator[Prepared]:
    mint = TokenMint()
    settings = IssuerSettings(
        environment="development",
        public_base_url=BASE_URL,
        did_web_origin=ORIGIN,
        key_encryption_key=KEY,
        database=database,
        auth=AUTH,
    )
    async with open_database(database, "tests") as opened, open_fetcher(settings.fetcher) as fetcher:
        core = wire(settings, opened)
        more, _ = more_parts(settings, opened, core, fetcher)
        app = issuer_app(core.services, settings, tokens=mint.verifier(), more=more)
        async with asgi_client(app) as client:
            world = World(opened, client, mint)
            issued = await world.issue(await world.ready())
            slug = (await world.send("GET", "/issuers")).json()["items"][0]["slug"]
        yield Prepared(
            app, mint.headers(ORG, *ALL_SCOPES), {"slug": slug, "credential_id": issued["id"].rsplit("/", 1)[-1]}
        )


@asynccontextmanager
async def _registry(database: DatabaseSettings) -> AsyncIterator[Prepared]:
    settings = RegistrySettings(environment="development", public_base_url=BASE_URL, database=database, auth=AUTH)
    async with open_database(database, "tests") as opened:
        yield Prepared(registry.main.app(settings, SqlReadings(opened), SqlStatistics(opened)), {})


@asynccontextmanager
async def _verifier(database: DatabaseSettings) -> AsyncIterator[Prepared]:
    mint = TokenMint()
    settings = Settings(public_base_url=BASE_URL, environment="development")
    async with open_database(database, "tests") as opened:
        app = verifier.main.application(
            settings,
            own_origins=(BASE_URL, ORIGIN),
            unit_of_work=lambda: UnitOfWork(opened),
            web=Web(),
            processor=offload,
            tokens=mint.verifier(),
        )
        yield Prepared(app, mint.headers(ORG, "verifications:create"))


@asynccontextmanager
async def _gateway(database: DatabaseSettings) -> AsyncIterator[Prepared]:
    settings = GatewaySettings(
        environment="development",
        public_base_url=BASE,
        did_web_origin=TLS,
        database=database,
        key_encryption_key=KEY,
        fetcher=FetcherSettings(allow_private=False),
        password=PasswordSettings(memory_kib=19456, passes=2),
    )
    async with serving(settings) as server:
        member = await server.member("lakeside")
        transport: Any = server.http._transport
        known = {"organization": member.organization, "client": member.client_id, "code": "not-found"}
        yield Prepared(transport.app, await server.headers(member), known)


BUILD: dict[Room, Build] = {
    Room.GATEWAY: _gateway,
    Room.CATALOG: _catalog,
    Room.ISSUER: _issuer,
    Room.REGISTRY: _registry,
    Room.VERIFIER: _verifier,
}


@dataclass(frozen=True)
class Served:
    """A room that answers."""

    url: str
    headers: dict[str, str]
    known: dict[str, str]


@contextmanager
def served(room: Room, database: DatabaseSettings) -> Iterator[Served]:
    """The room on a port, until the end."""
    (port,) = free_ports(1)
    running = _Running(room, database, port)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    try:
        assert running.ready.wait(60), "the room did not start"
        if running.failure:
            raise running.failure
        prepared = running.prepared
        assert prepared is not None
        yield Served(f"http://127.0.0.1:{port}", prepared.headers, prepared.known)
    finally:
        running.end()
        thread.join(30)


class _Running:
    def __init__(self, room: Room, database: DatabaseSettings, port: int) -> None:
        self.ready = threading.Event()
        self.failure: BaseException | None = None
        self.prepared: Prepared | None = None
        self._room, self._database, self._port = room, database, port
        self._server: uvicorn.Server | None = None

    def run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as failure:
            self.failure = failure
        finally:
            self.ready.set()

    def end(self) -> None:
        if self._server is not None:
            self._server.should_exit = True

    async def _serve(self) -> None:
        async with BUILD[self._room](self._database) as self.prepared:
            config = uvicorn.Config(self.prepared.app, port=self._port, log_config=None, access_log=False)
            self._server = Server(config)
            serving_ = asyncio.create_task(self._server.serve())
            while not self._server.started and not serving_.done():
                await asyncio.sleep(0.01)
            self.ready.set()
            await serving_
