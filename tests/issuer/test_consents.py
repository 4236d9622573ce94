"""A pathway's owner sees a learner's progress while the learner agrees: that much, noted, and not a moment longer."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from credential_core.timestamps import format_timestamp
from issuer.adapters.progress import consents
from issuer.main import Core
from service_kit.clock import utc_now
from service_kit.ids import new_id
from service_kit.pagination import encode_cursor
from service_kit.testing import BASE_URL
from tests.issuer.abroad import Academy
from tests.issuer.keepers import OB, Keeper
from tests.issuer.pathways import Series
from tests.issuer.test_progress import ANA, STALE, abroad, accepts
from tests.issuer.world import ORG, OTHER_ORG, Clock, World, fields, problem_code

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
Json = dict[str, Any]
PATH = "/learners/me/consents"
PURPOSE = "advice on what to take next"
HOUR = timedelta(hours=1)


@pytest_asyncio.fixture
async def series(world: World, core: Core) -> Series:
    return await Series(world, core).open()


@pytest.fixture
def ana(world: World) -> Keeper:
    return Keeper(world, email=ANA)


async def ask(keeper: Keeper, series: Series, key: str = "", **members: Any) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    body = {"pathway": series.id, "purpose": PURPOSE} | members
    return await keeper.call("POST", PATH, json=body, headers=headers)


async def grant(keeper: Keeper, series: Series, **members: Any) -> Json:
    answer = await ask(keeper, series, **members)
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return dict(answer.json())


async def granted(keeper: Keeper, **query: Any) -> list[Json]:
    answer = await keeper.call("GET", PATH, params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def look(series: Series, org: str = ORG, **query: Any) -> httpx.Response:
    asked = {"pathway": series.id} | query
    return await series.world.client.get("/progress", params=asked, headers=series.world.headers(org))


async def seen(series: Series, **query: Any) -> list[Json]:
    answer = await look(series, **query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return list(answer.json()["items"])


class TestSeeing:
    async def test_nothing_is_seen_without_consent(self, series: Series) -> None:
        await series.earn("python")
        assert await seen(series) == []

    async def test_the_owner_sees_how_far_the_learner_is_and_the_learner_sees_that(
        self, ana: Keeper, series: Series
    ) -> None:
        await series.earn("python")
        consent = await grant(ana, series)
        assert (consent["status"], consent["organization"], consent["lastSeenAt"]) == ("active", ORG, None)
        [shown] = await seen(series)
        assert (shown["id"], shown["percent"], shown["missing"]) == (consent["id"], 50, ["capstone"])
        assert (shown["purpose"], shown["email"]) == (PURPOSE, None)
        one = (await series.world.send("GET", f"/progress/{consent['id']}")).json()
        assert [part["component"] for part in one["counted"]] == ["python"]
        [mine] = await granted(ana)
        assert mine["timesSeen"] == 2
        assert mine["lastSeenAt"] is not None

    async def test_it_shows_no_credential_by_name_and_nothing_that_does_not_count(
        self, ana: Keeper, series: Series, academy: Academy
    ) -> None:
        (python,) = await series.earn("python")
        (fallen,) = await series.earn("statistics")
        await series.change(fallen, "revoke")
        await ana.push(abroad(academy))
        consent = await grant(ana, series)
        answer = await series.world.send("GET", f"/progress/{consent['id']}")
        assert answer.json()["notConfirmed"] == 0
        for hidden in (python, fallen, academy.did, ana.person, ANA, "sha256"):
            assert hidden not in answer.text

    async def test_what_was_brought_counts_and_what_cannot_be_confirmed_does_not(
        self, ana: Keeper, series: Series, academy: Academy, world: World
    ) -> None:
        await accepts(series, academy.did)
        await ana.push(abroad(academy))
        await grant(ana, series)
        assert [one["percent"] for one in await seen(series)] == [50]
        await world.rows(STALE)
        del academy.site.documents["/lists/1"]
        [shown] = await seen(series)
        assert (shown["percent"], shown["notConfirmed"]) == (0, 1)

    async def test_the_address_is_shown_where_the_learner_said_so(self, ana: Keeper, series: Series) -> None:
        answer = await ask(ana, series, shows=["email"])
        assert (answer.status_code, fields(answer)) == (422, ["shows"])
        profile = {"id": "https://people.example/ana", "type": ["Profile"], "email": ANA}
        await ana.call("PUT", f"{OB}/profile", json=profile)
        await grant(ana, series, shows=["email"])
        assert [one["email"] for one in await seen(series)] == [ANA]
        await ana.call("PUT", f"{OB}/profile", json=profile | {"email": "bo@students.example"})
        assert [one["email"] for one in await seen(series)] == [None]

    async def test_a_learner_is_another_to_each_organization_and_the_same_to_one(
        self, ana: Keeper, series: Series, world: World, core: Core
    ) -> None:
        second, elsewhere = await Series(world, core).open(), Series(world, core)
        elsewhere.achievements = series.achievements
        await elsewhere.publish(org=OTHER_ORG)
        for one in (series, second, elsewhere):
            await grant(ana, one)
        names = [
            (await seen(series))[0]["learner"],
            (await seen(second))[0]["learner"],
            (await seen(elsewhere, org=OTHER_ORG))[0]["learner"],
        ]
        assert names[0] == names[1] != names[2]

    async def test_another_organization_finds_nothing(self, ana: Keeper, series: Series) -> None:
        consent = await grant(ana, series)
        assert (await look(series, org=OTHER_ORG)).status_code == 404
        answers = [
            await series.world.send("GET", f"/progress/{name}", org=org)
            for name, org in ((consent["id"], OTHER_ORG), (new_id(), ORG), ("x", ORG))
        ]
        assert [answer.status_code for answer in answers] == [404, 404, 404]
        assert len({answer.json()["detail"] for answer in answers}) == 1
        assert [one["timesSeen"] for one in await granted(ana)] == [0]

    async def test_pages_follow_each_other_and_cursors_are_ours(self, world: World, series: Series) -> None:
        people = [Keeper(world, email=f"{number}@students.example") for number in range(3)]
        made = [(await grant(one, series))["id"] for one in people]
        first = await look(series, limit=2)
        second = await look(series, limit=2, cursor=first.json()["next"])
        assert [one["id"] for answer in (first, second) for one in answer.json()["items"]] == made[::-1]
        assert second.json()["next"] is None
        assert f"{BASE_URL}/progress?" in first.headers["link"]
        positions = (["a"], ["2026-01-01T00:00:00Z", "x"], ["x", new_id()])
        for cursor in ("x", *map(encode_cursor, positions)):
            assert (await look(series, cursor=cursor)).status_code == 422
            assert (await people[0].call("GET", PATH, params={"cursor": cursor})).status_code == 422

    async def test_what_is_no_pathway_of_theirs_is_refused(self, series: Series) -> None:
        for name, status in (("nonsense", 422), ("", 422), ("\0", 400)):
            assert (await look(series, pathway=name)).status_code == status
        assert (await look(series, pathway=new_id())).status_code == 404


class TestEnding:
    async def test_it_ends_at_once_and_the_learner_still_sees_that_it_was(self, ana: Keeper, series: Series) -> None:
        consent = await grant(ana, series)
        assert len(await seen(series)) == 1
        for _ in range(2):
            assert (await ana.call("POST", f"{PATH}/{consent['id']}/withdraw")).status_code == 204
        assert await seen(series) == []
        assert (await series.world.send("GET", f"/progress/{consent['id']}")).status_code == 404
        [mine] = await granted(ana)
        assert (mine["status"], mine["timesSeen"]) == ("withdrawn", 1)
        assert await series.world.rows("SELECT sealed FROM progress_consents") == [(None,)]

    async def test_who_withdraws_while_it_is_measured_is_not_shown(
        self, ana: Keeper, series: Series, academy: Academy, world: World
    ) -> None:
        await accepts(series, academy.did)
        await ana.push(abroad(academy))
        consent = await grant(ana, series)
        await world.rows(STALE)
        asked, go = asyncio.Event(), asyncio.Event()
        academy.site.hold(asked, go)
        looking = asyncio.create_task(look(series))
        await asked.wait()
        await ana.call("POST", f"{PATH}/{consent['id']}/withdraw")
        go.set()
        assert (await looking).json()["items"] == []
        assert [one["timesSeen"] for one in await granted(ana)] == [0]

    async def test_it_expires(self, ana: Keeper, series: Series, clock: Clock) -> None:
        answer = await ask(ana, series, expiresAt=format_timestamp(utc_now() - HOUR))
        assert (answer.status_code, fields(answer)) == (422, ["expiresAt"])
        await grant(ana, series, expiresAt=format_timestamp(utc_now() + HOUR))
        assert len(await seen(series)) == 1
        clock.ahead = 2 * HOUR
        assert await seen(series) == []
        assert [one["status"] for one in await granted(ana)] == ["expired"]
        await grant(ana, series)
        active, expired = await granted(ana)
        assert (active["status"], expired["status"], expired["timesSeen"]) == ("active", "expired", 1)
        assert expired["endedAt"] == expired["expiresAt"]
        assert len(await series.world.rows("SELECT 1 FROM progress_consents WHERE sealed IS NULL")) == 1
        assert len(await seen(series)) == 1

    async def test_erasing_leaves_nothing(self, ana: Keeper, series: Series, world: World) -> None:
        consent = await grant(ana, series)
        assert (await ana.call("DELETE", f"{PATH}/{consent['id']}")).status_code == 204
        assert (await ana.call("DELETE", f"{PATH}/{consent['id']}")).status_code == 404
        assert (await seen(series), await world.count("progress_consents")) == ([], 0)

    async def test_who_deletes_the_backpack_ends_all_consents(self, ana: Keeper, series: Series, world: World) -> None:
        await grant(ana, series)
        assert (await ana.call("DELETE", "/learners/me/backpack")).status_code == 204
        assert (await seen(series), await world.count("progress_consents")) == ([], 0)

    async def test_another_person_neither_sees_nor_ends_it(self, ana: Keeper, series: Series, world: World) -> None:
        consent = await grant(ana, series)
        other = Keeper(world, email="bo@students.example")
        assert await granted(other) == []
        assert (await other.call("POST", f"{PATH}/{consent['id']}/withdraw")).status_code == 404
        assert (await other.call("DELETE", f"{PATH}/{consent['id']}")).status_code == 404
        assert len(await seen(series)) == 1


class TestGiving:
    async def test_one_stands_for_a_pathway(self, ana: Keeper, series: Series) -> None:
        consent = await grant(ana, series)
        answer = await ask(ana, series)
        assert (answer.status_code, problem_code(answer)) == (409, "consent-stands")
        await seen(series)
        await ana.call("POST", f"{PATH}/{consent['id']}/withdraw")
        another = await grant(ana, series)
        new, old = await granted(ana)
        assert (new["id"], new["status"], new["timesSeen"]) == (another["id"], "active", 0)
        assert (old["id"], old["status"], old["timesSeen"]) == (consent["id"], "withdrawn", 1)
        assert old["lastSeenAt"] is not None

    async def test_the_newest_of_those_that_have_ended_are_kept(
        self, ana: Keeper, series: Series, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(consents, "KEPT_ENDED", 2)
        given = []
        for _ in range(4):
            given.append((await grant(ana, series))["id"])
            await ana.call("POST", f"{PATH}/{given[-1]}/withdraw")
        standing = await grant(ana, series)
        assert [one["id"] for one in await granted(ana)] == [standing["id"], given[3], given[2]]
        assert (await ask(ana, series)).status_code == 409
        assert len(await granted(ana)) == 3

    async def test_of_several_at_once_in_place_of_an_expired_one_one_is_given(
        self, ana: Keeper, series: Series, clock: Clock
    ) -> None:
        await grant(ana, series, expiresAt=format_timestamp(utc_now() + HOUR))
        clock.ahead = 2 * HOUR
        answers = await asyncio.gather(*(ask(ana, series) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
        assert [one["status"] for one in await granted(ana)] == ["active", "expired"]

    async def test_a_repeated_one_is_the_same(self, ana: Keeper, series: Series, world: World) -> None:
        answers = list(await asyncio.gather(*(ask(ana, series, key="once") for _ in range(3))))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.json()["id"] for answer in answers}) == 1
        assert await world.count("progress_consents") == 1
        other = await ask(ana, series, key="once", purpose="something else")
        assert (other.status_code, problem_code(other)) == (409, "idempotency-key-reused")
        await ana.call("DELETE", f"{PATH}/{answers[0].json()['id']}")
        assert (await ask(ana, series, key="once")).status_code == 410

    @pytest.mark.parametrize(
        ("members", "field"),
        [
            ({"pathway": "x"}, "pathway"),
            ({"purpose": " "}, "purpose"),
            ({"shows": ["name"]}, "shows.0"),
        ],
    )
    async def test_what_is_wrong_is_named(self, ana: Keeper, series: Series, members: Json, field: str) -> None:
        answer = await ask(ana, series, **members)
        assert (answer.status_code, fields(answer)) == (422, [field])

    async def test_only_a_person_with_a_confirmed_address_gives_one(self, series: Series, world: World) -> None:
        answer = await ask(Keeper(world), series)
        assert (answer.status_code, problem_code(answer)) == (403, "address-not-confirmed")
        program = await world.send("POST", PATH, {"pathway": series.id, "purpose": PURPOSE})
        assert (program.status_code, problem_code(program)) == (403, "not-a-person")

    async def test_nobody_is_named_in_logs_and_every_look_is_on_the_trail(
        self, ana: Keeper, series: Series, world: World
    ) -> None:
        with capture_logs() as lines:
            consent = await grant(ana, series)
            await seen(series)
            await ana.call("POST", f"{PATH}/{consent['id']}/withdraw")
        trail = [line["event"] for line in lines if line.get("audit")]
        assert trail == ["progress_consent_granted", "progress_seen", "progress_consent_withdrawn"]
        [look_line] = [line for line in lines if line["event"] == "progress_seen"]
        assert (look_line["consent"], look_line["org"]) == (consent["id"], ORG)
        assert look_line["actor"].startswith("client:")
        text = json.dumps([line for line in lines if line.get("audit")], default=str)
        for hidden in (ana.person, ANA, PURPOSE):
            assert hidden not in text
        assert PURPOSE not in json.dumps([event.model_dump_json() for event in await world.events()])
