"""Whatever the order and however often events come, the projections end the same."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.payload import Payload
from registry.adapters.rebuilding import Rebuilding
from registry.commands import inbox as inbox_of
from registry.core.rebuild import Fingerprint
from service_kit.bus import Record
from service_kit.database import Database
from tests.registry import events
from tests.registry.conftest import record_of

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

CHANGES = st.lists(st.sampled_from([events.suspended, events.reinstated]), max_size=3)


@st.composite
def credential(draw: st.DrawFn, number: int) -> list[Payload]:
    """The life of one credential, told by its issuer: perhaps corrected, suspended, reinstated, revoked."""
    life: list[Payload] = [events.issued(number, valid_until=draw(st.sampled_from([None, events.at(5000)])))]
    for change in draw(CHANGES):
        life.append(change(number, len(life) + 1))
    if draw(st.booleans()):
        state = "suspended" if life[-1].event_type == "credential.suspended.v1" else "issued"
        life.append(events.corrected(number, len(life) + 1, state=state))
    if draw(st.booleans()):
        life.append(events.revoked(number, len(life) + 1))
    return life


@st.composite
def histories(draw: st.DrawFn) -> list[Payload]:
    """Everything two issuers ever said, in the order they said it."""
    history: list[Payload] = []
    for slug in ("north", "south"):
        history += [events.issuer(n, slug=slug, name=f"{slug} {n}") for n in range(1, draw(st.integers(1, 3)) + 1)]
    history += [events.achievement(n, name=f"name {n}") for n in range(1, draw(st.integers(1, 3)) + 1)]
    history += [events.retired(len(history) + 1)] if draw(st.booleans()) else []
    history += [events.status_list(n) for n in range(1, draw(st.integers(1, 4)) + 1)]
    for number in range(1, draw(st.integers(1, 4)) + 1):
        history += draw(credential(number))
    return history


async def _each(records: Sequence[Record]) -> AsyncIterator[Record]:
    for record in records:
        yield record


async def state_after(database: Database, records: Sequence[Record]) -> Fingerprint:
    """The state that these records give an empty registry. Nothing is kept."""
    async with Rebuilding(database, inbox_of(database), _each(records)) as work:
        await work.clear()
        replayed = await work.replay(lambda _count: None)
        assert replayed.left_out == 0
        return await work.fingerprint()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories(), chance=st.randoms(use_true_random=False))
async def test_any_order_and_repetition_gives_the_same_state(
    open_registry: Database, history: list[Payload], chance: random.Random
) -> None:
    records = [record_of(payload, f"event-{number}") for number, payload in enumerate(history)]
    told_again = [record_of(payload, f"again-{number}") for number, payload in enumerate(history)]
    shuffled = [*records, *chance.choices(records, k=len(records)), *chance.sample(told_again, k=len(records) // 2)]
    chance.shuffle(shuffled)

    assert await state_after(open_registry, shuffled) == await state_after(open_registry, records)


async def test_the_state_tells_one_history_from_another(open_registry: Database) -> None:
    issued, revoked = record_of(events.issued()), record_of(events.revoked())

    states = {(await state_after(open_registry, told)).digest for told in ([], [issued], [revoked], [issued, revoked])}

    assert len(states) == 4
