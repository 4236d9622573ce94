"""What connected hosts have comes by itself: once, later after a failure, and not after the grant has ended."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from credential_core.timestamps import parse_timestamp
from issuer.core.backpack import sync as backpack_sync
from issuer.core.backpack.hosts import Connections
from issuer.core.backpack.sync import PullDue
from issuer.main import Core
from issuer.main_backpack import wire_pulls
from issuer.settings import IssuerSettings
from service_kit.database import Database
from service_kit.fetcher import Fetcher, open_fetcher
from service_kit.settings import FetcherSettings
from tests.issuer.abroad import NOW, Academy
from tests.issuer.asleep import overtaken
from tests.issuer.elsewhere import API, Elsewhere, elsewhere
from tests.issuer.keepers import Keeper
from tests.issuer.test_backpack_hosts import HOSTS, connected
from tests.issuer.world import Clock, World, problem_code
from tools.certificates import Certificate

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

HOUR, LATE = timedelta(hours=1), timedelta(hours=1, minutes=7)
LIST = f"{API}/credentials"


@pytest_asyncio.fixture
async def other(certificate: Certificate) -> AsyncIterator[Elsewhere]:
    async with elsewhere(certificate) as host:
        yield host


@pytest.fixture
def ada(world: World) -> Keeper:
    return Keeper(world)


@pytest.fixture
def pull_due(settings: IssuerSettings, database: Database, core: Core, fetcher: Fetcher, clock: Clock) -> PullDue:
    return wire_pulls(settings, database, core.sign_list, fetcher, clock)


async def shown(ada: Keeper, host: str) -> dict[str, Any]:
    return dict((await ada.call("GET", f"{HOSTS}/{host}")).json())


async def due_in(ada: Keeper, host: str, clock: Clock) -> timedelta:
    at: datetime = parse_timestamp((await shown(ada, host))["pullsAt"])
    return at - clock()


async def test_what_is_there_comes_when_it_is_due_and_not_before(
    ada: Keeper, other: Elsewhere, academy: Academy, pull_due: PullDue, clock: Clock
) -> None:
    other.texts = [json.dumps(academy.credential(valid_from=NOW)) for _ in range(12)]
    host = await connected(ada, other)
    assert await pull_due() == 0
    assert (await shown(ada, host))["pulledAt"] is None
    clock.ahead = LATE
    assert [await pull_due(), await pull_due()] == [1, 0]
    assert len(await ada.items()) == 12
    assert (await shown(ada, host))["pulledAt"] is not None
    assert HOUR * 0.89 < await due_in(ada, host, clock) < HOUR * 1.11
    other.texts.append(json.dumps(academy.credential(valid_from=NOW)))
    clock.ahead *= 3
    assert await pull_due() == 1
    assert len(await ada.items()) == 13


async def test_what_was_deleted_here_stays_deleted_and_a_newer_one_comes(
    ada: Keeper, other: Elsewhere, academy: Academy, pull_due: PullDue, clock: Clock, world: World
) -> None:
    other.texts = [json.dumps(academy.credential(valid_from=NOW)) for _ in range(2)]
    host = await connected(ada, other)
    clock.ahead = LATE
    assert await pull_due() == 1
    gone, stays = await ada.items()
    assert (await ada.call("DELETE", f"/learners/me/backpack/{gone['id']}")).status_code == 204
    clock.ahead *= 3
    assert await pull_due() == 1
    assert await ada.items() == [stays]
    assert (await ada.call("POST", f"{HOSTS}/{host}/pull", json={})).json()["created"] == 1
    assert len(await ada.items()) == 2
    assert (await ada.call("DELETE", f"{HOSTS}/{host}")).status_code == 204
    assert await world.rows("SELECT 1 FROM backpack_pulled") == []


async def test_of_many_workers_one_does_it(
    ada: Keeper, other: Elsewhere, academy: Academy, pull_due: PullDue, clock: Clock
) -> None:
    other.texts = [json.dumps(academy.credential(valid_from=NOW))]
    await connected(ada, other)
    clock.ahead = LATE
    assert sorted(await asyncio.gather(*(pull_due() for _ in range(4)))) == [0, 0, 0, 1]


async def test_a_host_that_is_away_is_asked_later_and_later(
    ada: Keeper, other: Elsewhere, pull_due: PullDue, clock: Clock
) -> None:
    host = await connected(ada, other)
    other.faults[LIST] = [500] * 7
    waits = []
    for _ in range(7):
        clock.ahead += timedelta(days=2)
        assert await pull_due() == 1
        waits.append(round(await due_in(ada, host, clock) / HOUR))
    assert [
        low <= wait <= high
        for wait, low, high in zip(waits, (1, 3, 7, 14, 21, 21, 21), (3, 5, 9, 18, 27, 27, 27), strict=True)
    ] == [True] * 7
    clock.ahead += timedelta(days=2)
    assert await pull_due() == 1
    assert await due_in(ada, host, clock) < 2 * HOUR


@pytest.mark.parametrize("ends", ["refresh", "access"])
async def test_after_the_grant_has_ended_nobody_asks_any_more(
    ada: Keeper, other: Elsewhere, pull_due: PullDue, clock: Clock, ends: str
) -> None:
    host = await connected(ada, other)
    if ends == "refresh":
        other.refresh_tokens.append("another")
        other.access_tokens.append("another")
    else:
        other.faults[LIST] = [401] * 2
    clock.ahead = LATE
    assert await pull_due() == 1
    assert (await shown(ada, host))["pullsAt"] is None
    clock.ahead *= 100
    assert await pull_due() == 0


async def test_a_connection_that_is_deleted_is_not_due(
    ada: Keeper, other: Elsewhere, pull_due: PullDue, clock: Clock
) -> None:
    host = await connected(ada, other)
    tag = (await ada.call("GET", f"{HOSTS}/{host}")).headers["etag"]
    clock.ahead = LATE
    assert await pull_due() == 1
    assert (await ada.call("DELETE", f"{HOSTS}/{host}", headers={"If-Match": tag})).status_code == 204
    clock.ahead *= 3
    assert await pull_due() == 0


async def test_one_that_a_lost_process_took_comes_again(
    ada: Keeper, other: Elsewhere, pull_due: PullDue, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await connected(ada, other)
    clock.ahead = LATE

    async def lost(*_: object) -> bool:
        raise OSError("the process ends")

    with monkeypatch.context() as patched, pytest.raises(OSError, match="the process ends"):
        patched.setattr(PullDue, "_through", lost)
        await pull_due()
    assert await pull_due() == 0
    clock.ahead += backpack_sync.TAKEN_FOR
    assert await pull_due() == 1


async def test_who_sleeps_past_the_lease_frees_no_connection_that_another_has(
    ada: Keeper, other: Elsewhere, pull_due: PullDue, clock: Clock, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = await connected(ada, other)
    clock.ahead = LATE

    async def taken() -> None:
        await world.rows("UPDATE backpack_hosts SET busy_until = now() + interval '1 day' RETURNING 1")

    assert await overtaken(monkeypatch, (Connections, "give_back"), pull_due, taken) == 1
    answer = await ada.call("POST", f"{HOSTS}/{host}/pull", json={})
    assert (answer.status_code, problem_code(answer)) == (409, "host-busy")


async def test_addresses_of_our_own_network_are_not_asked(
    ada: Keeper,
    other: Elsewhere,
    academy: Academy,
    settings: IssuerSettings,
    database: Database,
    core: Core,
    certificate: Certificate,
    clock: Clock,
) -> None:
    other.texts = [json.dumps(academy.credential(valid_from=NOW))]
    host = await connected(ada, other)
    clock.ahead = LATE
    async with open_fetcher(FetcherSettings(ca_file=str(certificate.authority))) as guarded:
        assert await wire_pulls(settings, database, core.sign_list, guarded, clock)() == 1
    assert await ada.items() == []
    assert await due_in(ada, host, clock) > HOUR


async def test_where_the_operator_says_never_nothing_comes(
    ada: Keeper,
    other: Elsewhere,
    settings: IssuerSettings,
    database: Database,
    core: Core,
    fetcher: Fetcher,
    clock: Clock,
) -> None:
    await connected(ada, other)
    clock.ahead = LATE
    never = settings.model_copy(update={"backpack_pull_every_s": 0})
    assert await wire_pulls(never, database, core.sign_list, fetcher, clock)() == 0
