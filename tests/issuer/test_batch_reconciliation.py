"""The reconciliation of the first large batch of an installation, whose tables PostgreSQL knows nothing of yet."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import event, text

from issuer.main import Core
from issuer.settings import IssuerSettings
from service_kit.database import Database
from tests.issuer.test_batches import agrees, learner, open_batch, work
from tests.issuer.test_batches_of_changes import because, change
from tests.issuer.test_batches_of_changes import work as work_changes
from tests.issuer.world import World

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

Json = dict[str, Any]
ROWS = 5000
# What became of the first row became of so many more, each with a credential of its own.
MORE = (
    "CREATE TEMP VIEW firsts AS SELECT credential_id AS first FROM batch_rows WHERE number = 1",
    "CREATE TEMP VIEW others AS SELECT number AS other, credential_id AS another FROM batch_rows WHERE number > 1",
    "UPDATE batches SET rows = :rows",
    """
    INSERT INTO batch_rows (batch_id, number, state, credential_id, revision)
    SELECT batch_id, other, state, gen_random_uuid(), revision
    FROM batch_rows, generate_series(2, :rows) AS other WHERE number = 1
    """,
    """
    INSERT INTO credentials
    SELECT (jsonb_populate_record(
        one, jsonb_build_object('id', another, 'status_index', 1000000 + other, 'once', null)
    )).*
    FROM credentials AS one JOIN firsts ON one.id = first, others
    """,
    """
    INSERT INTO status_changes
    SELECT (jsonb_populate_record(one, jsonb_build_object('credential_id', another))).*
    FROM status_changes AS one JOIN firsts ON one.credential_id = first, others
    """,
    """
    INSERT INTO outbox (id, topic, key, headers, value)
    SELECT outbox.id || '/' || other, topic, replace(key, first::text, another::text), headers, value
    FROM outbox JOIN firsts ON key LIKE '%' || first, others
    """,
)

Grow = Callable[[], Awaitable[None]]


@pytest_asyncio.fixture
async def grow(settings: IssuerSettings) -> AsyncIterator[Grow]:
    """Makes the only batch a large one, as the owner of the tables."""
    owned = Database(settings.database.model_copy(update={"url": settings.database.migrate_url}), "tests")

    async def now() -> None:
        async with owned.engine.begin() as connection:
            for statement in MORE:
                await connection.execute(text(statement), {"rows": ROWS} if ":rows" in statement else {})

    yield now
    await owned.close()


@contextmanager
def heard(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """All statements that the database is given, with their values."""
    statements: list[tuple[str, Any]] = []

    def hear(_: object, __: object, statement: str, values: Any, *___: object) -> None:
        statements.append((statement, values))

    event.listen(database.engine.sync_engine, "before_cursor_execute", hear)
    yield statements
    event.remove(database.engine.sync_engine, "before_cursor_execute", hear)


async def plans(database: Database, statements: list[tuple[str, Any]]) -> list[Json]:
    """How PostgreSQL goes about those that read events."""
    found = []
    async with database.engine.connect() as connection:
        await connection.exec_driver_sql("SET LOCAL max_parallel_workers_per_gather = 0")  # else each does it once
        for statement, values in statements:
            if statement.startswith("SET"):
                await connection.exec_driver_sql(statement)
            elif "JOIN outbox" in statement:
                explained = await connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values)
                found.append(explained.scalar_one()[0]["Plan"])
    return found


def most_often(plan: Json) -> int:
    """How often PostgreSQL does what it does most often."""
    return max([int(plan["Actual Loops"]), *map(most_often, plan.get("Plans", []))])


async def agrees_at_one_look(world: World, answer: httpx.Response) -> Json:
    """Not with one more look at all events for each row."""
    with heard(world.database) as statements:
        found = await agrees(world, answer)
    assert [most_often(plan) for plan in await plans(world.database, statements)] == [1]
    return found


async def test_of_what_was_issued(world: World, core: Core, grow: Grow) -> None:
    answer = await open_batch(world, [learner(1)], await world.ready())
    await work(core)
    await grow()
    found = await agrees_at_one_look(world, answer)
    assert (found["credentials"], found["statusEntries"], found["events"]) == (ROWS, ROWS, ROWS)


async def test_of_what_was_changed(world: World, core: Core, grow: Grow) -> None:
    issued = await world.issue(await world.ready())
    answer = await change(world, "revoke", because([issued["id"]]))
    await work_changes(core)
    await grow()
    found = await agrees_at_one_look(world, answer)
    assert (found["credentials"], found["steps"], found["events"]) == (ROWS, ROWS, ROWS)
