"""Idempotency keys: the first answer is the answer."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest
from sqlalchemy import func, select, text

from service_kit.database import Database, UnitOfWork
from service_kit.direct import fetch_outside
from service_kit.errors import Conflict
from service_kit.idempotency import CLAIMED, Claim, IdempotencyKeys, claims, find_all
from service_kit.ids import new_id
from service_kit.inputs import IdempotencyKey
from service_kit.tables import IDEMPOTENCY_KEYS
from service_kit.unnest import insert_all
from tests.service_kit.support import until

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

KEY = IdempotencyKey("POST /things", "key-1", "fingerprint")
CLAIM_ALL = insert_all(IDEMPOTENCY_KEYS, *CLAIMED) + " ON CONFLICT DO NOTHING RETURNING result"


async def run(database: Database, key: IdempotencyKey = KEY, owner: str = "org", hold: float = 0) -> str:
    """One request: the result is the one it made, or the one that was there."""
    async with UnitOfWork(database) as work:
        keys = IdempotencyKeys(work.session)
        earlier = await keys.claim(owner, key)
        if earlier is not None:
            return earlier
        await asyncio.sleep(hold)
        mine = new_id()
        await keys.store(owner, key, mine)
        await work.commit()
        return mine


async def test_a_repetition_gets_the_first_result(database: Database) -> None:
    assert await run(database) == await run(database)


async def test_requests_at_the_same_time_have_one_result(database: Database) -> None:
    assert len(set(await asyncio.gather(*[run(database, hold=0.1) for _ in range(5)]))) == 1


async def test_a_waiter_takes_over_when_the_first_one_fails(database: Database) -> None:
    async with UnitOfWork(database) as first:
        await IdempotencyKeys(first.session).claim("org", KEY)
        second = asyncio.create_task(run(database))
        await until(lambda: _waits(database))
    result = await second
    assert await run(database) == result


async def test_the_same_key_for_another_request_is_a_conflict(database: Database) -> None:
    await run(database)
    with pytest.raises(Conflict) as refused:
        await run(database, IdempotencyKey(KEY.operation, KEY.key, "another"))
    assert refused.value.code == "idempotency-key-reused"


async def test_keys_of_others_and_of_other_operations_are_other_keys(database: Database) -> None:
    results = [
        await run(database),
        await run(database, owner="another"),
        await run(database, IdempotencyKey("POST /others", KEY.key, KEY.fingerprint)),
    ]
    assert len(set(results)) == 3


async def test_nothing_is_kept_of_a_request_that_failed(database: Database) -> None:
    async with UnitOfWork(database) as work:
        await IdempotencyKeys(work.session).claim("org", KEY)
    async with database.snapshot() as session:
        assert await session.scalar(select(func.count()).select_from(IDEMPOTENCY_KEYS)) == 0


async def _waits(database: Database) -> bool:
    async with database.snapshot() as session:
        return bool(await session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


async def claim_all(database: Database, *asked: Claim) -> list[str | Conflict | None]:
    """As part of a statement does that stores what they stand for."""
    run = partial(fetch_outside, database)
    ours = {result for (result,) in await run(CLAIM_ALL, *claims(asked))}
    lost = [one for one in asked if one[2] not in ours]
    earlier = dict(zip(lost, await find_all(run, [(owner, key) for owner, key, _ in lost]), strict=True))
    return [earlier.get(one) for one in asked]


async def test_several_keys_at_once_are_what_each_alone_would_be(database: Database) -> None:
    first = await run(database)
    other, changed = IdempotencyKey("POST /things", "key-2", "f"), IdempotencyKey(KEY.operation, KEY.key, "changed")
    found = await claim_all(
        database,
        ("org", KEY, "a"),
        ("org", changed, "b"),
        ("org", other, "c"),
        ("org", other, "d"),
        ("another org", KEY, "e"),
    )
    assert [one.code if isinstance(one, Conflict) else one for one in found] == [
        first,
        "idempotency-key-reused",
        None,
        "c",
        None,
    ]
    assert await run(database, other) == "c"


async def test_lots_with_the_same_keys_in_another_order_do_not_wait_for_each_other(database: Database) -> None:
    keys = [IdempotencyKey("POST /things", f"key-{number}", "f") for number in range(40)]
    lots = [
        claim_all(database, *((("org", key, f"{lot} {key.key}")) for key in keys[:: 1 if lot % 2 else -1]))
        for lot in range(4)
    ]
    found = await asyncio.gather(*lots)
    assert sum(one is None for lot in found for one in lot) == 40
