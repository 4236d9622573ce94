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
from service_kit.direct import DirectSelect, fetch, fetch_outside, line
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


BACKEND = "SELECT pg_backend_pid()"


@pytest.mark.parametrize("ends", [True, False])
async def test_a_line_keeps_its_connection_and_undoes_what_is_not_committed(database: Database, ends: bool) -> None:
    kept = line(database, "kept")
    assert line(database, "kept") is kept
    [(before,)] = await kept.fetch(BACKEND)
    async with kept.transaction() as transaction:
        for name in "abc":
            await fetch(transaction, TAKE, "a source", name)
        [(seen,)] = await fetch(transaction, COUNT)
        if ends:
            await transaction.commit()
    [(after,)] = await kept.fetch(BACKEND)
    assert (seen, await count(database), before) == (3, 3 if ends else 0, after)


async def test_an_error_undoes_a_lines_transaction_and_leaves_the_line_usable(database: Database) -> None:
    kept = line(database, "kept")
    with pytest.raises(DBAPIError) as found:
        async with kept.transaction() as transaction:
            await fetch(transaction, TAKE, "a source", "a")
            await fetch(transaction, "SELECT 1 / $1::int", 0)
    assert (found.value.connection_invalidated, getattr(found.value.orig, "sqlstate", "")) == (False, "22012")
    assert await kept.fetch(COUNT) == [(0,)]


async def test_who_is_cancelled_in_a_lines_transaction_leaves_nothing_behind(database: Database) -> None:
    kept = line(database, "kept")

    async def slow() -> None:
        async with kept.transaction() as transaction:
            await fetch(transaction, TAKE, "a source", "a")
            begun.set()
            await fetch(transaction, "SELECT pg_sleep(60)")

    begun = asyncio.Event()
    task = asyncio.create_task(slow())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await kept.fetch(COUNT) == [(0,)]


async def test_transactions_of_a_line_follow_each_other(database: Database) -> None:
    kept = line(database, "kept")

    async def take(name: str) -> int:
        async with kept.transaction() as transaction:
            await fetch(transaction, TAKE, "a source", name)
            [(seen,)] = await fetch(transaction, COUNT)
            await transaction.commit()
        return int(seen)

    assert sorted(await asyncio.gather(*map(take, "abcd"))) == [1, 2, 3, 4]


@pytest.mark.parametrize("within", [True, False])
async def test_a_lost_line_takes_another_connection(database: Database, within: bool) -> None:
    kept = line(database, "kept")
    end = "SELECT pg_terminate_backend(pg_backend_pid())"
    for _ in range(3):
        with pytest.raises(DBAPIError) as found:
            if within:
                async with kept.transaction() as transaction:
                    await fetch(transaction, end)
            else:
                await kept.fetch(end)
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
