"""Statements that go to the driver at once: in SQLAlchemy's transactions, with SQLAlchemy's errors and values."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Integer, Select, Text, Uuid, bindparam, cast, literal, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, InterfaceError

from service_kit.database import Database, UnitOfWork
from service_kit.direct import DirectSelect, DirectText, fetch, fetch_outside, is_lost, line
from service_kit.ids import new_id

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

TAKE = "INSERT INTO inbox (source, id) VALUES ($1, $2)"
COUNT = "SELECT count(*) FROM inbox"


async def count(database: Database) -> int:
    [(found,)] = await fetch_outside(database, COUNT)
    return int(found)


@pytest.mark.parametrize("ends", [True, False])
async def test_statements_are_part_of_the_transaction(database: Database, ends: bool) -> None:
    async with UnitOfWork(database) as work:
        for name in "abc":  # the first begins the transaction, the others are in it
            assert list(await fetch(work.session, TAKE, "a source", name)) == []
        [(seen,)] = await fetch(work.session, COUNT)
        if ends:
            await work.commit()
    assert (seen, await count(database)) == (3, 3 if ends else 0)


async def test_errors_are_sqlalchemys(database: Database) -> None:
    with pytest.raises(DBAPIError) as found:
        await fetch_outside(database, "SELECT 1 / $1::int", 0)
    assert (found.value.connection_invalidated, getattr(found.value.orig, "sqlstate", "")) == (False, "22012")
    with pytest.raises(InterfaceError):
        await fetch_outside(database, "SELECT $1::int")
    async with UnitOfWork(database) as work:
        await fetch(work.session, COUNT)
        with pytest.raises(DBAPIError):
            await fetch(work.session, "SELECT 1 / 0")
    assert await count(database) == 0


@pytest.mark.parametrize("within", [True, False])
async def test_a_lost_connection_is_not_used_again(database: Database, within: bool) -> None:
    end = "SELECT pg_terminate_backend(pg_backend_pid())"
    for _ in range(3):
        with pytest.raises(DBAPIError) as found:
            if within:
                async with UnitOfWork(database) as work:
                    await fetch(work.session, COUNT)
                    await fetch(work.session, end)
            else:
                await fetch_outside(database, end)
        assert found.value.connection_invalidated
    assert await count(database) == 0
    async with UnitOfWork(database) as work:
        assert await work.session.scalar(text("SELECT 1")) == 1


async def test_a_connection_whose_server_said_goodbye_is_not_used_again(database: Database) -> None:
    """As when a postmaster is killed: the last words are read, and the connection is not closed yet."""
    words = b"SFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0"
    busy = line(database, "goodbye")
    await busy.fetch(COUNT)
    busy._driver._protocol.data_received(b"E" + (len(words) + 4).to_bytes(4) + words)
    with pytest.raises(InterfaceError) as found:
        await busy.fetch(COUNT)
    assert is_lost(found.value)
    assert busy.is_lost
    assert list(await busy.fetch(COUNT)) == [(0,)]


BACKEND = "SELECT pg_backend_pid()"


async def test_a_line_keeps_its_connection(database: Database) -> None:
    kept = line(database, "kept")
    assert line(database, "kept") is kept
    before, *_, after = await asyncio.gather(*(kept.fetch(BACKEND) for _ in range(4)))
    assert before == after
    await kept.fetch(TAKE, "a source", "a")
    assert await count(database) == 1


async def test_an_error_leaves_a_line_usable(database: Database) -> None:
    kept = line(database, "kept")
    with pytest.raises(DBAPIError) as found:
        await kept.fetch("SELECT 1 / $1::int", 0)
    assert (found.value.connection_invalidated, getattr(found.value.orig, "sqlstate", "")) == (False, "22012")
    assert await kept.fetch(COUNT) == [(0,)]


async def test_who_is_cancelled_leaves_a_line_usable(database: Database) -> None:
    kept = line(database, "kept")
    await kept.fetch(COUNT)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await kept.fetch("SELECT pg_sleep(60)")
    assert await kept.fetch(COUNT) == [(0,)]


async def test_a_lost_line_takes_another_connection(database: Database) -> None:
    kept = line(database, "kept")
    for _ in range(3):
        with pytest.raises(DBAPIError) as found:
            await kept.fetch("SELECT pg_terminate_backend(pg_backend_pid())")
        assert found.value.connection_invalidated
        assert await kept.fetch(COUNT) == [(0,)]


async def test_a_line_that_was_lost_while_idle_fails_nobody(database: Database) -> None:
    kept = line(database, "kept")
    [(backend,)] = await kept.fetch(BACKEND)
    await fetch_outside(database, "SELECT pg_terminate_backend($1::int)", backend)
    while not kept.is_lost:
        await asyncio.sleep(0.01)
    assert await kept.fetch(COUNT) == [(0,)]


async def test_a_select_gives_what_sqlalchemy_gives(database: Database) -> None:
    name = cast(bindparam("name"), Uuid(as_uuid=False)).label("name")
    told = cast(literal('{"a": [1, null]}', Text), JSONB).label("told")
    query: Select[Any] = select(
        name, told, literal(None).label("none"), bindparam("number", type_=Integer).label("n")
    ).limit(1)
    values = {"name": new_id(), "number": 7}
    async with database.connection() as connection:
        expected = [{**row} for row in (await connection.execute(query, values)).mappings()]
    direct = DirectSelect(query)
    assert await direct(partial(fetch_outside, database), **values) == expected
    assert (expected[0]["name"], expected[0]["told"]) == (values["name"], {"a": [1, None]})
    with pytest.raises(DBAPIError):
        await direct(partial(fetch_outside, database), **values, another=1)


async def test_a_statement_that_was_written_out_takes_its_values_by_name(database: Database) -> None:
    asked = DirectText("SELECT CAST(:b AS text) || CAST(:a AS text) || :b, '::' || (CAST(:list AS text[]))[2]")

    async def run(statement: str, *parameters: object) -> Any:
        return await fetch_outside(database, statement, *parameters)

    [(joined, second)] = await asked(run, a="-", b="x", list=["1", "2"], other="is not named")

    assert (joined, second) == ("x-x", "::2")
