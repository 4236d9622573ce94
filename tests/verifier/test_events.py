"""The fleet's events, in whatever order and however often: the same state."""

from __future__ import annotations

import itertools
import random

import pytest
from sqlalchemy import select

from contracts.payload import Payload
from credential_core.verify import KnownState as State
from service_kit.database import Database
from service_kit.inbox import Inbox, Outcome
from service_kit.settings import DatabaseSettings
from service_kit.testing import empty
from tests.verifier.conftest import Deliver, record_of
from tests.verifier.world import Issuer, entry, list_url
from verifier.adapters.tables import CREDENTIAL_STATES, ISSUERS, STATUS_LISTS
from verifier.adapters.unit_of_work import UnitOfWork
from verifier.events.handlers import subscriptions

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


async def state(database: Database) -> list[list[tuple[object, ...]]]:
    async with database.snapshot() as session:
        tables = (ISSUERS, STATUS_LISTS, CREDENTIAL_STATES)
        return [[tuple(row) for row in await session.execute(select(t).order_by(t.c[0]))] for t in tables]


async def test_the_state_of_a_credential_does_not_depend_on_the_order(
    database: Database, deliver: Deliver, university: Issuer
) -> None:
    for order in itertools.permutations(range(4)):
        credential = university.credential(status=entry(list_url()))
        identifier = credential["id"]
        life: list[Payload] = [
            university.issued(credential),
            university.suspended(identifier, 2),
            university.reinstated(identifier, 3),
            university.suspended(identifier, 4),
        ]
        await deliver(*[life[step] for step in order])
        assert await known(database, identifier) == (State.SUSPENDED, 4)


async def test_a_revocation_is_final_in_every_order(database: Database, deliver: Deliver, university: Issuer) -> None:
    for order in itertools.permutations(range(3)):
        credential = university.credential(status=entry(list_url()))
        identifier = credential["id"]
        life: list[Payload] = [
            university.issued(credential),
            university.revoked(identifier, 2),
            university.reinstated(identifier, 3),
        ]
        await deliver(*[life[step] for step in order])
        found = await known(database, identifier)
        assert found is not None
        assert found[0] is State.REVOKED


async def test_the_last_correction_is_kept_whatever_the_order(
    database: Database, deliver: Deliver, university: Issuer
) -> None:
    for order in itertools.permutations(range(4)):
        credential = university.credential(status=entry(list_url()))
        identifier = credential["id"]
        first = university.corrected(credential, revision=2)
        second = university.corrected(first["document"], revision=4, state="suspended")
        life: list[Payload] = [
            university.issued(credential),
            first["event"],
            university.suspended(identifier, 3),
            second["event"],
        ]
        await deliver(*[life[step] for step in order])
        assert await known(database, identifier) == (State.SUSPENDED, 4)
        assert await corrected(database, identifier) == (second["event"].digest, 4)


async def test_a_correction_revives_nothing(database: Database, deliver: Deliver, university: Issuer) -> None:
    for order in itertools.permutations(range(3)):
        credential = university.credential(status=entry(list_url()))
        identifier = credential["id"]
        late = university.corrected(credential, revision=3)["event"]
        life: list[Payload] = [university.issued(credential), university.revoked(identifier, 2), late]
        await deliver(*[life[step] for step in order])
        found = await known(database, identifier)
        assert found is not None
        assert found[0] is State.REVOKED


async def test_a_chunk_in_any_order_leaves_what_its_events_leave_one_by_one(
    database: Database, deliver: Deliver, university: Issuer
) -> None:
    inbox: Inbox[UnitOfWork] = Inbox(lambda: UnitOfWork(database), subscriptions())
    credential = university.credential(status=entry(list_url()))
    late = university.corrected(credential, revision=4, state="suspended")["event"]
    life: list[Payload] = [
        university.issued(credential),
        university.suspended(credential["id"], 2),
        university.reinstated(credential["id"], 3),
        late,
        university.revoked(credential["id"], 5),
    ]

    def of(number: int, step: int) -> Payload:
        return life[step].model_copy(update={"credential_id": f"{number:03}"})

    orders = list(itertools.permutations(range(5)))
    for number, order in enumerate(orders):
        await deliver(*[of(number, step) for step in order])
    for first in range(0, len(orders), 20):
        mixed = enumerate(orders[first : first + 20], len(orders) + first)
        lives = [[of(number, step) for step in order] for number, order in mixed]
        # The lives are told at the same time, and half of their events twice, as new ones.
        chunk = [record_of(one[step]) for step in (0, 1, 2, 3, 4, 1, 3) for one in lives]
        assert await inbox.process_together(chunk) == [Outcome.APPLIED] * len(chunk)

    rows = [tuple(row)[1:] for row in (await state(database))[2]]
    assert rows[: len(orders)] == rows[len(orders) :]


async def corrected(database: Database, credential_id: str) -> tuple[str, int]:
    async with UnitOfWork(database) as work:
        found = (await work.states.by_ids({credential_id}))[credential_id].correction
        assert found is not None
        return found.digest, found.revision


async def test_everything_twice_and_shuffled_gives_the_same_tables(
    database: Database, database_settings: DatabaseSettings, deliver: Deliver, university: Issuer
) -> None:
    url = list_url()
    credentials = [university.credential(status=entry(url, n)) for n in range(5)]
    events: list[Payload] = [
        *[university.published(revision, name=f"name {revision}") for revision in (1, 2, 3)],
        *[university.list_published(university.status_list(url, revision), revision) for revision in (1, 2, 3)],
        *[university.issued(credential) for credential in credentials],
        *[university.revoked(credential["id"]) for credential in credentials[:2]],
    ]
    await deliver(*events)
    expected = await state(database)
    shuffled = events * 2
    random.Random(7).shuffle(shuffled)  # noqa: S311 - an order, not a secret
    await empty(database_settings)
    await deliver(*shuffled)
    assert await state(database) == expected


async def test_the_same_event_is_applied_once(database: Database, university: Issuer) -> None:
    inbox: Inbox[UnitOfWork] = Inbox(lambda: UnitOfWork(database), subscriptions())
    record = record_of(university.published())
    assert [await inbox.process(record), await inbox.process(record)] == [Outcome.APPLIED, Outcome.DUPLICATE]


async def known(database: Database, credential_id: str) -> tuple[State, int] | None:
    async with UnitOfWork(database) as work:
        found = (await work.states.by_ids([credential_id])).get(credential_id)
    return None if found is None else (found.state, found.revision)
