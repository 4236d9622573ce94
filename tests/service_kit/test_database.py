"""What PostgreSQL is told about a connection when it is opened."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from service_kit.beat import beating
from service_kit.database import Database

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
OUTLASTED = text("SELECT clock_timestamp() > CAST(:began AS timestamptz) + interval '2 seconds'")
SAYS = "SELECT setting FROM pg_settings WHERE name = :name"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tcp_keepalives_idle", "10"),
        ("tcp_keepalives_interval", "5"),
        ("tcp_keepalives_count", "3"),
        ("tcp_user_timeout", "25000"),
    ],
)
async def test_a_client_whose_machine_is_lost_is_noticed(database: Database, name: str, value: str) -> None:
    """Its advisory locks are free half a minute later, and not after the two hours of the operating system."""
    async with database.connection() as connection:
        assert await connection.scalar(text(SAYS), {"name": name}) == value


async def test_an_error_quotes_no_parameters(database: Database) -> None:
    async with database.connection() as connection:
        with pytest.raises(DBAPIError) as raised:
            await connection.execute(text("SELECT :name FROM nowhere"), {"name": "Ada Lovelace"})
    assert "nowhere" in str(raised.value)
    assert "Ada" not in str(raised.value)


async def test_the_locks_of_who_is_silent_are_given_back(database: Database) -> None:
    """As of a process that was stopped: its connections stay open, and nobody else could do its work."""
    take = text("SELECT pg_try_advisory_lock(7)")
    with pytest.raises(DBAPIError):
        async with database.connection() as other, database.held(0.2) as silent:
            assert await silent.scalar(take)
            async with asyncio.timeout(30):
                while not await other.scalar(take):
                    await asyncio.sleep(0.05)
            await silent.scalar(take)
    await database.ping()


async def test_the_locks_of_long_work_are_kept(database: Database) -> None:
    """However long it takes, as with a key store or a bus out of reach; and it may use the connection in turn."""
    take, turn = text("SELECT pg_try_advisory_lock(8)"), asyncio.Lock()
    async with database.connection() as other, database.held(1.0) as holder:
        assert await holder.scalar(take)
        began = await holder.scalar(text("SELECT clock_timestamp()"))
        async with beating(holder, turn, every_s=0.1):
            while not await other.scalar(OUTLASTED, {"began": began}):
                await asyncio.sleep(0.05)
                assert not await other.scalar(take)
            async with turn:
                assert await holder.scalar(text("SELECT 1")) == 1
        assert not await other.scalar(take)
        assert await holder.scalar(text("SELECT pg_advisory_unlock(8)"))


async def test_a_beat_over_a_lost_connection_is_met_by_who_uses_it_next(database: Database) -> None:
    end = text("SELECT pg_terminate_backend(:pid)")
    with pytest.raises(SQLAlchemyError):
        async with asyncio.timeout(30), database.connection() as other, database.held() as holder:
            pid = await holder.scalar(text("SELECT pg_backend_pid()"))
            async with beating(holder, every_s=0.01):
                await other.execute(end, {"pid": pid})
                while not holder.invalidated:
                    await asyncio.sleep(0.01)
            await holder.scalar(text("SELECT 1"))
    await database.ping()


async def test_the_limit_ends_with_the_holding(database: Database) -> None:
    ask = text("SHOW idle_session_timeout")
    async with database.held(0.2) as connection:
        assert await connection.scalar(ask) == "200ms"
    async with database.connection() as connection:
        assert await connection.scalar(ask) == "0"
    with pytest.raises(OSError, match="it fails"):
        async with database.held(0.2):
            raise OSError("it fails")
    async with database.connection() as connection:
        assert await connection.scalar(ask) == "0"
