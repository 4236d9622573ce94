"""The migrations make the tables that the code describes, and the service starts only on those."""

import asyncio
import gc

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import Connection

from issuer.adapters.tables import METADATA
from issuer.settings import IssuerSettings
from service_kit.database import Database, open_database
from service_kit.migrations import check_revision, migrate
from service_kit.settings import DatabaseSettings
from service_kit.tables import KIT
from tools.postgres import Server

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"target_metadata": [METADATA, KIT]})
    return list(compare_metadata(context, [METADATA, KIT]))  # type: ignore[arg-type]  # a list is accepted


async def test_the_migrated_tables_are_those_of_the_code(settings: IssuerSettings) -> None:
    assert settings.database.migrate_url is not None
    owner = settings.database.model_copy(update={"url": settings.database.migrate_url})
    async with open_database(owner, "tests") as database, database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_database_without_tables_is_not_ready_and_a_migrated_one_is(
    postgres_server: Server, open_issuer_database: Database, settings: IssuerSettings
) -> None:
    await check_revision(open_issuer_database, "issuer")
    urls = await asyncio.to_thread(postgres_server.create_database, "issuer")
    fresh = DatabaseSettings(url=SecretStr(urls.app_url), migrate_url=SecretStr(urls.migrate_url))
    async with open_database(fresh, "tests") as database:
        with pytest.raises(RuntimeError, match="run `migrate`"):
            await check_revision(database, "issuer")


async def test_migrating_twice_changes_nothing(settings: IssuerSettings) -> None:
    await asyncio.to_thread(migrate, "issuer", settings.database)


async def test_a_look_at_the_revision_leaves_no_garbage_in_cycles(open_issuer_database: Database) -> None:
    """It is asked each second, and cycles stay until the collector looks at everything."""
    await check_revision(open_issuer_database, "issuer")
    gc.collect()
    gc.disable()
    try:
        for _ in range(20):
            await check_revision(open_issuer_database, "issuer")
        assert gc.collect() < 20
    finally:
        gc.enable()
