"""The database that the migrations make is the one the code expects, and no more may be done to it than needed."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from service_kit.database import Database
from service_kit.settings import DatabaseSettings
from service_kit.tables import INBOX
from verifier.adapters.tables import METADATA

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


def differences(connection: Connection) -> list[object]:
    ours = {*METADATA.tables, INBOX.name}
    context = MigrationContext.configure(
        connection,
        opts={
            "target_metadata": [METADATA, INBOX.metadata],
            "include_name": lambda name, kind, _parents: kind != "table" or name in ours,
            "include_object": lambda item, name, kind, _reflected, _to: kind != "table" or name in ours,
        },
    )
    return list(compare_metadata(context, [METADATA, INBOX.metadata]))  # type: ignore[arg-type]  # a list is accepted


async def test_the_migrations_make_the_tables_of_the_code(database_settings: DatabaseSettings) -> None:
    owner = Database(database_settings.model_copy(update={"url": database_settings.migrate_url}), "owner")
    async with owner.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await owner.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE verifications SET verdict = 'valid'",
        "DELETE FROM verifications",
        "DELETE FROM credential_states",
        "DROP TABLE verifications",
        "CREATE TABLE other (id int)",
    ],
)
async def test_the_service_may_not(database: Database, statement: str) -> None:
    async with database.engine.connect() as connection:
        with pytest.raises(ProgrammingError):
            await connection.execute(text(statement))
