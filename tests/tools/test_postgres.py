"""The PostgreSQL that tests and the local fleet stand on."""

from __future__ import annotations

import asyncpg
import pytest

from tools.postgres import Server

pytestmark = pytest.mark.db


async def _fetchval(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


@pytest.mark.asyncio
async def test_owner_migrates_and_service_has_no_rights_until_granted(postgres_server: Server) -> None:
    app_url, migrate_url = postgres_server.create_database("issuer")
    await _fetchval(migrate_url, "CREATE TABLE one (id int)")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await _fetchval(app_url, "SELECT count(*) FROM one")
    await _fetchval(migrate_url, "GRANT SELECT ON one TO issuer_app")
    assert await _fetchval(app_url, "SELECT count(*) FROM one") == 0
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await _fetchval(app_url, "CREATE TABLE two (id int)")


@pytest.mark.asyncio
async def test_another_services_role_cannot_connect(postgres_server: Server) -> None:
    issuer_url = postgres_server.create_database("issuer").app_url
    registry_url = postgres_server.create_database("registry").app_url
    database = issuer_url.rpartition("/")[2]

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await _fetchval(f"{registry_url.rpartition('/')[0]}/{database}", "SELECT 1")


@pytest.mark.asyncio
async def test_a_copy_of_a_template_has_its_tables_and_grants(postgres_server: Server) -> None:
    template = postgres_server.create_database("catalog").migrate_url
    await _fetchval(template, "CREATE TABLE one (id int)")
    await _fetchval(template, "GRANT SELECT ON one TO catalog_app")

    copy = postgres_server.create_database("catalog", template=template.rpartition("/")[2])

    assert await _fetchval(copy.app_url, "SELECT count(*) FROM one") == 0


@pytest.mark.asyncio
async def test_case_folding_knows_unicode_and_dates_are_utc(postgres_server: Server) -> None:
    app_url = postgres_server.create_database("catalog").app_url
    assert await _fetchval(app_url, "SELECT lower('ÉTUDE')") == "étude"
    assert await _fetchval(app_url, "SHOW timezone") == "UTC"


@pytest.mark.asyncio
async def test_a_dropped_database_is_gone(postgres_server: Server) -> None:
    app_url = postgres_server.create_database("catalog").app_url
    postgres_server.drop_database(app_url)
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await _fetchval(app_url, "SELECT 1")
