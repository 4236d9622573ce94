"""Access that ended: applied once in any order, seen by every process, forgotten when it no longer matters."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Literal

import pytest
from sqlalchemy import func, select, text, update

from contracts.envelope import envelope
from contracts.events import AccessRevoked
from service_kit.auth import Caller
from service_kit.bus import Record
from service_kit.clock import utc_now
from service_kit.database import Database, UnitOfWork
from service_kit.errors import Unauthorized
from service_kit.ids import new_id
from service_kit.inbox import Inbox
from service_kit.revoked_access import RevokedAccess, subscription
from service_kit.tables import REVOKED_ACCESS
from service_kit.testing import TokenMint
from tests.service_kit.support import until

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

Kind = Literal["token", "grant", "client"]


def caller(jti: str = "t1", client: str = "c1", subject: str = "c1", grant: str | None = None) -> Caller:
    return Caller(client, subject, "org", "university", frozenset(), jti, grant)


async def tell(database: Database, kind: Kind, ended: str, lasts: timedelta = timedelta(minutes=10)) -> None:
    now = utc_now()
    payload = AccessRevoked(kind=kind, id=ended, revoked_at=now, until=now + lasts)
    event = envelope(payload, event_id=new_id(), source="/gateway", time=now)
    inbox: Inbox[UnitOfWork] = Inbox(lambda: UnitOfWork(database), [subscription()])
    await inbox.process(Record("access-revoked", payload.key().encode(), event.data, event.headers()))


async def rows(database: Database) -> int:
    async with database.snapshot() as session:
        return await session.scalar(select(func.count()).select_from(REVOKED_ACCESS)) or 0


@pytest.mark.parametrize(
    ("kind", "ended", "falls", "stays"),
    [
        ("token", "t1", caller("t1"), caller("t2")),
        ("token", "t1", caller("t1.t3"), caller("t11")),
        ("token", "t1.t3", caller("t1.t3.t4"), caller("t1")),
        ("client", "c1", caller(client="c1"), caller(client="c2", subject="c2")),
        ("client", "c1", caller(client="c2", subject="c1"), caller(client="c2", subject="c3")),
        ("grant", "g1", caller(grant="g1", subject="anna"), caller(grant="g2", subject="anna")),
    ],
)
async def test_it_ends_what_it_names_and_nothing_else(
    database: Database, kind: Kind, ended: str, falls: Caller, stays: Caller
) -> None:
    await tell(database, kind, ended)
    revoked = RevokedAccess(database)
    await revoked.refresh()

    assert await revoked.includes(falls)
    assert not await revoked.includes(stays)


async def test_a_process_that_runs_hears_of_each_new_one(database: Database) -> None:
    revoked, stop = RevokedAccess(database), asyncio.Event()
    running = asyncio.create_task(revoked.run(stop))
    try:
        for number in range(3):
            assert not await revoked.includes(caller(f"t{number}"))
            await tell(database, "token", f"t{number}")
            await until(lambda number=number: revoked.includes(caller(f"t{number}")))  # type: ignore[misc]  # bound now
        assert await revoked.includes(caller("t0"))
    finally:
        stop.set()
        await running


async def test_a_transaction_that_commits_late_is_not_missed(database: Database) -> None:
    revoked = RevokedAccess(database)
    await tell(database, "token", "new")
    await revoked.refresh()
    await tell(database, "token", "late")
    async with database.engine.begin() as connection:
        earlier = update(REVOKED_ACCESS).where(REVOKED_ACCESS.c.id == "late")
        await connection.execute(earlier.values(added_at=REVOKED_ACCESS.c.added_at - timedelta(seconds=20)))
    await revoked.refresh()
    assert await revoked.includes(caller("late"))


async def test_a_repetition_changes_nothing(database: Database) -> None:
    await tell(database, "token", "t1")
    await tell(database, "token", "t1")
    assert await rows(database) == 1


async def test_what_has_expired_is_forgotten(database: Database) -> None:
    now = utc_now()
    await tell(database, "token", "old", timedelta(minutes=-6))
    revoked = RevokedAccess(database, clock=lambda: now)
    await tell(database, "token", "t1", timedelta(minutes=1))
    assert await rows(database) == 1
    await revoked.refresh()
    assert await revoked.includes(caller("t1"))

    now = utc_now() + timedelta(hours=1)
    async with database.engine.begin() as connection:
        await connection.execute(text("DELETE FROM revoked_access"))
    await revoked.refresh()
    assert not await revoked.includes(caller("t1"))


async def test_a_process_is_ready_once_it_has_read(database: Database) -> None:
    revoked = RevokedAccess(database)
    with pytest.raises(RuntimeError, match="not read"):
        await revoked.check()
    await revoked.refresh()
    await revoked.check()


async def test_a_token_that_is_revoked_is_refused_whatever_else_it_says(database: Database, mint: TokenMint) -> None:
    revoked = RevokedAccess(database)
    verifier = mint.verifier(is_revoked=revoked.includes)
    token = mint.token("org", "a:b", jti="t1")
    assert (await verifier.verify(token)).token_id == "t1"
    await tell(database, "client", "client-of-org")
    await revoked.refresh()
    with pytest.raises(Unauthorized, match="revoked"):
        await verifier.verify(token)
