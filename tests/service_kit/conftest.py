"""A database with the kit's own tables and one projection, as a service would have."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy import BigInteger, Column, MetaData, Table, Text, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from service_kit.database import Database, open_database
from service_kit.settings import DatabaseSettings
from service_kit.tables import KIT
from service_kit.testing import empty
from tools.blocking import run
from tools.postgres import Server

PROJECTION = MetaData()
SEEN = Table(
    "seen",
    PROJECTION,
    Column("slug", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("times", BigInteger, nullable=False),
)


@pytest.fixture(scope="session")
def database_settings(postgres_server: Server) -> DatabaseSettings:
    app_url, migrate_url = postgres_server.create_database("kit")
    run(_create(migrate_url, make_url(app_url).username or ""))
    return DatabaseSettings(url=SecretStr(app_url), migrate_url=SecretStr(migrate_url), pool_size=5)


async def _create(migrate_url: str, app_role: str) -> None:
    engine = create_async_engine(migrate_url)
    async with engine.begin() as connection:
        for tables in (KIT, PROJECTION):
            await connection.run_sync(tables.create_all)
        await connection.execute(text(f'GRANT ALL ON ALL TABLES IN SCHEMA public TO "{app_role}"'))
    await engine.dispose()


@pytest_asyncio.fixture(scope="session")
async def open_kit_database(database_settings: DatabaseSettings) -> AsyncIterator[Database]:
    async with open_database(database_settings, "tests") as database:
        yield database


@pytest_asyncio.fixture
async def database(open_kit_database: Database, database_settings: DatabaseSettings) -> Database:
    """Empty tables."""
    await empty(database_settings)
    return open_kit_database
