"""The migrations make exactly the tables the code believes in, and can be asked twice."""

import asyncio
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from catalog.adapters.tables import METADATA
from catalog.main import NAME
from service_kit.database import Database
from service_kit.migrations import check_revision, migrate
from service_kit.settings import DatabaseSettings
from service_kit.tables import KIT

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


def differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, [METADATA, KIT]))  # type: ignore[arg-type]  # several are allowed


async def test_migrated_tables_are_the_tables_of_the_code(owner: Database) -> None:
    async with owner.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_migrating_again_changes_nothing(catalog_settings: DatabaseSettings, database: Database) -> None:
    await asyncio.to_thread(migrate, NAME, catalog_settings)

    await check_revision(database, NAME)
