"""One migrated database for the catalog's tests, emptied before each, and the application over it."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from catalog.main import app as build_app
from service_kit.database import Database, open_database
from service_kit.settings import DatabaseSettings, Settings
from service_kit.testing import BASE_URL, Empty, MakeDatabase, TokenMint, asgi_client, emptying
from tests.catalog.samples import OTHER, UNIVERSITY


@pytest.fixture(scope="session")
def catalog_settings(make_database: MakeDatabase) -> DatabaseSettings:
    """A migrated database."""
    return make_database("catalog")


@pytest_asyncio.fixture(scope="session")
async def connected(catalog_settings: DatabaseSettings) -> AsyncIterator[Database]:
    """The same, as the service's own role."""
    async with open_database(catalog_settings, "catalog-tests") as opened:
        yield opened


@pytest_asyncio.fixture(scope="session")
async def owner(catalog_settings: DatabaseSettings) -> AsyncIterator[Database]:
    """The same, as the tables' owner."""
    owning = catalog_settings.model_copy(update={"url": catalog_settings.migrate_url})
    async with open_database(owning, "catalog-tests-owner") as opened:
        yield opened


@pytest_asyncio.fixture(scope="session")
async def empty(catalog_settings: DatabaseSettings) -> AsyncIterator[Empty]:
    async with emptying(catalog_settings) as empty:
        yield empty


@pytest_asyncio.fixture
async def database(connected: Database, empty: Empty) -> Database:
    """The same, empty."""
    await empty()
    return connected


@pytest.fixture
def app(database: Database, mint: TokenMint) -> FastAPI:
    """The application."""
    return build_app(Settings(public_base_url=BASE_URL, environment="development"), database, mint.verifier())


@pytest_asyncio.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Anybody."""
    async with asgi_client(app) as opened:
        yield opened


@pytest_asyncio.fixture
async def university(app: FastAPI, mint: TokenMint) -> AsyncIterator[httpx.AsyncClient]:
    """A university that may write."""
    async with asgi_client(app) as opened:
        opened.headers.update(mint.headers(UNIVERSITY, "catalog:write"))
        yield opened


@pytest_asyncio.fixture
async def other(app: FastAPI, mint: TokenMint) -> AsyncIterator[httpx.AsyncClient]:
    """Another university that may write."""
    async with asgi_client(app) as opened:
        opened.headers.update(mint.headers(OTHER, "catalog:write"))
        yield opened
