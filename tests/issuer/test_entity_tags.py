"""Whoever changes an issuer, its policy or a credential may say which state they saw (ADR 68)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from contracts.states import issuer_state
from issuer.main import Core, wire
from issuer.settings import IssuerSettings
from service_kit.database import Database
from service_kit.entity_tags import tag_of
from tests.conditions import WRITERS, Case, holds, nothing
from tests.issuer.world import World, problem_code

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


def policy(number: int) -> dict[str, int]:
    return {"maxValidityDays": number}


def correction(number: int) -> dict[str, str]:
    return {"reason": "a slip of the pen", "narrative": f"Narrative {number}"}


def reason(number: int) -> dict[str, str]:
    return {"reason": f"Reason {number}"}


CREDENTIAL = "POST /credentials/{credential_id}"
KEY, BATCH = "POST /issuers/{slug}/keys/{key_id}", "POST /batches/{batch_id}"
CORRECTED = (f"{CREDENTIAL}/correct", correction)
CASES: Mapping[str, Case] = {
    "PUT /issuers/{slug}/policy": Case(policy),
    f"{CREDENTIAL}/correct": Case(correction),
    f"{CREDENTIAL}/revoke": Case(reason, meanwhile=CORRECTED),
    f"{CREDENTIAL}/suspend": Case(reason, meanwhile=CORRECTED),
    f"{CREDENTIAL}/reinstate": Case(reason, meanwhile=(f"{CREDENTIAL}/suspend", reason)),
    f"{KEY}/retire": Case(meanwhile=(f"{KEY}/activate", nothing)),
    f"{KEY}/revoke": Case(meanwhile=(f"{KEY}/activate", nothing)),
    f"{BATCH}/resume": Case(meanwhile=(f"{BATCH}/pause", nothing)),
    f"{BATCH}/cancel": Case(meanwhile=(f"{BATCH}/pause", nothing)),
    f"{BATCH}/pause": Case(meanwhile=(f"{BATCH}/resume", nothing)),
}
READ_ELSEWHERE = {"PATCH /issuers/{slug}"}
"""Public profiles are the registry's to show."""
TRIED_BESIDE = {
    "DELETE /learners/me/hosts/{host_id}",
    "POST /learners/me/hosts/{host_id}/confirm",
    "POST /issuers/{slug}/keys/{key_id}/activate",
    "POST /batches/{batch_id}/retry",
    "POST /stacks/{stack_id}/approve",
    "POST /stacks/{stack_id}/refuse",
}
"""Need another host, another key, a row that failed or a pathway: here, test_backpack_upkeep.py and test_stacks.py."""


@pytest.mark.parametrize("operation", CASES)
async def test_if_match_holds(world: World, operation: str) -> None:
    issuer, achievement = await world.issuer(), await world.achievement()
    issued = await world.issue(achievement)
    key = await world.send("POST", f"/issuers/{issuer['slug']}/keys", {"algorithm": "P-256"})
    batch = await opened(world, achievement)
    things = {
        "slug": issuer["slug"],
        "credential_id": issued["id"].rpartition("/")[2],
        "key_id": key.json()["keyId"],
        "batch_id": batch.rpartition("/")[2],
    }
    if operation == f"{BATCH}/pause":
        await world.send("POST", f"{batch}/pause")

    async def send(method: str, path: str, body: Any, headers: Mapping[str, str]) -> httpx.Response:
        return await world.client.request(method, path, json=body, headers={**world.headers(), **headers})

    await holds(send, operation, CASES[operation], things)


@pytest.fixture
def core(settings: IssuerSettings, database: Database) -> Core:
    """A new key may be activated at once."""
    return wire(settings.model_copy(update={"key_wait_s": 0}), database)


async def opened(world: World, achievement: str) -> str:
    """A batch that nobody works on."""
    rows = [{"recipient": {"email": "bea@students.example"}}]
    answer = await world.send("POST", f"/batches?achievement={achievement}", rows)
    assert answer.status_code == 202, answer.text
    return str(answer.headers["location"])


async def test_a_key_that_another_took_the_place_of_is_another_state(world: World) -> None:
    issuer = await world.issuer()
    keys = f"/issuers/{issuer['slug']}/keys"
    first, second = [(await world.send("POST", keys, {"algorithm": "P-256"})).json()["keyId"] for _ in range(2)]
    seen = (await world.send("GET", f"{keys}/{first}")).headers["etag"]
    active = await world.send("POST", f"{keys}/{first}/activate", If_Match=seen)
    stale = await world.send("POST", f"{keys}/{first}/activate", If_Match=seen)
    assert (active.status_code, stale.status_code) == (200, 412)
    assert active.headers["etag"] == stale.headers["etag"]
    await world.send("POST", f"{keys}/{second}/activate")
    late = await world.send("POST", f"{keys}/{first}/retire", If_Match=active.headers["etag"])
    assert (late.status_code, problem_code(late)) == (412, "precondition-failed")
    present = (await world.send("GET", f"{keys}/{first}")).headers["etag"]
    assert late.headers["etag"] == present
    assert (await world.send("POST", f"{keys}/{first}/retire", If_Match=present)).json()["state"] == "retired"


async def test_how_far_a_batch_is_disturbs_nobody_who_changes_it(world: World, core: Core) -> None:
    issuer, achievement = await world.issuer(), await world.achievement()
    where = await opened(world, achievement)
    await world.send("PATCH", f"/issuers/{issuer['slug']}", {"active": False})
    begun = (await world.send("GET", where)).headers["etag"]
    await core.work_batches()
    done = await world.send("GET", where)
    assert done.json()["status"] == "done"
    stale = await world.send("POST", f"{where}/retry", If_Match=begun)
    assert (stale.status_code, stale.headers["etag"].partition(".")[0]) == (
        412,
        done.headers["etag"].partition(".")[0] + '"',
    )
    again = await world.send("POST", f"{where}/retry", If_Match=done.headers["etag"])
    assert (again.status_code, again.json()["status"]) == (200, "running")
    assert again.headers["etag"] == (await world.send("GET", where)).headers["etag"]
    await core.work_batches()
    await core.work_batches()


async def test_an_issuer_is_changed_by_the_tag_that_the_registry_shows(world: World) -> None:
    made = await world.send("POST", "/issuers", {"name": "Lakeside", "slug": "lakeside"})
    (told,) = await world.events("issuer.published.v1")
    shown = tag_of(issuer_state(told.issuer_id, told.revision), {"what": "the registry shows"})

    async def rename(name: str, tag: str) -> httpx.Response:
        return await world.send("PATCH", "/issuers/lakeside", {"name": name}, If_Match=tag)

    answers = await asyncio.gather(*(rename("Renamed", shown) for _ in range(WRITERS)))
    assert sorted(answer.status_code for answer in answers) == [200, *[412] * (WRITERS - 1)]
    (winner,) = [answer for answer in answers if answer.status_code == 200]
    _, told = await world.events("issuer.published.v1")
    present = tag_of(issuer_state(told.issuer_id, told.revision))
    stale = await rename("Once more", made.headers["etag"])

    assert made.headers["etag"] == shown.partition(".")[0] + '"' != present
    assert (winner.headers["etag"], stale.headers["etag"]) == (present, present)
    assert (problem_code(stale), told.name) == ("precondition-failed", "Renamed")
    assert (await rename("Once more", present)).status_code == 200


async def test_a_new_key_is_a_new_state_of_its_issuer(world: World) -> None:
    made = await world.send("POST", "/issuers", {"name": "Lakeside", "slug": "lakeside"})
    added = await world.send("POST", "/issuers/lakeside/keys", {"algorithm": "P-256"})
    answer = await world.send("PATCH", "/issuers/lakeside", {"name": "Renamed"}, If_Match=made.headers["etag"])

    assert (added.status_code, answer.status_code) == (201, 412)


async def test_a_policy_is_read_by_itself(world: World) -> None:
    issuer = await world.issuer()
    answer = await world.send("GET", f"/issuers/{issuer['slug']}/policy")
    again = {**answer.json(), "maxValidityDays": 30}
    put = await world.send("PUT", f"/issuers/{issuer['slug']}/policy", again, If_Match=answer.headers["etag"])

    assert answer.json() == issuer["policy"]
    assert (await world.send("GET", f"/issuers/{issuer['slug']}/policy")).json() == again == put.json()["policy"]


async def test_a_repeated_change_gives_its_answer_whatever_the_tag(world: World) -> None:
    issued = await world.issue(await world.ready())
    seen = (await world.send("GET", issued["id"])).headers["etag"]
    sent = {"Idempotency-Key": "k", "If-Match": seen}
    path = f"/credentials/{issued['id'].rpartition('/')[2]}/suspend"
    first, again = [
        await world.client.request("POST", path, json=reason(1), headers={**world.headers(), **sent}) for _ in range(2)
    ]
    assert (first.status_code, again.status_code, again.content) == (200, 200, first.content)
    assert first.headers["etag"] != seen
    without = await world.send("POST", path, reason(2), If_Match=seen)
    assert (without.status_code, problem_code(without)) == (412, "precondition-failed")


async def test_a_repeated_correction_gives_the_first_answer_whatever_the_tag(world: World) -> None:
    issued = await world.issue(await world.ready())
    seen = (await world.send("GET", issued["id"])).headers["etag"]
    sent = {"Idempotency-Key": "k", "If-Match": seen}
    first, again = [
        await world.client.request(
            "POST",
            f"/credentials/{issued['id'].rpartition('/')[2]}/correct",
            json=correction(1),
            headers={**world.headers(), **sent},
        )
        for _ in range(2)
    ]

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.content == again.content
