"""Statements handed to the driver as they are, for what is asked a thousand times a second.

SQLAlchemy's way to a row costs four to six times the processor time of the driver's. Connections stay SQLAlchemy's, and
so do the errors. JSON comes parsed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from traceback import walk_tb
from typing import Any

from asyncpg import InterfaceError, InternalClientError, PostgresError
from sqlalchemy import Select, Uuid, text
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import InterfaceError as Unusable
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from service_kit.database import Database

DRIVER = "asyncpg"
SET = "SELECT set_config(name, value, false) FROM unnest($1::text[], $2::text[]) AS given (name, value)"
# What is planned once must stay good when tables have grown: by index, however small they were then.
PLANNED_ONCE = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off"}
Rows = Sequence[Sequence[Any]]
Fetch = Callable[..., Awaitable[Rows]]
"""Gives the rows of a statement, whose parameters follow it."""
_DIALECT = PGDialect_asyncpg()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


class Line:
    """A connection that stays taken, for lots of work that follow each other: they stand in line for it.

    A statement on a connection from the pool costs six times what it costs here, a session's transaction thirty times.
    It is taken when it is first needed. When it is lost, what is under way fails, and what comes next takes another.
    Its statements are planned once, not for each of their parameters, so they are such whose plan does not depend on
    these. `planning` are further settings of PostgreSQL's planner.
    """

    def __init__(self, database: Database, **planning: str) -> None:
        self._database = database
        self._planning = PLANNED_ONCE | planning
        self._turn = asyncio.Lock()
        self._connection: AsyncConnection | None = None
        self._driver: Any = None

    async def fetch(self, statement: str, *parameters: object) -> Rows:
        """The rows of a statement that is a transaction of its own."""
        async with self._turn:
            return await _rows(await self._ready(), statement, parameters)

    async def close(self) -> None:
        """Give the connection back. The next statement takes another."""
        connection, is_lost = self._connection, self.is_lost
        self._connection = self._driver = None
        if connection is not None:
            if is_lost:
                await connection.invalidate()
            await connection.close()

    @property
    def is_lost(self) -> bool:
        """Whether it has no connection now."""
        return self._driver is None or self._driver.is_closed()

    async def _ready(self) -> Any:
        if self.is_lost:
            await self.close()
            self._connection = await self._database.engine.connect()
            driver: Any = (await self._connection.get_raw_connection()).driver_connection
            await _rows(driver, SET, (list(self._planning), list(self._planning.values())))
            self._driver = driver
        return self._driver


def line(database: Database, name: str, **planning: str) -> Line:
    """The database's line of this name: there is one of each, whoever asks."""
    kept = database.kept.get(name)
    if not isinstance(kept, Line):
        kept = database.kept[name] = Line(database, **planning)
    return kept


def is_lost(error: Exception) -> bool:
    """Whether the connection failed, so that nobody knows whether the statement was done."""
    if isinstance(error, DBAPIError) and not isinstance(error, Unusable):
        return error.connection_invalidated
    return isinstance(error, Unusable | OSError | TimeoutError)


def is_drivers(error: BaseException) -> bool:
    """Whether the database's driver was at work. What a network raises is raised alike for everybody."""
    at_work = {str(frame.f_globals.get("__name__")).partition(".")[0] for frame, _ in walk_tb(error.__traceback__)}
    return DRIVER in at_work


async def fetch(session: AsyncSession, statement: str, *parameters: object) -> Rows:
    """The rows of a statement in the session's transaction."""
    connection = await session.connection()
    raw = await connection.get_raw_connection()
    if raw.driver_connection.is_in_transaction():  # type: ignore[union-attr]  # it is checked out
        return await _fetch(connection, statement, parameters)
    first = await connection.exec_driver_sql(statement, parameters)  # with which SQLAlchemy begins the transaction
    return first.all() if first.returns_rows else ()


async def fetch_outside(database: Database, statement: str, *parameters: object) -> Rows:
    """The rows of a statement that is a transaction of its own."""
    async with database.engine.connect() as connection:
        return await _fetch(connection, statement, parameters)


async def fetch_alone(connection: AsyncConnection, statement: str, *parameters: object) -> Rows:
    """The same on a connection at hand, which is in no transaction."""
    return await _fetch(connection, statement, parameters)


async def _fetch(connection: AsyncConnection, statement: str, parameters: Sequence[object]) -> Rows:
    driver: Any = (await connection.get_raw_connection()).driver_connection
    try:
        return await _rows(driver, statement, parameters)
    except DBAPIError as error:
        if error.connection_invalidated:
            await connection.invalidate()
        raise


async def _rows(driver: Any, statement: str, parameters: Sequence[object] = ()) -> Rows:
    """What the driver fetches. Its errors as SQLAlchemy's."""
    try:
        rows: Rows = await driver.fetch(statement, *parameters)
    except InternalClientError as error:  # the server has said why it goes, and its connection is not closed yet
        driver.terminate()
        raise Unusable(statement, None, error, connection_invalidated=True) from error
    except (PostgresError, InterfaceError) as error:
        kind = Unusable if isinstance(error, InterfaceError) else DBAPIError
        raise kind(statement, None, error, connection_invalidated=driver.is_closed()) from error
    return rows


class DirectSelect:
    """A SELECT that is compiled once; what differs from time to time is a `bindparam`."""

    def __init__(self, query: Select[Any]) -> None:
        compiled = query.compile(dialect=_DIALECT)
        self.statement = str(compiled)
        self._parameters = {name: compiled.params[name] for name in compiled.positiontup or ()}
        self._columns = [(column.name, isinstance(column.type, Uuid)) for column in query.selected_columns]

    async def __call__(self, run: Fetch, **values: object) -> Sequence[Mapping[str, Any]]:
        """Its rows by the names of the columns, UUIDs as text."""
        return self.named(await run(self.statement, *{**self._parameters, **values}.values()))

    def named(self, found: Rows) -> Sequence[Mapping[str, Any]]:
        """Rows that its statement gave as part of another."""
        return [
            {name: str(value) if is_id else value for (name, is_id), value in zip(self._columns, row, strict=True)}
            for row in found
        ]


class DirectText:
    """A statement that was written out, with `:name` for what differs from time to time."""

    def __init__(self, statement: str) -> None:
        compiled = text(statement).compile(dialect=_DIALECT)
        self.statement = str(compiled)
        self._names = tuple(compiled.positiontup or ())

    async def __call__(self, run: Fetch, **values: object) -> Rows:
        """Its rows. Of the values it takes those that it names."""
        return await run(self.statement, *(values[name] for name in self._names))
