"""What the database itself guarantees: its migrations, the rights of the service's role, the sweeping of old rows."""

from datetime import timedelta
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import ProgrammingError

from gateway.adapters.housekeeping import sweep
from gateway.adapters.tables import CLIENT_ASSERTIONS, CLIENT_SECRETS, METADATA, REVOKED_TOKENS
from service_kit.database import Database
from service_kit.migrations import check_revision
from service_kit.settings import DatabaseSettings
from service_kit.tables import IDEMPOTENCY_KEYS
from tests.gateway.harness import Gateway
from tests.gateway.signing import register_signer, signed
from tools.postgres import Server

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


async def test_migrations_make_exactly_the_tables_of_the_code(gateway: Gateway) -> None:
    def differences(connection: Connection) -> list[Any]:
        own = METADATA.tables.keys() | {"alembic_version", IDEMPOTENCY_KEYS.name}
        assert own - {"alembic_version"} <= set(connection.dialect.get_table_names(connection))
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_name": lambda name, kind, _: kind != "table" or name in METADATA.tables,
            },
        )
        found: list[Any] = compare_metadata(context, METADATA)
        return found

    async with gateway.database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_database_without_tables_is_not_ready(postgres_server: Server) -> None:
    app_url, migrate_url = postgres_server.create_database("gateway")
    settings = DatabaseSettings(url=SecretStr(app_url), migrate_url=SecretStr(migrate_url))
    database = Database(settings, "tests")
    try:
        with pytest.raises(Exception, match=r"alembic_version|revision"):
            await check_revision(database, "gateway")
    finally:
        await database.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'x'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "DELETE FROM organizations",
        "DELETE FROM clients",
        "DELETE FROM signing_keys",
        "UPDATE revoked_tokens SET expires_at = now()",
        "DROP TABLE audit",
        "CREATE TABLE mine (id int)",
    ],
)
async def test_the_services_role_cannot(gateway: Gateway, statement: str) -> None:
    async with gateway.unit_of_work() as work:
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
            await work.session.execute(text(statement))


async def test_what_has_expired_is_swept_and_the_rest_stays(gateway: Gateway) -> None:
    signer = await register_signer(gateway)
    member = await gateway.member("meadow")
    headers = await gateway.headers(member)
    await gateway.http.post("/oauth/revoke", auth=member.auth, data={"token": await gateway.token(member)})
    await signer.send(signed(signer.claims()))
    rotated = await gateway.http.post(
        f"/clients/{member.client_id}/secret", headers=headers | {"Idempotency-Key": "k"}, json={"graceSeconds": 60}
    )
    tables = (REVOKED_TOKENS, CLIENT_ASSERTIONS, CLIENT_SECRETS, IDEMPOTENCY_KEYS)

    async def counts() -> list[int]:
        async with gateway.unit_of_work() as work:
            return [await work.session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]

    before = await counts()
    await sweep(gateway.database, gateway.clock)
    assert await counts() == before == [1, 1, 4, 1]
    gateway.clock.forward(minutes=16)
    await sweep(gateway.database, gateway.clock)
    assert await counts() == [0, 0, 3, 1]
    gateway.clock.now += timedelta(days=1)
    await sweep(gateway.database, gateway.clock)
    assert await counts() == [0, 0, 3, 0]
    assert (await gateway.ask({}, auth=(member.client_id, rotated.json()["clientSecret"]))).status_code == 200
