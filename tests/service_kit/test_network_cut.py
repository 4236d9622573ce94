"""A network that swallows what is sent, and tells neither side: connections that stay open lead nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError

from service_kit.database import Database, open_database
from service_kit.direct import fetch_outside, line
from service_kit.settings import DatabaseSettings

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
ATTEMPTS = 10


class Network:
    """Between a client and PostgreSQL. After `cut`, connections that are open carry nothing and are not closed."""

    def __init__(self, host: str, port: int) -> None:
        self._server_at = host, port
        self._open: list[asyncio.Event] = []
        self._writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> Self:
        self._listening = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port: int = self._listening.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.close()
        for writer in self._writers:
            writer.close()

    def cut(self) -> None:
        for one in self._open:
            one.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_cut = asyncio.Event()
        self._open.append(is_cut)
        inner, outer = await asyncio.open_connection(*self._server_at)
        self._writers += [writer, outer]
        await asyncio.gather(_carry(reader, outer, is_cut), _carry(inner, writer, is_cut), return_exceptions=True)


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, is_cut: asyncio.Event) -> None:
    while sent := await reader.read(65536):
        if not is_cut.is_set():
            writer.write(sent)
    writer.close()


async def by_session(database: Database) -> object:
    async with database.session() as session:
        return await session.scalar(text("SELECT 1"))


async def by_line(database: Database) -> object:
    return (await line(database, "a line").fetch("SELECT 1"))[0][0]


async def outside(database: Database) -> object:
    return (await fetch_outside(database, "SELECT 1"))[0][0]


@pytest.mark.parametrize("ask", [by_session, by_line, outside])
async def test_connections_that_lead_nowhere_are_given_up_one_by_one(
    database_settings: DatabaseSettings, ask: Callable[[Database], Awaitable[object]]
) -> None:
    url = make_url(database_settings.url.get_secret_value())
    async with Network(str(url.host), int(url.port or 5432)) as network:
        behind = url.set(host="127.0.0.1", port=network.port).render_as_string(hide_password=False)
        given = {"url": SecretStr(behind), "pool_size": 2, "pool_timeout_s": 5.0, "statement_timeout_s": 0.5}
        async with open_database(database_settings.model_copy(update=given), "behind a network") as database:
            assert [await ask(database), *await asyncio.gather(ask(database), ask(database))] == [1, 1, 1]
            network.cut()
            failures = []
            for _ in range(ATTEMPTS):
                try:
                    assert await ask(database) == 1
                except (SQLAlchemyError, OSError) as error:  # which is told as a 503
                    failures.append(error)
                else:
                    break
            assert 0 < len(failures) < ATTEMPTS
