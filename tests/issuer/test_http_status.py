"""Revoke, suspend, reinstate: states, history, events, and the signed lists that outside verifiers read."""

import asyncio
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from contracts.events import StatusListPublished
from credential_core.bitstring import read_status
from credential_core.did import assertion_method
from credential_core.proof import verify_proof
from issuer.core.credentials.change_status import Action
from issuer.main import wire
from issuer.settings import IssuerSettings
from service_kit.clock import utc_now
from tests.issuer.world import World, problem_code

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


async def change(world: World, issued: Any, action: str, status: int = 200, **headers: str) -> Any:
    answer = await world.send("POST", f"{issued['id']}/{action}", {"reason": f"to {action}"}, **headers)
    assert answer.status_code == status, answer.text
    return answer


async def publish_later(world: World, settings: IssuerSettings, *, after: timedelta = timedelta(seconds=1)) -> int:
    """What the publisher does when its clock has gone on by `after`."""
    return await wire(settings, world.database, lambda: utc_now() + after).publish_lists()


def _same(moment: datetime) -> datetime:
    return moment


async def newest_list(world: World) -> StatusListPublished:
    found: StatusListPublished = (await world.events("status-list.published.v1"))[-1]
    return found


async def test_a_revocation_is_answered_recorded_and_told(world: World) -> None:
    issued = await world.issue(await world.ready())
    assert (await change(world, issued, "revoke")).json() == {"id": issued["id"], "status": "revoked"}
    (event,) = await world.events("credential.revoked.v1")
    assert (event.credential_id, event.revision, event.state) == (issued["id"], 2, "revoked")
    assert "to revoke" not in event.model_dump_json()
    detail = (await world.send("GET", issued["id"])).json()
    assert detail["status"] == "revoked"
    assert [step["status"] for step in detail["history"]] == ["issued", "revoked"]
    assert detail["history"][1]["reason"] == "to revoke"
    assert detail["history"][1]["actor"].startswith("client:")


async def test_suspended_and_back(world: World) -> None:
    issued = await world.issue(await world.ready())
    statuses = [(await change(world, issued, a)).json()["status"] for a in ("suspend", "reinstate", "suspend")]
    assert statuses == ["suspended", "issued", "suspended"]
    revisions = [event.revision for event in await world.events() if hasattr(event, "state")]
    assert revisions == [1, 2, 3, 4]


@pytest.mark.parametrize("action", [action.value for action in Action])
async def test_repeating_the_last_change_does_nothing_and_succeeds(world: World, action: str) -> None:
    issued = await world.issue(await world.ready())
    if action == "reinstate":
        await change(world, issued, "suspend")
    first = await change(world, issued, action)
    events = len(await world.events())
    assert (await change(world, issued, action)).json() == first.json()
    assert len(await world.events()) == events


@pytest.mark.parametrize("before", [["revoke"], ["suspend", "revoke"]])
@pytest.mark.parametrize("action", ["suspend", "reinstate"])
async def test_revoked_is_final(world: World, before: list[str], action: str) -> None:
    issued = await world.issue(await world.ready())
    for step in before:
        await change(world, issued, step)
    answer = await change(world, issued, action, 409)
    assert problem_code(answer) == "status-transition-not-allowed"


async def test_what_was_never_suspended_cannot_be_reinstated(world: World) -> None:
    issued = await world.issue(await world.ready())
    assert problem_code(await change(world, issued, "reinstate", 409)) == "status-transition-not-allowed"


async def test_a_key_makes_a_change_repeatable_after_others(world: World) -> None:
    issued = await world.issue(await world.ready())
    first = await change(world, issued, "suspend", Idempotency_Key="once")
    await change(world, issued, "reinstate")
    again = await change(world, issued, "suspend", Idempotency_Key="once")
    assert again.content == first.content
    assert (await world.send("GET", issued["id"])).json()["status"] == "issued"


async def test_a_refused_change_leaves_its_key_free(world: World) -> None:
    issued = await world.issue(await world.ready())
    await change(world, issued, "reinstate", 409, Idempotency_Key="once")
    await change(world, issued, "suspend")
    assert (await change(world, issued, "reinstate", Idempotency_Key="once")).json()["status"] == "issued"


async def test_the_list_says_what_the_state_says(world: World, settings: IssuerSettings) -> None:
    achievement = await world.ready()
    credentials = [await world.issue(achievement) for _ in range(3)]
    bits = []
    for seconds, action in enumerate(("suspend", "reinstate", "revoke"), 1):
        await change(world, credentials[1], action)
        assert await publish_later(world, settings, after=timedelta(seconds=seconds)) == 1
        published = await newest_list(world)
        bits.append([read_status(published.credential, one["credential"]["credentialStatus"]) for one in credentials])
    assert bits == [[False, True, False], [False, False, False], [False, True, False]]


async def test_a_list_is_signed_by_its_issuer_for_a_day(world: World, settings: IssuerSettings) -> None:
    await change(world, await world.issue(await world.ready()), "revoke")
    await publish_later(world, settings)
    published, (profile,) = await newest_list(world), await world.events("issuer.published.v1")
    credential = dict(published.credential)
    proof: Any = credential["proof"]
    method = assertion_method(profile.did_document, proof["verificationMethod"])
    verify_proof(credential, proof, method.public)
    assert credential["issuer"] == profile.issuer_id
    assert credential["id"] == published.url
    assert (published.revision, published.purpose) == (2, "revocation")


async def test_many_changes_are_one_publication(world: World, settings: IssuerSettings) -> None:
    achievement = await world.ready()
    for _ in range(5):
        await change(world, await world.issue(achievement), "revoke")
    assert await publish_later(world, settings) == 1
    assert await publish_later(world, settings, after=timedelta(seconds=3)) == 0
    assert len(await world.events("status-list.published.v1")) == 2


async def test_a_list_just_published_waits_for_more(world: World, settings: IssuerSettings) -> None:
    await change(world, await world.issue(await world.ready()), "revoke")
    ((published_at,),) = await world.rows("SELECT published_at FROM status_lists")
    for since, expected in ((timedelta(milliseconds=499), 0), (timedelta(milliseconds=500), 1)):
        moment = published_at + since
        assert await wire(settings, world.database, partial(_same, moment)).publish_lists() == expected


async def test_a_clock_that_was_put_right_delays_no_publication(world: World, settings: IssuerSettings) -> None:
    achievement = await world.ready()
    for ahead in (timedelta(hours=1), timedelta(seconds=1)):
        await change(world, await world.issue(achievement), "revoke")
        assert await publish_later(world, settings, after=ahead) == 1
    assert (await newest_list(world)).revision == 3


async def test_a_change_during_the_signature_is_published_next(world: World, settings: IssuerSettings) -> None:
    achievement = await world.ready()
    first, second = await world.issue(achievement), await world.issue(achievement)
    await change(world, first, "revoke")
    publisher = wire(settings, world.database, lambda: utc_now() + timedelta(seconds=1)).publish_lists
    sign_list = publisher._sign_list

    async def slow(*arguments: Any, **options: Any) -> StatusListPublished:
        await change(world, second, "revoke")
        publisher._sign_list = sign_list
        return await sign_list(*arguments, **options)

    publisher._sign_list = slow  # type: ignore[assignment]  # the same call, with something happening meanwhile
    assert await publisher() == 1
    assert await publish_later(world, settings, after=timedelta(seconds=2)) == 1
    published = await newest_list(world)
    entries = [one["credential"]["credentialStatus"] for one in (first, second)]
    assert [read_status(published.credential, entry) for entry in entries] == [True, True]


async def test_two_publishers_at_once_publish_each_revision_once(world: World, settings: IssuerSettings) -> None:
    await change(world, await world.issue(await world.ready()), "revoke")
    await asyncio.gather(*(publish_later(world, settings) for _ in range(4)))
    revisions = [event.revision for event in await world.events("status-list.published.v1")]
    assert revisions[:2] == [1, 2]
    assert revisions == sorted(set(revisions))


async def test_an_old_signature_is_made_anew_without_any_change(world: World, settings: IssuerSettings) -> None:
    await world.issuer()
    assert await publish_later(world, settings, after=timedelta(hours=5)) == 0
    assert await publish_later(world, settings, after=timedelta(hours=7)) == 1
    published = await newest_list(world)
    assert published.revision == 2
