"""What counts as a database that is away: an event waits for it, however long, and anything else ends some time."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import asyncpg
import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from service_kit.consumer import is_outage
from service_kit.database import UnitOfWork, open_database
from service_kit.direct import line
from service_kit.settings import DatabaseSettings

pytestmark = pytest.mark.asyncio


class Refused(Exception):
    """PostgreSQL's own no."""

    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


async def raised(work: Callable[[], Awaitable[object]]) -> Exception:
    try:
        await work()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.parametrize("host", ["127.0.0.1", "nowhere.invalid"])
async def test_a_network_that_fails_is_the_databases_where_its_driver_tried(host: str) -> None:
    port = closed_port()
    assert is_outage(await raised(lambda: asyncpg.connect(host=host, port=port, user="u", database="d", ssl=False)))
    assert not is_outage(await raised(lambda: asyncio.open_connection(host, port)))


@pytest.mark.parametrize("host", ["127.0.0.1", "nowhere.invalid", "silent"])
async def test_so_it_is_by_way_of_a_session(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        is_silent, port = host == "silent", silent.getsockname()[1]
        url = f"postgresql+asyncpg://u:p@{'127.0.0.1' if is_silent else host}:{port if is_silent else closed_port()}/d"
        async with open_database(DatabaseSettings(url=SecretStr(url), pool_timeout_s=0.1), "tests") as database:
            assert is_outage(await raised(database.ping))
            async with UnitOfWork(database) as work:
                assert is_outage(await raised(lambda: work.session.execute(text("SELECT 1"))))
            assert is_outage(await raised(lambda: line(database, "a").fetch("SELECT 1")))


async def test_what_is_late_is_the_database_where_its_driver_waited() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        late = await raised(
            lambda: asyncpg.connect(host="127.0.0.1", port=port, user="u", database="d", ssl=False, timeout=0.01)
        )
    assert isinstance(late, TimeoutError)
    assert is_outage(late)
    assert not is_outage(await raised(lambda: asyncio.wait_for(asyncio.Event().wait(), 0)))
    assert not is_outage(FileNotFoundError("of a handler's"))


@pytest.mark.parametrize(
    ("error", "is_away"),
    [
        (PoolTimeout("no connection is free"), True),
        (InterfaceError("SELECT 1", None, Exception("the connection is closed")), True),
        (DBAPIError("SELECT 1", None, Refused("53300")), True),
        (DBAPIError("SELECT 1", None, Refused("42P01")), True),
        (DBAPIError("SELECT 1", None, Refused("23505")), False),
        (DBAPIError("SELECT 1", None, Refused("22021")), False),
        (ValueError("a handler's bug"), False),
    ],
)
async def test_what_the_database_says_is_told_apart(error: Exception, is_away: bool) -> None:
    assert is_outage(error) is is_away
