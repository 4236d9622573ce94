"""Statements handed to the driver as they are, for what is asked a thousand times a second.

SQLAlchemy's way to a row costs four to six times the processor time of the driver's. Connections and transactions stay
SQLAlchemy's, and so do the errors. JSON comes parsed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from asyncpg import InterfaceError, PostgresError
from sqlalchemy import Select, Uuid
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import InterfaceError as Unusable
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from service_kit.database import Database

Rows = Sequence[Sequence[Any]]
_DIALECT = PGDialect_asyncpg()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


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


async def _fetch(connection: AsyncConnection, statement: str, parameters: Sequence[object]) -> Rows:
    driver: Any = (await connection.get_raw_connection()).driver_connection
    try:
        rows: Rows = await driver.fetch(statement, *parameters)
    except (PostgresError, InterfaceError) as error:
        kind = Unusable if isinstance(error, InterfaceError) else DBAPIError
        is_lost = driver.is_closed()
        if is_lost:
            await connection.invalidate()
        raise kind(statement, None, error, connection_invalidated=is_lost) from error
    return rows


class DirectSelect:
    """A SELECT that is compiled once; what differs from time to time is a `bindparam`."""

    def __init__(self, query: Select[Any]) -> None:
        compiled = query.compile(dialect=_DIALECT)
        self._statement = str(compiled)
        self._parameters = {name: compiled.params[name] for name in compiled.positiontup or ()}
        self._columns = [(column.name, isinstance(column.type, Uuid)) for column in query.selected_columns]

    async def __call__(self, database: Database, **values: object) -> Sequence[Mapping[str, Any]]:
        """Its rows by the names of the columns, UUIDs as text."""
        found = await fetch_outside(database, self._statement, *{**self._parameters, **values}.values())
        return [
            {name: str(value) if is_id else value for (name, is_id), value in zip(self._columns, row, strict=True)}
            for row in found
        ]
