"""A verifier on a real database: `deliver` hands it the fleet's events, `web` holds everybody else's documents."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from datetime import datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio

from contracts.envelope import envelope
from contracts.payload import Payload
from contracts.topics import TOPIC_OF
from credential_core.verify import Failure, Resolution
from service_kit.bus import Record
from service_kit.clock import utc_now
from service_kit.database import Database, open_database
from service_kit.ids import new_id
from service_kit.inbox import Inbox, Outcome
from service_kit.offload import offload
from service_kit.settings import AuthSettings, DatabaseSettings
from service_kit.testing import BASE_URL, Empty, MakeDatabase, TokenMint, asgi_client, emptying
from tests.verifier.world import ORIGIN, Issuer, of_the_fleet
from verifier import main
from verifier.adapters.unit_of_work import UnitOfWork
from verifier.core.model import ReadList
from verifier.core.ports import Processor
from verifier.events.handlers import subscriptions
from verifier.settings import VerifierSettings

ORG = "8d6f9ad2-0b5e-4f2e-9d3c-0a52b1f6a001"
SCOPE = "verifications:create"

Deliver = Callable[..., Awaitable[list[Outcome]]]
Verify = Callable[..., Awaitable[dict[str, Any]]]


class Web:
    """The web as a dictionary, and what was asked of it."""

    def __init__(self) -> None:
        self.documents: dict[str, Resolution] = {}
        self.asked: list[str] = []
        self.arrived: dict[str, datetime] = {}

    async def controller(self, url: str, methods: Collection[str] = ()) -> Resolution:
        self.asked.append(url)
        return self.documents.get(url, Failure("unreachable", f"{url} cannot be read"))

    async def status_list(self, url: str) -> ReadList:
        return ReadList(await self.controller(url), self.arrived.get(url) or utc_now())

    async def status_token(self, url: str) -> ReadList:
        return await self.status_list(url)

    async def schema(self, url: str) -> Resolution:
        return await self.controller(url)

    async def pathway(self, url: str) -> Resolution:
        return await self.controller(url)


def record_of(payload: Payload, event_id: str | None = None) -> Record:
    """A payload as its producer's relay puts it on the bus."""
    topic = TOPIC_OF[type(payload)]
    event = envelope(payload, event_id=event_id or new_id(), source=f"/{topic.producer}", time=utc_now())
    return Record(topic.name, payload.key().encode(), event.data, event.headers())


@pytest.fixture(scope="session")
def database_settings(make_database: MakeDatabase) -> DatabaseSettings:
    return make_database("verifier")


@pytest.fixture(scope="session")
def settings(database_settings: DatabaseSettings) -> VerifierSettings:
    return VerifierSettings(
        environment="development",
        public_base_url=BASE_URL,
        did_web_origin=ORIGIN,
        database=database_settings,
        auth=AuthSettings(issuer=BASE_URL, jwks_url=f"{BASE_URL}/oauth/jwks", audiences=(BASE_URL,)),
    )


@pytest_asyncio.fixture(scope="session")
async def open_verifier(settings: VerifierSettings) -> AsyncIterator[Database]:
    async with open_database(settings.database, "tests") as database:
        yield database


@pytest_asyncio.fixture(scope="session")
async def empty(database_settings: DatabaseSettings) -> AsyncIterator[Empty]:
    async with emptying(database_settings) as empty:
        yield empty


@pytest_asyncio.fixture
async def database(open_verifier: Database, empty: Empty) -> Database:
    """An empty verifier."""
    await empty()
    return open_verifier


@pytest.fixture
def deliver(database: Database) -> Deliver:
    """Apply payloads as if they had come by the bus, each as an event of its own."""
    inbox: Inbox[UnitOfWork] = Inbox(lambda: UnitOfWork(database), subscriptions())

    async def deliver(*payloads: Payload) -> list[Outcome]:
        return [await inbox.process(record_of(payload)) for payload in payloads]

    return deliver


@pytest.fixture
def web() -> Web:
    return Web()


@pytest.fixture
def processor() -> Processor:
    return offload


@pytest_asyncio.fixture
async def client(
    database: Database, settings: VerifierSettings, web: Web, processor: Processor, mint: TokenMint
) -> AsyncIterator[httpx.AsyncClient]:
    app = main.application(
        settings,
        own_origins=settings.own_origins,
        unit_of_work=lambda: UnitOfWork(database),
        web=web,
        processor=processor,
        tokens=mint.verifier(),
    )
    async with asgi_client(app) as client:
        client.headers.update(mint.headers(ORG, SCOPE))
        yield client


@pytest.fixture
def verify(client: httpx.AsyncClient) -> Verify:
    """Post a credential and return the answer."""

    async def verify(credential: Any, **members: Any) -> dict[str, Any]:
        response = await client.post("/verifications", json={"credential": credential, **members})
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    return verify


@pytest.fixture
def university() -> Issuer:
    return of_the_fleet("harbor")
