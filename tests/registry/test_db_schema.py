"""The migrations build what the code expects, and give the service no more rights than it needs."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from registry.adapters.tables import METADATA, PROJECTIONS
from registry.commands import inbox
from service_kit.database import Database, open_database
from service_kit.inbox import Outcome
from service_kit.settings import DatabaseSettings
from service_kit.tables import KIT
from tests.registry import events
from tests.registry.conftest import record_of

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_server_default": False})
    found = compare_metadata(context, [METADATA, KIT])  # type: ignore[arg-type]  # a list of them is documented
    unused = {"outbox", "idempotency_keys", "revoked_access"}
    return [entry for entry in found if not _about(entry, unused)]


def _about(entry: object, tables: set[str]) -> bool:
    subject = entry[1] if isinstance(entry, tuple) else None
    table = getattr(subject, "table", subject)
    return getattr(table, "name", None) in tables


async def test_the_migrations_build_the_tables_of_the_code(database: Database, owner: DatabaseSettings) -> None:
    async with open_database(owner, "tests") as as_owner, as_owner.engine.connect() as connection:
        assert await connection.run_sync(_differences) == []


async def test_the_service_may_change_rows_and_not_tables(database: Database) -> None:
    rights = text(
        "SELECT table_name, string_agg(privilege_type, ',' ORDER BY privilege_type) AS rights FROM"
        " information_schema.role_table_grants WHERE grantee = current_user GROUP BY table_name"
    )
    async with database.connection() as connection:
        granted = {row.table_name: row.rights for row in await connection.execute(rights)}

    assert granted == {
        **{table.name: "DELETE,INSERT,SELECT,UPDATE" for table in PROJECTIONS},
        "inbox": "DELETE,INSERT,SELECT",
        "alembic_version": "SELECT",
    }


async def test_no_column_holds_a_learner(database: Database) -> None:
    columns = {column.name for table in PROJECTIONS for column in table.c}

    assert not {name for name in columns for word in ("email", "recipient", "learner", "subject") if word in name}


async def test_a_document_that_postgres_cannot_keep_as_text_is_kept_all_the_same(database: Database) -> None:
    payload = events.issuer(profile={"id": events.DID, "name": "a\x00b", "type": ["Profile"]})

    assert await inbox(database).process(record_of(payload)) is Outcome.APPLIED
