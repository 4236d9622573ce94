"""Every operation of the API, asked through the edge by who has no business there, about things that are there.

The first university has one of everything, and so has a learner of it. Strangers are the owner of a second one with all
scopes, its client, an auditor of it, a classmate of the learner; and the owner's own tokens, once they count no more.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest

from tests.e2e.strangers.asks import Judged, Try, Whose
from tests.e2e.strangers.ended import Ended, bearer
from tests.e2e.strangers.judge import UNREPEATABLE, Strangers
from tests.e2e.strangers.of_gateway import BY_CLIENTS
from tests.e2e.strangers.tokens import basic, without
from tests.e2e.strangers.tries import TABLE
from tests.e2e.strangers.walk import Walker
from tests.e2e.strangers.world import World
from tools.actor import last, until
from tools.fleet import Fleet

pytestmark = [pytest.mark.db, pytest.mark.kafka, pytest.mark.fleet]
VOLATILE = re.compile(r'"(timesSeen|lastSeenAt|evaluatedAt|asOf|checkedAt|believedUntil|pulledAt|pullsAt)":[^,}]+')
"""Says when it was read, or how often."""


@pytest.fixture(scope="module")
def world(fleet: Fleet) -> Iterator[World]:
    made = World(fleet)
    yield made
    for university in (made.first.university, made.second.university):
        university.close()
    made.http.close()


def test_every_operation_of_the_edge_is_in_a_table(world: World) -> None:
    assert world.operations == set(TABLE)


async def gathered(work: list[Coroutine[Any, Any, list[str]]]) -> list[str]:
    return [fault for faults in await asyncio.gather(*work) for fault in faults]


def test_strangers_find_and_change_nothing(world: World) -> None:
    """Nothing is shown, nothing is changed; and the owner does find it all there."""
    before = state(world)

    async def work(walker: Walker) -> list[str]:
        judge = Strangers(world, walker)
        second = world.second
        asking = []
        for name, one in ((name, one) for name, tries in TABLE.items() for one in tries):
            if name in BY_CLIENTS:
                clients = basic(second.peer)
                asking.append(judge.judge(name, one, clients, whole=False))
                continue
            asking.append(judge.judge(name, one, second.owner.headers, whole=True))
            if one.whose is Whose.PERSON:
                asking.append(judge.judge(name, one, second.classmate.headers, whole=False))
            elif world.is_guarded(name) and "openid" not in world.scopes_of(name):
                asking.append(judge.judge(name, one, second.actor.headers, whole=False))
            if world.scopes_of(name) == ["credentials:read"]:
                asking.append(judge.judge(name, one, second.auditor.headers, whole=False))
        return await gathered(asking)

    faults = world.walk(work)
    none(faults)
    for batch in world.second.actor.get("/batches")["items"]:
        where = f"/batches/{last(batch['id'])}"
        done = until(lambda at=where: world.second.actor.get(at), lambda found: found["status"] == "done")  # type: ignore[misc]  # bound now
        assert done["counts"]["refused"] == done["rows"], done
    none(changed(before, state(world)))


def none(faults: list[str]) -> None:
    """Readable where there are many."""
    assert not faults, "\n".join(faults)


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [f"{name}\n{before[name]}\n{text}" for name, text in after.items() if text != before[name]]


def state(world: World) -> dict[str, str]:
    """Everything of the first university's and its learner's, as they read it."""

    async def read(walker: Walker) -> dict[str, str]:
        tries = {
            f"{name}{one.query}{dict(one.names)}": (name, one)
            for name, tries in TABLE.items()
            for one in tries
            if name.startswith("GET ") and name not in UNREPEATABLE and one.judged in {Judged.HIDDEN, Judged.LIST}
            if one.is_read and "their_" not in str(one.names)
        }
        answers = await asyncio.gather(
            *(walker.ask(name, one, world.things, world.owner_of(one)) for name, one in tries.values())
        )
        unread = [f"{asked}" for asked in answers if asked.answer.status_code != 200]
        none(unread)
        empty = [f"{asked}" for asked in answers if asked.answer.text.startswith('{"items":[]')]
        none(empty)
        return {name: VOLATILE.sub("", asked.answer.text) for name, asked in zip(tries, answers, strict=True)}

    found: dict[str, str] = world.walk(read)
    return found


def test_what_counts_no_more_opens_nothing(world: World) -> None:
    """The owner's own tokens, for the owner's own things."""
    ended = Ended(world.http, world.first, asyncio.run(world.authority()))
    tokens = ended.all()
    before = state(world)

    async def work(walker: Walker) -> list[str]:
        shut, asking = Shut(world, walker), []
        for name, (one, *_) in TABLE.items():
            if name not in BY_CLIENTS:
                asking += [shut.judge(name, one, kind, pair[one.whose]) for kind, pair in tokens.items()]
        return await gathered(asking)

    faults = world.walk(work)
    none(faults)
    none(changed(before, state(world)))


def test_so_do_other_tokens_at_a_route_of_each_room(world: World) -> None:
    ended = Ended(world.http, world.first, asyncio.run(world.authority()))
    others = ended.others()
    found = {kind: ended.statuses(headers) for kind, pair in others.items() for headers in pair.values()}
    assert found == {kind: {401} for kind in others}


class Shut:
    """401 where a token is needed; elsewhere that, or what everybody gets."""

    def __init__(self, world: World, walker: Walker) -> None:
        self.world, self.walker = world, walker
        self.anybodys: dict[str, int] = {}

    async def judge(self, name: str, one: Try, kind: str, headers: dict[str, str]) -> list[str]:
        answer = (asked := await self.walker.ask(name, one, self.world.things, headers, kind)).answer
        if answer.status_code == 401:
            named = headers.get("Authorization", "Bearer").partition(" ")[0]
            challenge = answer.headers.get("www-authenticate", "")
            return [] if challenge.startswith((named, "Bearer")) else [f"{asked}"]
        is_open = not self.world.is_guarded(name) and answer.status_code == await self.to_anybody(name, one)
        return [] if is_open else [f"{asked}"]

    async def to_anybody(self, name: str, one: Try) -> int:
        if name not in self.anybodys:
            asked = await self.walker.ask(name, one, self.world.things, {}, "anybody")
            self.anybodys[name] = asked.answer.status_code
        return self.anybodys[name]


def test_all_scopes_but_the_needed_one_are_not_enough(world: World) -> None:
    needed = {name: " ".join(world.scopes_of(name)) for name in TABLE if world.scopes_of(name)}
    tokens = {scopes: bearer(without(world.owner, world.second.scopes, scopes)) for scopes in {*needed.values()}}

    async def work(walker: Walker) -> list[str]:
        asking = []
        for name, scopes in needed.items():
            one = TABLE[name][0]
            asking.append(lacks(walker, name, one, world, tokens[scopes], scopes))
            if one.whose is Whose.ORGANIZATION and scopes != "openid":  # a learner's role lends no scope at all
                asking.append(lacks(walker, name, one, world, world.second.classmate.headers, scopes))
        return await gathered(asking)

    faults = world.walk(work)
    none(faults)


async def lacks(walker: Walker, name: str, one: Try, world: World, headers: dict[str, str], scopes: str) -> list[str]:
    answer = (asked := await walker.ask(name, one, world.things, headers, f"without {scopes}")).answer
    said = answer.headers.get("www-authenticate", "")
    is_told = "insufficient_scope" in said and any(f'scope="{scope}"' in said for scope in scopes.split())
    return [] if answer.status_code == 403 and is_told else [f"{asked}"]
