"""The authorization server over a real PostgreSQL: one migrated database per run, emptied before each test."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from pydantic import SecretStr

from gateway.adapters.signing_keys import key_maker
from gateway.adapters.unit_of_work import SqlUnitOfWork
from gateway.adapters.vault import LocalVault
from gateway.core.rotate_keys import RotateKeys
from gateway.main import application, wire
from gateway.settings import GatewaySettings, PasswordSettings
from service_kit.database import open_database
from service_kit.fetcher import open_fetcher
from service_kit.settings import DatabaseSettings, FetcherSettings
from service_kit.testing import MakeDatabase, asgi_client, empty
from tests.gateway.harness import BASE, TLS, Gateway, HeldClock


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
    await empty(settings.database)
    clock = HeldClock()
    async with open_database(settings.database, "gateway-tests") as database, open_fetcher(settings.fetcher) as fetcher:
        rotate = RotateKeys(
            unit_of_work=lambda: SqlUnitOfWork(database),
            new_key=key_maker(LocalVault(settings.encryption_key())),
            policy=settings.rotation(),
            clock=clock,
        )
        parts = wire(settings, database, fetcher, clock)
        async with asgi_client(application(settings, parts), BASE) as http:
            yield Gateway(http, parts, settings, database, clock, rotate, fetcher)


@pytest_asyncio.fixture
async def gateway(gateway_settings: GatewaySettings) -> AsyncIterator[Gateway]:
    """A fresh one for each test."""
    async with serving(gateway_settings) as server:
        yield server


@pytest_asyncio.fixture(scope="module")
async def standing_gateway(gateway_settings: GatewaySettings) -> AsyncIterator[Gateway]:
    """One for all tests of a file. Do not mix with `gateway`, which empties the database."""
    async with serving(gateway_settings) as server:
        yield server
