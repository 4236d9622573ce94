"""Rows that mean nothing any more: expired assertions, revocations, secrets, and old idempotency keys."""

import asyncio
from datetime import timedelta

from sqlalchemy import delete, exists, or_
from sqlalchemy.exc import DBAPIError

from gateway.adapters.tables import (
    ACCOUNT_LINKS,
    ATTEMPTS,
    AUTHORIZATION_REQUESTS,
    CLIENT_ASSERTIONS,
    CLIENT_SECRETS,
    CODES,
    GRANTS,
    INVITATIONS,
    MAILS,
    PASSKEY_CHALLENGES,
    PROOFS,
    REFRESH_TOKENS,
    REVOKED_TOKENS,
    SESSIONS,
)
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
    (ATTEMPTS, SKEW),
    (AUTHORIZATION_REQUESTS, SKEW),
    (CODES, KNOWN_AFTER_USE),
    (REFRESH_TOKENS, KNOWN_AFTER_USE),
)


async def sweep(database: Database, clock: Clock) -> None:
    """Remove what has expired."""
    now = clock()
    async with database.engine.begin() as connection:
        for table, kept in EXPIRING:
            await connection.execute(delete(table).where(table.c.expires_at < now - kept))
        in_use = [exists().where(table.c.grant_id == GRANTS.c.id) for table in (CODES, REFRESH_TOKENS)]
        is_over = or_(
            GRANTS.c.revoked_at.is_not(None), GRANTS.c.renews.is_not(None), GRANTS.c.created_at < now - STANDING_FOR
        )
        await connection.execute(delete(GRANTS).where(is_over, *(~used for used in in_use)))
        await connection.execute(delete(IDEMPOTENCY_KEYS).where(IDEMPOTENCY_KEYS.c.created_at < now - REPEATABLE_FOR))


async def keep_sweeping(database: Database, clock: Clock) -> None:
    """Sweep until cancelled. A database that is away is tried again."""
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            await sweep(database, clock)
        except (DBAPIError, OSError, TimeoutError) as error:
            log.warning("sweep_failed", error=type(error).__name__)
