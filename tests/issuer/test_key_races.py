"""Keys that change at the wrong moment: what a revoked key has signed is stored before the revocation, or never."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from issuer.adapters.reading import Reading
from issuer.core.credentials.award import allow
from issuer.core.credentials.compose import Draft
from issuer.core.credentials.order import Order
from issuer.core.credentials.recipient import Recipient
from issuer.core.model import Credential, CredentialId, ListId, Slot
from issuer.http.services import Services
from issuer.main import Core, wire
from issuer.settings import IssuerSettings
from service_kit.clock import utc_now
from service_kit.database import Database
from service_kit.ids import new_id
from tests.issuer.rotation import Rotation, after_signing, of, rotation, signer, without_a_wait
from tests.issuer.world import LEARNER, ORG, Json, World, problem_code

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
IN_LINE = """
SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@pytest.fixture(scope="session")
def settings(settings: IssuerSettings) -> IssuerSettings:
    return without_a_wait(settings)


async def stored_signers(world: World) -> set[str]:
    """Who signed the credentials that are stored."""
    kept = await world.rows("SELECT document::json -> 'proof' ->> 'verificationMethod' FROM credentials")
    return {row[0] for row in kept}


def order_for(achievement: str) -> Order:
    return Order(org_id=ORG, actor="a test", achievement=achievement, recipient=Recipient("emailAddress", LEARNER))


@pytest.mark.parametrize("members", [{}, {"allowDuplicates": False}], ids=["any number", "once"])
async def test_what_was_signed_as_its_key_was_revoked_is_signed_anew(
    world: World, monkeypatch: pytest.MonkeyPatch, members: Json
) -> None:
    keys = await rotation(world)
    body = {"achievement": await world.achievement(), "recipient": {"email": LEARNER}} | members
    with after_signing(monkeypatch, keys):
        answer = await world.send("POST", "/credentials", body, Idempotency_Key="once")
    assert answer.status_code == 201, answer.text
    assert await stored_signers(world) == {signer(answer.json()["credential"])} == {keys.new["id"]}
    again = await world.send("POST", "/credentials", body, Idempotency_Key="once")
    assert again.content == answer.content
    assert len(await world.events("credential.issued.v1")) == await world.count("credentials") == 1


async def test_without_another_key_it_is_refused_and_nothing_is_stored(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = await rotation(world)
    body = {"achievement": await world.achievement(), "recipient": {"email": LEARNER}}
    with after_signing(monkeypatch, lambda: keys.act(keys.old, "revoke")):
        refused = await world.send("POST", "/credentials", body, Idempotency_Key="once")
    assert (refused.status_code, problem_code(refused)) == (409, "no-active-key")
    assert [await world.count(table) for table in ("credentials", "idempotency_keys")] == [0, 0]
    await keys.act(keys.new, "activate")
    assert (await world.send("POST", "/credentials", body, Idempotency_Key="once")).status_code == 201


async def test_those_that_come_at_once_are_not_spoilt_by_the_one_whose_key_changed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = await rotation(world)
    achievement = await world.achievement()
    with after_signing(monkeypatch, keys):
        issued = await asyncio.gather(*(world.issue(achievement) for _ in range(12)))
    assert {signer(one["credential"]) for one in issued} == await stored_signers(world)
    assert await of(world, keys.new) > 0
    assert len(await world.events("credential.issued.v1")) == await world.count("credentials") == 12


async def test_any_credential_and_a_correction_are_signed_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = await rotation(world)
    issued = await world.issue(await world.achievement())
    next_one = (await world.send("POST", keys.path, {})).json()
    with after_signing(monkeypatch, keys):
        corrected = await world.send("POST", f"{issued['id']}/correct", {"reason": "x", "narrative": "y"})
    assert corrected.status_code == 200, corrected.text
    assert signer(corrected.json()["credential"]) == keys.new["id"]
    document = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential"],
        "issuer": corrected.json()["credential"]["issuer"]["id"],
        "credentialSubject": {"id": "did:example:ada"},
    }
    once_more = Rotation(world, keys.path, keys.new, next_one)
    with after_signing(monkeypatch, once_more):
        made = await world.send("POST", "/vc/credentials/issue", {"credential": document})
    assert signer(made.json()["verifiableCredential"]) == next_one["id"]
    assert await world.count("any_credentials") == 1


async def test_a_status_list_is_not_published_with_a_key_that_was_just_revoked(
    world: World, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = await rotation(world)
    issued = await world.issue(await world.achievement())
    await world.send("POST", f"{issued['id']}/revoke", {"reason": "a test"})
    await world.rows("UPDATE status_lists SET published_at = published_at - interval '1 minute' RETURNING 1")
    with after_signing(monkeypatch, keys):
        await core.publish_lists()
    assert len(await world.events("status-list.published.v1")) == 1
    await core.publish_lists()
    [_, published] = await world.events("status-list.published.v1")
    assert signer(published.credential) == keys.new["id"]


async def test_the_next_list_of_an_issuer_is_not_begun_with_a_key_that_was_just_revoked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a list would not be due again for hours, and all that stands in it would be unverifiable."""
    keys = await rotation(world)
    achievement = await world.achievement()
    await world.rows("UPDATE status_lists SET next_counter = length RETURNING 1")
    with after_signing(monkeypatch, keys):
        issued = await world.issue(achievement)
    [_, second] = await world.events("status-list.published.v1")
    assert signer(second.credential) == signer(issued["credential"]) == keys.new["id"]


async def test_once_a_key_is_revoked_nothing_more_of_it_is_stored(
    world: World, settings: IssuerSettings, database: Database
) -> None:
    """Three processes issue while the key is revoked: what there is of it at the answer is all there will ever be."""
    keys = await rotation(world)
    achievement = await world.achievement()
    order = order_for(achievement)
    processes = [wire(settings, database).services for _ in range(3)]
    begun = asyncio.Event()

    async def issue(process: Services) -> None:
        for number in range(25):
            await process.issue(order)
            if number == 5:
                begun.set()

    async def revoke() -> int:
        await begun.wait()
        await keys()
        return await of(world, keys.old)

    revoking = asyncio.create_task(revoke())
    await asyncio.gather(*map(issue, processes))
    at_the_answer = await revoking
    assert 0 < await of(world, keys.old) == at_the_answer < 75
    assert await world.count("credentials") == 75


async def at_once(
    world: World, slug: str, *requests: Callable[[], Coroutine[Any, Any, httpx.Response]]
) -> list[httpx.Response]:
    """The requests, each begun after the one before it stands in line for the issuer, and none of them done."""
    async with world.database.engine.connect() as connection:
        await connection.execute(text("SELECT 1 FROM issuers WHERE slug = :slug FOR UPDATE"), {"slug": slug})
        started = []
        for number, request in enumerate(requests, 1):
            started.append(asyncio.create_task(request()))
            while len(await world.rows(IN_LINE)) < number:
                await asyncio.sleep(0)
        await connection.rollback()
    return await asyncio.gather(*started)


@pytest.mark.parametrize("others", ["activate", "revoke"])
async def test_who_waits_for_an_issuer_sees_its_keys_as_the_one_before_left_them(world: World, others: str) -> None:
    """Two keys activated at once do not both sign, and a key that was revoked is not activated after that."""
    keys = await rotation(world)
    third = (await world.send("POST", keys.path, {})).json()
    other = third if others == "activate" else keys.new
    first, second = await at_once(
        world,
        keys.path.split("/")[2],
        lambda: world.send("POST", f"{keys.path}/{other['keyId']}/{others}"),
        lambda: world.send("POST", f"{keys.path}/{keys.new['keyId']}/activate"),
    )
    states = [key["state"] for key in (await world.send("GET", keys.path)).json()["items"]]
    if others == "activate":
        assert (first.status_code, second.status_code) == (200, 200)
        assert states == ["retiring", "active", "retiring"]
    else:
        assert (first.status_code, second.status_code) == (200, 409)
        assert states == ["active", "revoked", "published"]


async def test_a_profile_that_is_changed_meanwhile_does_not_bring_a_revoked_key_back(world: World) -> None:
    keys = await rotation(world)
    slug = keys.path.split("/")[2]
    await at_once(
        world,
        slug,
        lambda: world.send("POST", f"{keys.path}/{keys.new['keyId']}/revoke"),
        lambda: world.send("PATCH", f"/issuers/{slug}", {"url": "https://lakeside.example"}),
    )
    newest = (await world.events("issuer.published.v1"))[-1]
    assert newest.profile["url"] == "https://lakeside.example"
    [revoked] = [one for one in newest.did_document["verificationMethod"] if one["id"] == keys.new["id"]]
    assert "revoked" in revoked


async def test_what_is_signed_together_is_signed_each_with_the_key_that_was_read_for_it(
    world: World, core: Core, database: Database
) -> None:
    keys, achievement_id = await rotation(world), await world.achievement()
    for _ in range(2):  # the second of a kind makes the pattern by which many are signed together
        await world.issue(achievement_id, recipient={"email": "ana@students.example"})
    reading, order = Reading(database), order_for(achievement_id)
    achievement = await reading.achievement(achievement_id, None)
    assert achievement is not None
    drafts: list[Draft] = []
    for action in (None, "activate"):
        if action is not None:
            await keys.act(keys.new, action)
        [issuer] = await reading.issuers_of(ORG)
        award = allow(order, issuer, achievement, utc_now())
        slot = Slot(ListId(new_id()), len(drafts))
        compose = core.services.issue._compose
        drafts.append(compose.draft(award, credential_id=CredentialId(new_id()), slot=slot, now=utc_now()))
    made = await compose.each(drafts)
    assert [signer(json.loads(one.document)) for one in made if isinstance(one, Credential)] == [
        keys.old["id"],
        keys.new["id"],
    ]
