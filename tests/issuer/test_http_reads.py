"""Reading one's own credentials: one, its history, lists by page and filter."""

import hashlib
import json

import pytest

from service_kit.testing import BASE_URL
from tests.issuer.world import LEARNER, OTHER_ORG, World

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


async def test_a_credential_is_read_with_its_document(world: World) -> None:
    issued = await world.issue(await world.ready(), validUntil="2999-01-01T00:00:00Z")
    answer = await world.send("GET", issued["id"])
    detail = answer.json()
    assert detail["credential"] == issued["credential"]
    assert (detail["id"], detail["status"], detail["achievementVersion"]) == (issued["id"], "issued", 1)
    assert [step["status"] for step in detail["history"]] == ["issued"]
    assert answer.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize("media_type", ["application/vc+ld+json", "application/vc", "application/ld+json"])
async def test_the_document_alone_is_given_to_who_asks_for_it(world: World, media_type: str) -> None:
    issued = await world.issue(await world.ready())
    answer = await world.send("GET", issued["id"], accept=f"{media_type}; q=0.9, application/json; q=0.1")
    ((document,),) = await world.rows("SELECT document FROM credentials")
    assert answer.text == document
    assert answer.headers["content-type"] == media_type


async def test_a_browser_is_shown_the_public_record(world: World) -> None:
    path = (await world.issue(await world.ready()))["id"].removeprefix(BASE_URL)
    page = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    answer = await world.client.get(path, headers=page)
    assert (answer.status_code, answer.content) == (303, b"")
    assert answer.headers["Location"] == BASE_URL + path.replace("credentials", "records")
    assert answer.headers["Vary"] == "Accept"
    assert (await world.client.get("/credentials/none", headers=page)).status_code == 404
    assert (await world.client.get(path)).status_code == 401
    assert (await world.client.get(path, headers=page | {"Authorization": "Bearer x"})).status_code == 401
    assert (await world.send("GET", path, **page)).json()["status"] == "issued"


async def test_an_issued_credential_past_its_end_is_expired(world: World) -> None:
    achievement = await world.ready()
    period = {"validFrom": "2020-01-01T00:00:00Z", "validUntil": "2021-01-01T00:00:00Z"}
    issued = await world.issue(achievement, **period)
    await world.issue(achievement)
    assert (await world.send("GET", issued["id"])).json()["status"] == "expired"
    expired = (await world.send("GET", "/credentials?status=expired")).json()["items"]
    assert [item["id"] for item in expired] == [issued["id"]]
    assert len((await world.send("GET", "/credentials?status=issued")).json()["items"]) == 1
    await world.send("POST", f"{issued['id']}/revoke", {"reason": "late"})
    assert (await world.send("GET", issued["id"])).json()["status"] == "revoked"


async def test_pages_follow_one_another_newest_first(world: World) -> None:
    achievement = await world.ready()
    ids = [(await world.issue(achievement))["id"] for _ in range(5)]
    found, path = [], "/credentials?limit=2"
    while path:
        answer = await world.send("GET", path)
        body = answer.json()
        found += [item["id"] for item in body["items"]]
        path = answer.links["next"]["url"] if "next" in answer.links else ""
        assert bool(path) is (body["next"] is not None)
    assert found == ids[::-1]


async def test_credentials_are_found_by_achievement_state_and_recipient(world: World) -> None:
    first, second = await world.ready(), await world.achievement()
    ana, ben = await world.issue(first), await world.issue(second, recipient={"email": "ben@students.example"})
    await world.send("POST", f"{ben['id']}/suspend", {"reason": "an appeal"})
    digest = hashlib.sha256(LEARNER.lower().encode()).hexdigest()
    for query, expected in (
        (f"achievement={first}", ana),
        (f"achievement={second}/versions/1", ben),
        ("status=suspended", ben),
        ("status=issued", ana),
        (f"recipient=sha256${digest}", ana),
    ):
        items = (await world.send("GET", f"/credentials?{query}")).json()["items"]
        assert [item["id"] for item in items] == [expected["id"]], query


async def test_a_list_holds_neither_documents_nor_learners(world: World) -> None:
    await world.issue(await world.ready(), recipient={"email": LEARNER, "name": "Ana Silva", "plaintext": True})
    text = json.dumps((await world.send("GET", "/credentials")).json()).lower()
    assert "silva" not in text
    assert "proof" not in text


async def test_the_same_learner_of_two_organizations_is_not_linked(world: World) -> None:
    await world.issue(await world.ready())
    await world.issuer(OTHER_ORG)
    await world.issue(await world.achievement(OTHER_ORG), org=OTHER_ORG)
    keys = await world.rows("SELECT DISTINCT recipient_key FROM credentials")
    assert len(keys) == 2
