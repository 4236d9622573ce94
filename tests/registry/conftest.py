"""A registry with a real database: `deliver` hands it events, `client` reads its public addresses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
import pytest_asyncio

from contracts.envelope import envelope
from contracts.payload import Payload
from contracts.topics import TOPIC_OF
from registry import main
from registry.adapters.readings import SqlReadings
from registry.adapters.statistics import SqlStatistics
from registry.commands import inbox as inbox_of
from registry.settings import RegistrySettings
from service_kit.bus import Record
from service_kit.clock import utc_now
from service_kit.database import Database, open_database
from service_kit.ids import new_id
from service_kit.inbox import Outcome
from service_kit.settings import AuthSettings, DatabaseSettings
from service_kit.testing import BASE_URL, Empty, MakeDatabase, asgi_client, emptying

Deliver = Callable[..., Awaitable[list[Outcome]]]


def record_of(payload: Payload, event_id: str | None = None) -> Record:
    """A payload as the issuer's or the catalog's relay puts it on the bus."""
    topic = TOPIC_OF[type(payload)]
    event = envelope(payload, event_id=event_id or new_id(), source=f"/{topic.producer}", time=utc_now())
    return Record(topic.name, payload.key().encode(), event.data, event.headers())


@pytest.fixture(scope="session")
def database_settings(make_database: MakeDatabase) -> DatabaseSettings:
    return make_database("registry")


@pytest.fixture(scope="session")
def settings(database_settings: DatabaseSettings) -> RegistrySettings:
    return RegistrySettings(
        environment="development",
        public_base_url=BASE_URL,
        database=database_settings,
        auth=AuthSettings(issuer=BASE_URL, jwks_url=f"{BASE_URL}/oauth/jwks", audiences=(BASE_URL,)),
    )


@pytest_asyncio.fixture(scope="session")
async def open_registry(settings: RegistrySettings) -> AsyncIterator[Database]:
    async with open_database(settings.database, "tests") as database:
        yield database


@pytest_asyncio.fixture(scope="session")
async def empty(database_settings: DatabaseSettings) -> AsyncIterator[Empty]:
    async with emptying(database_settings) as empty:
        yield empty


@pytest_asyncio.fixture
async def database(open_registry: Database, empty: Empty) -> Database:
    """An empty registry."""
    await empty()
    return open_registry


@pytest.fixture
def deliver(database: Database) -> Deliver:
    """Apply payloads as if they had come by the bus, each as an event of its own."""
    inbox = inbox_of(database)

    async def deliver(*payloads: Payload) -> list[Outcome]:
        return [await inbox.process(record_of(payload)) for payload in payloads]

    return deliver


@pytest_asyncio.fixture
async def client(database: Database, settings: RegistrySettings) -> AsyncIterator[httpx.AsyncClient]:
    async with asgi_client(main.app(settings, SqlReadings(database), SqlStatistics(database))) as client:
        yield client


@pytest.fixture(scope="session")
def owner(database_settings: DatabaseSettings) -> DatabaseSettings:
    """The database as the tables' owner sees it."""
    assert database_settings.migrate_url is not None
    return database_settings.model_copy(update={"url": database_settings.migrate_url})
