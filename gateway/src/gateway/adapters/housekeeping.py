"""Rows that mean nothing any more: expired assertions, revocations, secrets, and old idempotency keys."""

import asyncio
from datetime import datetime, timedelta

from sqlalchemy import ARRAY, Text, any_, delete, exists, literal, or_, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.adapters.people_tables import ACCOUNT_LINKS, ATTEMPTS, INVITATIONS, MAILS, PASSKEY_CHALLENGES, SESSIONS
from gateway.adapters.tables import (
    AUTHORIZATION_REQUESTS,
    CLIENT_ASSERTIONS,
    CLIENT_SECRETS,
    CLIENTS,
    CODES,
    GRANTS,
    LOGOUT_NOTICES,
    PROOFS,
    REFRESH_TOKENS,
    REVOKED_TOKENS,
)
from gateway.core.model import ApplicationType, AuthMethod
from gateway.oauth.policy import GRANT_LIFETIME
from service_kit.clock import Clock
from service_kit.database import Database
from service_kit.logs import get_logger
from service_kit.tables import IDEMPOTENCY_KEYS

log = get_logger(__name__)

EVERY_S = 60.0
SKEW = timedelta(minutes=5)  # another process's clock may be behind
REPEATABLE_FOR = timedelta(hours=24)
KNOWN_AFTER_USE = timedelta(days=1)  # a code or refresh token that comes again is recognised for so long
STANDING_FOR = GRANT_LIFETIME + SKEW  # for so long a person's yes is good without a page (`prompt=none`)
EXPIRING = (
    (CLIENT_ASSERTIONS, SKEW),
    (PROOFS, SKEW),
    (CLIENT_SECRETS, SKEW),
    (REVOKED_TOKENS, SKEW),
    (SESSIONS, SKEW),
    (INVITATIONS, SKEW),
    (PASSKEY_CHALLENGES, SKEW),
    (ACCOUNT_LINKS, SKEW),
    (MAILS, SKEW),
    (LOGOUT_NOTICES, SKEW),
    (ATTEMPTS, SKEW),
    (AUTHORIZATION_REQUESTS, SKEW),
)
CHILDREN = (CODES, REFRESH_TOKENS)


async def sweep(database: Database, clock: Clock) -> None:
    """Remove what has expired."""
    now = clock()
    async with database.engine.begin() as connection:
        for table, kept in EXPIRING:
            await connection.execute(delete(table).where(table.c.expires_at < now - kept))
        await _sweep_grants(connection, now)
        await connection.execute(delete(IDEMPOTENCY_KEYS).where(IDEMPOTENCY_KEYS.c.created_at < now - REPEATABLE_FOR))


async def _sweep_grants(connection: AsyncConnection, now: datetime) -> None:
    """Codes and refresh tokens, and the grants that have none left; but for those that may still answer without a page.

    Looked at are grants that just lost something, and the oldest: never all of them.
    """
    bereft: list[str] = []
    for table in CHILDREN:
        expired = delete(table).where(table.c.expires_at < now - KNOWN_AFTER_USE)
        bereft += await connection.scalars(expired.returning(table.c.grant_id))
    unused = [~exists().where(table.c.grant_id == GRANTS.c.id) for table in CHILDREN]
    is_native = CLIENTS.c.application_type == ApplicationType.NATIVE
    public = select(CLIENTS.c.id).where(CLIENTS.c.auth_method == AuthMethod.NONE, is_native)
    is_over = or_(GRANTS.c.revoked_at.is_not(None), GRANTS.c.renews.is_not(None), GRANTS.c.client_id.in_(public))
    lost_one = GRANTS.c.id == any_(literal(bereft, ARRAY(Text)))
    await connection.execute(delete(GRANTS).where(lost_one, is_over, *unused))
    await connection.execute(delete(GRANTS).where(GRANTS.c.created_at < now - STANDING_FOR, *unused))


async def keep_sweeping(database: Database, clock: Clock) -> None:
    """Sweep until cancelled. A database that is away is tried again."""
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            await sweep(database, clock)
        except (DBAPIError, OSError, TimeoutError) as error:
            log.warning("sweep_failed", error=type(error).__name__)
