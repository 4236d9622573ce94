"""PostgreSQL behind an explicit unit of work. Leaving one without `commit()` rolls back; nobody commits for you."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Protocol, Self

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

from service_kit.settings import DatabaseSettings

# How PostgreSQL notices, in 25 seconds, that a client's machine is lost, which says no goodbye: until then the advisory
# locks of its connections are held. The first three ask a silent client, the last is for an answer that none takes.
NOTICED = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "25000",
}

SILENT_S = 30.0
SILENCE = text("SELECT set_config('idle_session_timeout', :ms, false)")


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


class Kept(Protocol):
    """What keeps a connection of the pool: see direct.Line."""

    async def close(self) -> None:
        """Give it back."""


class Database:
    """One service's database. Create it once; close it last."""

    def __init__(self, settings: DatabaseSettings, application: str) -> None:
        self.engine: AsyncEngine = create_async_engine(
            settings.url.get_secret_value(),
            pool_size=settings.pool_size,
            max_overflow=0,
            pool_timeout=settings.pool_timeout_s,
            pool_pre_ping=False,
            hide_parameters=True,  # else every error that is logged quotes them, names of people among them
            json_serializer=_dumps,
            json_deserializer=orjson.loads,
            connect_args={
                "timeout": settings.pool_timeout_s,
                "command_timeout": settings.statement_timeout_s,
                "server_settings": {
                    "application_name": application,
                    "jit": "off",
                    "statement_timeout": str(int(settings.statement_timeout_s * 1000)),
                    "idle_in_transaction_session_timeout": "20000",  # a stopped process holds its rows no longer
                    **NOTICED,
                },
            },
        )
        self.kept: dict[str, Kept] = {}

    def session(self) -> AsyncSession:
        """A new session, for a unit of work. It belongs to one task."""
        return AsyncSession(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        """A read-only transaction: all its reads see one state, and PostgreSQL refuses a write."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session:
            await session.connection(
                execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            )
            yield session
            await session.rollback()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """One connection in autocommit, for advisory locks and other things that outlive a transaction."""
        async with self.engine.connect() as connection:
            yield await connection.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def held(self, silent_s: float = SILENT_S) -> AsyncIterator[AsyncConnection]:
        """A connection for advisory locks, which PostgreSQL ends when its owner says nothing for so long.

        A process that is stopped keeps its connections, and would keep everybody from what it has locked. Work that may
        take longer is done within `beat.beating`.
        """
        async with self.connection() as connection:
            try:
                await connection.execute(SILENCE, {"ms": str(int(silent_s * 1000))})
                yield connection
                await connection.execute(SILENCE, {"ms": "0"})
            except BaseException:
                await connection.invalidate()  # no other is to have it with this limit; its locks end with it
                raise

    async def ping(self) -> None:
        """Readiness: raises when the database does not answer."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close every connection."""
        for kept in self.kept.values():
            await kept.close()
        await self.engine.dispose()


@asynccontextmanager
async def open_database(settings: DatabaseSettings, application: str) -> AsyncIterator[Database]:
    """A Database that is closed at the end."""
    database = Database(settings, application)
    try:
        yield database
    finally:
        await database.close()


class UnitOfWork:
    """One transaction over one session. Services subclass it to add their repositories.

    `async with UnitOfWork(database) as work: ...; await work.commit()`
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.session: AsyncSession

    async def __aenter__(self) -> Self:
        self.session = self._database.session()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.session.close()

    async def commit(self) -> None:
        """Make everything of this unit of work durable, events included, in one step."""
        await self.session.commit()
