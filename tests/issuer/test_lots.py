"""What comes at once is issued at once: each order has an answer of its own, and a key has one answer everywhere."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy.exc import DBAPIError

from issuer.adapters.credentials.record_issued import RECORD, RECORD_AND_NOTE
from issuer.core.credentials.order import Order
from issuer.core.credentials.recipient import Recipient
from issuer.main import Core, wire
from issuer.settings import IssuerSettings
from service_kit.database import open_database
from service_kit.direct import Line, Rows
from service_kit.ids import new_id
from service_kit.inputs import IdempotencyKey
from service_kit.testing import BASE_URL
from tests.issuer.world import LEARNER, ORG, OTHER_ORG, World

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


async def test_each_order_of_a_lot_has_an_answer_of_its_own(world: World) -> None:
    achievement, recipient = await world.ready(), {"email": LEARNER}
    good = {"achievement": achievement, "recipient": recipient}
    await world.send("POST", "/credentials", good, Idempotency_Key="earlier")
    asked = {
        "alone": (good, ORG, "alone"),
        "new": (good, ORG, "new"),
        "the same": (good, ORG, "new"),
        "earlier": (good, ORG, "earlier"),
        "another": (good | {"narrative": "x"}, ORG, "earlier"),
        "unknown": (good | {"achievement": f"{BASE_URL}/achievements/{new_id()}"}, ORG, "unknown"),
        "not allowed": (good | {"validFrom": "2026-01-02T00:00:00Z", "validUntil": "2026-01-01T00:00:00Z"}, ORG, "no"),
        "no issuer": (good, OTHER_ORG, "new"),
    }
    sent = [world.send("POST", "/credentials", body, org=org, Idempotency_Key=key) for body, org, key in asked.values()]
    found = dict(zip(asked, await asyncio.gather(*sent), strict=True))
    told = {name: (one.status_code, one.json().get("type", "").rpartition("/")[2]) for name, one in found.items()}
    assert told == {
        **dict.fromkeys(("alone", "new", "the same", "earlier"), (201, "")),
        "another": (409, "idempotency-key-reused"),
        "unknown": (409, "achievement-not-known"),
        "not allowed": (422, told["not allowed"][1]),
        "no issuer": (409, "no-issuer"),
    }
    assert found["new"].json() == found["the same"].json()
    assert await world.count("credentials") == len(await world.events("credential.issued.v1")) == 3


async def test_processes_that_are_asked_under_the_same_keys_give_the_same_answers(
    world: World, settings: IssuerSettings
) -> None:
    order = Order(
        org_id=ORG, actor="a test", achievement=await world.ready(), recipient=Recipient("did", "did:example:a")
    )
    keys = [IdempotencyKey("POST /credentials", f"key-{number}", "f") for number in range(12)]

    async def all_of(core: Core, asked: list[IdempotencyKey]) -> dict[IdempotencyKey, str]:
        issued = await asyncio.gather(*(core.services.issue(replace(order, key=key)) for key in asked))
        return dict(zip(asked, [one.document for one in issued], strict=True))

    async with open_database(settings.database, "one") as one, open_database(settings.database, "other") as other:
        first, second = await asyncio.gather(
            all_of(wire(settings, one), keys), all_of(wire(settings, other), keys[::-1])
        )
    assert first == second
    assert await world.count("credentials") == len(await world.events("credential.issued.v1")) == len(keys)


@pytest.mark.parametrize("keyed", [False, True])
async def test_what_is_stored_while_the_answer_gets_lost_is_issued_once(
    world: World, monkeypatch: pytest.MonkeyPatch, keyed: bool
) -> None:
    good = {"achievement": await world.ready(), "recipient": {"email": LEARNER}}
    usual, lost = Line.fetch, list[object]()

    async def unheard(self: Line, statement: str, *parameters: object) -> Rows:
        found = await usual(self, statement, *parameters)
        if statement in (RECORD, RECORD_AND_NOTE) and not lost:
            lost.append(found)
            raise DBAPIError(statement, None, OSError("the connection is lost"), connection_invalidated=True)
        return found

    monkeypatch.setattr(Line, "fetch", unheard)
    keys = [{"Idempotency_Key": f"key-{number}"} if keyed else {} for number in range(6)]
    answers = await asyncio.gather(*(world.send("POST", "/credentials", good, **key) for key in keys))

    assert lost
    assert [one.status_code for one in answers] == [201] * 6
    assert len({one.json()["id"] for one in answers}) == 6
    assert await world.count("credentials") == len(await world.events("credential.issued.v1")) == 6


async def test_where_nobody_knows_what_is_stored_nothing_is_signed_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = {"achievement": await world.ready(), "recipient": {"email": LEARNER}}
    usual = Line.fetch

    async def unheard(self: Line, statement: str, *parameters: object) -> Rows:
        found = await usual(self, statement, *parameters)
        if statement in (RECORD, RECORD_AND_NOTE):
            raise DBAPIError(statement, None, OSError("the connection is lost"), connection_invalidated=True)
        return found

    monkeypatch.setattr(Line, "fetch", unheard)
    answers = await asyncio.gather(*(world.send("POST", "/credentials", good) for _ in range(6)))

    assert [one.status_code for one in answers] == [503] * 6
    assert await world.count("credentials") == 6


async def test_what_the_database_refuses_does_not_spoil_a_lot(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    good = {"achievement": await world.ready(), "recipient": {"email": LEARNER}}
    usual, refused = Line.fetch, list[int]()

    async def strict(self: Line, statement: str, *parameters: object) -> Rows:
        if statement in (RECORD, RECORD_AND_NOTE):
            asked = len(parameters[-1]) if isinstance(parameters[-1], list) else 0
            if asked > 1 or not refused:
                refused.append(asked)
                raise DBAPIError(statement, None, ValueError("a value is not taken"))
        return await usual(self, statement, *parameters)

    monkeypatch.setattr(Line, "fetch", strict)
    answers = await asyncio.gather(*(world.send("POST", "/credentials", good) for _ in range(6)))

    assert refused
    assert [one.status_code for one in answers].count(201) >= 5
    assert await world.count("credentials") == [one.status_code for one in answers].count(201)
