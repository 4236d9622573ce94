"""Alembic for every service: one tree inside its package, run by the tables' owner, one runner at a time.

A service's `migrations/env.py` calls `run(METADATA)`; its migrations call `create_kit_tables` and `grant`, and
`create_index` for a table that is in use.
"""

import asyncio
import time
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

from alembic import context, op
from alembic.command import upgrade
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from service_kit.database import Database
from service_kit.direct import fetch_outside
from service_kit.settings import DatabaseSettings
from service_kit.tables import IDEMPOTENCY_KEYS, INBOX, KIT, OUTBOX, REVOKED_ACCESS

LOCK = 0x6C61_7265_6C61_7902  # one migration at a time per database
MIGRATIONS = "migrations"
LOCK_EVERY_S = 0.2
UNDEFINED_TABLE = "42P01"
LIMITS = {"lock_timeout": "5s", "statement_timeout": "300s"}
IS_VALID = text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)")


def config(package: str, settings: DatabaseSettings) -> Config:
    """Alembic's configuration for a package, with the two roles it needs."""
    found = Config()
    found.set_main_option("script_location", str(files(package) / MIGRATIONS))
    found.set_main_option("file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(rev)s_%%(slug)s")
    found.attributes["url"] = (settings.migrate_url or settings.url).get_secret_value()
    found.attributes["app_role"] = make_url(settings.url.get_secret_value()).username
    return found


def migrate(package: str, settings: DatabaseSettings) -> None:
    """Bring the database up to the newest revision. Safe to run twice, and at the same time elsewhere."""
    upgrade(config(package, settings), "head")


@lru_cache
def _head(package: str) -> str | None:
    """The newest revision of this code. Found once: reading the scripts blocks the loop for tens of milliseconds."""
    return ScriptDirectory(str(files(package) / MIGRATIONS)).get_current_head()


async def check_revision(database: Database, package: str) -> None:
    """Readiness: raises RuntimeError while the database is older than this code's migrations."""
    head, current = _head(package), await _revision(database)
    if current != head:
        raise RuntimeError(f"the database is at revision {current}, this code needs {head}: run `migrate`")


async def _revision(database: Database) -> str | None:
    """Alembic's own way makes fifteen kilobytes of garbage in cycles, and this is asked each second."""
    try:
        found = await fetch_outside(database, "SELECT version_num FROM alembic_version")
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != UNDEFINED_TABLE:
            raise
        return None
    return str(found[0][0]) if found else None


def run(metadata: MetaData) -> None:
    """The whole of a service's env.py. Offline mode is not supported: there is no use for it."""
    asyncio.run(_run(metadata))


async def _run(metadata: MetaData) -> None:
    engine = create_async_engine(context.config.attributes["url"], poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_migrate, metadata)
            await connection.commit()
    finally:
        await engine.dispose()


def _migrate(connection: Connection, metadata: MetaData) -> None:
    for name, limit in LIMITS.items():
        connection.execute(text(f"SET {name} = '{limit}'"))
    _take_turn(connection)
    context.configure(
        connection=connection,
        target_metadata=[metadata, KIT],
        compare_server_default=False,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
    connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})


def _take_turn(connection: Connection) -> None:
    """Ask again and again, for as long as it takes: who waits in a statement is waited for by `create_index`."""
    while not connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}):
        connection.commit()
        time.sleep(LOCK_EVERY_S)
    connection.commit()


def create_index(name: str, table: str, of: str) -> None:
    """Make an index while the table is read and written, e.g. of="USING gin (search)". It ends the transaction.

    It waits for every transaction that was under way, however long; what a failed attempt left is replaced. One that
    was made beforehand by the same name is taken as it is.
    """
    with op.get_context().autocommit_block():
        bind = op.get_bind()
        for limit in LIMITS:
            bind.execute(text(f"SET {limit} = 0"))
        if bind.scalar(IS_VALID, {"name": name}) is False:
            op.execute(f'DROP INDEX CONCURRENTLY "{name}"')
        op.execute(f'CREATE INDEX CONCURRENTLY IF NOT EXISTS "{name}" ON "{table}" {of}')
        for limit, usual in LIMITS.items():
            bind.execute(text(f"SET {limit} = '{usual}'"))


def app_role() -> str:
    """The role that the service runs as."""
    role: str = context.config.attributes["app_role"]
    return role


def grant(table: str, rights: str) -> None:
    """Give the service's role rights on one table, e.g. grant("records", "SELECT, INSERT"). Names come from code."""
    op.execute(f'GRANT {rights} ON TABLE "{table}" TO "{app_role()}"')


def create_kit_tables(*names: str) -> None:
    """Create the kit's tables that a service uses, with their rights. Without names: the three that most began with."""
    rights = {
        OUTBOX.name: "SELECT, INSERT, UPDATE",
        INBOX.name: "SELECT, INSERT, DELETE",
        IDEMPOTENCY_KEYS.name: "SELECT, INSERT, UPDATE, DELETE",
        REVOKED_ACCESS.name: "SELECT, INSERT, DELETE",
    }
    chosen: Sequence[str] = names or (OUTBOX.name, INBOX.name, IDEMPOTENCY_KEYS.name)
    for table in (OUTBOX, INBOX, IDEMPOTENCY_KEYS, REVOKED_ACCESS):
        if table.name in chosen:
            table.create(op.get_bind())
            grant(table.name, rights[table.name])
    op.execute(f'GRANT SELECT ON TABLE alembic_version TO "{app_role()}"')
