"""The migrations make exactly the tables the code believes in, and can be asked twice."""

import asyncio
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.command import upgrade
from alembic.migration import MigrationContext
from sqlalchemy import Connection, TextClause, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.adapters.tables import METADATA
from catalog.main import NAME
from service_kit.database import Database, open_database
from service_kit.migrations import LOCK, check_revision, config, migrate
from service_kit.settings import DatabaseSettings
from service_kit.tables import KIT
from service_kit.testing import MakeDatabase

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


ADD = text("""
INSERT INTO courses (id, org_id, code, title, general_education, extra, created_at, updated_at)
VALUES (:id, 'org', :id, 'Latin', '[]', '{}', now(), now())
""")
TAKE_TURN = text(f"SELECT pg_advisory_lock({LOCK})")
END_TURN = text(f"SELECT pg_advisory_unlock({LOCK})")
# It holds no snapshot meanwhile, for which whoever makes an index would wait.
WAITS_FOR_ITS_TURN = text("""
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = '' AND state = 'idle' AND query ILIKE 'commit%'
""")
UNDER_WAY = text("SELECT count(*) FROM pg_stat_progress_create_index WHERE relid = 'courses'::regclass")
MADE = text("""
SELECT indexrelid::regclass::text, indisvalid AND NOT indisunique FROM pg_index
WHERE indexrelid::regclass::text IN ('ix_courses_title', 'ix_achievements_title', 'ix_courses_org_id') ORDER BY 1
""")


async def until(connection: AsyncConnection, condition: TextClause) -> None:
    async with asyncio.timeout(60):
        while not await connection.scalar(condition):
            await asyncio.sleep(0.05)


async def test_courses_are_written_while_their_indexes_are_made(make_database: MakeDatabase) -> None:
    settings = make_database(NAME, migrated=False)
    await asyncio.to_thread(upgrade, config(NAME, settings), "0012")
    owning = settings.model_copy(update={"url": settings.migrate_url})
    async with open_database(settings, "writer") as writer, open_database(owning, "owner") as owner:
        async with writer.engine.begin() as connection:
            await connection.execute(ADD, [{"id": "a"}, {"id": "b"}])
        async with owner.connection() as connection:
            with pytest.raises(DBAPIError, match="ix_courses_org_id"):  # an attempt that failed leaves what is no index
                await connection.execute(text("CREATE UNIQUE INDEX CONCURRENTLY ix_courses_org_id ON courses (org_id)"))
            async with writer.engine.begin() as slow:
                await slow.execute(ADD, {"id": "c"})
                await connection.execute(TAKE_TURN)
                migrating = asyncio.create_task(asyncio.to_thread(migrate, NAME, settings))
                await until(connection, WAITS_FOR_ITS_TURN)
                await connection.execute(END_TURN)
                await until(connection, UNDER_WAY)
                async with asyncio.timeout(60), writer.engine.begin() as quick:
                    await quick.execute(ADD, {"id": "d"})
                assert not migrating.done()
            await migrating
            made = [tuple(row) for row in await connection.execute(MADE)]
        assert made == [("ix_achievements_title", True), ("ix_courses_org_id", True), ("ix_courses_title", True)]
        await check_revision(writer, NAME)
