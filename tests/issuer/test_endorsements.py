"""Endorsements: signed here or handed in, verified before they are told of, withdrawn as soon as they do not hold."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
import pytest_asyncio
from sqlalchemy import text

from contracts.catalog_events import EndorsementPublished, EndorsementWithdrawn
from issuer.adapters.endorsements.endorsements import EndorsementRows
from issuer.core.endorsements import endorsements
from issuer.core.endorsements.decide import LEASE
from issuer.core.endorsements.model import BELIEVED_FOR, CHECK_EVERY
from issuer.http.app import issuer_app
from issuer.main import Core, more_parts
from issuer.main_endorsements import EndorsementParts
from issuer.settings import IssuerSettings
from service_kit.database import Database
from service_kit.fetcher import Fetcher, open_fetcher
from service_kit.settings import FetcherSettings
from service_kit.testing import BASE_URL, TokenMint, asgi_client
from tests.issuer.abroad import Academy
from tests.issuer.asleep import overtaken
from tests.issuer.conftest import More
from tests.issuer.endorsers import by_academy, by_key, unsigned
from tests.issuer.world import ORG, OTHER_ORG, Clock, World, problem_code

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

Json = dict[str, Any]
SECOND = timedelta(seconds=1)
IN_LINE = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
THIRD_ORG = "6f0c1ad0-0000-4000-8000-000000000003"


@pytest.fixture
def parts(more: More) -> EndorsementParts:
    return more[1]


@pytest_asyncio.fixture
async def guarded(settings: IssuerSettings, database: Database, core: Core, mint: TokenMint) -> AsyncIterator[World]:
    """The service as it is in production: it reads public addresses only."""
    async with open_fetcher(FetcherSettings()) as fetcher:
        routers, _ = more_parts(settings, database, core, fetcher)
        app = issuer_app(core.services, settings, tokens=mint.verifier(), more=routers)
        async with asgi_client(app) as client:
            yield World(database, client, mint)


async def subject(world: World) -> str:
    """An achievement of ORG."""
    return await world.achievement()


async def offered(world: World, about: str, **members: Any) -> Json:
    """An endorsement by OTHER_ORG's issuer."""
    issuer = await world.issuer(OTHER_ORG)
    body = {"subject": about, "comment": "We hire from here."} | members
    answer = await world.send("POST", f"/issuers/{issuer['slug']}/endorsements", body, org=OTHER_ORG)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def decide(world: World, endorsement: Json, what: str, org: str = ORG) -> Any:
    return await world.send("POST", f"{endorsement['id']}/{what}", org=org)


async def told(world: World) -> list[Any]:
    return [event for event in await world.events() if isinstance(event, EndorsementPublished | EndorsementWithdrawn)]


class TestGiven:
    async def test_it_is_signed_offered_and_told_of_when_it_is_accepted(self, world: World) -> None:
        about = await subject(world)
        made = await offered(world, about)
        credential = made["credential"]
        assert made["status"] == "offered"
        assert made["id"] == credential["id"]
        assert credential["type"] == ["VerifiableCredential", "EndorsementCredential"]
        assert credential["credentialSubject"] == {
            "id": about,
            "type": ["EndorsementSubject"],
            "endorsementComment": "We hire from here.",
        }
        assert credential["credentialStatus"]["statusPurpose"] == "revocation"
        assert await told(world) == []

        accepted = await decide(world, made, "accept")
        assert (accepted.status_code, accepted.json()["status"], accepted.json()["shown"]) == (200, "accepted", True)
        [event] = await told(world)
        assert (event.subject, event.version, event.org_id) == (about, 1, ORG)
        assert event.issuer_name == "Lakeside University"
        assert orjson.loads(event.credential) == credential
        assert (await decide(world, made, "accept")).json()["status"] == "accepted"
        assert len(await told(world)) == 1

    async def test_without_a_version_the_newest_is_meant(self, world: World) -> None:
        achievement = await world.achievement()
        await world.achievement(uid=achievement.rpartition("/")[2], version=2)
        for named, version in ((achievement, 2), (f"{achievement}/versions/1", 1)):
            made = await offered(world, named)
            assert (made["subject"], made["version"]) == (achievement, version)

    async def test_an_issuer_is_endorsed_by_its_did(self, world: World) -> None:
        ours = await world.issuer()
        assert (await offered(world, f"{BASE_URL}/issuers/{ours['slug']}"))["subject"] == ours["id"]

    async def test_what_is_ones_own_or_nobodys_is_refused(self, world: World) -> None:
        ours, about = await world.issuer(), await subject(world)
        for named in (
            about,
            "https://elsewhere.example/achievements/1",
            f"{about}/versions/9",
            f"{BASE_URL}/achievements/x",
        ):
            answer = await world.send("POST", f"/issuers/{ours['slug']}/endorsements", {"subject": named})
            assert answer.status_code == 422, named
            assert answer.json()["errors"][0]["field"] == "subject"
        assert await world.count("endorsements") == 0

    async def test_revoked_it_is_withdrawn_for_good(self, world: World) -> None:
        made = await offered(world, await subject(world))
        await decide(world, made, "accept")
        assert (await decide(world, made, "revoke")).status_code == 404  # it is not ours to revoke
        assert (await decide(world, made, "revoke", OTHER_ORG)).json()["status"] == "revoked"
        assert [type(event) for event in await told(world)] == [EndorsementPublished, EndorsementWithdrawn]
        assert (await told(world))[1].reason == "revoked"
        [(changes,)] = await world.rows("SELECT max(changes) FROM status_lists")
        assert changes == 1
        again = await decide(world, made, "accept")
        assert (again.status_code, problem_code(again)) == (409, "endorsement-revoked")

    async def test_revoked_over_the_vc_api_it_is_withdrawn_by_the_next_look(
        self, world: World, parts: EndorsementParts
    ) -> None:
        made = await offered(world, await subject(world))
        await decide(world, made, "accept")
        assert await parts.recheck() == 0
        status = {"credentialId": made["id"], "credentialStatus": {"type": "BitstringStatusListEntry"}, "status": True}
        answer = await world.send("POST", "/vc/credentials/status", status, org=OTHER_ORG)
        assert answer.status_code == 200, answer.text
        assert await parts.recheck() == 1
        assert (await told(world))[-1].reason == "not_valid"
        assert await parts.recheck() == 0

    async def test_a_revoked_key_withdraws_what_it_signed(self, world: World, parts: EndorsementParts) -> None:
        made = await offered(world, await subject(world))
        await decide(world, made, "accept")
        [(slug, key)] = await world.rows("SELECT slug, k.id FROM issuer_keys k JOIN issuers i ON i.id = k.issuer_id")
        answer = await world.send("POST", f"/issuers/{slug}/keys/{key}/revoke", org=OTHER_ORG)
        assert answer.status_code == 200, answer.text
        assert await parts.recheck() == 1
        assert (await told(world))[-1].reason == "not_valid"


class TestHandedIn:
    async def present(self, world: World, credential: Any, org: str = ORG) -> Any:
        return await world.send("POST", "/endorsements", {"credential": credential}, org=org)

    async def test_by_whom_it_is_about_it_is_accepted(self, world: World, academy: Academy) -> None:
        about = await subject(world)
        signed = by_academy(academy, about)
        answer = await self.present(world, signed)
        assert (answer.status_code, answer.json()["status"]) == (201, "accepted")
        [event] = await told(world)
        assert orjson.loads(event.credential) == signed
        assert (event.issuer_id, event.comment) == (academy.did, "Our members hire from here.")
        assert event.believed_until - event.changed_at == BELIEVED_FOR
        again = await self.present(world, signed)
        assert again.json()["id"] == answer.json()["id"]
        assert len(await told(world)) == 1

    async def test_by_another_it_waits(self, world: World) -> None:
        about = await subject(world)
        made = (await self.present(world, by_key(about), THIRD_ORG)).json()
        assert made["status"] == "offered"
        assert await told(world) == []
        listed = (await world.send("GET", "/endorsements?status=offered")).json()["items"]
        assert [one["id"] for one in listed] == [made["id"]]
        for org in (OTHER_ORG, THIRD_ORG):
            assert (await decide(world, made, "accept", org)).status_code == 404
        assert (await decide(world, made, "accept")).json()["shown"] is True
        assert (await decide(world, made, "decline")).json()["status"] == "declined"
        assert [type(event) for event in await told(world)] == [EndorsementPublished, EndorsementWithdrawn]

    async def test_two_who_decline_at_once_are_told_the_same(self, world: World) -> None:
        made = await offered(world, await subject(world))
        of = {"id": made["id"].rpartition("/")[2]}
        async with world.database.session() as session:
            await session.execute(text("SELECT 1 FROM endorsements WHERE id = :id FOR UPDATE"), of)
            both = [asyncio.create_task(decide(world, made, "decline")) for _ in range(2)]
            async with asyncio.timeout(30):
                while len(await world.rows(IN_LINE)) < len(both):
                    await asyncio.sleep(0.01)
        assert [one.json()["status"] for one in await asyncio.gather(*both)] == ["declined", "declined"]

    async def test_as_a_compact_jws(self, world: World, academy: Academy) -> None:
        token = academy.token(unsigned(await subject(world), academy.did))
        answer = await self.present(world, token)
        assert answer.status_code == 201, answer.text
        assert answer.json()["credential"] == token
        assert (await told(world))[0].notation == "compact_jws"

    async def refused(self, world: World, credential: Any) -> str:
        answer = await self.present(world, credential)
        assert answer.status_code == 422, answer.text
        assert await world.count("endorsements") == 0
        return str(answer.json()["detail"])

    async def test_what_does_not_verify(self, world: World, academy: Academy) -> None:
        about = await subject(world)
        good = by_key(about)
        assert "signature_invalid" in await self.refused(world, good | {"name": "Another"})
        assert "proof_missing" in await self.refused(world, unsigned(about, academy.did))
        assert "expired" in await self.refused(world, by_key(about, validUntil="2026-01-01T00:00:00Z"))
        academy.publish(7)
        assert "status_revoked" in await self.refused(world, by_academy(academy, about))
        del academy.site.documents["/lists/1"]
        assert "status_list_unavailable" in await self.refused(world, by_academy(academy, about, index=8))

    async def test_what_is_no_endorsement_of_this_very_thing(self, world: World, academy: Academy) -> None:
        about = await subject(world)
        assert "type" in await self.refused(world, academy.credential())
        for other in (f"{about}/versions/1", "https://elsewhere.example/a/1", f"{about}1"):
            answer = await self.present(world, by_key(other))
            assert answer.status_code == 422, other
            assert answer.json()["errors"][0]["field"] == "credential.credentialSubject.id"
        moved = by_key(about)
        moved["credentialSubject"]["id"] = await world.achievement()
        assert "signature_invalid" in await self.refused(world, moved)

    async def test_what_was_signed_before_the_version_stood(self, world: World) -> None:
        answer = await self.present(world, by_key(await subject(world), validFrom="2026-01-01T00:00:00Z"))
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "credential.validFrom")

    async def test_what_is_too_large_or_too_odd(self, world: World) -> None:
        about = await subject(world)
        await self.refused(world, by_key(about, description="x" * 70_000))
        for odd in ({}, {"type": 7}, {"type": ["EndorsementCredential"], "id": "urn:a"}, "a.b.c", "x", 5, None):
            assert (await self.present(world, odd)).status_code == 422, odd

    async def test_no_address_behind_the_wall_is_asked(self, world: World, guarded: World) -> None:
        """Where private addresses are not allowed, a list on one refuses the endorsement, and nobody is asked."""
        about = await subject(world)
        status = {
            "id": "https://127.0.0.1:9/list#1",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": "1",
            "statusListCredential": "https://127.0.0.1:9/list",
        }
        assert "status_list_unavailable" in await self.refused(guarded, by_key(about, credentialStatus=status))

    async def test_an_own_endorsement_through_the_back_door(self, world: World) -> None:
        """Signed by one of ours over the VC-API for something of our own: still no third party's word."""
        about, issuer = await subject(world), await world.issuer()
        document = unsigned(about, issuer["id"])
        signed = (await world.send("POST", "/vc/credentials/issue", {"credential": document})).json()
        answer = await self.present(world, signed["verifiableCredential"])
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "credential.issuer")

    async def test_the_same_id_again_with_other_words(self, world: World) -> None:
        about = await subject(world)
        first = by_key(about)
        assert (await self.present(world, first)).status_code == 201
        answer = await self.present(world, by_key(about, id=first["id"], name="Other words"))
        assert (answer.status_code, problem_code(answer)) == (409, "endorsement-known")

    async def test_several_at_once_are_one(self, world: World) -> None:
        signed = by_key(await subject(world))
        answers = await asyncio.gather(*(self.present(world, signed) for _ in range(4)))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.json()["id"] for answer in answers}) == 1
        assert len(await told(world)) == 1


class TestLater:
    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    def later(
        self, settings: IssuerSettings, database: Database, core: Core, fetcher: Fetcher, clock: Clock
    ) -> EndorsementParts:
        return more_parts(settings, database, core, fetcher, clock)[1]

    async def shown(self, world: World, academy: Academy) -> None:
        signed = by_academy(academy, await subject(world))
        answer = await world.send("POST", "/endorsements", {"credential": signed})
        assert answer.json()["shown"] is True, answer.text

    async def test_it_is_verified_each_hour_and_told_how_long_to_believe_it(
        self, world: World, academy: Academy, later: EndorsementParts, clock: Clock
    ) -> None:
        await self.shown(world, academy)
        assert await later.recheck() == 0
        clock.ahead = CHECK_EVERY + SECOND
        assert await later.recheck() == 1
        first, second = await told(world)
        assert second.believed_until - first.believed_until >= CHECK_EVERY
        assert second.revision > first.revision

    async def test_revoked_abroad_it_is_withdrawn_and_reinstated_it_returns(
        self, world: World, academy: Academy, later: EndorsementParts, clock: Clock
    ) -> None:
        await self.shown(world, academy)
        academy.publish(7)
        clock.ahead = CHECK_EVERY + SECOND
        await later.recheck()
        assert (await told(world))[-1].reason == "not_valid"
        [received] = (await world.send("GET", "/endorsements")).json()["items"]
        assert (received["status"], received["shown"], received["problems"]) == (
            "accepted",
            False,
            ["status_revoked"],
        )
        academy.publish()
        clock.ahead *= 2
        await later.recheck()
        assert isinstance((await told(world))[-1], EndorsementPublished)

    async def test_out_of_reach_it_is_believed_for_a_while_and_no_longer(
        self, world: World, academy: Academy, later: EndorsementParts, clock: Clock
    ) -> None:
        await self.shown(world, academy)
        del academy.site.documents["/lists/1"]
        clock.ahead = CHECK_EVERY + SECOND
        assert await later.recheck() == 1
        assert len(await told(world)) == 1
        clock.ahead = BELIEVED_FOR + SECOND
        assert await later.recheck() == 1
        assert (await told(world))[-1].reason == "not_valid"

    async def test_who_sleeps_past_the_lease_shows_nothing_again(
        self,
        world: World,
        academy: Academy,
        later: EndorsementParts,
        clock: Clock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        await self.shown(world, academy)
        clock.ahead = CHECK_EVERY + SECOND

        async def meanwhile() -> None:
            academy.publish(7)
            clock.ahead += LEASE + SECOND
            assert await later.recheck() == 1
            assert (await told(world))[-1].reason == "not_valid"

        place = (EndorsementRows, "lock")
        assert await overtaken(monkeypatch, place, later.recheck, meanwhile) == 1
        assert (await told(world))[-1].reason == "not_valid"
        [received] = (await world.send("GET", "/endorsements")).json()["items"]
        assert received["shown"] is False

    async def test_two_processes_check_it_once(
        self, world: World, academy: Academy, later: EndorsementParts, clock: Clock
    ) -> None:
        await self.shown(world, academy)
        clock.ahead = CHECK_EVERY + SECOND
        assert sorted(await asyncio.gather(later.recheck(), later.recheck())) == [0, 1]
        assert len(await told(world)) == 2


async def test_one_who_offers_much_shuts_nobody_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endorsements, "MOST_OFFERED", 2)
    about = await subject(world)
    made = [await offered(world, about) for _ in range(2)]
    for path, body in (
        (f"/issuers/{(await world.issuer(OTHER_ORG))['slug']}/endorsements", {"subject": about}),
        ("/endorsements", {"credential": by_key(about)}),
    ):
        answer = await world.send("POST", path, body, org=OTHER_ORG)
        assert (answer.status_code, problem_code(answer)) == (409, "endorsements-full"), answer.text
    others = await world.send("POST", "/endorsements", {"credential": by_key(about, 4)}, org=THIRD_ORG)
    assert (others.status_code, others.json()["status"]) == (201, "offered"), others.text
    assert (await decide(world, made[0], "decline")).status_code == 200
    assert (await offered(world, about))["status"] == "offered"


async def test_a_list_is_paged_and_ones_own(world: World) -> None:
    about = await subject(world)
    for seed in range(1, 4):
        answer = await world.send("POST", "/endorsements", {"credential": by_key(about, seed)}, org=THIRD_ORG)
        assert answer.status_code == 201, answer.text
    first = (await world.send("GET", "/endorsements?limit=2")).json()
    second = (await world.send("GET", f"/endorsements?limit=2&cursor={first['next']}")).json()
    assert (len(first["items"]), len(second["items"]), second["next"]) == (2, 1, None)
    assert (await world.send("GET", "/endorsements?role=given")).json()["items"] == []
    assert (await world.send("GET", "/endorsements", org=OTHER_ORG)).json()["items"] == []
    made = await offered(world, about)
    [given] = (await world.send("GET", "/endorsements?role=given", org=OTHER_ORG)).json()["items"]
    assert given["id"] == made["id"]
    assert (await world.send("GET", made["id"], org=THIRD_ORG)).status_code == 404
    assert (await world.send("GET", made["id"])).json()["credential"] == made["credential"]
