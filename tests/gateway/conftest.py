"""The authorization server over a real PostgreSQL: one migrated database per run, emptied before each test."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
import pytest_asyncio
from pydantic import SecretStr

from gateway.adapters.signing_keys import key_maker
from gateway.adapters.unit_of_work import SqlUnitOfWork
from gateway.adapters.vault import LocalVault
from gateway.core.rotate_keys import RotateKeys
from gateway.main import application, wire
from gateway.settings import GatewaySettings, PasswordSettings
from service_kit.database import Database, open_database
from service_kit.fetcher import open_fetcher
from service_kit.settings import DatabaseSettings, FetcherSettings
from service_kit.testing import Empty, MakeDatabase, asgi_client, empty, emptying
from tests.gateway.harness import BASE, TLS, Gateway, HeldClock
from tests.gateway.made_keys import made_keys


@pytest.fixture(scope="session")
def gateway_database(make_database: MakeDatabase) -> DatabaseSettings:
    return make_database("gateway")


@pytest.fixture(scope="session")
def gateway_settings(gateway_database: DatabaseSettings) -> GatewaySettings:
    return GatewaySettings(
        environment="development",
        public_base_url=BASE,
        did_web_origin=TLS,
        database=gateway_database,
        key_encryption_key=SecretStr(base64.b64encode(bytes(range(32))).decode()),
        fetcher=FetcherSettings(allow_private=True),
        password=PasswordSettings(memory_kib=19456, passes=2),
    )


@asynccontextmanager
async def serving(settings: GatewaySettings) -> AsyncIterator[Gateway]:
    """A fresh one with a pool of its own."""
    await empty(settings.database)
    async with open_database(settings.database, "gateway-tests") as database, _over(database, settings) as gateway:
        yield gateway


@asynccontextmanager
async def _over(database: Database, settings: GatewaySettings) -> AsyncIterator[Gateway]:
    clock = HeldClock()
    async with open_fetcher(settings.fetcher) as fetcher:
        rotate = RotateKeys(
            unit_of_work=lambda: SqlUnitOfWork(database),
            new_key=key_maker(LocalVault(settings.encryption_key())),
            policy=settings.rotation(),
            clock=clock,
        )
        parts = wire(settings, database, fetcher, clock)
        async with asgi_client(application(settings, parts), BASE) as http:
            with made_keys():
                yield Gateway(http, parts, settings, database, clock, rotate, fetcher)


@dataclass(frozen=True)
class Standing:
    """What outlasts a test."""

    database: Database
    empty: Empty


@pytest_asyncio.fixture(scope="session")
async def standing(gateway_database: DatabaseSettings) -> AsyncIterator[Standing]:
    async with open_database(gateway_database, "gateway-tests") as database, emptying(gateway_database) as empty:
        yield Standing(database, empty)


@pytest_asyncio.fixture
async def gateway(standing: Standing, gateway_settings: GatewaySettings) -> AsyncIterator[Gateway]:
    """A fresh one for each test."""
    await standing.empty()
    async with _over(standing.database, gateway_settings) as server:
        yield server


@pytest_asyncio.fixture(scope="module")
async def standing_gateway(standing: Standing, gateway_settings: GatewaySettings) -> AsyncIterator[Gateway]:
    """One for all tests of a file. Do not mix with `gateway`, which empties the database."""
    await standing.empty()
    async with _over(standing.database, gateway_settings) as server:
        yield server
